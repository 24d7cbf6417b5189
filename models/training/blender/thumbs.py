"""A small picture of every piece for a picker: 320x240, in its default color, on transparent ground.

    /usr/bin/python3 thumbs.py ../../starter/catalogue
"""
import json
import os
import sys

import cv2
import numpy as np

from check_catalogue import linear, read, recompose
from layers import encode_srgb

SIZE, YAW, PITCH = (320, 240), 32, 12


def thumbnail(folder):
    """RGBA 0..1 of the view nearest to YAW and PITCH, fitted into SIZE."""
    with open(f'{folder}/piece.json') as f:
        piece = json.load(f)
    view = min(piece['views'], key=lambda v: abs(v['yaw'] - YAW) + abs(v['pitch'] - PITCH))
    layers = {k: read(f'{folder}/{v}') for k, v in view['files'].items()}
    alpha = layers['matte'][..., :1]
    color = encode_srgb(recompose(view, layers, piece['upholsteryAlbedo'], piece['defaultColor'], 0.) * 1.05)
    color = np.where(alpha > 0, color, 0)                # premultiplied: the backdrop is black
    scale = min((SIZE[0] - 12) / view['width'], (SIZE[1] - 12) / view['height'])
    small = cv2.resize(np.dstack([color, alpha]), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    out = np.zeros((SIZE[1], SIZE[0], 4), np.float32)
    y, x = (SIZE[1] - small.shape[0]) // 2, (SIZE[0] - small.shape[1]) // 2
    out[y:y + small.shape[0], x:x + small.shape[1]] = small
    out[..., :3] /= np.maximum(out[..., 3:], 1e-3)
    return np.clip(out, 0, 1)


def main():
    root = sys.argv[1]
    for name in sorted(os.listdir(root)):
        if not os.path.isfile(f'{root}/{name}/piece.json'):
            continue
        rgba = (thumbnail(f'{root}/{name}') * 255 + .5).astype(np.uint8)
        cv2.imwrite(f'{root}/{name}/thumb.webp', rgba[..., [2, 1, 0, 3]], [cv2.IMWRITE_WEBP_QUALITY, 86])
        print(name, os.path.getsize(f'{root}/{name}/thumb.webp'), 'bytes')


if __name__ == '__main__':
    main()
