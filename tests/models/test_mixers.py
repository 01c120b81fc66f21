"""Token mixers: what holds for each of the registry, how a config names them, and the recipe for a new one."""

import pytest
import torch
import torch.nn.functional as F
from conftest import make_pipeline
from scope.conftest import randomised
from scope.laws import assert_laws
from torch import nn
from torch.overrides import TorchFunctionMode

from lit.errors import InputError
from lit.linearize.inherit import inherit
from lit.models.mixers import TOKEN_MIXERS, TokenMixer, make_mixers
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.scope import LinearScope
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region
from lit.settings import GenerationSettings
from lit.training.objectives import FlowObjective
from lit_kernels import linear_attention

GRIDS = [(1, 13), (7, 1), (5, 3), (1, 1)]

# Each mixer in each of its forms: its name, which of three layers, and its arguments.
CASES = {
    "softmax": ("softmax", 1, {}),
    "lit": ("lit", 1, {}),
    "lit-plain": ("lit", 1, {"convolution": False}),
    "transnormer-windows": ("transnormer", 1, {"window": 3, "shift": True}),
    "transnormer-norm": ("transnormer", 2, {}),
    "transnormer-t1-windows": ("transnormer", 0, {"kind": "T1"}),
    "transnormer-t1-norm": ("transnormer", 2, {"kind": "T1"}),
    "deltanet": ("deltanet", 0, {}),
    "deltanet-columns": ("deltanet", 1, {"convolution": 0, "negative": True}),
    "deltanet-lines": ("deltanet", 1, {"form": "lines"}),
    "liger": ("liger", 1, {"window": 2}),
    "liger-scan": ("liger", 1, {"window": 2, "form": "scan", "divisor": 4.0}),
    "lolcats": ("lolcats", 1, {"window": 2}),
}


def make(case) -> TokenMixer:
    """With weights large enough to be far from linear."""
    name, layer, arguments = CASES[case]
    mixer = make_mixers(name, 12, 3, 3, arguments)[layer]
    return randomised(mixer, seed=1, scale=0.4).double()


def test_every_mixer_is_a_case():
    assert {name for name, *_ in CASES.values()} == set(TOKEN_MIXERS)


def tokens(grid, batch=1):
    return torch.randn(batch, grid[0] * grid[1], 12, generator=torch.Generator().manual_seed(2)).double()


@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("case", CASES)
def test_any_grid_and_a_batch_is_its_single_ones(case, grid):
    mixer, x = make(case), tokens(grid, 3)
    together = mixer(x, grid)
    assert together.shape == x.shape and together.isfinite().all()
    torch.testing.assert_close(together, torch.cat([mixer(one, grid) for one in x.split(1)]))


