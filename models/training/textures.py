"""Procedural textures for the training rooms: fabric, wood, tiles, brick, books, plaid and "pictures".

Everything is tileable, drawn from one seed, and kept as a mip pyramid so that a renderer can look a
texel up at the level that fits the pixel's footprint.
"""

from __future__ import annotations

import cv2
import numpy as np

SIZE = 128
"""Texels per side of the finest level."""

LEVELS = 5
"""Mip levels: 128, 64, 32, 16, 8."""


def fractal_noise(rng: np.random.Generator, size: int, slope: float, stretch: float = 1.0) -> np.ndarray:
    """Tileable noise with a power spectrum 1/f^slope, zero mean, unit deviation, `[size, size]`.

    `stretch` above 1 draws the noise out along x (brushed metal, wood grain).
    """
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None]
    radius = np.sqrt(fy**2 + (fx * stretch) ** 2)
    radius[0, 0] = 1.0
    spectrum = np.fft.fft2(rng.standard_normal((size, size))) / radius ** (slope / 2 + 0.5)
    spectrum[0, 0] = 0
    noise = np.fft.ifft2(spectrum).real
    return noise / (noise.std() + 1e-6)


def random_color(rng: np.random.Generator) -> np.ndarray:
    """An interior's colour: mostly muted, sometimes strong, sRGB-ish 0..1, `[3]`."""
    hue, saturation = rng.uniform(0, 180), rng.beta(1.1, 2.6) * 230
    if rng.random() < 0.45:
        hue = rng.normal(14, 8) % 180  # wood, leather, skin tones of a room
    value = 255 * np.clip(rng.beta(1.5, 1.3), 0.04, 0.97)
    return cv2.cvtColor(np.uint8([[[hue, saturation, value]]]), cv2.COLOR_HSV2RGB)[0, 0] / 255.0


