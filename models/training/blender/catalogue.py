"""Render one piece of furniture for the catalogue: every view, its layers, its floor shadow.

    blender -b -P catalogue.py -- midcentury --out ../../starter/catalogue
    blender -b -P catalogue.py -- armchair --out /tmp/try --yaws 30 --pitches 8 --long 400 --samples 16

Light is an infinite dome, left-right symmetric, so that a view may be mirrored:
a soft key above the front plus a fill that fades to the horizon, scaled so that an
open, white, upward-facing Lambertian surface has diffuse = 1.  A grey floor
bounces light and is not seen.  Upholstery is a neutral grey; `piece.json` says
how light (upholsteryAlbedo), so that the app can recolor it.

Yaw > 0 moves the camera towards +x, the right-hand side as seen from the front.
"""
import argparse
import json
import math
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import tracer as C        # noqa: E402  (sets OpenCV's EXR switch first)
import bpy                # noqa: E402
import cv2                # noqa: E402
import numpy as np        # noqa: E402
from mathutils import Vector  # noqa: E402
import furniture as F     # noqa: E402
import layers             # noqa: E402
from geometry import mesh_object  # noqa: E402
from materials import plain  # noqa: E402

SEED, MARGIN_PX, SHADOW_MARGIN, SHADOW_PIXEL = 3, 8, .6, .005
PASSES = {'image': 'Image', 'diffuse_color': 'DiffCol', 'diffuse_direct': 'DiffDir', 'diffuse_indirect': 'DiffInd',
          'gloss_color': 'GlossCol', 'gloss_direct': 'GlossDir', 'gloss_indirect': 'GlossInd',
          'normal': 'Denoising Normal', 'base': C.BASE, 'upholstery': C.UPHOLSTERY, 'depth': C.DEPTH}

GREY = (.33, .33, .33)                            # darker than stored: dark cloth has dark folds
SOFA = {'kind': 'sofa', 'long': 1300, 'distance': 3.5}
CARDS = {
    'midcentury': dict(SOFA, name='Mid-century sofa', seats=3, style=['mid-century', 'modern', 'scandinavian', 'tufted', 'retro'],
                       defaultColor='#355a55', defaultMaterial='velvet', build=dict(color=GREY, pillows=False)),
    'midcentury-2': dict(SOFA, name='Mid-century loveseat', seats=2, style=['mid-century', 'modern', 'scandinavian', 'tufted', 'retro', 'small'],
                         defaultColor='#b8743a', defaultMaterial='linen', build=dict(color=GREY, pillows=False, seats=2)),
    'armchair': dict(kind='armchair', long=1000, distance=2.5, name='Channel-back armchair', seats=1,
                     style=['barrel', 'channel', 'art-deco', 'glamour', 'modern'],
                     defaultColor='#1f5449', defaultMaterial='velvet', build=dict(color=GREY)),
    'chesterfield': dict(SOFA, name='Chesterfield sofa', seats=3, style=['chesterfield', 'classic', 'traditional', 'vintage', 'tufted'],
                         defaultColor='#8a4a24', defaultMaterial='leather', build=dict(color=GREY, cloudy=.35)),
    'modular': dict(SOFA, name='Modular sofa', seats=3, style=['modular', 'contemporary', 'low', 'minimal', 'soft'],
                    defaultColor='#d8d0c2', defaultMaterial='boucle', build=dict(color=GREY, pillows=False)),
}
CARDS.update({
    'slipcover': dict(SOFA, name='Slipcovered sofa', seats=3, style=['classic', 'traditional', 'country', 'slipcover', 'skirted', 'rolled-arm', 'soft'],
                      defaultColor='#dcd3c0', defaultMaterial='linen', build=dict(color=GREY)),
    'track': dict(SOFA, name='Track-arm sofa', seats=3, style=['contemporary', 'modern', 'minimal', 'slim', 'track-arm', 'industrial'],
                  defaultColor='#8b8d90', defaultMaterial='wool', build=dict(color=GREY)),
    'camelback': dict(SOFA, name='Camelback sofa', seats=3, style=['camelback', 'traditional', 'classic', 'rolled-arm', 'vintage', 'georgian'],
                      defaultColor='#2b3a5c', defaultMaterial='cotton', build=dict(color=GREY)),
    'curved': dict(SOFA, name='Curved sofa', seats=3, style=['curved', 'contemporary', 'organic', 'soft', 'modern', 'round', 'glamour'],
                   defaultColor='#e4dccb', defaultMaterial='boucle', build=dict(color=GREY)),
    'wing': dict(kind='armchair', long=1000, distance=2.5, name='Wing chair', seats=1,
                 style=['wing', 'traditional', 'classic', 'vintage', 'high-back', 'rolled-arm'],
                 defaultColor='#6f3b22', defaultMaterial='leather', build=dict(color=GREY)),
    'easy': dict(kind='armchair', long=1000, distance=2.5, name='Oak easy chair', seats=1,
                 style=['scandinavian', 'mid-century', 'modern', 'wooden', 'minimal', 'retro', 'open-arm'],
                 defaultColor='#7d8a78', defaultMaterial='wool', build=dict(color=GREY)),
})
KEY_DIRECTION, KEY_COS, KEY_SHARE = np.array((0, -.41, .912)), (math.cos(math.radians(40)), math.cos(math.radians(14))), 3.6
FILL = (.25, .46)                                 # at the horizon, at the zenith


