"""A checkpoint with all that belongs to it becomes a pack."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from . import checkpoint, graphs
from .checkpoint import ControlSource, Lora
from .errors import Unsupported
from .export import Format
from .pack import PackWriter
from .preview import fit_preview

@dataclass
class Conversion:
    """What to convert; see `python -m convert --help`."""

    checkpoint: Path
    out: Path
    about: dict
    controlnets: list[ControlSource] = field(default_factory=list)
    loras: list[Lora] = field(default_factory=list)
    ip_adapter: Path | None = None
    image_encoder: Path | None = None
    refiner: Path | None = None
    preview: Path | None = None
    clip_skip: int | None = None
    variant: str | None = None
    style: Format = Format()


def convert(job):
    """Writes the pack; throws Unsupported with one sentence where that cannot be."""
    if (job.ip_adapter is None) != (job.image_encoder is None):
        raise Unsupported("--ip-adapter and --image-encoder belong together")
    pipeline = checkpoint.load_pipeline(job.checkpoint, job.variant)
    family = checkpoint.family_of(pipeline)
    checkpoint.merge_loras(pipeline, job.loras)
    writer = PackWriter(job.out, job.style)

    section = {"family": family, "attention": "fused" if job.style.fused_attention else "plain"}
    section |= {"unet": unet_section(pipeline.unet, bool(job.controlnets))}
    section["vae"] = add_vae(writer, pipeline.vae, family)
    section["preview"] = add_preview(writer, pipeline.vae, job.preview)
    section["textEncoders"] = add_text_encoders(writer, pipeline, job.clip_skip)
    section |= conditions_section(pipeline, family)
    writer.add_text("scheduler/scheduler_config.json", scheduler_text(pipeline.scheduler))
    section["scheduler"] = "scheduler/scheduler_config.json"
    if job.controlnets:
        section["controls"] = [add_controlnet(writer, source, pipeline.unet) for source in job.controlnets]
    if job.ip_adapter:
        section["ipAdapter"] = add_ip_adapter(writer, pipeline, job)
    writer.add_graph(graphs.unet_graph("unet", pipeline.unet, bool(job.controlnets)))
    checkpoint.forget(pipeline, "unet", "vae")
    if job.refiner:
        section["refiner"] = add_refiner(writer, pipeline, family, job)
    writer.finish(job.about, section)


def unet_section(unet, with_residuals, model="unet"):
    config = unet.config
    section = {"model": model, "channels": config.in_channels, "sampleSize": config.sample_size or 64}
    if with_residuals:
        section["residuals"] = len(graphs.residual_names(config)) - 1
    if config.time_cond_proj_dim:
        section["guidanceEmbedding"] = config.time_cond_proj_dim
    return section


def add_vae(writer, vae, family):
    """SDXL's VAE is kept in float32: `force_upcast` says that half precision overflows in it."""
    config = vae.config
    factor = 2 ** (len(config.block_out_channels) - 1)
    if factor != graphs.VAE_FACTOR:
        raise Unsupported(f"a VAE of {factor} pixels a cell is not known to the converter")
    for graph in graphs.vae_graphs(vae, keep_float32=family.startswith("sdxl")):
        writer.add_graph(graph)
    section = {"latentChannels": config.latent_channels, "factor": factor, "scale": config.scaling_factor}
    if config.get("shift_factor"):
        raise Unsupported("a VAE with a shift_factor is not known to the converter")
    for key, name in (("latents_mean", "mean"), ("latents_std", "std")):
        if config.get(key):
            section[name] = list(config.get(key))
    sample = config.sample_size
    return section | {"tile": sample if isinstance(sample, int) and sample >= 256 else 512}


def add_preview(writer, vae, tiny_vae):
    """A TAESD where one is given, else the linear fit."""
    if tiny_vae is None:
        return fit_preview(vae)
    writer.add_graph(graphs.preview_graph("taesd", checkpoint.load_preview(tiny_vae)))
    return {"model": "taesd"}


