"""The command line draws with stock models, and fetches those of the hub; the hub itself is a stand-in here."""

import re
from types import SimpleNamespace

import huggingface_hub
import pytest

from lit.__main__ import main
from lit.settings import read_png


def lit(*arguments):
    return main([*map(str, arguments)])


def test_a_stock_model_draws_a_file_and_draws_it_again(saved, tmp_path, capsys):
    asked = ("--model", saved["dit"], "--out", tmp_path)
    assert lit("generate", "tench", "--steps", 3, "--seed", 4, *asked) == 0
    first = tmp_path / "tench-4.png"
    settings, recorded = read_png(first)
    assert (settings.width, settings.scheduler, settings.guidance_scale) == (64, "ddim", 4.0)  # the model's own
    assert recorded["model"] == "tiny-dit" and "licence openrail++" in capsys.readouterr().err
    assert lit("generate", "--from", first, *asked) == 0
    assert (tmp_path / "tench-4-2.png").read_bytes() == first.read_bytes()
    assert lit("generate", "--from", first, "--out", tmp_path) == 2
    assert "--model: got None; the folder of tiny-dit, which drew" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("goldfis",), "such as goldfish"),
        (("goldfish", "--style", "noto"), "--style: got 'noto'; no style"),
        (("goldfish", "--size", 128), "got 128; 64: this model draws no other size"),
        (("goldfish", "--all-styles"), "--all-styles: .*a model that has styles"),
        (("goldfish", "--mount", "/nowhere"), "--mount: got '/nowhere'; a folder of self-attentions"),
    ],
)
def test_what_it_cannot_is_one_line_and_code_2(saved, tmp_path, capsys, words, said):
    assert lit("generate", *words, "--model", saved["dit"], "--out", tmp_path) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(said, error), error
    assert not list(tmp_path.glob("*.png"))


@pytest.fixture
def hub(saved, tmp_path, monkeypatch):
    """owner/model is the tiny PixArt; what is asked for is noted."""
    asked = []

    def snapshot(name, allow_patterns=None, ignore_patterns=None, local_files_only=False):
        if name != "owner/model":
            raise OSError("404: not there")
        asked.append((allow_patterns, ignore_patterns))
        return saved["pixart"]

    files = [file for file in saved["pixart"].rglob("*") if file.is_file()]
    siblings = [SimpleNamespace(rfilename=file.relative_to(saved["pixart"]).as_posix(), size=10**9) for file in files]
    siblings.append(SimpleNamespace(rfilename="transformer/diffusion_pytorch_model.fp16.safetensors", size=10**12))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    info = SimpleNamespace(siblings=siblings)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda self, name, files_metadata: info)
    return SimpleNamespace(asked=asked, info=info)


def test_a_model_of_the_hub_is_looked_at_and_then_fetched(hub, saved, capsys):
    assert lit("fetch", "owner/model", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "owner/model: PixArtSigmaPipeline, licence openrail++, " in said and 5 < float(said.split()[-2]) < 100
    assert len(hub.asked) == 1 and not any("safetensors" in pattern for pattern in hub.asked[0][0])
    assert lit("fetch", "owner/model") == 0
    patterns, without = hub.asked[-1]
    assert "transformer/*.safetensors" in patterns and "*.fp16.*" in without
    assert not any(pattern.endswith((".bin", ".py", "*")) for pattern in patterns)
    assert capsys.readouterr().out.strip() == str(saved["pixart"])


def test_what_the_hub_has_not_or_has_as_a_pickle_alone_is_said(hub, capsys):
    assert lit("fetch", "owner/other") == 2 and "the hub says: 404: not there" in capsys.readouterr().err
    assert lit("fetch", "../there") == 2 and "a name of the hub, such as owner/model" in capsys.readouterr().err
    hub.info.siblings[:] = [SimpleNamespace(rfilename="transformer/weights.bin", size=1)]
    assert lit("fetch", "owner/model", "--dry-run") == 2
    assert "no safetensors there, and transformer/weights.bin is not loaded" in capsys.readouterr().err
