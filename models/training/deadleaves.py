"""Procedural training pictures: textured dead leaves.

Occluding shapes with power-law sizes have the edge and scale statistics of photographs (Lee, Mumford and
Huang, "Occlusion models for natural images", IJCV 2001; Madhusudana et al., "Revisiting dead leaves model",
2021), so nets trained on them work on real photos. What is added for rooms: weave, wood, tiles, carpet,
rows of book spines, window bars, blinds, foliage, strands, lettering, defocus, gradients of light.

Everything is drawn at twice the size and reduced, so edges carry a camera's antialiasing. A canvas is a
function of its seed alone.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

OVERSAMPLING = 2
BANK_SIZE = 1024
BANK_COUNT = 40


def canvas(seed: int, size: int = 512) -> np.ndarray:
    """One picture, uint8 RGB [size, size, 3], display-referred."""
    rng = np.random.default_rng([20261, seed])
    side = size * OVERSAMPLING
    image = _background(rng, side)
    palette = _palette(rng)
    layers = int(rng.integers(1, 4))
    for layer in range(layers):
        for _ in range(int(rng.integers(10, 40))):
            _panel(rng, image, palette)
        _leaves(rng, image, palette, int(rng.integers(150, 1200)) // layers)
        for _ in range(int(rng.integers(3, 12))):
            _GROUPS[int(rng.integers(len(_GROUPS)))](rng, image, palette)
        if layer < layers - 1 and rng.random() < 0.6:
            image = _defocus(rng, image)
    if rng.random() < 0.6:
        image *= 1 + rng.uniform(0.03, 0.2) * _soft_field(rng, side)[..., None]
    return _expose(rng, image, size)


@lru_cache(maxsize=1)
def texture_bank() -> np.ndarray:
    """Periodic textures, float32 [BANK_COUNT, BANK_SIZE, BANK_SIZE], mean 0, deviation 1."""
    rng = np.random.default_rng(7)
    makers = (_fractal, _grain, _weave, _wood, _grain, _tiles, _stripes, _carpet, _fractal, _herringbone)
    bank = np.stack([makers[i % len(makers)](rng) for i in range(BANK_COUNT)])
    bank -= bank.mean((1, 2), keepdims=True)
    bank /= bank.std((1, 2), keepdims=True) + 1e-6
    return np.clip(bank, -3, 3).astype(np.float32)


# Textures. Frequencies are whole numbers of periods, so that every texture wraps.


def _fractal(rng: np.random.Generator, slope: float | None = None) -> np.ndarray:
    """Noise with spectrum 1/f^slope, stretched by up to 4 along one axis."""
    slope = rng.uniform(0.2, 1.8) if slope is None else slope
    f = np.fft.fftfreq(BANK_SIZE).astype(np.float32)
    radius = np.sqrt(f[:, None] ** 2 * rng.uniform(0.25, 4) + f[None, : BANK_SIZE // 2 + 1] ** 2)
    radius[0, 0] = 1
    noise = np.fft.rfft2(rng.standard_normal((BANK_SIZE, BANK_SIZE), dtype=np.float32)) / radius**slope
    noise[0, 0] = 0
    field = np.fft.irfft2(noise, s=(BANK_SIZE, BANK_SIZE))
    return (field / field.std()).astype(np.float32)


def _phases() -> tuple[np.ndarray, np.ndarray]:
    axis = np.arange(BANK_SIZE, dtype=np.float32) / BANK_SIZE
    return axis[None, :], axis[:, None]


def _weave(rng: np.random.Generator) -> np.ndarray:
    """Over and under threads with uneven thickness."""
    u, v = _phases()
    n = int(rng.integers(40, 150))
    wobble = 0.004 * _fractal(rng, 1.6)
    warp = np.abs(np.sin(np.pi * n * (u + wobble)))
    weft = np.abs(np.sin(np.pi * n * (v + wobble.T)))
    over = (np.floor(u * n) + np.floor(v * n) * int(rng.integers(1, 4))) % int(rng.integers(2, 5)) < 1
    return np.where(over, warp, weft * rng.uniform(0.5, 1)) + 0.25 * _fractal(rng, 0.8)


def _wood(rng: np.random.Generator) -> np.ndarray:
    """Growth rings seen along the grain, with pores."""
    u, v = _phases()
    bend = cv2.resize(_fractal(rng, 1.7)[:128], (BANK_SIZE, BANK_SIZE), interpolation=cv2.INTER_CUBIC)
    rings = np.sin(2 * np.pi * (int(rng.integers(6, 50)) * u + rng.uniform(0.2, 1.2) * bend + 0 * v))
    pores = cv2.GaussianBlur(_fractal(rng, 0.1), (0, 0), 0.8, sigmaY=rng.uniform(4, 16), borderType=cv2.BORDER_REFLECT)
    return rings + 0.8 * np.abs(rings) ** 3 + rng.uniform(0.5, 2) * pores / pores.std()


def _tiles(rng: np.random.Generator) -> np.ndarray:
    """Bricks or tiles with joints and a shade of their own."""
    u, v = _phases()
    rows, cols = int(rng.integers(6, 50)), int(rng.integers(4, 40))
    row = np.floor(v * rows)
    along = u * cols + 0.5 * (row % 2) * (rng.random() < 0.6)
    shade = rng.standard_normal((rows, cols)).astype(np.float32)
    joint = rng.uniform(0.02, 0.12)
    edge = (np.abs((v * rows) % 1 - 0.5) > 0.5 - joint) | (np.abs(along % 1 - 0.5) > 0.5 - joint * cols / rows)
    body = 0.5 * shade[(row.astype(int) % rows), (np.floor(along).astype(int) % cols)]
    return np.where(edge, rng.choice([-2.5, 2.5]), body + 0.2 * _fractal(rng, 1.0))


def _stripes(rng: np.random.Generator) -> np.ndarray:
    """Bands or checks, hard or soft."""
    u, v = _phases()
    a = np.sin(2 * np.pi * int(rng.integers(8, 160)) * u + rng.uniform(0, 1.5) * _fractal(rng, 1.7))
    b = np.sin(2 * np.pi * int(rng.integers(8, 160)) * v)
    pattern = a if rng.random() < 0.5 else a * b if rng.random() < 0.5 else a + b
    return np.clip(pattern * rng.uniform(1, 8), -1, 1) + 0.1 * _fractal(rng, 0.6)


def _carpet(rng: np.random.Generator) -> np.ndarray:
    """Tufts: band-passed noise, its peaks sharpened."""
    noise = rng.standard_normal((BANK_SIZE, BANK_SIZE), dtype=np.float32)
    sigma = rng.uniform(1, 4)
    tufts = cv2.GaussianBlur(noise, (0, 0), sigma) - cv2.GaussianBlur(noise, (0, 0), 2 * sigma)
    tufts /= tufts.std()
    return np.abs(tufts) ** rng.uniform(0.5, 1.5) + 0.3 * _fractal(rng, 1.2)


def _grain(rng: np.random.Generator) -> np.ndarray:
    """Plaster, concrete, bouclé: grains of the size of a pixel, specks, slow stains.

    Teaches the net that fine texture need not be made of strokes.
    """
    grain = sum(weight * cv2.GaussianBlur(rng.standard_normal((BANK_SIZE, BANK_SIZE), dtype=np.float32), (0, 0), sigma,
                                          borderType=cv2.BORDER_REFLECT) * sigma
                for sigma, weight in zip((0.7, 1.2, 2.0, 3.5), rng.uniform(0, 1, 4)))
    grain /= grain.std()
    specks = np.maximum(np.abs(grain) - rng.uniform(1, 2.2), 0) * np.sign(grain)
    return grain + rng.uniform(0, 2) * specks + rng.uniform(0, 1) * _fractal(rng, 1.2)


def _herringbone(rng: np.random.Generator) -> np.ndarray:
    """Zigzag of slanted boards or threads."""
    u, v = _phases()
    columns, n = 2 * int(rng.integers(3, 20)), int(rng.integers(16, 100))
    slant = np.where(np.floor(u * columns) % 2 < 1, 1, -1)
    lines = np.sin(2 * np.pi * (n * v + slant * (u * columns % 1) * rng.uniform(0.5, 3)))
    return np.clip(lines * rng.uniform(1, 5), -1, 1) + 0.2 * _fractal(rng, 1.0)


def _patch(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A piece of a random texture under a random scale and turn, float32 [height, width]."""
    texture = texture_bank()[int(rng.integers(BANK_COUNT))]
    if max(height, width) < 48:
        y, x = rng.integers(0, BANK_SIZE - 48, 2)
        return texture[y : y + height, x : x + width]
    angle, scale = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(np.log(0.4), np.log(2.2)))
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    shear = rng.uniform(0.5, 1.5)
    matrix = np.array([[c, -s * shear, rng.uniform(0, BANK_SIZE)], [s, c * shear, rng.uniform(0, BANK_SIZE)], [0, 0, 1]])
    if rng.random() < 0.4:  # seen at a slant
        matrix[2, :2] = rng.uniform(-0.4, 1.2, 2) / max(height, width)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(texture, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_WRAP)


