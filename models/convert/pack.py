"""Writes graphs, tokenizers and configurations into a folder, and pack.json with their hashes."""

import hashlib
import json
from pathlib import Path

from . import check
from .errors import Unsupported
from .export import export_graph
from .weights import round_to_half


class PackWriter:
    """A pack being made. Graphs are added one by one, so that only one of them is in memory; `finish` writes pack.json."""

    def __init__(self, folder, style):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if any(self.folder.iterdir()):
            raise Unsupported(f"{self.folder} is not empty")
        self.style = style
        self.models, self.files, self.failed = {}, [], []
        print(check.TABLE_HEAD, flush=True)

    def add_graph(self, graph):
        """Exports a graph, compares it with PyTorch and prints its row of the table."""
        rounding = None
        if self.style.half and not graph.keep_float32:
            exact = check.reference_outputs(graph)
            kept = round_to_half(graph.module)
            rounding = check.rounding_effect(exact, check.reference_outputs(graph))
            for name in kept:
                print(f"  {graph.name}: {name} exceeds float16 and stays float32")
        path = self.folder / f"{graph.name}.onnx"
        graph_file, *data = export_graph(graph, path, self.style)
        differences = list(check.check_graph(graph, path))
        megabytes = sum(file.stat().st_size for file in (graph_file, *data)) / 1e6
        print(check.table_row(graph.name, differences, rounding, megabytes), flush=True)
        self.failed += [d for d in differences if not d.passes]
        entry = {"file": graph_file.name, **stamp(graph_file), "stage": "inpaint"}
        if data:
            entry["data"] = [{"path": file.name, **stamp(file)} for file in data]
        self.models[graph.name] = entry

    def add_tokenizer(self, name, tokenizer):
        """The fast form of a CLIP tokenizer: tokenizer.json, and of its configuration what a reader needs."""
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise Unsupported(f"{name} has no fast form: load and save it with transformers 5 first")
        backend.no_padding()
        backend.no_truncation()
        config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": tokenizer.model_max_length}
        config |= {key: str(getattr(tokenizer, key)) for key in ("bos_token", "eos_token", "unk_token", "pad_token")}
        compact = json.dumps(json.loads(backend.to_str()), ensure_ascii=False, separators=(",", ":"))
        self.add_text(f"{name}/tokenizer.json", compact)
        self.add_text(f"{name}/tokenizer_config.json", json.dumps(config, indent=2) + "\n")

    def add_text(self, inner_path, text):
        path = self.folder / inner_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.files.append({"path": inner_path, **stamp(path)})

    def finish(self, about, diffusion):
        """Writes pack.json, or throws where a graph was not equal to PyTorch."""
        if self.failed:
            worst = max(self.failed, key=lambda d: d.relative)
            raise Unsupported(
                f"{worst.graph}.{worst.output} differs from PyTorch by {worst.relative:.1e} of its largest value "
                f"(at most {check.TOLERANCE:.0e} is allowed): no pack.json was written"
            )
        models = dict(sorted(self.models.items()))
        files = sorted(self.files, key=lambda file: file["path"])
        pack = {**about, "models": models, "files": files, "diffusion": diffusion}
        (self.folder / "pack.json").write_text(json.dumps(pack, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def stamp(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return {"sha256": digest.hexdigest(), "bytes": path.stat().st_size}
