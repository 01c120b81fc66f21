"""Each mixer beside its paper's formula, written token by token in float64; and what it begins as."""

import math

import pytest
import torch
import torch.nn.functional as F
from scope.conftest import randomised

from lit.linearize.inherit import inherit
from lit.models.mixers import make_mixers
from lit.models.mixers.deltanet import delta_rule_by_lines, turned
from lit.models.mixers.heads import merge_heads
from lit.models.mixers.liger import gated_attention, gated_scan
from lit.models.mixers.lolcats import hedgehog, joined_attention
from lit.models.mixers.windows import Windows
from lit.models.transformer import LiTTransformer2DModel

GRID = (4, 6)


def draw(tokens=24, heads=2, dim=4, seed=0, **options):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(3, 2, heads, tokens, dim, dtype=torch.float64, generator=generator, **options).unbind()


def mixer_of(name, layer=0, depth=2, width=8, **arguments):
    return randomised(make_mixers(name, width, 2, depth, arguments)[layer], seed=1, scale=0.4).double()


def tokens(width=8, seed=2):
    return torch.randn(2, 24, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


# TransNormer


def test_norm_attention_is_its_formula():
    mixer, x = mixer_of("transnormer", layer=1), tokens()
    q, k, v = mixer.qkv(x)
    numerator = (1 + F.elu(q)) @ (1 + F.elu(k)).transpose(-2, -1) @ v
    joined = merge_heads(numerator)
    expected = joined / (joined.norm(dim=-1, keepdim=True) / math.sqrt(8))
    torch.testing.assert_close(mixer(x, GRID), mixer.proj(expected))


def test_a_factor_of_the_sums_changes_nothing_because_the_norm_takes_it_out():
    mixer, x = mixer_of("transnormer", layer=1), tokens()
    twice = torch.cat([x, x], dim=1)  # every key and value twice
    torch.testing.assert_close(mixer(twice, (8, 6))[:, :24], mixer(x, GRID))


# DeltaNet: the operator is tested where it lies; here what surrounds it.


def test_by_lines_of_one_token_it_is_the_delta_rule():
    from lit_kernels import delta_rule

    q, k, v = draw()
    k, beta = F.normalize(k, dim=-1), torch.rand(2, 2, 24, dtype=torch.float64)
    torch.testing.assert_close(delta_rule_by_lines(q, k, v, beta, 1), delta_rule(q, k, v, beta))


def test_within_a_line_tokens_have_no_order():
    q, k, v = draw()
    k, beta = F.normalize(k, dim=-1), torch.rand(2, 2, 24, dtype=torch.float64)
    order = torch.cat([torch.randperm(6) + 6 * row for row in range(4)])
    found = delta_rule_by_lines(*(x[:, :, order] for x in (q, k, v, beta)), 6)
    torch.testing.assert_close(found, delta_rule_by_lines(q, k, v, beta, 6)[:, :, order])


@pytest.mark.parametrize("form", ["tokens", "lines"])
def test_columns_are_the_rows_of_the_picture_turned(form):
    rows = mixer_of("deltanet", order="rows", form=form, convolution=0)
    columns = mixer_of("deltanet", order="columns", form=form, convolution=0)
    columns.load_state_dict(rows.state_dict())
    x = tokens()
    turn = turned(x[:, None], GRID)[:, 0]
    torch.testing.assert_close(turned(columns(x, GRID)[:, None], GRID)[:, 0], rows(turn, GRID[::-1]))


def test_layers_alternate_unless_told_otherwise():
    assert [mixer.by_columns for mixer in make_mixers("deltanet", 8, 2, 4)] == [False, True, False, True]
    assert not any(mixer.by_columns for mixer in make_mixers("deltanet", 8, 2, 4, {"order": "rows"}))


def test_the_convolution_begins_as_the_identity():
    (plain,), (with_one,) = make_mixers("deltanet", 8, 2, 1, {"convolution": 0}), make_mixers("deltanet", 8, 2, 1)
    with_one.load_state_dict(plain.state_dict(), strict=False)
    x = tokens().float()
    torch.testing.assert_close(with_one(x, GRID), plain(x, GRID))


# Liger


def test_gated_attention_is_its_formula():
    q, k, v = draw()
    weights = q.softmax(-1) @ (k.sigmoid() * k.softmax(-1)).transpose(-2, -1)
    torch.testing.assert_close(gated_attention(q, k, v), weights @ v / (weights.sum(-1, keepdim=True) + 1e-6))


@pytest.mark.parametrize("count", [1, 8, 9, 40, 150])  # one chunk, chunks, chunks of chunks
def test_a_gated_scan_is_the_recurrence_from_both_ends(count):
    q, k, v = draw(tokens=count)
    decays = (F.logsigmoid(k) / 4).exp()
    weighted, sums = torch.zeros_like(v), torch.zeros(2, 2, count, 1, dtype=torch.float64)
    for order, itself in ((range(count), True), (range(count - 1, -1, -1), False)):
        state, total = k.new_zeros(2, 2, 4, 4), k.new_zeros(2, 2, 4, 1)
        for i in order:
            kept = decays[:, :, i, :, None]
            read = q.softmax(-1)[:, :, i : i + 1]
            key, value = k.softmax(-1)[:, :, i, :, None], v[:, :, i : i + 1]
            if not itself:  # a state goes over this token before it is read, without the token itself
                weighted[:, :, i : i + 1] += read @ (kept * state)
                sums[:, :, i : i + 1] += read @ (kept * total)
            state, total = kept * state + key @ value, kept * total + key
            if itself:
                weighted[:, :, i : i + 1] += read @ state
                sums[:, :, i : i + 1] += read @ total
    torch.testing.assert_close(gated_scan(q, k, v, 4.0), weighted / sums)


def test_without_decay_a_scan_has_no_order():
    q, k, v = draw()
    weights = q.softmax(-1) @ k.softmax(-1).transpose(-2, -1)
    torch.testing.assert_close(gated_scan(q, k, v, 1e15), weights @ v / weights.sum(-1, keepdim=True))


# LoLCATs


def test_window_and_features_share_a_denominator():
    q, k, v = draw()
    features = torch.randn(2, 2, 4, 2, dtype=torch.float64).unbind()
    gate = torch.randn(2, dtype=torch.float64)
    found = joined_attention(q, k, v, *features, gate, GRID, 2)
    windows = Windows(GRID, 2)
    numbers = torch.arange(windows.number, dtype=torch.float64)[None, None, :, None, None]
    of = windows.join(numbers.expand(1, 1, -1, 4, 1))[0, 0, :, 0]
    same = of[:, None] == of[None]
    logits = q @ k.transpose(-2, -1) / 2
    largest = logits.masked_fill(~same, -torch.inf).amax(-1, keepdim=True)
    near = gate.sigmoid()[:, None, None] * (logits - largest).exp()
    far = hedgehog(q, features[0]) @ hedgehog(k, features[1]).transpose(-2, -1)
    weights = torch.where(same, near, far)
    torch.testing.assert_close(found, weights @ v / weights.sum(-1, keepdim=True))


def test_a_part_left_out_is_the_other_alone():
    q, k, v = draw()
    features, gate = torch.randn(2, 2, 4, 2, dtype=torch.float64).unbind(), torch.zeros(2, dtype=torch.float64)
    arguments = (q, k, v, *features, gate, GRID, 2)
    torch.testing.assert_close(joined_attention(*arguments, "linear"), Windows(GRID, 2).attention(q, k, v))
    weights = hedgehog(q, features[0]) @ hedgehog(k, features[1]).transpose(-2, -1)
    torch.testing.assert_close(joined_attention(*arguments, "window"), weights @ v / weights.sum(-1, keepdim=True))


def test_dropping_the_window_is_for_training_alone():
    mixer, x = mixer_of("lolcats", window=2, window_dropout=1.0), tokens()
    mixer.train()
    dropped = mixer(x, GRID)
    mixer.eval()
    assert not torch.allclose(mixer(x, GRID), dropped)
    mixer.without = "window"
    torch.testing.assert_close(mixer(x, GRID), dropped)


# What a student begins as


def network_of(token_mixer, **arguments):
    tiny = {"num_layers": 2, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2}
    config = {"caption_channels": 16, "token_mixer": token_mixer, "mixer_args": arguments or None}
    return LiTTransformer2DModel(**tiny, **config)


GIVEN = torch.randn(1, 8, 8, 8), torch.tensor([300.0]), torch.randn(1, 4, 16)


@pytest.mark.parametrize("name, fresh", [
    ("transnormer", []),
    ("liger", []),
    ("lolcats", ["gate", "key_features", "query_features"]),
    ("deltanet", ["convolution.bias", "convolution.weight", "norm.weight", "rate.bias", "rate.weight"]),
])  # fmt: skip
def test_what_a_student_takes_over(name, fresh):
    teacher, student = randomised(network_of("softmax"), 4), randomised(network_of(name), 5)
    assert inherit(student, teacher) == [f"blocks.{layer}.attn.{part}" for layer in range(2) for part in fresh]


def test_where_a_window_covers_the_picture_a_student_begins_as_its_teacher():
    """LoLCATs in every layer; Liger with its linear half left out; TransNormer in the first half of its layers."""
    teacher = randomised(network_of("softmax"), 4)
    expected = teacher(*GIVEN).sample
    for name in ("lolcats", "liger"):
        student = network_of(name)
        inherit(student, teacher)
        for block in student.blocks:
            block.attn.without = "linear" if name == "liger" else ""
        torch.testing.assert_close(student(*GIVEN).sample, expected, rtol=1e-4, atol=1e-5)
    first = network_of(["transnormer", "softmax"])
    inherit(first, teacher)
    torch.testing.assert_close(first(*GIVEN).sample, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["transnormer", "deltanet", "liger", "lolcats"])
def test_half_precision_stays_near(name):
    for layer in range(2):
        mixer, x = mixer_of(name, layer, width=32), tokens(32)
        exact = mixer(x, GRID)
        found = mixer.to(torch.bfloat16)(x.to(torch.bfloat16), GRID)
        assert found.dtype == torch.bfloat16
        assert (found.double() - exact).norm() / exact.norm() < 0.05
