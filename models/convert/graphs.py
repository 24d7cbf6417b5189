"""The graphs of a pack: which module each is, what its tensors are called and shaped, and what it must be equal to.

Names follow optimum's exports where it has them, and OnnxStack's for the residuals of a ControlNet.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from .attention import exported_attention
from .errors import Unsupported

VAE_FACTOR = 8


@dataclass(frozen=True)
class Size:
    """Sizes that a graph leaves free: pictures, and latent cells each way."""

    batch: int
    height: int
    width: int


# Odd sizes, so that what is traced holds for every size: a UNet takes another way where its levels do not halve evenly.
TRACED = Size(2, 9, 14)
CHECKED = (Size(1, 16, 8), Size(3, 7, 10))


@dataclass(frozen=True)
class Tensor:
    """An input: its name, its shape (free sizes by name), and how an example of a size is drawn."""

    name: str
    dims: tuple
    draw: Callable[[Size, torch.Generator], torch.Tensor]


@dataclass
class Graph:
    """A module to be exported. `reference` takes the inputs by name and gives the outputs of the untouched model."""

    name: str
    module: nn.Module
    inputs: list[Tensor]
    outputs: dict[str, tuple]
    reference: Callable[[dict[str, torch.Tensor]], tuple]
    keep_float32: bool = False
    image_scale: Callable[[], torch.Tensor] | None = None
    # Inputs that may be a single zero, and what the model gives without them.
    optional: list[str] = field(default_factory=list)

    def draw(self, size, seed=0):
        generator = torch.Generator().manual_seed(seed)
        return {tensor.name: tensor.draw(size, generator) for tensor in self.inputs}

    def exporting(self, fused):
        return exported_attention(self.module, fused, self.image_scale)


class Named(nn.Module):
    """A module called with tensors in the order of `names`, given to `call` by name."""

    def __init__(self, names, call, *parts):
        super().__init__()
        self.names, self.call = names, call
        self.parts = nn.ModuleList(parts)

    def forward(self, *tensors):
        return self.call(dict(zip(self.names, tensors)))


def shape_of(dims, size):
    """The shape of an example: height and width are latent cells, `height*8` their pixels."""
    known = {"batch": size.batch, "height": size.height, "width": size.width}
    known |= {f"{side}*8": VAE_FACTOR * getattr(size, side) for side in ("height", "width")}
    return tuple(known.get(dim, dim) for dim in dims)


def normal(name, *dims, gain=1.0):
    return Tensor(name, dims, lambda size, g: gain * torch.randn(shape_of(dims, size), generator=g))


def uniform(name, *dims, low=0.0, high=1.0):
    return Tensor(name, dims, lambda size, g: low + (high - low) * torch.rand(shape_of(dims, size), generator=g))


def token_ids(count, length):
    dims = ("batch", length)
    # The end token, the last of the vocabulary, is there as it is in every prompt.
    def draw(size, g):
        ids = torch.randint(0, count - 2, shape_of(dims, size), generator=g)
        ids[:, 0] = count - 2
        for row in range(size.batch):
            ids[row, 5 + 3 * row :] = count - 1
        return ids

    return Tensor("input_ids", dims, draw)


# --- UNet and ControlNet ----------------------------------------------------------------------------------------------


def conditioning_of(config):
    """Inputs that a UNet and a ControlNet share, after `sample`."""
    for key in ("class_embed_type", "num_class_embeds"):
        if config.get(key) is not None:
            raise Unsupported(f"a UNet with {key} is not known to the converter")
    if config.get("addition_embed_type") not in (None, "text_time"):
        raise Unsupported(f"a UNet with addition_embed_type “{config.addition_embed_type}” is not known to the converter")
    width = config.cross_attention_dim
    if not isinstance(width, int):
        raise Unsupported("a UNet with several widths of cross-attention is not known to the converter")
    inputs = [uniform("timestep", 1, low=1, high=999), normal("encoder_hidden_states", "batch", "tokens", width)]
    inputs[1] = Tensor(inputs[1].name, inputs[1].dims, lambda s, g: torch.randn((s.batch, 77, width), generator=g))
    if config.get("time_cond_proj_dim"):
        inputs.append(normal("timestep_cond", "batch", config.time_cond_proj_dim))
    if config.get("addition_embed_type") == "text_time":
        pooled, ids = pooled_width(config)
        inputs += [normal("text_embeds", "batch", pooled), uniform("time_ids", "batch", ids, high=1024)]
    return inputs


def pooled_width(config):
    """Width of `text_embeds` and number of `time_ids`, of which the configuration holds only the sum in features."""
    total, each = config.projection_class_embeddings_input_dim, config.addition_time_embed_dim
    for ids in (6, 5):  # SDXL; its refiner
        pooled = total - ids * each
        if pooled > 0 and pooled % 32 == 0:
            return pooled, ids
    raise Unsupported(f"conditions of {total} features are neither SDXL's nor its refiner's")


def added(named):
    return {key: named[key] for key in ("text_embeds", "time_ids") if key in named}


def residual_shapes(config, size):
    """Shapes of a ControlNet's residuals for one size: one after conv_in, one a layer, one a halving, and the middle."""
    def shape(channels, level):
        height, width = size.height, size.width
        for _ in range(level):
            height, width = (height + 1) // 2, (width + 1) // 2
        return (size.batch, channels, height, width)

    channels, layers = config.block_out_channels, config.layers_per_block
    layers = [layers] * len(channels) if isinstance(layers, int) else layers
    shapes = [shape(channels[0], 0)]
    for level, width in enumerate(channels):
        shapes += [shape(width, level)] * layers[level]
        if level < len(channels) - 1:
            shapes.append(shape(width, level + 1))
    return [*shapes, shape(channels[-1], len(channels) - 1)]