# Paint


def _palette(rng: np.random.Generator) -> np.ndarray:
    """Colors of one picture, float32 [24, 3]: mostly muted, around a common tint."""
    tint = rng.normal(0, 0.06, 3)
    value = rng.beta(1.3, 1.3, (24, 1))
    chroma = rng.normal(0, 1, (24, 3)) * rng.exponential(0.09, (24, 1))
    return np.clip(value + chroma + tint, 0.01, 0.99).astype(np.float32)


def _color(rng: np.random.Generator, palette: np.ndarray) -> np.ndarray:
    return np.clip(palette[int(rng.integers(len(palette)))] + rng.normal(0, 0.05, 3), 0, 1).astype(np.float32)


def _background(rng: np.random.Generator, side: int) -> np.ndarray:
    image = np.empty((side, side, 3), np.float32)
    image[:] = _color(rng, _palette(rng))
    image += rng.uniform(0, 0.15) * _soft_field(rng, side)[..., None]
    image += _texture_contrast(rng) * _patch(rng, side, side)[..., None]
    return image


def _soft_field(rng: np.random.Generator, side: int) -> np.ndarray:
    """A slow field, deviation about 1, float32 [side, side]."""
    small = rng.standard_normal((5, 5)).astype(np.float32)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)


def _fill(rng: np.random.Generator, image: np.ndarray, points: np.ndarray, color: np.ndarray, texture: float,
          soft: float = 0.0) -> None:
    """Fill a polygon (canvas px [n, 2]) with a shaded, textured color; `texture` is its contrast."""
    side = image.shape[0]
    margin = 2 + int(3 * soft)
    x0, y0 = np.clip(np.floor(points.min(0)).astype(int) - margin, 0, side)
    x1, y1 = np.clip(np.ceil(points.max(0)).astype(int) + margin + 1, 0, side)
    if x1 <= x0 or y1 <= y0:
        return
    h, w = int(y1 - y0), int(x1 - x0)
    mask = np.zeros((h, w), np.uint8)
    local = np.round((points - (x0, y0)) * 16).astype(np.int32)
    cv2.fillPoly(mask, [local.reshape(-1, 1, 2)], 255, cv2.LINE_AA, 4)
    _blend(rng, image[y0:y1, x0:x1], mask, color, texture, soft)


