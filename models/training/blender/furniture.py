"""Parametric furniture. Metres, z up; origin at the centre of the footprint, front facing -y.

    import furniture as F
    root, objects = F.build('midcentury', seed=3, color=(.05, .16, .15))
"""
import math

import numpy as np
from mathutils import Vector

from geometry import (grid_faces, lathe, mesh_object, Piece, rounded_box, smoothstep, stadium, sweep, TAU,
                      tube, u_path, waves)
from chairs import easy, wing
from materials import boucle, brass, leather, linen, plain, shade, velvet, wood
from sofas import camelback, curved, slipcover, track
from upholstery import box_cushion, soft_block, tapered_leg, throw_pillow


def midcentury(seed=1, color=(.036, .100, .088), timber='walnut', fabric=None, pillows=True, seats=3):
    """Mid-century sofa: biscuit-tufted back, piped cushions, tapered legs."""
    p = Piece('midcentury')
    up = (fabric or linen)(color)
    cord = (fabric or linen)(shade(color, .72))
    leg, rail, met = wood(timber, 2), wood(timber, 0), brass()
    W, D, seat = .22 + seats * .6133, .84, .405
    p.add(rounded_box('plinth', (W - .15, D - .13, .055), rail, .012), (0, .005, .205))
    p.add(soft_block(W - .10, D - .12, .11, up, .025, .004, seed=seed, cell=.03, name='deck'), (0, .01, .278))
    for sx in (-1, 1):
        for sy in (-1, 1):
            p.add_all(tapered_leg(.195, leg, .026, .0125, met),
                      (sx * (W / 2 - .17), .01 + sy * (D / 2 - .13), 0), (-sy * 9, sx * 9 * -1, 0))
    sw = (W - .22) / seats
    for i in range(seats):
        x = (i - (seats - 1) / 2) * sw
        jig = np.random.default_rng(seed + i).uniform(-1, 1, 4)
        p.add_all(box_cushion(sw - .006, .66, .125, up, cord, .045, .034, .014, seed=seed * 31 + i),
                  (x, -.085 + .004 * jig[0], seat), (.8 * jig[1], .5 * jig[2], .5 * jig[3]))
        p.add_all(box_cushion(sw - .004, .46, .13, up, cord, .05, .04, .014, 0, .7, seed * 57 + i, .0085,
                              tuft=(3, 3, .042), name='back'),
                  (x, .245 + .004 * jig[3], .665 + .003 * jig[0]), (76 + jig[1], 0, .6 * jig[2]))
    p.add(soft_block(W - .16, .10, .50, up, .045, .006, seed=seed + 9, cell=.02, name='backboard'), (0, .375, .54), (-8, 0, 0))
    for s in (-1, 1):
        arm = soft_block(.105, D - .02, .36, up, .05, .008, seed=seed + 20 + s, cell=.014, name='arm')
        p.add(arm, (s * (W / 2 - .055), 0, .43), (0, s * 4, 0))
        loop = np.array([(a, -(D - .02) / 2 + .022, b) for a, b in stadium(.0490, .1765, .0465)])
        p.add(tube('piping', loop, .0046, cord), (s * (W / 2 - .055), 0, .43), (0, s * 4, 0))
    if pillows:
        p.add_all(throw_pillow(.44, linen((.62, .36, .10), .4), None, seed + 3), (-.66, .06, .665), (66, 4, 14))
        p.add_all(throw_pillow(.40, linen((.60, .55, .46), .5), None, seed + 4), (.70, .08, .645), (68, -5, -16))
    return p


