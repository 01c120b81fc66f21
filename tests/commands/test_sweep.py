"""python -m lit sweep: what it writes and says, that it goes on after Ctrl-C, and one clear line where it cannot."""

import json
import re
import signal

import numpy as np
import pytest
from PIL import Image

from lit import pipeline
from lit.__main__ import main
from lit.explore.sweeps import distances
from lit.sampling.run import Run
from lit.settings import read_png

FAST = ["--size", "64", "--steps", "1", "--dtype", "float32"]


@pytest.fixture
def model(tiny_pipeline, text_encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline.TextEncoder, "from_pretrained", lambda: text_encoder)
    # The evaluator's own test is in tests/explore; what it sees matters to none of these.
    pixels = lambda pictures: np.stack([np.asarray(one, float).ravel() for one in pictures])  # noqa: E731
    monkeypatch.setattr(distances, "eye", lambda name, autoencoder: pixels)
    tiny_pipeline.save_pretrained(tmp_path / "model")
    return ["--model", str(tmp_path / "model"), *FAST]


def sweep(*arguments) -> int:
    return main(["sweep", *map(str, arguments)])


def test_a_grid_leaves_its_pictures_a_sheet_and_a_page(model, tmp_path, capsys):
    told = ["a cat, noto", *model, "--axis", "guidance=1:4:3", "--axis", "cat=cat|dog", "--out", tmp_path / "o"]
    assert sweep(*told, "--estimate") == 0
    assert re.fullmatch(r"6 pictures, about \d+ s\n", capsys.readouterr().out) and not list(tmp_path.glob("o/*"))
    assert sweep(*told) == 0
    assert "6 drawn: all are drawn" in capsys.readouterr().out
    drawn = [read_png(path)[0] for path in (tmp_path / "o").glob("a-*.png")]
    assert {(one.guidance_scale, one.prompt, one.style) for one in drawn} == {
        (guidance, prompt, "noto") for guidance in (1.0, 2.5, 4.0) for prompt in ("a cat", "a dog")
    }
    assert Image.open(tmp_path / "o" / "sheet.png").width > 3 * 128
    assert "data:image/webp" in (tmp_path / "o" / "sweep.html").read_text("utf-8")


def test_ctrl_c_keeps_what_is_drawn_and_the_same_command_goes_on(model, tmp_path, capsys, monkeypatch):
    told = ["a cat", *model, "--axis", "vary=0:1", "--adaptive", "--budget", 6, "--alike", 0, "--out", tmp_path / "o"]
    drawn, begun = [], Run.__iter__

    def counted(run):
        for drawing in begun(run):
            drawn.append(drawing)
            yield drawing

    def interrupted(run):
        if len(list((tmp_path / "o").glob("a-*.png"))) == 2:
            signal.raise_signal(signal.SIGINT)
        yield from counted(run)

    monkeypatch.setattr(Run, "__iter__", interrupted)
    assert sweep(*told) == 130
    said = capsys.readouterr().out
    kept = json.loads((tmp_path / "o" / "sweep.json").read_text())["points"]
    assert len(kept) == 2 and "2 of 6 drawn; the same command goes on" in said

    monkeypatch.setattr(Run, "__iter__", counted)
    drawn.clear()
    assert sweep(*told) == 0
    assert "2 of them are there already" in capsys.readouterr().out
    assert len(drawn) == 2 + 4  # two to say how long it takes
    files = list((tmp_path / "o").glob("a-*.png"))
    assert len(files) == 6 and {read_png(file)[0].variation_seed for file in files} == {1}  # another than its own, 0
    assert sweep(*told, "--chance", 1) == 2
    assert "chance differs" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, line",
    [
        (["a cat"], "--axis: got None; a setting and its values, such as guidance=1:8:5"),
        (["a cat", "--axis", "guidence=1:8"], "--axis: got 'guidence'; one of prompt"),
        (["a cat", "--axis", "guidance=1:80"], "--guidance: got 80.0; a number from 1 to 20"),
        (["a cat", "--axis", "guidance=1:8", "--budget", "9"], "--budget: got 9; --adaptive beside it"),
        (["a cat", "--axis", "style=all", "--adaptive"], "--axis: got 'style'; a range of a number"),
        (["a cat", "--axis", "vary=0:1", "--adaptive", "--strategy", "best"], "--strategy: got 'best'; one of"),
        (["a cat", "--axis", "vary=0:1", "--adaptive", "--budget", "3"], "--budget: got 3; a whole number of images"),
        (["a cat", "--axis", "vary=0:1", "--distance", "taste"], "--distance: got 'taste'; one of features, latents"),
        (["--axis", "vary=0:1"], "prompt: got ''"),
    ],
)
def test_bad_input_is_one_line(arguments, line, tmp_path, capsys):
    assert sweep(*arguments, "--out", tmp_path / "o") == 2
    said = capsys.readouterr().err
    assert said.startswith(line) and said.count("\n") == 1 and not (tmp_path / "o").exists()
