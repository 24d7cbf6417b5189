"""Super-resolution nets of the starter pack: train, export, judge.

Run from `models/`:

    python -m training.superres --scale 2 --minutes 40 --device cpu
    python -m training.superres --scale 4 --minutes 30 --device cpu --trunk SCRATCH/superres-x2-clean/average.pt
    python -m training.superres --scale 2 --variant camera --minutes 30 --device cpu
    python -m training.superres --scale 2 --judge FOLDER_OF_PHOTOS

Training goes on from its last checkpoint when started again, and ends by writing
`starter/superres-x2.onnx`. Step n of a seed always sees the same data.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from . import deadleaves
from .export import ExportReport, export_net, open_session

STARTER = Path(__file__).resolve().parents[1] / "starter"
CHANNELS, BLOCKS = 48, 8
CANVASES, CANVAS_SIZE = 240, 512
BATCH, PATCH = 6, 56  # PATCH is in pixels of the small picture
LEARNING_RATE, EMA = 1e-3, 0.999
SPECTRUM_WEIGHT, CONSISTENCY_WEIGHT = 0.05, 0.1
TILE, OVERLAP = 256, 16


# Net


class Block(nn.Module):
    """conv, ReLU, conv, added to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(F.relu(self.first(x)))


class SuperResolution(nn.Module):
    """Plain residual net (EDSR without batch norm, Lim et al. 2017) over a bicubic skip.

    input f32 [B, 3, h, w], RGB 0–1, display-referred → f32 [B, 3, scale·h, scale·w], not clipped.
    All work is done at the input's size; one pixel shuffle ends it. The bicubic skip is a fixed 5×5
    convolution into the same shuffle: exact, and four times cheaper than Resize in onnxruntime.
    """

    def __init__(self, scale: int, channels: int = CHANNELS, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(blocks)))
        self.tail = nn.Conv2d(channels, 3 * scale * scale, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)
        self.register_buffer("bicubic", bicubic_kernels(scale))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.head(x - 0.5)
        detail = self.tail(self.blocks(features) + features)
        smooth = F.conv2d(F.pad(x, (2, 2, 2, 2), mode="replicate"), self.bicubic)
        return F.pixel_shuffle(detail + smooth, self.scale)


def bicubic_kernels(scale: int, a: float = -0.75) -> torch.Tensor:
    """Bicubic upsampling (half-pixel centers, Keys' kernel) as [3·scale², 3, 5, 5] in shuffle order."""

    def keys(t: float) -> float:
        t = abs(t)
        if t < 1:
            return (a + 2) * t**3 - (a + 3) * t**2 + 1
        return a * (t**3 - 5 * t**2 + 8 * t - 4) if t < 2 else 0.0

    phases = torch.tensor(
        [[keys(tap - ((i + 0.5) / scale - 0.5)) for tap in range(-2, 3)] for i in range(scale)], dtype=torch.float64
    )
    plane = torch.einsum("iy,jx->ijyx", phases, phases).reshape(scale * scale, 5, 5)
    kernels = torch.zeros(3, scale * scale, 3, 5, 5, dtype=torch.float64)
    for channel in range(3):
        kernels[channel, :, channel] = plane
    return kernels.reshape(3 * scale * scale, 3, 5, 5).float()


# Data


def load_canvases(folder: Path, count: int) -> np.ndarray:
    """uint8 [count, CANVAS_SIZE, CANVAS_SIZE, 3]; drawn once, kept in `folder`."""
    path = folder / f"canvases-{count}.npy"
    if not path.exists():
        started = time.time()
        canvases = np.empty((count, CANVAS_SIZE, CANVAS_SIZE, 3), np.uint8)
        for i in range(count):
            canvases[i] = deadleaves.canvas(i, CANVAS_SIZE)
            if i % 20 == 19:
                print(f"canvas {i + 1}/{count}, {time.time() - started:.0f} s", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, canvases)
    return np.load(path, mmap_mode="r")


def detail_map(canvases: np.ndarray) -> np.ndarray:
    """Mean Laplacian over cells of 32 px, float32 [count, n, n]: where there is something to learn."""
    maps = []
    for canvas in canvases:
        edges = np.abs(cv2.Laplacian(np.ascontiguousarray(canvas), cv2.CV_32F)).mean(2)
        maps.append(cv2.resize(edges, None, fx=1 / 32, fy=1 / 32, interpolation=cv2.INTER_AREA))
    return np.stack(maps)