def residual_names(config):
    count = len(residual_shapes(config, TRACED)) - 1
    return [*(f"down_block_{i}_additional_residual" for i in range(count)), "mid_block_additional_residual"]


def residual_inputs(config):
    """All four sizes are free, so that a single zero says: no control."""
    def residual(name, i):
        dims = tuple(f"{name}_{axis}" for axis in ("batch", "channels", "height", "width"))
        return Tensor(name, dims, lambda s, g: 0.5 * torch.randn(residual_shapes(config, s)[i], generator=g))

    return [residual(name, i) for i, name in enumerate(residual_names(config))]


def unet_graph(name, unet, with_residuals):
    """A UNet; with the residual inputs of a ControlNet and the image tokens of an IP-Adapter where it has them."""
    config = unet.config
    residuals = residual_inputs(config) if with_residuals else []
    inputs = [normal("sample", "batch", config.in_channels, "height", "width"), *conditioning_of(config), *residuals]
    image_layers = image_projection_layers(unet)
    scale = {}
    if image_layers:
        tokens = image_tokens(image_layers[0])
        inputs += [
            normal("ip_hidden_states", "batch", tokens, config.cross_attention_dim),
            uniform("ip_adapter_scale", 1, low=0.5, high=1),
        ]
        unet.encoder_hid_proj = nn.Identity()
    elif config.get("encoder_hid_dim_type") is not None:
        raise Unsupported(f"a UNet with encoder_hid_dim_type “{config.encoder_hid_dim_type}” is not known to the converter")

    def run(named):
        scale["now"] = named.get("ip_adapter_scale")
        extra = added(named)
        if image_layers:
            extra["image_embeds"] = [named["ip_hidden_states"]]
        down = tuple(named[r.name] for r in residuals[:-1] if r.name in named)
        return unet(
            named["sample"],
            named["timestep"],
            named["encoder_hidden_states"],
            timestep_cond=named.get("timestep_cond"),
            added_cond_kwargs=extra or None,
            down_block_additional_residuals=down or None,
            mid_block_additional_residual=named.get("mid_block_additional_residual"),
            return_dict=False,
        )[0]

    def reference(named):
        for processor in unet.attn_processors.values():
            if hasattr(processor, "to_k_ip"):
                processor.scale = [named["ip_adapter_scale"].item()]
        return (run(named),)

    return Graph(
        name,
        Named([tensor.name for tensor in inputs], run, unet),
        inputs,
        {"out_sample": ("batch", config.out_channels, "height", "width")},
        reference,
        image_scale=lambda: scale["now"],
        optional=[tensor.name for tensor in residuals],
    )


