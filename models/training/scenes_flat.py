"""Flat composites: textured cut-outs over each other, for shapes that the room renderer does not have.

Each object is a group of parts with related shades (a silhouette of a sofa with its cushions, a chair with
holes between its slats, a blob, a polygon), warped in perspective and laid over what came before. Depth
and layout are unknown here; only instances are labelled.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from training.textures import SIZE, Bank, fractal_noise, random_color

Part = tuple[np.ndarray, float]
"""Outline in the object's own square, -1..1, `[n, 2]`, and its shade relative to the object."""


def _rectangle(x0: float, y0: float, x1: float, y1: float, soft: float, rng: np.random.Generator) -> np.ndarray:
    """A rectangle with rounded corners and slightly bent sides."""
    t = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    power = 2 / (2 + 10 * (1 - soft))
    x, y = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** power, np.sign(np.sin(t)) * np.abs(np.sin(t)) ** power
    bend = 1 + 0.03 * soft * rng.standard_normal(28)
    return np.stack([(x0 + x1) / 2 + x * (x1 - x0) / 2 * bend, (y0 + y1) / 2 + y * (y1 - y0) / 2 * bend], 1)


def _blob(rng: np.random.Generator) -> list[Part]:
    kind, aspect = rng.integers(3), rng.uniform(0.25, 1)
    t = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    if kind == 0:
        outline = np.stack([np.cos(t), np.sin(t) * aspect], 1)
    elif kind == 1:
        radius = 1 + sum(rng.normal(0, 0.35 / k) * np.cos(k * t + rng.uniform(0, 6)) for k in range(2, 6))
        outline = np.stack([np.cos(t) * radius, np.sin(t) * radius * aspect], 1) * 0.75
    else:
        corners = int(rng.integers(3, 9))
        t = np.sort(rng.uniform(0, 2 * math.pi, corners))
        radius = rng.uniform(0.4, 1, corners)
        outline = np.stack([np.cos(t) * radius, np.sin(t) * radius * aspect], 1)
    return [(outline, 1.0)]


def _sofa(rng: np.random.Generator) -> list[Part]:
    u, soft = rng.uniform, float(rng.uniform(0, 0.8))
    height, arm, seat = u(0.4, 1.0), u(0.0, 0.28), u(0.05, 0.4)
    parts: list[Part] = [(_rectangle(-1 + arm * 0.5, -height, 1 - arm * 0.5, seat, soft, rng), u(0.85, 1.1))]
    seats = int(rng.integers(1, 5))
    width = (2 - 2 * arm) / seats
    front = min(seat + u(0.15, 0.35), 0.8)
    parts.append((_rectangle(-1 + arm * 0.3, seat - 0.1, 1 - arm * 0.3, front, soft * 0.5, rng), u(0.6, 1.0)))
    for j in range(seats):
        x = -1 + arm + j * width
        parts.append((_rectangle(x, -height * u(0.8, 1.05), x + width, seat - 0.05, soft, rng), u(0.9, 1.2)))
        parts.append((_rectangle(x, seat - 0.16, x + width, seat + 0.1, soft, rng), u(0.95, 1.3)))
    if arm > 0.05:
        top = -height * u(0.1, 0.6)
        parts += [(_rectangle(s * (1 - arm / 2) - arm / 2, top, s * (1 - arm / 2) + arm / 2, front, soft, rng), u(0.7, 1.15)) for s in (-1, 1)]
    if rng.random() < 0.5:
        leg = u(0.02, 0.06)
        parts += [(_rectangle(s * 0.9 - leg, front - 0.02, s * 0.9 + leg, front + u(0.08, 0.3), 0, rng), -u(0.1, 0.6)) for s in (-1, 1)]
    for _ in range(int(rng.integers(0, 3))):
        x, y, r = u(-0.7, 0.7), -height * u(0, 0.4), u(0.12, 0.25)
        parts.append((_rectangle(x - r, y - r, x + r, y + r, 0.3, rng), -u(0.3, 1.5)))
    return parts


