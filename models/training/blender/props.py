"""What stands and hangs in a room: rugs, frames, books, plants, lamps, tables, shelves."""
import math

import bpy
import numpy as np

from geometry import at, grid_faces, hang, lathe, lathe_open, mesh_object, rounded_box, TAU, tube, waves
from materials import image_mat, leaf_mat, plain, shade
from upholstery import tapered_leg


def rug(w, d, pix, seed, fringe=None, z=.004):
    """Woven rug with slightly wavy edges; optional fringe on the short ends."""
    nx, ny = 90, 60
    q = np.array([((i / nx - .5), (j / ny - .5)) for j in range(ny + 1) for i in range(nx + 1)])
    e = waves(q * 3, .5, seed)[:, None] * np.array((.006, .006))
    p = q * (w, d) + e
    zz = .010 + .0012 * waves(p, 1.6, seed + 1)
    rim = (np.abs(q) > .498).any(1)
    zz[rim] = .002
    o = mesh_object('rug', np.column_stack([p, zz]), grid_faces(ny + 1, nx + 1),
                    image_mat('rug', pix, .95, (230, .004), .4))
    loops = np.empty(len(o.data.loops), np.int32)
    o.data.loops.foreach_get('vertex_index', loops)
    o.data.uv_layers[0].data.foreach_set('uv', (q[loops] + .5).ravel())
    objs = [o]
    if fringe:
        rng = np.random.default_rng(seed)
        v, f = [], []
        for s in (-1, 1):
            for y in np.arange(-d / 2 + .01, d / 2, .013):
                n, L, sk = len(v), rng.uniform(.05, .08), rng.normal(0, .014)
                for k, a in enumerate((0, .5, 1)):
                    for b in (-.0035, .0035):
                        v.append((s * (w / 2 - .004 + a * L), y + b * (1 - .3 * a) + sk * a * a, .006 - .004 * a))
                f += [(n, n + 1, n + 3, n + 2), (n + 2, n + 3, n + 5, n + 4)]
        objs.append(mesh_object('fringe', v, f, fringe))
    for x in objs:
        x.location.z = z
    return objs


def frame(w, h, mat, pix, mount=.05, depth=.028):
    """Framed print hanging on the +Y wall; origin at its centre."""
    out = []
    b = .022
    for sx in (-1, 1):
        out.append((rounded_box('frame', (b, depth, h - 2 * b), mat, .002), (sx * (w - b) / 2, 0, 0)))
        out.append((rounded_box('frame', (w, depth, b), mat, .003), (0, 0, sx * (h - b) / 2)))
    out.append((rounded_box('mount', (w - b, .006, h - b), plain((.80, .78, .74), .9), .001, 1), (0, .004, 0)))
    iw, ih = w / 2 - b - mount, h / 2 - b - mount
    art = mesh_object('art', [(-iw, 0, -ih), (iw, 0, -ih), (iw, 0, ih), (-iw, 0, ih)], [(0, 1, 2, 3)], image_mat('art', pix, .6))
    art.data.uv_layers[0].data.foreach_set('uv', np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float).ravel())
    out.append((art, (0, -.001, 0)))
    return out

BOOKS = [(.24, .05, .035), (.035, .06, .09), (.45, .38, .26), (.06, .09, .06), (.55, .50, .43), (.30, .17, .05),
         (.05, .045, .04), (.20, .10, .09), (.62, .58, .52), (.10, .14, .17)]


def book(w, d, t, color):
    """A closed hardback lying flat: cover boards, spine and page block."""
    c, pg = plain(color, .6), plain((.70, .65, .55), .9)
    return [(rounded_box('cover', (w, d, .003), c, .001, 1), (0, 0, .0015)),
            (rounded_box('cover', (w, d, .003), c, .001, 1), (0, 0, t - .0015)),
            (rounded_box('spine', (.004, d, t), c, .0015, 2), (-w / 2 + .002, 0, t / 2)),
            (rounded_box('pages', (w - .012, d - .012, t - .006), pg, .001, 1), (.001, 0, t / 2))]


def book_stack(n, loc, seed, yaw=0):
    rng = np.random.default_rng(seed)
    z = loc[2]
    for k in range(n):
        t = rng.uniform(.018, .038)
        hang(book(.21 - .012 * k, .285 - .018 * k, t, BOOKS[int(rng.integers(len(BOOKS)))]), (loc[0], loc[1], z), (0, 0, yaw + rng.normal(0, 7)))
        z += t
    return z


