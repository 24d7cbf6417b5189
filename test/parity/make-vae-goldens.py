"""Goldens of a VAE taken in tiles, with diffusers' AutoencoderKL on the tiny Stable Diffusion's weights.

    python test/parity/make-vae-goldens.py

Writes goldens/vae-tiles.safetensors. The tests do not need Python.
"""

import importlib.util
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "models"))

from convert.tiny_models import make_vae  # noqa: E402

spec = importlib.util.spec_from_file_location("scheduler_goldens", HERE / "make-goldens.py")
goldens = importlib.util.module_from_spec(spec)
spec.loader.exec_module(goldens)

TILE = 32  # pixels; 4 latent cells


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    vae = make_vae(100)
    vae.enable_tiling()
    vae.tile_sample_min_size, vae.tile_latent_min_size = TILE, TILE // 8
    generator = torch.Generator().manual_seed(5)
    latents = torch.randn(1, 4, 7, 10, generator=generator)
    picture = vae.decode(latents).sample
    shown = torch.rand(1, 3, 56, 80, generator=generator) * 2 - 1
    moments = vae.encode(shown).latent_dist.parameters
    tensors = {"latents": latents[0], "picture": picture[0], "shown": shown[0], "moments": moments[0]}
    goldens.write("vae-tiles", tensors, {"tile": TILE, "pack": "tiny-sd15-inpaint"})


main()
