"""Other runtimes than torch: asked for by name, told in the PNG, and the same picture up to rounding."""

import pytest
import torch

from lit import runtimes
from lit.errors import InputError
from lit.pipeline import LiTPipeline
from lit.settings import GenerationSettings

OWL = GenerationSettings("an owl", seed=4, num_inference_steps=2, height=64, width=64)


def test_torch_needs_no_other(tiny_pipeline):
    assert runtimes.make("torch", tiny_pipeline.transformer) is None
    assert "runtime" not in tiny_pipeline.provenance()


def test_what_is_not_there_is_said_with_what_would_do(tiny_pipeline, monkeypatch):
    with pytest.raises(InputError, match="runtime: got 'onnx'; one of torch, openvino"):
        runtimes.make("onnx", tiny_pipeline.transformer)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install 'lit-studio"):
        runtimes.make("openvino", tiny_pipeline.transformer)


@pytest.fixture
def drawn(tiny_pipeline, text_encoder, tmp_path):
    """The same model by torch and by OpenVINO."""
    pytest.importorskip("openvino")
    tiny_pipeline.save_pretrained(tmp_path)
    how = {"torch_dtype": "float32", "text_encoder": text_encoder}
    pipe = LiTPipeline.from_pretrained(tmp_path, runtime="openvino", **how)
    pipe.set_progress_bar_config(disable=True)
    return tiny_pipeline, pipe


def latents(pipe):
    return pipe.generate(OWL, output_type="latent").images[0]


def test_openvino_draws_the_same_up_to_rounding_and_says_so(drawn):
    ours, other = drawn
    assert other.provenance()["runtime"].startswith("openvino 20")
    torch.testing.assert_close(latents(other), latents(ours), atol=1e-3, rtol=1e-3)
    assert torch.equal(latents(other), latents(other))


def test_exchanged_weights_are_drawn_with(drawn):
    ours, other = drawn
    before = latents(other)
    with torch.no_grad():
        for pipe in drawn:
            pipe.transformer.unpatch.weight.mul_(2)
    torch.testing.assert_close(latents(other), latents(ours), atol=2e-3, rtol=1e-3)
    assert (latents(other) - before).abs().max() > 0.01
    other.transformer = ours.transformer  # another module: torch draws with it
    assert torch.equal(latents(other), latents(ours)) and "runtime" not in other.provenance()
