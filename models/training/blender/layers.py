"""From the raw passes of one catalogue view to its four files (numpy, OpenCV).

    /usr/bin/python3 layers.py raw/midcentury_y30-p08.npz OUT_DIR      encode again without Blender

Raw passes are two halves (see [Note: Half pairs] in tracer.py) of premultiplied
light; the files hold straight color, grown under soft edges:

    linear picture = albedo * diffuse * diffuseScale + gloss * glossScale

matte holds coverage (R), coverage by upholstery (G) and depth (B).
"""
import json
import sys

import cv2
import numpy as np

import denoise

LOSSY, LOSSLESS = [cv2.IMWRITE_WEBP_QUALITY, 90], [cv2.IMWRITE_WEBP_QUALITY, 101]
STORED_ALBEDO = .5                               # mean linear albedo of the upholstery in every albedo.webp
VIEW_PASSES = ((2, 1), (2, 3), (2, 7))          # (radius, stride), see denoise.py
SLIT_PX = 6                                      # gaps up to this wide are slits between cloth parts
SOLID = .5                                       # coverage from which a pixel's own color is kept


def encode_srgb(x):
    """Linear 0..1 to sRGB-encoded 0..1."""
    x = np.clip(x, 0, 1)
    return np.where(x < .0031308, 12.92 * x, 1.055 * np.power(x, 1 / 2.4) - .055)


def decode_srgb(y):
    """sRGB-encoded 0..1 to linear 0..1."""
    return np.where(y < .04045, y / 12.92, np.power((y + .055) / 1.055, 2.4))


