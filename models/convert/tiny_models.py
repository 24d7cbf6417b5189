"""Seeded models of diffusers' and transformers' own classes at tiny width, saved as the folders people publish.

The weights are drawn wide enough for every input (prompt, timestep, control, mask, reference picture) to change the
result markedly, not so wide that rounding errors grow over a run, and are representable in float16, so that a pack of
them is exact.
"""

import hashlib
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    ControlNetModel,
    DDIMScheduler,
    EulerDiscreteScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionInstructPix2PixPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from .vocabulary import load_tokenizer, write_tokenizer

STABLE_DIFFUSION = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
TEXT_WIDTH = 32
CROSS, PLAIN = "CrossAttn", ""


def fill(module, seed, gains=()):
    """Draws every weight from the seed and its name; `gains` are (part of a name, factor) pairs."""
    for name, weight in module.named_parameters():
        digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:6], "little"))
        drawn = torch.randn(weight.shape, generator=generator)
        if weight.ndim < 2:
            drawn = 0.1 * drawn + (1 if "norm" in name and name.endswith("weight") else 0)
        elif "embedding.weight" in name:
            drawn = 0.7 * drawn
        else:
            drawn = drawn / weight[0].numel() ** 0.5
        for part, gain in gains:
            if part in name:
                drawn = drawn * gain
        weight.data.copy_(drawn.half().float())
    return module.eval()


def blocks(kinds, direction):
    return tuple(f"{kind}{direction}Block2D" for kind in kinds)


def sd_unet_config(channels):
    kinds = (CROSS, CROSS, CROSS, PLAIN)
    return {
        "in_channels": channels,
        "out_channels": 4,
        "sample_size": 16,
        "block_out_channels": (8, 16, 24, 24),
        "layers_per_block": 2,
        "norm_num_groups": 4,
        "cross_attention_dim": TEXT_WIDTH,
        "attention_head_dim": 2,
        "down_block_types": blocks(kinds, "Down"),
        "up_block_types": blocks(kinds[::-1], "Up"),
    }


def sd2_unet_config(channels):
    """Another configuration: linear projections, heads by level, three levels of one layer."""
    kinds = (CROSS, CROSS, PLAIN)
    return sd_unet_config(channels) | {
        "block_out_channels": (8, 16, 32),
        "layers_per_block": 1,
        "attention_head_dim": (1, 2, 4),
        "use_linear_projection": True,
        "down_block_types": blocks(kinds, "Down"),
        "up_block_types": blocks(kinds[::-1], "Up"),
    }


def sdxl_unet_config(channels, refiner=False):
    kinds = (PLAIN, CROSS, CROSS)
    ids = 5 if refiner else 6
    return {
        "in_channels": channels,
        "out_channels": 4,
        "sample_size": 16,
        "block_out_channels": (8, 16, 24),
        "layers_per_block": 2,
        "norm_num_groups": 4,
        "cross_attention_dim": TEXT_WIDTH if refiner else 2 * TEXT_WIDTH,
        "attention_head_dim": (1, 2, 3),
        "use_linear_projection": True,
        "transformer_layers_per_block": (1, 1, 2),
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": TEXT_WIDTH + 8 * ids,
        "down_block_types": blocks(kinds, "Down"),
        "up_block_types": blocks(kinds[::-1], "Up"),
    }


def make_unet(config, seed):
    return fill(UNet2DConditionModel(**config), seed, [("attn2.to_out", 2), ("time_emb_proj", 1.5)])


def make_controlnet(unet_config, seed):
    unet = UNet2DConditionModel(**{**unet_config, "in_channels": 4})
    net = ControlNetModel.from_unet(unet, conditioning_channels=3, conditioning_embedding_out_channels=(4, 8, 8, 16))
    return fill(net, seed, [("controlnet_cond_embedding", 1.7), ("controlnet_down_blocks", 0.7)])


