"""Two living rooms rendered as interior photographs.

    blender -b -P rooms.py -- A --w 2400 --h 1600 --samples 44 --out living-room --truth
    blender -b -P rooms.py -- B --empty --seed 5      (same room, no sofa)

One seed gives one room: with --empty only the sofa is left out.
"""
import argparse
import json
import math
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tracer as C        # noqa: E402  (sets OpenCV's EXR switch first)
import bpy                # noqa: E402
import cv2                # noqa: E402
import numpy as np        # noqa: E402
import denoise            # noqa: E402
import furniture as F     # noqa: E402
from architecture import (blinds, curtain_pair, daylight, herringbone, outside, planks, shell, wall_panels,  # noqa: E402
                          wall_socket)
from geometry import at, hang, lathe, rounded_box, tube  # noqa: E402
from materials import brass, floor_wood, marble, plain, plaster, sheer, wood  # noqa: E402
from patterns import abstract_pixels, berber_pixels, landscape_pixels, persian_pixels  # noqa: E402
from props import book_stack, bookcase, drum_table, floor_lamp, frame, rug, tree_plant, vase_branches  # noqa: E402
from upholstery import tapered_leg  # noqa: E402


def room_a(seed, sofa=True):
    """Bright room: herringbone oak, berber rug, leather Chesterfield, rubber plant."""
    W, D0, D1 = 5.0, -3.3, 2.0
    win = (-1.30, 1.25, .62, 2.36)
    trim = plain((.80, .79, .76), .45, .35)
    shell(W, D0, D1, plaster((.76, .725, .665)), trim, win, plaster((.82, .815, .80)))
    herringbone(floor_wood((.46, .29, .155), (.31, .178, .085)), seed)
    outside(W, win, seed)
    daylight(W, win, 78, (0, -54, 14), 24., 15)
    curtain_pair(W, win, sheer((.86, .83, .77), .42), brass(), seed, .50)
    for o in rug(2.9, 1.95, berber_pixels(seed), seed, plain((.62, .56, .47), .95)):
        o.location.x, o.location.y, o.rotation_euler[2] = .12, .42, .012
    if sofa:
        root, _ = F.build('chesterfield', seed=seed, color=(.185, .066, .024))
        root.name = 'sofa'
        at(root, (.12, 1.44, 0), (0, 0, .4))
    oak = wood('oak', 2)
    pal = [(.50, .14, .05), (.055, .13, .13), (.58, .36, .10), (.10, .085, .075), (.62, .44, .32)]
    fr = wood('oak', 2)
    for k, (x, z, w, h) in enumerate(((-.62, 1.62, .50, .70), (.06, 1.62, .50, .70), (.74, 1.62, .50, .70))):
        hang(frame(w, h, fr, abstract_pixels(seed + 11 * k, pal[k:] + pal[:k])), (x, D1 - .018, z), (0, .25 * (k - 1), 0))
    tree_plant((-1.86, 1.40, 0), 1.75, seed + 3, plain((.66, .60, .52), .7))
    floor_lamp((1.62, 1.50, 0), brass(), sheer((.80, .74, .64), .5), 10., 1.58)
    # low oak sideboard along the right wall with a few things on it
    for o, l in ((rounded_box('body', (.42, 1.50, .46), wood('oak', 1), .008), (2.26, .55, .40)),):
        at(o, l)
    for k in range(3):
        at(rounded_box('door', (.016, .485, .40), wood('oak', 1), .004), (2.045, .55 + (k - 1) * .493, .40))
        at(lathe('knob', [(.006, 0), (.006, .012), (.013, .018), (.011, .026), (0, .028)], brass(), 20), (2.035, .55 + (k - 1) * .493 + .19, .42), (0, -90, 0))
    for sy in (-1, 1):
        for sx in (-1, 1):
            for o in tapered_leg(.18, oak, .02, .011):
                at(o, (2.26 + sx * .14, .55 + sy * .62, 0))
    book_stack(4, (2.26, .95, .63), seed + 8, 80)
    at(lathe('jar', [(.05, 0), (.09, .02), (.115, .12), (.10, .20), (.05, .25), (.05, .28), (.06, .29)], plain((.50, .47, .42), .6), 40), (2.27, .25, .63))
    wall_socket((1.93, D1, .30))
    path = np.array([(1.62, 1.62, .012), (1.66, 1.76, .006), (1.76, 1.88, .006), (1.86, 1.955, .02), (1.915, 1.975, .14), (1.93, 1.975, .29)])
    tube('flex', path, .0035, plain((.05, .045, .04), .5), False)
    return (.70, -2.66, 1.26), 10.0, 28.5, -.058, .36