def _blend(rng: np.random.Generator, window: np.ndarray, mask: np.ndarray, color: np.ndarray, texture: float,
           soft: float = 0.0) -> None:
    h, w = mask.shape
    alpha = mask.astype(np.float32) * (1 / 255)
    if soft > 0:
        alpha = cv2.GaussianBlur(alpha, (0, 0), soft)
    shade = np.zeros((h, w), np.float32)
    if max(h, w) > 12:
        gy, gx = rng.normal(0, 0.12, 2).astype(np.float32)
        shade += np.linspace(-gx, gx, w, dtype=np.float32) + np.linspace(-gy, gy, h, dtype=np.float32)[:, None]
    if texture > 0:
        shade += texture * _patch(rng, h, w)
    tone = (color + rng.normal(0, 0.04, 3)).astype(np.float32) if rng.random() < 0.5 else np.ones(3, np.float32)
    window += alpha[..., None] * (color + shade[..., None] * tone - window)


def _texture_contrast(rng: np.random.Generator) -> float:
    return 0.0 if rng.random() < 0.3 else float(min(rng.exponential(0.08), 0.3))


def _leaves(rng: np.random.Generator, image: np.ndarray, palette: np.ndarray, count: int) -> None:
    """Shapes with radii of density r^-3, larger ones mostly behind, some casting a soft shadow."""
    side = image.shape[0]
    low, high = rng.uniform(4, 16), side * rng.uniform(0.1, 0.45)
    radii = (low**-2 + (high**-2 - low**-2) * rng.random(count)) ** -0.5
    radii = np.sort(radii)[::-1] if rng.random() < 0.6 else radii
    for radius in radii:
        center = rng.uniform(-0.05, 1.05, 2) * side
        points = _outline(rng, radius) + center
        if radius > 20 and rng.random() < 0.25:
            shadow = points + rng.uniform(-0.15, 0.15, 2) * radius
            _fill(rng, image, shadow, _color(rng, palette) * 0.2, 0, soft=float(radius * rng.uniform(0.05, 0.3)))
        soft = float(rng.exponential(1.5)) if rng.random() < 0.2 else 0.0
        _fill(rng, image, points, _color(rng, palette), _texture_contrast(rng), min(soft, 6.0))