@dataclass
class Sampler:
    """Batches by step: the same step of the same seed gives the same batch."""

    canvases: np.ndarray
    scale: int
    variant: str
    seed: int

    def __post_init__(self) -> None:
        self.detail = detail_map(self.canvases)

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(small [BATCH, 3, PATCH, PATCH], large), float32 0–1, 8-bit values."""
        rng = np.random.default_rng([self.seed, step])
        large = torch.from_numpy(np.stack([self._crop(rng) for _ in range(BATCH)])).permute(0, 3, 1, 2)
        large = large.contiguous(memory_format=torch.channels_last)
        small = reduce(large, self.scale)
        if self.variant == "camera":
            small = torch.stack([camera(rng, picture) for picture in small])
        return (small * 255).round() / 255, large

    def _crop(self, rng: np.random.Generator) -> np.ndarray:
        side = PATCH * self.scale
        places = [(rng.integers(len(self.canvases)), *rng.integers(0, CANVAS_SIZE - side + 1, 2)) for _ in range(2)]
        if rng.random() < 0.7:  # the busier of two places
            places.sort(key=lambda p: -self.detail[p[0], (p[1] + side // 2) // 32, (p[2] + side // 2) // 32])
        i, y, x = places[0]
        patch = self.canvases[i, y : y + side, x : x + side].astype(np.float32) / 255
        if rng.random() < 0.5:
            patch = patch[:, ::-1]
        if rng.random() < 0.5:
            patch = patch.transpose(1, 0, 2)
        patch = patch[..., rng.permutation(3)]
        if rng.random() < 0.5:
            contrast = rng.uniform(0.3, 1)
            patch = patch * contrast + rng.uniform(0, 1 - contrast)
        return np.ascontiguousarray(patch, np.float32)


def reduce(x: torch.Tensor, scale: int) -> torch.Tensor:
    """Antialiased bicubic reduction, as Pillow and a camera's own scaler do it; clipped to 0–1."""
    return F.interpolate(x, scale_factor=1 / scale, mode="bicubic", antialias=True).clamp(0, 1)


def camera(rng: np.random.Generator, picture: torch.Tensor) -> torch.Tensor:
    """A small camera's chain on [3, h, w] 0–1: soft lens, shot and read noise, denoising, sharpening, JPEG."""
    x = np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
    if rng.random() < 0.6:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.25, 0.7))
    if rng.random() < 0.8:
        noise = rng.standard_normal(x.shape, dtype=np.float32) * np.sqrt(0.3 + 0.7 * x)
        if rng.random() < 0.6:
            noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.3, 0.9))
        x = x + float(rng.exponential(0.012)) * noise
    if rng.random() < 0.4:
        x = x + rng.uniform(0.1, 0.6) * (x - cv2.GaussianBlur(x, (0, 0), rng.uniform(0.6, 1.2)))
    pixels = np.round(np.clip(x, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.8:
        sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if rng.random() < 0.6 else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 98)), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
        code = cv2.imencode(".jpg", pixels[..., ::-1], options)[1]  # opencv reads and writes BGR
        pixels = np.ascontiguousarray(cv2.imdecode(code, cv2.IMREAD_COLOR)[..., ::-1])
    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255


# Training


def loss_of(output: torch.Tensor, large: torch.Tensor, small: torch.Tensor, scale: int, clean: bool) -> torch.Tensor:
    """L1, a little of the spectrum's L1, and (clean) L1 of the reduced output against the input."""
    loss = F.l1_loss(output, large)
    spectrum = torch.fft.rfft2(output - large, norm="ortho")
    loss = loss + SPECTRUM_WEIGHT * torch.view_as_real(spectrum).abs().mean()
    if clean:
        loss = loss + CONSISTENCY_WEIGHT * F.l1_loss(F.avg_pool2d(output, scale), F.avg_pool2d(large, scale))
        loss = loss + CONSISTENCY_WEIGHT * F.l1_loss(
            F.interpolate(output, scale_factor=1 / scale, mode="bicubic", antialias=True), small
        )
    return loss


