"""Tests of the converter, on tiny checkpoints: cd models && python -m unittest convert.test_convert"""

import contextlib
import hashlib
import io
import json
import math
import tempfile
import unittest
from pathlib import Path

import onnx
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

from . import check, checkpoint, graphs, tiny_models
from .__main__ import main
from .checkpoint import Lora
from .weights import SMALLEST_STORED_AS_HALF, round_to_half

CONFIG = tiny_models.sd2_unet_config


class ConvertTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.root = Path(cls.scratch.name)
        tiny_models.make_sd(cls.root / "base", 4, seed=4, config=CONFIG, prediction="v_prediction")
        unet = tiny_models.make_unet(CONFIG(4), 4)
        encoder = tiny_models.make_image_encoder(14)
        encoder.save_pretrained(cls.root / "image-encoder")
        save_file(tiny_models.make_ip_adapter_plus(unet, encoder, 16), cls.root / "plus.safetensors")
        tiny_models.make_controlnet(tiny_models.sd_unet_config(4), 11).save_pretrained(cls.root / "other-controlnet")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def convert(self, *options, source="base"):
        """The exit code, what was printed, and the pack's folder."""
        out = Path(tempfile.mkdtemp(dir=self.root)) / "pack"
        words = ["--checkpoint", str(self.root / source), "--out", str(out), "--id", "tiny", "--licence", "MIT"]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = main([*words, "--source", "here", *map(str, options)])
        return code, printed.getvalue(), out

    def refusal(self, *options, source="base"):
        code, printed, out = self.convert(*options, source=source)
        self.assertEqual(code, 1, printed)
        self.assertFalse((out / "pack.json").exists())
        return printed

    def test_other_configuration_with_external_data(self):
        code, printed, out = self.convert("--external-over", 100_000)
        self.assertEqual(code, 0, printed)
        pack = json.loads((out / "pack.json").read_text())
        self.assertEqual(pack["diffusion"]["unet"], {"model": "unet", "channels": 4, "sampleSize": 16})
        data = pack["models"]["unet"]["data"][0]
        self.assertEqual(hashlib.sha256((out / data["path"]).read_bytes()).hexdigest(), data["sha256"])
        self.assertNotIn("data", pack["models"]["vae_encoder"])
        preview = pack["diffusion"]["preview"]
        self.assertEqual([len(preview["matrix"]), len(preview["bias"])], [4, 3])
        scheduler = json.loads((out / "scheduler/scheduler_config.json").read_text())
        self.assertEqual(scheduler["prediction_type"], "v_prediction")
        self.check_borders(out)

    def check_borders(self, out):
        """Floats at the border are float32, free sizes are free, and weights are float16."""
        model = onnx.load(out / "unet.onnx", load_external_data=False)
        types = {value.name: value.type.tensor_type for value in [*model.graph.input, *model.graph.output]}
        self.assertEqual({t.elem_type for t in types.values()}, {onnx.TensorProto.FLOAT})
        free = [dim.dim_param for dim in types["sample"].shape.dim]
        self.assertEqual(free, ["batch", "", "height", "width"])
        large = [weight for weight in model.graph.initializer if math.prod(weight.dims) >= SMALLEST_STORED_AS_HALF]
        self.assertEqual({weight.data_type for weight in large}, {onnx.TensorProto.FLOAT16})
        self.assertEqual([opset.version for opset in model.opset_import if opset.domain == ""], [18])

    def test_ip_adapter_plus_and_preview(self):
        tiny_models.make_taesd(18).save_pretrained(self.root / "taesd")
        options = ["--ip-adapter", self.root / "plus.safetensors", "--image-encoder", self.root / "image-encoder"]
        code, printed, out = self.convert(*options, "--preview", self.root / "taesd")
        self.assertEqual(code, 0, printed)
        section = json.loads((out / "pack.json").read_text())["diffusion"]
        self.assertEqual(section["ipAdapter"], {"output": "hidden_states.-2", "tokens": 4, "imageSize": 56})
        self.assertEqual(section["preview"], {"model": "taesd"})

    def test_lora_changes_the_weights_by_its_scale(self):
        unet, text = tiny_models.make_unet(CONFIG(4), 4), tiny_models.make_text_encoder(101, 743)
        tiny_models.make_lora(self.root / "lora", unet, text, 17)
        file = self.root / "lora/pytorch_lora_weights.safetensors"
        outputs = []
        for scale in (0, 0.5, 1):
            pipeline = checkpoint.load_pipeline(self.root / "base")
            checkpoint.merge_loras(pipeline, [Lora(file, scale)])
            graph = graphs.unet_graph("unet", pipeline.unet, with_residuals=False)
            outputs.append(check.reference_outputs(graph)[0][0])
            self.assertFalse([name for name, _ in pipeline.unet.named_parameters() if "lora" in name])
        plain = graphs.unet_graph("unet", checkpoint.load_pipeline(self.root / "base").unet, with_residuals=False)
        torch.testing.assert_close(outputs[0], check.reference_outputs(plain)[0][0])
        self.assertGreater((outputs[1] - outputs[0]).abs().max(), 0.01)
        self.assertGreater((outputs[2] - outputs[1]).abs().max(), 0.01)

    def test_guidance_embedding_of_a_distilled_unet(self):
        unet = tiny_models.fill(UNet2DConditionModel(**CONFIG(4), time_cond_proj_dim=6), 3)
        graph = graphs.unet_graph("unet", unet, with_residuals=False)
        self.assertIn("timestep_cond", [tensor.name for tensor in graph.inputs])

    def test_rounding_keeps_what_float16_cannot_hold(self):
        layer = torch.nn.Linear(64, 2)
        layer.weight.data.fill_(1 / 3)
        layer.weight.data[0, 0] = 1e6
        self.assertEqual(round_to_half(torch.nn.Sequential(layer)), ["0.weight"])
        layer.weight.data[0, 0] = 1
        round_to_half(layer)
        self.assertEqual(layer.weight[1, 1].item(), torch.tensor(1 / 3).half().item())

    def test_refusals(self):
        (self.root / "one.safetensors").write_bytes(b"")
        self.assertIn("is one file", self.refusal(source="one.safetensors"))
        self.assertIn("model_index.json", self.refusal(source="image-encoder"))
        self.assertIn("does not fit the checkpoint", self.refusal("--controlnet", self.root / "other-controlnet"))
        self.assertIn("belong together", self.refusal("--ip-adapter", self.root / "plus.safetensors"))
        self.assertIn("belongs to SDXL", self.refusal("--refiner", self.root / "base"))
        self.assertIn("cannot be merged", self.refusal("--lora", self.root / "plus.safetensors"))

    def test_a_graph_that_differs_is_refused(self):
        original = check.TOLERANCE
        check.TOLERANCE = 1e-12
        try:
            self.assertIn("differs from PyTorch", self.refusal())
        finally:
            check.TOLERANCE = original


if __name__ == "__main__":
    unittest.main()
