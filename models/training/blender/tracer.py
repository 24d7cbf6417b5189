"""Rendering with Cycles on a CPU: settings, passes as arrays, AOVs.

[Note: Half pairs] Every picture is rendered as two halves with different seeds;
`denoise` reads the noise off their difference.
"""
import os
import tempfile

os.environ.setdefault('OPENCV_IO_ENABLE_OPENEXR', '1')
import bpy                # noqa: E402
import cv2                # noqa: E402
import numpy as np        # noqa: E402
from mathutils import Vector  # noqa: E402

BASE, UPHOLSTERY, DEPTH = 'base', 'upholstery', 'zdepth'


def reset():
    """Empty file, fresh scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


def area(name, loc, target, size, power, color=(1, 1, 1)):
    """Rectangular softbox aimed at a point; size (width, height) in metres, power in watts."""
    d = bpy.data.lights.new(name, 'AREA')
    d.shape, d.size, d.size_y, d.energy, d.color = 'RECTANGLE', size[0], size[1], power, color
    o = bpy.data.objects.new(name, d)
    bpy.context.scene.collection.objects.link(o)
    o.location = loc
    o.rotation_euler = (Vector(target) - Vector(loc)).to_track_quat('-Z', 'Y').to_euler()
    return o


def settings(scene, bounces=6):
    """Low-noise CPU settings: clamped indirect light, no caustics, no adaptive sampling."""
    scene.render.engine = 'CYCLES'
    c = scene.cycles
    c.use_denoising = c.use_adaptive_sampling = False
    c.max_bounces, c.diffuse_bounces, c.glossy_bounces = bounces, bounces, min(3, bounces)
    c.transmission_bounces, c.transparent_max_bounces = 4, 8
    c.sample_clamp_indirect, c.sample_clamp_direct = 3., 12.
    c.caustics_reflective = c.caustics_refractive = False
    c.blur_glossy = 1.
    scene.render.threads_mode, scene.render.threads = 'FIXED', os.cpu_count() or 2
    scene.render.use_persistent_data = True
    layer = scene.view_layers[0]
    layer.cycles.denoising_store_passes = True
    layer.use_pass_z = layer.use_pass_diffuse_color = layer.use_pass_diffuse_direct = True
    layer.use_pass_diffuse_indirect = layer.use_pass_glossy_color = True
    layer.use_pass_glossy_direct = layer.use_pass_glossy_indirect = True


def add_aov(scene, name, kind, socket_of):
    """Write a value of every material to a pass; socket_of(material) gives a node
    socket, a number or a color, or None to leave the material out."""
    aov = scene.view_layers[0].aovs.add()
    aov.name, aov.type = name, kind
    for m in bpy.data.materials:
        if not m.node_tree:
            continue
        value = socket_of(m)
        if value is None:
            continue
        node = m.node_tree.nodes.new('ShaderNodeOutputAOV')
        node.name = name
        target = node.inputs['Color' if kind == 'COLOR' else 'Value']
        if isinstance(value, bpy.types.NodeSocket):
            m.node_tree.links.new(value, target)
        else:
            target.default_value = value


def base_color(material):
    """What feeds a Principled base color (Cycles' own diffuse color adds sheen)."""
    bsdf = material.node_tree.nodes.get('Principled BSDF')
    if not bsdf:
        return None
    socket = bsdf.inputs['Base Color']
    return socket.links[0].from_socket if socket.links else tuple(socket.default_value)


def view_depth(material):
    """Depth along the camera axis in metres."""
    return material.node_tree.nodes.new('ShaderNodeCameraData').outputs['View Z Depth']


def render(scene, passes, samples, seed):
    """Render once; returns {name: float32 (H,W,4) RGBA} for {name: render-layer socket}."""
    scene.cycles.samples, scene.cycles.seed = samples, seed
    scene.use_nodes = True
    tree = scene.node_tree
    tree.nodes.clear()
    source = tree.nodes.new('CompositorNodeRLayers')
    out = tree.nodes.new('CompositorNodeOutputFile')
    with tempfile.TemporaryDirectory() as folder:
        out.base_path = folder
        out.format.file_format, out.format.color_depth, out.format.color_mode = 'OPEN_EXR', '32', 'RGBA'
        out.file_slots.clear()
        for name, socket in passes.items():
            out.file_slots.new(f'{name}_')
            tree.links.new(source.outputs[socket], out.inputs[-1])
        bpy.ops.render.render()
        return {name: read_exr(os.path.join(folder, f'{name}_{scene.frame_current:04d}.exr')) for name in passes}


def read_exr(path):
    """Read an EXR as float32 RGBA; single channels come back repeated."""
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    if image is None:
        raise FileNotFoundError(path)
    if image.ndim == 2:
        return np.dstack([image] * 4).astype(np.float32)
    if image.shape[2] == 3:
        image = np.dstack([image, np.ones(image.shape[:2], np.float32)])
    return np.ascontiguousarray(image[..., [2, 1, 0, 3]], np.float32)


def save_exr(path, rgb):
    """Write float32 RGB."""
    cv2.imwrite(path, np.ascontiguousarray(rgb[..., ::-1], np.float32))
