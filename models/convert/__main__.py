"""python -m convert --checkpoint DIR --id my-pack --licence ... --source ... --out DIR: see README.md."""

import argparse
import re
import sys
from pathlib import Path

from diffusers.utils import logging as diffusers_logging

from .checkpoint import ControlSource, Lora
from .convert import Conversion, convert
from .errors import Unsupported
from .export import Format


def control_source(text):
    folder, _, kind = text.rpartition(":")
    if not folder or not re.fullmatch(r"[a-z0-9-]+", kind):
        folder, kind = text, "depth"
    return ControlSource(kind, Path(folder))


def lora(text):
    path, _, scale = text.rpartition(":")
    try:
        return Lora(Path(path), float(scale)) if path else Lora(Path(text), 1.0)
    except ValueError:
        return Lora(Path(text), 1.0)


def pack_id(text):
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", text):
        raise argparse.ArgumentTypeError("an id has small letters, digits and hyphens")
    return text


def parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m convert", description="Turns a diffusers checkpoint into a pack.")
    add = parser.add_argument
    add("--checkpoint", required=True, type=Path, metavar="DIR", help="a folder with model_index.json")
    add("--id", required=True, type=pack_id, help="the pack's id")
    add("--licence", required=True, help="the checkpoint's licence, as the pack's user must accept it")
    add("--source", required=True, help="where the checkpoint is from: an address")
    add("--out", required=True, type=Path, metavar="DIR", help="the folder of the pack; new or empty")
    add("--title", help="the pack's name for people (the id, where not given)")
    add("--pack-version", default="1.0.0", metavar="VERSION")
    add("--controlnet", action="append", default=[], type=control_source, metavar="DIR[:KIND]", help="KIND is depth, where not given; several may be given")
    add("--lora", action="append", default=[], type=lora, metavar="FILE[:SCALE]", help="merged into the weights for good")
    add("--ip-adapter", type=Path, metavar="FILE")
    add("--image-encoder", type=Path, metavar="DIR", help="the CLIP image encoder that the IP-Adapter reads")
    add("--refiner", type=Path, metavar="DIR", help="the SDXL refiner, for the last steps")
    add("--preview", type=Path, metavar="DIR", help="a TAESD for quick previews")
    add("--clip-skip", type=int, help="layers of the text encoder left out at the end, as diffusers' clip_skip")
    add("--variant", help="the variant of the weight files, as fp16 in model.fp16.safetensors")
    add("--dtype", choices=("fp16", "fp32"), default="fp16", help="of the weights in the files; computed is in float32 anyway")
    add("--attention", choices=("fused", "plain"), default="fused", help="plain where a provider has ONNX's operators alone (CoreML)")
    add("--external-over", type=int, default=Format.external_over, metavar="BYTES", help="larger weights go into a file beside the graph")
    add("--short-names", action="store_true", help="numbers for names inside the graphs: smaller files, harder to read")
    return parser.parse_args(arguments)


def main(arguments=None):
    given = parse(arguments)
    diffusers_logging.set_verbosity_error()
    diffusers_logging.disable_progress_bar()
    about = {"id": given.id, "version": given.pack_version, "title": given.title or given.id}
    about |= {"licence": given.licence, "source": given.source}
    job = Conversion(
        given.checkpoint,
        given.out,
        about,
        controlnets=given.controlnet,
        loras=given.lora,
        ip_adapter=given.ip_adapter,
        image_encoder=given.image_encoder,
        refiner=given.refiner,
        preview=given.preview,
        clip_skip=given.clip_skip,
        variant=given.variant,
        style=Format(given.dtype == "fp16", given.attention == "fused", given.external_over, given.short_names),
    )
    try:
        convert(job)
    except Unsupported as problem:
        print(f"Not converted: {problem}", file=sys.stderr)
        return 1
    print(f"Written to {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
