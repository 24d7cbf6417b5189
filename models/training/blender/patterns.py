"""Rug and picture patterns as linear RGB arrays (H,W,3), 0..1."""
import numpy as np

from geometry import smoothstep, waves


def berber_pixels(seed):
    """Cream rug with hand-drawn dark lozenge lines."""
    h, w = 620, 930
    yy, xx = np.mgrid[0:h, 0:w] / h
    p = np.stack([xx.ravel(), yy.ravel()], 1)
    wob = waves(p, 3, seed).reshape(h, w) * .012
    a = (xx + yy * .9 + wob) / .30
    b = (xx - yy * .9 + wob) / .30
    line = np.minimum(abs(a - np.round(a)), abs(b - np.round(b)))
    ink = (1 - smoothstep(.025, .045, line + .012 * waves(p, 30, seed + 1).reshape(h, w)))[..., None]
    base = np.array((.63, .58, .50)) * (1 + .05 * waves(p, 25, seed + 2).reshape(h, w, 1) + .04 * waves(p, 2, seed + 3).reshape(h, w, 1))
    return base * (1 - ink) + np.array((.14, .115, .095)) * ink


def persian_pixels(seed):
    """Faded red and navy rug: medallion, field motifs, banded border."""
    h, w = 700, 1050
    yy, xx = np.mgrid[0:h, 0:w] / h
    x, y = np.abs(xx - .75), np.abs(yy - .5)
    pal = [np.array(c) for c in ((.21, .032, .025), (.022, .035, .075), (.50, .38, .24), (.30, .12, .05), (.09, .12, .10))]
    img = np.ones((h, w, 3)) * pal[0]

    def put(mask, c):
        img[mask] = pal[c]
    fig = np.sin(96 * x) * np.sin(84 * y) + .6 * np.sin(31 * (x + y)) * np.sin(31 * (x - y) + 1)
    put(fig > .80, 3), put((fig > .50) & (fig <= .62), 2), put(fig < -.85, 1)
    med = (x / .40) ** 1.1 + (y / .27) ** 1.1 + .05 * np.cos(40 * np.arctan2(y, x + 1e-6))
    put(med < 1, 2), put(med < .96, 1)
    put((med < .9) & (np.sin(120 * x) * np.sin(75 * y) + .5 * np.sin(40 * (x + y)) > .75), 2), put(med < .42, 0), put((med < .42) & (fig > .55), 3), put(med < .13, 4)
    edge = np.minimum(.75 - x, .5 - y)
    put(edge < .125, 2), put(edge < .115, 1)
    along = np.where(.75 - x < .5 - y, y, x)
    put((edge > .030) & (edge < .105) & (np.sin(along * 70) + np.cos((edge - .067) * 75) > 1.2), 0)
    put((edge > .045) & (edge < .09) & (np.sin(along * 70 + 3.1) + np.cos((edge - .067) * 120) > 1.5), 2)
    put(edge < .03, 2), put(edge < .022, 3)
    p = np.stack([xx.ravel(), yy.ravel()], 1)
    fade = (1 + .10 * waves(p, 1.5, seed) + .10 * waves(p * (1, 12), 10, seed + 1)).reshape(h, w, 1)
    return np.clip((img * .72 + .045) * fade, 0, 1)


def abstract_pixels(seed, palette, paper=(.82, .78, .70)):
    """Mid-century style print: overlapping cut-paper shapes and a line."""
    h, w = 480, 360
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[0:h, 0:w] / w
    img = np.ones((h, w, 3)) * np.array(paper)
    for k in range(5):
        cx, cy = rng.uniform(.2, .8), rng.uniform(.25, 1.1)
        th = np.arctan2(yy - cy, xx - cx)
        r = rng.uniform(.13, .30) * (1 + .25 * np.sin(2 * th + rng.uniform(0, 6)) + .12 * np.sin(3 * th + rng.uniform(0, 6)))
        m = smoothstep(.006, -.006, np.hypot(xx - cx, yy - cy) - r)[..., None] * .92
        img = img * (1 - m) + np.array(palette[k % len(palette)]) * m
    ln = abs(yy - .66 - .2 * np.sin(xx * 5 + seed)) < .006
    img[ln] = (.04, .035, .03)
    return img * (1 + .03 * rng.normal(size=(h, w, 1)))


def landscape_pixels(seed):
    """Loose oil landscape: sky, hills and field in layered brush noise."""
    h, w = 360, 520
    yy, xx = np.mgrid[0:h, 0:w] / h
    p = np.stack([xx.ravel() * .6, yy.ravel()], 1)
    n = (waves(p, 3, seed) * .6 + waves(p * (1, 3), 9, seed + 1) * .3).reshape(h, w, 1)
    img = np.array((.36, .40, .40)) * (.75 + .5 * yy[..., None]) * (1 + .18 * n)
    for k, (lvl, c) in enumerate(((.52, (.12, .16, .15)), (.42, (.085, .105, .05)), (.30, (.20, .17, .06)), (.14, (.07, .06, .025)))):
        hill = lvl + .022 * waves(xx[0][:, None], .7 + .5 * k, seed + 5 + k) + .006 * n[..., 0].mean(0)
        m = smoothstep(.012, -.012, yy - hill[None, :])[..., None]
        img = img * (1 - m) + np.array(c) * (1 + .35 * n) * m
    return np.clip(img, .005, 1)