def _panel(rng: np.random.Generator, image: np.ndarray, palette: np.ndarray) -> None:
    """A large textured surface: wall, floor, rug, table top, cushion."""
    side = image.shape[0]
    radius = side * np.exp(rng.uniform(np.log(0.04), np.log(0.4)))
    points = _outline(rng, radius) * rng.uniform(0.7, 1.2, 2) + rng.uniform(-0.1, 1.1, 2) * side
    if rng.random() < 0.5:
        points[:, 0] *= 1 + rng.normal(0, 0.2) * (points[:, 1] / side - 0.5)  # converging sides
    soft = min(float(rng.exponential(2)), 8.0) if rng.random() < 0.15 else 0.0
    _fill(rng, image, points, _color(rng, palette), 1.3 * _texture_contrast(rng), soft)


def _outline(rng: np.random.Generator, radius: float) -> np.ndarray:
    """A closed shape about the origin, px [n, 2]."""
    kind = int(rng.integers(6))
    squeeze = rng.uniform(0.25, 1)
    if kind == 0:  # ellipse
        t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        points = np.stack([np.cos(t), squeeze * np.sin(t)], 1)
    elif kind in (1, 2):  # board or panel
        squeeze = rng.uniform(0.05, 1)
        points = np.array([(-1, -squeeze), (1, -squeeze), (1, squeeze), (-1, squeeze)], float)
    elif kind == 3:  # irregular polygon
        n = int(rng.integers(3, 10))
        t = np.sort(rng.uniform(0, 2 * np.pi, n))
        points = np.stack([np.cos(t), np.sin(t)], 1) * rng.uniform(0.4, 1, (n, 1))
    elif kind == 4:  # smooth blob
        t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        r = 0.7 + sum(rng.normal(0, 0.16 / k) * np.cos(k * t + rng.uniform(0, 6.3)) for k in range(1, 6))
        points = np.stack([np.cos(t), np.sin(t)], 1) * r[:, None]
    else:  # rounded cushion: a superellipse
        t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        power = 2 / rng.uniform(3, 8)
        points = np.stack([np.sign(f) * np.abs(f) ** power for f in (np.cos(t), np.sin(t))], 1) * (1, squeeze)
    upright = rng.random() < 0.35  # rooms are full of level edges
    angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.03) if upright else rng.uniform(0, 2 * np.pi)
    return points @ _turn(angle) * radius