def room_b(seed, sofa=True):
    """Evening-blue panelled room: walnut boards, persian rug, Chesterfield, books."""
    W, D0, D1 = 5.0, -3.3, 2.0
    win = (-1.25, 1.05, .55, 2.38)
    blue = plaster((.050, .085, .095))
    trim = plain((.055, .092, .102), .5, .35)
    shell(W, D0, D1, blue, trim, win, plaster((.74, .72, .68)))
    wall_panels(-W / 2 + .1, W / 2 - 1.35, D1, trim, 3)
    planks(floor_wood((.27, .150, .075), (.155, .078, .036), .30), seed)
    outside(W, win, seed)
    daylight(W, win, 120, (0, -50, 16), 40., 22)
    blinds(W, win, plain((.66, .63, .57), .5), 24, .98)
    curtain_pair(W, win, sheer((.30, .20, .105), .2), brass(), seed, .46)
    for o in rug(3.0, 2.0, persian_pixels(seed), seed, plain((.55, .47, .36), .95)):
        o.location.x, o.location.y, o.rotation_euler[2] = -.15, .40, -.015
    if sofa:
        root, _ = F.build('chesterfield', seed=seed)
        root.name = 'sofa'
        at(root, (-.28, 1.42, 0), (0, 0, -.4))
    root, _ = F.build('armchair', seed=seed, color=(.19, .060, .012))
    at(root, (1.62, .10, 0), (0, 0, -58))
    bookcase(1.86, D1 - .17, 1.16, 2.30, wood('walnut', 2), seed)
    drum_table((-.22, .18, .012), marble(), brass(), .40)
    book_stack(3, (-.33, .20, .412), seed + 1, -20)
    vase_branches((-.05, .27, .412), seed + 2, plain((.055, .075, .07), .3), .42, 5)
    fr = plain((.30, .19, .07), .35, .5, .7)
    hang(frame(1.0, .74, fr, landscape_pixels(seed), .0), (-.28, D1 - .032, 1.66))
    hang(frame(.36, .46, fr, landscape_pixels(seed + 4)[:, :300], .045), (-1.38, D1 - .032, 1.66))
    floor_lamp((-1.62, 1.50, 0), brass(), sheer((.80, .66, .46), .55), 26., 1.60)
    tree_plant((-2.08, .98, 0), 1.35, seed + 3, plain((.10, .075, .055), .5), 2, 13, .27)
    return (.70, -2.80, 1.32), 9.5, 25, -.045, .75


GUIDES = {'albedo': 'Denoising Albedo', 'normal': 'Denoising Normal'}


LIGHT = {'image': 'Image', 'color': 'DiffCol', 'direct': 'DiffDir', 'indirect': 'DiffInd'}


