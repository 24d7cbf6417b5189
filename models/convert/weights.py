"""How weights are stored: float16 in the file, cast to float32 where they are used."""

import numpy as np
import onnx_ir as ir
import torch

LARGEST_HALF = 65504.0
# Below this a cast costs more than it saves.
SMALLEST_STORED_AS_HALF = 64


@torch.no_grad()
def round_to_half(module):
    """Rounds a module's float weights to float16 in place (they stay float32); returns the names left as they are."""
    left = []
    for name, weight in [*module.named_parameters(), *module.named_buffers()]:
        if not weight.is_floating_point() or weight.numel() < SMALLEST_STORED_AS_HALF:
            continue
        if weight.abs().max() > LARGEST_HALF:
            left.append(name)
        else:
            weight.copy_(weight.half())
    return left


def store_as_half(model):
    """Turns every float32 initializer that float16 holds exactly into float16 and a Cast. In place; returns bytes saved.

    Weights were rounded before the export, so all of them are; what the export derived (frequencies of the timestep
    embedding, say) is not and stays float32.
    """
    saved = 0
    for value in list(model.graph.initializers.values()):
        tensor = value.const_value
        if tensor.dtype != ir.DataType.FLOAT or tensor.size < SMALLEST_STORED_AS_HALF:
            continue
        array = tensor.numpy()
        with np.errstate(over="ignore"):
            half = array.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), array):
            continue
        replace_by_cast(model.graph, value, half)
        saved += array.nbytes - half.nbytes
    return saved


def replace_by_cast(graph, value, half):
    name = value.name
    stored = ir.Value(name=f"{name}_half", const_value=ir.tensor(half, name=f"{name}_half"))
    stored.shape, stored.dtype = value.shape, ir.DataType.FLOAT16
    cast = ir.Node("", "Cast", [stored], [ir.AttrInt64("to", ir.DataType.FLOAT)], name=f"{name}_cast")
    cast.outputs[0].name, cast.outputs[0].dtype, cast.outputs[0].shape = f"{name}_float", ir.DataType.FLOAT, value.shape
    value.replace_all_uses_with(cast.outputs[0])
    del graph.initializers[name]
    graph.initializers[stored.name] = stored
    graph.insert_before(graph[0], cast)


def weight_bytes(model):
    return sum(value.const_value.nbytes for value in model.graph.initializers.values())