def chesterfield(seed=2, color=(.105, .036, .014), pillows=False, seats=3, cloudy=1.):
    """Rolled-arm leather sofa with diamond tufting, nail heads and bun feet."""
    p = Piece('chesterfield')
    hide, dark, met = leather(color, cloudy=cloudy), leather(shade(color, .75), cloudy=cloudy), brass()
    foot = wood('ebony', 2)
    half = .29 * seats
    front, back = -.40, .27
    path, nor = u_path(half, front, back, .10)
    R, cz, co = .088, .625, .098
    prof = [(-.02, z) for z in np.linspace(.26, .40, 12, endpoint=False)]
    prof += [(-.02 + .03 * k, .40 + (cz - .40) * k) for k in np.linspace(0, 1, 28, endpoint=False)]
    prof += [(co - R * math.cos(a), cz + R * math.sin(a)) for a in np.linspace(0, math.radians(230), 62)]
    o0, z0 = prof[-1]
    prof += [(o0 + (.115 - o0) * k ** .5, z0 + (.13 - z0) * k) for k in np.linspace(.02, 1, 40)]
    prof = np.array(prof)
    total = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    pw, ph = total / round(total / .165), .150
    t_top = .14 + .227 + R * math.radians(95)           # tufting ends past the crest

    def lattice(s, t):
        return s / pw + (t - t_top) / ph, s / pw - (t - t_top) / ph

    def disp(s, t, P):
        a, b = lattice(s, t)
        ends = smoothstep(.004, .05, s) * smoothstep(.004, .05, total - s)  # flush with the scrolls
        inside = ends * smoothstep(.02, .10, t) * (1 - smoothstep(t_top - .004, t_top + .012, t))
        pillow = (np.abs(np.sin(np.pi * a)) * np.abs(np.sin(np.pi * b))) ** .42
        ra, rb = (a - np.round(a)), (b - np.round(b))
        pit = np.exp(-(ra ** 2 + rb ** 2) / .018)
        # above the last row the folds become vertical pleats over the roll
        pleat = np.exp(-((s / pw - np.round(s / pw)) * pw / .010) ** 2)
        over = ends * smoothstep(t_top - .01, t_top + .03, t) * (1 - smoothstep(t_top + .05, t_top + .17, t))
        flat = P.reshape(-1, 3)
        w = (waves(flat, 3, seed) * .0025 + waves(flat, 11, seed + 1) * .0008).reshape(P.shape[:2])
        return inside * (.030 * pillow - .012 * pit) + over * (.012 - .014 * pleat) + w

    o, P, N = sweep(path, nor, lambda i: prof, hide, disp, name='shell')
    p.add(o)
    # buttons on the lattice
    sl = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    tl = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(prof, axis=0), axis=1))])
    for row in range(0, 3):
        t = t_top - row * ph / 2
        for k in range(0, round(total / pw) + 1):
            s = (k + (.5 if row % 2 else 0)) * pw
            if s < .03 or s > total - .03:
                continue
            i, j = np.argmin(abs(sl - s)), np.argmin(abs(tl - t))
            c, n = P[i, j], N[i, j]
            b = lathe('button', [(.0115, -.003), (.0115, .001), (.008, .0045), (.003, .006), (0, .0062)], dark, 16)
            q = Vector(n).to_track_quat('Z', 'Y').to_euler()
            p.add(b, c + n * .003, [math.degrees(x) for x in q])
    # scroll fronts with nail heads
    for side, i in ((-1, 0), (1, len(path) - 1)):
        out = np.array([(path[i][0] + nor[i][0] * a, z) for a, z in prof])
        cen = np.array([path[i][0] + nor[i][0] * co, .45])
        poly = np.vstack([out, [[out[-1][0], .13], [out[0][0], .13]]])
        n = len(poly)
        v = [(x, front - .012, z) for x, z in poly] + [(x, front + .004, z) for x, z in poly]
        ring = [(k, (k + 1) % n, n + (k + 1) % n, n + k) for k in range(n)]
        face = tuple(range(n))
        m = mesh_object('scroll', v, [face] + ring, hide)
        bv = m.modifiers.new('bevel', 'BEVEL')
        bv.width, bv.segments, bv.limit_method = .006, 3, 'ANGLE'
        m.data.use_auto_smooth = True
        p.add(m)
        ctr = np.array([path[i][0] + nor[i][0] * .055, .40])
        inset = []
        cum = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(out, axis=0), axis=1))])
        for s in np.arange(.01, cum[-1], .021):
            x, z = np.interp(s, cum, out[:, 0]), np.interp(s, cum, out[:, 1])
            k = min(len(out) - 2, int(np.searchsorted(cum, s)))
            tg = out[min(k + 2, len(out) - 1)] - out[max(k - 2, 0)]
            tg /= np.linalg.norm(tg) + 1e-9
            nn = np.array([tg[1], -tg[0]]) * (nor[i][0])
            nn = nn if np.dot(nn, np.array([path[i][0] + nor[i][0] * co, cz if z > .5 else z]) - (x, z)) > 0 else -nn
            inset.append((x + nn[0] * .014, z + nn[1] * .014))
        _nails(p, [(x, front - .012, z) for x, z in inset], met)
    w = half * 2
    p.add(soft_block(w + .03, .66, .20, hide, .03, .006, seed=seed + 3, cell=.02, name='rail'), (0, front + .33 - .008, .235))
    _nails(p, [(x, front - .020, .150) for x in np.arange(-half, half, .021)], met)
    sw = w / seats
    for i in range(seats):
        jig = np.random.default_rng(seed + i).uniform(-1, 1, 3)
        p.add_all(box_cushion(sw - .004, .655, .125, hide, dark, .05, .040, .018, .012, 1.5, seed * 13 + i, .011),
                  (0 + (i - (seats - 1) / 2) * sw, -.062, .405), (.8 * jig[0], .6 * jig[1], .4 * jig[2]))
    rim = stadium(half + .09, .375, .19)               # follows the rounded back corners
    n = len(rim)
    p.add(mesh_object('plinth', [(x, y - .02, z) for z in (.11, .16) for x, y in rim],
                      grid_faces(2, n, True) + [tuple(range(n))[::-1], tuple(range(n, 2 * n))], dark, smooth=False))
    bun = [(.026, 0), (.036, .012), (.045, .045), (.043, .07), (.030, .092), (.034, .10), (.034, .12)]
    for sx in (-1, 1):
        for y in (front + .06, .29):
            p.add(lathe('foot', bun, foot, 28), (sx * (half + .07), y, 0))
    return p


