"""Check a catalogue and recompose every view from its files, recolored, over grey.

    /usr/bin/python3 check_catalogue.py ../../starter/catalogue sheet.png [--piece midcentury] [--view y30-p08] [--scale .5]

Exits 1 and names what is wrong: a missing file, sizes that differ, a projection that
does not fit the picture, a border that is not empty, a shadow that does not end.
"""
import argparse
import json
import os
import sys

import cv2
import numpy as np

from layers import decode_srgb, encode_srgb

COLORS = ('#355a55', '#b8743a')                  # green, cognac


def read(path):
    """8-bit RGB picture as float 0..1."""
    image = cv2.imread(path)
    if image is None:
        raise FileNotFoundError(path)
    return image[..., ::-1].astype(np.float32) / 255


def linear(color):
    """'#rrggbb' to linear RGB."""
    return decode_srgb(np.array([int(color[i:i + 2], 16) for i in (1, 3, 5)]) / 255)


def recompose(view, layers, upholstery_albedo, color=None, backdrop=.45):
    """Linear picture of a view over a grey backdrop, its upholstery in a color (None keeps the grey)."""
    alpha, cover = layers['matte'][..., :1], layers['matte'][..., 1:2]
    albedo = decode_srgb(layers['albedo'])
    if color:
        share = np.clip(cover / np.maximum(alpha, 1e-3), 0, 1)
        albedo = albedo * (1 - share) + share * np.clip(albedo / upholstery_albedo * linear(color), 0, 1)
    light = decode_srgb(layers['diffuse']) * view['diffuseScale']
    picture = albedo * light + decode_srgb(layers['gloss']) * view['glossScale']
    return picture * alpha + backdrop * (1 - alpha)


def faults_of_view(view, layers, size):
    """Yield what is wrong with one view, in words."""
    h, w = view['height'], view['width']
    for name, image in layers.items():
        if image.shape[:2] != (h, w):
            yield f'{name} is {image.shape[1]}x{image.shape[0]}, expected {w}x{h}'
            return
    matte = layers['matte']
    solid = np.argwhere(matte[..., 0] > .5)
    low, high = solid.min(0), solid.max(0)
    margins = (*low, h - 1 - high[0], w - 1 - high[1])
    if min(margins) < 6 or max(margins) > 11:
        yield f'margins {margins}, expected 8'
    if (matte[..., 1] > matte[..., 0] + 1.5 / 255).any():
        yield 'upholstery covers more than the piece'
    if matte[[0, -1], :, 0].any() or matte[:, [0, -1], 0].any():
        yield 'the border is not empty'
    x, y, z = size['width'] / 2, size['depth'] / 2, size['height']
    box = np.array([(a, b, c, 1) for a in (-x, x) for b in (-y, y) for c in (0, z)])
    p = box @ np.array(view['projection']).reshape(3, 4).T
    uv = p[:, :2] / p[:, 2:]
    spread = np.maximum(8 - uv.min(0), uv.max(0) - (w - 8, h - 8)).max()
    if spread < -6 or spread > .2 * max(w, h):       # the box always encloses the piece
        yield f'the projected box misses the picture by {spread:.0f} px'
    if not p[:, 2].min() - .05 < view['near'] < view['far'] < p[:, 2].max() + .05:
        yield 'near and far are outside the projected box'


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('catalogue')
    ap.add_argument('sheet')
    ap.add_argument('--piece')
    ap.add_argument('--view')
    ap.add_argument('--scale', type=float, default=.35)
    a = ap.parse_args()
    faults, rows, total = [], [], 0
    for name in sorted(os.listdir(a.catalogue)):
        folder = os.path.join(a.catalogue, name)
        if not os.path.isfile(f'{folder}/piece.json') or a.piece not in (None, name):
            continue
        with open(f'{folder}/piece.json') as f:
            piece = json.load(f)
        shadow = read(f"{folder}/{piece['floorShadow']['file']}")
        if shadow[[0, -1]].any() or shadow[:, [0, -1]].any():
            faults.append(f'{name}: the shadow does not end inside its picture')
        tiles, used = [], {'piece.json', 'thumb.webp', piece['floorShadow']['file']}
        for view in piece['views']:
            used |= set(view['files'].values())
            if a.view not in (None, view['id']):
                continue
            layers = {k: read(f'{folder}/{v}') for k, v in view['files'].items()}
            faults += [f"{name} {view['id']}: {x}" for x in faults_of_view(view, layers, piece['size'])]
            pictures = [recompose(view, layers, piece['upholsteryAlbedo'], c) for c in (*COLORS, None)]
            tile = encode_srgb(np.hstack(pictures) * .9)
            tiles.append(cv2.resize(tile, None, fx=a.scale, fy=a.scale, interpolation=cv2.INTER_AREA))
        faults += [f'{name}: {x} belongs to no view' for x in sorted(set(os.listdir(folder)) - used)]
        size = sum(os.path.getsize(f'{folder}/{x}') for x in used if os.path.isfile(f'{folder}/{x}'))
        total += size
        print(f"{name}: {len(piece['views'])} views, {size / 1e6:.2f} MB")
        rows += tiles
    width = max(t.shape[1] for t in rows)
    sheet = np.vstack([np.pad(t, ((0, 4), (0, width - t.shape[1]), (0, 0)), constant_values=.7) for t in rows])
    cv2.imwrite(a.sheet, (np.clip(sheet[..., ::-1], 0, 1) * 255 + .5).astype(np.uint8))
    print(f'total {total / 1e6:.2f} MB', *faults, sep='\n')
    sys.exit(bool(faults))


if __name__ == '__main__':
    main()
