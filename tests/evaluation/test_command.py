"""The command: what it refuses, prints and writes."""

import argparse
import json

import pytest
from PIL import Image

from lit.commands import evaluate as evaluate_command
from lit.data import StickerData
from lit.errors import CheckpointError, InputError
from lit.evaluation import prompts


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


def test_several_steps_and_another_model_stand_side_by_side(pipe, saved, tmp_path, capsys):
    pipe.save_pretrained(tmp_path / "old")
    out, sheet = tmp_path / "report.json", tmp_path / "sheet.webp"
    command(
        "--data", "x", "--model", str(saved), "--steps", "1", "3", "2", "--samples", "2", "--device", "cpu",
        "--against", f"model={tmp_path / 'old'}", f"model={tmp_path / 'old'},steps=2,guidance=1,scheduler=dpm++",
        "--out", str(out), "--sheet", str(sheet),
    )  # fmt: skip
    report = json.loads(out.read_text())
    drawn = [
        tuple(one["settings"][key] for key in ("model", "steps", "guidance", "scheduler"))
        for one in report["contenders"]
    ]
    new, old, first = str(saved), str(tmp_path / "old"), pipe.schedulers[0]
    assert drawn == [
        (new, 1, 4, first),
        (new, 3, 4, first),
        (new, 2, 4, first),
        (old, 3, 4, first),
        (old, 2, 1, "dpm++"),
    ]
    assert report["baseline"] == 3
    assert all(part["share"] in (1, None) for part in report["contenders"][1]["against_baseline"].values())
    printed = capsys.readouterr().out
    assert f"| {new}, {first}, guidance 4, 1 step |" in printed and "Bars: 4 steps 97%" in printed
    assert Image.open(sheet).width == 176 + 5 * 144


def test_the_largest_number_of_steps_is_the_base_line(saved, tmp_path):
    out = tmp_path / "report.json"
    command("--data", "x", "--model", str(saved), "--steps", "1", "2", "--samples", "2", "--device", "cpu",
            "--out", str(out))  # fmt: skip
    assert json.loads(out.read_text())["baseline"] == 1


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
