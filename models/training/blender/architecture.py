"""The empty room: floor, walls, window, daylight, curtains, blinds, mouldings.

The window wall is at -x, the sofa wall at +y; the front is open to the camera.
"""
import math

import bpy
import numpy as np

from geometry import at, grid_faces, lathe, mesh_object, rounded_box, smoothstep, TAU, waves
from materials import Graph, plain
from tracer import area


H = 2.75


def boards(quads, mat, seed):
    """Floor boards from (x,y,length,width,angle) rows: tiny gaps and tilts."""
    rng = np.random.default_rng(seed)
    v, f, uv, rnd = [], [], [], []
    for x, y, L, w, ang in quads:
        c, s = math.cos(ang), math.sin(ang)
        g = .0007
        tilt = rng.normal(0, .0011, 2)
        n = len(v)
        for a, b in ((g, g), (L - g, g), (L - g, w - g), (g, w - g)):
            v.append((x + a * c - b * s, y + a * s + b * c, (a - L / 2) * tilt[0] * .4 + (b - w / 2) * tilt[1] * 3))
            uv.append((a, b))
        f.append((n, n + 1, n + 2, n + 3))
        rnd.append(rng.random())
    o = mesh_object('floor', v, f, mat, smooth=False)
    o.data.uv_layers[0].data.foreach_set('uv', np.array(uv).ravel())
    at_ = o.data.attributes.new('rnd', 'FLOAT', 'FACE')
    at_.data.foreach_set('value', rnd)
    under = mesh_object('under', [(-9, -9, -.002), (9, -9, -.002), (9, 9, -.002), (-9, 9, -.002)], [(0, 1, 2, 3)],
                        plain((.02, .013, .008), .9))
    return o, under


def herringbone(mat, seed, w=.092, n=6, span=4.6):
    """Herringbone parquet turned 45 degrees."""
    k = int(span * 1.5 / w)
    a45 = math.radians(45)
    out = []
    for r in range(-k, k):
        for c in range(-k, k):
            t = (c - r) % (2 * n)
            if t not in (0, 2 * n - 1):
                continue
            ang = 0 if t == 0 else math.pi / 2
            x, y = (c * w, r * w) if t == 0 else ((c + 1) * w, r * w)
            X, Y = x * math.cos(a45) - y * math.sin(a45), x * math.sin(a45) + y * math.cos(a45)
            if abs(X) < span * .8 and abs(Y) < span:
                out.append((X, Y, n * w, w, ang + a45))
    return boards(out, mat, seed)


def planks(mat, seed, w=.15, span=4.4):
    """Straight boards running away from the camera with random joints."""
    rng = np.random.default_rng(seed)
    out = []
    for i in range(int(-3.2 / w), int(3.2 / w)):
        y = -span - rng.random() * 2
        while y < span:
            L = rng.uniform(1.1, 2.1)
            out.append((i * w + w, y, L, w, math.pi / 2))
            y += L
    return boards(out, mat, seed)


def moulding(p0, p1, profile, mat, inward, mitre=(0, 0)):
    """Extrude an (inward, up) profile between two wall points.

    mitre: 1 for an end that meets a moulding of the next wall in a corner.
    """
    p0, p1, n = np.array(p0, float), np.array(p1, float), np.array(inward, float)
    along = (p1 - p0) / np.linalg.norm(p1 - p0)
    v = [tuple(p + along * s * m * a + n * a + np.array((0, 0, b)))
         for p, s, m in ((p0, 1, mitre[0]), (p1, -1, mitre[1])) for a, b in profile]
    k = len(profile)
    f = [(i, i + 1, k + i + 1, k + i) for i in range(k - 1)]
    o = mesh_object('moulding', v, f, mat)
    o.data.use_auto_smooth, o.data.auto_smooth_angle = True, math.radians(35)
    return o

SKIRT = [(0, .15), (.006, .15), (.010, .143), (.012, .130), (.018, .122), (.018, 0)]

CORNICE = [(0, -.13), (.012, -.13), (.014, -.118)] + [
    (.014 + .085 * (1 - math.cos(a)), -.118 + .085 * math.sin(a)) for a in np.linspace(0, math.pi / 2, 9)] + [
    (.105, -.033), (.105, -.020), (.130, -.020), (.130, 0)]


