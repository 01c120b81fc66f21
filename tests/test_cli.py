"""The command line: files that carry their settings, and one clear line where something is wrong."""

import errno
import importlib
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from lit import pipeline
from lit.__main__ import COMMANDS, Parser, main
from lit.models.transformer import LiTTransformer2DModel
from lit.settings import read_png
from lit.settings import source as carried
from lit.styles import STYLES

FAST = ["--steps", "2", "--size", "64", "--dtype", "float32"]


@pytest.fixture
def model(tiny_pipeline, text_encoder, tmp_path, monkeypatch):
    """A tiny model's folder; the text encoder is loaded once for all tests."""
    monkeypatch.setattr(pipeline.TextEncoder, "from_pretrained", lambda: text_encoder)
    tiny_pipeline.save_pretrained(tmp_path / "model")
    return str(tmp_path / "model")


def generate(*arguments) -> int:
    return main(["generate", *map(str, arguments)])


def files(folder):
    return sorted(path.name for path in folder.glob("*.png"))


def test_files_are_named_counted_and_never_overwritten(model, tmp_path, capsys):
    draw = ["A blue Dragon!, noto", "--seed", 7, "-n", 2, "--model", model, "--out", tmp_path / "o", *FAST]
    assert generate(*draw) == 0
    assert files(tmp_path / "o") == ["a-blue-dragon-7.png", "a-blue-dragon-8.png"]
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2 and all(line.endswith(" s") and ".png" in line for line in printed)
    assert generate(*draw) == 0
    assert files(tmp_path / "o")[1] == "a-blue-dragon-7.png" and len(files(tmp_path / "o")) == 4
    settings, provenance = read_png(tmp_path / "o" / "a-blue-dragon-8.png")
    assert (settings.prompt, settings.style, settings.seed) == ("A blue Dragon!", "noto", 8)
    assert (settings.width, settings.height, settings.num_images_per_prompt) == (64, 64, 1)
    assert provenance["dtype"] == "float32" and len(provenance["weights_sha256"]) == 64


def test_a_variation_is_of_another_seed_unless_it_is_said(model, tmp_path):
    draw = ["a cat", "--seed", 0, "--vary", 0.5, "--model", model, "--out", tmp_path / "o", *FAST]
    assert generate(*draw) == generate(*draw, "--vary-seed", 0) == 0
    assert sorted(read_png(tmp_path / "o" / name)[0].variation_seed for name in files(tmp_path / "o")) == [0, 1]


def test_from_draws_the_same_file_to_the_byte(model, tmp_path):
    one, again = tmp_path / "one", tmp_path / "again"
    assert generate("žába 🐉", "--seed", 3, "-n", 3, "--scale", 2, "--model", model, "--out", one, *FAST) == 0
    for source in one.glob("*.png"):
        assert generate("--from", source, "--model", model, "--out", again) == 0
        assert (again / source.name).read_bytes() == source.read_bytes()
    assert len(files(again)) == 3 and files(again)[0] == "žába-3.png"


def test_from_with_other_options_changes_those_alone(model, tmp_path):
    out = tmp_path / "o"
    assert generate("a cat", "--seed", "3", "--model", model, "--out", out, *FAST) == 0
    source = out / "a-cat-3.png"
    changes = ["--seed", 4, "--width", 80]
    assert generate("--from", source, *changes, "--model", model, "--out", out) == 0
    before, after = read_png(source)[0], read_png(out / "a-cat-4.png")[0]
    assert (after.seed, after.width) == (4, 80)
    assert (after.prompt, after.height, after.num_inference_steps) == (before.prompt, 64, 2)
    assert Image.open(out / "a-cat-4.png").size == (160, 128)  # as the model has it