def train(options: argparse.Namespace) -> nn.Module:
    """Train for `options.minutes` in all, over however many starts; returns the averaged net."""
    torch.manual_seed(options.seed)
    device, budget = torch.device(options.device), options.minutes * 60
    net = SuperResolution(options.scale)
    if options.trunk:
        load_trunk(net, torch.load(options.trunk, weights_only=True))
    net = net.to(device, memory_format=torch.channels_last)
    average = deepcopy(net).eval().requires_grad_(False)
    optimizer = torch.optim.Adam(net.parameters(), LEARNING_RATE, betas=(0.9, 0.99))
    step, elapsed = 0, 0.0
    run = options.scratch / f"superres-x{options.scale}-{options.variant}{options.label}"
    run.mkdir(parents=True, exist_ok=True)
    state_path = run / "state.pt"
    if state_path.exists():
        state = torch.load(state_path, weights_only=True, map_location=device)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, elapsed = state["step"], state["elapsed"]
        print(f"going on from step {step}, {elapsed / 60:.1f} min", flush=True)
    sampler = Sampler(load_canvases(options.scratch, options.canvases), options.scale, options.variant, options.seed)
    before, started, saved, running = elapsed, time.time(), time.time(), 0.0
    while elapsed < budget:
        warm = min(1.0, (step + 1) / 200)
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * warm * max(0.5 * (1 + math.cos(math.pi * elapsed / budget)), 1e-3)
        small, large = (t.to(device) for t in sampler.batch(step))
        with torch.autocast(device.type, torch.bfloat16):
            output = net(small.contiguous(memory_format=torch.channels_last))
        loss = loss_of(output.float(), large, small, options.scale, options.variant == "clean")
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        step += 1
        if torch.isfinite(loss):
            optimizer.step()
            update_average(average, net, min(EMA, (1 + step) / (10 + step)))
        running += 0.01 * (loss.item() - running) if running else loss.item()
        elapsed = before + time.time() - started
        if time.time() - saved > 60 or elapsed >= budget:
            saved = time.time()
            save_state(state_path, net, average, optimizer, step, elapsed)
            print(f"{elapsed / 60:.1f} min, step {step}, loss {running:.5f}", flush=True)
    torch.save(average.state_dict(), run / "average.pt")
    return average.cpu()


def update_average(average: nn.Module, net: nn.Module, keep: float) -> None:
    with torch.no_grad():
        for mean, value in zip(average.parameters(), net.parameters(), strict=True):
            mean.lerp_(value, 1 - keep)


def load_trunk(net: SuperResolution, weights: dict[str, torch.Tensor]) -> None:
    """Take what fits: all of a net of this scale, all but the tail and the skip of another."""
    own = net.state_dict()
    trunk = {name: value for name, value in weights.items() if value.shape == own[name].shape}
    net.load_state_dict(trunk, strict=False)


def save_state(path: Path, net: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, step: int,
               elapsed: float) -> None:
    draft = path.with_suffix(".draft")
    torch.save({"net": net.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict(),
                "step": step, "elapsed": elapsed}, draft)
    draft.replace(path)


# Export


def onnx_path(scale: int, variant: str) -> Path:
    return STARTER / (f"superres-x{scale}.onnx" if variant == "clean" else f"superres-x{scale}-{variant}.onnx")


def export(net: nn.Module, scale: int, variant: str, path: Path) -> ExportReport:
    """Write the pack's file; see SuperResolution for the contract."""
    size = {"input": {2: "height", 3: "width"}}
    metadata = {"task": "upscale", "scale": str(scale), "variant": variant, "layout": "NCHW RGB 0-1",
                "tile": str(TILE), "overlap": str(OVERLAP), "author": "Davenport", "data": "procedural"}
    return export_net(net, {"input": torch.rand(1, 3, 40, 56)}, ["output"], path, dynamic=size, metadata=metadata,
                      parity_inputs=[{"input": torch.rand(1, 3, 33, 90)}, {"input": torch.rand(1, 3, 256, 256)}])


# Judging


def upscale(session, picture: np.ndarray, scale: int) -> np.ndarray:
    """uint8 [h, w, 3] → uint8 [scale·h, scale·w, 3] by tiles, as the app does it."""
    height, width = picture.shape[:2]
    planes = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / 255
    result = np.empty((height * scale, width * scale, 3), np.uint8)
    inner = TILE - 2 * OVERLAP
    for top in range(0, height, inner):
        for left in range(0, width, inner):
            y0, x0 = max(top - OVERLAP, 0), max(left - OVERLAP, 0)
            tile = planes[:, :, y0 : top + inner + OVERLAP, x0 : left + inner + OVERLAP]
            output = session.run(None, {"input": np.ascontiguousarray(tile)})[0][0].transpose(1, 2, 0)
            piece = output[(top - y0) * scale : (top - y0 + inner) * scale, (left - x0) * scale : (left - x0 + inner) * scale]
            place = result[top * scale : top * scale + len(piece), left * scale : left * scale + piece.shape[1]]
            place[:] = np.round(np.clip(piece[: len(place)], 0, 1) * 255)
    return result


def luma(picture: np.ndarray) -> np.ndarray:
    return picture.astype(np.float64) @ (65.481, 128.553, 24.966) / 255 + 16


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(np.mean((a.astype(np.float64) - b) ** 2), 1e-9)))


