"""Trains and exports the starter pack's click-to-mask, depth and layout nets.

    cd models && python -m training.clickmask --minutes 60 --device cpu

fills a pool of procedural views (`rooms_fast`), trains encoder and click head together, and writes
`starter/scene-encoder.onnx` and `starter/scene-clicks.onnx`. Interrupted, it goes on from its last
checkpoint. Losses: normalised focal and Dice on masks after 0 to 5 simulated corrective clicks, scale- and
shift-invariant L1 with gradients on disparity (Ranftl et al., MiDaS), cross-entropy on the layout.
"""

from __future__ import annotations

import argparse
import copy
import math
import queue
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.multiprocessing as multiprocessing
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor, distributed

from training.clickmask_nets import FEATURES, FEATURES_LOW, ClickHead, SceneEncoder

SIDE = 224
"""The exported encoder's input side."""

CLICK_SIGMA = 2.0
"""Deviation of a click's bump, in cells of the S/4 grid."""


STAGES = ((0.4, 160, 20), (1.0, SIDE, 12))
"""Training canvases: until this share of the budget, at this side, with this many views a step (shared by the
workers; `--batch` multiplies it). Small ones first, since a CPU sees twice as many of them in the same time."""

ROUNDS = (0.36, 0.17, 0.14, 0.13, 0.11, 0.09)
"""How often a view's mask is learned after 0, 1, … corrective clicks. The corrections answer the net's own errors,
so the later ones teach it to keep what was right and to give way where it was not."""

OBEDIENCE = 4.0
"""How many times more a pixel under a click counts in the focal loss than one far from every click."""


# Click maps -----------------------------------------------------------------------------------------


def bump(cells: int, x: float, y: float) -> np.ndarray:
    """A click at (x, y) in cells (cell centres at .5) as `exp(-d²/2σ²)`, f32 `[cells, cells]`."""
    gy = np.exp(-((np.arange(cells) + 0.5 - y) ** 2) / (2 * CLICK_SIGMA**2))
    gx = np.exp(-((np.arange(cells) + 0.5 - x) ** 2) / (2 * CLICK_SIGMA**2))
    return np.outer(gy, gx).astype(np.float32)


def click_maps(cells: int, positive: list[tuple[float, float]], negative: list[tuple[float, float]], previous: np.ndarray | None = None) -> np.ndarray:
    """The head's `clicks` input, f32 `[3, cells, cells]`; clicks in cells, bumps joined by maximum."""
    maps = np.zeros((3, cells, cells), np.float32)
    for channel, clicks in enumerate((positive, negative)):
        for x, y in clicks:
            np.maximum(maps[channel], bump(cells, x, y), out=maps[channel])
    if previous is not None:
        maps[2] = previous
    return maps


# Data -----------------------------------------------------------------------------------------------


@dataclass
class Sample:
    """One augmented view on a square canvas."""

    image: np.ndarray  # u8 [S, S, 3]
    valid: np.ndarray  # bool [S, S], False where padded
    instance: np.ndarray  # u8 [S, S]
    clickable: np.ndarray  # u8 [256]
    layout: np.ndarray | None
    disparity: np.ndarray | None


class Pool:
    """The chunks on disk, a few dozen open at a time, watched for new ones."""

    def __init__(self, folder: Path, kind: str, rng: np.random.Generator, resident: int) -> None:
        self.folder, self.kind, self.rng, self.resident = folder, kind, rng, resident
        self.open: list[dict[str, np.ndarray]] = []
        self.left = 0

    def draw(self) -> tuple[dict[str, np.ndarray], int]:
        if self.left <= 0:
            names = sorted(p for p in self.folder.glob(f"{self.kind}-*.npz") if ".part" not in p.name)
            if not names:
                raise FileNotFoundError(f"Expected {self.kind} chunks in {self.folder}, received none: run training.rooms_fast first")
            self.left = 48
            with np.load(names[self.rng.integers(len(names))]) as chunk:
                self.open.append(dict(chunk))
            self.open = self.open[-self.resident :]
        self.left -= 1
        chunk = self.open[self.rng.integers(len(self.open))]
        return chunk, int(self.rng.integers(len(chunk["image"])))