def photograph(scene, samples, seed, passes):
    """Two halves, denoised in three light layers; returns linear RGB and the raw passes.

    [Note: Half pairs] in tracer.py; depth is metres along the camera axis.
    """
    want = {**LIGHT, **GUIDES, 'depth': 'Depth', 'sofa': C.UPHOLSTERY}
    a, b = (C.render(scene, want, max(8, samples // 2), seed + 101 * k) for k in range(2))
    print('RENDERED', flush=True)
    mean = {k: (a[k] + b[k])[..., :3] / 2 for k in want}
    mean['depth'] = np.minimum(a['depth'], b['depth'])[..., 0]
    rest = [np.maximum(r['image'] - r['color'] * (r['direct'] + r['indirect']), 0)[..., :3] for r in (a, b)]
    layers = [(a['direct'], b['direct']), (a['indirect'], b['indirect']), tuple(rest)]
    direct, indirect, rest = denoise.denoise(layers, mean['albedo'], mean['normal'], mean['depth'], passes, (1., 1.5, 1.))
    return mean['color'] * (direct + indirect) + rest, mean


def view_transform(scene, linear, path):
    """Blender's own view transform (Filmic) of linear RGB; returns float BGR 0..1."""
    h, w = linear.shape[:2]
    im = bpy.data.images.new('graded', w, h, float_buffer=True)
    im.colorspace_settings.name = 'Linear'
    im.pixels.foreach_set(np.dstack([linear[::-1], np.ones((h, w))]).astype(np.float32).ravel())
    tmp = os.path.splitext(os.path.abspath(path))[0] + '_view.png'
    scene.render.image_settings.file_format, scene.render.image_settings.color_mode = 'PNG', 'RGB'
    scene.render.image_settings.color_depth = '16'
    im.save_render(tmp, scene=scene)
    picture = cv2.imread(tmp, cv2.IMREAD_UNCHANGED).astype(np.float32) / 65535
    os.remove(tmp)
    bpy.data.images.remove(im)
    return picture


def finish(scene, linear, path, grain=.010, vignette=.10, seed=0):
    """A camera's finish: bloom, view transform, vignette, sharpening, grain."""
    h, w = linear.shape[:2]
    bright = np.clip(linear - 1.6, 0, 6).astype(np.float32)
    bloom = cv2.GaussianBlur(bright, (0, 0), w / 90) * .035 + cv2.GaussianBlur(bright, (0, 0), w / 25) * .015
    p = view_transform(scene, linear + bloom, path)
    radius = max(.7, w / 2400)
    p = cv2.addWeighted(p, 1.25, cv2.GaussianBlur(p, (0, 0), 1.1 * radius), -.25, 0)
    yy, xx = np.mgrid[0:h, 0:w]
    r = ((xx / w - .5) ** 2 + (yy / h - .5) ** 2) * 2
    rng = np.random.default_rng(seed)
    g = cv2.GaussianBlur(rng.normal(size=(h, w)).astype(np.float32), (0, 0), .8 * radius)
    chroma = cv2.GaussianBlur(rng.normal(size=(h, w, 3)).astype(np.float32), (0, 0), radius)
    noise = (g[..., None] * 1.9 + chroma * .8) * grain * (1 - .5 * p.mean(2, keepdims=True))
    p = p * (1 - vignette * r)[..., None] + noise
    p += (rng.random((h, w, 1)) - .5) / 255                 # no banding on plain walls
    cv2.imwrite(path, (np.clip(p, 0, 1) * 255 + .5).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 93])


def save_truth(out, scene, camera, mean):
    """Mask of the sofa, depth and camera beside the picture, for evaluation."""
    h, w = mean['depth'].shape
    cv2.imwrite(f'{out}_mask.png', (np.clip(mean['sofa'][..., 0], 0, 1) * 255 + .5).astype(np.uint8))
    z = mean['depth']
    near, far = float(z.min()), float(z[z < 50].max())
    code = np.clip((z - near) / (far - near), 0, 1) * 65535
    cv2.imwrite(f'{out}_depth.png', (code + .5).astype(np.uint16))
    focal = camera.data.lens / camera.data.sensor_width * w
    truth = {'width': w, 'height': h, 'depth': 'metres along the camera axis = near + code/65535*(far-near)',
             'near': near, 'far': far, 'focalPx': focal, 'cameraHeight': camera.location.z,
             'horizonRow': h / 2 + camera.data.shift_y * w,
             'principal': [w / 2 - camera.data.shift_x * w, h / 2 + camera.data.shift_y * w],
             'cameraYawDegrees': math.degrees(camera.rotation_euler.z), 'cameraPosition': list(camera.location)}
    with open(f'{out}_truth.json', 'w') as f:
        json.dump(truth, f, indent=1)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('room', choices=['A', 'B'])
    ap.add_argument('--w', type=int, default=480)
    ap.add_argument('--h', type=int, default=320)
    ap.add_argument('--samples', type=int, default=32)
    ap.add_argument('--seed', type=int, default=3)
    ap.add_argument('--empty', action='store_true', help='leave the sofa out')
    ap.add_argument('--out', default=None, help='path without extension')
    ap.add_argument('--exposure', type=float, default=0., help='stops')
    ap.add_argument('--threads', type=int, default=os.cpu_count() or 2)
    ap.add_argument('--truth', action='store_true', help='also save linear picture, mask, depth, camera')
    a = ap.parse_args(sys.argv[sys.argv.index('--') + 1:] if '--' in sys.argv else [])
    out = a.out or f'room{a.room}{"_empty" if a.empty else ""}'
    sc = C.reset()
    t = time.time()
    loc, yaw, lens, shift, stops = (room_a if a.room == 'A' else room_b)(a.seed, not a.empty)
    C.settings(sc, 6)
    sc.render.threads = a.threads
    cv2.setNumThreads(a.threads)
    sofa = bpy.data.objects.get('sofa')
    own = {m for o in (sofa.children if sofa else []) for m in o.data.materials}
    C.add_aov(sc, C.UPHOLSTERY, 'VALUE', lambda m: 1. if m in own else None)
    sc.view_settings.view_transform, sc.view_settings.look = 'Filmic', 'High Contrast'
    sc.view_settings.exposure = stops + a.exposure
    cam = bpy.data.objects.new('cam', bpy.data.cameras.new('cam'))
    sc.collection.objects.link(cam)
    cam.location, cam.rotation_euler = loc, (math.radians(90), 0, math.radians(yaw))
    cam.data.lens, cam.data.shift_y, cam.data.clip_start = lens, shift, .05
    sc.camera = cam
    sc.render.resolution_x, sc.render.resolution_y = a.w, a.h
    print('BUILD', round(time.time() - t, 1), 's', flush=True)
    linear, mean = photograph(sc, a.samples, a.seed, denoise.WIDE if a.w > 1600 else denoise.FINE)
    if a.truth:
        C.save_exr(f'{out}_linear.exr', linear)
        save_truth(out, sc, cam, mean)
    finish(sc, linear, f'{out}.jpg', seed=a.seed)
    print('TOTAL', round(time.time() - t, 1), 's', flush=True)


if __name__ == '__main__':
    main()
