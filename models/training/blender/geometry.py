"""Meshes from arrays: smooth noise, lattices, sweeps, metric UVs. Metres, z up."""
import math

import bpy
import numpy as np


TAU = 2 * math.pi


def waves(p, freq, seed, n=20):
    """Smooth pseudo-noise of unit deviation at points p (N,k), freq in cycles/m."""
    p = np.atleast_2d(np.asarray(p, float))
    rng = np.random.default_rng(seed)
    k = rng.normal(size=(n, p.shape[1]))
    k /= np.linalg.norm(k, axis=1, keepdims=True)
    k *= TAU * freq * rng.uniform(.5, 1.5, (n, 1))
    return np.sin(p @ k.T + rng.uniform(0, TAU, n)).sum(1) / math.sqrt(n / 2)


def smoothstep(a, b, x):
    """Hermite step from 0 at a to 1 at b."""
    t = np.clip((np.asarray(x, float) - a) / (b - a), 0, 1)
    return t * t * (3 - 2 * t)


def lattice_box(nx, ny, nz):
    """Surface lattice of a cube: verts in [-1,1]^3 and outward quads."""
    index, verts, faces = {}, [], []

    def vid(i, j, k):
        key = (i, j, k)
        if key not in index:
            index[key] = len(verts)
            verts.append((2 * i / nx - 1, 2 * j / ny - 1, 2 * k / nz - 1))
        return index[key]

    for i in range(nx):
        for j in range(ny):
            faces.append((vid(i, j, nz), vid(i + 1, j, nz), vid(i + 1, j + 1, nz), vid(i, j + 1, nz)))
            faces.append((vid(i, j, 0), vid(i, j + 1, 0), vid(i + 1, j + 1, 0), vid(i + 1, j, 0)))
    for i in range(nx):
        for k in range(nz):
            faces.append((vid(i, 0, k), vid(i + 1, 0, k), vid(i + 1, 0, k + 1), vid(i, 0, k + 1)))
            faces.append((vid(i, ny, k), vid(i, ny, k + 1), vid(i + 1, ny, k + 1), vid(i + 1, ny, k)))
    for j in range(ny):
        for k in range(nz):
            faces.append((vid(0, j, k), vid(0, j, k + 1), vid(0, j + 1, k + 1), vid(0, j + 1, k)))
            faces.append((vid(nx, j, k), vid(nx, j + 1, k), vid(nx, j + 1, k + 1), vid(nx, j, k + 1)))
    return np.array(verts), faces


def grid_faces(rows, cols, wrap=False, offset=0):
    """Quads of a rows x cols vertex grid; wrap closes the columns."""
    out = []
    for r in range(rows - 1):
        for c in range(cols if wrap else cols - 1):
            d = (c + 1) % cols
            out.append((offset + r * cols + c, offset + r * cols + d,
                        offset + (r + 1) * cols + d, offset + (r + 1) * cols + c))
    return out


def metric_uv(mesh):
    """Box-projected UVs in metres, so weaves and grains have true scale."""
    uv = mesh.uv_layers.new(name='UVMap')
    co = np.empty(len(mesh.vertices) * 3)
    mesh.vertices.foreach_get('co', co)
    co = co.reshape(-1, 3)
    loops = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get('vertex_index', loops)
    nor = np.empty(len(mesh.polygons) * 3)
    mesh.polygons.foreach_get('normal', nor)
    tot = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get('loop_total', tot)
    axis = np.repeat(np.abs(nor.reshape(-1, 3)).argmax(1), tot)
    p = co[loops]
    u = np.where(axis == 0, p[:, 1], p[:, 0])
    v = np.where(axis == 2, p[:, 1], p[:, 2])
    uv.data.foreach_set('uv', np.stack([u, v], 1).ravel())


def mesh_object(name, verts, faces, mat=None, sub=0, smooth=True, uv=True):
    """Make a mesh object from arrays, with metric UVs and optional subsurf."""
    me = bpy.data.meshes.new(name)
    me.from_pydata([tuple(v) for v in np.asarray(verts, float)], [], [tuple(f) for f in faces])
    me.update()
    if uv:
        metric_uv(me)
    me.polygons.foreach_set('use_smooth', [smooth] * len(me.polygons))
    o = bpy.data.objects.new(name, me)
    bpy.context.scene.collection.objects.link(o)
    if mat:
        me.materials.append(mat)
    if sub:
        m = o.modifiers.new('sub', 'SUBSURF')
        m.levels = m.render_levels = sub
    return o


def rounded_box(name, size, mat, r=.01, seg=4):
    """A box with bevelled edges (furniture boards, rails, frames)."""
    v, f = lattice_box(1, 1, 1)
    o = mesh_object(name, v * np.array(size) / 2, f, mat)
    b = o.modifiers.new('bevel', 'BEVEL')
    b.width, b.segments, b.harden_normals = min(r, min(size) * .45), seg, False
    o.data.use_auto_smooth = True
    o.data.auto_smooth_angle = math.radians(40)
    return o


