"""From a module to an ONNX file.

The TorchScript exporter of PyTorch is used: it traces these models in seconds where torch.export takes minutes (and
fails without `strict` on the sizes of a UNet's upsampling), and after folding the graphs are of the same size.
"""

import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import onnx
import onnx_ir as ir
import torch
from onnx_ir.passes import common
from onnxscript import optimizer

from .errors import Unsupported
from .graphs import TRACED
from .weights import store_as_half, weight_bytes

OPSET = 18


@dataclass(frozen=True)
class Format:
    """How graphs are written."""

    # Weights as float16.
    half: bool = True
    # Attention as one node of onnxruntime's own, else of ONNX's operators alone.
    fused_attention: bool = True
    # Weights of more bytes go into a file beside the graph.
    external_over: int = 2_000_000_000
    # Numbers for names inside the graph.
    short_names: bool = False


def export_graph(graph, path, style):
    """Writes a graph to `path` (and its weights to `path`.data where they are many); returns the files."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        traced = trace(graph, Path(scratch) / "traced.onnx", style.fused_attention)
        model = tidy(graph, ir.load(traced), style.short_names)
        if style.half and not graph.keep_float32:
            store_as_half(model)
        refuse_doubles(graph, model)
        data = path.with_name(path.name + ".data")
        data.unlink(missing_ok=True)
        if weight_bytes(model) > style.external_over:
            ir.save(model, path, external_data=data.name, size_threshold_bytes=1024)
        else:
            ir.save(ir.external_data.load_to_model(model), path)
    onnx.checker.check_model(str(path))
    return [path, data] if data.exists() else [path]


@torch.no_grad()
def trace(graph, path, fused):
    example = graph.draw(TRACED)
    names = {tensor.name: tensor.dims for tensor in graph.inputs} | graph.outputs
    free = {name: {i: dim for i, dim in enumerate(dims) if isinstance(dim, str)} for name, dims in names.items()}
    for tensor in graph.inputs:
        if tensor.name in graph.optional:
            del free[tensor.name][1]  # the trace needs to know the channels
    with graph.exporting(fused), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.module,
            tuple(example.values()),
            str(path),  # a Path it would take for a stream, which ends at 2 GB
            input_names=list(example),
            output_names=list(graph.outputs),
            dynamic_axes={name: dims for name, dims in free.items() if dims},
            opset_version=OPSET,
            custom_opsets={"com.microsoft": 1},
            dynamo=False,
        )
    return path


def tidy(graph, model, short_names):
    """Folds constants, names the free sizes as the pack's documents do, and drops what only the exporter needed."""
    dims = {tensor.name: tensor.dims for tensor in graph.inputs} | graph.outputs
    for value in [*model.graph.inputs, *model.graph.outputs]:
        value.shape = ir.Shape(dims[value.name])
    for _ in range(2):
        # Not optimizer.optimize: its patterns take minutes on a UNet and find nothing more here.
        optimizer.fold_constants(model)
        common.IdentityEliminationPass()(model)
        common.CommonSubexpressionEliminationPass()(model)
        optimizer.remove_unused_nodes(model)
    common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0)(model)
    common.DeduplicateHashedInitializersPass()(model)
    common.ClearMetadataAndDocStringPass()(model)
    ends = {*model.graph.inputs, *model.graph.outputs}
    for value in model.graph.outputs:
        value.shape = ir.Shape(dims[value.name])
    for i, node in enumerate(model.graph):
        node.name = f"{node.op_type}_{i}" if short_names else node.name
        for j, value in enumerate(node.outputs):
            if value in ends:
                continue
            value.shape = None
            if short_names:
                value.name = f"{i}.{j}" if j else f"{i}"
    if short_names:
        for i, value in enumerate(list(model.graph.initializers.values())):
            rename_initializer(model.graph, value, f"w{i}")
    return model


def rename_initializer(graph, value, name):
    del graph.initializers[value.name]
    value.name = name
    graph.initializers[name] = value


def refuse_doubles(graph, model):
    """float64 and float16 arithmetic are slow or missing on some providers; nothing here needs them."""
    for node in model.graph:
        to = node.attributes.get("to")
        if node.op_type == "Cast" and to is not None and to.as_int() in (ir.DataType.DOUBLE, ir.DataType.FLOAT16):
            raise Unsupported(f"the graph {graph.name} computes in {ir.DataType(to.as_int()).name}")
    for value in model.graph.initializers.values():
        if value.dtype == ir.DataType.DOUBLE:
            raise Unsupported(f"the graph {graph.name} holds float64 constants")
