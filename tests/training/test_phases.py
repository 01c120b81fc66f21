"""A student's run in phases: a cut between or in them changes nothing, and what comes out is a plain network."""

import json
from dataclasses import replace

import pytest
import torch

from lit.errors import InputError
from lit.linearize.student import load_teacher
from lit.models.autoencoder import StickerAutoencoder
from lit.models.mixers import mixers_of
from lit.models.transformer import LiTTransformer2DModel
from lit.training.batches.latents import LatentBatches
from lit.training.models.sources import Sources
from lit.training.phases import with_rank
from lit.training.toml import load_config
from lit.training.train import train

SHORT = ["steps=4", "compile=false", "log_every=1", "save_every=1", "batches.composite_pool=4"]
SMALL = "{until=1.0, size=128, batch_size=4, composites=0.5}"


@pytest.fixture(scope="module")
def sources(tmp_path_factory, folder):
    """A tiny autoencoder and a tiny teacher, and a cache that all runs share."""
    place = tmp_path_factory.mktemp("phases")
    torch.manual_seed(0)
    coder = StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1)
    coder.save_pretrained(place / "autoencoder")
    teacher = LiTTransformer2DModel(
        num_layers=2, hidden_size=32, num_attention_heads=4, num_cross_attention_heads=2, token_mixer="softmax"
    )
    for parameter in teacher.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    teacher.save_pretrained(place / "teacher")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIT_CACHE", str(place / "cache"))
        yield Sources(folder, autoencoder=place / "autoencoder", teacher=place / "teacher")


def tiny(name, *overrides):
    config = load_config(name, [*SHORT, "network.num_attention_heads=4", *overrides])
    stages = load_config("student", [f"stages=[{SMALL}]"]).loop.stages
    short = [replace(phase, loop=replace(phase.loop, stages=stages)) for phase in config.phases]
    return replace(config, phases=tuple(short))


def same(one, other):
    state = other.state_dict()
    return one.state_dict().keys() == state.keys() and all(
        torch.equal(value.cpu(), state[name].cpu()) for name, value in one.state_dict().items()
    )


def cut_after(steps, monkeypatch):
    """Ctrl-C in place of the batch behind so many."""
    left, draw = [steps], LatentBatches.draw

    def drawn(self, *told):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return draw(self, *told)

    monkeypatch.setattr(LatentBatches, "draw", drawn)


def test_cut_between_phases_and_in_one_it_resumes_as_if_it_had_not_been(sources, tmp_path, monkeypatch):
    config = tiny("lolcats")
    whole = train(config, sources, tmp_path / "whole", sheets=False)
    for steps in (2, 1):  # the first phase; one of the second, with its additions
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            cut_after(steps, patch)
            train(config, sources, tmp_path / "cut", sheets=False)
    assert same(train(config, sources, tmp_path / "cut", sheets=False), whole)
    folders = sorted(path.name for path in (tmp_path / "cut").iterdir() if path.is_dir())
    assert folders == ["1-transfer", "2-hybrid", "network"]
    steps = [json.loads(line)["step"] for line in (tmp_path / "cut/2-hybrid/metrics.jsonl").read_text().splitlines()]
    assert steps == [1, 2]
    taught, state = load_teacher(sources.teacher).state_dict(), whole.state_dict()
    assert all(torch.equal(state[name], taught[name]) for name in state if ".attn." not in name)


def test_additions_end_inside_the_weights_and_reach_nothing_else(sources, tmp_path):
    teacher = load_teacher(sources.teacher)
    student = train(with_rank(tiny("liger"), 2), sources, tmp_path, sheets=False)
    assert same(LiTTransformer2DModel.from_pretrained(tmp_path / "network"), student)
    moved = {name for name, value in student.state_dict().items() if not torch.equal(value, teacher.state_dict()[name])}
    assert moved == {f"blocks.{layer}.attn.qkv.weight" for layer in (0, 1)}
    change = student.blocks[0].attn.qkv.weight - teacher.blocks[0].attn.qkv.weight
    assert torch.linalg.matrix_rank(change.detach(), rtol=1e-3) == 2


def test_layers_furthest_from_the_teacher_keep_it_and_the_network_says_which(sources, tmp_path):
    config = tiny("transfer-hybrid", "keep_softmax=0.5", "network.num_attention_heads=2")
    student = train(config, sources, tmp_path, sheets=False)
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["errors"].keys() == {"blocks.0.attn", "blocks.1.attn"} and len(record["kept"]) == 1
    assert record["kept"] == [max(record["errors"], key=record["errors"].get)]
    kept = [path in record["kept"] for path in mixers_of(student)]
    mixed = LiTTransformer2DModel.from_pretrained(tmp_path / "network")
    assert mixed.config.token_mixer == ["softmax" if one else "lit" for one in kept]
    assert mixed.config.num_attention_heads == [4 if one else 2 for one in kept]
    assert same(mixed, student)
    assert [phase["steps"] for phase in record["phases"]] == [1, 3]


@pytest.mark.parametrize(
    ("name", "overrides", "rank", "message"),
    [
        ("student", ["keep_softmax=0.5"], None, "keep_softmax: got 0.5; 0 here"),
        ("liger", ["keep_softmax=1"], None, "keep_softmax: got 1; the share"),
        ("liger", ["phases.0.share=0.5"], None, "phases.share: got 0.5; shares that add up to 1"),
        ("liger", ["phases.0.lora.rank=0"], None, "phases.0.lora.rank: got 0; greater than 0"),
        ("liger", ["phases.0.speed=1"], None, "phases.0.speed: got 1; there is no such name"),
        ("liger", ["phases.1.share=1"], None, "--set: got 'phases.1.share=1'"),
        ("liger", ["phases.0.method.name=rain"], None, "phases.0.method.name: got 'rain'; one of hybrid, transfer"),
        ("student", [], 8, "lora: got 8; none"),
        ("autoencoder", ["phases=[{share=1}]"], None, "phases: got 'autoencoder'; a transformer"),
    ],
)
def test_what_cannot_be_meant_is_said(name, overrides, rank, message):
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        config = load_config(name, overrides)
        with_rank(config, rank)


def test_additions_to_mixers_that_begin_anew_are_refused(sources, tmp_path):
    for overrides in (["phases.0.method.name=hybrid"], ["keep_softmax=0.5", "phases.0.method.name=hybrid"]):
        config = tiny("transfer-hybrid", *overrides)
        with pytest.raises(InputError, match=r"phases.1.lora|keep_softmax"):
            train(config if "keep" in overrides[0] else with_rank(config, 2), sources, tmp_path)
    with pytest.raises(InputError, match="--teacher: got None"):
        train(tiny("liger"), replace(sources, teacher=None), tmp_path)