def make_vae(seed, scaling_factor=0.18215):
    vae = AutoencoderKL(
        block_out_channels=(4, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
        scaling_factor=scaling_factor,
        force_upcast=scaling_factor != 0.18215,
    )
    fill(vae, seed, [("decoder.conv_out", 0.5), ("quant_conv.weight", 4 if scaling_factor > 0.15 else 5)])
    vae.quant_conv.weight.data[4:] *= 0.1
    vae.quant_conv.bias.data[4:] -= 2.0
    for weight in vae.quant_conv.parameters():
        weight.data.copy_(weight.half().float())
    return vae


def make_taesd(seed):
    """A TAESD, which decodes latents as they are sampled: for previews."""
    widths = (4, 4, 4, 4)
    taesd = AutoencoderTiny(encoder_block_out_channels=widths, decoder_block_out_channels=widths)
    return fill(taesd, seed)


def make_text_encoder(seed, vocabulary, layers=2, projection=False):
    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=TEXT_WIDTH,
        intermediate_size=2 * TEXT_WIDTH,
        num_hidden_layers=layers,
        num_attention_heads=4,
        max_position_embeddings=77,
        projection_dim=TEXT_WIDTH,
        hidden_act="gelu" if projection else "quick_gelu",
        bos_token_id=0,
        eos_token_id=2,
    )
    return fill((CLIPTextModelWithProjection if projection else CLIPTextModel)(config), seed)


def make_image_encoder(seed):
    config = CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=32,
        projection_dim=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
    )
    return fill(CLIPVisionModelWithProjection(config), seed, [("patch_embedding", 2)])


def make_ip_adapter(unet, image_encoder, seed, tokens=4):
    """Weights in the layout of the published `ip-adapter_*.safetensors`."""
    cross = unet.config.cross_attention_dim
    width = image_encoder.config.projection_dim
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape, gain=1.0):
        return (gain * torch.randn(shape, generator=generator) / shape[-1] ** 0.5).half().float()

    weights = {
        "image_proj.proj.weight": draw(tokens * cross, width, gain=2.0),
        "image_proj.proj.bias": draw(tokens * cross),
        "image_proj.norm.weight": torch.ones(cross),
        "image_proj.norm.bias": draw(cross, gain=0.5),
    }
    layers = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
    for i, name in enumerate(layers):
        hidden = unet.get_submodule(name.removesuffix(".processor")).to_q.out_features
        for kind, gain in (("to_k_ip", 0.5), ("to_v_ip", 0.8)):
            weights[f"ip_adapter.{2 * i + 1}.{kind}.weight"] = draw(hidden, cross, gain=gain)
    return weights


def make_ip_adapter_plus(unet, image_encoder, seed):
    """The same with a resampler over the image encoder's patches, as `ip-adapter-plus_*.safetensors` has."""
    weights = {k: v for k, v in make_ip_adapter(unet, image_encoder, seed).items() if k.startswith("ip_adapter")}
    cross, width, depth = unet.config.cross_attention_dim, image_encoder.config.hidden_size, 4
    inner = 64  # one head of 64; both this and the depth of 4 are fixed in the published format
    shapes = {"latents": (1, 4, inner), "proj_in.weight": (inner, width), "proj_in.bias": (inner,)}
    shapes |= {"proj_out.weight": (cross, inner), "proj_out.bias": (cross,)}
    shapes |= {f"norm_out.{kind}": (cross,) for kind in ("weight", "bias")}
    for i in range(depth):
        attention, forward = f"layers.{i}.0", f"layers.{i}.1"
        for norm in (f"{attention}.norm1", f"{attention}.norm2", f"{forward}.0"):
            shapes |= {f"{norm}.{kind}": (inner,) for kind in ("weight", "bias")}
        shapes |= {f"{attention}.to_q.weight": (inner, inner), f"{attention}.to_kv.weight": (2 * inner, inner)}
        shapes |= {f"{attention}.to_out.weight": (inner, inner), f"{forward}.1.weight": (4 * inner, inner)}
        shapes |= {f"{forward}.3.weight": (inner, 4 * inner)}
    generator = torch.Generator().manual_seed(seed + 1)
    for name, shape in shapes.items():
        drawn = torch.randn(shape, generator=generator) / shape[-1] ** 0.5
        drawn = drawn + 1 if "norm" in name and name.endswith("weight") else drawn
        weights[f"image_proj.{name}"] = drawn.half().float()
    return weights


def make_lora(folder, unet, text_encoder, seed):
    """A LoRA of rank 2 on the attention of UNet and text encoder, in diffusers' format."""
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    states = {}
    for kind, model, targets in (
        ("unet", unet, ["to_q", "to_v", "to_out.0"]),
        ("text_encoder", text_encoder, ["q_proj", "v_proj"]),
    ):
        model.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=targets))
        for i, (name, weight) in enumerate(sorted(model.named_parameters())):
            if "lora_" in name:
                generator = torch.Generator().manual_seed(seed + i)
                weight.data.copy_(torch.randn(weight.shape, generator=generator) / weight.shape[-1] ** 0.5)
        states[f"{kind}_lora_layers"] = get_peft_model_state_dict(model)
    StableDiffusionPipeline.save_lora_weights(folder, **states)


