"""The ladder: what is counted, compared and refused."""

import argparse
import json

import pytest
import torch

from lit.commands import ladder as command
from lit.data import StickerData
from lit.errors import CheckpointError, InputError
from lit.evaluation import ladder
from lit.evaluation.solvers.pairs import Pairs
from lit.sampling import registry
from lit.settings import GenerationSettings


def run(*arguments):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


of_a_flow = pytest.mark.parametrize("pipe", ["flow"], indirect=True)


def test_no_rung_asks_more_often_than_it_says():
    found = list(ladder.rungs(("flow-euler", "flow-heun", "dpm++")))
    assert len(set(found)) == len(found)
    assert {rung.scheduler for rung in found} == {"flow-euler", "flow-heun", "dpm++"}
    for rung in found[1:]:
        asked = registry.evaluations(rung.scheduler, rung.steps)
        assert asked in ladder.EVALUATIONS or (rung.scheduler == "flow-heun" and asked + 1 in ladder.EVALUATIONS)


@of_a_flow
def test_a_shift_of_one_draws_what_the_pipeline_draws(pipe):
    settings = GenerationSettings("a dog", width=64, height=64, num_inference_steps=3, scheduler="dpm++", seed=5)
    rung = ladder.Rung("dpm++", 3)
    drawn = Pairs(pipe, [settings], 1).solve(rung.solver(pipe))
    expected = pipe.generate(settings, output_type="latent").images[0]
    torch.testing.assert_close(drawn[0], expected, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(Pairs(pipe, [settings], 1).solve(ladder.Rung("dpm++", 3, 2.0).solver(pipe))[0], expected)


@of_a_flow
@pytest.mark.slow
def test_the_command_counts_compares_and_writes(pipe, evaluator, data, tmp_path, capsys, monkeypatch):
    pipe.save_pretrained(tmp_path / "model")
    evaluator.save_pretrained(tmp_path / "model" / "evaluator")
    monkeypatch.setattr(StickerData, "open", lambda *args, **kwargs: data)
    monkeypatch.setattr(ladder, "EVALUATIONS", (4, 20))
    monkeypatch.setattr(ladder, "FINE", 30)
    out = tmp_path / "ladder.json"
    model = str(tmp_path / "model")
    arguments = ("--data", "x", "--model", model, "--samples", "2", "--device", "cpu", "--dtype", "float32")
    assert run(*arguments, "--out", str(out)) == 0
    assert out.with_suffix(".md").read_text().rstrip().endswith(capsys.readouterr().out.rstrip().split("\n\n")[-1])
    report = json.loads(out.read_text())
    rungs = {(one["name"], one["steps"]): one for one in report["rungs"]}
    # Two forwards an evaluation with guidance, one without it: at t = 1, 0.95 and 0.9 of 20 steps alone; 0.8 is inside.
    assert rungs["flow-euler", 20]["forwards"] == 40
    assert rungs["flow-euler, no guidance above t = 0.8", 20]["forwards"] == 40 - 4
    assert rungs["flow-euler, no guidance above t = 0.9", 20]["forwards"] == 40 - 2
    assert rungs["flow-heun", 2]["evaluations"] == 3 and rungs["flow-heun", 2]["forwards"] == 6
    # Compared with itself, and with what is nearly the same.
    assert rungs["flow-euler", 30]["fine"] == 100 and rungs["flow-euler", 20]["usual"] == 100
    assert 100 > rungs["flow-euler", 20]["fine"] > rungs["flow-euler", 4]["fine"]
    assert all(one["held_out"]["n"] == 2 and 0 <= one["train"]["top1"] <= 1 for one in report["rungs"])


@pytest.mark.parametrize(("option", "value"), [("--samples", "0"), ("--batch-size", "0"), ("--out", "a.md")])
def test_a_value_that_does_not_fit_is_refused_first(option, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"{option}: got"):
        run("--data", "nowhere", "--model", "nowhere", option, value)


def test_a_model_that_cannot_be_measured_so_is_refused(pipe, evaluator, data, tmp_path, monkeypatch):
    pipe.save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="evaluator is missing"):
        run("--data", "x", "--model", str(tmp_path), "--device", "cpu")
    if pipe.transformer.config.prediction_type == "epsilon":
        evaluator.save_pretrained(tmp_path / "evaluator")
        monkeypatch.setattr(StickerData, "open", lambda *args, **kwargs: data)
        with pytest.raises(InputError, match="--model: got .* a model of the flow"):
            run("--data", "x", "--model", str(tmp_path), "--device", "cpu")
