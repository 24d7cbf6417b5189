"""The pool of training views: rooms from the fast renderer and flat composites, kept in files of 32.

    python -m training.rooms_fast --pool FOLDER --rooms 96 --flats 32

A chunk depends on its kind, number and seed alone; those that exist are kept, so a pool can be extended
or an interrupted one continued. Several processes may fill one pool with `--first` and `--step`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from training.renderer import Renderer
from training.scenes import OBJECT, pack
from training.scenes_flat import compose
from training.textures import Bank

LONG, SHORT = 288, 216
CHUNK = 32
BATCH = 8
SEED = 20261121


def render_rooms(renderers: dict[bool, Renderer], bank: Bank, number: int) -> dict[str, np.ndarray]:
    """One chunk of rooms, landscape (three of four) or portrait.

    `image` u8 [n,H,W,3] RGB, `instance` u8 [n,H,W], `layout` u8 [n,H,W], `disparity` f16 [n,H,W] 1/m,
    `clickable` u8 [n,256]: 1 for instances that are objects, 2 for rugs, pictures and other fixtures.
    """
    portrait = number % 4 == 3
    torch.manual_seed(SEED + number)
    rows: dict[str, list[np.ndarray]] = {name: [] for name in ("image", "instance", "layout", "disparity", "clickable")}
    for start in range(0, CHUNK, BATCH):
        views = [pack(np.random.default_rng([SEED, number, start + k]), bank, portrait) for k in range(BATCH)]
        batch = {name: torch.from_numpy(np.stack([view[name] for view in views])) for name in views[0]}
        renderer = renderers[portrait]
        drawn = {name: value.cpu() for name, value in renderer({name: value.to(renderer.device) for name, value in batch.items()}).items()}
        rows["image"].append((drawn["image"].permute(0, 2, 3, 1) * 255).round().byte().numpy())
        rows["instance"].append(drawn["instance"].clamp_max(255).byte().numpy())
        rows["layout"].append(drawn["layout"].byte().numpy())
        rows["disparity"].append((1 / drawn["depth"].clamp(0.15, 60)).half().numpy())
        clickable = np.zeros((BATCH, 256), np.uint8)
        for k, view in enumerate(views):
            known = view["instance"] > 0
            clickable[k, view["instance"][known]] = np.where(view["layout"][known] == OBJECT, 1, 2)
        rows["clickable"].append(clickable)
    return {name: np.concatenate(parts) for name, parts in rows.items()}


def compose_flats(bank: Bank, number: int) -> dict[str, np.ndarray]:
    """One chunk of flat composites; no depth, no layout."""
    portrait = number % 4 == 3
    height, width = (LONG, SHORT) if portrait else (SHORT, LONG)
    pairs = [compose(np.random.default_rng([SEED + 1, number, k]), bank, height, width) for k in range(CHUNK)]
    clickable = np.ones((CHUNK, 256), np.uint8)
    clickable[:, 0] = 0
    return {"image": np.stack([(image * 255).round().astype(np.uint8) for image, _ in pairs]), "instance": np.stack([ids for _, ids in pairs]), "clickable": clickable}


def fill(pool: Path, rooms: int, flats: int, first: int = 0, step: int = 1, device: str = "cpu") -> None:
    """Writes the chunks that `pool` lacks, flats first (they are quick)."""
    pool.mkdir(parents=True, exist_ok=True)
    bank = Bank(SEED)
    renderers: dict[bool, Renderer] = {}
    jobs = [("flat", number) for number in range(first, flats, step)] + [("room", number) for number in range(first, rooms, step)]
    for done, (kind, number) in enumerate(jobs):
        path = pool / f"{kind}-{number:04d}.npz"
        if path.exists():
            continue
        started = time.time()
        if kind == "flat":
            chunk = compose_flats(bank, number)
        else:
            portrait = number % 4 == 3
            if portrait not in renderers:
                height, width = (LONG, SHORT) if portrait else (SHORT, LONG)
                renderers[portrait] = Renderer(bank, height, width, device=device)
            chunk = render_rooms(renderers, bank, number)
        partial = path.with_suffix(".part.npz")
        np.savez(partial, **chunk)
        partial.rename(path)
        print(f"{done + 1}/{len(jobs)} {path.name} {CHUNK / (time.time() - started):.1f} images/s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--rooms", type=int, default=96, help="chunks of 32 room views")
    parser.add_argument("--flats", type=int, default=32, help="chunks of 32 flat composites")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    fill(args.pool, args.rooms, args.flats, args.first, args.step, args.device)


if __name__ == "__main__":
    main()
