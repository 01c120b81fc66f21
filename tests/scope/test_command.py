"""python -m lit scope: files that hold the numbers, and one line for what is wrong."""

import json
import re
from dataclasses import replace

import pytest
from conftest import make_pipeline
from PIL import Image

import lit.commands.scope
from lit.__main__ import main
from lit.scope.drawings.drawing import OpenedDrawing
from lit.settings import GenerationSettings, Source, to_png_info

SETTINGS = GenerationSettings("a cat & a <dog>", height=64, width=64, num_inference_steps=2, seed=3, output_scale=1)


@pytest.fixture(scope="module")
def pipe(text_encoder):
    return make_pipeline(text_encoder)


@pytest.fixture
def png(pipe, tmp_path, monkeypatch):
    monkeypatch.setattr(lit.commands.scope, "load", lambda *_: pipe)
    monkeypatch.chdir(tmp_path)  # where files go that are not sent elsewhere
    path = tmp_path / "cat.png"
    pipe.generate(SETTINGS).images[0].save(path, pnginfo=to_png_info(SETTINGS, pipe.provenance()))
    return path


def scope(*arguments):
    return main(["scope", *map(str, arguments)])


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (["--pixel", "40,20"], "all 2 steps"),
        (["--region", "8,8,24,40", "--step", "2", "--path", "query", "--channel", "alpha", "--words", "--modes", "2"],
         "step 2 of 2"),
    ],
)  # fmt: skip
def test_it_writes_pictures_numbers_and_a_page(png, tmp_path, capsys, options, where):
    out = tmp_path / "found"
    assert scope("--from", png, *options, "--out", out) == 0
    numbers = json.loads((out / "numbers.json").read_text())
    assert numbers["map"]["where"] == where
    assert sum(part["amount"] for part in numbers["parts"]) == pytest.approx(numbers["value"], abs=1e-5)
    assert numbers["settings"]["prompt"] == SETTINGS.prompt and numbers["provenance"]["weights_sha256"]
    listed = capsys.readouterr().out
    for path in out.glob("*.png"):
        assert str(path) in listed and Image.open(path).size == (64, 64)
    assert {"picture", "receptive-field", "reads", "impulse-response"} <= {path.stem for path in out.glob("*.png")}
    assert (out / "mode-2-draws.png").exists() == (out / "word-1.png").exists() == ("--modes" in options)
    page = (out / "scope.html").read_text()
    assert not re.search(r"(src|href)=[\"'](?!data:)", page) and "<script" not in page
    assert "a cat &amp; a &lt;dog&gt;" in page and "<dog>" not in page
    for part in numbers["parts"]:
        assert f"{part['amount']:+.5f}" in page


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--pixel", "64,3"], "point: got (64, 3); one inside"),
        (["--pixel=-1,3"], "point: got (-1, 3)"),
        (["--region", "3,3,2,9"], "region: got"),
        (["--pixel", "3"], "--pixel: got '3'; 2 whole numbers such as 120,96"),
        (["--region", "a,b,c,d"], "--region: got"),
        ([], "--pixel: got None"),
        (["--pixel", "1,1", "--region", "1,1,2,2"], "one of the two"),
        (["--pixel", "1,1", "--step", "3"], "--step: got '3'; a whole number from 1 to 2"),
        (["--pixel", "1,1", "--step", "last"], "--step: got 'last'"),
        (["--pixel", "1,1", "--path", "keys"], "--path: got 'keys'"),
        (["--pixel", "1,1", "--channel", "hue"], "--channel: got 'hue'"),
        (["--pixel", "1,1", "--modes", "0"], "--modes: got 0"),
        (["--pixel", "1,1", "--modes", "4"], "add --step"),
        (["--pixel", "1,1", "--modes", "few"], "--modes: got 'few'"),
        (["--pixel", "1,1", "--out", "/dev/null/x"], "--out: got"),
    ],
)
def test_bad_input_is_one_line_and_code_2_before_any_work(png, capsys, monkeypatch, options, words):
    monkeypatch.setattr(lit.commands.scope, "load", lambda *_: pytest.fail("a model was loaded"))
    try:
        code = scope("--from", png, *options)
    except SystemExit as stop:
        code = stop.code
    error = capsys.readouterr().err
    assert code == 2 and words in error and "Traceback" not in error and error.count("\n") == 1