def faithfulness(output: np.ndarray, small: np.ndarray, scale: int) -> tuple[float, float]:
    """PSNR of the area-reduced output against the input: whole, and in the worst block of 64²."""
    reduced = cv2.resize(output.astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA)
    error = ((reduced - small) ** 2).mean(2)
    h, w = (n // 64 * 64 for n in error.shape)
    blocks = error[:h, :w].reshape(h // 64, 64, w // 64, 64).mean((1, 3))
    return tuple(float(10 * np.log10(255**2 / max(e, 1e-9))) for e in (error.mean(), blocks.max()))


def judge(path: Path, scale: int, folder: Path, crops: Path | None, variant: str) -> None:
    """Print a table over the photos of `folder`, each reduced by `scale` and enlarged again.

    The camera variant is judged on reduced photos that went through `camera` as well.
    """
    session = open_session(path)
    print("| photo | bicubic | Lanczos | net | gain | area whole | area worst 64² | (truth whole | worst) |")
    gains = []
    for file in sorted(p for p in folder.iterdir() if p.suffix in (".jpg", ".png")):
        photo = Image.open(file).convert("RGB")
        photo = photo.crop((0, 0, photo.width // scale * scale, photo.height // scale * scale))
        small = photo.resize((photo.width // scale, photo.height // scale), Image.Resampling.BICUBIC)
        if variant == "camera":
            planes = torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1) / 255
            pixels = camera(np.random.default_rng(len(gains)), planes).permute(1, 2, 0).numpy() * 255
            small = Image.fromarray(np.round(pixels).astype(np.uint8))
        truth, low = np.asarray(photo), np.asarray(small)
        net = upscale(session, low, scale)
        others = [np.asarray(small.resize(photo.size, how)) for how in (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)]
        edge = np.s_[2 * scale : -2 * scale, 2 * scale : -2 * scale]
        scores = [psnr(luma(picture)[edge], luma(truth)[edge]) for picture in (*others, net)]
        gains.append([scores[2] - scores[0], scores[2] - scores[1]])
        area = (*faithfulness(net, low, scale), *faithfulness(truth, low, scale))
        print(f"| {file.name} | {scores[0]:.2f} | {scores[1]:.2f} | {scores[2]:.2f} | {gains[-1][0]:+.2f} | "
              + " | ".join(f"{a:.1f}" for a in area) + " |", flush=True)
        if crops:
            save_crops(crops, file.stem, (others[0], net, truth), scale)
    print(f"mean gain over bicubic {np.mean(gains, 0)[0]:.2f} dB, over Lanczos {np.mean(gains, 0)[1]:.2f} dB")


def save_crops(folder: Path, name: str, pictures: tuple[np.ndarray, ...], scale: int, side: int = 256) -> None:
    """The busiest place and two more, side by side: bicubic, net, truth."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = pictures[-1]
    edges = cv2.boxFilter(np.abs(cv2.Laplacian(truth, cv2.CV_32F)).mean(2), -1, (side, side))
    h, w = truth.shape[:2]
    edges = edges[side // 2 : h - side // 2 : 16, side // 2 : w - side // 2 : 16]
    rows = []
    for quantile in (1.0, 0.9, 0.6):
        k = np.argsort(edges, axis=None)[int((edges.size - 1) * quantile)]
        y, x = (16 * int(i) for i in np.unravel_index(k, edges.shape))
        rows.append(np.concatenate([p[y : y + side, x : x + side] for p in pictures], 1))
    Image.fromarray(np.concatenate(rows, 0)).save(folder / f"{name}-x{scale}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, choices=(2, 4), default=2)
    parser.add_argument("--variant", choices=("clean", "camera"), default="clean")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--canvases", type=int, default=CANVASES)
    parser.add_argument("--trunk", type=Path, help="weights (.pt) of another scale or variant to start from")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "davenport-training")
    parser.add_argument("--label", default="", help="added to the run's folder name")
    parser.add_argument("--output", type=Path, help="where to write the .onnx instead of starter/")
    parser.add_argument("--judge", type=Path, help="a folder of photos: measure the written model, train nothing")
    parser.add_argument("--crops", type=Path, help="with --judge: write 100 %% crops here")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    path = options.output or onnx_path(options.scale, options.variant)
    if options.judge:
        judge(path, options.scale, options.judge, options.crops, options.variant)
        return
    net = train(options)
    print(export(net, options.scale, options.variant, path))


if __name__ == "__main__":
    sys.exit(main())
