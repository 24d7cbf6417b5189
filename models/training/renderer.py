"""A fast ray tracer for furnished rooms, in torch, for training images by the thousand.

One primitive, the rotated rounded box: a slab test, then a few sphere-tracing steps on the box's distance.
The minimum over boxes is folded into the compiled kernel, so no `[pixels, boxes]` array is ever stored.
Light: a ceiling lamp, a window as an area light, the sun through that window, and ambient light with its
colour bounced from floor and ceiling, darkened by short occlusion rays.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from training.scenes import CEILING, FLOOR, OBJECT, WALL
from training.textures import LEVELS, SIZE, Bank

Views = dict[str, Tensor]
"""A batch of `scenes.pack` views, stacked."""

STEPS = 6
FAR = 1e4


def _slab(origin: list[Tensor], ray: list[Tensor], half: Tensor) -> tuple[Tensor, Tensor]:
    enter = leave = None
    for axis in range(3):
        inverse = 1 / torch.where(ray[axis].abs() < 1e-6, torch.full_like(ray[axis], 1e-6), ray[axis])
        a, b = (-half[..., axis] - origin[axis]) * inverse, (half[..., axis] - origin[axis]) * inverse
        near, far = torch.minimum(a, b), torch.maximum(a, b)
        enter = near if enter is None else torch.maximum(enter, near)
        leave = far if leave is None else torch.minimum(leave, far)
    return enter, leave


def _distance(point: list[Tensor], half: Tensor, radius: Tensor) -> Tensor:
    q = [point[a].abs() - half[..., a] + radius for a in range(3)]
    m = [x.clamp_min(0) for x in q]
    outside = (m[0] * m[0] + m[1] * m[1] + m[2] * m[2] + 1e-12).sqrt()
    return outside + torch.maximum(q[0], torch.maximum(q[1], q[2])).clamp_max(0) - radius


def _into(vector: Tensor, axes: Tensor) -> list[Tensor]:
    """World vectors `[B, P or 1, 1, 3]` in the boxes' frames (`axes` `[B, 1, N, 3, 3]`), per component."""
    return [vector[..., 0] * axes[..., 0, a] + vector[..., 1] * axes[..., 1, a] + vector[..., 2] * axes[..., 2, a] for a in range(3)]


def nearest_hit(eye: Tensor, ray: Tensor, center: Tensor, half: Tensor, radius: Tensor, axes: Tensor) -> tuple[Tensor, Tensor]:
    """Distance to and index of the nearest box along each ray `[B, P, 3]` from `eye` `[B, 3]`."""
    axes, half, radius = axes[:, None], half[:, None], radius[:, None]
    origin = _into((eye[:, None, None] - center[:, None]), axes)
    direction = _into(ray[:, :, None], axes)
    enter, leave = _slab(origin, direction, half)
    crossing = (leave > enter) & (leave > 0)
    t, gap = enter.clamp_min(0.02), None
    for _ in range(STEPS):
        gap = _distance([origin[a] + direction[a] * t for a in range(3)], half, radius)
        t = t + gap
    hit = crossing & (gap < 0.004 + 0.003 * t)
    return torch.where(hit, t, torch.full_like(t, FAR)).min(-1)


def blocked(start: Tensor, ray: Tensor, reach: Tensor, center: Tensor, half: Tensor, axes: Tensor) -> Tensor:
    """Whether a box (as its plain bounds) stands within `reach` `[B, P]` of `start` along `ray`."""
    axes = axes[:, None]
    origin = _into(start[:, :, None] - center[:, None], axes)
    enter, leave = _slab(origin, _into(ray[:, :, None], axes), half[:, None] * 0.96)
    return ((leave > enter) & (leave > 0.01) & (enter < reach[..., None])).any(-1)