def _chair(rng: np.random.Generator) -> list[Part]:
    """Legs, rails and slats with gaps between them: what lies behind shows through."""
    u = rng.uniform
    half, seat, leg, back = u(0.35, 0.7), u(-0.05, 0.35), u(0.02, 0.07), u(0.35, 0.6)
    skew = u(-0.25, 0.25)
    parts: list[Part] = [(_rectangle(-half, seat - u(0.03, 0.15), half, seat + u(0.03, 0.12), 0.2, rng), 1.0)]
    for s in (-1, 1):
        parts.append((_rectangle(s * half - leg, seat, s * half + leg, 1, 0, rng), u(0.6, 1)))
        parts.append((_rectangle(s * half * 0.7 + skew - leg * 0.8, seat, s * half * 0.7 + skew + leg * 0.8, u(0.75, 0.95), 0, rng), u(0.5, 0.9)))
    if rng.random() < 0.85:
        if rng.random() < 0.4:
            parts.append((_rectangle(-half, seat - back * 2, half, seat - u(0.05, 0.3), u(0, 0.8), rng), u(0.8, 1.1)))
        else:
            parts += [(_rectangle(s * half - leg, seat - back * 2, s * half + leg, seat, 0, rng), 0.9) for s in (-1, 1)]
            for j in range(int(rng.integers(1, 6))):
                if rng.random() < 0.5:
                    y = seat - back * u(0.4, 2)
                    parts.append((_rectangle(-half, y - leg, half, y + leg * u(1, 3), 0, rng), u(0.8, 1.1)))
                else:
                    x = u(-half, half)
                    parts.append((_rectangle(x - leg * 0.7, seat - back * 2, x + leg * 0.7, seat, 0, rng), u(0.8, 1.1)))
    return parts


def _table(rng: np.random.Generator) -> list[Part]:
    u, leg = rng.uniform, float(rng.uniform(0.02, 0.07))
    top, thick = u(-0.6, 0.1), u(0.03, 0.15)
    parts: list[Part] = [(_rectangle(-1, top, 1, top + thick, 0.1, rng), 1.0)]
    if rng.random() < 0.5:
        parts.append((np.array([[-1, top], [-u(0.6, 0.95), top - u(0.1, 0.35)], [u(0.6, 0.95), top - u(0.1, 0.35)], [1, top]]), u(1.0, 1.4)))
    parts += [(_rectangle(x - leg, top, x + leg, y, 0, rng), u(0.5, 1)) for x, y in ((-0.92, 1), (0.92, 1), (-0.7, u(0.7, 0.9)), (0.7, u(0.7, 0.9)))]
    return parts


SHAPES = (_blob, _blob, _sofa, _sofa, _chair, _chair, _table)


def _paint(image: np.ndarray, mask: np.ndarray, box: tuple[int, int, int, int], color: np.ndarray, texture: np.ndarray, amount: float, scale: float, turn: float, slope: np.ndarray) -> None:
    x0, y0, x1, y1 = box
    y, x = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    u, v = (x * math.cos(turn) - y * math.sin(turn)) * scale, (x * math.sin(turn) + y * math.cos(turn)) * scale
    texel = texture[v.astype(np.int64) % SIZE, u.astype(np.int64) % SIZE]
    light = 1 + slope[0] * (x - (x0 + x1) / 2) / (x1 - x0) + slope[1] * (y - (y0 + y1) / 2) / (y1 - y0)
    shaded = color * (1 + amount * (2 * texel - 1)) * light[..., None]
    image[y0:y1, x0:x1][mask] = shaded[mask]


