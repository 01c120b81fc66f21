"""Weights on disk: what was saved is loaded, and what does not fit is refused, never filled with random numbers."""

import json
import os

import pytest
import torch
from safetensors.torch import load_file, save_file

from lit.errors import CheckpointError
from lit.models.autoencoder import StickerAutoencoder
from lit.models.evaluator import StickerEvaluator
from lit.models.header import weight_files
from lit.models.storage import WEIGHTS_NAME


def network():
    torch.manual_seed(0)
    return StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1)


def drop(folder):
    state = load_file(folder / WEIGHTS_NAME)
    save_file(dict(list(state.items())[1:]), folder / WEIGHTS_NAME, metadata={"format": "pt"})


def cut(folder):
    whole = (folder / WEIGHTS_NAME).read_bytes()
    (folder / WEIGHTS_NAME).write_bytes(whole[: len(whole) // 2])


def reshape(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"latent_channels": 5}))


@pytest.mark.parametrize("umask", [0o022, 0o007, 0o077])
@pytest.mark.parametrize(
    "kind, how", [("save_int8", {}), ("save_pretrained", {}), ("save_pretrained", {"max_shard_size": "20KB"})]
)
def test_weights_may_be_read_by_whoever_may_read_their_config(kind, how, umask, tmp_path):
    before = os.umask(umask)
    try:
        getattr(network(), kind)(tmp_path, **how)
    finally:
        os.umask(before)
    files = weight_files(tmp_path)
    assert len(files) > 1 if how else len(files) == 1
    assert {file.stat().st_mode & 0o777 for file in (*files, tmp_path / "config.json")} == {0o666 & ~umask}


@pytest.mark.parametrize("kind", ["save_pretrained", "save_int8"])
@pytest.mark.parametrize("damage, words", [
    (cut, "damaged"), (reshape, "fit|damaged"),
    (lambda folder: (folder / "config.json").write_text("{"), "config.json: damaged"),
    (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
])  # fmt: skip
def test_damage_is_named(kind, damage, words, tmp_path):
    getattr(network(), kind)(tmp_path)
    damage(tmp_path)
    with pytest.raises(CheckpointError, match=words):
        StickerAutoencoder.from_pretrained(tmp_path)


def test_missing_weights_are_refused(tmp_path):
    network().save_pretrained(tmp_path)
    drop(tmp_path)
    with pytest.raises(CheckpointError, match="do not fit"):
        StickerAutoencoder.from_pretrained(tmp_path)


@pytest.mark.parametrize("kind", ["save_pretrained", "save_int8"])
def test_another_models_weights_are_refused(kind, tmp_path):
    getattr(network(), kind)(tmp_path)
    with pytest.raises(CheckpointError, match="holds a StickerAutoencoder; give the folder of a StickerEvaluator"):
        StickerEvaluator.from_pretrained(tmp_path)
