"""One-click masks on real photos: GrabCut alone, the net alone, and the net inside GrabCut and a guided filter.

    python -m training.evaluate_mask --photos FOLDER [--save FOLDER]

The true masks are polygons in photo pixels (`test/fixtures/real/*.json`); the photos are no part of this
project. What is measured at the end is the whole path of the app's segment stage, at photo resolution.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from training.clickmask import click_maps
from training.export import open_session

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "test/fixtures/real"

WORKING_SIDE = 384
"""GrabCut runs on the photo at this long side."""

SURE, LIKELY, UNLIKELY = 0.9, 0.4, 0.08
"""Probabilities that split the trimap: above SURE foreground, LIKELY.. probable foreground, UNLIKELY..
probable background, below it background."""

MAX_CHANGE = 3 / 4
"""GrabCut's answer is taken only where the area changes by less than this share. It can hardly grow, since the
trimap holds it near the net's mask; a third was too strict: where the net takes in too much, GrabCut mends it."""

Click = tuple[float, float]


@dataclass
class Case:
    name: str
    photo: np.ndarray  # u8 [h, w, 3] RGB, upright
    truth: np.ndarray  # bool [h, w]
    clicks: list[Click]  # photo pixels


def read_cases(photos: Path) -> list[Case]:
    """The fixtures whose photo is there."""
    cases = []
    for path in sorted(FIXTURES.glob("*.json")):
        entry = json.loads(path.read_text())
        source = photos / entry["photo"]
        if not source.exists():
            print(f"skipped {path.stem}: {source} is missing")
            continue
        photo = np.asarray(ImageOps.exif_transpose(Image.open(source)).convert("RGB"))
        truth = np.zeros(photo.shape[:2], np.uint8)
        for value, outlines in ((1, entry["polygon"]), (0, entry["holes"])):
            for outline in outlines:
                cv2.fillPoly(truth, [np.round(np.array(outline) * 16).astype(np.int32)], value, shift=4)
        cases.append(Case(path.stem, photo, truth > 0, [tuple(click) for click in entry["clicks"]]))
    return cases