def compose(rng: np.random.Generator, bank: Bank, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """`image` f32 [H, W, 3] 0..1 and `instance` u8 [H, W] (0: nothing that can be clicked)."""
    image = np.zeros((height, width, 3), np.float32)
    instance = np.zeros((height, width), np.uint8)
    plain = rng.random() < 0.3
    full = np.ones((height, width), bool)

    def surface() -> tuple[np.ndarray, float, float, float, np.ndarray]:
        amount = 0.0 if plain or rng.random() < 0.3 else float(rng.uniform(0, 0.9))
        return bank.picture(bank.pick(rng)), amount, float(np.exp(rng.uniform(-1, 1.1))), float(rng.uniform(0, 6.3)), rng.normal(0, 0.25, 2)

    _paint(image, full, (0, 0, width, height), random_color(rng), *surface())
    if rng.random() < 0.75:  # a floor
        level, tilt = rng.uniform(0.35, 0.8) * height, rng.normal(0, 0.08)
        below = np.mgrid[:height, :width][0] > level + tilt * (np.arange(width) - width / 2)
        _paint(image, below, (0, 0, width, height), random_color(rng), *surface())
    count = int(rng.integers(3, 22))
    for number in range(1, count + 1):
        shape = SHAPES[rng.integers(len(SHAPES))]
        size = height * np.exp(rng.uniform(np.log(0.07), np.log(0.62)))
        center = np.array([rng.uniform(-0.05, 1.05) * width, rng.uniform(0, 1.08) * height])
        stretch = np.array([rng.uniform(0.7, 1.7), rng.uniform(0.7, 1.1)])
        turn = rng.normal(0, 0.15) if shape is not _blob else rng.uniform(0, 6.3)
        shear, depth = rng.normal(0, 0.2), rng.normal(0, 0.22, 2)
        color, accent, (texture, amount, scale, spin, slope) = random_color(rng), random_color(rng), surface()

        def warp(points: np.ndarray) -> np.ndarray:
            w = 1 + points @ depth
            p = points / np.maximum(w, 0.3)[:, None] * stretch * size
            p = p + np.stack([shear * p[:, 1], 0.3 * shear * p[:, 0]], 1)
            c, s = math.cos(turn), math.sin(turn)
            return np.stack([c * p[:, 0] - s * p[:, 1], s * p[:, 0] + c * p[:, 1]], 1) + center

        parts = shape(rng)
        if rng.random() < 0.5:  # contact shadow
            ends = np.concatenate([warp(outline) for outline, _ in parts])
            low, high = ends.min(0), ends.max(0)
            shadow = np.zeros((height, width), np.float32)
            axes = (max(1, int((high[0] - low[0]) * 0.5)), max(1, int((high[1] - low[1]) * 0.12)))
            cv2.ellipse(shadow, (int((low[0] + high[0]) / 2), int(high[1])), axes, 0, 0, 360, float(rng.uniform(0.2, 0.8)), -1)
            shadow = cv2.blur(shadow, (2 * (axes[1] // 2) + 3,) * 2)
            image *= 1 - shadow[..., None]
        for outline, shade in parts:
            points = warp(outline)
            x0, y0 = np.clip(np.floor(points.min(0)).astype(int), 0, (width, height))
            x1, y1 = np.clip(np.ceil(points.max(0)).astype(int) + 1, 0, (width, height))
            if x1 - x0 < 2 or y1 - y0 < 2:
                continue
            mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
            cv2.fillPoly(mask, [np.round((points - (x0, y0)) * 16).astype(np.int32)], 1, shift=4)
            base = color * shade if shade > 0 else accent * min(1.0, -shade + 0.3)
            slant = slope + rng.normal(0, 0.15, 2)
            _paint(image, mask > 0, (x0, y0, x1, y1), base, texture, amount, scale, spin, slant)
            instance[y0:y1, x0:x1][mask > 0] = number
    if rng.random() < 0.4:  # light falling unevenly
        blob = cv2.resize(fractal_noise(rng, 32, 3.0).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        image *= np.exp(rng.uniform(0.05, 0.35) * blob)[..., None]
    edge = (instance != np.roll(instance, 1, 0)) | (instance != np.roll(instance, 1, 1))
    edge |= np.roll(edge, -1, 0) | np.roll(edge, -1, 1)
    image = np.clip(image, 0, 1)
    return np.where(edge[..., None], cv2.GaussianBlur(image, (3, 3), 0.7), image), instance