def controlnet_graph(name, net):
    config = net.config
    if config.get("global_pool_conditions"):
        raise Unsupported("a ControlNet with global_pool_conditions (shuffle) is not known to the converter")
    inputs = [
        normal("sample", "batch", config.in_channels, "height", "width"),
        *conditioning_of(config),
        uniform("controlnet_cond", "batch", config.conditioning_channels, "height*8", "width*8"),
        uniform("conditioning_scale", 1, low=0.5, high=1),
    ]

    def run(named):
        down, mid = net(
            named["sample"],
            named["timestep"],
            named["encoder_hidden_states"],
            named["controlnet_cond"],
            named["conditioning_scale"],
            added_cond_kwargs=added(named) or None,
            timestep_cond=named.get("timestep_cond"),
            return_dict=False,
        )
        return (*down, mid)

    dims = {}
    for residual in residual_names(config):
        dims[residual] = ("batch", *(f"{residual}_{axis}" for axis in ("channels", "height", "width")))
    return Graph(name, Named([tensor.name for tensor in inputs], run, net), inputs, dims, run)


# --- Encoders ---------------------------------------------------------------------------------------------------------


def clip_layers(layers, hidden, mask=None):
    """All hidden states of a CLIP encoder, the first being its input."""
    states = [hidden]
    for layer in layers:
        hidden = layer(hidden, mask)
        states.append(hidden if torch.is_tensor(hidden) else hidden[0])
        hidden = states[-1]
    return states


def text_encoder_graph(name, model, hidden, pooled=None, clip_skip=None):
    """A CLIP text encoder; `hidden` is `last_hidden_state` (Stable Diffusion) or `hidden_states.-2` (SDXL)."""
    config = model.config
    if getattr(config, "use_attention_mask", False):
        raise Unsupported("a text encoder that masks its padding is not known to the converter")
    if model.__class__.__name__ not in ("CLIPTextModel", "CLIPTextModelWithProjection"):
        raise Unsupported(f"a text encoder of the class {model.__class__.__name__} is not known to the converter")
    model.set_attn_implementation("eager")
    text = getattr(model, "text_model", model)
    length, skip = config.max_position_embeddings, clip_skip or 0

    def run(named):
        ids = named["input_ids"]
        mask = torch.full((length, length), torch.finfo(torch.float32).min).triu(1)[None, None]
        states = clip_layers(text.encoder.layers, text.embeddings(input_ids=ids), mask)
        if hidden == "last_hidden_state":
            return text.final_layer_norm(states[-1 - skip])
        outputs = (states[-2 - skip],)
        if pooled:
            end = ids.to(torch.int32)
            end = end.argmax(-1) if text.eos_token_id == 2 else (end == text.eos_token_id).int().argmax(-1)
            last = text.final_layer_norm(states[-1])
            at_end = torch.gather(last, 1, end[:, None, None].expand(-1, 1, last.shape[-1]))[:, 0]
            outputs += (model.text_projection(at_end),)
        return outputs

    def reference(named):
        out = model(named["input_ids"], output_hidden_states=True)
        if hidden == "last_hidden_state":
            return (text.final_layer_norm(out.hidden_states[-1 - skip]) if skip else out.last_hidden_state,)
        return (out.hidden_states[-2 - skip], *((out.text_embeds,) if pooled else ()))

    outputs = {hidden: ("batch", length, config.hidden_size)}
    if pooled:
        outputs[pooled] = ("batch", config.projection_dim)
    inputs = [token_ids(config.vocab_size, length)]
    return Graph(name, Named(["input_ids"], run, model), inputs, outputs, reference)


