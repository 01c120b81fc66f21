"""What cannot work is said in one line, before a picture is rendered."""

import io

import pytest

from lit import checkpoint
from lit.__main__ import main
from lit.training import loop
from lit.training.loop import CHECKPOINT

STAGES = "stages = [{ until = 1.0, size = 128, batch_size = 4 }]\n"
FILES = {
    "types.toml": 'model = "transformer"\nsteps = 1\nstages = [{ until = 1.0, size = "a", batch_size = 4 }]\n',
    "stage.toml": 'model = "transformer"\nsteps = 1\nstages = [{ until = 1, sides = 3, size = 128, batch_size = 4 }]\n',
    "model.toml": 'model = ["transformer"]\nsteps = 1\n' + STAGES,
    "steps.toml": 'model = "transformer"\n' + STAGES,
    "flat.toml": 'model = "transformer"\nsteps = 1\ndistill_weight = 0.1\n' + STAGES,
    "string.toml": 'model = "transformer"\nsteps = 1\nobjective = "epsilon"\n' + STAGES,
    "other.toml": 'model = "autoencoder"\nsteps = 1\nmethod = { name = "hybrid" }\n' + STAGES,
}
WEIGHTS = checkpoint.EMBEDDED
CASES = [
    ("linearize", ["--teacher", "WRONG"], "teacher: got 'WRONG'"),
    (
        "linearize",
        ["--teacher", WEIGHTS / "autoencoder"],
        "teacher: got 'StickerAutoencoder'; a network that can be made",
    ),
    ("linearize", ["--set", "network={num_layers=3}"], "these weights do not fit"),
    (
        "linearize",
        ["--set", "objective.name=epsilon"],
        "objective.name: got 'epsilon'; what the network predicts, flow",
    ),
    ("linearize", ["--set", "network.token_mixer=foo"], "token_mixer: got 'foo'"),
    ("linearize", ["--config", "autoencoder"], "--teacher: got"),
    ("linearize", ["--method", "transfer", "--keep-softmax", "2"], "--keep-softmax: got 2.0; the share of the layers"),
    ("linearize", ["--keep-softmax", "0.5"], "--keep-softmax: got 0.5; 0 here"),
    ("linearize", ["--method", "liger", "--lora", "0"], "--lora: got 0; a rank, from 1"),
    ("linearize", ["--lora", "8"], "--lora: got 8; none: this method's"),
    ("linearize", ["--method", "liger", "--resume"], "--resume: got"),
    ("linearize", ["--method", "liger", "--config", "student"], "--config: got 'student'; none beside --method liger"),
    ("teacher", ["--set", "network=abc"], "network: got 'abc'; a table"),
    ("teacher", ["--set", "network={num_layer=3}"], "network.num_layer: got 3; there is no such name"),
    ("teacher", ["--set", "network.num_layers=a"], "network.num_layers: got 'a'; a valid integer"),
    ("teacher", ["--set", "network.token_mixer=foo"], "token_mixer: got 'foo'"),
    ("teacher", ["--set", "network.num_attention_heads=5"], "num_attention_heads: got 5"),
    ("teacher", ["--set", "network.in_channels=3"], "takes 3 latent channels"),
    ("teacher", ["--set", "network.out_channels=3"], "out_channels: got 3; 8"),
    ("teacher", ["--set", "steps=abc"], "steps: got 'abc'; a valid integer"),
    ("teacher", ["--set", "steps=0"], "steps: got 0; greater than 0"),
    ("teacher", ["--set", "betas=[0.9]"], "betas"),
    ("teacher", ["--set", "learning_rate=nan"], "learning_rate: got nan"),
    ("teacher", ["--set", "optimizer=sgd"], "optimizer: got 'sgd'; one of adamw, muon"),
    ("teacher", ["--set", "speed=3"], "speed: got 3; there is no such name; one of stages, steps"),
    ("teacher", ["--set", "steps"], "--set: got 'steps'; NAME=VALUE"),
    ("teacher", ["--set", "steps.x=3"], "--set: got 'steps.x=3'"),
    ("teacher", ["--set", "stages=[{until=1,size=100,batch_size=4}]"], "stages.size: got 100"),
    ("teacher", ["--set", "objective.name=rain"], "objective.name: got 'rain'; one of flow, aligned-flow, epsilon"),
    ("teacher", ["--set", "batches.text_dropout=2"], "batches.text_dropout: got 2; less than or equal to 1"),
    ("teacher", ["--init", "WRONG"], "--init: got 'WRONG'"),
    ("teacher", ["--init", WEIGHTS / "autoencoder"], "holds a StickerAutoencoder"),
    ("teacher", ["--init", WEIGHTS / "transformer"], "network.num_attention_heads: got 6; 3"),
    ("teacher", ["--autoencoder", "WRONG"], "--autoencoder: got 'WRONG'"),
    ("teacher", ["--text-encoder", WEIGHTS], "config.json is missing"),
    ("teacher", ["--set", "data.styles.crayon=1"], "data.styles: got 'crayon'; some of noto"),
    ("teacher", ["--set", "data.styles.noto=-1"], "data.styles.noto: got -1.0; a number from 0"),
    ("teacher", ["--set", "data.share_alike=maybe"], "data.share_alike: got 'maybe'"),
    ("teacher", ["--set", "share_alike=false"], "share_alike: got False; the same in the table [data]"),
    ("teacher", ["--set", 'network.styles=["noto","blob"]'], "fluent-3d as well, which the data"),
    ("linearize", ["--set", 'network.styles=["noto"]'], "the teacher's as well"),
    ("evaluator", ["--set", 'network.styles=["blob"]'], "network.styles: got ['blob']; noto"),
    ("student", ["--init", WEIGHTS / "transformer", "--set", 'network.styles=["noto"]'], "the teacher's as well"),
    ("teacher", ["--minutes", "0"], "--minutes: got 0.0"),
    ("teacher", ["--data", "WRONG"], "path: got 'WRONG'"),
    ("teacher", ["--out", "FILE"], "--out: got"),
    ("teacher", ["--evaluator", "x"], "--evaluator: got 'x'; none: only aligned-flow"),
    ("teacher", ["--set", "objective.name=aligned-flow", "--evaluator", "x"], "--evaluator: got 'x'; the folder of"),
    ("teacher", ["--set", "objective={name='aligned-flow', align_block=13}"], "objective.align_block: got 13"),
    ("teacher", ["--set", "network.text_layers=-1"], "text_layers: got -1"),
    ("evaluator", ["--init", "x"], "--init: got 'x'; none"),
    ("autoencoder", ["--init", "x"], "--init: got 'x'; the folder of a trained StickerAutoencoder"),
    ("autoencoder-decoder", [], "--init: got None; the folder of the autoencoder whose decoder"),
    (
        "autoencoder-decoder",
        ["--init", WEIGHTS / "autoencoder", "--set", "network.blocks=2"],
        "network.blocks: got 2; 3",
    ),
    ("autoencoder", ["--set", "network.encoder_channels=[3,3,3]"], "a network can be built with"),
    ("evaluator", ["--set", "network.text_dim=5"], "network.text_dim: got 5; 384"),
    ("evaluator", ["--set", "objective.latent_noise=1"], "objective.latent_noise: got 1; there is no such name"),
    ("types.toml", [], "stages.0.size: got 'a'; a valid integer"),
    ("stage.toml", [], "stages.0.sides: got 3; there is no such name"),
    ("model.toml", [], "model: got ['transformer']; one of"),
    ("steps.toml", [], "steps: got None; a value"),
    ("flat.toml", [], "distill_weight: got 0.1; the same in the table [method]"),
    ("string.toml", [], "objective: got 'epsilon'; a table"),
    ("other.toml", [], "method: got"),
    ("none.toml", [], "--config: got"),
]


