"""The command line: files that carry their settings, and one clear line where something is wrong."""

import subprocess
import sys

import pytest
from PIL import Image

from lit import pipeline
from lit.__main__ import COMMANDS, main
from lit.sampling import run
from lit.settings import read_png

FAST = ["--steps", "2", "--size", "64", "--dtype", "float32"]


@pytest.fixture
def model(tiny_pipeline, text_encoder, tmp_path, monkeypatch):
    """A tiny model's folder; the text encoder is loaded once for all tests."""
    monkeypatch.setattr(pipeline.TextEncoder, "from_pretrained", lambda: text_encoder)
    tiny_pipeline.save_pretrained(tmp_path / "model")
    return str(tmp_path / "model")


def files(folder):
    return sorted(path.name for path in folder.glob("*.png"))


def test_files_are_named_counted_and_never_overwritten(model, tmp_path, capsys):
    draw = [
        "generate",
        "A blue Dragon!, noto",
        "--seed",
        "7",
        "-n",
        "2",
        "--model",
        model,
        "--out",
        str(tmp_path / "o"),
        *FAST,
    ]
    assert main(draw) == 0
    assert files(tmp_path / "o") == ["a-blue-dragon-7.png", "a-blue-dragon-8.png"]
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2 and all(line.endswith(" s") and ".png" in line for line in printed)
    assert main(draw) == 0
    assert files(tmp_path / "o")[1] == "a-blue-dragon-7.png" and len(files(tmp_path / "o")) == 4
    settings, provenance = read_png(tmp_path / "o" / "a-blue-dragon-8.png")
    assert (settings.prompt, settings.style, settings.seed) == ("A blue Dragon!", "noto", 8)
    assert (settings.width, settings.height, settings.num_images_per_prompt) == (64, 64, 1)
    assert provenance["dtype"] == "float32" and len(provenance["weights_sha256"]) == 64


def test_from_draws_the_same_file_to_the_byte(model, tmp_path):
    one, again = tmp_path / "one", tmp_path / "again"
    assert (
        main(
            [
                "generate",
                "žába 🐉",
                "--seed",
                "3",
                "-n",
                "3",
                "--scale",
                "2",
                "--model",
                model,
                "--out",
                str(one),
                *FAST,
            ]
        )
        == 0
    )
    for source in one.glob("*.png"):
        assert main(["generate", "--from", str(source), "--model", model, "--out", str(again)]) == 0
        assert (again / source.name).read_bytes() == source.read_bytes()
    assert len(files(again)) == 3 and files(again)[0] == "žába-3.png"


def test_from_with_other_options_changes_those_alone(model, tmp_path):
    out = tmp_path / "o"
    assert main(["generate", "a cat", "--seed", "3", "--model", model, "--out", str(out), *FAST]) == 0
    source = out / "a-cat-3.png"
    assert (
        main(
            [
                "generate",
                "--from",
                str(source),
                "--seed",
                "4",
                "--width",
                "80",
                "--model",
                model,
                "--out",
                str(out),
            ]
        )
        == 0
    )
    before, after = read_png(source)[0], read_png(out / "a-cat-4.png")[0]
    assert (after.seed, after.width) == (4, 80)
    assert (after.prompt, after.height, after.num_inference_steps) == (before.prompt, 64, 2)
    assert Image.open(out / "a-cat-4.png").size == (80, 64)


def test_notes_name_unread_words_and_other_weights(model, tmp_path, capsys):
    out = tmp_path / "o"
    assert main(["generate", "dog " * 30 + "cat", "--seed", "1", "--model", model, "--out", str(out), *FAST]) == 0
    assert "not read: 'cat'" in capsys.readouterr().err
    source = next(out.glob("*.png"))
    image = Image.open(source)
    text = image.text["lit"].replace('"weights_sha256": "', '"weights_sha256": "other')
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("lit", text)
    image.save(tmp_path / "edited.png", pnginfo=info)
    assert main(["generate", "--from", str(tmp_path / "edited.png"), "--model", model, "--out", str(out)]) == 0
    assert "other weights" in capsys.readouterr().err


def test_ctrl_c_keeps_what_is_finished(model, tmp_path, monkeypatch):
    import signal

    steps = []
    predict = run.predict

    def press(*arguments):
        steps.append(1)
        if len(steps) == 4:  # the second step of the second image
            signal.raise_signal(signal.SIGINT)
        return predict(*arguments)

    monkeypatch.setattr(run, "predict", press)
    before = signal.getsignal(signal.SIGINT)
    out = tmp_path / "o"
    draw = [
        "generate",
        "a cat",
        "--seed",
        "1",
        "-n",
        "9",
        "--model",
        model,
        "--out",
        str(out),
        *FAST,
        "--steps",
        "3",
    ]
    assert main(draw) == 130
    assert files(out) == ["a-cat-1.png"] and len(steps) == 4
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "prompt: "),
        (["  "], "prompt: "),
        (["a cat", "--style", "anime"], "style: got 'anime'; one of noto"),
        (["a cat", "--size", "100"], "a multiple of 16"),
        (["a cat", "--width", "2048"], "width: got 2048"),
        (["a cat", "--steps", "0"], "steps: got 0"),
        (["a cat", "--steps", "x"], "--steps: got 'x'; a whole number"),
        (["a cat", "--guidance", "x"], "--guidance: got 'x'; a number"),
        (["a cat", "--guidance", "nan"], "guidance: got nan"),
        (["a cat", "--seed", "-1"], "seed: got -1"),
        (["a cat", "-n", "0"], "number of images: got 0"),
        (["a cat", "--scheduler", "euler"], "scheduler: got 'euler'; one of flow-euler"),
        (["a cat", "--scale", "3"], "scale: got 3; 1 or 2"),
        (["a cat", "--device", "toaster"], "device: got 'toaster'"),
        (["a cat", "--dtype", "float8"], "dtype: got 'float8'; one of float32"),
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


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0 and f"python -m lit {command}" in capsys.readouterr().out
