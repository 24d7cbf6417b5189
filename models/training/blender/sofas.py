"""Four more sofas: a slipcovered one with rolled arms, a slim one, a camelback and a curved one."""
import math

import numpy as np

from geometry import extrusion, mesh_object, Piece, reshape, rounded_box, smoothstep, stadium, sweep, tube, waves
from materials import boucle, linen, plain, shade, wood
from upholstery import box_cushion, soft_block, tapered_leg


def roll_outline(width, height, radius, inner=.0, low=.0, lean=.0):
    """Front outline of a rolled arm, counterclockwise: upright inside at x = inner, a roll outwards at the top."""
    cx, cz = inner + radius * .96, height - radius
    a = np.linspace(math.radians(-38), math.radians(180), 46)
    roll = [(cx + lean + radius * math.cos(t), cz + radius * math.sin(t)) for t in a]
    return [(inner, low), (width, low), (width, low + .6 * (cz - low)), *roll, (inner, cz - .02)]


def rolled_arm(p, side, x, y, outline, length, mat, cord, seed):
    """Add a rolled arm whose inside stands at |x|, its front at y."""
    out = np.array(outline)
    if side < 0:
        out = out[::-1] * (-1, 1)
    o, rim = extrusion('arm', out, length, mat, .020, .0022, seed, .012)
    p.add(o, (side * x, y, 0))
    if cord:
        low = rim[:, 2] < rim[:, 2].min() + .012              # the bottom edge is not seen: the cord ends there
        start = int(np.flatnonzero(low & ~np.roll(low, -1))[0])
        p.add(tube('piping', np.roll(rim, -start - 1, 0)[: int((~low).sum())], .0045, cord, closed=False), (side * x, y, 0))


def slipcover(seed=5, color=(.62, .57, .48), seats=3, fabric=None):
    """Slipcovered Lawson sofa: rolled arms, loose piped cushions, a skirt with kick pleats."""
    p = Piece('slipcover')
    up = (fabric or linen)(color, .35)
    cord = (fabric or linen)(shade(color, .86), .35)
    inner, D, front = .30 * seats + .06, .92, -.44
    arm, top = .20, .655
    for s in (-1, 1):
        rolled_arm(p, s, inner, front, roll_outline(arm - .045, top, .105, low=.20), D - .10, up, cord, seed + s)
    sw = 2 * inner / seats
    p.add(soft_block(2 * inner + .02, D - .16, .18, up, .03, .004, seed=seed, cell=.02, name='deck'), (0, -.005, .292))
    half, deep = inner + arm - .030, D - .10          # of the skirt
    p.add(soft_block(2 * half - .004, deep - .004, .07, up, .02, .002, None, .3, seed + 2, .02, name='ledge'), (0, front - .010 + deep / 2, .192))
    p.add(soft_block(2 * inner + .2, .17, .62, up, .075, .008, None, .7, seed + 1, .018, name='back'), (0, .385, .53), (-7, 0, 0))
    for i in range(seats):
        x = (i - (seats - 1) / 2) * sw
        j = np.random.default_rng(seed + i).uniform(-1, 1, 4)
        p.add_all(box_cushion(sw - .006, .66, .145, up, cord, .05, .042, .018, .012, 1.5, seed * 31 + i),
                  (x, -.105 + .004 * j[0], .440), (.7 * j[1], .5 * j[2], .5 * j[3]))
        p.add_all(box_cushion(sw - .012, .46, .17, up, cord, .06, .065, .022, .0, 1.9, seed * 57 + i),
                  (x + .004 * j[2], .205 + .008 * j[3], .735 + .006 * j[0]), (73 + 2 * j[1], 1.2 * j[0], 1.5 * j[2]))
    skirt(p, half, front - .010, deep, .225, up, cord, seed, (-sw / 2, sw / 2) if seats == 3 else (0,))
    return p


