"""Compares every exported graph with the PyTorch model that it came from."""

from dataclasses import dataclass

import onnxruntime
import torch

from .graphs import CHECKED, Size

# Of an output's largest value. Both sides compute in float32 from the same weights; only the order of sums differs.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Difference:
    """Of one output at one size; relative to the output's largest value."""

    graph: str
    output: str
    size: Size
    relative: float
    largest: float

    @property
    def passes(self):
        return self.relative <= TOLERANCE and self.largest < float("inf")


@torch.no_grad()
def reference_outputs(graph):
    return [graph.reference(graph.draw(size, seed=i)) for i, size in enumerate(CHECKED)]


@torch.no_grad()
def check_graph(graph, path):
    """Runs the file in onnxruntime at two sizes other than the traced one, and where inputs may be left out, without."""
    session = open_session(path)
    for i, size in enumerate(CHECKED):
        named = graph.draw(size, seed=i)
        yield from compare(graph, session, size, named, named)
    if graph.optional:
        named = graph.draw(CHECKED[0], seed=9)
        without = {name: tensor for name, tensor in named.items() if name not in graph.optional}
        zeros = {name: torch.zeros(1, 1, 1, 1) for name in graph.optional}
        yield from compare(graph, session, CHECKED[0], without | zeros, without)


def open_session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def compare(graph, session, size, fed, named):
    outputs = session.run(list(graph.outputs), {name: tensor.numpy() for name, tensor in fed.items()})
    for name, got, expected in zip(graph.outputs, outputs, graph.reference(named), strict=True):
        yield difference(graph.name, name, size, torch.from_numpy(got), expected)


def difference(graph, output, size, got, expected):
    if got.shape != expected.shape:
        raise ValueError(f"{graph}.{output} is {tuple(got.shape)} where PyTorch gives {tuple(expected.shape)}")
    largest = expected.abs().max().item()
    relative = (got - expected).abs().max().item() / max(largest, 1e-12)
    return Difference(graph, output, size, relative if relative == relative else float("inf"), largest)


def rounding_effect(before, after):
    """How much storing weights in float16 changes a model's own outputs, relative to the largest value of each."""
    pairs = [pair for old, new in zip(before, after) for pair in zip(old, new)]
    return max(((new - old).abs().max() / old.abs().max().clamp_min(1e-12)).item() for old, new in pairs)


def table_row(name, differences, rounding, megabytes):
    worst = max(differences, key=lambda d: d.relative)
    verdict = "equal" if all(d.passes for d in differences) else "DIFFERS"
    shown = f"{rounding:.1e}" if rounding is not None else "-"
    return f"{name:<20} {megabytes:>9.1f} {len(differences):>8} {worst.relative:>10.1e}  {shown:>9}  {verdict}"


TABLE_HEAD = f"{'graph':<20} {'MB':>9} {'outputs':>8} {'difference':>10}  {'float16':>9}"