def book_row(x0, x1, y, z, hmax, seed):
    """Upright books on a shelf, spines facing -Y, some leaning."""
    rng = np.random.default_rng(seed)
    x = x0
    mats = {}
    while x < x1 - .05:
        t, h, d = rng.uniform(.016, .045), rng.uniform(.66, .96) * hmax, rng.uniform(.15, .20)
        k = int(rng.integers(len(BOOKS)))
        m = mats.setdefault(k, plain(shade(BOOKS[k], rng.uniform(.7, 1.2)), rng.uniform(.4, .7)))
        lean = rng.uniform(5, 11) if rng.random() < .06 else 0
        at(rounded_box('book', (t - .001, d, h), m, .003, 2), (x + t / 2 + (h / 2) * math.sin(math.radians(lean)), y + rng.uniform(-.012, .012), z + h / 2), (0, lean, 0))
        if rng.random() < .6:                               # label band on the spine
            at(rounded_box('label', (t - .0006, .002, h * .09), mats.setdefault(99, plain((.55, .42, .20), .4)), .0005, 1),
               (x + t / 2, y - d / 2 - .013, z + h * rng.uniform(.6, .8)))
        x += t + (h * math.sin(math.radians(lean)) if lean else 0)
        if rng.random() < .05:
            x += rng.uniform(.06, .16)


def leaf_mesh(L, w, curl, mat, seed):
    """One glossy leaf along +X, folded on its midrib and drooping."""
    n, m = 12, 7
    v = []
    for i in range(n):
        t = i / (n - 1)
        half = w / 2 * math.sin(math.pi * min(1, t * .96 + .03)) ** .75 * (1 - .25 * t)
        for j in range(m):
            s = j / (m - 1) * 2 - 1
            wav = .05 * w * math.sin(9 * t + 3 * s + seed)
            v.append((L * t * (1 - .12 * curl * t), half * s, L * (-curl * .55 * t * t + .12 * t) + .16 * w * abs(s) + wav * abs(s)))
    return mesh_object('leaf', v, grid_faces(n, m), mat, sub=1)


def tree_plant(loc, height, seed, pot, stems=3, leaves=17, size=.30):
    """Rubber-plant style indoor tree in a pot."""
    rng = np.random.default_rng(seed)
    lm, bark = leaf_mat(), plain((.13, .085, .05), .85)
    at(lathe('pot', [(.12, 0), (.135, .01), (.165, .27), (.172, .30), (.172, .315), (.160, .315), (.155, .28), (0, .27)], pot, 48), loc)
    at(lathe('soil', [(.154, .27), (.1, .279), (0, .282)], plain((.035, .024, .017), .95), 24), loc)
    for s in range(stems):
        a0 = rng.uniform(0, TAU)
        top = height * rng.uniform(.72, 1.)
        lean = rng.uniform(.06, .22)
        t = np.linspace(0, 1, 14)
        path = np.stack([math.cos(a0) * (.03 + lean * t ** 1.6) + .012 * np.sin(7 * t + s), math.sin(a0) * (.03 + lean * t ** 1.6), .27 + (top - .27) * t], 1) + loc
        tube('stem', path, .011, bark, False, 8, 1 - .6 * t)
        for k in range(leaves):
            f = .30 + .70 * (k / (leaves - 1))
            c = [np.interp(f, t, path[:, i]) for i in range(3)]
            L = size * rng.uniform(.75, 1.1) * (1.1 - .35 * f)
            o = leaf_mesh(L, L * .50, rng.uniform(.5, 1.3) * (1.25 - f * .8), lm, k)
            at(o, c, (rng.normal(0, 12), -12 - 55 * f ** 3 + rng.normal(0, 9), k * 137.5 + rng.normal(0, 14)))


def vase_branches(loc, seed, mat, height=.55, n=6):
    """Bottle vase with dry twigs and small buds."""
    rng = np.random.default_rng(seed)
    at(lathe('vase', [(.045, 0), (.062, .012), (.078, .06), (.074, .11), (.045, .165), (.020, .20), (.019, .235), (.024, .245), (.017, .243), (.016, .20)], mat, 40), loc)
    tw, bud = plain((.10, .065, .04), .8), plain((.62, .50, .36), .9)
    for k in range(n):
        a = rng.uniform(0, TAU)
        t = np.linspace(0, 1, 10)
        r = rng.uniform(.10, .22) * t ** 1.5
        path = np.stack([r * np.cos(a + .5 * t), r * np.sin(a + .5 * t), .22 + height * rng.uniform(.6, 1) * t], 1) + loc
        tube('twig', path, .0022, tw, False, 5, 1 - .5 * t)
        for i in range(3, 10):
            at(lathe('bud', [(.002, 0), (.009, .010), (.007, .020), (0, .026)], bud, 8), path[i] + rng.normal(0, .007, 3), rng.uniform(-60, 60, 3))


