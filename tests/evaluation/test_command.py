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


def test_the_command_prints_and_writes(pipe, evaluator, data, tmp_path, capsys, monkeypatch):
    pipe.save_pretrained(tmp_path / "model")
    evaluator.save_pretrained(tmp_path / "model" / "evaluator")
    monkeypatch.setattr(StickerData, "open", lambda *args, **kwargs: data)
    monkeypatch.setattr(prompts, "read_prompts", lambda: [("a cat", "noto"), ("a dog", None)])
    out, sheet = tmp_path / "out" / "report.json", tmp_path / "sheet.png"
    code = command(
        "--data", "x", "--model", str(tmp_path / "model"), "--steps", "1", "--samples", "3",
        "--device", "cpu", "--out", str(out), "--sheet", str(sheet),
    )  # fmt: skip
    assert code == 0
    assert "| concept top-1, 3 held-out pairs |" in capsys.readouterr().out
    report = json.loads(out.read_text())
    assert report["settings"]["steps"] == 1 and report["pairs"]["train"]["n"] == 3
    assert Image.open(sheet).width == 2 * 192
