"""The hub: asked only for what can be a name there, and its refusals said in one line."""

import huggingface_hub
import pytest

from lit import checkpoint
from lit.errors import InputError, LiTError
from lit.hub import download
from lit.models.text import TextEncoder


def test_what_is_no_name_is_not_asked_for(monkeypatch):
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *a, **k: pytest.fail("the hub has been asked"))
    for name in ("/nowhere/at/all", "../there", "~/models", "a/b/c"):
        with pytest.raises(InputError, match="a folder that exists, or a hub name"):
            download(name, [], "model")
    for name in ("/nowhere", "wieghts"):
        with pytest.raises(LiTError, match="model: got"):
            checkpoint.locate(name)


def test_refusals_are_one_line_that_names_the_argument(monkeypatch):
    def refuse(name, allow_patterns):
        raise OSError("offline\nand more")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(InputError, match=r"model: got 'owner/model'; .*the hub says: offline\)$"):
        checkpoint.locate("owner/model")
    with pytest.raises(InputError, match="text encoder: got 'bert'"):
        TextEncoder.from_pretrained("bert")


def test_shards_are_asked_for_too(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        huggingface_hub, "snapshot_download", lambda name, allow_patterns: asked.extend(allow_patterns) or tmp_path
    )
    assert checkpoint.locate("owner/model") == tmp_path
    assert "*/*.safetensors.index.json" in asked and "*/*.safetensors" in asked