def test_a_path_that_this_model_does_not_have_is_said_before_the_drawing(text_encoder, png, capsys, monkeypatch):
    teacher = make_pipeline(text_encoder, token_mixer="softmax")
    monkeypatch.setattr(lit.commands.scope, "load", lambda *_: teacher)
    monkeypatch.setattr(OpenedDrawing, "open", lambda *_, **__: pytest.fail("it was drawn"))
    Image.open(png).save(png, pnginfo=to_png_info(SETTINGS, teacher.provenance()))
    assert scope("--from", png, "--pixel", "1,1", "--path", "query") == 2
    assert capsys.readouterr().err == "--path: got 'query'; one of value with this model\n"


def test_a_file_that_is_no_picture_of_ours(png, tmp_path, capsys):
    plain = tmp_path / "plain.png"
    Image.new("RGB", (8, 8)).save(plain)
    (tmp_path / "text.png").write_text("no picture")
    for path in (plain, tmp_path / "text.png", tmp_path / "none.png"):
        assert scope("--from", path, "--pixel", "1,1") == 2
        assert capsys.readouterr().err.startswith("image: got")


def test_a_stopped_picture_is_drawn_to_its_end_and_that_is_said(pipe, png, tmp_path, capsys):
    stopped = tmp_path / "stopped.png"
    Image.open(png).save(stopped, pnginfo=to_png_info(SETTINGS, pipe.provenance() | {"stopped_after": 1}))
    assert scope("--from", stopped, "--pixel", "1,1", "--step", "2", "--out", tmp_path / "found") == 0
    assert "stopped after step 1; what is shown was drawn to its end" in capsys.readouterr().err


def test_a_file_that_does_not_name_its_weights_is_opened_and_that_is_said(pipe, png, tmp_path, capsys):
    nameless = tmp_path / "nameless.png"
    Image.open(png).save(nameless, pnginfo=to_png_info(SETTINGS, {"dtype": "float32"}))
    assert scope("--from", nameless, "--pixel", "1,1", "--step", "2", "--out", tmp_path / "found") == 0
    assert "does not say which weights drew it" in capsys.readouterr().err


def test_another_models_picture_names_both_hashes(pipe, png, tmp_path, capsys):
    other = tmp_path / "other.png"
    provenance = pipe.provenance() | {"weights_sha256": "0" * 64}
    Image.open(png).save(other, pnginfo=to_png_info(SETTINGS, provenance))
    assert scope("--from", other, "--pixel", "1,1") == 2
    error = capsys.readouterr().err
    assert "0" * 64 in error and pipe.weights_sha256 in error


def test_what_was_drawn_over_a_picture_is_drawn_over_it_again(png, pipe, tmp_path, capsys):
    source = Source.of(Image.effect_noise((64, 64), 90).convert("RGBA"), None)
    settings = source.told(replace(SETTINGS, strength=0.5))
    image = pipe.generate(settings, **source.arguments).images[0]
    carried, bare = tmp_path / "carried.png", tmp_path / "bare.png"
    image.save(carried, pnginfo=to_png_info(settings, pipe.provenance(), source))
    image.save(bare, pnginfo=to_png_info(settings, pipe.provenance()))
    assert scope("--from", carried, "--pixel", "40,20", "--out", tmp_path / "found") == 0
    numbers = json.loads((tmp_path / "found" / "numbers.json").read_text())
    assert [part["kind"] for part in numbers["parts"]].count("picture") == 1
    assert sum(part["amount"] for part in numbers["parts"]) == pytest.approx(numbers["value"], abs=1e-5)
    assert "picture drawn over" in (tmp_path / "found" / "scope.html").read_text()
    assert scope("--from", bare, "--pixel", "40,20") == 2
    assert "one that carries the picture it was drawn over inside" in capsys.readouterr().err
