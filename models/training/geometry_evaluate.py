"""Which of two points is nearer, on real photos: the net's disparity against a plain vertical gradient.

    python -m training.geometry_evaluate --photos FOLDER [--save FOLDER]

`test/fixtures/real/depth/points.json` holds points (percent of the photo) with distances estimated by eye.
A pair counts where one estimate is at least 1.25 times the other.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from training.evaluate_mask import FIXTURES, ROOT, Clicker

RATIO = 1.25


def agreement(points: list[list[float]], nearness: np.ndarray) -> tuple[int, int]:
    """Pairs ordered as the estimates say, and pairs in all; `nearness` is larger where nearer, `[h, w]`."""
    height, width = nearness.shape
    value = [nearness[min(height - 1, int(y / 100 * height)), min(width - 1, int(x / 100 * width))] for x, y, _ in points]
    right = total = 0
    for i, a in enumerate(points):
        for j, b in enumerate(points):
            if b[2] >= RATIO * a[2]:
                total += 1
                right += bool(value[i] > value[j])
    return right, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=ROOT / "models/starter")
    parser.add_argument("--save", type=Path, help="write pictures of disparity and layout here")
    args = parser.parse_args()
    clicker = Clicker(args.models)
    sums = np.zeros(3, int)
    for entry in json.loads((FIXTURES / "depth/points.json").read_text())["photos"]:
        source = args.photos / entry["photo"]
        if not source.exists():
            print(f"skipped {entry['photo']}: missing")
            continue
        photo = np.asarray(ImageOps.exif_transpose(Image.open(source)).convert("RGB"))
        clicker.encode(photo)
        gradient = np.repeat(np.arange(200.0)[:, None], 200, 1)
        right, total = agreement(entry["points"], clicker.disparity)
        plain, _ = agreement(entry["points"], gradient)
        sums += (right, plain, total)
        print(f"{entry['photo']:32} net {right / total:.3f}  vertical gradient {plain / total:.3f}  of {total} pairs")
        if args.save:
            args.save.mkdir(parents=True, exist_ok=True)
            h, w = clicker.disparity.shape
            low, high = np.percentile(clicker.disparity, (1, 99))
            depth = np.repeat((np.clip((clicker.disparity - low) / (high - low), 0, 1) * 255)[..., None], 3, 2)
            colors = np.array([(230, 120, 60), (90, 160, 90), (120, 140, 200), (230, 230, 160)])
            room = cv2.resize(colors[clicker.layout.argmax(0)].astype(np.float32), (w, h), interpolation=cv2.INTER_NEAREST)
            small = cv2.resize(photo, (w, h), interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(args.save / f"{Path(entry['photo']).stem}.png"), np.concatenate([small, depth, room], 1)[..., ::-1].astype(np.uint8))
    print(f"all: net {sums[0] / sums[2]:.3f}, vertical gradient {sums[1] / sums[2]:.3f}, {sums[2]} pairs")


if __name__ == "__main__":
    main()