class Clicker:
    """The two nets, as the app runs them."""

    def __init__(self, folder: Path) -> None:
        self.encoder = open_session(folder / "scene-encoder.onnx")
        self.head = open_session(folder / "scene-clicks.onnx", threads=1)
        self.side = self.encoder.get_inputs()[0].shape[2]

    def encode(self, photo: np.ndarray) -> None:
        """Keeps the photo's features; also `disparity` and `layout` cut to the photo, in cells."""
        self.scale = self.side / max(photo.shape[:2])
        height, width = (max(1, round(n * self.scale)) for n in photo.shape[:2])
        small = np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.BICUBIC, reducing_gap=None))
        image = np.zeros((1, 3, self.side, self.side), np.float32)
        image[0, :, :height, :width] = small.transpose(2, 0, 1) / 255.0 - 0.5
        self.features, self.low, disparity, layout = self.encoder.run(None, {"image": image})
        self.shape = photo.shape[:2]
        self.disparity = disparity[0, 0, : (height + 1) // 2, : (width + 1) // 2]
        self.layout = layout[0, :, : (height + 3) // 4, : (width + 3) // 4]

    def logits(self, positive: list[Click], negative: list[Click] = [], previous: np.ndarray | None = None) -> tuple[np.ndarray, float]:
        """Raw logits `[S/2, S/2]` and the predicted IoU; clicks in photo pixels."""
        cells = self.side // 4
        before = None
        if previous is not None:
            p = 1 / (1 + np.exp(-previous))
            before = p.reshape(cells, 2, cells, 2).mean((1, 3))
        to_cells = [[(x * self.scale / 4, y * self.scale / 4) for x, y in clicks] for clicks in (positive, negative)]
        maps = click_maps(cells, *to_cells, before)[None]
        logits, quality = self.head.run(None, {"features": self.features, "features_low": self.low, "clicks": maps})
        return logits[0, 0], float(quality[0, 0])

    def to_size(self, logits: np.ndarray, height: int, width: int) -> np.ndarray:
        """Logits resampled to a `height` x `width` picture of the whole photo (bilinear, as logits)."""
        ys = (np.arange(height) + 0.5) * (self.shape[0] * self.scale / 2 / height) - 0.5
        xs = (np.arange(width) + 0.5) * (self.shape[1] * self.scale / 2 / width) - 0.5
        gx, gy = np.meshgrid(xs.astype(np.float32), ys.astype(np.float32))
        return cv2.remap(logits.astype(np.float32), gx, gy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def working_copy(photo: np.ndarray) -> np.ndarray:
    scale = min(1, WORKING_SIDE / max(photo.shape[:2]))
    return cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else photo


def connected(mask: np.ndarray, clicks: list[Click]) -> np.ndarray:
    """The parts of `mask` under the clicks, with those at least a twentieth as large as they are."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count <= 2:
        return mask
    under = {int(labels[min(int(y), mask.shape[0] - 1), min(int(x), mask.shape[1] - 1)]) for x, y in clicks} - {0}
    if not under:
        under = {1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())}
    area = sum(stats[k, cv2.CC_STAT_AREA] for k in under)
    return np.isin(labels, [k for k in range(1, count) if k in under or stats[k, cv2.CC_STAT_AREA] > 0.05 * area])


def cut(picture: np.ndarray, trimap: np.ndarray, iterations: int = 4) -> np.ndarray | None:
    """GrabCut from a trimap; None where it has nothing to work on."""
    if not (np.isin(trimap, (cv2.GC_FGD, cv2.GC_PR_FGD)).any() and np.isin(trimap, (cv2.GC_BGD, cv2.GC_PR_BGD)).any()):
        return None
    trimap = trimap.copy()
    cv2.setRNGSeed(1)
    cv2.grabCut(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), trimap, None, np.zeros((1, 65)), np.zeros((1, 65)), iterations, cv2.GC_INIT_WITH_MASK)
    return np.isin(trimap, (cv2.GC_FGD, cv2.GC_PR_FGD))


def grabcut_from_click(picture: np.ndarray, click: Click) -> np.ndarray:
    """The baseline: a disk of 4 % of the diagonal is foreground, the frame background, the rest probably background."""
    height, width = picture.shape[:2]
    trimap = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    trimap[[0, -1]] = cv2.GC_BGD
    trimap[:, [0, -1]] = cv2.GC_BGD
    cv2.circle(trimap, (int(click[0]), int(click[1])), round(0.04 * float(np.hypot(height, width))), cv2.GC_FGD, -1)
    mask = cut(picture, trimap, 5)
    return connected(mask, [click])


def refine(picture: np.ndarray, probability: np.ndarray, clicks: list[Click]) -> tuple[np.ndarray, bool]:
    """Probabilities to a mask by GrabCut; the net's own mask where GrabCut strays. True where GrabCut was taken."""
    own = connected(probability > 0.5, clicks)
    trimap = np.full(probability.shape, cv2.GC_BGD, np.uint8)
    near = cv2.dilate(own.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    trimap[(probability > UNLIKELY) & near] = cv2.GC_PR_BGD
    trimap[(probability > LIKELY) & near] = cv2.GC_PR_FGD
    trimap[(probability > SURE) & own] = cv2.GC_FGD
    for x, y in clicks:
        cv2.circle(trimap, (int(x), int(y)), 3, cv2.GC_FGD, -1)
    mask = cut(picture, trimap)
    if mask is None or own.sum() == 0:
        return own, False
    mask = connected(mask, clicks)
    if abs(float(mask.sum()) / own.sum() - 1) > MAX_CHANGE:
        return own, False
    return mask, True


def guided(photo: np.ndarray, mask: np.ndarray, radius: int, epsilon: float = 1e-4) -> np.ndarray:
    """Guided filter (He et al.) of a low-resolution mask against the photo's luma, at photo resolution."""
    height, width = photo.shape[:2]
    guide = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    p = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)

    def box(x: np.ndarray) -> np.ndarray:
        return cv2.blur(x, (2 * radius + 1, 2 * radius + 1))

    mean_i, mean_p = box(guide), box(p)
    a = (box(guide * p) - mean_i * mean_p) / (box(guide * guide) - mean_i**2 + epsilon)
    return box(a) * guide + box(mean_p - a * mean_i) > 0.5


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def next_click(truth: np.ndarray, mask: np.ndarray) -> tuple[bool, Click]:
    """Where a person would click next: the deepest point of the larger error."""
    depth = [cv2.distanceTransform(np.pad(e.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1] for e in (truth & ~mask, mask & ~truth)]
    positive = depth[0].max() >= depth[1].max()
    y, x = np.unravel_index(int((depth[0] if positive else depth[1]).argmax()), truth.shape)
    return positive, (float(x) + 0.5, float(y) + 0.5)


METHODS = ("grabcut", "net", "net+grabcut", "full", "predicted", "3 clicks", "5 clicks")


def evaluate(case: Case, clicker: Clicker, click: Click, save: Path | None) -> dict[str, float]:
    picture = working_copy(case.photo)
    height, width = picture.shape[:2]
    shrink = width / case.photo.shape[1]
    small_click = (click[0] * shrink, click[1] * shrink)
    small_truth = cv2.resize(case.truth.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.5
    out = {"grabcut": iou(grabcut_from_click(picture, small_click), small_truth)}
    logits, out["predicted"] = clicker.logits([click])
    probability = 1 / (1 + np.exp(-clicker.to_size(logits, height, width)))
    out["net"] = iou(probability > 0.5, small_truth)
    mask, taken = refine(picture, probability, [small_click])
    out["net+grabcut"] = iou(mask, small_truth)
    radius = max(2, round(1.5 / shrink))
    full = guided(case.photo, mask, radius)
    out["full"] = iou(full, case.truth)
    positive, negative, previous, current = [click], [], logits, probability > 0.5
    for count in range(2, 6):
        good, (x, y) = next_click(small_truth, current)
        (positive if good else negative).append((x / shrink, y / shrink))
        previous, _ = clicker.logits(positive, negative, previous)
        current = clicker.to_size(previous, height, width) > 0
        if count in (3, 5):
            out[f"{count} clicks"] = iou(current, small_truth)
    if save:
        save.mkdir(parents=True, exist_ok=True)
        panels = []
        for shown in (probability, mask):
            tint = picture * 0.45 + 0.55 * 255 * np.stack([0 * probability, shown, 0 * probability], -1) * np.ones((1, 1, 3))
            edge = cv2.morphologyEx(small_truth.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) > 0
            tint[edge] = (255, 0, 255)
            cv2.circle(tint, (int(small_click[0]), int(small_click[1])), 4, (255, 0, 0), -1)
            panels.append(tint)
        cv2.imwrite(str(save / f"{case.name}-{int(click[0])}.png"), np.concatenate(panels, 1)[..., ::-1].astype(np.uint8))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder with the photos the fixtures name")
    parser.add_argument("--models", type=Path, default=ROOT / "models/starter")
    parser.add_argument("--save", type=Path, help="write overlays here")
    args = parser.parse_args()
    clicker = Clicker(args.models)
    rows: list[tuple[str, int, dict[str, float]]] = []
    for case in read_cases(args.photos):
        clicker.encode(case.photo)
        for number, click in enumerate(case.clicks):
            rows.append((case.name, number, evaluate(case, clicker, click, args.save)))
    print(f"{'photo-object':44}" + "".join(f"{m:>13}" for m in METHODS))
    for name, number, row in rows:
        print(f"{name + ('' if number == 0 else ' (click 2)'):44}" + "".join(f"{row[m]:13.3f}" for m in METHODS))
    for label, chosen in (("mean, first clicks", [r for r in rows if r[1] == 0]), ("mean, all clicks", rows)):
        print(f"{label:44}" + "".join(f"{np.mean([row[m] for _, _, row in chosen]):13.3f}" for m in METHODS))
    started = time.time()
    clicker.encoder.run(None, {"image": np.zeros((1, 3, clicker.side, clicker.side), np.float32)})
    encoded = time.time()
    clicker.logits([(10.0, 10.0)])
    print(f"encoder {1000 * (encoded - started):.0f} ms (two threads), head {1000 * (time.time() - encoded):.0f} ms (one thread)")


if __name__ == "__main__":
    main()
