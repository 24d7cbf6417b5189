"""Makes the goldens of test/parity with Hugging Face diffusers and PyTorch.

    pip install torch==2.13.0 diffusers==0.42.1 safetensors
    python test/parity/make-goldens.py

Needs an x86-64 processor with AVX2: the normals of PyTorch's other builds differ in the last bits. Takes about half
a minute and writes goldens/random.safetensors and goldens/schedulers.safetensors. What the files hold is described in
their `__metadata__` (JSON in the value `index`); the tests read that and need no Python.
"""

import hashlib
import inspect
import itertools
import json
import math
from pathlib import Path

import diffusers
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    UniPCMultistepScheduler,
)
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from safetensors.torch import save_file

GOLDENS = Path(__file__).parent / "goldens"
PROGRAM = f"diffusers {diffusers.__version__}, torch {torch.__version__}"
POOL_SIZE = 4096

CLASSES = {
    "dpmpp-2m-karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    "dpmpp-2m": (DPMSolverMultistepScheduler, {}),
    "euler": (EulerDiscreteScheduler, {}),
    "euler-ancestral": (EulerAncestralDiscreteScheduler, {}),
    "ddim": (DDIMScheduler, {"clip_sample": False, "set_alpha_to_one": False}),
    "unipc": (UniPCMultistepScheduler, {}),
    "lcm": (LCMScheduler, {}),
}
# Karras levels that the configuration, not the name, asks for.
KARRAS_BY_CONFIG = ("euler", "unipc")
STABLE_DIFFUSION = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def write(name, tensors, index):
    GOLDENS.mkdir(exist_ok=True)
    tensors = {key: value.contiguous() for key, value in tensors.items()}
    index = json.dumps({"program": PROGRAM, **index}, separators=(",", ":"))
    save_file(tensors, GOLDENS / f"{name}.safetensors", metadata={"index": index})


def sha256(tensor):
    return hashlib.sha256(tensor.numpy().tobytes()).hexdigest()


# --- random -----------------------------------------------------------------------------------------------------------


def make_random():
    capability = torch.backends.cpu.get_cpu_capability()
    assert capability in ("AVX2", "AVX512"), capability
    tensors, hashes = {}, {}
    for seed in (0, 1, 42, 2**32 - 1, 2**32 + 5, 123456789012, -3):
        for length in (1, 2, 15, 16, 17, 100, 4 * 9 * 7):
            tensors[f"randn {seed} {length}"] = torch.randn(length, generator=seeded(seed))
        tensors[f"rand {seed} 20"] = torch.rand(20, generator=seeded(seed))
        # A cached sample of a short tensor outlives a long one; the state runs on over its 624 words.
        generator = seeded(seed)
        runs = [torch.randn(length, generator=generator) for length in (3, 5, 17, 1, 700, 20, 15)]
        hashes[f"runs {seed} 3,5,17,1,700,20,15"] = sha256(torch.cat(runs))
        for shape in ((1, 4, 64, 64), (1, 4, 67, 45), (2, 4, 128, 96)):
            length = math.prod(shape)
            hashes[f"runs {seed} {length}"] = sha256(torch.randn(shape, generator=seeded(seed)).flatten())
    write("random", tensors, {"capability": capability, "hashes": hashes})


# --- schedulers -------------------------------------------------------------------------------------------------------