def sky_radiance(d):
    """Relative radiance of the dome for unit directions (N,3), as the shader computes it."""
    t = np.clip((d @ KEY_DIRECTION - KEY_COS[0]) / (KEY_COS[1] - KEY_COS[0]), 0, 1)
    return FILL[0] + (FILL[1] - FILL[0]) * np.clip(d[:, 2], 0, 1) + KEY_SHARE * t * t * (3 - 2 * t)


def dome(scene):
    """Set the world light, scaled so that open upward irradiance is pi (diffuse 1)."""
    rng = np.random.default_rng(0)
    u, phi = rng.random(400000), rng.random(400000) * 2 * math.pi
    r = np.sqrt(u)                                       # cosine-weighted directions: mean radiance = E / pi
    strength = 1 / sky_radiance(np.stack([r * np.cos(phi), r * np.sin(phi), np.sqrt(1 - u)], 1)).mean()
    world = bpy.data.worlds.new('dome')
    scene.world, world.use_nodes = world, True
    tree = world.node_tree
    new = lambda kind: tree.nodes.new('ShaderNode' + kind)
    direction = new('TexCoord').outputs['Generated']
    dot, key, axis, fade, total = new('VectorMath'), new('MapRange'), new('SeparateXYZ'), new('MapRange'), new('Math')
    dot.operation, key.interpolation_type, total.operation = 'DOT_PRODUCT', 'SMOOTHSTEP', 'ADD'
    tree.links.new(direction, dot.inputs[0])
    dot.inputs[1].default_value = KEY_DIRECTION
    tree.links.new(dot.outputs['Value'], key.inputs['Value'])
    for name, v in zip(('From Min', 'From Max', 'To Min', 'To Max'), (*KEY_COS, 0, KEY_SHARE)):
        key.inputs[name].default_value = v
    tree.links.new(direction, axis.inputs[0])
    tree.links.new(axis.outputs['Z'], fade.inputs['Value'])
    for name, v in zip(('From Min', 'From Max', 'To Min', 'To Max'), (0, 1, *FILL)):
        fade.inputs[name].default_value = v
    tree.links.new(key.outputs[0], total.inputs[0])
    tree.links.new(fade.outputs[0], total.inputs[1])
    background = tree.nodes['Background']
    tree.links.new(total.outputs[0], background.inputs['Color'])
    background.inputs['Strength'].default_value = strength


def floor():
    """Grey floor, 16 m square."""
    corners = [(-8, -8, 0), (8, -8, 0), (8, 8, 0), (-8, 8, 0)]
    return mesh_object('floor', corners, [(0, 1, 2, 3)], plain((.40, .40, .40), 1., 0.))


