"""The command: what it refuses, prints and writes."""

import argparse
import json

import pytest
from PIL import Image

from lit.commands import evaluate as evaluate_command
from lit.data import StickerData
from lit.errors import CheckpointError, InputError
from lit.evaluation import prompts

# What a model predicts makes no difference here.
FLOW = pytest.mark.parametrize("pipe", ["flow"], indirect=True)


def command(*arguments):
    parser = argparse.ArgumentParser()
    evaluate_command.add_arguments(parser)
    return evaluate_command.run(parser.parse_args(arguments))


@pytest.mark.parametrize("option", ["--steps", "--samples", "--batch-size", "--guidance"])
def test_a_number_below_one_is_refused(option):
    with pytest.raises(InputError, match=f"{option}: got 0"):
        command("--data", "x", option, "0")


@pytest.mark.parametrize("option, file", [("--sheet", "a.gif"), ("--sheet", "FILE/a.png"), ("--out", "FILE/a.json"),
                                          ("--out", ".")])  # fmt: skip
def test_a_file_that_cannot_be_written_is_refused_first(option, file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text("")
    with pytest.raises(InputError, match=f"{option}: got"):
        command("--data", "nowhere", "--model", "nowhere", option, file)


@FLOW
def test_a_model_without_an_evaluator_is_refused(pipe, tmp_path):
    pipe.save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="evaluator is missing"):
        command("--data", "x", "--model", str(tmp_path), "--device", "cpu")


@pytest.mark.parametrize("text", ["20", "steps=", "steps=x", "style=noto"])
def test_a_contender_that_cannot_be_read_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        command("--data", "x", "--against", text)
    assert "--against" in capsys.readouterr().err


def test_a_contender_with_a_value_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="--steps: got 0"):
        command("--data", "x", "--against", "steps=0")
    with pytest.raises(InputError, match="--steps: got 201"):
        command("--data", "x", "--steps", "1", "201")


@pytest.fixture
def saved(pipe, evaluator, data, tmp_path, monkeypatch):
    """The model's folder, with few stickers and prompts."""
    pipe.save_pretrained(tmp_path / "model")
    evaluator.save_pretrained(tmp_path / "model" / "evaluator")
    monkeypatch.setattr(StickerData, "open", lambda *args, **kwargs: data)
    monkeypatch.setattr(prompts, "read_prompts", lambda: [("a cat", "noto"), ("a dog", None)])
    return tmp_path / "model"


def contenders_of(monkeypatch, *arguments):
    """(steps, guidance, scheduler, model) of each contender that is measured, and the base line's number."""
    told = []
    monkeypatch.setattr("lit.evaluation.evaluate.evaluate", lambda *arguments: told.extend(arguments) or {})
    monkeypatch.setattr("lit.evaluation.report.figures_table", str)
    command("--data", "x", "--device", "cpu", *arguments)
    return [(one.steps, one.guidance, one.scheduler, one.model) for one in told[0]], told[3]


@FLOW
def test_the_largest_number_of_steps_is_the_base_line(saved, monkeypatch):
    new = str(saved)
    contenders, base = contenders_of(monkeypatch, "--model", new, "--steps", "1", "9", "4", "--scheduler", "dpm++")
    assert contenders == [(steps, 4, "dpm++", new) for steps in (1, 9, 4)] and base == 1


@FLOW
def test_another_model_is_the_base_line_and_the_rest_as_said(pipe, saved, monkeypatch):
    new, first = str(saved), pipe.schedulers[0]
    arguments = ("--model", new, "--steps", "4", "2", "--guidance", "3", "--against", f"model={saved.parent / 'old'}")
    pipe.save_pretrained(saved.parent / "old")
    contenders, base = contenders_of(monkeypatch, *arguments, "steps=7,guidance=1.5,scheduler=dpm++")
    assert contenders[:2] == [(4, 3, first, new), (2, 3, first, new)]
    assert contenders[2:] == [(4, 3, first, str(saved.parent / "old")), (7, 1.5, "dpm++", new)] and base == 2


@FLOW
def test_contenders_stand_side_by_side(saved, tmp_path, capsys):
    out, sheet = tmp_path / "report.json", tmp_path / "steps.webp"
    command(
        "--data", "x", "--model", str(saved), "--steps", "1", "--samples", "2", "--device", "cpu",
        "--against", "steps=2,guidance=1", "--out", str(out), "--sheet", str(sheet),
    )  # fmt: skip
    few, base = json.loads(out.read_text())["contenders"]
    assert few["settings"]["guidance"] == 4 and base["settings"]["guidance"] == 1
    printed = capsys.readouterr().out
    assert "| figure | guidance 4, 1 step | guidance 1, 2 steps |" in printed and "1 step 88%" in printed
    assert Image.open(sheet).size[0] == 176 + 2 * 144


@FLOW
def test_the_command_prints_and_writes(saved, tmp_path, capsys):
    out, sheet = tmp_path / "out" / "report.json", tmp_path / "sheet.png"
    code = command(
        "--data", "x", "--model", str(saved), "--steps", "1", "--samples", "3",
        "--device", "cpu", "--out", str(out), "--sheet", str(sheet),
    )  # fmt: skip
    assert code == 0
    assert "| concept top-1, 3 held-out pairs |" in capsys.readouterr().out
    (report,) = json.loads(out.read_text())["contenders"]
    assert report["settings"]["steps"] == 1 and report["pairs"]["train"]["n"] == 3
    assert Image.open(sheet).width == 2 * 192