def _nails(p, places, mat):
    """Upholstery nail heads facing -y, merged into one mesh."""
    vs, fs = [], []
    dome = [(.0072, 0), (.0066, .0022), (.0045, .0040), (.0018, .0047)]
    n = 10
    for c in places:
        o = len(vs)
        vs += [(c[0] + r * math.cos(t), c[1] - h, c[2] + r * math.sin(t))
               for r, h in dome for t in np.linspace(0, TAU, n, endpoint=False)]
        fs += grid_faces(len(dome), n, True, o) + [tuple(o + 3 * n + k for k in range(n))]
    p.add(mesh_object('nails', vs, fs, mat))


def modular(seed=3, color=(.66, .60, .51), pillows=True):
    """Low modular sofa in boucle: three deep seats, puffy backs, one chaise."""
    p = Piece('modular')
    up, foot = boucle(color), plain((.02, .018, .016), .5)
    mw, D, base = .88, .98, .05
    n = 3
    W = mw * n + .44
    p.add(rounded_box('plinth', (W - .34, D - .24, .06), foot, .01), (0, 0, .03))
    rng = np.random.default_rng(seed)
    for i in range(n):
        x = (i - (n - 1) / 2) * mw
        j = rng.uniform(-1, 1, 6)
        p.add(soft_block(mw - .008, D - .03, .19, up, .055, .004, .05, .35, seed=seed + i, name='base'), (x, 0, base + .105))
        p.add(soft_block(mw - .002, D - .26, .215, up, .098, .022, .107, 1.6, seed=seed + 10 + i, name='seat'),
              (x, -.125, .325 + .003 * j[0]), (.7 * j[1], .6 * j[2], 0))
        p.add(soft_block(mw - .02, .27, .43, up, .125, .026, None, 1.8, seed=seed + 20 + i, name='back'),
              (x + .004 * j[3], .325, .545 + .006 * j[4]), (-9 + j[5], .8 * j[2], 1.2 * j[1]))
    for s in (-1, 1):
        p.add(soft_block(.235, D - .02, .53, up, .112, .014, None, 1.2, seed=seed + 30 + s, name='arm'),
              (s * (mw * n / 2 + .108), 0, base + .275), (0, 0, s * .4))
    if pillows:
        p.add_all(throw_pillow(.50, linen((.40, .26, .17), .5), None, seed + 5, 1.15), (-1.06, .06, .66), (63, 3, 20))
        p.add_all(throw_pillow(.44, linen((.56, .50, .42), .6), None, seed + 6, 1.1), (-.72, .04, .64), (60, -5, 4))
    return p