def run(config, arguments, folder, place):
    command = ["linearize"] if config == "linearize" else ["train", "--config", str(config)]
    return main([*command, "--data", str(folder), "--out", str(place / "out"), *map(str, arguments)])


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "FILE").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    "config, arguments, words", CASES, ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_a_wrong_value_is_one_line_before_the_long_work(config, arguments, words, folder, place, capsys, monkeypatch):
    """Trying a compiler is part of that: half a minute, the first time."""
    monkeypatch.setattr(loop, "can_compile", lambda device: pytest.fail("a compiler was tried"))
    assert run(config, arguments, folder, place) == 2
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == 1 and words in printed[0]
    assert not (place / "cache").exists()


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[: len(whole) // 2], lambda whole: b"", lambda whole: b"not zip"]
)
def test_a_cut_checkpoint_is_named_before_the_long_work(damage, folder, place, capsys):
    import torch

    whole = io.BytesIO()
    torch.save({"network": {}, "step": 3}, whole)
    (place / "out").mkdir()
    (place / "out" / CHECKPOINT).write_bytes(damage(whole.getvalue()))
    assert run("autoencoder", [], folder, place) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{CHECKPOINT}: damaged" in line and "move it away" in line
    assert not (place / "cache").exists()


def test_a_checkpoint_of_another_network_is_named(folder, place, capsys):
    import torch

    (place / "out").mkdir()
    state = {"network": {"x": torch.zeros(1)}, "ema": {}, "optimizers": [], "step": 3, "progress": 0.5}
    torch.save(state, place / "out" / CHECKPOINT)
    assert run("autoencoder", [], folder, place) == 2
    assert "another network" in capsys.readouterr().err


def test_a_config_may_begin_with_a_byte_order_mark(place):
    from lit.training.toml import load_config

    text = 'model = "autoencoder"\nsteps = 3\n' + STAGES
    (place / "marked.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (place / "plain.toml").write_text(text)
    assert load_config("marked.toml") == load_config("plain.toml")
    (place / "wide.toml").write_bytes(text.encode("utf-16"))
    with pytest.raises(ValueError, match="a TOML file in UTF-8"):
        load_config("wide.toml")


def test_without_a_compiler_it_goes_on_uncompiled(monkeypatch, capsys):
    import torch

    def broken(function):
        def call(*arguments):
            raise RuntimeError("InvalidCxxCompiler: No working C++ compiler found\nand much else")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    assert not loop.can_compile(torch.device("cpu"))
    printed = capsys.readouterr().err.splitlines()
    assert printed == ["not compiled, which is slower: torch.compile does not work here "
                       "(InvalidCxxCompiler: No working C++ compiler found)"]  # fmt: skip


@pytest.mark.slow
def test_with_a_compiler_that_does_not_work_torch_says_so(tmp_path):
    """The real thing: torch itself, told to use a compiler that is not there, and a cache that is empty."""
    import os
    import subprocess
    import sys
    from pathlib import Path

    code = (
        "import lit, torch, sys; from lit.training.loop import can_compile; sys.exit(can_compile(torch.device('cpu')))"
    )
    environment = os.environ | {"CXX": str(tmp_path / "none"), "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "not compiled" in done.stderr, done.stderr[-2000:]