def fit(rng: np.random.Generator, chunk: dict[str, np.ndarray], k: int, side: int) -> Sample:
    """Puts a view on the square canvas: whole and padded as photos are, or a square cut-out of it."""
    height, width = chunk["image"].shape[1:3]
    whole = rng.random() < 0.55
    if whole:
        grow = rng.uniform(0.8, 1.0)
        h, w = int(height * grow), int(width * grow)
        if rng.random() < 0.3:  # other aspects
            h = int(h * rng.uniform(0.65, 1))
        scale = side / max(h, w)
    else:
        h = w = int(rng.uniform(0.42, 1.0) * min(height, width))
        scale = side / h
    y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    spots = np.flatnonzero(chunk["clickable"][k][chunk["instance"][k]] == 1) if not whole and rng.random() < 0.6 else []
    if len(spots):  # a second look, zoomed on an object
        spot = int(rng.choice(spots))
        y, x = int(np.clip(spot // width - h // 2, 0, height - h)), int(np.clip(spot % width - w // 2, 0, width - w))
    out_h, out_w = min(side, round(h * scale)), min(side, round(w * scale))
    flip = rng.random() < 0.5

    def place(name: str, method: int, kind: type) -> np.ndarray:
        part = np.ascontiguousarray(chunk[name][k, y : y + h, x : x + w]).astype(kind)
        part = cv2.resize(part, (out_w, out_h), interpolation=method)
        canvas = np.zeros((side, side, *part.shape[2:]), part.dtype)
        canvas[:out_h, :out_w] = part[:, ::-1] if flip else part
        return canvas

    smooth = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(2))]
    valid = np.zeros((side, side), bool)
    valid[:out_h, :out_w] = True
    has_depth = "disparity" in chunk
    image = place("image", smooth, np.uint8)
    image[:out_h, :out_w] = photograph(rng, image[:out_h, :out_w])
    return Sample(image, valid, place("instance", cv2.INTER_NEAREST, np.uint8), chunk["clickable"][k],
                  place("layout", cv2.INTER_NEAREST, np.uint8) if has_depth else None,
                  place("disparity", cv2.INTER_LINEAR, np.float32) if has_depth else None)


def photograph(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """What a camera does to a view: white balance, tone, saturation, blur, vignette, noise, sharpening, JPEG."""
    h, w = image.shape[:2]
    x = image.astype(np.float32) / 255
    x *= (rng.uniform(0.7, 1.35) * rng.uniform(0.87, 1.14, 3)).astype(np.float32)
    if rng.random() < 0.5:
        gy, gx = np.linspace(-1, 1, h)[:, None], np.linspace(-1, 1, w)[None]
        x *= (1 - rng.uniform(0, 0.35) * (gx**2 + gy**2) / 2 + rng.normal(0, 0.1) * gx + rng.normal(0, 0.1) * gy)[..., None].astype(np.float32)
    if rng.random() < 0.65:  # auto exposure: most photos of rooms are bright
        x /= np.percentile(x, 96) / rng.uniform(0.75, 1.1) + 1e-3
        x = np.clip(x, 0.001, 1)
        x **= np.clip(math.log(rng.uniform(0.3, 0.62)) / math.log(np.clip(x.mean(), 0.05, 0.95)), 0.4, 1.6)
    else:
        x = np.clip(x, 0.001, 1) ** rng.uniform(0.55, 1.4)
    if rng.random() < 0.6:
        strength = rng.uniform(0, 0.7)
        x = x * (1 - strength) + strength * x * x * (3 - 2 * x)
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * rng.uniform(0.1 if rng.random() < 0.2 else 0.6, 1.4)
    if rng.random() < 0.35:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.35:
        x = x + rng.uniform(0.2, 1.2) * (x - cv2.GaussianBlur(x, (0, 0), 1.2))
    if rng.random() < 0.7:
        grain = rng.standard_normal((h, w, 3 if rng.random() < 0.5 else 1)).astype(np.float32)
        if rng.random() < 0.5:
            grain = cv2.GaussianBlur(grain, (0, 0), 0.8).reshape(h, w, -1) * 2
        x = x + grain * 0.06 * rng.random() ** 2
    out = (np.clip(x, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.6:
        ok, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))])
        out = cv2.imdecode(data, cv2.IMREAD_COLOR) if ok else out
    return out


