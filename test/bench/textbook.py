"""The textbook's steps in NumPy, OpenCV and Pillow, as a worker: one line in, one line of JSON with times out.

Reads the photo's path and the mask's ellipse from the command line. Every step is written as the book writes it:
an 11 x 11 dilation, match_color by mean and standard deviation inside the mask, a composite through a Gaussian
feather of 10 pixels, and Pillow's save with default settings.
"""
import io
import json
import resource
import sys
import time

import cv2
import numpy as np
from PIL import Image, ImageFilter


def match_color(src, ref, mask):
    m = mask.astype(bool)
    out = src.astype(np.float32)
    for c in range(3):
        s, r = out[..., c][m], ref[..., c][m]
        out[..., c][m] = (s - s.mean()) / (s.std() + 1e-6) * r.std() + r.mean()
    return np.clip(out, 0, 255).astype(np.uint8)


def composite_with_feather(photo, edited, mask, feather_px):
    alpha = mask.filter(ImageFilter.GaussianBlur(feather_px))
    return Image.composite(edited, photo, alpha)


def save(image, kind):
    out = io.BytesIO()
    image.save(out, kind)
    return len(out.getvalue())


def main():
    path, x, y, rx, ry = sys.argv[1], *map(float, sys.argv[2:6])
    first = np.asarray(Image.open(path).convert("RGB"))
    rows, columns = np.ogrid[0 : first.shape[0], 0 : first.shape[1]]
    click_mask = (((columns + 0.5 - x) / rx) ** 2 + ((rows + 0.5 - y) / ry) ** 2 <= 1).astype(np.float32)
    # What the inpaint stage would have given back: the photo, mirrored and tinted.
    edited_photo = np.clip(first[:, ::-1].astype(np.float32) * [0.85, 0.9, 1.05] + [20, 5, -10], 0, 255).astype(np.uint8)
    del first
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        times = {}
        mark = time.perf_counter()

        def lap(name):
            nonlocal mark
            now = time.perf_counter()
            times[name] = (now - mark) * 1000
            mark = now

        with open(path, "rb") as file:
            photo = Image.open(io.BytesIO(file.read()))
            photo.load()
        img = np.asarray(photo)
        lap("decode")
        mask = cv2.dilate((click_mask * 255).astype(np.uint8), np.ones((11, 11), np.uint8))
        lap("mask")
        edited = match_color(edited_photo, img, mask)
        lap("color")
        done = composite_with_feather(photo, Image.fromarray(edited), Image.fromarray(mask), feather_px=10)
        lap("composite")
        jpeg = save(done, "JPEG")
        lap("encode jpeg")
        png = save(done, "PNG")
        lap("encode png")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        unit = 1 if sys.platform == "darwin" else 1024
        print(json.dumps({"times": times, "peakMb": peak * unit / 1e6, "jpegMb": jpeg / 1e6, "pngMb": png / 1e6}), flush=True)


main()
