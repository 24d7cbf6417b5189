"""Shared ONNX export for the starter pack's nets.

Every net of the pack is written the same way, so that one loader runs them all on the CPU, WebGPU,
DirectML and CoreML:

- opset 18, one file, no external data;
- weights stored as float16 behind a Cast to float32: half the download, the same speed (onnxruntime
  folds the Cast when it loads the session), float32 inputs and outputs;
- no operator that a provider lacks or runs badly (see FORBIDDEN_OPERATORS);
- checked against PyTorch before the file is kept.

Typical use:

    report = export_net(net, {"input": torch.rand(1, 3, 64, 80)}, ["output"], path,
                        dynamic={"input": {2: "height", 3: "width"}},
                        metadata={"scale": "2"})
    print(report)
"""

from __future__ import annotations

import copy
import hashlib
import logging
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import numpy_helper

OPSET = 18

# Missing or slow on WebGPU, DirectML or CoreML. Upsample by Resize + Conv, or Conv + DepthToSpace.
FORBIDDEN_OPERATORS = frozenset({"ConvTranspose", "GridSample", "DFT", "STFT", "Loop", "If", "Scan", "NonZero"})

# Tensors of fewer elements (biases, norms, small first and last layers) stay float32: they weigh little.
MIN_HALF_ELEMENTS = 4096


@dataclass(frozen=True)
class ExportReport:
    """What was written, for the model's card."""

    path: Path
    bytes: int
    sha256: str
    parameters: int
    operators: dict[str, int]
    parity: float
    """Largest absolute difference to PyTorch with the same float16-rounded weights."""
    rounding: float
    """Largest absolute difference to PyTorch with the unrounded weights."""

    def __str__(self) -> str:
        ops = ", ".join(f"{name} {count}" for name, count in sorted(self.operators.items()))
        return (
            f"{self.path.name}: {self.bytes} bytes, {self.parameters} parameters, sha256 {self.sha256}\n"
            f"  parity {self.parity:.2e}, float16 rounding {self.rounding:.2e}\n  {ops}"
        )


def export_net(
    net: torch.nn.Module,
    inputs: Mapping[str, torch.Tensor],
    outputs: Sequence[str],
    path: Path | str,
    *,
    dynamic: Mapping[str, Mapping[int, str]] | None = None,
    metadata: Mapping[str, str] | None = None,
    tolerance: float = 2e-4,
    parity_inputs: Sequence[Mapping[str, torch.Tensor]] = (),
) -> ExportReport:
    """Write `net` to `path` and check it against PyTorch.

    `inputs` are example tensors in the order of `forward`, by ONNX name. `dynamic` names the free axes
    ({input: {axis: name}}). `parity_inputs` are further inputs to compare on, of other sizes where axes
    are free. Raises ValueError for a forbidden operator, an output that differs from PyTorch by more
    than `tolerance`, or a file that is not self-contained; nothing is left at `path` then.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    net = copy.deepcopy(net).float().cpu().eval()
    rounded = round_to_half(net)
    draft = path.with_name(path.name + ".draft")
    try:
        _torch_export(rounded, inputs, outputs, draft, dynamic or {})
        model = store_half(onnx.load(draft))
        _set_metadata(model, metadata or {})
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, draft)
        operators = check_graph(model)
        parity = rounding = 0.0
        for example in (inputs, *parity_inputs):
            parity = max(parity, max_difference(draft, rounded, example))
            rounding = max(rounding, max_difference(draft, net, example))
        if not parity <= tolerance:
            raise ValueError(f"Expected {path.name} within {tolerance} of PyTorch, received a difference of {parity}")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    data = path.read_bytes()
    parameters = sum(p.numel() for p in net.parameters())
    return ExportReport(path, len(data), hashlib.sha256(data).hexdigest(), parameters, operators, parity, rounding)


def round_to_half(net: torch.nn.Module) -> torch.nn.Module:
    """A copy of `net` whose larger float tensors are rounded to float16 values, kept as float32."""
    net = copy.deepcopy(net)
    with torch.no_grad():
        for tensor in (*net.parameters(), *net.buffers()):
            if tensor.is_floating_point() and tensor.numel() >= MIN_HALF_ELEMENTS:
                tensor.copy_(tensor.half().float())
    return net


def store_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store the larger float32 initializers as float16, each behind a Cast to float32. Changes `model`."""
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < MIN_HALF_ELEMENTS:
            kept.append(tensor)
            continue
        if np.abs(values).max() > np.finfo(np.float16).max:
            raise ValueError(f"Expected float16-sized weights, received {np.abs(values).max()} in {tensor.name}")
        kept.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + ".half"))
        casts.append(onnx.helper.make_node("Cast", [tensor.name + ".half"], [tensor.name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    return model


def check_graph(model: onnx.ModelProto) -> dict[str, int]:
    """Count the operators; raise ValueError for a forbidden one, another opset or external data."""
    operators = dict(Counter(node.op_type for node in model.graph.node))
    bad = sorted(FORBIDDEN_OPERATORS & operators.keys())
    if bad:
        raise ValueError(f"Expected portable operators, received {', '.join(bad)}")
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if opset != OPSET:
        raise ValueError(f"Expected opset {OPSET}, received {opset}")
    if any(entry.domain not in ("", "ai.onnx") for entry in model.opset_import):
        raise ValueError("Expected the default operator set alone")
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise ValueError("Expected weights inside the file, received external data")
    return operators


def max_difference(path: Path | str, net: torch.nn.Module, inputs: Mapping[str, torch.Tensor]) -> float:
    """Largest absolute difference between the file in onnxruntime and `net` in PyTorch."""
    with torch.no_grad():
        expected = net(*inputs.values())
    expected = expected if isinstance(expected, (tuple, list)) else [expected]
    received = open_session(path).run(None, {name: t.numpy() for name, t in inputs.items()})
    return max(float(np.abs(e.numpy() - r).max()) for e, r in zip(expected, received, strict=True))


def open_session(path: Path | str, threads: int = 2) -> ort.InferenceSession:
    """A CPU session as the app opens it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _torch_export(
    net: torch.nn.Module,
    inputs: Mapping[str, torch.Tensor],
    outputs: Sequence[str],
    path: Path,
    dynamic: Mapping[str, Mapping[int, str]],
) -> None:
    dims: dict[str, torch.export.Dim] = {}
    shapes = [
        {axis: dims.setdefault(name, torch.export.Dim(name, min=2)) for axis, name in dynamic.get(key, {}).items()}
        for key in inputs
    ]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it reports every optional package it lacks
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            tuple(inputs.values()),
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=tuple(shapes) if dynamic else None,
            opset_version=OPSET,
            external_data=False,
            dynamo=True,
            optimize=True,
            verbose=False,
        )


def _set_metadata(model: onnx.ModelProto, metadata: Mapping[str, str]) -> None:
    """Replace the exporter's notes (they hold source paths) by ours."""
    del model.metadata_props[:]
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    model.doc_string = ""
    model.graph.doc_string = ""
    del model.graph.metadata_props[:]
    for holder in (*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.value_info,
                   *model.graph.initializer):
        holder.doc_string = ""
        del holder.metadata_props[:]