def _combine(
    point: Tensor, normal: Tensor, ray: Tensor, albedo: Tensor, gloss: Tensor, seen: Tensor, through: Tensor,
    lamp: Tensor, window: Tensor, inward: Tensor, sun: Tensor, power: Tensor, colors: Tensor, surface: Tensor,
) -> Tensor:
    """Radiance `[B, P, 3]` from lamp, window, sun and ambient, given how much of each is `seen` [B, 4, P]."""

    def diffuse(target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        to = target[:, None] - point
        far = (to * to).sum(-1).sqrt()
        return (normal * to).sum(-1).clamp_min(0) / far, far, to / far[..., None]

    cos_l, far_l, dir_l = diffuse(lamp)
    cos_w, far_w, dir_w = diffuse(window)
    window_cos = (dir_w * inward[:, None]).sum(-1).abs()
    lit_l = power[:, 0:1] * cos_l / (0.4 + far_l * far_l) * seen[:, 0]
    lit_w = power[:, 1:2] * 1.6 * cos_w * window_cos / (0.3 + far_w * far_w) * seen[:, 1]
    lit_s = power[:, 2:3] * (normal * sun[:, None]).sum(-1).clamp_min(0) * seen[:, 3] * through
    tilt = 0.5 + 0.5 * normal[..., 1:2]
    ambient = (surface[:, None, 0] * (1 - tilt) + surface[:, None, 2] * tilt) * 0.5 + surface[:, None, 1] * 0.5
    out = albedo * ambient * (power[:, 3] * (0.08 + 0.2 * power[:, :2].sum(1)))[:, None, None] * seen[:, 2, :, None]
    for k, (lit, direction) in enumerate(((lit_l, dir_l), (lit_w, dir_w), (lit_s, sun[:, None].expand_as(point)))):
        middle = direction - ray
        shine = (normal * middle).sum(-1).clamp_min(0) / ((middle * middle).sum(-1) + 1e-6).sqrt()
        shine4 = shine * shine * shine * shine
        shine12 = shine4 * shine4 * shine4
        highlight = gloss * (0.3 * shine12 * shine12 * shine12 * shine12 + 0.12 * shine12)
        out = out + lit[..., None] * colors[:, None, k] * (albedo + highlight[..., None])
    return out


class Renderer:
    """Draws views of one frame size; compiles its kernels on the first call."""

    def __init__(self, bank: Bank, height: int, width: int, compiled: bool = True, device: str = "cpu") -> None:
        self.height, self.width, self.device = height, width, device
        self.texels = torch.from_numpy(bank.texels).to(device)
        self.sides = torch.tensor([SIZE >> level for level in range(LEVELS)], device=device)
        self.stride, self.offsets = bank.stride, torch.tensor(bank.offsets, device=device)
        wrap = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
        self.nearest_hit, self.blocked, self.combine = wrap(nearest_hit), wrap(blocked), wrap(_combine)

    def _texture(self, index: Tensor, u: Tensor, v: Tensor, footprint: Tensor) -> Tensor:
        """Nearest texel at the level whose texel is about one pixel, `[B, P, 3]`; u and v in repeats."""
        level = torch.log2((footprint * SIZE).clamp_min(1)).round().clamp(0, LEVELS - 1).long()
        side = self.sides[level]
        x, y = ((u - u.floor()) * side).long().clamp_max(SIZE - 1), ((v - v.floor()) * side).long().clamp_max(SIZE - 1)
        x, y = torch.minimum(x, side - 1), torch.minimum(y, side - 1)
        return self.texels[index * self.stride + self.offsets[level] + y * side + x]

    @torch.no_grad()
    def __call__(self, views: Views) -> dict[str, Tensor]:
        """`image` [B,3,H,W] 0..1, `depth` [B,H,W] metres along the view axis, `instance`, `layout` [B,H,W] int."""
        height, width = self.height, self.width
        count = views["center"].shape[0]
        y, x = torch.meshgrid((torch.arange(height, device=self.device) + 0.5), (torch.arange(width, device=self.device) + 0.5), indexing="ij")
        x, y = (x - width / 2) / (height / 2), (y - height / 2) / (height / 2)
        focal = views["focal"][:, None, None]
        ray = torch.stack([x.expand(count, -1, -1) / focal, -y.expand(count, -1, -1) / focal, -torch.ones_like(x).expand(count, -1, -1)], -1).reshape(count, -1, 3)
        length = ray.norm(dim=-1)
        ray = torch.einsum("bij,bpj->bpi", views["view"], ray / length[..., None]).contiguous()
        eye = views["position"]
        t, index = self.nearest_hit(eye, ray, views["center"], views["half"], views["radius"], views["axes"])

        size = views["size"][:, None]
        middle = torch.zeros_like(size)
        middle[..., 1] = size[..., 1]
        safe = torch.where(ray.abs() < 1e-6, torch.full_like(ray, 1e-6), ray)
        t_room, axis = ((ray.sign() * size - (eye[:, None] - middle)) / safe).min(-1)
        is_room = t_room < t
        t = torch.minimum(t, t_room)
        point = eye[:, None] + ray * t[..., None]

        def of(name: str) -> Tensor:
            value = views[name]
            if value.dim() == 2:
                return value.gather(1, index)
            flat = value.flatten(2)
            return flat.gather(1, index[..., None].expand(-1, -1, flat.shape[-1])).view(*index.shape, *value.shape[2:])

        axes, half, radius = of("axes"), of("half"), of("radius")[..., None]
        local = (axes * (point - of("center"))[..., None]).sum(-2)
        edge = local.abs() - half + radius
        toward = edge.clamp_min(0) + 1e-4 * (edge >= edge.amax(-1, keepdim=True))
        normal_local = F.normalize(local.sign() * toward, dim=-1, eps=1e-6)
        normal_box = (axes * normal_local[..., None, :]).sum(-1)
        normal_room = -F.one_hot(axis, 3).float() * ray.sign()
        normal = torch.where(is_room[..., None], normal_room, normal_box)

        # Surface: 0 floor, 1 wall, 2 ceiling
        surface = torch.where(axis == 1, torch.where(ray[..., 1] < 0, 0, 2), 1)
        batch = torch.arange(count, device=self.device)[:, None]
        major = normal_local.abs().argmax(-1)
        uv_box = torch.stack([torch.where(major == 0, local[..., 2], local[..., 0]), torch.where(major == 1, local[..., 2], local[..., 1])], -1)
        uv_room = torch.stack([torch.where(axis == 0, point[..., 2], point[..., 0]), torch.where(axis == 1, point[..., 2], point[..., 1])], -1)
        scale = torch.where(is_room, views["surface_scale"][batch, surface], of("scale"))
        uv = torch.where(is_room[..., None], uv_room, uv_box) * scale[..., None]
        slant = (normal * ray).sum(-1).abs().clamp_min(0.15)
        footprint = t * 2 / (height * views["focal"][:, None]) / slant.sqrt() * scale
        texture = torch.where(is_room, views["surface_texture"][batch, surface], of("texture"))
        amount = torch.where(is_room, views["surface_amount"][batch, surface], of("amount"))[..., None]
        color = torch.where(is_room[..., None], views["surface_color"][batch, surface], of("color"))
        texel = self._texture(texture, uv[..., 0] + 0.37 * index, -uv[..., 1] + 0.5, footprint)
        albedo = (color.clamp(0.01, 1) * (1 + amount * (2 * texel - 1))).clamp(0.005, 1) ** 2.2

        glow = torch.where(is_room, torch.zeros_like(t), of("glow"))
        gloss = torch.where(is_room, 0.25 * (surface == 0), of("gloss"))
        radiance = self._light(views, point, normal, ray, albedo, gloss)
        radiance = radiance + self._window_glass(views, point, is_room, axis) + glow[..., None] * color * 1.5
        radiance = torch.nan_to_num(radiance, 0, 0, 0)
        exposure = 0.16 / (radiance.mean((1, 2)) * 0.6 + radiance.flatten(1).median(1).values * 0.4 + 1e-3)
        exposed = radiance * exposure[:, None, None] * 1.15
        image = (exposed * (1 + exposed / 4) / (1 + exposed)).clamp(0, 1) ** (1 / 2.2)

        layout_room = torch.tensor([FLOOR, WALL, CEILING], device=self.device)[surface]
        layout = torch.where(is_room, layout_room, of("layout"))
        instance = torch.where(is_room, torch.zeros_like(index), of("instance"))
        shape = (count, height, width)
        image, instance = image.view(*shape, 3).permute(0, 3, 1, 2), instance.view(shape)
        return {"image": _smooth_edges(image, instance), "depth": (t / length).view(shape), "instance": instance, "layout": layout.view(shape)}

    def _light(self, views: Views, point: Tensor, normal: Tensor, ray: Tensor, albedo: Tensor, gloss: Tensor) -> Tensor:
        count, height, width = point.shape[0], self.height, self.width

        def half(v: Tensor) -> Tensor:
            return v.view(count, height, width, -1)[:, ::2, ::2].reshape(count, -1, v.shape[-1])

        start = half(point) + half(normal) * 0.012
        facing = half(normal)
        boxes = (views["center"], views["half"], views["axes"])
        window, lamp, sun = views["window"], views["lamp"], views["sun"]
        on_back = (window[:, 5] == 0).float()
        across = torch.stack([on_back, torch.zeros_like(on_back), 1 - on_back], 1)

        def sample(target: Tensor) -> Tensor:
            to = target - start
            far = to.norm(dim=-1)
            return (~self.blocked(start, to / far[..., None], far, *boxes)).float()

        spot = lamp[:, None] + torch.randn(count, 1, 3, device=self.device) * 0.2 + torch.randn_like(start) * 0.12
        lamp_seen = sample(spot)
        jitter = torch.rand(count, start.shape[1], 2, device=self.device) * 2 - 1
        spot = window[:, None, :3] + across[:, None] * jitter[..., :1] * window[:, None, 3:4]
        spot = spot + torch.tensor([0.0, 1.0, 0.0], device=self.device) * jitter[..., 1:] * window[:, None, 4:5]
        window_seen = sample(spot)
        sky_seen = 0
        for _ in range(2):
            up = F.normalize(facing + F.normalize(torch.randn_like(start), dim=-1) * 0.98, dim=-1)
            sky_seen = sky_seen + (~self.blocked(start, up, torch.full_like(up[..., 0], 0.8), *boxes)).float() / 2
        sun_seen = (~self.blocked(start, sun[:, None].expand_as(start).contiguous(), torch.full_like(start[..., 0], 20.0), *boxes)).float()
        seen = torch.stack([lamp_seen, window_seen, sky_seen, sun_seen], 1).view(count, 4, (height + 1) // 2, (width + 1) // 2)
        soft = F.avg_pool2d(F.pad(seen[:, :3], (3, 3, 3, 3), mode="replicate"), 7, 1)
        seen = F.interpolate(torch.cat([soft, seen[:, 3:]], 1), size=(height, width), mode="bilinear").flatten(2)

        through = self._through_window(views, point)
        inward = 1 - across
        inward[:, 1] = 0
        return self.combine(point, normal, ray, albedo, gloss, seen, through, lamp, window[:, :3].contiguous(), inward, sun, views["power"], views["light_color"], views["surface_color"] ** 2.2)

    def _through_window(self, views: Views, point: Tensor) -> Tensor:
        """1 where the line from `point` to the sun leaves through the window's panes."""
        window, sun, size = views["window"], views["sun"], views["size"]
        side = window[:, 5]
        axis = torch.where(side == 0, 2, 0)
        plane = torch.where(side == 0, -size[:, 2], torch.where(side == 1, -size[:, 0], size[:, 0]))
        along = sun.gather(1, axis[:, None])[:, 0]
        start = point.gather(2, axis[:, None, None].expand(-1, point.shape[1], 1))[..., 0]
        t = (plane[:, None] - start) / torch.where(along.abs() < 1e-3, torch.full_like(along, 1e-3), along)[:, None]
        hit = point + sun[:, None] * t[..., None]
        other = (2 - axis)[:, None, None].expand(-1, point.shape[1], 1)
        u = hit.gather(2, other)[..., 0] - window.gather(1, 2 - axis[:, None])
        v = hit[..., 1] - window[:, 1:2]
        return ((t > 0) & self._pane(window, u, v)).float()

    @staticmethod
    def _pane(window: Tensor, u: Tensor, v: Tensor) -> Tensor:
        inside = (u.abs() < window[:, 3:4]) & (v.abs() < window[:, 4:5])
        mullion = (u.abs() < 0.025) | (((v / window[:, 4:5] * 1.5 + 0.5) % 1 < 0.05) & (window[:, 6:7] > 0.5))
        return inside & ~mullion

    def _window_glass(self, views: Views, point: Tensor, is_room: Tensor, axis: Tensor) -> Tensor:
        window = views["window"]
        on_back = window[:, 5:6] == 0
        right_wall = torch.where(on_back, (axis == 2) & (point[..., 2] < 0), (axis == 0) & (point[..., 0].sign() == torch.where(window[:, 5:6] == 1, -1.0, 1.0)))
        u = torch.where(on_back, point[..., 0] - window[:, 0:1], point[..., 2] - window[:, 2:3])
        pane = is_room & right_wall & self._pane(window, u, point[..., 1] - window[:, 1:2])
        return pane.float()[..., None] * views["light_color"][:, None, 1] * (views["power"][:, 1:2, None] * 1.2 + 0.02)


def _smooth_edges(image: Tensor, instance: Tensor) -> Tensor:
    """Blurs the stair-steps on instance borders a little, as a lens would."""
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    weights = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]], device=image.device)[None, None].expand(3, 1, 3, 3) / 16
    soft = F.conv2d(padded, weights, groups=3)
    edge = torch.zeros_like(instance, dtype=torch.bool)
    across, down = instance[:, :, 1:] != instance[:, :, :-1], instance[:, 1:] != instance[:, :-1]
    edge[:, :, 1:] |= across
    edge[:, :, :-1] |= across
    edge[:, 1:] |= down
    edge[:, :-1] |= down
    return torch.where(edge[:, None], soft, image).clamp(0, 1)
