"""Loads what a pack is made from, and says what it is."""

import gc
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, ControlNetModel, DiffusionPipeline
from transformers import CLIPVisionModelWithProjection

from .errors import Unsupported


@dataclass(frozen=True)
class Lora:
    path: Path
    scale: float


@dataclass(frozen=True)
class ControlSource:
    kind: str
    folder: Path


def load_pipeline(folder, variant=None):
    """A checkpoint as diffusers loads it, in float32 on the CPU, without its safety checker. Nothing is downloaded."""
    folder = Path(folder)
    if folder.is_file():
        raise Unsupported(
            f"{folder} is one file: save it as a folder first (StableDiffusionPipeline.from_single_file, save_pretrained)"
        )
    if not (folder / "model_index.json").exists():
        raise Unsupported(f"{folder} is no diffusers checkpoint: it has no model_index.json")
    index = DiffusionPipeline.load_config(folder)
    unused = {key: None for key in ("safety_checker", "feature_extractor", "image_encoder") if key in index}
    if "requires_safety_checker" in index:
        unused["requires_safety_checker"] = False
    try:
        pipeline = DiffusionPipeline.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, variant=variant, **unused
        )
    except (OSError, ValueError, AttributeError) as error:
        raise Unsupported(f"{folder} cannot be loaded ({error})") from error
    for part in ("unet", "vae", "scheduler"):
        if getattr(pipeline, part, None) is None:
            raise Unsupported(f"{folder} ({index['_class_name']}) has no {part}: only Stable Diffusion 1, 2 and XL are known")
    if pipeline.unet.__class__.__name__ != "UNet2DConditionModel":
        raise Unsupported(f"a UNet of the class {pipeline.unet.__class__.__name__} is not known to the converter")
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval().requires_grad_(False)
    return pipeline


def family_of(pipeline):
    """`sd15` (Stable Diffusion 1 and 2), `instruct-pix2pix`, `sdxl` or `sdxl-refiner`, by the configurations alone."""
    config = pipeline.unet.config
    channels = config.in_channels
    if channels not in (4, 8, 9):
        raise Unsupported(f"a UNet of {channels} input channels is not known: 4, 8 (InstructPix2Pix) and 9 (inpainting) are")
    if config.addition_embed_type == "text_time":
        has_first = getattr(pipeline, "text_encoder", None) is not None
        if channels == 8:
            raise Unsupported("InstructPix2Pix on SDXL is not known to the converter")
        return "sdxl" if has_first else "sdxl-refiner"
    if config.addition_embed_type is not None:
        raise Unsupported(f"a UNet with addition_embed_type “{config.addition_embed_type}” is not known to the converter")
    return "instruct-pix2pix" if channels == 8 else "sd15"


def merge_loras(pipeline, loras):
    """Adds LoRAs to the weights of UNet and text encoders for good, each by its scale."""
    for lora in loras:
        try:
            pipeline.load_lora_weights(lora.path.parent, weight_name=lora.path.name, local_files_only=True)
        except (ValueError, OSError, RuntimeError) as error:
            raise Unsupported(f"{lora.path} cannot be merged ({str(error).splitlines()[0]})") from error
        pipeline.fuse_lora(lora_scale=lora.scale)
        pipeline.unload_lora_weights()


def load_controlnet(source, unet):
    try:
        net = ControlNetModel.from_pretrained(source.folder, dtype=torch.float32, local_files_only=True)
    except (OSError, ValueError) as error:
        raise Unsupported(f"{source.folder} cannot be loaded as a ControlNet ({str(error).splitlines()[0]})") from error
    for key in ("block_out_channels", "layers_per_block", "cross_attention_dim"):
        if getattr(net.config, key) != getattr(unet.config, key):
            raise Unsupported(
                f"the ControlNet {source.folder} does not fit the checkpoint: "
                f"{key} is {getattr(net.config, key)}, not {getattr(unet.config, key)}"
            )
    return net.eval().requires_grad_(False)


def load_ip_adapter(pipeline, file, encoder_folder):
    """Puts an IP-Adapter's attention into the UNet; returns the image encoder that it reads."""
    file = Path(file)
    encoder = CLIPVisionModelWithProjection.from_pretrained(encoder_folder, dtype=torch.float32, local_files_only=True)
    try:
        pipeline.load_ip_adapter(file.parent, subfolder="", weight_name=file.name, image_encoder_folder=None, local_files_only=True)
    except (ValueError, OSError, RuntimeError, KeyError) as error:
        raise Unsupported(f"{file} cannot be loaded as an IP-Adapter for this checkpoint ({error})") from error
    layer = pipeline.unet.encoder_hid_proj.image_projection_layers[0]
    if layer.__class__.__name__ not in ("ImageProjection", "IPAdapterPlusImageProjection"):
        raise Unsupported(f"an IP-Adapter of the kind {layer.__class__.__name__} is not known to the converter")
    width = layer.proj_in.in_features if hasattr(layer, "proj_in") else layer.image_embeds.in_features
    expected = encoder.config.hidden_size if hasattr(layer, "proj_in") else encoder.config.projection_dim
    if width != expected:
        raise Unsupported(f"{encoder_folder} gives {expected} features where {file.name} reads {width}: not its image encoder")
    pipeline.unet.requires_grad_(False)
    return encoder.eval().requires_grad_(False)


def load_preview(folder):
    return AutoencoderTiny.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()


def same_weights(one, other):
    """True where two modules hold the same weights, so that a pack needs them once."""
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(
        ours[key].shape == theirs[key].shape and torch.equal(ours[key], theirs[key]) for key in ours
    )


def forget(pipeline, *parts):
    """Lets go of parts of a pipeline, so that a large checkpoint is not held beside the next."""
    for part in parts:
        setattr(pipeline, part, None)
    gc.collect()