def test_a_picture_drawn_over_is_carried_and_drawn_again(model, tmp_path, monkeypatch, capsys):
    photo, mask, out, again = (tmp_path / name for name in ("photo.png", "mask.png", "o", "again"))
    Image.radial_gradient("L").convert("RGB").resize((100, 64)).save(photo)
    Image.linear_gradient("L").resize((100, 64)).save(mask)
    fast = [*FAST[:2], *FAST[4:], "--seed", 3, "--model", model]
    for given, strength, size in [
        (["--image", photo], 0.75, (112, 64)),
        (["--image", photo, "--mask", mask], 1.0, (112, 64)),
        (["--image", photo, "--room", "0,0,32,0"], 1.0, (144, 64)),
        (["--image", photo, "--size", 64, "--strength", 0.3], 0.3, (64, 64)),
    ]:
        assert generate("a cat", *given, *fast, "--out", out) == 0
        assert "is opaque" in capsys.readouterr().err
        file = max(out.glob("*.png"), key=lambda path: path.stat().st_mtime_ns)
        settings, _ = read_png(file)
        assert (settings.strength, settings.width, settings.height) == (strength, *size)
        assert generate("--from", file, "--model", model, "--out", again) == 0
        made = max(again.glob("*.png"), key=lambda path: path.stat().st_mtime_ns)
        assert made.read_bytes() == file.read_bytes()
    monkeypatch.setattr(carried, "LARGEST", 10)  # bytes: a picture that cannot be carried is given again
    assert generate("a cat", "--image", photo, *fast, "--strength", 0.3, "--out", tmp_path / "bare") == 0
    (bare,) = (tmp_path / "bare").glob("*.png")
    assert generate("--from", bare, "--model", model, "--out", again) == 2
    assert "it is not inside" in capsys.readouterr().err
    assert generate("--from", bare, "--image", photo, "--model", model, "--out", tmp_path / "full") == 0
    assert next((tmp_path / "full").glob("*.png")).read_bytes() == bare.read_bytes()
    assert "another picture" not in capsys.readouterr().err
    assert generate("--from", bare, "--image", file, "--model", model, "--out", again) == 0
    assert "was drawn over another picture" in capsys.readouterr().err
    for wrong, words in [
        (["--mask", mask], "--mask: got"),
        (["--image", photo, "--room", "1,2"], "--room: got '1,2'; four whole numbers"),
        (["--image", photo, "--mask", file], "--mask: got '128 x 128'; the image's size, 100 x 64"),
        (["--image", tmp_path / "none.png"], "a file that exists"),
        (["--strength", "0.5"], "strength: got 0.5; 1 without an image"),
    ]:
        assert generate("a cat", *wrong, *fast, "--out", out) == 2
        assert words in capsys.readouterr().err


def test_a_template_is_drawn_prompt_by_prompt_and_kept_in_each_file(model, tmp_path, capsys):
    out, again, lists = (tmp_path / name for name in ("o", "again", "lists"))
    lists.mkdir()
    (lists / "animal.txt").write_text("cat\nowl\n")
    draw = ["--seed", 3, "--model", model, *FAST, "--expand", "all"]
    assert generate("a {red|blue} __animal__", "--lists", lists, "--most", 3, "--out", out, *draw) == 0
    assert files(out) == ["a-blue-cat-3.png", "a-red-cat-3.png", "a-red-owl-3.png"]
    assert "4 prompts; the first 3 are drawn" in capsys.readouterr().err
    for name in files(out):
        assert read_png(out / name)[1]["template"] == "a {red|blue} __animal__"
        assert generate("--from", out / name, "--model", model, "--out", again) == 0
        assert (again / name).read_bytes() == (out / name).read_bytes()
    for wrong, words in [
        (["a {red|blue", *draw], "character 3"),
        (["a cat", "--lists", lists, *draw[:-2]], "--lists: got"),
    ]:
        assert generate(*wrong, "--out", out) == 2
        assert words in capsys.readouterr().err


def test_all_styles_are_drawn_from_one_seed(model, tmp_path):
    assert generate("a cat, noto", "--all-styles", "--seed", 3, "--model", model, "--out", tmp_path / "o", *FAST) == 0
    drawn = [read_png(path)[0] for path in (tmp_path / "o").glob("*.png")]
    assert {one.style for one in drawn} == set(STYLES) and {(one.prompt, one.seed) for one in drawn} == {("a cat", 3)}


def test_notes_name_unread_words_and_other_weights(model, tmp_path, capsys):
    out = tmp_path / "o"
    assert generate("dog " * 30 + "cat", "--seed", "1", "--model", model, "--out", out, *FAST) == 0
    assert "not read: 'cat'" in capsys.readouterr().err
    source = next(out.glob("*.png"))
    image = Image.open(source)
    text = image.text["lit"].replace('"weights_sha256": "', '"weights_sha256": "other')
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("lit", text)
    image.save(tmp_path / "edited.png", pnginfo=info)
    assert generate("--from", str(tmp_path / "edited.png"), "--model", model, "--out", out) == 0
    assert "other weights" in capsys.readouterr().err


