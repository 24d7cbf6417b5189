"""The nets behind a click: one encoder per photo, one light head per click.

Cells: `features`, `layout` and the click maps lie on the S/4 grid, `features_low` on S/16, mask logits and
disparity on S/2, where S is the side of the square input.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

FEATURES, FEATURES_LOW = 48, 96


def conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(channels, channels), nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


class Attention(nn.Module):
    """Self-attention over all cells of a small grid: context from the whole photo."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.BatchNorm2d(channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, 3, self.heads, c // self.heads, h * w).unbind(1)
        weights = (q.transpose(-2, -1) @ k * (c // self.heads) ** -0.5).softmax(-1)
        return x + self.out((v @ weights.transpose(-2, -1)).reshape(b, c, h, w))


def enlarge(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class SceneEncoder(nn.Module):
    """`image` [B,3,S,S] (sRGB 0..1 minus 0.5, zeros where padded) to features, low features, disparity, layout."""

    def __init__(self, widths: tuple[int, ...] = (24, 48, 96, 160, 256), blocks: tuple[int, ...] = (1, 2, 2, 2)) -> None:
        super().__init__()
        self.stem = conv(3, widths[0], 2)
        self.stages = nn.ModuleList(
            nn.Sequential(conv(widths[k], widths[k + 1], 2), *[Residual(widths[k + 1]) for _ in range(blocks[k])]) for k in range(4)
        )
        self.context = Attention(widths[4])
        inner = (64, 96, 128)
        self.lateral = nn.ModuleList(nn.Conv2d(widths[k + 1], inner[k], 1) for k in range(3))
        self.down = nn.ModuleList(nn.Conv2d((*inner, widths[4])[k + 1], inner[k], 1) for k in range(3))
        self.fuse = nn.ModuleList(conv(c, c) for c in inner)
        self.features = nn.Conv2d(inner[0], FEATURES, 1)
        self.features_low = nn.Conv2d(inner[2], FEATURES_LOW, 1)
        self.geometry = conv(inner[0], 32)
        self.disparity = nn.Conv2d(32, 4, 3, 1, 1)
        self.layout = nn.Conv2d(32, 4, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x, skips = self.stem(image), []
        for stage in self.stages:
            x = stage(x)
            skips.append(x)
        x, low = self.context(x), None
        for k in (2, 1, 0):
            x = self.fuse[k](enlarge(self.down[k](x)) + self.lateral[k](skips[k]))
            low = self.features_low(x) if k == 2 else low
        geometry = self.geometry(x)
        return self.features(x), low, F.pixel_shuffle(self.disparity(geometry), 2), self.layout(geometry)


def similarity(features: Tensor, where: Tensor, groups: int) -> Tensor:
    """How like the features under `where` [B,1,h,w] each cell is: cosine per group of channels, `[B, groups, h, w]`."""
    b, c, h, w = features.shape
    grouped = features.reshape(b, groups, c // groups, h * w)
    grouped = grouped * (grouped.square().sum(2, keepdim=True) + 1e-4).rsqrt()
    weights = where.reshape(b, 1, 1, h * w)
    center = (grouped * weights).sum(3, keepdim=True) / (weights.sum(3, keepdim=True) + 1e-3)
    return (grouped * center).sum(2).reshape(b, groups, h, w)


class ClickHead(nn.Module):
    """Features and click maps to mask `logits` [B,1,S/2,S/2] and predicted `iou` [B,1].

    `clicks` [B,3,S/4,S/4]: positive clicks, negative clicks (bumps of deviation 2 cells), previous mask's
    probability (or a box filled with 0.5).
    """

    def __init__(self) -> None:
        super().__init__()
        self.enter = conv(FEATURES + 3 + 8, 32, kernel=1)
        self.fine = Residual(32)
        self.down8 = nn.Sequential(conv(32, 64, 2), Residual(64))
        self.down16 = conv(64, 96, 2)
        self.enter16 = conv(96 + FEATURES_LOW + 8, 96, kernel=1)
        self.deep = nn.Sequential(Residual(96), Attention(96), Residual(96))
        self.up8, self.fuse8 = nn.Conv2d(96, 64, 1), conv(64, 64)
        self.up4, self.fuse4 = nn.Conv2d(64, 32, 1), Residual(32)
        self.mask = nn.Conv2d(32, 4, 3, 1, 1)
        self.quality = nn.Sequential(nn.Linear(192, 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, features: Tensor, features_low: Tensor, clicks: Tensor) -> tuple[Tensor, Tensor]:
        positive, negative = clicks[:, 0:1], clicks[:, 1:2]
        x4 = self.fine(self.enter(torch.cat([features, clicks, similarity(features, positive, 4), similarity(features, negative, 4)], 1)))
        x8 = self.down8(x4)
        at16 = [F.avg_pool2d(m, 4) for m in (positive, negative)]
        x16 = self.enter16(torch.cat([self.down16(x8), features_low, *(similarity(features_low, m, 4) for m in at16)], 1))
        x16 = self.deep(x16)
        x = self.fuse8(enlarge(self.up8(x16)) + x8)
        x = self.fuse4(enlarge(self.up4(x)) + x4)
        small = self.mask(x)
        weight = small.mean(1, keepdim=True).sigmoid()
        weight = F.avg_pool2d(weight, 4)
        inside = (x16 * weight).mean((2, 3)) / (weight.mean((2, 3)) + 1e-3)
        quality = self.quality(torch.cat([x16.mean((2, 3)), inside], 1)).sigmoid()
        return F.pixel_shuffle(small, 2), quality