def image_encoder_graph(name, model, output):
    """A CLIP image encoder; `output` is `image_embeds`, or `hidden_states.-2` for the adapters that read patches."""
    config = model.config
    model.set_attn_implementation("eager")
    vision, side = model.vision_model, config.image_size

    def run(named):
        hidden = vision.pre_layrnorm(vision.embeddings(named["pixel_values"]))
        states = clip_layers(vision.encoder.layers, hidden)
        if output == "hidden_states.-2":
            return states[-2]
        return model.visual_projection(vision.post_layernorm(states[-1][:, 0]))

    def reference(named):
        out = model(named["pixel_values"], output_hidden_states=True)
        return (out.image_embeds if output == "image_embeds" else out.hidden_states[-2],)

    patches = (side // config.patch_size) ** 2 + 1
    shape = ("batch", config.projection_dim) if output == "image_embeds" else ("batch", patches, config.hidden_size)
    inputs = [normal("pixel_values", "batch", 3, side, side)]
    return Graph(name, Named(["pixel_values"], run, model), inputs, {output: shape}, reference)


# --- IP-Adapter -------------------------------------------------------------------------------------------------------


def image_projection_layers(unet):
    projection = getattr(unet, "encoder_hid_proj", None)
    return getattr(projection, "image_projection_layers", None)


def image_tokens(layer):
    return layer.num_image_text_embeds if hasattr(layer, "num_image_text_embeds") else layer.latents.shape[1]


def image_projection_graph(name, layer, image_encoder):
    """The IP-Adapter's projection: what the image encoder gives, [B,1,E] or patches [B,1,P,E], to tokens [B,T,D]."""
    from_patches = hasattr(layer, "latents")
    config = image_encoder.config
    if from_patches:
        patches = (config.image_size // config.patch_size) ** 2 + 1
        image_input = normal("image_embeds", "batch", 1, patches, config.hidden_size)
        width = layer.proj_out.out_features
    else:
        image_input = normal("image_embeds", "batch", 1, config.projection_dim)
        width = layer.norm.normalized_shape[0]

    def run(named):
        return layer(named["image_embeds"][:, 0])

    dims = {"ip_hidden_states": ("batch", image_tokens(layer), width)}
    module = Named(["image_embeds"], run, layer)
    return Graph(name, module, [image_input], dims, lambda named: (run(named),))


# --- VAE --------------------------------------------------------------------------------------------------------------


def vae_graphs(vae, keep_float32):
    """`latent_parameters` are means and log variances after `quant_conv`; the decoder takes latents without the scale."""
    if vae.__class__.__name__ != "AutoencoderKL":
        raise Unsupported(f"a VAE of the class {vae.__class__.__name__} is not known to the converter")
    channels = vae.config.latent_channels

    def encode(named):
        hidden = vae.encoder(named["sample"])
        return vae.quant_conv(hidden) if vae.quant_conv is not None else hidden

    def decode(named):
        latents = named["latent_sample"]
        return vae.decoder(vae.post_quant_conv(latents) if vae.post_quant_conv is not None else latents)

    picture = ("batch", vae.config.in_channels, "height*8", "width*8")
    latents = ("batch", channels, "height", "width")
    encoder_parts = [part for part in (vae.encoder, vae.quant_conv) if part is not None]
    decoder_parts = [part for part in (vae.post_quant_conv, vae.decoder) if part is not None]
    yield Graph(
        "vae_encoder",
        Named(["sample"], encode, *encoder_parts),
        [uniform("sample", *picture, low=-1)],
        {"latent_parameters": ("batch", 2 * channels, "height", "width")},
        lambda named: (vae.encode(named["sample"]).latent_dist.parameters,),
        keep_float32,
    )
    yield Graph(
        "vae_decoder",
        Named(["latent_sample"], decode, *decoder_parts),
        [normal("latent_sample", *latents, gain=4)],
        {"sample": picture},
        lambda named: (vae.decode(named["latent_sample"]).sample,),
        keep_float32,
    )


def preview_graph(name, tiny_vae):
    """TAESD's decoder: scaled latents to a small picture in -1..1."""
    def run(named):
        return tiny_vae.decoder(named["latent_sample"])

    return Graph(
        name,
        Named(["latent_sample"], run, tiny_vae.decoder),
        [normal("latent_sample", "batch", tiny_vae.config.latent_channels, "height", "width")],
        {"sample": ("batch", 3, "height*8", "width*8")},
        lambda named: (tiny_vae.decode(named["latent_sample"]).sample,),
    )
