"""Soft parts of furniture: boxed cushions, foam blocks, throw pillows, turned legs."""
import bpy
import numpy as np

from geometry import grid_faces, lathe, lattice_box, mesh_object, smoothstep, tube, waves


def _round_corner(p, w, d, r):
    """Map a rectangle onto a rounded rectangle, concentric at the corners."""
    x, y = p[:, 0].copy(), p[:, 1].copy()
    dx, dy = np.abs(x) - (w / 2 - r), np.abs(y) - (d / 2 - r)
    m = (dx > 0) & (dy > 0)
    k = np.maximum(dx, dy)[m] / np.hypot(dx, dy)[m]
    x[m] = np.sign(x[m]) * (w / 2 - r + dx[m] * k)
    y[m] = np.sign(y[m]) * (d / 2 - r + dy[m] * k)
    return x, y


def box_cushion(w, d, h, mat, pipe=None, corner=.05, crown=.035, bulge=.016, sag=.008,
                wrinkle=1., seed=0, cell=.013, pipe_r=.0048, tuft=None, name='cushion'):
    """A boxed cushion: crowned panels, bulging border, puckered piped seams.

    tuft=(cols, rows, depth) pulls a grid of buttons into the top panel and
    returns their places as the last list entry when given.
    """
    rng = np.random.default_rng(seed)
    nx, ny, nz = max(8, round(w / cell)), max(8, round(d / cell)), max(6, round(h / cell * .8))
    q, faces = lattice_box(nx, ny, nz)
    u, v, s = q.T
    x, y = _round_corner(np.stack([u * w / 2, v * d / 2], 1), w, d, corner)
    du, dv = (1 - np.abs(u)) * w / 2, (1 - np.abs(v)) * d / 2

    # crowned panels: steep at the seam, then nearly flat
    steep = (1 - np.exp(-du / .045)) * (1 - np.exp(-dv / .045))
    broad = (1 - u ** 2) * (1 - v ** 2)
    pucker = (waves((v * d / 2)[:, None] + np.sign(u)[:, None] * 3, 22, seed + 1) * np.exp(-du / .05)
              + waves((u * w / 2)[:, None] + np.sign(v)[:, None] * 5, 22, seed + 2) * np.exp(-dv / .05))
    seam = np.minimum(1, np.minimum(du, dv) / .012)
    ridge = np.exp(-(waves(np.stack([x, y * 1.7, s], 1), 2.6, seed + 3) / .30) ** 2) \
        * smoothstep(-.3, 1.2, waves(np.stack([x, y], 1), 2.2, seed + 4))
    lump = waves(np.stack([x, y, s * .2], 1), 3.5, seed + 5)
    cx, cy = rng.uniform(-.08, .08, 2) * (w, d)
    seat = np.exp(-(((x - cx) / (w * .27)) ** 2 + ((y - cy) / (d * .27)) ** 2))
    top = crown * (.5 * steep + .5 * broad) - sag * seat * broad
    top += wrinkle * seam * (.0016 * pucker + .0035 * ridge * broad ** .3 + .0026 * lump * broad)
    buttons = []
    if tuft:
        cols, rows, depth = tuft
        a, b = (u + 1) / 2 * cols, (v + 1) / 2 * rows
        line = lambda t: np.exp(-((t - np.round(t)) * w / cols / .013) ** 2)
        inner_a = (np.round(a) > 0) & (np.round(a) < cols)
        inner_b = (np.round(b) > 0) & (np.round(b) < rows)
        pillow = (np.abs(np.sin(np.pi * a)) * np.abs(np.sin(np.pi * b))) ** .45
        top = top * .55 + depth * .65 * pillow - depth * .25 * (line(a) * inner_a + line(b) * inner_b)
        for i in range(1, cols):
            for j in range(1, rows):
                bx, by = (i / cols * 2 - 1) * w / 2, (j / rows * 2 - 1) * d / 2
                rr = np.hypot(x - bx, y - by)
                top -= depth * .75 * np.exp(-(rr / .032) ** 2) + depth * .4 * np.exp(-(rr / .010) ** 2)
                buttons.append((bx, by))
    flat = np.abs(s) == 1
    drop = .006 * (np.abs(u) * np.abs(v)) ** 6           # corners sit a little low
    z = np.where(s == 1, h / 2 + top - drop, np.where(s == -1, -h / 2 - top * .35, s * h / 2))

    # border bulges out between the two seams
    out = np.stack([np.where(np.abs(u) == 1, np.sign(u), 0), np.where(np.abs(v) == 1, np.sign(v), 0)], 1)
    ln = np.linalg.norm(out, axis=1, keepdims=True)
    out = out / np.maximum(ln, 1)
    per = waves(np.stack([x, y], 1), 6, seed + 6)
    b = bulge * (1 - s ** 2) ** .6 * (1 + .35 * per) + wrinkle * .0016 * waves(
        np.stack([x, y], 1), 17, seed + 7) * (1 - s ** 4)
    b = np.where(flat, 0, b)
    bow = .010 * (1 - np.where(np.abs(u) == 1, v, u) ** 2)  # sides bow outward
    x2, y2 = x + out[:, 0] * (b + bow), y + out[:, 1] * (b + bow)
    rim = .0016 * waves(np.stack([x, y], 1), 4, seed + 8)   # hand-sewn, never dead level
    z = z + rim * np.exp(-np.minimum(du, dv) / .1)
    objs = [mesh_object(name, np.stack([x2, y2, z], 1), faces, mat, sub=1)]

    if pipe:
        n = 220
        t = np.linspace(0, 4, n, endpoint=False)
        side, f = t.astype(int), (t % 1) * 2 - 1
        qu = np.choose(side, [f, np.ones(n), -f, -np.ones(n)])
        qv = np.choose(side, [-np.ones(n), f, np.ones(n), -f])
        px, py = _round_corner(np.stack([qu * w / 2, qv * d / 2], 1), w, d, corner)
        o2 = np.stack([np.where(np.abs(qu) == 1, np.sign(qu), 0), np.where(np.abs(qv) == 1, np.sign(qv), 0)], 1)
        bw = .010 * (1 - np.where(np.abs(qu) == 1, qv, qu) ** 2)
        rz = .0016 * waves(np.stack([px, py], 1), 4, seed + 8)
        dr = .006 * (np.abs(qu) * np.abs(qv)) ** 6
        k = .35 * pipe_r
        for sg in (1, -1):
            zz = sg * h / 2 + rz - (dr if sg > 0 else 0) + sg * k
            objs.append(tube('piping', np.stack([px + o2[:, 0] * (bw + k), py + o2[:, 1] * (bw + k), zz], 1),
                             pipe_r, pipe))
    for bx, by in buttons:
        i = np.argmin(np.hypot(x - bx, y - by) + (s != 1) * 9)
        bt = lathe('button', [(.0135, -.004), (.0135, .001), (.010, .0045), (.004, .006), (0, .0062)], mat, 20)
        bt.location = (bx, by, z[i] + .003)
        objs.append(bt)
    return objs


