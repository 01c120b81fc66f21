"""Which layers keep softmax; and that a student is its teacher but for its mixers, whatever its method did."""

import itertools

import pytest
import torch
from scope.conftest import randomised

from lit.linearize.keep import errors_left, extra_seconds, kept_layers, with_softmax
from lit.linearize.lora import LoRA, add_lora, merge_lora
from lit.linearize.methods.transfer import AttentionTransfer
from lit.linearize.student import make_student
from lit.models.mixers import mixers_of
from lit.models.transformer import LiTTransformer2DModel
from lit.training.objectives import FlowObjective
from lit.training.toml import load_config


@pytest.fixture(scope="module")
def teacher():
    tiny = {"num_layers": 3, "hidden_size": 32, "num_attention_heads": 4, "num_cross_attention_heads": 2}
    return randomised(LiTTransformer2DModel(**tiny, caption_channels=16, token_mixer="softmax"), 4)


@pytest.fixture
def batch():
    torch.manual_seed(0)
    return torch.randn(2, 8, 16, 16), torch.randn(2, 5, 16), torch.ones(2, 5), torch.tensor([0, 1])


def asked(network, batch):
    latents, words, mask, styles = batch
    with torch.no_grad():
        return network.eval()(latents, torch.tensor([300.0, 700.0]), words, mask, styles).sample


def learn(network, method, batch, steps=4):
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(steps):
        loss, _ = method(*batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize("name", ["student", "transfer-hybrid", "lolcats", "liger"])
def test_with_its_mixers_back_a_student_is_its_teacher_before_and_after_its_mixers_learn(name, teacher, batch):
    config = load_config(name, ["network.num_attention_heads=4"])
    student = make_student(teacher, config.network)
    assert torch.equal(asked(with_softmax(student, teacher, mixers_of(student)), batch), asked(teacher, batch))
    for phase in config.phases:
        objective = FlowObjective(student.train(), FlowObjective.Arguments())
        if phase.lora:
            student.requires_grad_(True)
            add_lora(student, teacher, phase.lora)
            learn(student, objective, batch)
            merge_lora(student)
        elif phase.method.name == "transfer":
            learn(student, AttentionTransfer(objective, teacher, phase.method.arguments), batch)
        assert not torch.allclose(asked(student, batch), asked(teacher, batch))
        assert torch.equal(asked(with_softmax(student, teacher, mixers_of(student)), batch), asked(teacher, batch))
        if phase.method.name != "transfer" and not phase.lora:
            return  # from here on all of it learns


def test_merged_additions_say_what_they_said_beside_the_weights(teacher, batch):
    student = make_student(teacher, {"token_mixer": "lolcats", "mixer_args": {"window": 4}})
    names, before = list(student.state_dict()), asked(student, batch)
    add_lora(student, teacher, LoRA(rank=2))
    torch.testing.assert_close(asked(student, batch), before)  # B is zero
    learn(student, FlowObjective(student.train(), FlowObjective.Arguments()), batch)
    learned = asked(student, batch)
    assert not torch.allclose(learned, before)
    merge_lora(student)
    torch.testing.assert_close(asked(student, batch), learned)
    assert list(student.state_dict()) == names


def test_errors_are_parts_of_the_teachers_variance_by_layer(teacher, batch):
    mixed = make_student(teacher, {"token_mixer": ["lit", "softmax", "lit"], "num_attention_heads": [2, 4, 1]}).eval()
    for mixer in mixers_of(mixed).values():
        mixer.proj.weight.data.zero_()
        mixer.proj.bias.data.zero_()
    latents, words, mask, styles = batch
    inputs = (latents, torch.tensor([300.0, 700.0]), words, mask, styles)
    errors = errors_left(mixed, teacher, [inputs, inputs])
    assert list(errors) == ["blocks.0.attn", "blocks.2.attn"]
    made = []
    teacher.blocks[2].attn.register_forward_hook(lambda *told: made.append(told[-1]))
    asked(teacher, batch)
    # One that says nothing misses by all that is said.
    assert errors["blocks.2.attn"] == pytest.approx((made[0].square().mean() / made[0].var()).item(), rel=1e-5)


def test_mixers_alike_cost_alike(teacher):
    mixed = make_student(teacher, {"token_mixer": ["lit", "softmax", "lit"]}).eval()
    ticks = itertools.count(1)
    extra = extra_seconds(mixed, teacher, torch.randn(1, 16, 32), (4, 4), timed=lambda call: float(next(ticks)))
    assert extra == {"blocks.0.attn": -1.0, "blocks.2.attn": -1.0}  # softmax the first, its own the second
    assert all(
        isinstance(cost, float) for cost in extra_seconds(mixed, teacher, torch.randn(1, 16, 32), (4, 4)).values()
    )


def test_with_equal_costs_the_layers_kept_are_those_of_the_greatest_errors():
    errors = torch.rand(12, generator=torch.Generator().manual_seed(0)).tolist()
    order = sorted(range(12), key=lambda layer: -errors[layer])
    for costs in ([2e-5] * 12, [-1.0] * 12):  # where softmax is the faster one, layers are counted
        for share, count in ((0, 0), (0.25, 3), (0.3, 3), (0.5, 6)):
            assert kept_layers(errors, costs, share) == sorted(order[:count])


def test_the_layers_kept_are_the_best_within_the_time():
    generator = torch.Generator().manual_seed(1)
    errors, costs = torch.rand(2, 9, generator=generator).tolist()
    costs[4] = -1.0
    kept = kept_layers(errors, costs, 0.4)
    limit = 0.4 * sum(max(cost, 0) for cost in costs)
    best = max(
        sum(errors[layer] for layer in some)
        for count in range(10)
        for some in itertools.combinations(range(9), count)
        if sum(max(costs[layer], 0) for layer in some) <= limit
    )
    assert sum(errors[layer] for layer in kept) == pytest.approx(best) and 4 in kept
    assert sum(max(costs[layer], 0) for layer in kept) <= limit


def test_a_mixed_network_is_the_student_but_where_it_is_the_teacher(teacher, batch, tmp_path):
    student = randomised(make_student(teacher, {"token_mixer": "lit", "num_attention_heads": 2}), 7)
    mixed = with_softmax(student, teacher, ["blocks.1.attn"])
    assert mixed.config.token_mixer == ["lit", "softmax", "lit"] and mixed.config.num_attention_heads == [2, 4, 2]
    state, old = mixed.state_dict(), student.state_dict()
    inside = "blocks.1.attn."
    assert all(torch.equal(state[name], old[name]) for name in state if not name.startswith(inside))
    assert all(torch.equal(state[n], w) for n, w in teacher.state_dict().items() if n.startswith(inside))
    mixed.save_pretrained(tmp_path)
    again = LiTTransformer2DModel.from_pretrained(tmp_path)
    assert torch.equal(asked(again, batch), asked(mixed, batch))