def pick_objects(rng: np.random.Generator, sample: Sample, count: int) -> np.ndarray:
    """`count` instances worth a click, larger ones more often, fixtures seldom; empty if there is none."""
    area = np.bincount(sample.instance.ravel(), minlength=256)[:256].astype(float)
    total = sample.valid.sum()
    weight = np.where((area > 0.006 * total) & (area < 0.7 * total), np.sqrt(area), 0)
    weight *= np.array([0, 1, 0.12])[np.minimum(sample.clickable, 2)]
    weight[0] = 0
    return np.array([]) if weight.sum() == 0 else rng.choice(256, count, p=weight / weight.sum())


def click_inside(rng: np.random.Generator, mask: np.ndarray, sharpness: float = 1.0) -> tuple[float, float]:
    """A pixel of `mask`, likelier far from its border."""
    distance = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1].ravel() ** sharpness
    position = int(np.searchsorted(np.cumsum(distance), rng.uniform(0, distance.sum())))
    position = min(position, mask.size - 1)
    return position % mask.shape[1] + 0.5, position // mask.shape[1] + 0.5


def correct(rng: np.random.Generator, truth: np.ndarray, guess: np.ndarray, valid: np.ndarray) -> tuple[bool, float, float] | None:
    """The next click a person would make: inside the larger of what is missed and what is too much."""
    missed, extra = (truth & ~guess & valid).astype(np.uint8), (guess & ~truth & valid).astype(np.uint8)
    depth = [cv2.distanceTransform(np.pad(m, 1), cv2.DIST_L2, 3)[1:-1, 1:-1] for m in (missed, extra)]
    positive = depth[0].max() >= depth[1].max()
    chosen = depth[0 if positive else 1]
    if chosen.max() < 1.5:
        return None
    spots = np.flatnonzero(chosen > 0.7 * chosen.max())
    spot = int(rng.choice(spots))
    return positive, spot % truth.shape[1] + 0.5, spot // truth.shape[1] + 0.5


@dataclass
class Batch:
    image: Tensor  # [B,3,S,S]
    valid: Tensor  # [B,1,S/2,S/2]
    owner: Tensor  # [N] image of each object
    truth: Tensor  # [N,1,S/2,S/2], 0..1
    clicks: list[tuple[list, list]]  # per object, in S/2 pixels
    boxes: list[np.ndarray | None]
    layout: Tensor  # [B,S/4,S/4] or -1
    disparity: Tensor  # [B,1,S/2,S/2], 0 where unknown


