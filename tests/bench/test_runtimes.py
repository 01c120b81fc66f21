"""Other runtimes beside PyTorch: what can be said without having them."""

import math
from dataclasses import replace

import pytest
import torch
from conftest import make_pipeline

from lit.bench import runtimes
from lit.settings import GenerationSettings

OWL = GenerationSettings("an owl", seed=4, num_inference_steps=2, height=64, width=64)
TWO = replace(OWL, negative_prompt="red")  # branches


def test_psnr_is_of_the_range_and_infinite_for_the_same():
    theirs = torch.tensor([0.0, 2.0, 1.0, 1.0])
    assert runtimes.psnr(theirs, theirs) == math.inf
    assert runtimes.psnr(theirs + 0.02, theirs) == pytest.approx(40, abs=1e-3)  # a hundredth of the range


@pytest.mark.parametrize("text_layers", [0, 1])
def test_a_drawing_by_the_same_network_row_by_row_is_the_same(text_encoder, text_layers):
    tiny_pipeline = make_pipeline(text_encoder, text_layers=text_layers)
    expected = runtimes.latents(tiny_pipeline, TWO)
    asked = []
    network = runtimes.plain(tiny_pipeline.transformer)

    def counted(named):
        asked.append(len(named["hidden_states"]))
        return network(named)

    with runtimes.replaced(tiny_pipeline.transformer, counted):
        again = runtimes.latents(tiny_pipeline, TWO)
    assert asked == [1] * 4 and runtimes.psnr(again, expected) > 80
    assert torch.equal(runtimes.latents(tiny_pipeline, TWO), expected) and len(asked) == 4  # and is itself again


def test_what_a_network_meets_in_a_drawing_gives_its_answers(tiny_pipeline):
    met = runtimes.evaluations(tiny_pipeline, TWO)
    assert len(met) == 4  # two steps of two branches
    assert {named["timestep"].item() for named in met} == {1000.0, 500.0}
    assert all(torch.equal(one["hidden_states"], other["hidden_states"]) for one, other in (met[:2], met[2:]))


def test_what_is_missing_is_named_with_what_to_run(monkeypatch):
    monkeypatch.setattr(runtimes, "PACKAGES", ("torch", "no_such_runtime"))
    monkeypatch.setattr("sys.argv", ["runtimes"])
    with pytest.raises(SystemExit, match="no_such_runtime not installed; run: pip install no_such_runtime"):
        runtimes.main()


def test_the_transformer_is_exported_with_plain_operators(tiny_pipeline, tmp_path):
    """No operator of `lit_kernels` is in the file: whatever reads ONNX knows what is."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    graph = onnx.load(runtimes.export(tiny_pipeline.transformer, 1, tmp_path / "tiny.onnx")).graph
    assert {node.domain for node in graph.node} == {""}