def skirt(p, half, front, depth, top, mat, cord, seed, pleats):
    """A skirt round a footprint: it hangs to the floor, waves a little, and opens in pleats at corners and seams."""
    rim = np.array(stadium(half, depth / 2, .03, 8)) + (0, front + depth / 2)
    rim = np.vstack([rim, rim[:1]])
    s = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(rim, axis=0), axis=1))])
    t = np.arange(0, s[-1], .006)
    path = np.stack([np.interp(t, s, rim[:, 0]), np.interp(t, s, rim[:, 1])], 1)
    tan = np.roll(path, -1, 0) - np.roll(path, 1, 0)
    tan /= np.linalg.norm(tan, axis=1, keepdims=True) + 1e-9
    nor = np.stack([tan[:, 1], -tan[:, 0]], 1)
    corners = [(sx * half, front + (sy + 1) / 2 * depth) for sx in (-1, 1) for sy in (-1, 1)]
    folds = [*corners, *((x, front) for x in pleats)]
    near = np.min([np.linalg.norm(path - c, axis=1) for c in folds], axis=0)
    prof = np.array([(.002 + .010 * (1 - z / top), z) for z in np.linspace(top, .010, 22)])

    def disp(a, b, P):
        down = np.clip(b / top, 0, 1)
        lazy = (waves(np.stack([path[:, 0], path[:, 1]], 1), 3.2, seed)[:, None] + 1) * .004
        fold = -.030 * np.exp(-(near[:, None] / .007) ** 2) + .006 * np.exp(-((near[:, None] - .02) / .014) ** 2)
        return -down ** 1.2 * lazy - smoothstep(0, .25, down) * fold  # the normals of a profile run downwards point inwards
    o, P, _ = sweep(path, nor, lambda i: prof, mat, disp, sub=0, name='skirt')
    p.add(o)
    p.add(tube('piping', np.column_stack([path + nor * .004, np.full(len(path), top)]), .0045, cord))


def track(seed=6, color=(.36, .36, .36), seats=3, fabric=None):
    """Slim contemporary sofa: thin straight arms, a bench of two seat cushions, blade legs of dark metal."""
    p = Piece('track')
    up = (fabric or linen)(color, .30)
    seam = (fabric or linen)(shade(color, .80), .30)
    metal = plain((.022, .021, .020), .38, .5, .9)
    W, D, arm, low = .64 * seats + .26, .90, .095, .15
    inner = W - 2 * arm
    for s in (-1, 1):
        p.add(soft_block(arm, D, .43, up, .022, .003, None, .35, seed + 20 + s, .012, name='arm'), (s * (W - arm) / 2, 0, low + .215))
        loop = np.array([(a, -D / 2 + .004, b) for a, b in stadium(arm / 2 - .006, .209, .02)])
        p.add(tube('piping', loop, .0026, seam), (s * (W - arm) / 2, 0, low + .215))
    p.add(soft_block(inner + .01, D - .03, .13, up, .02, .003, None, .3, seed, .018, name='deck'), (0, .005, low + .075))
    p.add(soft_block(inner + .01, .13, .50, up, .035, .004, None, .4, seed + 1, .018, name='board'), (0, D / 2 - .085, low + .33), (-5, 0, 0))
    for i in range(2):
        j = np.random.default_rng(seed + i).uniform(-1, 1, 4)
        p.add_all(box_cushion(inner / 2 - .004, .70, .155, up, seam, .03, .028, .012, .012, 1.2, seed * 31 + i, pipe_r=.003),
                  ((i - .5) * inner / 2, -.095 + .003 * j[0], low + .215), (.5 * j[1], .3 * j[2], .2 * j[3]))
        p.add_all(box_cushion(inner / 2 - .012, .46, .16, up, seam, .05, .062, .016, .0, 1.9, seed * 57 + i, pipe_r=.003),
                  ((i - .5) * inner / 2 + .003 * j[2], .215, low + .505 + .004 * j[3]), (75 + 1.5 * j[1], .7 * j[0], .8 * j[2]))
    for sx in (-1, 1):
        for y in (-D / 2 + .07, D / 2 - .07):
            p.add(rounded_box('leg', (.012, .055, low + .012), metal, .003), (sx * (W / 2 - .07), y, (low + .012) / 2))
        p.add(rounded_box('rail', (.012, D - .10, .022), metal, .003), (sx * (W / 2 - .07), 0, low + .001))
    return p