def shell(W, D0, D1, wall, trim, window, ceiling=None):
    """Walls with one window opening at -X, ceiling, skirting and cornice."""
    ceiling = ceiling or trim
    y0, y1, z0, z1 = window
    box = lambda n, s, l, m: at(rounded_box(n, s, m, .002, 1), l)
    D = D1 - D0
    cy = (D0 + D1) / 2
    box('ceiling', (W + .4, D + .4, .1), (0, cy, H + .05), ceiling)
    box('back', (W + .4, .2, H), (0, D1 + .1, H / 2), wall)
    box('right', (.2, D, H), (W / 2 + .1, cy, H / 2), wall)
    t, x = .24, -W / 2 - .12
    box('wl', (t, D, z0), (x, cy, z0 / 2), wall)
    box('wl', (t, D, H - z1), (x, cy, (H + z1) / 2), wall)
    box('wl', (t, y0 - D0, z1 - z0), (x, (D0 + y0) / 2, (z0 + z1) / 2), wall)
    box('wl', (t, D1 - y1, z1 - z0), (x, (D1 + y1) / 2, (z0 + z1) / 2), wall)
    if z0 > .05:
        box('sill', (.34, y1 - y0 + .10, .035), (-W / 2 - .07, (y0 + y1) / 2, z0 + .01), trim)
    xf = -W / 2 - .17                                       # sash
    for yy in np.linspace(y0, y1, 4):
        box('mullion', (.06, .055, z1 - z0), (xf, yy, (z0 + z1) / 2), trim)
    for zz in (z0 + .03, z0 + (z1 - z0) * .68, z1 - .03):
        box('rail', (.05, y1 - y0, .05), (xf, (y0 + y1) / 2, zz), trim)
    for yy in (y0 - .05, y1 + .05):
        box('case', (.02, .10, z1 - z0 + .10), (-W / 2 + .01, yy, (z0 + z1) / 2 + .05), trim)
    box('case', (.022, y1 - y0 + .20, .10), (-W / 2 + .01, (y0 + y1) / 2, z1 + .05), trim)
    for prof, z in ((SKIRT, 0), (CORNICE, H)):
        moulding((-W / 2, D1, z), (W / 2, D1, z), prof, trim, (0, -1, 0), (1, 1))
        moulding((W / 2, D0, z), (W / 2, D1, z), prof, trim, (-1, 0, 0), (0, 1))
        moulding((-W / 2, D0, z), (-W / 2, D1, z), prof, trim, (1, 0, 0), (0, 1))


def outside(W, window, seed):
    """Over-exposed blurred garden behind the window; seen by camera only."""
    y0, y1, z0, z1 = window
    h, w = 120, 240
    yy, xx = np.mgrid[0:h, 0:w] / h
    p = np.stack([xx.ravel(), yy.ravel()], 1)
    green = waves(p, 2.2, seed).reshape(h, w) * .5 + waves(p, 6, seed + 1).reshape(h, w) * .25
    edge = smoothstep(.0, .22, yy - .42 - .12 * green)
    leaf = np.array((.30, .36, .20)) * (1 + .5 * green[..., None])
    pix = leaf * (1 - edge[..., None]) + np.array((.80, .90, 1.)) * edge[..., None]
    im = bpy.data.images.new('garden', w, h, float_buffer=True)
    im.pixels.foreach_set(np.dstack([pix, np.ones((h, w))]).astype(np.float32).ravel())
    g = Graph('garden')
    t = g.add('TexImage')
    t.image = im
    e = g.add('Emission', Color=t.outputs[0], Strength=5.5)
    g.tree.links.new(e.outputs[0], g.tree.nodes['Material Output'].inputs[0])
    X = -W / 2 - 3
    o = mesh_object('garden', [(X, y1 + 6, -1.5), (X, y0 - 4, -1.5), (X, y0 - 4, 4.5), (X, y1 + 6, 4.5)], [(0, 1, 2, 3)], g.mat)
    o.data.uv_layers[0].data.foreach_set('uv', np.array([(1, 0), (0, 0), (0, 1), (1, 1)], float).ravel())
    o.visible_diffuse = o.visible_shadow = False


def daylight(W, window, power, sun=(0, 0, 0), sun_power=3., fill=12., y_front=-3.):
    """Sky panel just inside the opening, a sun through it, and a weak room fill."""
    y0, y1, z0, z1 = window
    a = area('sky', (-W / 2 - .06, (y0 + y1) / 2, (z0 + z1) / 2), (0, (y0 + y1) / 2, (z0 + z1) / 2 - .25),
               (y1 - y0 - .05, z1 - z0 - .05), power, (.90, .96, 1.))
    # make width run along y
    a.data.size, a.data.size_y = (y1 - y0 - .05), (z1 - z0 - .05)
    a.visible_camera = False
    b = area('fill', (.6, y_front, 1.6), (0, 1, 1.1), (4.5, 2.4), fill, (1., .95, .88))
    b.visible_camera = b.visible_glossy = False
    s = bpy.data.lights.new('sun', 'SUN')
    s.energy, s.angle, s.color = sun_power, .012, (1., .90, .74)
    o = bpy.data.objects.new('sun', s)
    bpy.context.scene.collection.objects.link(o)
    o.rotation_euler = [math.radians(v) for v in sun]
    w = bpy.data.worlds.new('room')
    bpy.context.scene.world, w.use_nodes = w, True
    w.node_tree.nodes['Background'].inputs[1].default_value = 0