def _mix(t: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    t = np.clip(t, 0, 1)[..., None]
    return a * (1 - t) + b * t


def _grid() -> tuple[np.ndarray, np.ndarray]:
    return np.meshgrid(np.arange(SIZE) / SIZE, np.arange(SIZE) / SIZE)


def cloth(rng: np.random.Generator) -> np.ndarray:
    shade = fractal_noise(rng, SIZE, rng.uniform(0.2, 2.2), rng.uniform(0.5, 2))
    return 0.5 + 0.14 * shade[..., None] * (1 + 0.15 * rng.standard_normal(3))


def wood(rng: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    grain = fractal_noise(rng, SIZE, 1.2, rng.uniform(6, 14)).T
    rings = np.sin(2 * np.pi * (rng.integers(2, 7) * x) + rng.uniform(0.5, 2.5) * fractal_noise(rng, SIZE, 2.5, 4).T)
    out = 0.5 + 0.11 * grain + rng.uniform(0, 0.12) * rings
    planks = rng.integers(1, 6)
    step = rng.standard_normal(planks + 1)[np.minimum((x * planks).astype(int), planks)] * rng.uniform(0, 0.12)
    seam = (np.abs((x * planks) % 1 - 0.5) > 0.47) * rng.uniform(0, 0.3)
    return np.repeat((out + step - seam)[..., None], 3, 2) * (1 + 0.08 * rng.standard_normal(3))


def weave(rng: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    n = int(rng.integers(6, 24))
    checks = np.sin(2 * np.pi * n * x) * np.sin(2 * np.pi * n * y)
    return cloth(rng) * 0.6 + 0.2 + 0.2 * np.sign(checks)[..., None] * rng.uniform(0.2, 1)


def tiles(rng: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    nx, ny = int(rng.integers(1, 6)), int(rng.integers(1, 9))
    row = (y * ny).astype(int)
    shifted = x * nx + (0.5 * (row % 2) if rng.random() < 0.5 else 0)
    gap = rng.uniform(0.02, 0.1)
    joint = ((shifted % 1) < gap) | (((y * ny) % 1) < gap)
    tone = rng.standard_normal((ny, nx + 2, 3)) * 0.04 + rng.standard_normal((ny, nx + 2, 1)) * rng.uniform(0, 0.15)
    base = 0.52 + tone[row % ny, shifted.astype(int) % nx] + 0.05 * fractal_noise(rng, SIZE, 1.5)[..., None]
    return np.where(joint[..., None], rng.uniform(0.1, 0.9), base)


def herringbone(rng: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    n = int(rng.integers(2, 5)) * 2
    column = (x * n).astype(int)
    slant = y * n + np.where(column % 2 == 0, 1, -1) * (x * n % 1)
    tone = rng.standard_normal((n, 2 * n)) * 0.12
    base = 0.5 + tone[column % n, (slant.astype(int)) % (2 * n)]
    return np.repeat((base - 0.2 * ((slant % 1) < 0.07))[..., None], 3, 2)


def stripes(rng: np.random.Generator) -> np.ndarray:
    x, y = _grid()
    n = int(rng.integers(1, 12))
    profile = np.sin(2 * np.pi * n * x) + rng.uniform(0, 1) * np.sin(2 * np.pi * (n * int(rng.integers(2, 5))) * x + 1)
    a, b = random_color(rng), random_color(rng)
    out = _mix(0.5 + rng.uniform(0.4, 3) * profile, a, b)
    if rng.random() < 0.4:  # plaid
        out = 0.5 * (out + out.transpose(1, 0, 2))
    return out


def dead_leaves(rng: np.random.Generator) -> np.ndarray:
    """Discs and boxes of many sizes over each other: stands in for pictures, prints and clutter."""
    canvas = np.ones((SIZE, SIZE, 3), np.float32) * random_color(rng).astype(np.float32)
    for _ in range(int(rng.integers(8, 120))):
        radius = SIZE * np.exp(rng.uniform(np.log(0.02), np.log(0.35)))
        cx, cy = rng.uniform(0, SIZE, 2)
        color = tuple(float(v) for v in random_color(rng))
        kind = rng.integers(3)
        if kind == 0:
            axes = (int(radius) + 1, int(radius * rng.uniform(0.2, 1)) + 1)
            cv2.ellipse(canvas, (int(cx), int(cy)), axes, rng.uniform(0, 180), 0, 360, color, -1, cv2.LINE_AA)
        else:
            box = cv2.boxPoints(((cx, cy), (radius * 2, radius * 2 * rng.uniform(0.1, 1)), rng.uniform(0, 90) * (kind == 1)))
            cv2.fillPoly(canvas, [box.astype(np.int32)], color, cv2.LINE_AA)
    return canvas + 0.03 * fractal_noise(rng, SIZE, 1)[..., None]


def floral(rng: np.random.Generator) -> np.ndarray:
    ground, canvas = random_color(rng), None
    canvas = np.ones((SIZE, SIZE, 3)) * ground
    for _ in range(int(rng.integers(1, 4))):
        blob = fractal_noise(rng, SIZE, rng.uniform(2, 3.5))
        canvas = _mix((blob - rng.uniform(0.2, 1.2)) * 6, canvas, random_color(rng))
    return canvas


def books(rng: np.random.Generator) -> np.ndarray:
    canvas = np.full((SIZE, SIZE, 3), 0.12)
    rows = int(rng.integers(1, 5))
    for row in range(rows):
        x = 0
        while x < SIZE:
            width, height = int(rng.integers(3, 12)), rng.uniform(0.6, 0.95)
            top = int(SIZE * (row + 1 - height) / rows)
            if rng.random() < 0.93:
                canvas[top : SIZE * (row + 1) // rows - 3, x : x + width] = random_color(rng) * rng.uniform(0.6, 1)
            canvas[:, x : x + 1] *= 0.6
            x += width
    return canvas


KINDS = (cloth, wood, weave, tiles, herringbone, stripes, dead_leaves, floral, books)


class Bank:
    """A set of textures as one flat pyramid, `texels` f32 `[n * stride, 3]`, with the indices of each kind."""

    def __init__(self, seed: int, count: int = 160) -> None:
        rng = np.random.default_rng(seed)
        self.of_kind: dict[str, list[int]] = {kind.__name__: [] for kind in KINDS}
        rows = []
        for index in range(count):
            kind = KINDS[index % len(KINDS)]
            self.of_kind[kind.__name__].append(index)
            level = np.clip(kind(rng), 0.02, 0.98).astype(np.float32)
            if kind in (cloth, wood, weave, tiles, herringbone):
                level = np.clip(level - level.mean((0, 1)) + 0.5, 0.02, 0.98)
            pyramid = []
            for _ in range(LEVELS):
                pyramid.append(level.reshape(-1, 3))
                level = cv2.resize(level, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            rows.append(np.concatenate(pyramid))
        self.stride = rows[0].shape[0]
        self.offsets = [sum((SIZE >> j) ** 2 for j in range(i)) for i in range(LEVELS)]
        self.texels = np.concatenate(rows)

    def pick(self, rng: np.random.Generator, *kinds: str) -> int:
        """A random texture's index, of one of the kinds named (of any, where none is)."""
        names = kinds or tuple(self.of_kind)
        return int(rng.choice(self.of_kind[names[rng.integers(len(names))]]))

    def picture(self, index: int) -> np.ndarray:
        """The finest level of one texture, `[128, 128, 3]`, 0..1."""
        start = index * self.stride
        return self.texels[start : start + SIZE * SIZE].reshape(SIZE, SIZE, 3)