def soft_block(w, d, h, mat, r=.09, puff=.02, seam=None, wrinkle=1., seed=0, cell=.016, name='block'):
    """A thick, very rounded foam block with an optional sewn seam near its top."""
    q, faces = lattice_box(max(8, round(w / cell)), max(8, round(d / cell)), max(8, round(h / cell)))
    half = np.array([w, d, h]) / 2
    p = q * half
    r = min(r, .95 * half.min())
    core = np.clip(p, -(half - r), half - r)
    e = p - core
    m = np.abs(e).max(1, keepdims=True)
    ln = np.linalg.norm(e, axis=1, keepdims=True)
    face = np.where(np.abs(q) == 1, np.sign(q), 0)
    nrm = np.where(ln > 1e-6, e / np.maximum(ln, 1e-6), face)
    p = core + np.where(ln > 1e-6, nrm * m, 0)
    c = np.cos(np.pi / 2 * q)
    bulge = sum((np.abs(face[:, i]) * np.prod(np.delete(c, i, 1), 1)) ** .6 for i in range(3))
    soft = .0026 * waves(p, 2.6, seed) + .0016 * waves(p, 9, seed + 1)
    ridge = np.exp(-(waves(p * (1, 1, 1.8), 2.4, seed + 2) / .25) ** 2)
    disp = puff * bulge + wrinkle * (soft + .003 * ridge * smoothstep(-.2, 1, waves(p, 2, seed + 3)))
    if seam is not None:
        dist = np.abs(p[:, 2] - (h / 2 - seam))
        side = 1 - smoothstep(.6, .95, np.abs(nrm[:, 2]))
        disp += side * (-.009 * np.exp(-(dist / .008) ** 2)
                        + .0035 * np.exp(-(dist / .05) ** 2) * waves(p[:, :2], 14, seed + 4) * .5)
    return mesh_object(name, p + nrm * disp[:, None], faces, mat, sub=1)


