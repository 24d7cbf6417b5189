"""Contact sheet: every piece at three yaws on a paper sweep, to look at while modelling.

    blender -b -P sheet.py -- 480 32 sheet.jpg          (tile width, samples, output)
"""
import math
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tracer as C        # noqa: E402  (sets OpenCV's EXR switch first)
import bpy                # noqa: E402
import cv2                # noqa: E402
import numpy as np        # noqa: E402
from mathutils import Vector  # noqa: E402
import denoise            # noqa: E402
import furniture as F     # noqa: E402
import rooms              # noqa: E402
from geometry import mesh_object  # noqa: E402
from materials import plain  # noqa: E402

YAWS, PITCH = (0, 32, -56), 12
DISTANCE = {'midcentury': 4.4, 'chesterfield': 4.4, 'modular': 5.8, 'armchair': 2.7}


def studio(scene, fill=.42):
    """Neutral light from three softboxes."""
    world = bpy.data.worlds.new('studio')
    scene.world, world.use_nodes = world, True
    world.node_tree.nodes['Background'].inputs[0].default_value = (1, 1, 1, 1)
    world.node_tree.nodes['Background'].inputs[1].default_value = fill
    C.area('key', (-2.6, -2.2, 3.0), (0, 0, .4), (1.8, 1.8), 175)
    C.area('rim', (2.8, 1.4, 2.4), (0, 0, .5), (.8, 2.0), 70)
    C.area('top', (0, .2, 3.4), (0, 0, 0), (2.6, 1.4), 45)


def paper():
    """Curved studio backdrop, to be turned with the camera."""
    prof = [(-8, 0), (2.4, 0)] + [(2.4 + 1.4 * math.sin(a), 1.4 - 1.4 * math.cos(a))
                                  for a in np.linspace(0, math.pi / 2, 14)] + [(3.8, 6)]
    v = [(x * 9, y, z) for y, z in prof for x in (-1, 1)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(len(prof) - 1)]
    return mesh_object('paper', v, faces, plain((.80, .79, .77), .9, .1))


def orbit(camera, yaw, distance, target=(0, 0, .36)):
    """Put the camera on its orbit; yaw 0 looks at the front, degrees."""
    a, b = math.radians(yaw), math.radians(PITCH)
    camera.location = Vector(target) + distance * Vector((math.sin(a) * math.cos(b), -math.cos(a) * math.cos(b), math.sin(b)))
    camera.rotation_euler = (Vector(target) - camera.location).to_track_quat('-Z', 'Y').to_euler()
    camera.data.lens = 60


def main():
    args = sys.argv[sys.argv.index('--') + 1:] if '--' in sys.argv else []
    width, samples, out = int(args[0]) if args else 480, int(args[1]) if len(args) > 1 else 32, args[2] if len(args) > 2 else 'sheet.jpg'
    rows = []
    for kind in F.PIECES:
        scene = C.reset()
        F.build(kind, seed=3)
        C.settings(scene, 4)
        C.add_aov(scene, C.UPHOLSTERY, 'VALUE', lambda m: 0.)
        studio(scene)
        scene.view_settings.view_transform, scene.view_settings.look = 'Filmic', 'Medium High Contrast'
        scene.render.resolution_x, scene.render.resolution_y = width, round(width * .64)
        scene.camera = bpy.data.objects.new('cam', bpy.data.cameras.new('cam'))
        scene.collection.objects.link(scene.camera)
        sweep, tiles = paper(), []
        for yaw in YAWS:
            sweep.rotation_euler[2] = math.radians(yaw)
            orbit(scene.camera, yaw, DISTANCE[kind])
            linear, _ = rooms.photograph(scene, samples, 1, denoise.FINE)
            tiles.append(rooms.view_transform(scene, linear, out))
            print('TILE', kind, yaw, flush=True)
        rows.append(np.hstack(tiles))
        cv2.imwrite(out, (np.clip(np.vstack(rows), 0, 1) * 255 + .5).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])


main()