def grow(image, mask, levels=8):
    """Fill the pixels outside a boolean mask from the nearest ones inside (pull-push)."""
    weight = mask.astype(np.float32)
    pyramid = [(image * weight[..., None], weight)]
    for _ in range(levels):
        value, w = pyramid[-1]
        size = (max(1, (w.shape[1] + 1) // 2), max(1, (w.shape[0] + 1) // 2))
        value, w = (cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (value, w))
        pyramid.append((np.atleast_3d(value), w))
    value, w = pyramid[-1]
    fill = value / np.maximum(w, 1e-6)[..., None]
    for value, w in pyramid[-2::-1]:
        up = np.atleast_3d(cv2.resize(fill, w.shape[::-1], interpolation=cv2.INTER_LINEAR))
        known = np.minimum(w * 4, 1)[..., None]
        fill = known * value / np.maximum(w, 1e-6)[..., None] + (1 - known) * up
    return np.where(mask[..., None], image, fill)


def close_gaps(alpha, upholstery):
    """Cover slits between cloth parts (under a piping) through which the backdrop shows.

    Only narrow gaps enclosed by the piece count (one under an armrest is meant); their colors
    are grown from their surroundings.
    """
    open_ = (alpha < .97).astype(np.uint8)
    count, label = cv2.connectedComponents(open_, connectivity=8)
    inside = cv2.distanceTransform(open_, cv2.DIST_L2, 3)
    width = np.zeros(count)
    np.maximum.at(width, label.ravel(), 2 * inside.ravel())
    edge = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    gap = (label > 0) & ~np.isin(label, np.unique(edge)) & (width[label] <= SLIT_PX)
    cloth = cv2.blur(upholstery, (15, 15)) > .5 * cv2.blur(alpha, (15, 15))
    gap &= cloth
    return np.where(gap, 1, alpha), np.where(gap, 1, upholstery)


def separate(a, b):
    """Denoise the two halves of a view.

    a, b: {pass: float32 (H,W,4)}.  Returns albedo, diffuse, gloss (H,W,3, straight,
    linear), alpha, upholstery (H,W, 0..1) and depth (H,W, metres, grown outwards).
    """
    mean = {k: (a[k].astype(np.float32) + b[k]) / 2 for k in a}
    alpha = np.clip(mean['image'][..., 3], 0, 1)
    cover = np.maximum(alpha, 1e-3)[..., None]
    solid = alpha > SOLID
    depth = mean['depth'][..., :1] / cover
    albedo = np.clip(mean['base'][..., :3] / cover, 0, 1)
    light = [(h['diffuse_color'] * (h['diffuse_direct'] + h['diffuse_indirect']))[..., :3]
             / np.maximum(h['base'][..., :3], .004) for h in (a, b)]
    sheen = [(h['gloss_color'] * (h['gloss_direct'] + h['gloss_indirect']))[..., :3]
             / np.maximum(h['image'][..., 3:], .02) for h in (a, b)]
    light, sheen = ([grow(x.astype(np.float32), solid) for x in pair] for pair in (light, sheen))
    guides = [grow(x.astype(np.float32), solid) for x in (albedo, mean['normal'][..., :3] / cover, depth)]
    diffuse, gloss = denoise.denoise([light, sheen], guides[0], guides[1], guides[2][..., 0], VIEW_PASSES, (.9, 1.))
    albedo, diffuse, gloss = (grow(x.astype(np.float32), solid) for x in (guides[0], diffuse, gloss))
    alpha, upholstery = close_gaps(alpha, np.minimum(mean['upholstery'][..., 0], alpha))
    return albedo, diffuse, gloss, alpha, upholstery, guides[2][..., 0]


def to_bytes(x):
    return (np.clip(x, 0, 1) * 255 + .5).astype(np.uint8)


def write_view(folder, a, b, lift=1., suffix=''):
    """Write a view's files into a folder; returns the fields of its JSON entry.

    lift multiplies the upholstery's albedo, so that its mean is STORED_ALBEDO.
    """
    albedo, diffuse, gloss, alpha, upholstery, depth = separate(a, b)
    share = np.clip(upholstery / np.maximum(alpha, 1e-3), 0, 1)
    albedo = albedo * (1 + (lift - 1) * grow(share[..., None], alpha > SOLID))
    inside = alpha > SOLID
    near, far = float(depth[inside].min()) - .005, float(depth[inside].max()) + .005
    scale = {name: round(float(np.percentile(x[inside].max(1), 99.95)) * 1.02, 4)
             for name, x in (('diffuse', diffuse), ('gloss', gloss))}
    band = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((9, 9))) > 0
    code = np.where(band, 1 - (depth - near) / (far - near), 0)
    pictures = {'albedo': to_bytes(encode_srgb(albedo)), 'diffuse': to_bytes(encode_srgb(diffuse / scale['diffuse'])),
                'gloss': to_bytes(encode_srgb(gloss / scale['gloss'])), 'matte': to_bytes(np.dstack([alpha, upholstery, code]))}
    files = {}
    for name, rgb in pictures.items():
        files[name] = f'{name}{suffix}.webp'
        cv2.imwrite(f'{folder}/{files[name]}', np.ascontiguousarray(rgb[..., ::-1]), LOSSLESS if name == 'matte' else LOSSY)
    return {'near': round(near, 4), 'far': round(far, 4), 'diffuseScale': scale['diffuse'], 'glossScale': scale['gloss'], 'files': files}


def upholstery_albedo(a, b):
    """Mean linear base color of the upholstery in a view."""
    base, cover = (a['base'] + b['base'])[..., :3].mean(2) / 2, (a['upholstery'] + b['upholstery'])[..., 0] / 2
    return float(base[cover > .99].mean())


def smooth_shadow(dark):
    """Blur away sampling noise; the small dark spots under legs keep their edges."""
    fine, soft = cv2.GaussianBlur(dark, (0, 0), 1.2), cv2.GaussianBlur(dark, (0, 0), 7)
    spot = np.clip((cv2.GaussianBlur(dark, (0, 0), 2) - cv2.GaussianBlur(dark, (0, 0), 12) - .05) / .05, 0, 1)
    spot = cv2.GaussianBlur(spot, (0, 0), 3)
    return soft + (fine - soft) * spot


def shadow_map(a, b, margin_px):
    """Floor irradiance halves, 1 where the sky is open, to 1 - ratio, exactly 0 at the border."""
    light = [(h['diffuse_direct'] + h['diffuse_indirect'])[..., :3].astype(np.float32) for h in (a, b)]
    flat = np.zeros_like(light[0])
    ratio = denoise.denoise([light], flat, flat, flat[..., 0] + 1, strengths=(1.4,))[0].mean(2)
    dark = smooth_shadow(np.clip(1 - ratio, 0, 1).astype(np.float32))
    h, w = dark.shape
    y, x = np.minimum(np.arange(h), np.arange(h)[::-1]), np.minimum(np.arange(w), np.arange(w)[::-1])
    edge = np.clip(np.minimum(y[:, None], x[None]) / margin_px, 0, 1)
    return dark * edge * edge * (3 - 2 * edge)


if __name__ == '__main__':
    raw = np.load(sys.argv[1])
    halves = [{k[2:]: raw[k].astype(np.float32) for k in raw.files if k[:2] == tag} for tag in ('a_', 'b_')]
    print(json.dumps(write_view(sys.argv[2], *halves, STORED_ALBEDO / upholstery_albedo(*halves))))