def test_a_full_disk_is_one_line_and_leaves_no_half_a_file(model, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert generate("a cat", "--seed", 1, "--model", model, "--out", tmp_path / "o", *FAST) == 2
    assert capsys.readouterr().err.endswith("a folder that can be written (No space left on device)\n")
    assert os.listdir(tmp_path / "o") == []


def test_ctrl_c_keeps_what_is_finished(model, tmp_path, monkeypatch):
    import signal

    steps = []
    forward = LiTTransformer2DModel.forward

    def press(self, *arguments, **conditioning):
        steps.append(1)
        if len(steps) == 5:  # the second step of the second image
            signal.raise_signal(signal.SIGINT)
        return forward(self, *arguments, **conditioning)

    monkeypatch.setattr(LiTTransformer2DModel, "forward", press)
    before = signal.getsignal(signal.SIGINT)
    out = tmp_path / "o"
    draw = ["a cat", "--seed", 1, "-n", 9, "--model", model, "--out", out, *FAST, "--steps", 3]
    assert generate(*draw) == 130
    assert files(out) == ["a-cat-1.png"] and len(steps) == 5
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "prompt: "),
        (["  "], "prompt: "),
        (["a cat", "--style", "anime"], "--style: got 'anime'; one of noto"),
        (["half \udc80 a character"], "prompt: got 'half \\udc80 a character'; whole characters"),
        (["a cat", "--negative", "\udc80"], "--negative: got '\\udc80'; whole characters"),
        (["a cat", "--size", "100"], "--size: got 100; a multiple of 16"),
        (["a cat", "--seed", "9" * 400], "--seed: got 999"),
        (["a cat", "--out=~nobody-of-that-name/x"], "--out: got '~nobody-of-that-name/x'; a path"),
        (["a cat", "--width", "2048"], "--width: got 2048"),
        (["a cat", "--steps", "0"], "--steps: got 0"),
        (["a cat", "--steps", "x"], "--steps: got 'x'; a whole number"),
        (["a cat", "--guidance", "x"], "--guidance: got 'x'; a number"),
        (["a cat", "--guidance", "nan"], "--guidance: got nan"),
        (["a cat", "--seed", "-1"], "--seed: got -1"),
        (["a cat", "-n", "0"], "-n: got 0; a whole number from 1 to 64"),
        (["a cat", "--scheduler", "euler"], "--scheduler: got 'euler'; one of flow-map"),
        (["a cat", "--scale", "3"], "--scale: got 3; one of 1, 2"),
        (["a cat", "--device", "toaster"], "--device: got 'toaster'"),
        (["a cat", "--dtype", "float8"], "--dtype: got 'float8'; one of float32"),
        (["a cat", "--model", "/nowhere/at/all"], "model: got '/nowhere/at/all'"),
        (["a cat", "--model", "FOLDER"], "model_index.json is missing"),
        (["a cat", "--out", "FILE"], "--out: "),
        (["--from", "FILE"], "image: "),
        (["--from", "missing.png"], "image: got 'missing.png'"),
        (["--from", "PLAIN"], "image: got 'plain.png'"),
        (["a cat", "--sise", "3"], "unrecognized arguments"),
        (["a cat", "--seed"], "--seed: expected one argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("hello")
    (tmp_path / "folder").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    places = {
        "FILE": str(tmp_path / "file"),
        "FOLDER": str(tmp_path / "folder"),
        "PLAIN": str(tmp_path / "plain.png"),
    }
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        raise SystemExit(main(["generate", *[places.get(argument, argument) for argument in arguments]]))
    printed = capsys.readouterr()
    assert end.value.code == 2 and printed.out == ""
    assert len(printed.err.splitlines()) == 1 and words in printed.err


def test_unknown_commands_are_named(capsys):
    assert main(["paint"]) == 2
    assert capsys.readouterr().err == f"command: got 'paint'; one of {', '.join(COMMANDS)}\n"


@pytest.mark.parametrize("arguments", [["--help"], [], ["generate", "--help"], ["generate", "a", "--steps", "0"]])
def test_help_and_bad_values_are_answered_without_importing_torch(arguments):
    code = (
        "import sys; from lit.__main__ import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "sys.exit(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout or result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "shell", "says"),
    [
        ({"PYTHONIOENCODING": "cp1252"}, "{} | head -n 1", "\\u9f8d-1.png"),
        ({}, "{} >&- 2>&-", ""),
    ],
    ids=["half of cp1252", "no streams"],
)
def test_saying_never_ends_the_work(tiny_pipeline, tmp_path, environment, shell, says):
    tiny_pipeline.save_pretrained(tmp_path / "model")
    command = [sys.executable, "-m", "lit", "generate", "龍", "--seed", "1", "-n", "3", *FAST]
    line = shlex.join([*command, "--model", str(tmp_path / "model"), "--out", str(tmp_path / "o")])
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", shell.format(line)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
        capture_output=True,
    )
    assert files(tmp_path / "o") == ["龍-1.png", "龍-2.png", "龍-3.png"], result.stderr
    assert result.returncode == 0 and b"Error" not in result.stderr
    assert says in result.stdout.decode()


def test_help_into_a_closed_pipe_is_no_error():
    line = shlex.join([sys.executable, "-m", "lit", "generate", "--help"]) + " | true"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(["bash", "-o", "pipefail", "-c", line], env=environment, capture_output=True)
    assert result.returncode == 0 and not result.stderr


def test_every_path_of_every_command_knows_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # likewise on Windows
    seen = []

    class Recording(Parser):
        def add_argument(self, *names, **options):
            if options.get("metavar") in ("DIR", "FILE", "PATH", "PNG"):
                seen.append((names[0], options.get("type", str)("~/pics")))
            return super().add_argument(*names, **options)

    for command in COMMANDS:
        importlib.import_module(f"lit.commands.{command}").add_arguments(Recording())
    assert len(seen) > 10
    assert [name for name, opened in seen if Path(opened) != tmp_path / "pics"] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0 and f"python -m lit {command}" in capsys.readouterr().out
