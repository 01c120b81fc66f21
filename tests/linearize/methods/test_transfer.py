"""The stage before a distillation: each mixer learns its teacher's output from its teacher's input."""

import copy

import pytest
import torch
from scope.conftest import randomised
from torch import nn

from lit.errors import InputError
from lit.linearize.inherit import inherit
from lit.linearize.methods import METHODS
from lit.linearize.methods.transfer import AttentionTransfer
from lit.models.mixers import TokenMixer
from lit.models.transformer import LiTTransformer2DModel
from lit.training.objectives import FlowObjective


def network_of(token_mixer):
    tiny = {"num_layers": 3, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2}
    return LiTTransformer2DModel(**tiny, caption_channels=16, token_mixer=token_mixer)


def made(token_mixer, distance="l2"):
    teacher = randomised(network_of("softmax"), 4)
    student = network_of(token_mixer)
    inherit(student, teacher)
    objective = FlowObjective(student.train().requires_grad_(True), FlowObjective.Arguments())
    return AttentionTransfer(objective, teacher, AttentionTransfer.Arguments(distance))


@pytest.fixture
def batch():
    torch.manual_seed(0)
    return torch.randn(2, 8, 8, 8), torch.randn(2, 5, 16), torch.ones(2, 5), torch.tensor([0, 1])


def mixers(network):
    return [module for module in network.modules() if isinstance(module, TokenMixer)]


@pytest.mark.parametrize("distance", ["l2", "l1"])
def test_the_loss_is_the_mean_of_the_layers_own_misses(batch, distance):
    method = made("lit", distance)
    given = {}

    def look(mixer, inputs, output):
        given[mixer] = inputs, output

    for mixer in mixers(method.teacher):
        mixer.register_forward_hook(look)
    torch.manual_seed(7)
    loss, parts = method(*batch)
    misses = []
    for mixer, taught in zip(mixers(method.network), mixers(method.teacher), strict=True):
        inputs, wanted = given[taught]
        miss = mixer(*inputs) - wanted
        misses.append(miss.square().mean() / wanted.var() if distance == "l2" else miss.abs().mean() / wanted.std())
    torch.testing.assert_close(loss, torch.stack(misses).mean())
    torch.testing.assert_close(parts["worst_layer"], torch.stack(misses).max())


def test_only_mixers_of_another_kind_learn_and_the_teacher_not_at_all(batch):
    method = made(["softmax", "lit", "lolcats"]).train()
    assert len(method.pairs) == 2 and not method.teacher.training
    method(*batch)[0].backward()
    learns = {name for name, p in method.network.named_parameters() if p.grad is not None and p.grad.any()}
    assert {".".join(name.split(".")[:3]) for name in learns} == {"blocks.1.attn", "blocks.2.attn"}
    assert all(p.grad is None and not p.requires_grad for p in method.teacher.parameters())
    assert all(not p.requires_grad for p in method.network.blocks[0].parameters())


def test_a_layer_learns_as_if_it_were_alone(batch):
    """No gradient and no input comes from another layer of the student."""
    together, alone = made("lit"), made(["softmax", "softmax", "lit"])
    alone.network.blocks[2].attn.load_state_dict(together.network.blocks[2].attn.state_dict())
    for method in (together, alone):
        torch.manual_seed(7)
        (len(method.pairs) * method(*batch)[0]).backward()
    for one, other in zip(*(method.network.blocks[2].attn.parameters() for method in (together, alone)), strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_what_a_window_gives_already_leaves_nothing_to_learn(batch):
    """LoLCATs with a window over the picture is its teacher."""
    assert made("lolcats")(*batch)[0] < 1e-8


def test_it_comes_nearer_and_so_does_what_the_student_predicts(batch):
    method = made("lit")
    teacher, student = method.teacher, method.network
    inputs, _ = method.objective.noised(*batch)

    def miss():
        with torch.no_grad():
            taught, said = (net(*inputs, return_dict=False)[0] for net in (teacher, student))
        return (said - taught).square().mean().item()

    before = miss()
    optimizer = torch.optim.AdamW([p for p in student.parameters() if p.requires_grad], lr=3e-3)
    losses = []
    for _ in range(60):
        loss, _ = method(*batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0] and miss() < 0.8 * before


def test_what_it_cannot_teach_is_said():
    teacher = network_of("softmax")
    objective = FlowObjective(copy.deepcopy(teacher), FlowObjective.Arguments())
    with pytest.raises(InputError, match=r"network.token_mixer: got .*; another kind than the teacher's"):
        METHODS["transfer"](objective, teacher, AttentionTransfer.Arguments())
    with pytest.raises(InputError, match="teacher: got '0 mixers'; 3"):
        METHODS["transfer"](objective, nn.Linear(2, 2), AttentionTransfer.Arguments())
