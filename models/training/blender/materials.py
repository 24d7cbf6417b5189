"""Shader graphs for cloth, leather, wood, metal, paint and paper (Cycles, Principled).

Upholstery materials carry the custom property `upholstery`: they are what the
app may recolor.
"""
import math

import bpy
import numpy as np


class Graph:
    """Tiny helper to write shader graphs: g.add('TexNoise', Scale=5, Vector=uv)."""

    def __init__(self, name):
        self.mat = bpy.data.materials.new(name)
        self.mat.use_nodes = True
        self.tree = self.mat.node_tree
        self.bsdf = self.tree.nodes['Principled BSDF']

    def add(self, kind, **kw):
        n = self.tree.nodes.new('ShaderNode' + kind)
        for k, v in kw.items():
            key = int(k[1:]) if k[0] == '_' else k.replace('_', ' ')
            if isinstance(key, str) and key not in n.inputs:
                setattr(n, k, v)
            else:
                self.put(n.inputs[key], v)
        return n

    def put(self, socket, v):
        if isinstance(v, bpy.types.Node):
            v = v.outputs[0]
        if isinstance(v, bpy.types.NodeSocket):
            self.tree.links.new(v, socket)
        elif isinstance(v, (tuple, list)) and len(v) == 3 and socket.type == 'RGBA':
            socket.default_value = (*v, 1)
        else:
            socket.default_value = v

    def set(self, **kw):
        for k, v in kw.items():
            self.put(self.bsdf.inputs[k.replace('_', ' ')], v)

    def noise(self, vec, scale, detail=3, rough=.5, distort=0):
        return self.add('TexNoise', Vector=vec, Scale=scale, Detail=detail,
                        Roughness=rough, Distortion=distort).outputs['Fac']

    def stretch(self, vec, s, rot=0):
        return self.add('Mapping', Vector=vec, Scale=s, Rotation=(0, 0, math.radians(rot))).outputs[0]

    def math(self, op, a, b=.5):
        return self.add('Math', operation=op, _0=a, _1=b).outputs[0]

    def mix(self, fac, a, b, mode='MIX'):
        return self.add('MixRGB', blend_type=mode, Fac=fac, Color1=a, Color2=b).outputs[0]

    def span(self, v, a, b, lo=0., hi=1.):
        return self.add('MapRange', Value=v, From_Min=a, From_Max=b, To_Min=lo, To_Max=hi).outputs[0]

    def bump(self, height, distance, strength=1., normal=None):
        n = self.add('Bump', Height=height, Distance=distance, Strength=strength)
        if normal is not None:
            self.put(n.inputs['Normal'], normal)
        return n.outputs[0]

    def coord(self, which='UV'):
        return self.add('TexCoord').outputs[which]


def shade(c, k):
    """Scale a linear color."""
    return tuple(min(1, x * k) for x in c)


def velvet(color):
    """Pile fabric: dark head-on, pale at grazing angles, brushed patches."""
    g = Graph('velvet')
    uv, ob = g.coord('UV'), g.coord('Object')
    facing = g.math('POWER', g.add('LayerWeight', Blend=.5).outputs['Facing'], 2.2)
    nap = g.noise(ob, 5, 3, .55, .8)
    brush = g.noise(g.stretch(uv, (1, .22, 1), 12), 38, 4)
    base = g.mix(g.span(nap, .35, .68), shade(color, .62), shade(color, .95))
    base = g.mix(g.span(brush, .3, .7, 0, .3), base, shade(color, 1.45))
    edge = tuple(min(1, .25 * .5 + x * 1.9) for x in color)
    g.set(Base_Color=g.mix(g.math('MULTIPLY', facing, .85), base, edge), Roughness=.75,
          Specular=.12, Sheen=.7, Sheen_Tint=.7,
          Normal=g.bump(g.noise(uv, 700, 2), .0006, .5, g.bump(brush, .002, .25)))
    g.mat['upholstery'] = True
    return g.mat


