"""A model's folder: what is written can be loaded, what is damaged is named, and a hash says what is drawn with."""

import copy
import json
import shutil

import pytest
import torch

from lit.checkpoint import _checksum
from lit.errors import CheckpointError, InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline

SMALL = {"num_inference_steps": 3, "height": 64, "width": 96}
WEIGHTS = "diffusion_pytorch_model.safetensors"


def load(folder, text_encoder, dtype="float32"):
    pipe = LiTPipeline.from_pretrained(folder, text_encoder=text_encoder, device="cpu", torch_dtype=dtype)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def latents(pipe):
    return pipe("a cat", seed=2, output_type="latent", **SMALL).images[0]


@pytest.fixture
def saved(tiny_pipeline, tmp_path):
    tiny_pipeline.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def recorded(folder):
    return json.loads((folder / "model_index.json").read_text())["_weights_sha256"]


def test_saved_and_loaded_it_draws_the_same(tiny_pipeline, text_encoder, saved):
    loaded = load(saved, text_encoder)
    assert torch.equal(latents(loaded), latents(tiny_pipeline))
    assert loaded.weights_sha256 == recorded(saved)
    assert loaded.provenance()["dtype"] == "float32" and loaded.provenance()["device"] == "cpu"


def test_bfloat16_draws_nearly_the_same(tiny_pipeline, text_encoder, saved):
    half, full = latents(load(saved, text_encoder, torch.bfloat16)), latents(tiny_pipeline)
    assert half.dtype == torch.float32 and not torch.equal(half, full)
    assert (half - full).norm() < 0.05 * full.norm()


def flip_a_byte(file):
    content = bytearray(file.read_bytes())
    content[-9] ^= 64
    file.write_bytes(content)


def three_layers(file):
    file.write_text(file.read_text().replace('"num_layers": 2', '"num_layers": 3'))


@pytest.mark.parametrize(
    ("file", "damage", "words"),
    [
        ("model_index.json", lambda f: f.unlink(), "missing"),
        ("model_index.json", lambda f: f.write_text("{"), "damaged"),
        ("model_index.json", lambda f: f.write_text('{"_class_name": "DiTPipeline"}'), "only LiTPipeline"),
        (f"transformer/{WEIGHTS}", lambda f: f.unlink(), "missing"),
        (f"transformer/{WEIGHTS}", lambda f: f.write_bytes(f.read_bytes()[:2000]), "damaged"),
        (f"transformer/{WEIGHTS}", flip_a_byte, "SHA-256"),
        ("transformer/config.json", lambda f: f.write_text("no"), "damaged"),
        ("transformer/config.json", three_layers, "restore both"),
        ("autoencoder/config.json", lambda f: f.unlink(), "missing"),
        ("scheduler/scheduler_config.json", lambda f: f.write_text('{"_class_name": "os"}'), "no scheduler"),
    ],
)  # fmt: skip
def test_damaged_checkpoints_are_named(saved, text_encoder, file, damage, words):
    damage(saved / file)
    with pytest.raises(CheckpointError, match=words):
        load(saved, text_encoder)


def test_what_a_system_writes_beside_our_files_is_no_damage(saved, text_encoder):
    for folder in (saved, *(path for path in saved.iterdir() if path.is_dir())):
        for file in list(folder.iterdir()):
            if file.is_file():
                (folder / f"._{file.name}").write_bytes(b"\0\5\26\7 Mac OS X")
        for name in (".DS_Store", "Thumbs.db", "notes.safetensors", "adapter.safetensors.index.json"):
            (folder / name).write_bytes(b"\0\1")
    assert load(saved, text_encoder).weights_sha256 == recorded(saved)


# In several files


def shards(folder):
    return sorted(path.name for path in folder.glob("*.safetensors"))


def test_weights_in_several_files_are_saved_loaded_and_hashed(tiny_pipeline, text_encoder, saved, tmp_path):
    tiny_pipeline.save_pretrained(tmp_path / "shards", max_shard_size="50KB")
    assert len(shards(tmp_path / "shards" / "transformer")) > 2
    loaded = load(tmp_path / "shards", text_encoder)
    assert torch.equal(latents(loaded), latents(tiny_pipeline))
    assert loaded.weights_sha256 == recorded(tmp_path / "shards") != recorded(saved)


@pytest.mark.parametrize(
    "sizes", [("50KB", "1GB"), ("1GB", "50KB"), ("50KB", "20KB"), ("50KB", "int8"), ("int8", "50KB")]
)
def test_a_folder_may_be_saved_into_again_in_another_way(tiny_pipeline, text_encoder, tmp_path, sizes):
    for size in sizes:
        if size == "int8":
            tiny_pipeline.transformer.save_int8(tmp_path)
        else:
            tiny_pipeline.transformer.save_pretrained(tmp_path, max_shard_size=size)
    loaded = LiTTransformer2DModel.from_pretrained(tmp_path)
    for name, tensor in tiny_pipeline.transformer.state_dict().items():
        atol = tensor.abs().max().item() / 127 if sizes[-1] == "int8" else 0
        torch.testing.assert_close(loaded.state_dict()[name], tensor, atol=atol, rtol=0)
    assert len(shards(tmp_path)) == 1 or sizes[-1] in ("50KB", "20KB")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / shards(folder)[1]).unlink(), "missing"),
        (lambda folder: (folder / f"{WEIGHTS}.index.json").write_text("{"), "damaged"),
        (lambda folder: (folder / f"{WEIGHTS}.index.json").write_text('{"weight_map": []}'), "damaged"),
        (lambda folder: (folder / f"{WEIGHTS}.index.json").write_text('{"weight_map": {"a": "../b"}}'), "damaged"),
    ],
)
def test_damaged_shards_are_named(tiny_pipeline, text_encoder, tmp_path, damage, words):
    tiny_pipeline.save_pretrained(tmp_path, max_shard_size="50KB")
    damage(tmp_path / "transformer")
    with pytest.raises(CheckpointError, match=words):
        load(tmp_path, text_encoder)