class Loader:
    """Draws, augments and stacks batches, on a thread of its own."""

    def __init__(self, pool: Path, seed: list[int], images: int, objects: int, side: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.rooms, self.flats = Pool(pool, "room", self.rng, 24), Pool(pool, "flat", self.rng, 10)
        self.images, self.objects, self.side = images, objects, side
        self.queue: queue.Queue[Batch | Exception] = queue.Queue(3)
        self.running = True
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            while self.running:
                self.queue.put(self._batch())
        except Exception as error:  # handed to the training loop, which raises it
            self.queue.put(error)

    def __call__(self) -> Batch:
        item = self.queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    def stop(self) -> None:
        self.running = False
        while not self.queue.empty():
            self.queue.get()

    def _batch(self) -> Batch:
        rng, side = self.rng, self.side
        samples: list[Sample] = []
        owner, truth, clicks, boxes = [], [], [], []
        while len(samples) < self.images:
            # About two thirds rooms; the flat views come last in the batch.
            pool = self.rooms if len(samples) < round(self.images * 0.65) else self.flats
            sample = fit(rng, *pool.draw(), side)
            chosen = pick_objects(rng, sample, self.objects)
            if len(chosen) == 0:
                continue
            for number in chosen:
                mask = sample.instance == number
                half = cv2.resize(mask.astype(np.float32), (side // 2, side // 2), interpolation=cv2.INTER_AREA)
                owner.append(len(samples))
                truth.append(half)
                hard = half > 0.5 if (half > 0.5).any() else half > 0
                box = None
                if rng.random() < 0.1:
                    ys, xs = np.flatnonzero(hard.any(1)), np.flatnonzero(hard.any(0))
                    jitter = rng.normal(0, 0.03, 4) * side / 4
                    x0, x1, y0, y1 = np.array([xs[0], xs[-1] + 1, ys[0], ys[-1] + 1]) / 2 + jitter
                    box = np.zeros((side // 4, side // 4), np.float32)
                    box[max(0, round(y0)) : max(1, round(y1)), max(0, round(x0)) : max(1, round(x1))] = 0.5
                first = [] if box is not None and rng.random() < 0.5 else [click_inside(rng, hard, rng.uniform(0.3, 2))]
                clicks.append((first, []))
                boxes.append(box)
            samples.append(sample)
        image = np.stack([s.image for s in samples])
        valid = np.stack([s.valid for s in samples])
        tensor = torch.from_numpy(image).permute(0, 3, 1, 2).float() / 255 - 0.5
        tensor = tensor * torch.from_numpy(valid)[:, None]
        layout = np.full((len(samples), side // 4, side // 4), -1, np.int64)
        disparity = np.zeros((len(samples), 1, side // 2, side // 2), np.float32)
        for k, sample in enumerate(samples):
            if sample.layout is not None:
                layout[k] = np.where(sample.valid, sample.layout.astype(np.int64), -1)[2::4, 2::4]
                disparity[k, 0] = (sample.disparity * sample.valid)[1::2, 1::2]
        return Batch(tensor.contiguous(memory_format=torch.channels_last), torch.from_numpy(valid[:, None, 1::2, 1::2].astype(np.float32)),
                     torch.tensor(owner), torch.from_numpy(np.stack(truth))[:, None], clicks, boxes,
                     torch.from_numpy(layout), torch.from_numpy(disparity))


# Losses ---------------------------------------------------------------------------------------------


def mask_loss(logits: Tensor, truth: Tensor, valid: Tensor, clicks: Tensor) -> Tensor:
    """Normalised focal (Sofiiuk et al.) plus Dice, per object, over the photo's own pixels, `[N]`.

    Around every click of the maps `clicks` (deviation: twice the bump's), errors count `OBEDIENCE` times more: a
    correction is a few pixels of a mask, and a net that ignores it would lose little otherwise.
    """
    p = logits.sigmoid()
    near = F.interpolate(clicks[:, :2].amax(1, keepdim=True), scale_factor=2.0, mode="nearest") ** 0.25
    weight = (p - truth).abs() ** 2 * valid
    cross = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    focal = (weight * (1 + OBEDIENCE * near) * cross).sum((1, 2, 3)) / weight.detach().sum((1, 2, 3)).clamp_min(1e-3)
    p, truth = p * valid, truth * valid
    dice = 1 - (2 * (p * truth).sum((1, 2, 3)) + 1) / ((p + truth).sum((1, 2, 3)) + 1)
    return 0.5 * focal + dice


def align(x: Tensor, known: Tensor) -> Tensor:
    """Removes shift (median) and scale (mean deviation), per image, over known pixels."""
    shift = torch.stack([v[m].median() if m.any() else v.sum() * 0 for v, m in zip(x.flatten(1), known.flatten(1) > 0)])
    centred = (x - shift[:, None, None, None]) * known
    scale = centred.abs().sum((1, 2, 3)) / known.sum((1, 2, 3)).clamp_min(1)
    return centred / (scale[:, None, None, None] + 1e-3)


def disparity_loss(guess: Tensor, truth: Tensor) -> Tensor:
    known = (truth > 0).float()
    error = align(guess, known) - align(truth, known)
    loss = error.abs().sum() / known.sum().clamp_min(1)
    for step in (1, 2, 4):
        e, k = error[..., ::step, ::step], known[..., ::step, ::step]
        across = (e[..., 1:] - e[..., :-1]).abs() * k[..., 1:] * k[..., :-1]
        down = (e[..., 1:, :] - e[..., :-1, :]).abs() * k[..., 1:, :] * k[..., :-1, :]
        loss = loss + 0.25 * (across.sum() + down.sum()) / k.sum().clamp_min(1)
    return loss


def iou(guess: Tensor, truth: Tensor) -> Tensor:
    """Intersection over union of boolean masks `[N,1,H,W]`, `[N]`."""
    return (guess & truth).sum((1, 2, 3)) / (guess | truth).sum((1, 2, 3)).clamp_min(1)


# Optimiser ------------------------------------------------------------------------------------------


class Muon(torch.optim.Optimizer):
    """Momentum made orthogonal by five Newton-Schulz steps (Jordan et al.), for convolution kernels.

    A kernel is a matrix [out, in * k * k]; its step has a root mean square of 0.2 rates, about Adam's, so
    that one rate serves both (Liu et al., Moonlight). Learns about twice as much from a view as Adam does.
    """

    def __init__(self, params: list[nn.Parameter], rate: float, rank: int, workers: int) -> None:
        super().__init__(params, {"lr": rate, "decay": 0.02, "momentum": 0.95})
        self.rank, self.workers = rank, workers

    @torch.no_grad()
    def step(self) -> None:
        """Each worker works out the steps of its share of the kernels; all apply all of them."""
        group = self.param_groups[0]
        updates = []
        for index, p in enumerate(group["params"]):
            state = self.state[p]
            if not state:
                state["momentum"] = torch.zeros_like(p.grad)
            state["momentum"].lerp_(p.grad, 1 - group["momentum"])
            if index % self.workers != self.rank:
                updates.append(torch.zeros(p.numel(), device=p.device))
                continue
            matrix = p.grad.lerp(state["momentum"], group["momentum"]).flatten(1)
            updates.append((orthogonal(matrix) * (0.2 * max(matrix.shape) ** 0.5)).flatten())
        flat = torch.cat(updates)
        if self.workers > 1:
            distributed.all_reduce(flat)
        start = 0
        for p in group["params"]:
            p.mul_(1 - group["lr"] * group["decay"])
            p.add_(flat[start : start + p.numel()].view(p.shape), alpha=-group["lr"])
            start += p.numel()


def orthogonal(matrix: Tensor) -> Tensor:
    """The nearest semi-orthogonal matrix, roughly."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = (x / (x.norm() + 1e-7)).bfloat16()
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return (x.T if tall else x).float()


# Training -------------------------------------------------------------------------------------------


class Scene(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.head = SceneEncoder(), ClickHead()


def maps_of(batch: Batch, previous: Tensor | None, cells: int) -> Tensor:
    """Click maps for every object of the batch, with the box or the previous probabilities in channel 2."""
    rows = []
    for k, (positive, negative) in enumerate(batch.clicks):
        before = previous[k, 0].numpy() if previous is not None else batch.boxes[k]
        rows.append(click_maps(cells, [(x / 2, y / 2) for x, y in positive], [(x / 2, y / 2) for x, y in negative], before))
    return torch.from_numpy(np.stack(rows))


def add_corrections(net: Scene, batch: Batch, features: Tensor, low: Tensor, rng: np.random.Generator, device: str) -> Tensor:
    """Runs some `ROUNDS` of clicks without gradients; returns the maps of the last round."""
    cells = features.shape[-1]
    rounds = rng.choice(len(ROUNDS), len(batch.clicks), p=ROUNDS)
    maps = maps_of(batch, None, cells)
    for done in range(1, rounds.max() + 1):
        going = np.flatnonzero(rounds >= done)
        pick = torch.from_numpy(going)
        with torch.no_grad():
            logits, _ = net.head(features[pick], low[pick], maps[pick].to(device))
        probability = logits.float().sigmoid().cpu()
        cell = F.avg_pool2d(probability, 2)
        for j, k in enumerate(going):
            click = correct(rng, batch.truth[k, 0].numpy() > 0.5, probability[j, 0].numpy() > 0.5, batch.valid[batch.owner[k], 0].numpy() > 0)
            if click:
                batch.clicks[k][0 if click[0] else 1].append(click[1:])
            positive, negative = batch.clicks[k]
            keep = None if rng.random() < 0.1 else cell[j, 0].numpy()
            maps[k] = torch.from_numpy(click_maps(cells, [(x / 2, y / 2) for x, y in positive], [(x / 2, y / 2) for x, y in negative], keep))
    return maps


def share_gradients(net: nn.Module, finite: bool, elapsed: float, workers: int) -> float:
    """Averages gradients over the workers, those of a non-finite loss as zeros; returns the mean `elapsed`."""
    gradients = [p.grad for p in net.parameters()]
    flat = torch.cat([g.flatten() for g in gradients] + [torch.tensor([elapsed], device=gradients[0].device)])
    if not finite:
        flat[:-1] = 0
    if workers > 1:
        distributed.all_reduce(flat)
        flat /= workers
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()
    return float(flat[-1])


def train(rank: int, args: argparse.Namespace) -> None:
    """One worker's training; the first keeps the average, the checkpoint and the log."""
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    if args.workers > 1:
        distributed.init_process_group("gloo", init_method=f"file://{args.scratch / 'meeting'}", rank=rank, world_size=args.workers)
    torch.manual_seed(args.seed)
    device, first = args.device, rank == 0
    net = Scene().to(device=device, memory_format=torch.channels_last)
    average = copy.deepcopy(net).eval()
    kernels = [p for p in net.parameters() if p.dim() == 4 and min(p.shape[0], p[0].numel()) > 4]
    known = {id(p) for p in kernels}
    optimizers = [Muon(kernels, 1.5 * args.rate, rank, args.workers), torch.optim.AdamW([p for p in net.parameters() if id(p) not in known], args.rate, weight_decay=0.02)]
    checkpoint = args.scratch / "clickmask.pt"
    elapsed, step = 0.0, 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        net.load_state_dict(state["net"]), average.load_state_dict(state["average"])
        for optimizer, kept in zip(optimizers, state["optimizers"]):
            optimizer.load_state_dict(kept)
        elapsed, step = state["elapsed"], state["step"]
        print(f"worker {rank} continues at step {step}, {elapsed / 60:.1f} min", flush=True)
    elif args.start:
        net.load_state_dict(torch.load(args.start, map_location=device)["average"])
        average.load_state_dict(net.state_dict())
        print(f"worker {rank} starts from {args.start}", flush=True)

    def share_done() -> float:
        """Of the training, 0 to 1: by steps where `--steps` asks for a run that can be repeated to the bit."""
        return step / args.steps if args.steps else elapsed / (args.minutes * 60)

    seed = [args.seed, step, rank]
    rng = np.random.default_rng([*seed, 1])
    loader: Loader | None = None
    began, saved, totals, seen = time.time() - elapsed, time.time(), np.zeros(6), 0
    autocast = torch.autocast(device.split(":")[0], torch.bfloat16)
    while share_done() < 1:
        rate = args.rate * min(1, (step + 1) / 40) * (0.5 + 0.5 * math.cos(math.pi * share_done())) + 1e-6
        optimizers[0].param_groups[0]["lr"], optimizers[1].param_groups[0]["lr"] = 1.5 * rate, rate
        side, images = next((side, images) for until, side, images in STAGES if share_done() < until)
        images *= args.batch
        if loader is None or loader.side != side:
            if loader:
                loader.stop()
            loader = Loader(args.pool, [*seed, side], max(2, images // args.workers), args.objects, side)
            if first:
                print(f"canvas {side}, {images} views a step", flush=True)
        batch = loader()
        owner, truth = batch.owner.to(device), batch.truth.to(device)
        valid = batch.valid.to(device)[owner]
        with autocast:
            features, low, disparity, layout = net.encoder(batch.image.to(device))
            features, low = features[owner], low[owner]
            maps = add_corrections(net, batch, features.detach(), low.detach(), rng, device)
            logits, quality = net.head(features, low, maps.to(device))
        logits, quality = logits.float(), quality.float()
        masks = mask_loss(logits, truth, valid, maps.to(device)).mean()
        real = iou((logits > 0) & (valid > 0), (truth > 0.5) & (valid > 0)).float()
        rated = F.smooth_l1_loss(quality[:, 0], real, beta=0.1)
        depth = disparity_loss(disparity.float(), batch.disparity.to(device))
        room = F.cross_entropy(layout.float(), batch.layout.to(device), ignore_index=-1)
        loss = masks + 0.3 * rated + 0.3 * depth + 0.3 * room
        net.zero_grad(set_to_none=True)
        loss.backward()
        finite = bool(torch.isfinite(loss))
        if not finite:
            print(f"worker {rank}, step {step}: loss is {loss.item()}, skipped", flush=True)
        elapsed = share_gradients(net, finite, time.time() - began, args.workers)
        if not torch.isfinite(nn.utils.clip_grad_norm_(net.parameters(), 2.0)):
            continue
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        if not first:
            continue
        decay = min(0.999, (1 + step) / (20 + step))
        with torch.no_grad():
            for slow, fast in zip(average.state_dict().values(), net.state_dict().values()):
                slow.lerp_(fast, 1 - decay) if slow.is_floating_point() else slow.copy_(fast)
        if finite:
            totals += [masks.item(), real.mean().item(), rated.item(), depth.item(), room.item(), 1]
        seen += images
        if time.time() - saved > 60 or share_done() >= 1:
            mean = totals / max(1, totals[5])
            print(f"{elapsed / 60:5.1f} min step {step} mask {mean[0]:.3f} iou {mean[1]:.3f} rating {mean[2]:.3f} depth {mean[3]:.3f} layout {mean[4]:.3f} rate {rate:.1e} {seen / (time.time() - saved):.1f} images/s", flush=True)
            saved, totals, seen = time.time(), np.zeros(6), 0
            save(checkpoint, net, average, optimizers, elapsed, step)


def save(path: Path, net: nn.Module, average: nn.Module, optimizers: list[torch.optim.Optimizer], elapsed: float, step: int) -> None:
    partial = path.with_suffix(".part")
    torch.save({"net": net.state_dict(), "average": average.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "elapsed": elapsed, "step": step}, partial)
    partial.replace(path)


# Export ---------------------------------------------------------------------------------------------


def export(average: Scene, out: Path, side: int = SIDE) -> None:
    """Writes both ONNX files, fixed shapes, weights stored as fp16."""
    from training.export import export_net

    average = copy.deepcopy(average).cpu().float().eval()
    torch.manual_seed(0)
    image = torch.rand(1, 3, side, side) - 0.5
    metadata = {"side": str(side), "click_sigma": str(CLICK_SIGMA)}
    print(export_net(average.encoder, {"image": image}, ["features", "features_low", "disparity", "layout"], out / "scene-encoder.onnx", metadata=metadata, tolerance=1e-2))
    clicks = torch.zeros(1, 3, side // 4, side // 4)
    clicks[0, 0] = torch.from_numpy(bump(side // 4, 30, 40))
    with torch.no_grad():
        features, low, _, _ = average.encoder(image)
    print(export_net(average.head, {"features": features, "features_low": low, "clicks": clicks}, ["logits", "iou"], out / "scene-clicks.onnx", metadata=metadata, tolerance=1e-2))


def load_average(checkpoint: Path) -> Scene:
    net = Scene()
    net.load_state_dict(torch.load(checkpoint, map_location="cpu")["average"])
    return net.eval()


def main() -> None:
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="training time, over all continuations")
    parser.add_argument("--steps", type=int, help="train for so many steps instead of minutes; two such runs on one device give the same files")
    parser.add_argument("--start", type=Path, help="checkpoint whose averaged weights to start from (a new schedule, a warm restart)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N; bf16 autocast and channels_last on either")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "davenport-training/clickmask", help="checkpoints and, unless --pool says otherwise, the pool")
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--rooms", type=int, default=120, help="chunks of 32 room views to have before training")
    parser.add_argument("--flats", type=int, default=40)
    parser.add_argument("--objects", type=int, default=2, help="objects clicked per image")
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--batch", type=int, help="times the views a step of `STAGES`; 1 on a CPU, 8 otherwise unless said")
    parser.add_argument("--workers", type=int, help="processes that share each step; 2 on a CPU (two of one thread beat one of two on a busy machine), 1 otherwise")
    parser.add_argument("--threads", type=int, default=1, help="threads of each worker")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=root / "starter")
    parser.add_argument("--export-only", action="store_true", help="export the last checkpoint's average and stop")
    args = parser.parse_args()
    args.pool = args.pool or args.scratch / "pool"
    on_cpu = args.device == "cpu"
    args.workers, args.batch = args.workers or (2 if on_cpu else 1), args.batch or (1 if on_cpu else 8)
    args.scratch.mkdir(parents=True, exist_ok=True)
    if args.export_only:
        export(load_average(args.scratch / "clickmask.pt"), args.out)
        return
    from training.rooms_fast import fill

    fill(args.pool, args.rooms, args.flats, device=args.device)
    (args.scratch / "meeting").unlink(missing_ok=True)
    multiprocessing.spawn(train, (args,), args.workers)
    export(load_average(args.scratch / "clickmask.pt"), args.out)


if __name__ == "__main__":
    main()