def throw_pillow(size, mat, pipe=None, seed=0, fill=1., n=34):
    """A knife-edge pillow inflated by a short cloth simulation."""
    rng = np.random.default_rng(seed)
    t = np.linspace(-1, 1, n)
    gx, gy = np.meshgrid(t, t, indexing='xy')
    gx, gy = gx.ravel(), gy.ravel()
    rim = (np.abs(gx) == 1) | (np.abs(gy) == 1)
    base = np.stack([gx * size / 2, gy * size / 2, np.zeros(n * n)], 1)
    lift = .006 * (1 - gx ** 2) * (1 - gy ** 2)
    top, bot = base + np.outer(lift, (0, 0, 1)), base - np.outer(lift, (0, 0, 1))
    idx = np.arange(n * n)
    low = idx.copy()
    low[~rim] = n * n + np.arange((~rim).sum())
    verts = np.vstack([top, bot[~rim]])
    f = grid_faces(n, n)
    faces = f + [tuple(int(low[i]) for i in q[::-1]) for q in f]
    verts = verts + rng.normal(0, .0006, verts.shape)
    o = mesh_object('pillow', verts, faces, mat)
    c = o.modifiers.new('cloth', 'CLOTH')
    s = c.settings
    s.use_pressure, s.uniform_pressure_force = True, 9.0 * fill
    s.effector_weights.gravity, s.quality, s.mass = 0, 4, .2
    s.tension_stiffness = s.compression_stiffness = 18
    s.shear_stiffness, s.bending_stiffness, s.air_damping = 5, .2, 3
    s.tension_damping = s.compression_damping = 12
    sc = bpy.context.scene
    for k in range(1, 27):
        sc.frame_set(k)
    ev = o.evaluated_get(bpy.context.evaluated_depsgraph_get())
    co = np.empty(len(ev.data.vertices) * 3)
    ev.data.vertices.foreach_get('co', co)
    sc.frame_set(1)
    o.modifiers.remove(c)
    co = co.reshape(-1, 3)
    co -= co.mean(0)
    co[:, 2] *= .92 + .1 * rng.random()
    co[:, 2] *= np.where(co[:, 2] < 0, .75, 1)            # flatter where it leans
    o.data.vertices.foreach_set('co', co.ravel())
    m = o.modifiers.new('sub', 'SUBSURF')
    m.levels = m.render_levels = 1
    out = [o]
    if pipe:
        ring = np.concatenate([np.arange(n), n * np.arange(2, n + 1) - 1,
                               n * n - 1 - np.arange(1, n), n * np.arange(n - 2, 0, -1)])
        p = co[ring]
        p = (np.roll(p, 1, 0) + 2 * p + np.roll(p, -1, 0)) / 4
        out.append(tube('piping', p, .0045, pipe))
    return out


def tapered_leg(h, mat, r_top=.024, r_bot=.012, ferrule=None):
    """Turned tapered leg with an optional brass ferrule; origin at the floor."""
    k = .055 if ferrule else 0
    rk = r_bot + (r_top - r_bot) * k / h
    out = [lathe('leg', [(rk, k), (r_top, h - .01), (r_top, h)], mat, 28)]
    if ferrule:
        out.append(lathe('ferrule', [(r_bot, 0), (r_bot + .0005, .002), (rk + .0012, k - .002), (rk + .0012, k)], ferrule, 28))
    return out
