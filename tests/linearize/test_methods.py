"""Every method with a teacher of diffusers: what it is by law, and through the command line."""

import json

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from linearize import tiny
from linearize.tiny import cut_before, pictures, run, weights
from PIL import Image

from lit.errors import InputError
from lit.linearize import keep
from lit.linearize.host import Host
from lit.linearize.keep import errors_left, with_softmax
from lit.linearize.lora import add_lora, merge_lora
from lit.linearize.methods import METHODS
from lit.linearize.methods.transfer import AttentionTransfer
from lit.linearize.mount import mount, unmount
from lit.linearize.pairs import pairs
from lit.linearize.self_attentions import SelfAttentions
from lit.linearize.teacher import adapter
from lit.training.models import mountable
from lit.training.objectives import OBJECTIVES
from lit.training.toml import load_config

CONFIGS = ("mountable", "mountable-transfer", "mountable-lolcats", "mountable-liger")
SMALL = ["network.mixer_args.window=1"]  # of four tokens: there is something outside


class Taught:
    """A tiny teacher of either kind, a student of it, and a batch."""

    def __init__(self, kind, **network):
        transformer = tiny.TEACHERS[kind]().transformer.requires_grad_(False)
        self.teacher = Host(transformer, adapter(type(transformer).__name__))
        torch.manual_seed(3)
        self.network = SelfAttentions.of(transformer, **network)
        words = (torch.randn(3, 5, 16), torch.ones(3, 5))
        self.batch = torch.randn(3, 4, 4, 4), *((torch.tensor([0, 7, 1000]),) if kind == "dit" else words)
        self.inputs = self.batch[0], torch.tensor([3.0, 500.0, 900.0]), *self.batch[1:]

    def objective(self, network):
        hosted = OBJECTIVES["hosted-epsilon"]
        return hosted(network, hosted.Arguments(), self.teacher.with_mounted(network))

    @torch.no_grad()
    def asked(self, network=None):
        """What the teacher predicts, or a student."""
        host = self.teacher if network is None else self.teacher.with_mounted(network.eval())
        return host(*self.inputs)[0]

    def learn(self, method, steps=3):
        optimizer = torch.optim.AdamW([p for p in method.network.parameters() if p.requires_grad], lr=1e-2)
        for _ in range(steps):
            loss, _ = method(*self.batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


@pytest.fixture(params=tiny.TEACHERS)
def kind(request):
    return request.param


@pytest.mark.parametrize("name", CONFIGS)
def test_with_its_mixers_back_a_student_is_its_teacher(name, kind):
    config = load_config(name)
    taught = Taught(kind, **config.network)
    network, expected = taught.network, taught.asked()
    everywhere = ["layers.0", "layers.1"]
    assert torch.equal(taught.asked(with_softmax(network, taught.teacher, everywhere)), expected)
    for phase in config.phases or [config]:
        network.train().requires_grad_(True)
        if getattr(phase, "lora", None):
            add_lora(network, taught.teacher, phase.lora)
        method = METHODS[phase.method.name](taught.objective(network), taught.teacher, phase.method.arguments)
        taught.learn(method.train())
        merge_lora(network)
        back = with_softmax(network, taught.teacher, everywhere)
        assert torch.equal(taught.asked(back), expected) and not back.state_dict()
    assert not torch.allclose(taught.asked(network), expected)
    # Of two layers one may stay: the network is neither's.
    one = with_softmax(network, taught.teacher, ["layers.1"])
    assert one.config["token_mixer"] == [config.network["token_mixer"], "softmax"]
    assert {name.split(".")[1] for name in one.state_dict()} == {"0"}
    said = [taught.asked(some) for some in (one, network)]
    assert not torch.allclose(said[0], expected) and not torch.allclose(*said)


@pytest.mark.parametrize("name", ["lolcats", "liger"])
def test_what_a_window_gives_already_is_the_teachers(name, kind):
    """One window over the picture, and that half alone: heads, scale and projections are the teacher's."""
    taught = Taught(kind, token_mixer=name)
    for layer in taught.network.layers:
        layer.without = "linear"
    torch.testing.assert_close(taught.asked(taught.network), taught.asked(), atol=1e-5, rtol=1e-4)
    assert max(errors_left(taught.network, taught.teacher, [taught.inputs]).values()) < 1e-8


def test_the_loss_of_a_transfer_is_the_mean_of_the_layers_own_misses(kind):
    taught = Taught(kind)
    method = AttentionTransfer(taught.objective(taught.network), taught.teacher, AttentionTransfer.Arguments())
    seen = {}
    for pair in pairs(taught.network, taught.teacher):
        pair.taught.register_forward_hook(
            lambda attn, given, made, path=pair.path: seen.update({path: (given[0], made)})
        )
    torch.manual_seed(7)
    loss, parts = method(*taught.batch)
    misses = []
    for pair in pairs(taught.network, taught.teacher):
        tokens, wanted = seen[pair.path]
        misses.append((pair.mixer(tokens, (2, 2)) - wanted).square().mean() / wanted.var())
    torch.testing.assert_close(loss, torch.stack(misses).mean())
    torch.testing.assert_close(parts["worst_layer"], max(misses))
    loss.backward()
    assert all(p.grad is not None and p.requires_grad for p in taught.network.parameters())
    assert all(p.grad is None for p in taught.teacher.parameters())


def test_mixers_know_that_they_are_trained_and_their_host_does_not():
    taught = Taught("dit", token_mixer="lolcats")
    method = METHODS["hybrid"](taught.objective(taught.network), taught.teacher, METHODS["hybrid"].Arguments()).train()
    assert all(layer.training for layer in taught.network.layers)
    host = method.objective.host.transformer
    assert host.transformer_blocks[0].attn1.processor.mixer is taught.network.layers[0]
    assert not host.transformer_blocks[0].norm1.training and not taught.teacher.transformer.training


def test_what_has_windows_has_the_teachers_heads():
    transformer = tiny.dit().transformer
    assert SelfAttentions.of(transformer, token_mixer="liger").config["num_attention_heads"] == 2
    assert SelfAttentions.of(transformer, token_mixer=["lit", "liger"]).config["num_attention_heads"] == [1, 2]
    with pytest.raises(InputError, match="network.num_attention_heads: got 4; 2, as the softmax has"):
        SelfAttentions.of(transformer, token_mixer="lolcats", num_attention_heads=4)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def teachers(tmp_path_factory):
    return {kind: tiny.save(make(), tmp_path_factory.mktemp(kind)) for kind, make in tiny.TEACHERS.items()}


RUNS = [  # kind, method, options, the batch before which it is cut, 0 for not at all
    ("dit", "transfer", ["--keep-softmax", "0.5"], 2),  # between the phases
    ("pixart", "transfer", ["--keep-softmax", "0.5", "--lora", "2"], 0),
    ("dit", "lolcats", [], 0),
    ("pixart", "lolcats", ["--lora", "2"], 4),  # in the second, between its additions' steps
    ("dit", "liger", [], 0),
    ("pixart", "liger", ["--keep-softmax", "0.5"], 8),  # four batches rank the layers
]


@pytest.mark.parametrize(("kind", "method", "options", "cut"), RUNS, ids=lambda value: str(value))
def test_through_the_command_line(kind, method, options, cut, data, teachers, tmp_path, monkeypatch):
    monkeypatch.setattr(mountable, "STEPS", 1)
    monkeypatch.setattr(mountable.MountableModel, "_check_memory", lambda *told: None)  # seconds; see test_run.py
    monkeypatch.setattr(keep, "_median_seconds", lambda call: call() is None)
    asked = ["steps=4", *(SMALL if method != "transfer" else []), "--method", method, *options]
    assert run(teachers[kind], data, tmp_path / "whole", *asked) == 0
    made = weights(tmp_path / "whole")
    if cut:
        with cut_before(cut):
            assert run(teachers[kind], data, tmp_path / "cut", *asked) == 130
        assert run(teachers[kind], data, tmp_path / "cut", *asked, "--resume") == 0
        again = weights(tmp_path / "cut")
        assert made.keys() == again.keys() and all(torch.equal(made[name], again[name]) for name in made)
    assert not any("lora" in name for name in made)

    folder = tmp_path / "whole" / "network"
    mixer, config = "lit" if method == "transfer" else method, json.loads((folder / "config.json").read_text())
    record, kept = json.loads((tmp_path / "whole" / "run.json").read_text()), []
    if "--keep-softmax" in options:
        kept = record["kept"]
        assert kept == [max(record["errors"], key=record["errors"].get)]
        assert config["token_mixer"] == ["softmax" if f"layers.{layer}" in kept else mixer for layer in (0, 1)]
    assert {f"layers.{name.split('.')[1]}" for name in made} == {"layers.0", "layers.1"} - set(kept)

    pipe = DiffusionPipeline.from_pretrained(teachers[kind], use_safetensors=True)
    blocks, before = pipe.transformer.transformer_blocks, tiny.draw(pipe)
    stock = [block.attn1.processor for block in blocks]
    mount(pipe, folder)
    stays = [block.attn1.processor is own for block, own in zip(blocks, stock, strict=True)]
    assert stays == [f"layers.{layer}" in kept for layer in (0, 1)]
    assert np.abs(tiny.draw(pipe) - before).max() > 1e-4
    unmount(pipe)
    assert tiny.draw(pipe).tobytes() == before.tobytes()
    assert all(block.attn1.processor is own for block, own in zip(blocks, stock, strict=True))


def test_one_picture_cannot_be_held_out(teachers, tmp_path, capsys):
    (tmp_path / "one").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "one" / "0.png")
    options = ["--method", "transfer", "--keep-softmax", "0.5"]
    assert run(teachers["pixart"], tmp_path / "one", tmp_path / "out", "steps=2", *options) == 2
    assert "--data: got '1 picture'; two or more" in capsys.readouterr().err