def armchair(seed=4, color=(.015, .085, .065), pillows=False):
    """Velvet barrel chair: channelled shell, piped round cushion, brass legs."""
    p = Piece('armchair')
    up, cord, met = velvet(color), velvet(shade(color, .7)), brass()
    path, nor = u_path(.285, -.34, .265, .275, .0055)
    S = len(path)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    total = length[-1]
    th, zb = .105, .17
    pw = total / round(total / .088)

    def profile(i):
        k = min(length[i], total - length[i])
        e = min(1, k / .052)
        fat = math.sqrt(max(1e-4, 1 - (1 - e) ** 2))       # rounded front end
        mid = 1 - abs(length[i] / total * 2 - 1)
        h = .615 + .165 * float(smoothstep(.30, .80, mid)) - .03 * (1 - fat)
        t = th * (.10 + .90 * fat)
        o0 = th * .5 - t * .5
        r = t / 2
        pts = [(o0, z) for z in np.linspace(zb, h - r, 52, endpoint=False)]
        pts += [(o0 + r - r * math.cos(a), h - r + r * math.sin(a)) for a in np.linspace(0, math.pi, 22)]
        pts += [(o0 + t, z) for z in np.linspace(h - r, zb, 52)[1:]]
        pts = np.array(pts)
        pts[:, 0] += .12 * np.clip(pts[:, 1] - .30, 0, 1) - .02  # shell flares outwards
        return pts

    def disp(s, t, P):
        T = P.shape[1]
        j = np.arange(T)[None, :] / T
        ch = np.abs(np.sin(np.pi * s / pw)) ** .55
        ends = smoothstep(.03, .09, s) * smoothstep(.03, .09, total - s)
        inner = 1 - smoothstep(.52, .62, j)
        outer = smoothstep(.52, .62, j)
        w = (waves(P.reshape(-1, 3), 4, seed) * .0012 + waves(P.reshape(-1, 3), 13, seed + 2) * .0004).reshape(P.shape[:2])
        return ends * ((ch - .75) * (.024 * inner + .018 * outer)) + w

    o, P, N = sweep(path, nor, profile, up, disp, cap=True, name='shell')
    p.add(o)
    hem = P[:, -1] + N[:, -1] * .001
    p.add(tube('piping', np.vstack([hem]), .005, cord, closed=False))
    p.add(soft_block(.60, .63, .13, up, .05, .006, seed=seed + 1, cell=.013, name='apron'), (0, -.045, .235))
    p.add_all(box_cushion(.565, .60, .125, up, cord, .20, .042, .016, .012, 1.2, seed + 7, .0105), (0, -.075, .375), (.8, .4, 1.0))
    for sx in (-1, 1):
        for y in (-.27, .22):
            p.add_all(tapered_leg(.175, met, .018, .009), (sx * .245, y, 0), (9 if y < 0 else -9, sx * -8, 0))
    if pillows:
        p.add_all(throw_pillow(.38, linen((.58, .50, .40), .5), None, seed + 5), (.02, .12, .58), (68, 0, 6))
    return p

PIECES = {'midcentury': midcentury, 'chesterfield': chesterfield, 'modular': modular, 'armchair': armchair,
          'slipcover': slipcover, 'track': track, 'camelback': camelback, 'curved': curved, 'wing': wing, 'easy': easy}


def build(kind, **kw):
    """Build a piece by name; returns (root empty, objects)."""
    p = PIECES[kind](**kw)
    return p.root, p.objects
