"""Writes a hollow UNet and ControlNet: Stable Diffusion 1.5's tensors, next to no arithmetic (`python3 make.py`).

What a step of sampling takes beside them is the program's own work: see steps.ts.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

HERE = Path(__file__).parent
FLOAT, INT = TensorProto.FLOAT, TensorProto.INT64
CHANNELS = [320, 320, 320, 320, 640, 640, 640, 1280, 1280, 1280, 1280, 1280]
LEVELS = [1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8]
NAMES = [f"down_block_{i}_additional_residual" for i in range(12)] + ["mid_block_additional_residual"]
RESIDUALS = list(zip(NAMES, CHANNELS + [1280], LEVELS + [8]))


def value(name, *shape):
    return helper.make_tensor_value_info(name, FLOAT, list(shape))


def write(name, nodes, inputs, outputs, constants):
    initializers = [numpy_helper.from_array(np.array(v, dtype=t), k) for k, (v, t) in constants.items()]
    graph = helper.make_graph(nodes, name, inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], producer_name="davenport")
    model.ir_version = 9
    save(model, HERE / f"{name}.onnx")


def text_and_time():
    """A little of every condition, so that none can be left out."""
    return [
        helper.make_node("ReduceMean", ["encoder_hidden_states", "axes"], ["text"], keepdims=1),
        helper.make_node("Mul", ["text", "small"], ["little_text"]),
        helper.make_node("Unsqueeze", ["little_text", "last"], ["condition"]),
    ]


def unet():
    first = lambda name: helper.make_node("Slice", [name, "zero", "one", "one"], [f"{name}_part"])
    nodes = text_and_time()
    nodes += [helper.make_node("Slice", ["sample", "zero", "four", "one"], ["latents"])]
    nodes += [helper.make_node("Mul", ["latents", "half"], ["scaled"])]
    nodes += [helper.make_node("Add", ["scaled", "condition"], ["sum0"])]
    for i, name in enumerate(NAMES):
        nodes += [first(name), helper.make_node("ReduceMean", [f"{name}_part", "all"], [f"mean{i}"], keepdims=1)]
        nodes += [helper.make_node("Add", [f"sum{i}", f"mean{i}"], [f"sum{i + 1}"])]
    nodes += [helper.make_node("Identity", [f"sum{len(NAMES)}"], ["out_sample"])]
    inputs = [value("sample", "b", 9, "h", "w"), value("timestep", 1), value("encoder_hidden_states", "b", "s", 768)]
    inputs += [value(name, *(f"{name}_{axis}" for axis in "bchw")) for name in NAMES]
    constants = {
        "axes": ([1, 2], np.int64), "all": ([1, 2, 3], np.int64), "last": ([3], np.int64), "small": (1e-3, np.float32),
        "half": (0.5, np.float32), "zero": ([0], np.int64), "one": ([1], np.int64), "four": ([4], np.int64),
    }
    write("unet", nodes, inputs, [value("out_sample", "b", 4, "h", "w")], constants)


def controlnet():
    nodes = text_and_time()
    nodes += [helper.make_node("ReduceMean", ["controlnet_cond", "all"], ["hint"], keepdims=1)]
    nodes += [helper.make_node("Mul", ["hint", "conditioning_scale"], ["scaled"])]
    nodes += [helper.make_node("Add", ["scaled", "condition"], ["value"])]
    nodes += [helper.make_node("Shape", ["sample"], ["batch"], start=0, end=1)]
    nodes += [helper.make_node("Shape", ["sample"], ["size"], start=2, end=4)]
    constants = {"axes": ([1, 2], np.int64), "all": ([1, 2, 3], np.int64), "last": ([3], np.int64)}
    constants |= {"small": (1e-3, np.float32)}
    for level in (1, 2, 4, 8):
        constants[f"level{level}"] = ([level], np.int64)
        nodes += [helper.make_node("Div", ["size", f"level{level}"], [f"size{level}"])]
    for i, (name, channels, level) in enumerate(RESIDUALS):
        constants[f"channels{i}"] = ([channels], np.int64)
        nodes += [helper.make_node("Concat", ["batch", f"channels{i}", f"size{level}"], [f"shape{i}"], axis=0)]
        nodes += [helper.make_node("Expand", ["value", f"shape{i}"], [name])]
    inputs = [value("sample", "b", 4, "h", "w"), value("timestep", 1), value("encoder_hidden_states", "b", "s", 768)]
    inputs += [value("controlnet_cond", "b", 3, "H", "W"), value("conditioning_scale", 1)]
    write("controlnet_depth", nodes, inputs, [value(name, *(f"{name}_{a}" for a in "bchw")) for name in NAMES], constants)


unet()
controlnet()
