"""A quick preview of latents without a decoder: the matrix that comes nearest to what the VAE shows."""

import torch

from .graphs import VAE_FACTOR

PICTURES, SIDE = 12, 128


@torch.no_grad()
def fit_preview(vae):
    """Least squares from scaled latents to the pictures' means over a cell (-1..1), on gradients, patches and grain."""
    pictures = torch.cat([draw_picture(seed) for seed in range(PICTURES)])
    latents = torch.cat([vae.encode(picture[None]).latent_dist.mean for picture in pictures]) * vae.config.scaling_factor
    cells = torch.nn.functional.avg_pool2d(pictures, VAE_FACTOR)
    known = latents.permute(0, 2, 3, 1).flatten(0, 2)
    known = torch.cat([known, torch.ones(len(known), 1)], 1).double()
    wanted = cells.permute(0, 2, 3, 1).flatten(0, 2).double()
    solution = torch.linalg.lstsq(known, wanted).solution
    rounded = [[round(value, 5) for value in row] for row in solution.tolist()]
    return {"matrix": rounded[:-1], "bias": rounded[-1]}


def draw_picture(seed):
    """[1,3,128,128] in -1..1: smooth colours, a few flat rectangles, a little grain."""
    generator = torch.Generator().manual_seed(seed)
    coarse = 2 * torch.rand(1, 3, 2 + seed % 4, 2 + seed % 4, generator=generator) - 1
    picture = torch.nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bicubic", align_corners=True)
    for _ in range(seed % 6):
        left, top, width, height = torch.randint(16, SIDE // 2, (4,), generator=generator).tolist()
        color = 2 * torch.rand(1, 3, 1, 1, generator=generator) - 1
        picture[:, :, top : top + height, left : left + width] = color
    grain = 0.05 * torch.randn(picture.shape, generator=generator)
    return (picture + grain).clamp(-1, 1)