def floor_lamp(loc, metal, shade_mat, lit=0., height=1.55):
    """Straight floor lamp with a drum shade; lit is the bulb power in watts."""
    at(lathe('base', [(.15, 0), (.15, .012), (.14, .020), (.012, .026), (.010, .05), (.009, height - .1), (.009, height)], metal, 40), loc)
    at(lathe_open([(.17, 0), (.20, .002), (.155, .30)][1:], shade_mat), (loc[0], loc[1], loc[2] + height - .20))
    if lit:
        d = bpy.data.lights.new('bulb', 'POINT')
        d.energy, d.color, d.shadow_soft_size = lit, (1, .72, .42), .06
        o = bpy.data.objects.new('bulb', d)
        bpy.context.scene.collection.objects.link(o)
        o.location = (loc[0], loc[1], loc[2] + height - .07)


def oval_table(loc, mat, leg, w=1.15, d=.58, h=.38):
    """Low oval table on splayed turned legs."""
    a = np.linspace(0, TAU, 96, endpoint=False)
    ex = .78
    outline = [(w / 2 * math.copysign(abs(math.cos(t)) ** ex, math.cos(t)), d / 2 * math.copysign(abs(math.sin(t)) ** ex, math.sin(t))) for t in a]
    prof = [(.90, h - .030), (.965, h - .026), (.995, h - .012), (1., h - .006), (.996, h)]
    v = [(x * s, y * s, z) for s, z in prof for x, y in outline]
    f = grid_faces(len(prof), 96, True)
    f += [tuple((len(prof) - 1) * 96 + i for i in range(96)), tuple(range(96))[::-1]]
    top = mesh_object('top', v, f, mat)
    top.data.use_auto_smooth, top.data.auto_smooth_angle = True, math.radians(40)
    at(top, loc)
    for sx in (-1, 1):
        for sy in (-1, 1):
            for o in tapered_leg(h - .02, leg, .019, .011):
                at(o, (loc[0] + sx * w * .33, loc[1] + sy * d * .30, loc[2]), (-sy * 8, -sx * 8 * -1 * -1, 0))


def drum_table(loc, top, metal, r=.42, h=.40):
    """Round stone top on a brass ring base."""
    at(lathe('top', [(r - .012, h - .028), (r, h - .020), (r, h - .006), (r - .006, h)], top, 80), loc)
    for z, rr in ((.012, r * .74), (h - .04, r * .74)):
        a = np.linspace(0, TAU, 90, endpoint=False)
        tube('ring', np.stack([rr * np.cos(a), rr * np.sin(a), 0 * a + z], 1) + loc, .009, metal)
    for k in range(10):
        t = TAU * k / 10
        c = np.array((r * .74 * math.cos(t), r * .74 * math.sin(t), 0))
        tube('bar', np.array([c + (0, 0, .012), c + (0, 0, h - .04)]) + loc, .006, metal, False)


def bookcase(x, y, w, h, mat, seed, d=.32):
    """Open bookcase filled with books and a few objects; back against +Y."""
    t = .026
    b = lambda s, l: at(rounded_box('board', s, mat, .003, 2), l)
    for sx in (-1, 1):
        b((t, d, h), (x + sx * (w - t) / 2, y, h / 2))
    b((w, .012, h), (x, y + d / 2 - .006, h / 2))
    zs = np.linspace(.08, h - t / 2, 7)
    for z in zs:
        b((w - 2 * t, d - .01, t), (x, y, z))
    b((w, d - .03, .075), (x, y + .01, .0375))
    gap = zs[1] - zs[0] - t
    rng = np.random.default_rng(seed)
    for i, z in enumerate(zs[:-1]):
        x0, x1 = x - w / 2 + t + .004, x + w / 2 - t - .004
        cut = x0 + (x1 - x0) * rng.uniform(.45, 1.05)
        book_row(x0, min(cut, x1), y + .03, z + t / 2, gap * .97, seed * 17 + i)
        if cut < x1 - .16:
            r = rng.uniform(.05, .075)
            at(lathe('pot', [(r * .6, 0), (r, r * .8), (r * .85, r * 1.6), (r * .4, r * 2.1), (r * .45, r * 2.3)],
                     plain(((.62, .56, .47), (.16, .20, .17), (.35, .17, .09))[i % 3], .5), 32), ((cut + x1) / 2, y, z + t / 2))
