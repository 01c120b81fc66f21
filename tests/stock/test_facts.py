"""What a folder holds is found out, and what is wrong with it said, before anything of it is loaded."""

import json

import pytest
from linearize import tiny
from stock.making import asked

from lit.errors import CheckpointError, InputError, LiTError
from lit.linearize.self_attentions import SelfAttentions
from lit.models.storage import WEIGHTS_NAME
from lit.stock import facts as looking
from lit.stock.facts import find
from lit.stock.limits import check


@pytest.mark.parametrize(
    ("family", "kind", "sizes"),
    [("dit", "DiTPipeline", (64, 0)), ("pixart", "PixArtSigmaPipeline", (64, 16)), ("sana", "SanaPipeline", (64, 8))],
)
def test_kind_licence_size_and_memory_are_known_before(saved, family, kind, sizes):
    found = find(saved[family])
    assert (found.name, found.kind, found.licence, found.sizes) == (f"tiny-{family}", kind, "openrail++", sizes)
    files = [*saved[family].rglob("*.safetensors")]
    assert found.stored == sum(file.stat().st_size for file in files)
    assert 0 < found.stored - 4 * found.numbers < 100_000  # numbers of float32, and what the files' heads take
    assert found.needed(4) - found.needed(2) == 2 * found.numbers


def test_a_network_alone_and_a_model_of_ours_are_told_apart(tiny_pipeline, tmp_path):
    tiny_pipeline.save_pretrained(tmp_path / "whole")
    whole, alone = find(tmp_path / "whole"), find(tmp_path / "whole" / "transformer")
    assert (whole.kind, alone.kind) == ("LiTPipeline", "LiTTransformer2DModel") and whole.family is alone.family is None
    usual = {name: whole.usual()[name] for name in tiny_pipeline.usual()}
    assert usual == tiny_pipeline.usual() and whole.numbers > alone.numbers > 0


def wrong(expected, kind=LiTError):
    return pytest.raises(kind, match=expected)


def test_what_is_no_model_is_said_in_one_line(saved, copied, changed, tmp_path, monkeypatch):
    monkeypatch.setattr(looking, "cached", lambda name: None)
    for name in ("", "/nowhere", "a/b/c"):
        with wrong("model: got .*; a folder that exists", InputError):
            find(name)
    with wrong("a model of the hub that is here: fetch it first"):
        find("owner/model")
    with wrong("the folder of a model, with its model_index.json", InputError):
        find(tmp_path)
    with wrong("the folder of a model, with its model_index.json"):
        find(saved["dit"] / "transformer")
    folder = copied("dit")
    for index, expected in (
        ({"_class_name": "StableDiffusionPipeline"}, "one that is drawn with here: LiTPipeline, DiTPipeline"),
        ({"_class_name": "DiTPipeline", "vae": ["mine", "Program"]}, "parts of diffusers and transformers alone"),
        ({"_class_name": "DiTPipeline", "extra": ["os", "system"]}, "parts of diffusers and transformers alone"),
    ):
        changed(folder / "model_index.json", **index)
        with wrong(expected, InputError):
            find(folder)
    (folder / "model_index.json").write_text("{")
    with wrong("model_index.json: damaged", CheckpointError):
        find(folder)


def test_missing_shards_pickles_and_damage_are_said(copied, changed):
    folder = copied("pixart")
    encoder = folder / "text_encoder"
    index = {"weight_map": {"one": "model-00001-of-00002.safetensors", "two": "model-00002-of-00002.safetensors"}}
    (encoder / "model.safetensors.index.json").write_text(json.dumps(index))
    (encoder / "model.safetensors").rename(encoder / "model-00001-of-00002.safetensors")
    with wrong(r"weights are missing \(model-00002-of-00002.safetensors\); restore", CheckpointError):
        find(folder)
    for file in encoder.glob("model*"):
        file.unlink()
    (encoder / "pytorch_model.bin").write_bytes(b"anything")
    with wrong(
        r"pytorch_model.bin: a pickle, which could run anything; save the model as safetensors", CheckpointError
    ):
        find(folder)
    other = copied("sana")
    weights = other / "transformer" / WEIGHTS_NAME
    weights.write_bytes(weights.read_bytes()[:-8])
    with wrong("damaged", CheckpointError):
        find(other)
    changed(copied("dit") / "vae" / "config.json", _class_name="AutoencoderDC")
    with wrong("holds a AutoencoderDC, which does not fit", CheckpointError):
        find(folder.parent / "copy-dit")


def test_a_mount_on_the_wrong_model_is_said(saved, tmp_path):
    folder = tmp_path / "network"
    SelfAttentions.of(tiny.dit().transformer).save(folder)
    assert find(saved["dit"], folder).mount == folder
    with wrong("mount: got 'PixArtTransformer2DModel'; a DiTTransformer2DModel", InputError):
        find(saved["pixart"], folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"depth": 28, "width": 1152}))
    with wrong("got '2 blocks of width 32'; 28 blocks of width 1152", InputError):
        find(saved["dit"], folder)
    with wrong("mount: .*; a folder of self-attentions", InputError):
        find(saved["dit"], tmp_path)
    with wrong("model: .*; a whole model: these self-attentions", InputError):
        find(folder)


@pytest.mark.parametrize(
    ("family", "changes", "expected"),
    [
        (
            "dit",
            {"prompt": "goldfis"},
            "prompt: got 'goldfis'; a class of this model, by its number .*such as goldfish",
        ),
        ("dit", {"prompt": "1000"}, "prompt: got '1000'; a class"),
        ("dit", {"width": 128}, "width: got 128; 64: this model draws no other size"),
        ("dit", {"negative_prompt": "red"}, "negative_prompt: got 'red'; nothing"),
        ("dit", {"variation_strength": 0.4}, "variation_strength: got 0.4; 0"),
        ("pixart", {"style": "noto"}, "style: got 'noto'; no style"),
        ("pixart", {"width": 72}, "width: got 72; .*multiple of 16"),
        ("pixart", {"scheduler": "flow-map"}, "scheduler: got 'flow-map'; one of ddim, dpm"),
        ("sana", {"scheduler": "ddim"}, r"scheduler: got 'ddim'; one of dpm\+\+, flow-euler"),
        ("sana", {"prompt": "a (red:1.3) square"}, "words without weights, and no blend"),
        ("sana", {"prompt": "a cat:0.3 | a dog:0.7"}, "words without weights, and no blend"),
        ("sana", {"output_scale": 2}, "output_scale: got 2; the size as drawn"),
    ],
)
def test_what_a_model_cannot_draw_is_said_before(saved, family, changes, expected):
    from dataclasses import replace

    with pytest.raises(InputError, match=expected):
        check(find(saved[family]), replace(asked(family), **changes))
