"""Random furnished rooms as lists of rotated rounded boxes (numpy only; `renderer` draws them).

Units are metres; x right, y up, z towards the camera's side of the room; the floor is y = 0 and the room
is centred on x = z = 0. A piece of furniture is one instance with everything that belongs to it: a sofa
keeps its cushions and the throw on it, whatever their colour, because that is what a retoucher replaces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from training.textures import Bank, random_color

OBJECT, FLOOR, WALL, CEILING = 0, 1, 2, 3
"""Layout classes, in the order of the layout head's channels."""

MAX_BOXES = 56
"""Boxes a rendered view keeps: the nearest ones in the camera's view."""


@dataclass
class Material:
    """`albedo = color * (1 + amount * (2 * texel - 1))`, `scale` repeats of the texture per metre."""

    color: np.ndarray
    texture: int
    scale: float
    amount: float
    gloss: float = 0.0
    glow: float = 0.0

    def shaded(self, factor: float) -> "Material":
        return Material(np.clip(self.color * factor, 0, 1), self.texture, self.scale, self.amount, self.gloss, self.glow)


@dataclass
class Box:
    center: tuple[float, float, float]
    half: tuple[float, float, float]
    radius: float
    material: Material
    turn: float = 0.0
    """Yaw in the piece's own frame, radians."""
    tilt: float = 0.0
    """Rotation about the box's own x axis, radians: leaning backs, splayed legs."""
    roll: float = 0.0
    """Rotation about the box's own z axis, radians."""


@dataclass
class Room:
    """One room with its camera, ready to be packed for the renderer."""

    size: tuple[float, float, float]
    boxes: list[tuple[Box, np.ndarray, np.ndarray, int, int]] = field(default_factory=list)
    """(box, world centre [3], world rotation [3, 3], instance, layout class)."""


def rotation(yaw: float, tilt: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """World-from-local rotation: yaw about y, then tilt about x, then roll about z, `[3, 3]`."""
    cy, sy, ct, st, cr, sr = math.cos(yaw), math.sin(yaw), math.cos(tilt), math.sin(tilt), math.cos(roll), math.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, ct, -st], [0, st, ct]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_y @ about_x @ about_z