def lathe(name, profile, mat, seg=32, sub=0):
    """Surface of revolution about z from (radius, height) pairs."""
    a = np.linspace(0, TAU, seg, endpoint=False)
    pr = [(max(r, 1e-4), z) for r, z in profile]
    v = [(r * math.cos(t), r * math.sin(t), z) for r, z in pr for t in a]
    f = grid_faces(len(pr), seg, wrap=True)
    f.append(tuple(range(seg))[::-1])
    f.append(tuple((len(pr) - 1) * seg + i for i in range(seg)))
    o = mesh_object(name, v, f, mat, sub)
    o.data.use_auto_smooth = True
    o.data.auto_smooth_angle = math.radians(50)
    return o


def lathe_open(profile, mat, seg=48):
    """Open surface of revolution (lamp shade)."""
    a = np.linspace(0, TAU, seg, endpoint=False)
    v = [(r * math.cos(t), r * math.sin(t), z) for r, z in profile for t in a]
    return mesh_object('shade', v, grid_faces(len(profile), seg, True), mat)


def tube(name, path, radius, mat, closed=True, seg=8, taper=None):
    """Round cord swept along a polyline (piping, lamp stems, stalks)."""
    p = np.asarray(path, float)
    n = len(p)
    nxt = np.roll(p, -1, 0) if closed else np.vstack([p[1:], 2 * p[-1:] - p[-2:-1]])
    prv = np.roll(p, 1, 0) if closed else np.vstack([2 * p[:1] - p[1:2], p[:-1]])
    tan = nxt - prv
    tan /= np.linalg.norm(tan, axis=1, keepdims=True) + 1e-9
    side = np.cross(tan[0], (0, 0, 1) if abs(tan[0][2]) < .9 else (1, 0, 0))
    verts = []
    a = np.linspace(0, TAU, seg, endpoint=False)
    for i in range(n):
        side = side - tan[i] * (side @ tan[i])
        side /= np.linalg.norm(side) + 1e-9
        up = np.cross(tan[i], side)
        r = radius * (taper[i] if taper is not None else 1)
        verts += [p[i] + r * (math.cos(t) * side + math.sin(t) * up) for t in a]
    f = grid_faces(n, seg, wrap=True)
    if closed:
        f += [((n - 1) * seg + c, (n - 1) * seg + (c + 1) % seg, (c + 1) % seg, c) for c in range(seg)]
    return mesh_object(name, verts, f, mat)


def stadium(hw, hh, r, n=12):
    """Rounded-rectangle outline points."""
    pts = []
    for cx, cy, a0 in ((hw - r, hh - r, 0), (-hw + r, hh - r, 90), (-hw + r, -hh + r, 180), (hw - r, -hh + r, 270)):
        pts += [(cx + r * math.cos(math.radians(a0 + 90 * k / n)), cy + r * math.sin(math.radians(a0 + 90 * k / n)))
                for k in range(n + 1)]
    return pts