def linen(color, slub=.5):
    """Plain weave: crossed threads with slubs and melange color."""
    g = Graph('linen')
    uv = g.coord('UV')
    warp = g.noise(g.stretch(uv, (1, .05, 1)), 420, 2)
    weft = g.noise(g.stretch(uv, (.05, 1, 1)), 420, 2)
    big = g.noise(g.stretch(uv, (1, .12, 1)), 90, 2)
    thread = g.math('ADD', g.math('MULTIPLY', warp, .5), g.math('MULTIPLY', weft, .5))
    v = g.math('ADD', thread, g.math('MULTIPLY', g.math('SUBTRACT', big, .5), .4))
    col = g.mix(g.span(v, .36, .64), shade(color, 1 - slub * .5), shade(color, 1 + slub * .35))
    fade = g.add('LayerWeight', Blend=.3).outputs['Facing']
    col = g.mix(g.math('MULTIPLY', fade, .16), col, tuple(.5 * x + .3 for x in color))
    g.set(Base_Color=col, Roughness=.92, Specular=.12, Sheen=.35, Sheen_Tint=.5,
          Normal=g.bump(thread, .0016, .6))
    g.mat['upholstery'] = True
    return g.mat


def boucle(color):
    """Looped yarn: rounded nubs with dark gaps between them."""
    g = Graph('boucle')
    ob = g.coord('Object')
    warp = g.mix(.012, ob, g.add('TexNoise', Vector=ob, Scale=60., Detail=2.).outputs['Color'], 'LINEAR_LIGHT')
    loops = g.add('TexVoronoi', Vector=warp, Scale=105., feature='SMOOTH_F1', Smoothness=.35).outputs['Distance']
    curl = g.noise(ob, 330, 3, .6, 1.2)
    h = g.math('SUBTRACT', g.math('MULTIPLY', curl, .45), loops)
    tone = g.span(h, -.45, .2)
    col = g.mix(tone, shade(color, .50), shade(color, 1.08))
    col = g.mix(g.span(g.noise(ob, 2.2, 2), .35, .65, 0, .12), col, shade(color, .8))
    g.set(Base_Color=col, Roughness=.95, Specular=.1, Sheen=.5, Sheen_Tint=.4,
          Normal=g.bump(h, .006, .9))
    g.mat['upholstery'] = True
    return g.mat


def leather(color, wear=.6, cloudy=1.):
    """Aniline leather: pebble grain, cloudy dye, worn ridges, dark creases."""
    g = Graph('leather')
    ob = g.coord('Object')
    cell = g.add('TexVoronoi', Vector=ob, Scale=330., feature='F1').outputs['Distance']
    crease = g.noise(g.stretch(ob, (1, 1, .5)), 26, 5, .6, 1.5)
    cloud = g.noise(ob, 5, 4, .6, .6)
    point = g.add('NewGeometry').outputs['Pointiness']
    ridge = g.math('MULTIPLY', g.span(point, .505, .56), g.span(g.noise(ob, 14, 4), .3, .6))
    pit = g.span(point, .495, .43)
    col = g.mix(g.span(cloud, .3, .7), shade(color, 1 - .32 * cloudy), shade(color, 1 + .25 * cloudy))
    col = g.mix(g.math('MULTIPLY', ridge, wear), col, tuple(min(1, .04 + x * 2.2) for x in color))
    col = g.mix(g.math('MULTIPLY', pit, .75), col, shade(color, .28))
    rough = g.math('SUBTRACT', g.span(cloud, .3, .7, .50, .36), g.math('MULTIPLY', ridge, .06))
    nor = g.bump(crease, .004, .35, g.bump(cell, .0008, .5))
    g.set(Base_Color=col, Roughness=rough, Specular=.45, Normal=nor)
    g.mat['upholstery'] = True
    return g.mat


def wood(species='oak', axis=0):
    """Oak or walnut with grain along the given object axis."""
    light, dark, pore = {'oak': ((.50, .31, .155), (.33, .185, .082), .6),
                         'walnut': ((.165, .078, .036), (.060, .026, .013), .5),
                         'ebony': ((.03, .02, .016), (.012, .009, .007), .4)}[species]
    g = Graph(species)
    ob = g.add('VectorMath', operation='ADD', _0=g.coord('Object'),
               _1=g.add('ObjectInfo').outputs['Location']).outputs[0]
    s = [1., 1., 1.]
    s[axis] = .07
    v = g.stretch(ob, tuple(s))
    rings = g.noise(v, 22, 5, .6, 1.8)
    fine = g.noise(g.stretch(ob, tuple(.02 if i == axis else 1. for i in range(3))), 420, 3)
    col = g.mix(g.span(rings, .32, .68), dark, light)
    col = g.mix(g.span(fine, .42, .62, pore, 0), col, shade(dark, .7))
    g.set(Base_Color=col, Roughness=g.span(fine, .3, .7, .45, .33), Specular=.4,
          Normal=g.bump(fine, .0006, .5))
    return g.mat