def world_vertices(objects):
    """(N,3) vertices of all evaluated meshes, metres."""
    graph = bpy.context.evaluated_depsgraph_get()
    out = []
    for o in objects:
        ev = o.evaluated_get(graph)
        co = np.empty(len(ev.data.vertices) * 3)
        ev.data.vertices.foreach_get('co', co)
        m = np.array(ev.matrix_world)
        out.append(co.reshape(-1, 3) @ m[:3, :3].T + m[:3, 3])
    return np.vstack(out)


def camera_axes(yaw, pitch, distance, target):
    """Camera position and world-to-camera rows (right, down, forward)."""
    a, b = math.radians(yaw), math.radians(pitch)
    eye = target + distance * np.array((math.sin(a) * math.cos(b), -math.cos(a) * math.cos(b), math.sin(b)))
    forward = (target - eye) / distance
    right = np.array((math.cos(a), math.sin(a), 0))
    return eye, np.stack([right, np.cross(forward, right), forward])


def tangents(points, eye, axes):
    """Image-plane coordinates (x right, y down) at unit focal length."""
    p = (points - eye) @ axes.T
    return p[:, :2] / p[:, 2:]


def frame_view(scene, points, eye, axes, focal):
    """Aim a shifted camera at exactly the piece's box plus the margin; returns the projection."""
    uv = tangents(points, eye, axes) * focal
    low = np.floor(uv.min(0)) - MARGIN_PX
    w, h = (int(v) for v in np.ceil(uv.max(0)) + MARGIN_PX - low)
    cx, cy = -low                                        # principal point in pixels
    cam = scene.camera
    cam.location = eye
    cam.rotation_euler = Vector(axes[2]).to_track_quat('-Z', 'Y').to_euler()
    cam.data.sensor_fit, cam.data.sensor_width = 'HORIZONTAL', 36.
    cam.data.lens = focal / w * 36.
    cam.data.shift_x, cam.data.shift_y = (w / 2 - cx) / w, (cy - h / 2) / w
    scene.render.resolution_x, scene.render.resolution_y = w, h
    k = np.array([[focal, 0, cx], [0, focal, cy], [0, 0, 1]])
    return w, h, k @ np.column_stack([axes, -axes @ eye])


def render_shadow(scene, objects, ground, points, samples, folder):
    """Top-down irradiance ratio of the floor; returns the JSON entry."""
    half = np.abs(points[:, :2]).max(0) + SHADOW_MARGIN
    w, h = (2 * int(math.ceil(v / SHADOW_PIXEL)) for v in half)
    view_camera = scene.camera
    for o in objects:
        o.visible_camera = False
    ground.visible_camera = True
    cam = bpy.data.objects.new('above', bpy.data.cameras.new('above'))
    scene.collection.objects.link(cam)
    cam.data.type, cam.data.ortho_scale, cam.location = 'ORTHO', max(w, h) * SHADOW_PIXEL, (0, 0, 6)
    scene.camera, scene.render.resolution_x, scene.render.resolution_y = cam, w, h
    want = {k: PASSES[k] for k in ('diffuse_direct', 'diffuse_indirect')}
    a, b = (C.render(scene, want, samples, SEED + 101 * k) for k in range(2))
    dark = layers.shadow_map(a, b, SHADOW_MARGIN * .8 / SHADOW_PIXEL)
    for o in objects:
        o.visible_camera = True
    ground.visible_camera, scene.camera = False, view_camera
    cv2.imwrite(f'{folder}/shadow.webp', np.dstack([layers.to_bytes(dark)] * 3), layers.LOSSLESS)
    return {'file': 'shadow.webp', 'metresPerPixel': SHADOW_PIXEL, 'origin': [w / 2, h / 2]}


