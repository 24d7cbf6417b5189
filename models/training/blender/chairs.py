"""Two more armchairs: a wing chair and a wooden easy chair."""
import math

import numpy as np

from geometry import extrusion, lathe, Piece, reshape, rounded_box, smoothstep, tube
from materials import leather, linen, shade, wood
from sofas import roll_outline, rolled_arm, tapered_square
from upholstery import box_cushion, soft_block


def turned(o, f=lambda v: np.column_stack([-v[:, 1], v[:, 0], v[:, 2]])):
    """Turn an extrusion so that it runs along -x instead of y."""
    return reshape(o, f)


def wing(seed=9, color=(.10, .05, .03), fabric=None):
    """Wing chair: tall back, curved wings over rolled arms, a boxed seat cushion, dark straight legs."""
    p = Piece('wing')
    up = (fabric or linen)(color, .25)
    cord = (fabric or linen)(shade(color, .7), .25)
    leg = wood('walnut', 2)
    inner, front, D = .275, -.37, .70
    p.add(soft_block(2 * inner + .09, D - .06, .15, up, .025, .004, None, .4, seed, .014, name='rail'), (0, -.02, .300))
    for s in (-1, 1):
        rolled_arm(p, s, inner, front + .045, roll_outline(.085, .605, .066, low=.235, lean=.010), .56, up, cord, seed + s)
    back = soft_block(2 * inner + .03, .13, .78, up, .055, .020, None, .6, seed + 2, .013, name='back')
    reshape(back, lambda v: np.column_stack([v[:, 0], v[:, 1], v[:, 2] + .045 * (1 - (v[:, 0] / (inner + .015)) ** 2) * smoothstep(.1, .39, v[:, 2])]))
    p.add(back, (0, .235, .70), (-12, 0, 0))
    # wings, in the plane of y (back) and z (up), slightly turned out
    side = np.array([(-.02, .52), (.17, .50), (.30, .56), (.36, 1.02), (.345, 1.09), (.26, 1.115), (.12, 1.075), (.045, .99),
                     (.015, .88), (.02, .74), (-.06, .62), (-.085, .55)])
    side = smooth_outline(side)
    for s in (-1, 1):
        o, rim = extrusion('wing', side, .066, up, .026, .0015, seed + 5 + s, .012)
        # the outline's first coordinate is y here, the extrusion's own y becomes x
        place = lambda v, s=s: np.column_stack([s * (inner + .004 + v[:, 1]) + s * .10 * np.clip(.30 - v[:, 0], 0, 1) * smoothstep(.55, .9, v[:, 2]),
                                                v[:, 0], v[:, 2]])
        reshape(o, place)
        if s > 0:
            o.data.flip_normals()
        p.add(o)
        p.add(tube('piping', place(rim), .0042, cord))
    p.add_all(box_cushion(2 * inner - .008, .60, .135, up, cord, .05, .046, .016, .010, 1.3, seed + 7, .0105), (0, -.095, .445), (.8, .3, .6))
    for sx in (-1, 1):
        p.add(tapered_square(.235, .044, .028, leg), (sx * (inner + .02), front + .075, 0))
        p.add(tapered_square(.245, .040, .028, leg), (sx * (inner - .01), .285, 0), (10, 0, 0))
    return p


def smooth_outline(points, n=140, rounds=3):
    """A closed polygon with its corners cut (Chaikin)."""
    p = np.asarray(points, float)
    for _ in range(rounds):
        q = np.roll(p, -1, 0)
        p = np.stack([.75 * p + .25 * q, .25 * p + .75 * q], 1).reshape(-1, 2)
    return p


def easy(seed=10, color=(.30, .33, .30), timber='oak', fabric=None):
    """Scandinavian easy chair: an oak frame with open arms, two loose piped cushions."""
    p = Piece('easy')
    up = (fabric or linen)(color, .45)
    cord = (fabric or linen)(shade(color, .75), .45)
    up_leg, along = wood(timber, 2), wood(timber, 1)
    across = wood(timber, 0)
    half = .325
    for s in (-1, 1):
        p.add(lathe('leg', [(.013, 0), (.017, .10), (.0205, .34), (.0185, .52), (.017, .575)], up_leg, 28), (s * half, -.33, 0), (-3, s * -2, 0))
        p.add(lathe('leg', [(.013, 0), (.017, .10), (.0205, .30), (.018, .50)], up_leg, 28), (s * half, .27, 0), (11, s * -2, 0))
        p.add(paddle(along), (s * (half - .012), -.06, .568), (-4, 0, s * 2))
        p.add(rounded_box('rail', (.022, .60, .046), along, .009), (s * (half - .025), -.03, .315), (-7, 0, 0))
    p.add(rounded_box('rail', (2 * half - .03, .022, .046), across, .009), (0, -.325, .350))
    p.add(rounded_box('rail', (2 * half - .03, .022, .046), across, .009), (0, .235, .285))
    # back frame: two stiles and slats, leaning
    lean = -24
    for s in (-1, 1):
        p.add(rounded_box('stile', (.024, .030, .62), up_leg, .009), (s * (half - .055), .375, .545), (lean, 0, 0))
    for k in range(6):
        z = .36 + k * .086
        p.add(rounded_box('slat', (2 * half - .11, .012, .030), across, .005), (0, .375 + (z - .545) * math.tan(math.radians(24)), z), (lean, 0, 0))
    p.add_all(box_cushion(2 * half - .085, .60, .115, up, cord, .05, .036, .014, .010, 1.3, seed + 7, .0105), (0, -.075, .405), (-7, .2, .4))
    p.add_all(box_cushion(2 * half - .075, .58, .125, up, cord, .06, .050, .016, 0, 1.3, seed + 8, .0105), (0, .265, .665), (66, .3, .3))
    return p


def paddle(mat):
    """An armrest: a flat board, rounded, broader in front, its front end a half circle."""
    t = np.linspace(math.pi, 2 * math.pi, 18)[1:-1]
    w = lambda y: .030 + .012 * smoothstep(.25, -.30, y)
    ys = np.linspace(-.31, .34, 24)
    outline = [(w(y), y) for y in ys] + [(-w(y), y) for y in ys[::-1]] + [(w(-.31) * math.cos(a), -.31 + .045 * math.sin(a)) for a in t]
    o, _ = extrusion('arm', smooth_outline(outline, rounds=1), .026, mat, .010, 0., 0, .012)
    # extruded along y with the outline in x-z: lay it flat, outline in x-y, thickness along z
    reshape(o, lambda v: np.column_stack([v[:, 0], v[:, 2], -v[:, 1]]))
    return o