class AsOnAGPU(TorchFunctionMode):
    """What autocast computes in fp32 on a GPU, and on a processor does not."""

    WIDE = {"softmax", "log_softmax", "exp", "log", "pow", "norm", "rsqrt", "cumsum", "sum", "prod", "softplus"}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if hasattr(func, "__wrapped__"):  # an operator of ours, of which the inside counts
            with self:
                return func.__wrapped__(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") in self.WIDE:
            args = [one.float() if isinstance(one, torch.Tensor) else one for one in args]
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("case", CASES)
def test_autocast_changes_the_result_by_its_rounding_alone(case):
    mixer, x = make(case).float(), tokens((5, 3), 2).float().requires_grad_()
    whole = mixer(x, (5, 3))
    with torch.autocast("cpu", torch.bfloat16), AsOnAGPU():  # as networks train there
        half = mixer(x, (5, 3))
    assert (half.float() - whole).norm() < 0.05 * whole.norm()
    half.float().square().sum().backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize(
    "case", [case for case in CASES if case not in ("transnormer-windows", "transnormer-t1-windows")]
)
def test_every_token_sees_every_other(case):
    mixer, x = make(case), tokens((3, 5))
    x.requires_grad_()
    for token in (0, 14):
        (gradient,) = torch.autograd.grad(mixer(x, (3, 5))[0, token].square().sum(), x)
        assert gradient.abs().sum(-1).min() > 0


@pytest.mark.parametrize("case", CASES)
def test_every_parameter_learns(case):
    mixer = make(case).requires_grad_(True)
    mixer(tokens((3, 5), 2), (3, 5)).square().sum().backward()
    assert [n for n, p in mixer.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("path", ["value", "query"])
@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("case", CASES)
def test_a_replay_exists_and_obeys_the_laws(case, grid, path):
    mixer, x = make(case), tokens(grid)
    assert_laws(LinearScope(mixer, path).at(x, grid), mixer(x, grid), 1e-12)


@pytest.mark.parametrize("case", CASES)
def test_two_paths_are_two_maps_just_where_the_mixer_says_that_it_is_linear(case):
    mixer, x = make(case), tokens((3, 5))
    by_value, by_query = (LinearScope(mixer, path).at(x, (3, 5)).linear(x) for path in ("value", "query"))
    assert torch.allclose(by_value, by_query) != mixer.linear


@pytest.mark.parametrize("name", [*TOKEN_MIXERS, ["softmax", "lit"]], ids=str)
def test_a_config_brings_its_mixers_back(tmp_path, name):
    network = randomised(network_of(name), seed=3)
    network.save_pretrained(tmp_path)
    again = LiTTransformer2DModel.from_pretrained(tmp_path)
    given = torch.randn(1, 8, 6, 10), torch.tensor([300.0]), torch.randn(1, 4, 16)
    torch.testing.assert_close(again(*given).sample, network(*given).sample)
    kinds = [name, name] if isinstance(name, str) else name
    assert [type(block.attn) for block in again.blocks] == [TOKEN_MIXERS[kind] for kind in kinds]


def network_of(token_mixer, **config):
    tiny = {"num_layers": 2, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2}
    return LiTTransformer2DModel(**tiny | {"caption_channels": 16, "token_mixer": token_mixer} | config)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"token_mixer": "hyena"},
            "token_mixer: got 'hyena'; one of softmax, lit, transnormer, deltanet, liger",
        ),
        ({"token_mixer": ["lit", 3]}, "token_mixer: got 3; one of"),
        ({"token_mixer": ["lit"]}, "token_mixer: got '1 names'; one, or one for each of 2 layers"),
        ({"token_mixer": 3}, "token_mixer: got 3; a name"),
        ({"num_attention_heads": 3}, "num_attention_heads: got 3; a divisor of the width 32"),
        ({"num_attention_heads": "two"}, "num_attention_heads: got 'two'"),
        ({"mixer_args": {"window": 8}}, "mixer_args: got 'window'; lit takes convolution"),
        ({"token_mixer": "transnormer", "mixer_args": {"kind": "T3"}}, "kind: got 'T3'; T1 or T2"),
        ({"token_mixer": "transnormer", "mixer_args": {"window": 0}}, "window: got 0; the side of a window in tokens"),
        ({"token_mixer": "lolcats", "mixer_args": {"window": 64}}, "window: got 64; .* from 1 to 32"),
        ({"token_mixer": "lolcats", "mixer_args": {"window_dropout": 1.5}}, "window_dropout: got 1.5; a share from 0"),
        ({"token_mixer": "liger", "mixer_args": {"form": "rnn"}}, "form: got 'rnn'; one of gates, scan"),
        ({"token_mixer": "liger", "mixer_args": {"divisor": 0.5}}, "divisor: got 0.5; a number from 1"),
        ({"token_mixer": "lit", "mixer_args": {"convolution": 5}}, "convolution: got 5; true or false"),
        ({"num_attention_heads": [2, 5]}, "num_attention_heads: got 5; a divisor of the width"),
        ({"num_attention_heads": [2]}, "num_attention_heads: got '1 numbers'; one for each of 2 layers"),
        ({"token_mixer": "deltanet", "mixer_args": {"form": "rnn"}}, "form: got 'rnn'; one of tokens, lines"),
        (
            {"token_mixer": "deltanet", "mixer_args": {"order": "z"}},
            "order: got 'z'; one of alternating, rows",
        ),
        ({"token_mixer": "deltanet", "mixer_args": {"convolution": 4}}, "convolution: got 4; an odd side"),
        ({"mixer_args": 8}, "mixer_args: got 8; arguments of the mixer by name"),
    ],
)
def test_what_no_mixer_takes_is_named(config, words):
    with pytest.raises(InputError, match=words):
        network_of(**{"token_mixer": "lit"} | config)


