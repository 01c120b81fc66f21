"""What a student has of a teacher of diffusers: every weight is inherited or fresh, on paper as in the real ones."""

import json
import re

import huggingface_hub
import pytest
import torch
from linearize import tiny
from torch import nn

import lit.linearize.dry_run
from lit.__main__ import main
from lit.errors import InputError
from lit.linearize.dry_run import build, plan
from lit.linearize.keys import FRESH, keys
from lit.linearize.self_attentions import SelfAttentions
from lit.linearize.teacher import adapter, find
from lit.models.transformer import LiTTransformer2DModel

OWN = r"transformer_blocks\.\d+\.attn1\.to_[qkv]\.(weight|bias)"
NEW = r"transformer_blocks\.\d+\.attn1\.processor\.dwc\.(weight|bias)"


@pytest.fixture
def real(tmp_path):
    def write(name):
        (tmp_path / "config.json").write_text(json.dumps(tiny.REAL[name]))
        return tmp_path

    return write


@pytest.mark.parametrize("name", tiny.REAL)
def test_nothing_of_a_real_transformer_is_left_over(name, real):
    teacher = find(real(name), whole=False)
    size = teacher.config["sample_size"] * teacher.adapter.downscale
    found, costs = plan(teacher, {}, size)
    with torch.device("meta"):
        there = build(teacher).state_dict()
    named = [key.name for key in found]
    assert len(named) == len(set(named)) and set(there) <= set(named)
    fresh = {key.name for key in found if key.source == FRESH}
    if teacher.adapter.linear:
        assert not fresh and costs.learned == 0
        return
    assert fresh == {name for name in named if re.fullmatch(f"{OWN}|{NEW}", name)}
    assert {name for name in fresh if name not in there} == set(named) - set(there)
    # Queries, keys, values, the way out, and a 5x5 kernel and a bias for each channel of a head of 192.
    assert costs.learned == 28 * (4 * 1152**2 + 4 * 1152 + 26 * 192)
    assert costs.teacher == sum(tensor.numel() for tensor in there.values())


def test_each_method_says_what_learns_in_each_phase(real, capsys, monkeypatch):
    monkeypatch.setattr(lit.linearize.dry_run, "rate", lambda width: 1e12)
    folder = real("DiT-XL-2-256")
    (folder / "config.json").write_text(json.dumps(tiny.REAL["DiT-XL-2-256"] | {"num_layers": 2}))
    learned = {
        # Two matrices a head of 72 x 36 and a gate; additions beside qkv and beside the way out.
        ("lolcats",): [
            f"1-transfer, 2,000 steps: {2 * 16 * (2 * 72 * 36 + 1) / 1e6:.1f} M",
            f"2-hybrid, 2,000 steps: {2 * 8 * (4 + 2) * 1152 / 1e6:.1f} M, by LoRA of rank 8",
        ],
        ("liger", "--lora", "2"): [f"1-hybrid, 4,000 steps: {2 * 2 * 4 * 1152:,}, by LoRA of rank 2"],
    }
    for method, lines in learned.items():
        assert main(["linearize", "--teacher", str(folder), "--dry-run", "--method", *method]) == 0
        said = capsys.readouterr().out.splitlines()
        assert [line for line in said if line.startswith("learns")] == [f"learns in {line}" for line in lines]
        (taken,) = (line for line in said if "attn1.to_{q,k,v}" in line)
        assert "starts from the teacher's" in taken


def test_what_a_block_costs_is_what_all_of_them_cost(real):
    """Known of DiT-XL/2 (arXiv 2212.09748): 118.6 G multiply-adds a picture of 256 px."""
    _, costs = plan(find(real("DiT-XL-2-256"), whole=False), {}, 256)
    assert costs.forward / 2e9 == pytest.approx(118.6, rel=0.01)
    # The student there and back, its other weights without gradients: two to three times the way there.
    assert 2 < (costs.step - costs.forward) / costs.forward < 3
    assert costs.memory(2) - costs.memory(1) == costs.activations > 28 * 10 * 4 * 256 * 1152