def sd_parts(folder, unet, seed=100, prediction="epsilon"):
    """What a Stable Diffusion 1 or 2 pipeline is made of, around a UNet; weights depend on the seed alone."""
    size = write_tokenizer(folder / "tokenizer")
    return {
        "unet": unet,
        "vae": make_vae(seed),
        "text_encoder": make_text_encoder(seed + 1, size),
        "tokenizer": load_tokenizer(folder / "tokenizer"),
        "scheduler": DDIMScheduler(
            **STABLE_DIFFUSION, clip_sample=False, set_alpha_to_one=False, prediction_type=prediction
        ),
        "safety_checker": None,
        "feature_extractor": None,
        "requires_safety_checker": False,
    }


def sdxl_parts(folder, unet, seed=200):
    size = write_tokenizer(folder / "tokenizer")
    write_tokenizer(folder / "tokenizer_2", pad_token="!")
    return {
        "unet": unet,
        "vae": make_vae(seed, scaling_factor=0.13025),
        "text_encoder": make_text_encoder(seed + 1, size, layers=2),
        "text_encoder_2": make_text_encoder(seed + 2, size, layers=3, projection=True),
        "tokenizer": load_tokenizer(folder / "tokenizer"),
        "tokenizer_2": load_tokenizer(folder / "tokenizer_2"),
        "scheduler": EulerDiscreteScheduler(**STABLE_DIFFUSION),
    }


def make_sd(folder, channels, seed, config=sd_unet_config, prediction="epsilon"):
    kinds = {4: StableDiffusionPipeline, 8: StableDiffusionInstructPix2PixPipeline, 9: StableDiffusionInpaintPipeline}
    parts = sd_parts(folder, make_unet(config(channels), seed), prediction=prediction)
    kinds[channels](**parts).save_pretrained(folder)


def make_sdxl_inpaint(folder, seed):
    parts = sdxl_parts(folder, make_unet(sdxl_unet_config(9), seed))
    StableDiffusionXLInpaintPipeline(**parts).save_pretrained(folder)


def make_sdxl_refiner(folder, seed):
    parts = sdxl_parts(folder, make_unet(sdxl_unet_config(4, refiner=True), seed))
    parts |= {"text_encoder": None, "tokenizer": None, "requires_aesthetics_score": True}
    parts["force_zeros_for_empty_prompt"] = False
    StableDiffusionXLImg2ImgPipeline(**parts).save_pretrained(folder)


def make_all(root):
    """Writes every tiny checkpoint under `root`; the folders' names say what they are."""
    root = Path(root)
    make_sd(root / "sd-inpaint", 9, seed=1)
    make_sd(root / "sd-base", 4, seed=2)
    make_sd(root / "sd-pix2pix", 8, seed=3)
    make_sd(root / "sd2-base", 4, seed=4, config=sd2_unet_config, prediction="v_prediction")
    make_controlnet(sd_unet_config(4), seed=11).save_pretrained(root / "sd-controlnet-depth")
    make_controlnet(sd_unet_config(4), seed=12).save_pretrained(root / "sd-controlnet-lineart")
    make_sdxl_inpaint(root / "sdxl-inpaint", seed=5)
    make_sdxl_refiner(root / "sdxl-refiner", seed=6)
    make_controlnet(sdxl_unet_config(4), seed=13).save_pretrained(root / "sdxl-controlnet-depth")

    make_taesd(seed=18).save_pretrained(root / "taesd")
    image_encoder = make_image_encoder(seed=14)
    image_encoder.save_pretrained(root / "image-encoder")
    unet = make_unet(sd_unet_config(9), seed=1)
    save_file(make_ip_adapter(unet, image_encoder, 15), root / "ip-adapter.safetensors")
    save_file(make_ip_adapter_plus(unet, image_encoder, 16), root / "ip-adapter-plus.safetensors")
    size = write_tokenizer(root / "sd-inpaint" / "tokenizer")
    make_lora(root / "lora", make_unet(sd_unet_config(9), 1), make_text_encoder(101, size), seed=17)