def _turn(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([(c, s), (-s, c)])


# Groups: what a room shows that lone leaves do not


def _place(rng: np.random.Generator, side: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Center, turn and size of a group."""
    angle = rng.normal(0, 0.08) if rng.random() < 0.6 else rng.uniform(0, 2 * np.pi)
    return rng.uniform(0, 1, 2) * side, _turn(angle), side * np.exp(rng.uniform(np.log(low), np.log(high)))


def _spines(rng: np.random.Generator, image: np.ndarray, palette: np.ndarray) -> None:
    """A row of upright boxes: books, slats, drawers."""
    center, turn, size = _place(rng, image.shape[0], 0.1, 0.5)
    x, height = -size, size * rng.uniform(0.15, 0.8)
    thin = rng.uniform(3, 30)
    while x < size:
        width = thin * rng.uniform(0.5, 1.8)
        top = height * rng.uniform(0.75, 1)
        box = np.array([(x, -top), (x + width, -top), (x + width, height), (x, height)])
        _fill(rng, image, box @ turn + center, _color(rng, palette), _texture_contrast(rng) * 0.5)
        x += width + rng.uniform(0, 2)


def _bars(rng: np.random.Generator, image: np.ndarray, palette: np.ndarray) -> None:
    """Parallel thin lines, sometimes crossed: blinds, railings, window bars, cane."""
    side = image.shape[0]
    center, turn, size = _place(rng, side, 0.08, 0.5)
    pitch, crossed = np.exp(rng.uniform(np.log(5), np.log(60))), rng.random() < 0.4
    width = max(1.0, pitch * rng.uniform(0.1, 0.5))
    color, fan = _color(rng, palette), rng.uniform(-0.3, 0.3)
    for across in range(1 + crossed):
        for offset in np.arange(-size, size, pitch):
            a, b = np.array([offset, -size]), np.array([offset * (1 + fan), size])
            n = np.array([width / 2, 0])
            line = np.array([a - n, a + n, b + n, b - n])
            _fill(rng, image, (line[:, ::-1] if across else line) @ turn + center, color, 0)


def _strands(rng: np.random.Generator, image: np.ndarray, palette: np.ndarray) -> None:
    """Many thin curves: fur, fringe, cables, grass."""
    side = image.shape[0]
    center, turn, size = _place(rng, side, 0.04, 0.3)
    base, bend = _color(rng, palette), rng.normal(0, 0.4)
    t = np.linspace(0, 1, 10)
    for _ in range(int(rng.integers(4, 220))):
        start, length = rng.normal(0, size * 0.5, 2), size * rng.uniform(0.3, 1.2)
        sway = bend + rng.normal(0, 0.25)
        curve = (np.stack([t, sway * t * t], 1) * length + start) @ turn + center
        color = np.clip(base * rng.uniform(0.6, 1.4), 0, 1)
        _stroke(image, curve, color, int(rng.integers(1, 5)))


def _stroke(image: np.ndarray, curve: np.ndarray, color: np.ndarray, width: int) -> None:
    """An antialiased open line, blended over its own box."""
    side = image.shape[0]
    x0, y0 = np.clip(np.floor(curve.min(0)).astype(int) - width - 2, 0, side)
    x1, y1 = np.clip(np.ceil(curve.max(0)).astype(int) + width + 3, 0, side)
    if x1 <= x0 or y1 <= y0:
        return
    mask = np.zeros((int(y1 - y0), int(x1 - x0)), np.uint8)
    local = np.round((curve - (x0, y0)) * 16).astype(np.int32)
    cv2.polylines(mask, [local.reshape(-1, 1, 2)], False, 255, width, cv2.LINE_AA, 4)
    window = image[y0:y1, x0:x1]
    window += (mask.astype(np.float32) / 255)[..., None] * (color - window)


def _foliage(rng: np.random.Generator, image: np.ndarray, palette: np.ndarray) -> None:
    """A cluster of similar small shapes: leaves, pebbles, crumbs, buttons."""
    side = image.shape[0]
    center, _, size = _place(rng, side, 0.03, 0.3)
    base, radius = _color(rng, palette), np.exp(rng.uniform(np.log(3), np.log(24)))
    shape = _outline(rng, radius)
    for _ in range(int(rng.integers(20, 250))):
        points = shape @ _turn(rng.uniform(0, 6.3)) * rng.uniform(0.4, 1.3) + center + rng.normal(0, size, 2)
        color = np.clip(base * rng.uniform(0.4, 1.5) + rng.normal(0, 0.03, 3), 0, 1).astype(np.float32)
        _fill(rng, image, points, color, 0)


def _lettering(rng: np.random.Generator, image: np.ndarray, palette: np.ndarray) -> None:
    """Lines of stroke-font characters, turned."""
    side = image.shape[0]
    center, turn, _ = _place(rng, side, 0.1, 0.5)
    font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX,
                           cv2.FONT_HERSHEY_SCRIPT_COMPLEX]))
    scale = np.exp(rng.uniform(np.log(0.35), np.log(3)))
    mask, thickness = np.zeros((360, 640), np.uint8), int(rng.integers(1, 2 + int(2 * scale)))
    for row in range(int(rng.integers(1, 7))):
        text = "".join(chr(c) for c in rng.integers(33, 127, int(rng.integers(3, 26))))
        cv2.putText(mask, text, (8, int((row + 1) * 36 * scale)), font, scale, 255, thickness, cv2.LINE_AA)
    matrix = np.concatenate([turn.T, (center - turn.T @ (320, 180))[:, None]], 1)
    mask = cv2.warpAffine(mask, matrix, (side, side), flags=cv2.INTER_LINEAR)
    rows, cols = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if len(rows):
        box = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        _blend(rng, image[box], mask[box], _color(rng, palette), 0)


_GROUPS = (_spines, _bars, _strands, _foliage, _lettering, _panel)


# Camera


def _defocus(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Blur what is painted so far by a disk or a Gaussian."""
    radius = float(np.exp(rng.uniform(np.log(0.8), np.log(10))))
    if rng.random() < 0.5:
        return cv2.GaussianBlur(image, (0, 0), radius)
    n = 2 * int(np.ceil(radius)) + 1
    y, x = np.mgrid[:n, :n] - n // 2
    disk = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return cv2.filter2D(image, -1, disk / disk.sum(), borderType=cv2.BORDER_REFLECT)


def _expose(rng: np.random.Generator, image: np.ndarray, size: int) -> np.ndarray:
    """Lens, reduction to `size`, tone, a little sharpening, 8 bits."""
    lens = rng.uniform(0, 1.3)
    if lens > 0.3:
        image = cv2.GaussianBlur(image, (0, 0), lens)
    image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    image = np.clip(image, 0, 1) ** rng.uniform(0.75, 1.35)
    if rng.random() < 0.5:  # haze, or a dim room
        low, high = np.sort(rng.uniform(0, 1, 2))
        image = low + max(high - low, 0.15) * image
    if rng.random() < 0.3:
        image = image + rng.uniform(0.1, 0.5) * (image - cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.2)))
    if rng.random() < 0.3:
        image = image + rng.normal(0, rng.uniform(0.002, 0.01), image.shape).astype(np.float32)
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