def sweep(path, normal, profile, mat, disp=None, closed=False, cap=False, sub=1, name='sweep'):
    """Sweep a profile along a plan path.

    path, normal: (S,2) plan points and outward directions; profile(i) gives a
    (T,2) array of (outward, height).  disp(s_len, t_len, i, j) is added along
    the surface normal.  Returns object, grid (S,T,3) and normals (S,T,3).
    """
    S = len(path)
    P = np.array([[[path[i][0] + o * normal[i][0], path[i][1] + o * normal[i][1], z]
                   for o, z in profile(i)] for i in range(S)])
    ds = np.gradient(P, axis=0)
    dt = np.gradient(P, axis=1)
    N = np.cross(ds, dt)
    N /= np.linalg.norm(N, axis=2, keepdims=True) + 1e-9
    mid = P[S // 2]
    if disp is not None:
        sl = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(np.asarray(path), axis=0), axis=1))])
        tl = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(mid, axis=0), axis=1))])
        P = P + N * disp(sl[:, None], tl[None, :], P)[..., None]
    T = P.shape[1]
    faces = [f[::-1] for f in grid_faces(S, T, wrap=closed)]
    if cap:                                              # zip both open ends shut
        for k in range(T // 2 - 1):
            a, b = T - 1 - k, T - 2 - k
            faces.append((k, k + 1, b, a))
            o = (S - 1) * T
            faces.append((o + a, o + b, o + k + 1, o + k))
    return mesh_object(name, P.reshape(-1, 3), faces, mat, sub=sub), P, N


def u_path(half, front, back, corner, step=.008, squash=1.):
    """Plan of a U (left front, round the back, right front) and its outward normals."""
    pts = []
    pts += [(-half, y) for y in np.arange(front, back - corner, step)]
    a = np.arange(0, math.pi / 2, step / corner)
    pts += [(-half + corner - corner * math.cos(t), back - corner + corner * math.sin(t)) for t in a]
    if half - corner > step:
        pts += [(x, back) for x in np.arange(-half + corner, half - corner, step)]
    pts += [(half - corner + corner * math.sin(t), back - corner + corner * math.cos(t)) for t in a]
    pts += [(half, y) for y in np.arange(back - corner, front - 1e-6, -step)]
    p = np.array(pts)
    keep = np.concatenate([[True], np.linalg.norm(np.diff(p, axis=0), axis=1) > step * .3])
    p = p[keep]
    t = np.gradient(p, axis=0)
    t /= np.linalg.norm(t, axis=1, keepdims=True)
    return p, np.stack([-t[:, 1], t[:, 0]], 1)


def at(o, loc=(0, 0, 0), rot=(0, 0, 0)):
    """Place an object (degrees) and return it."""
    o.location, o.rotation_euler = loc, [math.radians(a) for a in rot]
    return o


def hang(parts, loc, rot=(0, 0, 0)):
    """Place a list of (object, offset) under one empty."""
    e = bpy.data.objects.new('group', None)
    bpy.context.scene.collection.objects.link(e)
    at(e, loc, rot)
    for o, l in parts:
        o.location = l
        o.parent = e
    return e


class Piece:
    """Collects the objects of one piece under a single empty."""

    def __init__(self, name):
        self.root = bpy.data.objects.new(name, None)
        bpy.context.scene.collection.objects.link(self.root)
        self.objects = []

    def add(self, o, loc=(0, 0, 0), rot=(0, 0, 0)):
        """Place an object (degrees) and parent it to the piece."""
        o.location, o.rotation_euler = loc, [math.radians(a) for a in rot]
        o.parent = self.root
        self.objects.append(o)
        return o

    def add_all(self, objs, loc=(0, 0, 0), rot=(0, 0, 0)):
        for o in objs:
            self.add(o, loc, rot)


def extrusion(name, outline, length, mat, edge=.018, soft=0., seed=0, cell=.02):
    """A padded slab: an outline (N,2) in the x-z plane, extruded along y, its edges rounded by `edge`.

    The outline runs counterclockwise as seen from the front (-y); y = 0 is the front, y = length the back.
    Returns the object and the rim (N,3) of its front face, for a piping.
    """
    p = resample(np.asarray(outline, float), cell)
    tan = np.roll(p, -1, 0) - np.roll(p, 1, 0)
    tan /= np.linalg.norm(tan, axis=1, keepdims=True) + 1e-9
    out = np.stack([tan[:, 1], -tan[:, 0]], 1)
    turn = np.linspace(0, math.pi / 2, 6)
    rings = [(y, inset) for inset, y in ((edge - edge * math.sin(a), edge - edge * math.cos(a)) for a in turn)]
    middle = [(y, 0.) for y in np.linspace(edge, length - edge, max(3, round(length / cell)))[1:-1]]
    rings = rings + middle + [(length - y, inset) for y, inset in rings[::-1]]
    n = len(p)
    v = np.vstack([np.column_stack([p[:, 0] - out[:, 0] * i, np.full(n, y), p[:, 1] - out[:, 1] * i]) for y, i in rings])
    if soft:
        normal = np.tile(np.column_stack([out[:, 0], np.zeros(n), out[:, 1]]), (len(rings), 1))
        v = v + normal * (soft * waves(v, 5, seed) + soft * .5 * waves(v, 12, seed + 1))[:, None]
    faces = grid_faces(len(rings), n, wrap=True)
    centre = p.mean(0)
    for first, flip, y in ((0, False, 0.), ((len(rings) - 1) * n, True, length)):
        # the flat faces are fans over shrunken rings, so that they take part in the padding
        previous = first
        inset0 = p - out * edge
        for k in (.66, .33, .06):
            ring = centre + (inset0 - centre) * k
            start = len(v)
            bulge = (-1 if not flip else 1) * soft * 2.5 * (1 - k)
            v = np.vstack([v, np.column_stack([ring[:, 0], np.full(n, y + bulge), ring[:, 1]])])
            quads = [(previous + i, previous + (i + 1) % n, start + (i + 1) % n, start + i) for i in range(n)]
            faces += [q[::-1] for q in quads] if not flip else quads
            previous = start
        v = np.vstack([v, [(centre[0], y + (1 if flip else -1) * soft * 2.5, centre[1])]])
        fan = [(previous + i, previous + (i + 1) % n, len(v) - 1) for i in range(n)]
        faces += [f[::-1] for f in fan] if not flip else fan
    rim = np.column_stack([p[:, 0] - out[:, 0] * edge * .35, np.full(n, edge * .25), p[:, 1] - out[:, 1] * edge * .35])
    o = mesh_object(name, v, faces, mat)
    o.data.use_auto_smooth = True
    o.data.auto_smooth_angle = math.radians(60)
    return o, rim


def resample(outline, step):
    """A closed outline at even steps."""
    p = np.vstack([outline, outline[:1]])
    s = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(p, axis=0), axis=1))])
    n = max(12, round(s[-1] / step))
    t = np.linspace(0, s[-1], n, endpoint=False)
    return np.stack([np.interp(t, s, p[:, 0]), np.interp(t, s, p[:, 1])], 1)


def reshape(o, f):
    """Move a mesh's vertices: f takes and returns (N,3)."""
    co = np.empty(len(o.data.vertices) * 3)
    o.data.vertices.foreach_get('co', co)
    o.data.vertices.foreach_set('co', f(co.reshape(-1, 3)).ravel())
    o.data.update()
    return o
