"""Makes the tiny packs of test/fixtures/packs: seeded checkpoints (tiny_models.py), through the converter itself.

    cd models && python -m convert.make_tiny [ID ...]

Before all packs are made, each UNet and ControlNet is run to see that every input changes its output markedly:
tests of equality prove nothing about an input that does not matter.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import torch

from . import checkpoint, graphs
from .__main__ import main
from .tiny_models import make_all

PACKS = Path(__file__).parents[2] / "test/fixtures/packs"
# Smallest change of an output, relative to its standard deviation (tests compare to 1e-4), when one input is drawn anew.
MARKED = 0.005

# Both ways of writing attention are among them. The plain ones serve the tests on a software Vulkan, where the fused node
# of onnxruntime 1.30 computes wrongly on WebGPU from 64 tokens on.
PLAIN = ["--attention", "plain"]

TINY = {
    "tiny-sd15-inpaint": (
        "sd-inpaint",
        ["--controlnet", "sd-controlnet-depth:depth", "--controlnet", "sd-controlnet-lineart:lineart", *PLAIN],
    ),
    "tiny-sd15-base": (
        "sd-base",
        ["--controlnet", "sd-controlnet-depth:depth", "--preview", "taesd", *PLAIN],
    ),
    "tiny-sd15-ip": (
        "sd-inpaint",
        ["--controlnet", "sd-controlnet-depth:depth", "--ip-adapter", "ip-adapter.safetensors", "--image-encoder", "image-encoder"],
    ),
    "tiny-pix2pix": ("sd-pix2pix", PLAIN),
    "tiny-sdxl-inpaint": ("sdxl-inpaint", ["--controlnet", "sdxl-controlnet-depth:depth", "--refiner", "sdxl-refiner"]),
    "tiny-sd2-base": ("sd2-base", ["--external-over", "100000"]),
}


def make_pack(name, root):
    source, extra = TINY[name]
    out = root / "packs" / name
    extra = [str(root / word) if (root / word.split(":")[0]).exists() else word for word in extra]
    arguments = ["--checkpoint", str(root / source), "--out", str(out), "--id", name, "--title", f"Tiny {source}"]
    arguments += ["--licence", "Apache-2.0", "--source", "Seeded random weights; see models/convert/make_tiny.py"]
    if main([*arguments, "--short-names", *extra]):
        sys.exit(1)
    shutil.rmtree(PACKS / name, ignore_errors=True)
    shutil.copytree(out, PACKS / name)


@torch.no_grad()
def check_influence(root):
    """Prints how much each input of each tiny model matters, and ends where one does not."""
    weak = []
    for folder in sorted(path for path in root.iterdir() if (path / "model_index.json").exists()):
        unet = checkpoint.load_pipeline(folder).unet
        weak += influence(graphs.unet_graph(folder.name, unet, with_residuals=True))
    for folder in sorted(root.glob("*controlnet*")):
        net = checkpoint.ControlNetModel.from_pretrained(folder).eval()
        weak += influence(graphs.controlnet_graph(folder.name, net))
    if weak:
        sys.exit(f"Inputs that hardly matter: {', '.join(weak)}")


def influence(graph, size=graphs.Size(1, 8, 8)):
    named, other = graph.draw(size, seed=1), graph.draw(size, seed=2)
    before = torch.cat([out.flatten() for out in as_tuple(graph.reference(named))])
    shares = {}
    for name in named:
        after = torch.cat([out.flatten() for out in as_tuple(graph.reference({**named, name: other[name]}))])
        shares[name] = ((after - before).pow(2).mean() / before.var()).sqrt().item()
    print(f"{graph.name:<24} sd {before.std():.2f}  " + "  ".join(f"{shorten(k)} {v:.2f}" for k, v in shares.items()))
    return [f"{graph.name}.{name}" for name, share in shares.items() if share < MARKED]


def as_tuple(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


def shorten(name):
    return name.replace("_additional_residual", "").replace("down_block_", "d")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        make_all(root)
        if not sys.argv[1:]:
            check_influence(root)
        for name in sys.argv[1:] or TINY:
            make_pack(name, root)