def test_a_weight_that_nobody_knows_is_an_error():
    network = tiny.dit().transformer
    network.transformer_blocks[1].surprise = nn.Parameter(torch.zeros(3))
    with pytest.raises(InputError, match="transformer_blocks.1.surprise.*neither inherited nor fresh"):
        keys(network, adapter("DiTTransformer2DModel"), SelfAttentions.of(network))


def test_the_table_fits_a_screen_and_needs_no_data(real, capsys):
    assert main(["linearize", "--teacher", str(real("PixArt-Sigma-XL-2-1024-MS")), "--dry-run"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) <= 24 and max(map(len, said)) <= 120
    assert said[0] == "PixArtTransformer2DModel, 610.9 M parameters"
    assert any("attn1.to_{q,k,v}" in line and "168" in line for line in said)
    assert sum(line.startswith(("memory: ", "time: ")) for line in said) == 2


def test_our_own_teacher_has_a_table_too(tmp_path, capsys):
    tiny = {"num_layers": 2, "hidden_size": 32, "num_cross_attention_heads": 2, "num_attention_heads": 2}
    LiTTransformer2DModel(**tiny, token_mixer="softmax").save_pretrained(tmp_path)
    changes = ["--set", "network.num_attention_heads=1"]
    assert main(["linearize", "--teacher", str(tmp_path), "--dry-run", *changes]) == 0
    said = capsys.readouterr().out
    assert "fresh: 8 tensors" in said and "blocks.*.attn.dwc" in said
    changes = ["--set", "network.num_attention_heads=2", "network.token_mixer=lolcats"]
    assert main(["linearize", "--teacher", str(tmp_path), "--dry-run", *changes]) == 0
    said = capsys.readouterr().out
    assert "blocks.*.attn.qkv" not in said.partition("fresh:")[2]


@pytest.fixture
def folder(tmp_path):
    return tiny.save(tiny.dit(), tmp_path / "dit")


def change(folder, **values):
    file = folder / "transformer" / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def shard(folder):
    weights = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    names = {"weight_map": {"a": "one-of-two.safetensors", "b": "two-of-two.safetensors"}}
    weights.with_suffix(".safetensors.index.json").write_text(json.dumps(names))
    weights.rename(weights.with_name("one-of-two.safetensors"))


def pickle(folder, part="transformer"):
    weights = folder / part / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))


CONFIGS = [
    (
        lambda folder: change(folder, _class_name="UNet2DModel"),
        "teacher: got 'UNet2DModel'; a network that can be made",
    ),
    (lambda folder: change(folder, _class_name="FluxTransformer2DModel"), "picture and words attend to each other"),
    (lambda folder: change(folder, patch_size=3), "stages.size: got 32; a multiple of 24"),
    (lambda folder: change(folder, norm_type="layer"), "a config.json that fits its class"),
    (lambda folder: change(folder, num_layers=3), "weights that are those of its config.json"),
]
WEIGHTS = [
    (shard, "weights are missing (two-of-two.safetensors)"),
    (pickle, "a pickle, which could run anything"),
    (lambda folder: pickle(folder, "vae"), "vae/diffusion_pytorch_model.bin: a pickle, which could run anything"),
]


@pytest.mark.parametrize("damage, words", CONFIGS + WEIGHTS)
def test_a_teacher_that_does_not_fit_is_one_line(damage, words, folder, tmp_path, capsys):
    damage(folder)
    (tmp_path / "data").mkdir()
    paths = ["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    for how in (paths, ["--dry-run"]) if (damage, words) in CONFIGS else (paths,):
        assert main(["linearize", "--teacher", str(folder), *how]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert words in line


def test_of_a_name_on_the_hub_a_dry_run_asks_for_configs_alone(folder, monkeypatch):
    asked = []

    def answer(name, allow_patterns):
        asked.append((name, allow_patterns))
        return folder

    monkeypatch.setattr(huggingface_hub, "snapshot_download", answer)
    assert find("owner/model", whole=False).architecture == "DiTTransformer2DModel"
    assert asked.pop() == ("owner/model", ["model_index.json", "transformer/config.json", "config.json"])
    assert find("owner/model").pipeline == folder
    assert "*.safetensors" in asked[0][1] and not any(".bin" in pattern or pattern == "*" for pattern in asked[0][1])
    with pytest.raises(InputError, match="teacher: got 'model'; a folder that exists, or a hub name such as"):
        find("model")