def keep_raw(path, halves):
    """Save both halves' passes as float16, for layers.py."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    np.savez(path, **{f'{tag}_{k}': v.astype(np.float16) for tag, x in zip('ab', halves) for k, v in x.items()})


def write_card(folder, name, card, views):
    """Write piece.json; called after every view, so that a broken-off run is usable."""
    views = sorted(views, key=lambda v: (v['pitch'], v['yaw']))
    with open(f'{folder}/piece.json', 'w') as f:
        json.dump({'id': name, **card, 'views': views}, f, indent=1)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('piece', choices=list(CARDS))
    ap.add_argument('--out', required=True)
    ap.add_argument('--yaws', default='0,30,60,15,45,80')
    ap.add_argument('--pitches', default='8,20')
    ap.add_argument('--long', type=int, default=None, help='longest side of the largest view, pixels')
    ap.add_argument('--samples', type=int, default=32, help='both halves together')
    ap.add_argument('--threads', type=int, default=os.cpu_count() or 2)
    ap.add_argument('--raw', default=None, help='also keep the raw passes in this folder')
    a = ap.parse_args(sys.argv[sys.argv.index('--') + 1:])
    card, start = dict(CARDS[a.piece]), time.time()
    folder = os.path.join(os.path.abspath(a.out), a.piece)
    os.makedirs(folder, exist_ok=True)
    scene = C.reset()
    _, objects = F.build(a.piece.split('-')[0], seed=SEED, **card.pop('build'))
    C.settings(scene, 4)
    scene.render.threads = a.threads
    cv2.setNumThreads(a.threads)
    dome(scene)
    ground = floor()
    ground.visible_camera = False
    scene.render.film_transparent = True
    C.add_aov(scene, C.BASE, 'COLOR', C.base_color)
    C.add_aov(scene, C.UPHOLSTERY, 'VALUE', lambda m: 1. if m.get('upholstery') else 0.)
    C.add_aov(scene, C.DEPTH, 'VALUE', C.view_depth)
    scene.camera = bpy.data.objects.new('cam', bpy.data.cameras.new('cam'))
    scene.collection.objects.link(scene.camera)
    bpy.context.view_layer.update()
    points = world_vertices(objects)
    low, high = points.min(0), points.max(0)
    target, distance, long = np.array((0, 0, .38)), card.pop('distance'), a.long or card.pop('long')
    card.pop('long', None)
    grid = [(float(y), float(p)) for p in a.pitches.split(',') for y in a.yaws.split(',')]
    cameras = [camera_axes(y, p, distance, target) for y, p in grid]
    focal = (long - 2 * MARGIN_PX) / max(np.ptp(tangents(points, *c), 0).max() for c in cameras)
    card['upholsteryAlbedo'] = layers.STORED_ALBEDO
    card['size'] = dict(zip(('width', 'depth', 'height'), (round(float(v), 3) for v in (*(high - low)[:2], high[2]))))
    card['floorShadow'] = render_shadow(scene, objects, ground, points, max(4, a.samples // 2), folder)
    views, tone = [], None
    for (yaw, pitch), (eye, axes) in zip(grid, cameras):
        t, name = time.time(), f'y{yaw:02.0f}-p{pitch:02.0f}'
        w, h, projection = frame_view(scene, points, eye, axes, focal)
        halves = [C.render(scene, PASSES, max(4, a.samples // 2), SEED + 101 * k) for k in range(2)]
        spent = time.time() - t
        if a.raw:
            keep_raw(f'{a.raw}/{a.piece}_{name}.npz', halves)
        tone = tone or layers.upholstery_albedo(*halves)
        fields = layers.write_view(folder, *halves, layers.STORED_ALBEDO / tone, f'_{name}')
        views.append({'id': name, 'yaw': yaw, 'pitch': pitch, 'width': w, 'height': h,
                      'projection': [round(float(v), 6) for v in projection.ravel()], **fields})
        write_card(folder, a.piece, card, views)
        print('VIEW', a.piece, name, f'{w}x{h}', 'render', round(spent, 1), 'total', round(time.time() - t, 1), 's', flush=True)
    print('PIECE', a.piece, round(time.time() - start, 1), 's', flush=True)


if __name__ == '__main__':
    main()