def camelback(seed=7, color=(.05, .07, .14), fabric=None, seats=3):
    """Camelback settee: one hump of a back, scrolled arms, a single piped seat cushion, straight mahogany legs."""
    p = Piece('camelback')
    up = (fabric or linen)(color, .25)
    cord = (fabric or linen)(shade(color, .7), .25)
    leg = wood('walnut', 2)
    inner, D, front = .29 * seats, .80, -.39
    half = inner + .06

    def crest(x):
        """Height of the back above the floor."""
        u = np.clip(np.abs(x) / half, 0, 1)
        return .765 + .175 * (.5 + .5 * np.cos(np.pi * np.clip(u / .86, 0, 1))) ** 1.15 - .02 * smoothstep(.86, 1, u)

    back = soft_block(2 * half, .15, .60, up, .07, .012, None, .35, seed, .014, name='back')
    base = .34

    def hump(v):
        z = v[:, 2] + .30
        k = smoothstep(.10, .56, z)
        return np.column_stack([v[:, 0], v[:, 1], base + z / .60 * (.765 - base) + k * (crest(v[:, 0]) - .765)])
    reshape(back, hump)
    p.add(back, (0, .30, 0), (-9, 0, 0))
    x = np.linspace(-half + .04, half - .04, 160)
    rope = np.column_stack([x, np.full(len(x), -.062), crest(x) - .022])
    p.add(tube('piping', rope, .0048, cord, closed=False), (0, .30, 0), (-9, 0, 0))
    for s in (-1, 1):
        rolled_arm(p, s, inner, front + .03, roll_outline(.105, .66, .082, low=.27, lean=.018), .66, up, cord, seed + s)
    p.add(soft_block(2 * inner + .06, D - .10, .15, up, .025, .004, None, .4, seed + 3, .018, name='rail'), (0, .0, .335))
    p.add_all(box_cushion(2 * inner - .006, .62, .13, up, cord, .035, .040, .014, .010, 1.1, seed * 31),
              (0, -.075, .465), (.4, 0, .1))
    for sx in (-1, 1):
        p.add(tapered_square(.275, .048, .030, leg), (sx * (inner + .055), front + .07, 0))
        p.add(tapered_square(.275, .044, .030, leg), (sx * (inner + .055), .29, 0), (7, 0, 0))
    for sx in (-.33, .33):
        p.add(tapered_square(.275, .048, .030, leg), (sx * inner, front + .05, 0))
    return p


def tapered_square(h, top, bottom, mat):
    """Square leg, narrower at the floor."""
    o = rounded_box('leg', (1, 1, h), mat, .003)
    o.modifiers.clear()
    t = lambda v: bottom + (top - bottom) * (v[:, 2:3] / h + .5)
    reshape(o, lambda v: np.column_stack([v[:, :2] * t(v), v[:, 2] + h / 2]))
    b = o.modifiers.new('bevel', 'BEVEL')
    b.width, b.segments = .004, 3
    return o


def curved(seed=8, color=(.66, .62, .55), fabric=None, seats=3):
    """Crescent sofa in boucle: a bent seat on a recessed plinth under one plump bent back."""
    p = Piece('curved')
    up, foot = (fabric or boucle)(color), plain((.035, .028, .022), .5)
    radius, W = 1.75, .70 * seats + .36

    def bend(v):
        a = v[:, 0] / radius
        r = radius + v[:, 1]
        return np.column_stack([r * np.sin(a), r * np.cos(a) - radius, v[:, 2]])

    def bent(w, d, h, x, y, z, r, puff, tag, tilt=0., wrinkle=.8):
        o = soft_block(w, d, h, up, r, puff, None, wrinkle, seed + tag, .017, name='part')
        c, s = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
        p.add(reshape(o, lambda v: bend(np.column_stack([v[:, 0] + x, v[:, 1] * c - v[:, 2] * s + y, v[:, 1] * s + v[:, 2] * c + z]))))

    n = 40
    ring = np.array([(x, -.26) for x in np.linspace(-W / 2 + .20, W / 2 - .20, n)]
                    + [(x, .32) for x in np.linspace(W / 2 - .20, -W / 2 + .20, n)])
    v = np.vstack([bend(np.column_stack([ring, np.full(2 * n, z)])) for z in (0, .09)])
    faces = [(i, (i + 1) % (2 * n), 2 * n + (i + 1) % (2 * n), 2 * n + i) for i in range(2 * n)]
    p.add(mesh_object('plinth', v, faces, foot, smooth=False))
    sw = W / seats
    for i in range(seats):
        x = (i - (seats - 1) / 2) * sw
        bent(sw + .004, .86, .34, x, .0, .07 + .175, .10, .016, 10 + i)
    for i in range(seats):
        x = (i - (seats - 1) / 2) * sw * .985
        bent(sw * .985 + .004, .29, .44, x, .30, .545, .135, .026, 20 + i, 8., 1.2)
    return p