class Furnisher:
    """Draws pieces of furniture; every draw comes from the one generator."""

    def __init__(self, rng: np.random.Generator, bank: Bank) -> None:
        self.rng, self.bank = rng, bank
        # A suite: seats of one cloth side by side, which only their shapes tell apart.
        self.suite = self.fabric() if self.chance(0.35) else None

    def u(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    # Materials -----------------------------------------------------------------------------------

    def fabric(self) -> Material:
        plain = self.chance(0.75)
        texture = self.bank.pick(self.rng, "cloth", "weave") if plain else self.bank.pick(self.rng, "stripes", "floral", "dead_leaves")
        amount = self.u(0, 0.6) if plain else self.u(0.3, 1)
        color = random_color(self.rng) if plain else np.clip(random_color(self.rng) * 0.6 + 0.3, 0, 1)
        return Material(color, texture, math.exp(self.u(-0.5, 1.6)), amount, self.u(0.1, 0.6) if self.chance(0.2) else 0)

    def upholstery(self) -> Material:
        """The cloth of a seat: the room's suite, a little lighter or darker, or one of its own."""
        return self.suite.shaded(self.u(0.85, 1.15)) if self.suite and self.chance(0.75) else self.fabric()

    def timber(self) -> Material:
        color = np.clip(np.array([0.62, 0.43, 0.27]) * self.u(0.15, 1.45) + self.rng.normal(0, 0.04, 3), 0.02, 1)
        if self.chance(0.3):
            color = random_color(self.rng)
        return Material(color, self.bank.pick(self.rng, "wood"), self.u(0.5, 3), self.u(0, 0.9), self.u(0, 0.5))

    def metal(self) -> Material:
        return Material(np.full(3, self.u(0.02, 0.8)) * (1 + self.rng.normal(0, 0.05, 3)), 0, 1, 0, self.u(0.3, 1))

    def frame(self) -> Material:
        return self.timber() if self.chance(0.65) else self.metal()

    def anything(self) -> Material:
        return Material(random_color(self.rng), self.bank.pick(self.rng), math.exp(self.u(-1, 2)), self.u(0, 0.9) ** 1.5)

    # Parts ---------------------------------------------------------------------------------------

    def legs(self, hx: float, hz: float, height: float, material: Material, thick: float = 0.022) -> list[Box]:
        thick *= self.u(0.6, 1.6)
        splay = self.u(0, 0.22) if self.chance(0.4) else 0.0
        out = []
        for sx in (-1, 1):
            for sz in (-1, 1):
                center = (sx * (hx - thick), height / 2, sz * (hz - thick))
                out.append(Box(center, (thick, height / 2, thick), self.u(0, thick), material, tilt=-sz * splay, roll=sx * splay))
        return out

    def cushion(self, x: float, y: float, z: float, material: Material) -> Box:
        size = self.u(0.17, 0.27)
        return Box((x, y + size * 0.9, z), (size * self.u(0.9, 1.3), size, self.u(0.06, 0.1)), 0.07, material, self.u(-0.5, 0.5), -self.u(0.1, 0.6), self.u(-0.5, 0.5) if self.chance(0.4) else 0)

    def clothes(self, x: float, y: float, z: float) -> list[Box]:
        """A heap of cloth left on a piece: it goes with the piece."""
        out = []
        for _ in range(int(self.rng.integers(1, 4))):
            half = (self.u(0.1, 0.3), self.u(0.02, 0.08), self.u(0.1, 0.28))
            spot = (x + self.u(-0.15, 0.15), y + half[1] + self.u(0, 0.08), z + self.u(-0.1, 0.2))
            out.append(Box(spot, half, half[1] * 0.95, self.fabric(), self.u(-3, 3), self.u(-0.4, 0.4), self.u(-0.4, 0.4)))
        return out

    # Pieces: each returns boxes in its own frame and its half footprint (x, z) ------------------------

    def seat_run(self, seats: int, arms: tuple[bool, bool], cloth: Material, accent: Material, leg: Material) -> tuple[list[Box], float, float]:
        """A straight sofa or armchair: base, back, arms, seat and back cushions, legs, throws."""
        width, depth = self.u(0.52, 0.78) * seats, self.u(0.75, 1.05)
        seat, back, arm = self.u(0.36, 0.5), self.u(0.66, 1.05), self.u(0.06, 0.26)
        foot, soft, lean = (self.u(0.0, 0.2) if self.chance(0.7) else 0.0), self.u(0.02, 0.11), self.u(0.0, 0.3)
        thick = self.u(0.07, 0.14)
        boxes = [Box((0, (foot + seat * 0.68) / 2, 0), (width / 2, (seat * 0.68 - foot) / 2 + 0.01, depth / 2), soft * 0.5, cloth)]
        boxes.append(Box((0, (back + foot) / 2, -depth / 2 + thick), (width / 2, (back - foot) / 2, thick), soft, cloth, tilt=-lean * 0.5))
        arm_top = seat + self.u(0.06, 0.28)
        for side, present in zip((-1, 1), arms):
            if present:
                boxes.append(Box((side * (width / 2 + arm * 0.4), (arm_top + foot) / 2, 0), (arm / 2, (arm_top - foot) / 2, depth / 2), min(soft, arm / 2), cloth))
        split = seats if self.chance(0.75) else max(1, seats // 2)
        cell = (width - 0.04) / split
        pillow = cloth.shaded(self.u(0.85, 1.15)) if self.chance(0.75) else accent
        loose_back = self.chance(0.65)
        for j in range(split):
            x = (j - (split - 1) / 2) * cell
            boxes.append(Box((x, seat * 0.84, 0.06), (cell / 2 - 0.006, seat * 0.16, depth / 2 - 0.06), 0.06, pillow))
            if loose_back:
                boxes.append(Box((x, seat + 0.2, -depth / 2 + 2 * thick + 0.08), (cell / 2 - 0.01, self.u(0.17, 0.26), 0.09), 0.085, pillow, tilt=-lean))
        if self.chance(0.55):
            for _ in range(int(self.rng.integers(1, 2 + seats))):
                boxes.append(self.cushion(self.u(-0.4, 0.4) * width, seat, -depth / 2 + 2 * thick + 0.2, accent if self.chance(0.6) else self.fabric()))
        if self.chance(0.25):
            boxes += self.clothes(self.u(-0.3, 0.3) * width, seat, 0)
        if self.chance(0.15):  # a throw over the back or the arm
            boxes.append(Box((self.u(-0.3, 0.3) * width, (back + seat) / 2 + 0.06, -depth / 2 + thick), (self.u(0.15, 0.4), (back - seat) / 2 + 0.02, thick + 0.03), 0.05, self.fabric(), tilt=-lean * 0.5))
        if foot > 0.03:
            boxes += self.legs(width / 2, depth / 2, foot + 0.02, leg)
        return boxes, width / 2 + arm, depth / 2

    def sofa(self) -> tuple[list[Box], float, float]:
        cloth, accent, leg = self.upholstery(), self.fabric(), self.frame()
        seats = int(self.rng.integers(2, 5))
        boxes, hx, hz = self.seat_run(seats, (True, True) if self.chance(0.8) else (False, self.chance(0.5)), cloth, accent, leg)
        if self.chance(0.35):  # corner: a second run or a chaise in front of one end
            side, length = (1 if self.chance(0.5) else -1), self.u(0.5, 1.3)
            wide, seat = self.u(0.35, 0.5), 0.42
            x, z = side * (hx - wide), hz + length / 2 - 0.1
            boxes.append(Box((x, seat * 0.45, z), (wide, seat * 0.42, length / 2 + 0.1), 0.04, cloth))
            boxes.append(Box((x, seat * 0.85, z), (wide - 0.01, seat * 0.16, length / 2 + 0.08), 0.06, cloth.shaded(self.u(0.9, 1.1))))
            if self.chance(0.5):
                boxes.append(Box((side * (hx - 0.08), 0.42, z), (0.1, 0.38, length / 2 + 0.1), 0.06, cloth))
            hz += length
        return boxes, hx, hz

    def armchair(self) -> tuple[list[Box], float, float]:
        return self.seat_run(1, (True, True) if self.chance(0.85) else (False, False), self.upholstery(), self.fabric(), self.frame())

    def chair(self) -> tuple[list[Box], float, float]:
        """Thin legs, an open or closed back, sometimes arms: desk, dining and lounge chairs."""
        wood, pad = self.frame(), (self.fabric() if self.chance(0.6) else None)
        base = wood if self.chance(0.5) else self.frame()
        hx, hz, seat, back = self.u(0.2, 0.32), self.u(0.2, 0.32), self.u(0.38, 0.5), self.u(0.3, 0.6)
        thick, lean = self.u(0.015, 0.06), self.u(0, 0.3)
        boxes = [Box((0, seat - thick, 0), (hx, thick, hz), thick * 0.8, pad or wood)]
        style, zback = self.rng.integers(4), -hz - math.sin(lean) * back * 0.4
        lift = self.u(0.0, 0.12)
        if style == 0:
            boxes.append(Box((0, seat + back / 2 + lift, zback), (hx, back / 2, thick), thick * 0.8, pad or wood, tilt=-lean))
        else:
            for side in (-1, 1):
                boxes.append(Box((side * (hx - 0.02), seat + back / 2, zback), (0.018, back / 2 + 0.03, 0.018), 0.01, wood, tilt=-lean))
            rails = int(self.rng.integers(1, 4))
            for j in range(rails):
                y = (j + 0.7) / rails * back
                boxes.append(Box((0, seat + y, zback - math.sin(lean) * (y - back / 2)), (hx, self.u(0.02, 0.35 * back / rails), 0.014), 0.01, (pad or wood) if style == 2 else wood, tilt=-lean))
        if self.chance(0.35):
            boxes += self.swivel(seat, max(hx, hz), base)
        else:
            boxes += self.legs(hx, hz, seat, base, 0.018)
        if self.chance(0.4):
            for side in (-1, 1):
                boxes.append(Box((side * hx, seat + 0.22, -0.02), (0.025, 0.018, hz), 0.015, wood))
                boxes.append(Box((side * hx, seat + 0.11, hz * 0.8), (0.018, 0.11, 0.018), 0.012, wood))
        if self.chance(0.2):
            boxes += self.clothes(0, seat, 0)
        return boxes, hx, hz

    def swivel(self, seat: float, reach: float, metal: Material) -> list[Box]:
        """A column on a star of four or five sloping feet, sometimes on castors."""
        arms, flat = int(self.rng.integers(4, 6)), self.u(0.012, 0.03)
        boxes = [Box((0, seat / 2 + 0.03, 0), (0.028, seat / 2 - 0.03, 0.028), 0.028, metal)]
        turn = self.u(0, 2)
        for k in range(arms):
            angle = turn + k * 2 * math.pi / arms
            x, z = math.sin(angle) * reach, math.cos(angle) * reach
            boxes.append(Box((x / 2, 0.075, z / 2), (self.u(0.015, 0.035), flat, reach / 2), flat, metal, turn=angle, tilt=self.u(0, 0.2)))
            if arms == 5:
                boxes.append(Box((x, 0.03, z), (0.03, 0.03, 0.03), 0.03, metal.shaded(0.6)))
        return boxes

    def bench(self) -> tuple[list[Box], float, float]:
        """An open frame seen through: cast ends, a seat of slats or cane, a back of bars, lattice or rails."""
        frame, seat_of = self.frame(), (self.fabric() if self.chance(0.5) else self.timber())
        hx, hz, seat, back = self.u(0.5, 0.95), self.u(0.2, 0.32), self.u(0.38, 0.48), self.u(0.35, 0.6)
        thin, zback = self.u(0.007, 0.02), -hz
        boxes = [Box((0, seat, 0), (hx, 0.02, hz), 0.01, frame), Box((0, seat + 0.012, 0), (hx * 0.96, 0.014, hz * 0.92), 0.01, seat_of)]
        boxes += [Box((0, seat + back, zback), (hx, self.u(0.015, 0.06), 0.02), 0.012, frame), Box((0, seat + self.u(0.04, 0.12), zback), (hx, self.u(0.01, 0.03), 0.015), 0.01, frame)]
        style = int(self.rng.integers(3))
        for j in range(int(self.rng.integers(6, 13))) if style == 0 else ():
            boxes.append(Box((self.u(-1, 1) * hx * 0.95, seat + back / 2, zback), (thin, back / 2, thin), thin, frame))
        if style == 1:
            cells = int(self.rng.integers(4, 8))
            for j in range(cells):
                x = ((j + 0.5) / cells * 2 - 1) * hx
                slant = math.atan2(2 * hx / cells, back)
                boxes += [Box((x, seat + back / 2, zback), (thin, back / 2 / math.cos(slant), thin), thin, frame, roll=way * slant) for way in (-1, 1)]
        for j in range(int(self.rng.integers(2, 5))) if style == 2 else ():
            boxes.append(Box((0, seat + (j + 1) / 5 * back, zback), (hx, self.u(0.01, 0.035), 0.012), 0.008, seat_of))
        for side in (-1, 1):
            boxes.append(Box((side * hx, (seat + back) / 2, zback), (0.024, (seat + back) / 2, 0.024), 0.015, frame))
            boxes.append(Box((side * hx, seat / 2 + 0.1, hz), (0.022, seat / 2 + 0.1, 0.022), 0.015, frame))
            boxes.append(Box((side * hx, seat + 0.21, 0), (0.028, 0.018, hz), 0.015, frame))
            boxes.append(Box((side * hx, seat * 0.35, 0), (thin, thin, hz), thin, frame))
        for z in (hz, -hz) if self.chance(0.6) else ():
            boxes.append(Box((0, seat * self.u(0.25, 0.6), z), (hx, thin, thin), thin, frame))
        return boxes, hx, hz

    def recliner(self) -> tuple[list[Box], float, float]:
        """One or two wide seats with their footrests out; every cushion catches the light differently."""
        cloth, seats = self.upholstery(), int(self.rng.integers(1, 3))
        wide, hz, seat, back, arm = self.u(0.32, 0.42), self.u(0.4, 0.5), self.u(0.4, 0.5), self.u(0.85, 1.1), self.u(0.1, 0.16)
        hx = wide * seats
        part = lambda: cloth.shaded(self.u(0.6, 1.35))
        boxes = [Box((0, seat * 0.42, 0), (hx, seat * 0.38, hz), 0.05, part())]
        for side in (-1, 1):
            boxes.append(Box((side * (hx + arm), 0.31, 0), (arm, 0.31, hz), arm * 0.8, part()))
        out, drop = self.u(0.25, 0.5), self.u(0, 0.2)
        for j in range(seats):
            x = (2 * j + 1 - seats) * wide
            boxes += [Box((x, seat + 0.2 + 0.26 * row, -hz + 0.16 - 0.05 * row), (wide - 0.01, 0.15, 0.13), 0.12, part(), tilt=-0.25) for row in range(2)]
            boxes.append(Box((x, seat * 0.9, 0.08), (wide - 0.01, 0.1, hz - 0.1), 0.09, part()))
            if self.chance(0.7):
                boxes.append(Box((x, seat * 0.8 - drop / 2, hz + out / 2), (wide - 0.02, 0.06, out / 2 + 0.05), 0.05, part(), tilt=drop))
        boxes.append(Box((0, back * 0.48, -hz + 0.04), (hx, back * 0.46, 0.08), 0.07, part()))
        if self.chance(0.4):
            boxes += self.clothes(self.u(-0.3, 0.3) * hx, seat + 0.08, 0)
        return boxes, hx + 2 * arm, hz

    def settee(self) -> tuple[list[Box], float, float]:
        """A wooden bench with arms and a back of spindles, as wide as a sofa; often a cushion on it."""
        wood = self.timber()
        hx, hz, seat, back = self.u(0.45, 1.0), self.u(0.2, 0.32), self.u(0.38, 0.48), self.u(0.35, 0.6)
        thick, lean = self.u(0.008, 0.016), self.u(0, 0.2)
        boxes = [Box((0, seat, 0), (hx, self.u(0.015, 0.04), hz), 0.01, wood)]
        zback = -hz - math.sin(lean) * back / 2
        spindles = int(self.rng.integers(6, 15))
        for j in range(spindles):
            x = ((j + 0.5) / spindles * 2 - 1) * hx
            boxes.append(Box((x, seat + back / 2, zback), (thick, back / 2, thick), thick, wood, tilt=-lean))
        boxes.append(Box((0, seat + back, zback - math.sin(lean) * back / 2), (hx, self.u(0.02, 0.06), 0.02), 0.015, wood, tilt=-lean))
        for side in (-1, 1):
            boxes.append(Box((side * hx, seat + 0.22, 0), (0.03, 0.018, hz), 0.015, wood))
            boxes.append(Box((side * hx, seat + 0.11, hz * 0.8), (0.018, 0.11, 0.018), 0.012, wood))
        if self.chance(0.5):
            boxes.append(Box((0, seat + 0.06, 0), (hx * self.u(0.6, 0.98), 0.05, hz * 0.95), 0.045, self.fabric()))
        return boxes + self.legs(hx, hz, seat, wood, 0.02), hx, hz

    def bed(self) -> tuple[list[Box], float, float]:
        hx, hz, top = self.u(0.45, 0.95), self.u(0.95, 1.1), self.u(0.35, 0.6)
        sheet, wood = self.fabric(), self.frame()
        cover = sheet.shaded(self.u(0.85, 1.15)) if self.chance(0.4) else self.fabric()
        boxes = [Box((0, top * 0.35, 0), (hx, top * 0.3, hz), 0.02, wood), Box((0, top * 0.8, 0), (hx - 0.02, top * 0.22, hz - 0.02), 0.07, sheet)]
        reach = self.u(0.5, 0.95)
        boxes.append(Box((0, top * 0.72, hz * (1 - reach)), (hx + 0.02, top * self.u(0.28, 0.45), hz * reach), 0.06, cover))
        high = self.u(0.5, 1.3)
        boxes.append(Box((0, high / 2, -hz - 0.03), (hx + self.u(0, 0.1), high / 2, self.u(0.02, 0.06)), 0.02, wood if self.chance(0.5) else self.fabric()))
        for row in range(int(self.rng.integers(1, 3))):
            for x in (-0.5, 0.5) if hx > 0.6 else (0.0,):
                boxes.append(Box((x * hx, top + 0.1, -hz + 0.3 + 0.15 * row), (0.32, 0.16, 0.09), 0.085, sheet.shaded(self.u(0.9, 1.2)), tilt=-self.u(0.5, 1.3)))
        if self.chance(0.5):
            boxes.append(self.cushion(self.u(-0.4, 0.4), top, -hz + 0.55, self.fabric()))
        return boxes, hx, hz

    def table(self) -> tuple[list[Box], float, float]:
        hx, hz, top, wood = self.u(0.25, 0.9), self.u(0.22, 0.55), self.u(0.3, 0.78), self.frame()
        thick = self.u(0.01, 0.035)
        boxes = [Box((0, top, 0), (hx, thick, hz), thick * self.u(0, 1), wood)]
        style = self.rng.integers(4)
        if style == 0:
            boxes += [Box((0, top / 2, 0), (0.04, top / 2, 0.04), 0.04, wood), Box((0, 0.02, 0), (hx * 0.5, 0.02, hz * 0.5), 0.02, wood)]
        elif style == 1:
            boxes += [Box((s * hx * 0.8, top / 2, 0), (0.02, top / 2, hz * 0.9), 0.01, wood) for s in (-1, 1)]
        else:
            boxes += self.legs(hx, hz, top, wood if self.chance(0.7) else self.frame(), 0.026)
        if self.chance(0.3):
            boxes.append(Box((0, top * 0.3, 0), (hx * 0.9, 0.012, hz * 0.85), 0.005, wood))
        return boxes, hx, hz

    def cabinet(self) -> tuple[list[Box], float, float]:
        hx, hz, hy, wood = self.u(0.25, 0.95), self.u(0.18, 0.32), self.u(0.25, 1.1), self.frame()
        boxes = [Box((0, hy, 0), (hx, hy, hz), self.u(0, 0.03), wood)]
        if self.chance(0.6):  # open shelves, full of books
            full = Material(np.full(3, 0.5), self.bank.pick(self.rng, "books", "books", "dead_leaves"), self.u(0.8, 1.6), 1.0)
            shelves = int(np.clip(round(hy * 2 / 0.35), 1, 4))
            for j in range(shelves):
                boxes.append(Box((0, hy * 2 * (j + 0.52) / shelves, 0.02), (hx - 0.03, hy / shelves - 0.025, hz), 0, full))
        else:
            doors = int(self.rng.integers(1, 4))
            for j in range(doors):
                boxes.append(Box(((j + 0.5) / doors * 2 * hx - hx, hy, 0.01), (hx / doors - 0.012, hy - 0.03, hz), 0.004, wood.shaded(self.u(0.8, 1.2))))
        return boxes, hx, hz

    def lamp(self) -> tuple[list[Box], float, float]:
        height, metal, spread = self.u(1.2, 1.8), self.frame(), self.u(0.1, 0.28)
        shade = Material(np.clip(random_color(self.rng) * 0.4 + 0.5, 0, 1), 0, 1, 0, glow=self.u(0, 1.5) if self.chance(0.5) else 0)
        return [Box((0, height / 2, 0), (0.013, height / 2, 0.013), 0.013, metal), Box((0, 0.015, 0), (0.14, 0.015, 0.14), 0.012, metal), Box((0, height, 0), (spread, self.u(0.09, 0.2), spread), spread * self.u(0.2, 0.95), shade)], 0.15, 0.15

    def plant(self) -> tuple[list[Box], float, float]:
        pot, height, spread = self.u(0.1, 0.25), self.u(0.5, 1.6), self.u(0.15, 0.4)
        leaf = Material(np.array([self.u(0.08, 0.35), self.u(0.25, 0.55), self.u(0.03, 0.25)]), self.bank.pick(self.rng, "cloth"), 3, self.u(0.2, 0.8))
        boxes = [Box((0, pot, 0), (pot * 0.9, pot, pot * 0.9), pot * 0.5, self.anything())]
        for _ in range(int(self.rng.integers(5, 9))):
            length = self.u(0.12, 0.4)
            boxes.append(Box((self.u(-1, 1) * spread, pot * 2 + self.u(0.05, 1) * (height - pot * 2), self.u(-1, 1) * spread), (length * self.u(0.15, 0.6), length, 0.012), 0.012, leaf.shaded(self.u(0.6, 1.4)), self.u(-3, 3), self.u(-1, 1), self.u(-1, 1)))
        return boxes, spread, spread

    def pouf(self) -> tuple[list[Box], float, float]:
        hx, hy, hz = self.u(0.2, 0.5), self.u(0.15, 0.28), self.u(0.2, 0.45)
        foot = self.u(0.05, 0.16) if self.chance(0.4) else 0
        boxes = [Box((0, hy + foot, 0), (hx, hy, hz), hy * self.u(0.1, 0.95), self.fabric())]
        return boxes + (self.legs(hx, hz, foot + 0.04, self.frame()) if foot else []), hx, hz

    def clutter(self) -> tuple[list[Box], float, float]:
        half = (self.u(0.06, 0.3), self.u(0.05, 0.35), self.u(0.06, 0.3))
        return [Box((0, half[1], 0), half, min(half) * self.u(0, 1), self.anything())], half[0], half[2]

    def trinkets(self, top: float, hx: float, hz: float) -> list[list[Box]]:
        """What stands on a table: vases, books, bowls; instances of their own."""
        out = []
        for _ in range(int(self.rng.integers(0, 4))):
            half = (self.u(0.03, 0.14), self.u(0.01, 0.16), self.u(0.03, 0.12))
            out.append([Box((self.u(-0.8, 0.8) * hx, top + half[1], self.u(-0.8, 0.8) * hz), half, min(half) * self.u(0, 1), self.anything(), self.u(-2, 2))])
        return out


class RoomBuilder:
    """Fills a room with pieces that mostly do not run through each other."""

    def __init__(self, rng: np.random.Generator, bank: Bank) -> None:
        self.rng, self.make = rng, Furnisher(rng, bank)
        u = self.make.u
        self.room = Room((u(2.8, 5.6), u(2.3, 3.2), u(3.0, 6.5)))
        self.taken: list[tuple[float, float, float, float]] = []
        self.instances = 0

    def add(self, boxes: list[Box], x: float, z: float, yaw: float, layout: int = OBJECT) -> int:
        self.instances += 1
        turn = rotation(yaw)
        for box in boxes:
            center = turn @ np.array(box.center) + np.array([x, 0, z])
            self.room.boxes.append((box, center, turn @ rotation(box.turn, box.tilt, box.roll), self.instances, layout))
        return self.instances

    def place(self, piece: tuple[list[Box], float, float], against_wall: float) -> tuple[float, float, float] | None:
        """Finds a free spot (a few tries), against a wall with the probability given."""
        boxes, hx, hz = piece
        width, _, depth = self.room.size
        for _ in range(8):
            if self.make.chance(against_wall):
                side = self.rng.integers(4)
                gap = self.make.u(0.01, 0.15) + hz
                along = self.make.u(-0.5, 0.5)
                x, z, yaw = [(along * width, -depth / 2 + gap, 0.0), (-width / 2 + gap, along * depth, math.pi / 2), (width / 2 - gap, along * depth, -math.pi / 2), (along * width, depth / 2 - gap, math.pi)][side]
            else:
                x, z, yaw = self.make.u(-0.45, 0.45) * width, self.make.u(-0.45, 0.45) * depth, self.make.u(-3.14, 3.14)
            reach_x = abs(math.cos(yaw)) * hx + abs(math.sin(yaw)) * hz
            reach_z = abs(math.sin(yaw)) * hx + abs(math.cos(yaw)) * hz
            if not all(abs(x - a) > (reach_x + b) * 0.9 or abs(z - c) > (reach_z + d) * 0.9 for a, c, b, d in self.taken):
                continue
            self.taken.append((x, z, reach_x, reach_z))
            self.add(boxes, x, z, yaw)
            return x, z, yaw
        return None

    def fixtures(self) -> None:
        """Rugs, skirting, pictures, doors, shelves and curtains."""
        make, (width, height, depth) = self.make, self.room.size
        if make.chance(0.55):
            rug = make.fabric()
            rug.texture, rug.amount = make.bank.pick(self.rng, "stripes", "floral", "cloth", "weave", "dead_leaves"), make.u(0.1, 1)
            self.add([Box((0, 0.008, 0), (make.u(0.6, 1.6), 0.008, make.u(0.5, 1.2)), 0.003, rug)], make.u(-0.3, 0.3) * width, make.u(-0.3, 0.3) * depth, make.u(-3, 3) if make.chance(0.3) else 0, FLOOR)
        if make.chance(0.6):
            skirt, tall = make.timber().shaded(1), make.u(0.03, 0.08)
            skirt.color = np.full(3, make.u(0.1, 0.95))
            strips = [Box((0, tall, -depth / 2), (width / 2, tall, 0.015), 0, skirt), Box((-width / 2, tall, 0), (0.015, tall, depth / 2), 0, skirt), Box((width / 2, tall, 0), (0.015, tall, depth / 2), 0, skirt)]
            self.add(strips, 0, 0, 0, WALL)
        for _ in range(int(self.rng.integers(0, 5))):
            flat = Material(np.full(3, 0.5), make.bank.pick(self.rng, "dead_leaves", "floral", "stripes"), make.u(0.6, 2), 1.0)
            hx, hy = make.u(0.12, 0.6), make.u(0.15, 0.5)
            boxes = [Box((0, 0, 0), (hx, hy, 0.02), 0, make.frame()), Box((0, 0, 0.005), (hx * 0.88, hy * 0.88, 0.02), 0, flat)]
            self.on_wall(boxes, make.u(1.2, 1.9), WALL)
        if make.chance(0.3):
            door = make.timber()
            self.on_wall([Box((0, 0, 0), (0.45, 1.02, 0.02), 0, door), Box((0, 0, 0.01), (0.4, 0.98, 0.02), 0, door.shaded(make.u(0.7, 1.2)))], 1.0, WALL)
        if make.chance(0.45):
            cloth, tall = make.fabric(), make.u(0.8, height / 2)
            wide = make.u(0.1, 0.35)
            folds = [Box(((j - 1.5) * wide / 2, 0, make.u(0, 0.05)), (wide / 4 + 0.01, tall, 0.05), 0.045, cloth.shaded(make.u(0.85, 1.15))) for j in range(4)]
            self.on_wall(folds, tall + 0.02, OBJECT)
        if make.chance(0.3):
            self.on_wall([Box((0, 0, 0.12), (make.u(0.3, 0.8), 0.02, 0.12), 0, make.timber())] + [Box((make.u(-0.3, 0.3), 0.12, 0.1), (0.05, 0.1, 0.06), make.u(0, 0.05), make.anything()) for _ in range(3)], make.u(1, 1.8), OBJECT)

    def on_wall(self, boxes: list[Box], height: float, layout: int) -> None:
        width, _, depth = self.room.size
        along, side = self.make.u(-0.45, 0.45), self.rng.choice(3, p=[0.5, 0.25, 0.25])
        x, z, yaw = [(along * width, -depth / 2 + 0.02, 0.0), (-width / 2 + 0.02, along * depth, math.pi / 2), (width / 2 - 0.02, along * depth, -math.pi / 2)][side]
        for box in boxes:
            box.center = (box.center[0], box.center[1] + height, box.center[2])
        self.add(boxes, x, z, yaw, layout)

    def stand_before(self, piece: tuple[list[Box], float, float], spot: tuple[float, float, float]) -> None:
        """Something that hides a part of a piece from the front: a low table, a pouf, a plant, a heap."""
        make, (x, z, yaw) = self.make, spot
        boxes, _, depth = (make.table, make.pouf, make.plant, make.clutter, make.chair)[self.rng.integers(5)]()
        ahead, aside = piece[2] + depth + make.u(0.05, 0.4), make.u(-0.8, 0.8) * piece[1]
        self.add(boxes, x + math.cos(yaw) * aside + math.sin(yaw) * ahead, z - math.sin(yaw) * aside + math.cos(yaw) * ahead, yaw + make.u(-0.4, 0.4))

    def furnish(self) -> Room:
        make = self.make
        hero = (make.sofa, make.sofa, make.armchair, make.bed, make.recliner, make.chair, make.bench, make.settee, make.table)
        rest = (make.sofa, make.armchair, make.recliner, make.chair, make.chair, make.chair, make.bench, make.settee, make.table, make.table, make.cabinet, make.cabinet, make.lamp, make.plant, make.pouf, make.clutter, make.clutter)
        piece = hero[self.rng.integers(len(hero))]()
        spot = self.place(piece, 0.5)
        if spot and make.chance(0.35):
            self.stand_before(piece, spot)
        for _ in range(int(self.rng.integers(6, 15))):
            kind = rest[self.rng.integers(len(rest))]
            piece = kind()
            spot = self.place(piece, {"cabinet": 0.9, "chair": 0.2, "clutter": 0.3, "pouf": 0.2}.get(kind.__name__, 0.55))
            if spot and kind.__name__ in ("table", "cabinet"):
                top = max(b.center[1] + b.half[1] for b in piece[0])
                for boxes in make.trinkets(top, piece[1], piece[2]):
                    self.add(boxes, *spot)
        self.fixtures()
        return self.room


def look(rng: np.random.Generator, room: Room, portrait: bool) -> dict[str, np.ndarray]:
    """A photographer's camera: `position` [3], `rotation` [3, 3] world from camera, `focal` (image height = 2)."""
    width, height, depth = room.size
    position = np.array([rng.uniform(-0.44, 0.44) * width, rng.uniform(0.75, 1.75), rng.uniform(0.2, 0.48) * depth])
    pieces = [c for b, c, _, _, layout in room.boxes if layout == OBJECT and c[2] < position[2] - 0.8 and c[1] < 1.0]
    target = pieces[rng.integers(len(pieces))] if pieces and rng.random() < 0.8 else np.array([rng.uniform(-1, 1), 0.5, -1.0])
    delta = target - position
    yaw = math.atan2(-delta[0], -delta[2]) + rng.normal(0, 0.22)
    pitch = float(np.clip(math.atan2(delta[1], math.hypot(delta[0], delta[2])) * rng.uniform(0.2, 1.0) + rng.normal(0, 0.05), -0.55, 0.12))
    long_side = math.radians(rng.uniform(42, 88))
    focal = (1.0 if portrait else 4 / 3) / math.tan(long_side / 2)
    return {"position": position, "rotation": rotation(yaw, pitch, rng.normal(0, 0.025)), "focal": np.array(focal)}


def pack(rng: np.random.Generator, bank: Bank, portrait: bool) -> dict[str, np.ndarray]:
    """One random view as flat arrays for the renderer: the boxes nearest the camera, room, lights, camera."""
    builder = RoomBuilder(rng, bank)
    room, make = builder.furnish(), builder.make
    camera = look(rng, room, portrait)
    position, view, focal = camera["position"], camera["rotation"], float(camera["focal"])
    reach = (0.75 if portrait else 4 / 3, 1.0)
    # A piece that the camera stands in or right before is left out whole.
    too_near = {i for b, c, r, i, _ in room.boxes if np.linalg.norm(c - position) - np.linalg.norm(b.half) < 0.25}
    scored = []
    for entry in room.boxes:
        box, center, _, instance, _ = entry
        if instance in too_near:
            continue
        local = view.T @ (center - position)
        size, ahead = float(np.linalg.norm(box.half)), -local[2]
        outside = max(abs(local[0]) - (ahead + size) * reach[0] / focal, abs(local[1]) - (ahead + size) * reach[1] / focal)
        if ahead + size > 0.1 and outside < size * 1.5:
            scored.append((ahead - 3 * size * (entry[4] != OBJECT), entry))
    scored.sort(key=lambda s: s[0])
    kept = [entry for _, entry in scored[:MAX_BOXES]]
    n = MAX_BOXES
    out = {
        "center": np.tile(np.float32([0, -50, 0]), (n, 1)), "half": np.full((n, 3), 1e-3, np.float32), "radius": np.zeros(n, np.float32),
        "axes": np.tile(np.eye(3, dtype=np.float32), (n, 1, 1)), "color": np.zeros((n, 3), np.float32), "texture": np.zeros(n, np.int64),
        "scale": np.ones(n, np.float32), "amount": np.zeros(n, np.float32), "gloss": np.zeros(n, np.float32), "glow": np.zeros(n, np.float32),
        "instance": np.zeros(n, np.int64), "layout": np.zeros(n, np.int64),
    }
    for j, (box, center, axes, instance, layout) in enumerate(kept):
        material = box.material
        out["center"][j], out["half"][j], out["axes"][j] = center, np.maximum(box.half, 1e-3), axes
        out["radius"][j] = min(box.radius, *box.half)
        out["color"][j], out["texture"][j], out["scale"][j], out["amount"][j] = material.color, material.texture, material.scale, material.amount
        out["gloss"][j], out["glow"][j], out["instance"][j], out["layout"][j] = material.gloss, material.glow, instance, layout
    width, height, depth = room.size
    floor = make.timber() if make.chance(0.6) else Material(random_color(rng), bank.pick(rng, "tiles", "cloth", "weave"), make.u(0.4, 2), make.u(0.1, 0.7))
    if make.chance(0.5):
        floor.texture = bank.pick(rng, "wood", "herringbone", "tiles")
    wall = Material(np.clip(random_color(rng) * 0.5 + 0.45, 0, 1) if make.chance(0.75) else random_color(rng), bank.pick(rng) if make.chance(0.3) else bank.pick(rng, "cloth"), make.u(0.3, 2), make.u(0, 0.5) ** 2)
    if make.chance(0.12):
        wall.texture, wall.amount, wall.scale = bank.pick(rng, "books", "dead_leaves", "tiles"), make.u(0.3, 0.9), make.u(0.3, 0.8)
    out["surface_color"] = np.stack([floor.color, wall.color, np.clip(np.full(3, make.u(0.6, 0.97)) + rng.normal(0, 0.02, 3), 0, 1)]).astype(np.float32)
    out["surface_texture"] = np.array([floor.texture, wall.texture, bank.pick(rng, "cloth")])
    out["surface_scale"] = np.float32([floor.scale * 0.6, wall.scale, 1])
    out["surface_amount"] = np.float32([max(floor.amount, 0.15), wall.amount, 0.02])
    side = int(rng.integers(3))  # the window's wall: back, left, right
    half = (make.u(0.3, 1.2), make.u(0.4, 0.95))
    along = make.u(-0.4, 0.4)
    spot = [(along * width, -depth / 2), (-width / 2, along * depth), (width / 2, along * depth)][side]
    out["window"] = np.float32([spot[0], min(height - half[1] - 0.1, make.u(1.2, 1.7)), spot[1], half[0], half[1], side, make.u(0, 1)])
    inward = np.array([[0, 0, 1], [1, 0, 0], [-1, 0, 0]])[side] + rng.normal(0, 0.45, 3) * np.array([1, 0, 1])
    inward = inward / np.linalg.norm(inward) * math.cos(0.7)
    out["sun"] = np.float32([-inward[0], make.u(0.25, 0.95), -inward[2]])
    out["sun"] /= np.linalg.norm(out["sun"])
    out["lamp"] = np.float32([make.u(-0.4, 0.4) * width, height * make.u(0.6, 0.96), make.u(-0.4, 0.4) * depth])
    day = rng.random()
    out["power"] = np.float32([make.u(0.2, 1.2), make.u(0, 1.5) if make.chance(0.6) else 0, make.u(0, 5) if day > 0.45 else 0, make.u(0.2, 1.0)])
    warm = np.float32([1, make.u(0.7, 1), make.u(0.4, 1)])
    out["light_color"] = np.stack([warm, np.float32([make.u(0.75, 1), make.u(0.85, 1), 1]), np.float32([1, make.u(0.8, 1), make.u(0.6, 0.95)])])
    out["size"] = np.float32([width / 2, height / 2, depth / 2])
    out["position"], out["view"], out["focal"] = position.astype(np.float32), view.astype(np.float32), np.float32(focal)
    return out