def test_a_config_from_before_mixers_had_arguments_loads():
    config = {key: value for key, value in network_of("lit").config.items() if key != "mixer_args"}
    assert LiTTransformer2DModel.from_config(config).config.mixer_args is None


def test_a_student_of_mixed_kinds_inherits_layer_by_layer():
    teacher, student = randomised(network_of("softmax"), 4), randomised(network_of(["softmax", "lit"]), 5)
    fresh = inherit(student, teacher)
    assert fresh == [f"blocks.1.attn.{name}" for name in ("dwc.bias", "dwc.weight", "qkv.bias", "qkv.weight")]
    taught = teacher.state_dict()
    same = [name for name, value in student.state_dict().items() if torch.equal(value, taught.get(name, value + 1))]
    assert sorted(same + fresh) == sorted(student.state_dict())


# CONTRIBUTING's recipe: a class in a file and one line in the registry. Nothing else knows of this one.


class MadeUpMixer(TokenMixer):
    """Linear attention with gates; in the first half of the layers softmax instead of it, as TransNormer has it."""

    inherits = ("qkv", "proj")

    def __init__(self, width, heads, layer=0, depth=1, *, sharpness=1.0):
        super().__init__(width, heads, layer, depth)
        self.linear = layer >= depth / 2
        self.sharpness, self.gate = sharpness, nn.Parameter(torch.ones(width // heads))

    def mix(self, q, k, v, grid):
        q = q * self.gate
        if self.linear:
            return linear_attention(F.silu(q * self.sharpness), F.silu(k), v, feature_map="relu")
        return F.scaled_dot_product_attention(q * self.sharpness, k, v)


def test_the_recipe_for_a_mixer_is_enough(monkeypatch, text_encoder, tmp_path):
    monkeypatch.setitem(TOKEN_MIXERS, "made-up", MadeUpMixer)
    pipe = make_pipeline(text_encoder, token_mixer="made-up", mixer_args={"sharpness": 2.0}, num_layers=3)
    network = pipe.transformer
    assert [block.attn.linear for block in network.blocks] == [False, False, True]
    # It learns,
    network.requires_grad_(True)
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)  # moves nothing that has no gradient
    before = {name: value.clone() for name, value in network.named_parameters()}
    words = torch.randn(2, 5, 384)
    loss, _ = FlowObjective(network, FlowObjective.Arguments())(
        torch.randn(2, 8, 8, 8), words, torch.ones(2, 5), torch.tensor([0, 1])
    )
    loss.backward()
    optimizer.step()
    moved = {name for name, value in network.named_parameters() if not torch.equal(value, before[name])}
    assert {name for name in before if ".attn." in name} <= moved
    # is stored, loaded and draws,
    pipe.save_pretrained(tmp_path)
    again = LiTPipeline.from_pretrained(tmp_path, text_encoder=text_encoder, torch_dtype="float32")
    again.set_progress_bar_config(disable=True)
    assert again.transformer.config.mixer_args == {"sharpness": 2.0}
    settings = GenerationSettings("a cat", height=64, width=64, num_inference_steps=2, seed=3)
    opened = OpenedDrawing.open(again, settings)
    assert opened.image.tobytes() == again.generate(settings).images[0].tobytes()
    # and LinearScope sees it, both ways.
    assert opened.paths == ("value", "query")
    for path in opened.paths:
        assert opened.step(1, path=path).contributions(Region(8, 8, 24, 40)).miss < 1e-5
        grid, x = (3, 5), torch.randn(1, 15, 32).double()
        for block in again.transformer.double().blocks:
            assert_laws(LinearScope(block.attn, path).at(x, grid), block.attn(x, grid), 1e-12)
        again.transformer.float()
    # A student of a softmax teacher keeps what the class says.
    teacher, student = network_of("softmax"), network_of("made-up")
    assert inherit(student, teacher) == ["blocks.0.attn.gate", "blocks.1.attn.gate"]
    with pytest.raises(InputError, match="mixer_args: got 'dull'; made-up takes sharpness"):
        network_of("made-up", mixer_args={"dull": 1})