def test_a_size_that_is_none_leaves_what_was_saved(tiny_pipeline, saved):
    with pytest.raises(InputError, match="max_shard_size: got 'small'"):
        tiny_pipeline.save_pretrained(saved, max_shard_size="small")
    assert shards(saved / "transformer") == [WEIGHTS]


@pytest.mark.parametrize("part", [None, "transformer"])
@pytest.mark.parametrize(
    "way",
    [{"safe_serialization": False}, {"variant": "fp16"}, {"use_flashpack": True}],
    ids=lambda way: next(iter(way)),
)
def test_what_could_not_be_loaded_is_not_written(tiny_pipeline, tmp_path, part, way):
    saver = tiny_pipeline if part is None else getattr(tiny_pipeline, part)
    with pytest.raises(InputError, match=next(iter(way))):
        saver.save_pretrained(tmp_path / "model", **way)
    assert not (tmp_path / "model").exists()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="save_directory"):
        saver.save_pretrained(tmp_path / "file")


# The hash of what is loaded


def other(pipe):
    return LiTTransformer2DModel.from_config(pipe.transformer.config).eval().requires_grad_(False)


def write_through_data(pipe):
    pipe.transformer.blocks[0].mlp[0].weight.data[0, 0] += 1  # as adapters are merged; torch counts no version


def write_in_place(pipe):
    with torch.no_grad():
        pipe.autoencoder.decoder.input.weight.mul_(2)


def wrap_a_layer(pipe):
    block = pipe.transformer.blocks[0]
    block.mlp[0] = torch.nn.Sequential(block.mlp[0])  # as an adapter does


CHANGES = {
    "exchanged": lambda pipe: setattr(pipe, "transformer", other(pipe)),
    "registered": lambda pipe: pipe.register_modules(transformer=other(pipe)),
    "autoencoder": lambda pipe: setattr(pipe, "autoencoder", StickerAutoencoder.from_config(pipe.autoencoder.config)),
    "loaded into": lambda pipe: pipe.transformer.load_state_dict(other(pipe).state_dict()),
    "assigned": lambda pipe: pipe.transformer.load_state_dict(other(pipe).state_dict(), assign=True),
    "data": write_through_data,
    "in place": write_in_place,
    "wrapped": wrap_a_layer,
    "exchanged and cast": lambda pipe: setattr(pipe, "transformer", other(pipe).to(torch.bfloat16)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_network_has_another_hash(saved, text_encoder, change):
    pipe = load(saved, text_encoder)
    before = pipe.weights_sha256
    change(pipe)
    assert pipe.provenance()["weights_sha256"] != before
    assert pipe.weights_sha256 == pipe.weights_sha256


def test_the_same_weights_keep_their_hash_in_every_place_and_precision(saved, text_encoder):
    pipe, twin = load(saved, text_encoder), load(saved, text_encoder)
    before = pipe.weights_sha256
    pipe.transformer, pipe.autoencoder = twin.transformer, copy.deepcopy(pipe.autoencoder)
    assert pipe.weights_sha256 == before
    pipe.to(torch.bfloat16)
    assert pipe.weights_sha256 == before
    pipe.autoencoder.to(memory_format=torch.channels_last)
    assert pipe.weights_sha256 == before
    with torch.inference_mode():
        latents(pipe)
    assert pipe.weights_sha256 == before
    pipe.transformer.load_state_dict(other(pipe).state_dict())
    assert pipe.weights_sha256 != before


def test_the_hash_is_of_what_was_loaded_not_of_what_lies_there_now(tiny_pipeline, saved, text_encoder):
    pipe, before = load(saved, text_encoder), recorded(saved)
    tiny_pipeline.transformer = other(tiny_pipeline)
    shutil.rmtree(saved)
    tiny_pipeline.save_pretrained(saved)
    assert pipe.weights_sha256 == before != recorded(saved)


@pytest.mark.parametrize("shape", [(), (3,), (4,), (6, 4), (8, 4, 3, 3), (2, 3, 4, 5, 6)])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_a_checksum_is_of_the_values_wherever_they_lie(shape, dtype):
    values = torch.randn(shape).to(dtype)
    expected = _checksum(values).item()
    padded = torch.cat([torch.zeros(1, dtype=dtype), values.flatten()])[1:].view(shape)  # no word begins where it does
    forms = [padded, values.clone(), torch.stack([values, values], -1)[..., 0]]
    if len(shape) == 4:
        forms.append(values.to(memory_format=torch.channels_last))
    assert {_checksum(form).item() for form in forms} == {expected}
    for place in range(values.numel()):
        other = values.clone()
        other.view(-1)[place] += 1
        assert _checksum(other).item() != expected


def test_a_pipeline_made_in_code_has_the_hash_of_its_tensors(tiny_pipeline):
    before = tiny_pipeline.weights_sha256
    assert before == tiny_pipeline.weights_sha256 and len(before) == 64
    write_through_data(tiny_pipeline)
    assert tiny_pipeline.weights_sha256 != before