def curtain(width, height, mat, seed, folds=9, depth=.045):
    """A gathered curtain panel hanging from z=height, in the YZ plane."""
    nu, nv = folds * 16, 26
    rng = np.random.default_rng(seed)
    u = np.linspace(0, 1, nu)
    ph = TAU * folds * (u + .012 * np.cumsum(rng.normal(size=nu)) / 4)
    v, f = [], grid_faces(nv, nu)
    for j in range(nv):
        t = j / (nv - 1)
        amp = depth * (.65 + .35 * t) * (1 + .3 * waves(np.stack([u, u * 0 + t], 1), 2.5, seed))
        x = amp * np.sin(ph + .35 * t * waves(u[:, None], 1.5, seed + 1))
        y = (u - .5) * width * (1 - .10 * math.sin(math.pi * t * .8)) + .3 * depth * np.sin(2 * ph)
        v += [(a, b, height * (1 - t) + .004) for a, b in zip(x, y)]
    return mesh_object('curtain', v, f, mat, sub=1)


def curtain_pair(W, window, mat, rod, seed, width=.55, top=.14):
    """Curtains drawn to the sides of the window, with a rod and finials."""
    y0, y1, z0, z1 = window
    x, z = -W / 2 + .10, z1 + top
    for k, (y, s) in enumerate(((y0 - .10, -1), (y1 + .12, 1))):
        at(curtain(width, z - .02, mat, seed + k), (x, y, 0))
    at(rounded_box('rod', (.022, y1 - y0 + 1.1, .022), rod, .011), (x, (y0 + y1) / 2, z + .012))


def blinds(W, window, mat, tilt=28, drop=.62):
    """Venetian blind slats covering the upper part of the window."""
    y0, y1, z0, z1 = window
    z = z1 - .06
    k = 0
    while z > z1 - (z1 - z0) * drop:
        at(rounded_box('slat', (.050, y1 - y0 - .06, .0025), mat, .001, 1), (-W / 2 - .075, (y0 + y1) / 2, z), (0, tilt, 0))
        z -= .046
    for y in (y0 + .25, (y0 + y1) / 2, y1 - .25):
        at(rounded_box('tape', (.002, .03, z1 - z), mat, .001, 1), (-W / 2 - .045, y, (z + z1) / 2))
    at(rounded_box('head', (.06, y1 - y0 - .03, .05), mat, .006), (-W / 2 - .075, (y0 + y1) / 2, z1 - .03))


def wall_panels(x0, x1, y, mat, cols, z0=.28, z1=2.42, rail=.95):
    """Raised picture-frame mouldings on the back wall with a dado rail."""
    s = .030
    wcol = (x1 - x0) / cols
    prof = [(0, -.5), (.35, -.5), (.5, -.25), (.8, -.1), (.8, .1), (.4, .3), (.3, .5), (0, .5)]
    prof = [(a * .022, b * s) for a, b in prof]
    for i in range(cols):
        a, b = x0 + i * wcol + .09, x0 + (i + 1) * wcol - .09
        for lo, hi in ((z0, rail - .12), (rail + .12, z1)):
            for z in (lo, hi):
                moulding((a - s / 2, y, z), (b + s / 2, y, z), prof, mat, (0, -1, 0))
            for x in (a, b):
                at(rounded_box('stile', (s, .018, hi - lo), mat, .006, 3), (x, y - .008, (lo + hi) / 2))
    moulding((x0 - .2, y, rail), (x1 + .2, y, rail), [(a * 1.7, b * 1.6) for a, b in prof], mat, (0, -1, 0))


def wall_socket(loc):
    """White double socket on the +Y wall."""
    white = plain((.78, .77, .74), .35, .4)
    at(rounded_box('plate', (.148, .012, .084), white, .006), (loc[0], loc[1] - .005, loc[2]))
    for s in (-1, 1):
        at(lathe('well', [(.019, 0), (.021, .003), (.0, .0032)], plain((.62, .61, .58), .5), 32), (loc[0] + s * .034, loc[1] - .0105, loc[2]), (90, 0, 0))