def brass():
    """Lightly aged brass."""
    g = Graph('brass')
    n = g.noise(g.coord('Object'), 30, 4)
    g.set(Base_Color=g.mix(n, (.62, .40, .15), (.80, .56, .25)), Metallic=1.,
          Roughness=g.span(n, .3, .7, .22, .36))
    return g.mat


def plain(color, rough=.6, spec=.3, metal=0.):
    """Uniform paint or plastic."""
    g = Graph('plain')
    g.set(Base_Color=tuple(color), Roughness=rough, Specular=spec, Metallic=metal)
    return g.mat


def plaster(color):
    """Matt wall paint with faint roller texture."""
    g = Graph('plaster')
    ob = g.coord('Object')
    g.set(Base_Color=g.mix(g.span(g.noise(ob, 1.3, 3), .3, .7, 0, .06), color, shade(color, .8)),
          Roughness=.85, Specular=.2, Normal=g.bump(g.noise(ob, 160, 2), .0006, .25))
    return g.mat


def floor_wood(light, dark, rough=.34):
    """Boards colored by a per-board random attribute, grain along U."""
    g = Graph('boards')
    rnd = g.add('Attribute', attribute_name='rnd').outputs['Fac']
    uv = g.add('VectorMath', operation='ADD', _0=g.coord('UV'),
               _1=g.add('CombineXYZ', X=g.math('MULTIPLY', rnd, 37.), Y=g.math('MULTIPLY', rnd, 91.)).outputs[0]).outputs[0]
    ring = g.noise(g.stretch(uv, (.10, 1, 1)), 26, 5, .6, 1.6)
    fine = g.noise(g.stretch(uv, (.03, 1, 1)), 330, 2)
    col = g.mix(g.span(ring, .3, .7), dark, light)
    col = g.mix(g.span(fine, .4, .62, .45, 0), col, shade(dark, .7))
    col = g.mix(1., col, g.mix(rnd, (.66, .64, .62), (1.12, 1.10, 1.06)), 'MULTIPLY')
    smear = g.noise(g.coord('Object'), 3, 4)
    g.set(Base_Color=col, Specular=.4, Roughness=g.math('ADD', g.span(smear, .3, .7, -.06, .1), rough),
          Normal=g.bump(fine, .0005, .35))
    return g.mat


def image_mat(name, pix, rough=.9, bump=None, sheen=0.):
    """Material from an (H,W,3) linear array mapped on UV 0..1."""
    h, w = pix.shape[:2]
    im = bpy.data.images.new(name, w, h, float_buffer=True)
    im.colorspace_settings.name = 'Linear'
    im.pixels.foreach_set(np.dstack([np.clip(pix, 0, 1), np.ones((h, w))]).astype(np.float32).ravel())
    g = Graph(name)
    t = g.add('TexImage')
    t.image = im
    g.set(Base_Color=t.outputs[0], Roughness=rough, Specular=.1, Sheen=sheen)
    if bump:
        g.set(Normal=g.bump(g.noise(g.coord('Object'), bump[0], 3), bump[1], .9))
    return g.mat


def sheer(color, through=.4):
    """Curtain cloth that glows with light from behind."""
    g = Graph('curtain')
    w = g.noise(g.stretch(g.coord('UV'), (1, .05, 1)), 300, 2)
    col = g.mix(w, shade(color, .94), color)
    d = g.add('BsdfDiffuse', Color=col)
    t = g.add('BsdfTranslucent', Color=col)
    m = g.add('MixShader', Fac=through, _1=d, _2=t)
    g.tree.links.new(m.outputs[0], g.tree.nodes['Material Output'].inputs[0])
    return g.mat


def glow(color, strength):
    g = Graph('glow')
    e = g.add('Emission', Color=color, Strength=strength)
    g.tree.links.new(e.outputs[0], g.tree.nodes['Material Output'].inputs[0])
    return g.mat


def marble():
    g = Graph('marble')
    v = g.noise(g.coord('Object'), 3.2, 8, .62, 2.2)
    vein = g.span(g.math('ABSOLUTE', g.math('SUBTRACT', v, .5)), .0, .045)
    g.set(Base_Color=g.mix(vein, (.40, .39, .37), (.80, .785, .76)), Roughness=.18, Specular=.5)
    return g.mat


def leaf_mat(color=(.030, .085, .022)):
    g = Graph('leaf')
    n = g.noise(g.coord('Object'), 9, 3)
    g.set(Base_Color=g.mix(g.span(n, .3, .7), shade(color, .7), shade(color, 1.5)), Roughness=.38, Specular=.45)
    return g.mat