def make_cases():
    """Every sampler x spacing x {e, v, v with zero-terminal SNR} x strength; the rest is cycled through."""
    kinds = [(name, False) for name in CLASSES if name != "lcm"] + [(name, True) for name in KARRAS_BY_CONFIG]
    targets = [("epsilon", False), ("v_prediction", False), ("v_prediction", True)]
    steps = itertools.cycle((10, 20, 7, 25, 14, 30, 15))
    guidance = itertools.cycle((1, 7.5, 1))
    shapes = itertools.cycle(([1, 4, 4, 4], [1, 4, 8, 8], [1, 4, 3, 5], [2, 4, 4, 4], [1, 4, 6, 4]))
    blends = itertools.cycle((False, False, False, True))

    def case(name, config, count, strength):
        return {
            "name": name,
            "config": {**CLASSES[name][1], **config},
            "steps": count,
            "strength": strength,
            "guidance": next(guidance),
            "shape": next(shapes),
            "blend": next(blends),
        }

    for (name, karras), spacing, (prediction, zero_snr), strength in itertools.product(
        kinds, ("leading", "trailing", "linspace"), targets, (1, 0.6)
    ):
        config = {**STABLE_DIFFUSION, "timestep_spacing": spacing, "prediction_type": prediction}
        config |= {"rescale_betas_zero_snr": zero_snr}
        if karras:
            config |= {"use_karras_sigmas": True}
        yield case(name, config, next(steps), strength)

    for (prediction, zero_snr), strength, count in itertools.product(targets, (1, 0.6), (4, 8)):
        config = {**STABLE_DIFFUSION, "prediction_type": prediction, "rescale_betas_zero_snr": zero_snr}
        yield case("lcm", config, count, strength)

    # Edges: few and many steps, halves to be rounded, defaults of the classes, another schedule, a late start.
    for name in CLASSES:
        for count in (1, 2, 3):
            yield case(name, {**STABLE_DIFFUSION, "timestep_spacing": "trailing"}, count, 1)
        yield case(name, {}, 12, 1)
    for name in ("euler", "ddim", "dpmpp-2m", "unipc"):
        yield case(name, {**STABLE_DIFFUSION, "timestep_spacing": "trailing"}, 48, 0.6)
        yield case(name, {**STABLE_DIFFUSION, "timestep_spacing": "leading"}, 100, 0.3)
    yield case("ddim", {**STABLE_DIFFUSION, "set_alpha_to_one": True}, 10, 1)
    yield case("lcm", {**STABLE_DIFFUSION, "original_inference_steps": 100}, 30, 0.6)
    yield case("euler", {**STABLE_DIFFUSION, "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}, 20, 1)


def draw(pool, offset, shape):
    """Consecutive values of the pool from an offset on, in a circle."""
    return pool[(torch.arange(math.prod(shape)) + offset) % POOL_SIZE].reshape(shape)


def stand_in_model(pool, sample, timestep, step, branch):
    """Stands in for the UNet: depends on input, timestep and branch (0 without, 1 with the prompt)."""
    random = draw(pool, 101 * step + 1009 * branch, sample.shape)
    return 0.6 * random + 0.4 * torch.tanh(sample) * math.cos(float(timestep) / 250)


def make_scheduler(case):
    scheduler = CLASSES[case["name"]][0](**case["config"])
    scheduler.set_timesteps(case["steps"])
    return scheduler


def sigmas_of(scheduler):
    return scheduler.sigmas if hasattr(scheduler, "sigmas") else torch.empty(0)


def run_case(case, seed, pool):
    """The loop of StableDiffusionInpaintPipeline.__call__ around a stand-in for the UNet."""
    scheduler = make_scheduler(case)
    count, shape = case["steps"], case["shape"]
    start = max(count - min(int(count * case["strength"]), count), 0)
    timesteps = scheduler.timesteps[start:]
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(start)

    generator = seeded(seed)
    noise = torch.randn(shape, generator=generator)
    picture = draw(pool, 2000, shape)
    mask = (draw(pool, 3000, [1, 1, *shape[2:]]) > 0).float()
    if case["strength"] == 1:
        sample = noise * scheduler.init_noise_sigma
    else:
        sample = scheduler.add_noise(picture, noise, timesteps[:1])

    extra = {"generator": generator} if "generator" in inspect.signature(scheduler.step).parameters else {}
    samples = []
    for i, t in enumerate(timesteps):
        model_input = scheduler.scale_model_input(sample, t)
        output = stand_in_model(pool, model_input, t, i, 1)
        if case["guidance"] > 1:
            unconditional = stand_in_model(pool, model_input, t, i, 0)
            output = unconditional + case["guidance"] * (output - unconditional)
        sample = scheduler.step(output, t, sample, **extra, return_dict=False)[0]
        if case["blend"]:
            known = picture
            if i < len(timesteps) - 1:
                known = scheduler.add_noise(known, noise, torch.tensor([timesteps[i + 1]]))
            sample = (1 - mask) * known + mask * sample
        samples.append(sample)

    kept = [samples[0], samples[len(samples) // 2], samples[-1]]
    assert all(torch.isfinite(s).all() for s in kept), case
    grid = [torch.tensor([float(scheduler.init_noise_sigma)]), scheduler.timesteps.float(), sigmas_of(scheduler)]
    return torch.cat([part.flatten() for part in grid + kept]).float()


def make_grid_hashes():
    """Whole timesteps of every step count from 1 to 200, as one hash per sampler and spacing."""
    hashes = {}
    for name, spacing in itertools.product(("ddim", "dpmpp-2m", "dpmpp-2m-karras"), ("leading", "trailing", "linspace")):
        config = {**CLASSES[name][1], **STABLE_DIFFUSION, "timestep_spacing": spacing}
        grids = [make_scheduler({"name": name, "config": config, "steps": n}).timesteps[:n] for n in range(1, 201)]
        hashes[f"{name} {spacing}"] = sha256(torch.cat(grids).int())
    return hashes


def make_alphas():
    zero_snr = {"rescale_betas_zero_snr": True}
    return {
        "alphas scaled_linear": DDIMScheduler(**STABLE_DIFFUSION).alphas_cumprod,
        "alphas scaled_linear zero": DDIMScheduler(**STABLE_DIFFUSION, **zero_snr).alphas_cumprod,
        "alphas linear": DDIMScheduler().alphas_cumprod,
    }


def make_vae_latents(pool):
    parameters = draw(pool, 500, [1, 8, 3, 3]) * torch.tensor([1.0, 20.0]).repeat_interleave(4).reshape(1, 8, 1, 1)
    distribution = DiagonalGaussianDistribution(parameters)
    latents = 0.18215 * distribution.sample(generator=seeded(5))
    return {"vae parameters": parameters, "vae latents": latents, "vae mode": 0.18215 * distribution.mode()}


def make_schedulers():
    pool = torch.randn(POOL_SIZE, generator=seeded(20))
    cases = [{**case, "seed": 1000 + i} for i, case in enumerate(make_cases())]
    tensors = {f"case {i}": run_case(case, case["seed"], pool) for i, case in enumerate(cases)}
    tensors |= {"pool": pool, **make_alphas(), **make_vae_latents(pool)}
    write("schedulers", tensors, {"cases": cases, "timestepHashes": make_grid_hashes()})
    return len(cases)


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_random()
    print(make_schedulers(), "scheduler cases")