def add_text_encoders(writer, pipeline, clip_skip):
    first, second = getattr(pipeline, "text_encoder", None), getattr(pipeline, "text_encoder_2", None)
    if first is None and second is None:
        raise Unsupported("the checkpoint has no text encoder")
    sections = []
    if first is not None:
        hidden = "last_hidden_state" if second is None else "hidden_states.-2"
        writer.add_graph(graphs.text_encoder_graph("text_encoder", first, hidden, clip_skip=clip_skip))
        sections.append(text_section(writer, "text_encoder", "tokenizer", first, pipeline.tokenizer, hidden))
    if second is not None:
        sections.append(add_second_encoder(writer, "text_encoder_2", pipeline, clip_skip))
    return sections


def add_second_encoder(writer, model, pipeline, clip_skip):
    encoder, hidden, pooled = pipeline.text_encoder_2, "hidden_states.-2", "text_embeds"
    writer.add_graph(graphs.text_encoder_graph(model, encoder, hidden, pooled, clip_skip))
    folder = model.replace("text_encoder", "tokenizer")
    return text_section(writer, model, folder, encoder, pipeline.tokenizer_2, hidden) | {"pooled": pooled}


def text_section(writer, model, folder, encoder, tokenizer, hidden):
    writer.add_tokenizer(folder, tokenizer)
    length = encoder.config.max_position_embeddings
    return {"model": model, "tokenizer": folder, "length": length, "pad": tokenizer.pad_token_id, "hidden": hidden}


def conditions_section(pipeline, family):
    if not family.startswith("sdxl"):
        return {}
    config = pipeline.config
    aesthetic = bool(config.get("requires_aesthetics_score"))
    return {"conditions": {"aesthetic": aesthetic, "zeroEmptyNegative": bool(config.get("force_zeros_for_empty_prompt"))}}


def scheduler_text(scheduler):
    """diffusers' scheduler_config.json, without the paths of the machine that made it."""
    config = {key: value for key, value in scheduler.config.items() if not key.startswith("_")}
    config = {"_class_name": scheduler.__class__.__name__, **config}
    return json.dumps(config, indent=2, sort_keys=True, default=list) + "\n"


def add_controlnet(writer, source, unet):
    net = checkpoint.load_controlnet(source, unet)
    name = f"controlnet_{source.kind}"
    writer.add_graph(graphs.controlnet_graph(name, net))
    return {"kind": source.kind, "model": name}


def add_ip_adapter(writer, pipeline, job):
    encoder = checkpoint.load_ip_adapter(pipeline, job.ip_adapter, job.image_encoder)
    layer = graphs.image_projection_layers(pipeline.unet)[0]
    output = "hidden_states.-2" if hasattr(layer, "latents") else "image_embeds"
    writer.add_graph(graphs.image_projection_graph("ip_adapter", layer, encoder))
    writer.add_graph(graphs.image_encoder_graph("image_encoder", encoder, output))
    return {"output": output, "tokens": graphs.image_tokens(layer), "imageSize": encoder.config.image_size}


def add_refiner(writer, base, family, job):
    """The UNet of a refiner; its text encoder only where it is not the base's second one."""
    if family != "sdxl":
        raise Unsupported("a refiner belongs to SDXL")
    refiner = checkpoint.load_pipeline(job.refiner, job.variant)
    if checkpoint.family_of(refiner) != "sdxl-refiner":
        raise Unsupported(f"{job.refiner} is no SDXL refiner: it has a first text encoder")
    writer.add_graph(graphs.unet_graph("refiner_unet", refiner.unet, with_residuals=False))
    section = {"unet": unet_section(refiner.unet, False, "refiner_unet"), "textEncoders": ["text_encoder_2"]}
    if not checkpoint.same_weights(base.text_encoder_2, refiner.text_encoder_2):
        raise Unsupported(f"the text encoder of {job.refiner} is not the second one of {job.checkpoint}: make it a pack of its own")
    return section | conditions_section(refiner, "sdxl-refiner")
