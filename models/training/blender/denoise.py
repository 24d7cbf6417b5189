"""Feature-guided denoiser for Cycles renders (numpy and OpenCV, no trained weights).

Two half-sample renders with different seeds give a per-pixel variance and let
each half be filtered with weights measured on the other (dual-buffer non-local
means, after Rousselle et al., "Adaptive rendering with non-local means
filtering", 2012).  Light is split into layers that are filtered apart: direct
diffuse, indirect diffuse and the rest of a room, or diffuse and gloss of a
catalogue view.  Diffuse layers arrive divided by their color, so textures stay
sharp; albedo, normal and depth stop the filter at edges.

All images are float32 (H,W,3) linear; depth is (H,W) in metres.
"""
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

FINE = ((3, 1), (3, 3), (2, 7))                  # (radius, stride) of each pass
WIDE = ((3, 1), (3, 3), (2, 7), (2, 15))         # for plain walls at 2400 px and more


def despike(image, size=5, limit=3.):
    """Pull fireflies down to `limit` times the local median luminance."""
    lum = np.ascontiguousarray(image.mean(2), np.float32)
    cap = limit * cv2.medianBlur(lum, size) + .05
    return image * np.minimum(1, cap / np.maximum(lum, 1e-6))[..., None]


def _shift(image, dx, dy, margin):
    """View of a padded image moved by whole pixels."""
    h, w = image.shape[0] - 2 * margin, image.shape[1] - 2 * margin
    return image[margin + dy:margin + dy + h, margin + dx:margin + dx + w]


def _pad(image, margin):
    return cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_REPLICATE)


def _feature_weights(feat, radius, stride):
    """Yield (dx, dy, weight) for every shift of one pass."""
    m = radius * stride
    padded = _pad(feat, m) if feat.shape[2] <= 4 else np.dstack([_pad(feat[..., :4], m), _pad(feat[..., 4:], m)])
    for j in range(-radius, radius + 1):
        for i in range(-radius, radius + 1):
            d = feat - _shift(padded, i * stride, j * stride, m)
            yield i * stride, j * stride, np.exp(-np.einsum('hwc,hwc->hw', d, d))


class _Layer:
    """One light layer inside a pass: both halves, their variance, the sums."""

    def __init__(self, a, b, strength, margin):
        self.half = [np.ascontiguousarray(x, np.float32) for x in (a, b)]
        self.log = [np.log1p(np.maximum(x.mean(2), 0)) for x in self.half]
        self.var = cv2.GaussianBlur((self.log[0] - self.log[1]) ** 2 / 2, (9, 9), 2.)
        self.k2, self.m = (.55 * strength) ** 2, margin
        self.padded = [[_pad(x, margin) for x in v] for v in (self.half, self.log, [self.var])]
        self.sum = [np.zeros_like(x) for x in self.half]
        self.weight = [np.zeros_like(self.var) for _ in self.half]

    def accumulate(self, dx, dy, feature_weight):
        """Add one shifted copy; each half is weighted by the other's similarity."""
        halves, logs, (var,) = self.padded
        vs = _shift(var, dx, dy, self.m)
        inv = 1 / (1e-6 + self.k2 * (self.var + vs))
        bias = self.var + np.minimum(self.var, vs)
        for i in (0, 1):
            d = self.log[1 - i] - _shift(logs[1 - i], dx, dy, self.m)
            d = cv2.boxFilter((d * d - bias) * inv, -1, (5, 5))
            w = np.minimum(np.exp(-np.maximum(d, 0)), feature_weight)
            self.sum[i] += w[..., None] * _shift(halves[i], dx, dy, self.m)
            self.weight[i] += w

    def result(self):
        return [s / w[..., None] for s, w in zip(self.sum, self.weight)]


def denoise(layers, albedo, normal, depth, passes=FINE, strengths=None):
    """Filter several light layers with shared guides.

    layers: list of (half_a, half_b); returns the list of filtered means.
    strengths: one number per layer, 1 is neutral, larger filters more.
    """
    strengths = strengths or [1.] * len(layers)
    halves = [tuple(despike(x[..., :3]) for x in pair) for pair in layers]
    z = np.log(np.clip(depth, .1, 60))
    feat = np.concatenate([albedo[..., :3] / .16, normal[..., :3] / .38, z[..., None] / .06], 2).astype(np.float32)
    feat = np.dstack([cv2.GaussianBlur(np.ascontiguousarray(feat[..., i]), (3, 3), .6) for i in range(7)])
    with ThreadPoolExecutor(2) as pool:
        for radius, stride in passes:
            work = [_Layer(a, b, s, radius * stride) for (a, b), s in zip(halves, strengths)]
            for dx, dy, wf in _feature_weights(feat, radius, stride):
                list(pool.map(lambda layer: layer.accumulate(dx, dy, wf), work))
            halves = [layer.result() for layer in work]
    return [(a + b) / 2 for a, b in halves]
