"""Whole networks: ours, a random CNN, diffusers' transformers and decoder; and what a capture leaves behind."""

import copy
import threading
import warnings

import pytest
import torch
from diffusers import AutoencoderKL, DiTTransformer2DModel, PixArtTransformer2DModel
from scope.conftest import randomised
from scope.laws import affinity, assert_laws, miss
from torch import nn

from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.models.evaluator import StickerEvaluator
from lit.scope import LinearScope, UnknownUnit
from lit.scope.tape import CURRENT, Live


def cnn():
    layers = [
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect", groups=4), nn.InstanceNorm2d(8, affine=True),
        nn.LeakyReLU(0.1), nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(8, 8, 3, dilation=2),
        nn.GroupNorm(2, 8), nn.Sigmoid(), nn.ConvTranspose2d(8, 4, 2, stride=2), nn.Tanh(), nn.Dropout(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 5), nn.SiLU(),
    ]  # fmt: skip
    return nn.Sequential(*layers)


def dit():
    config = {"num_attention_heads": 2, "attention_head_dim": 8, "in_channels": 4, "num_layers": 2, "sample_size": 8}
    return DiTTransformer2DModel(**config, out_channels=8, num_embeds_ada_norm=10)


def pixart():
    config = {"num_attention_heads": 2, "attention_head_dim": 8, "in_channels": 4, "num_layers": 2, "sample_size": 8}
    return PixArtTransformer2DModel(**config, out_channels=8, cross_attention_dim=16, caption_channels=12)


def autoencoder_kl():
    return AutoencoderKL(
        block_out_channels=(8, 16), down_block_types=("DownEncoderBlock2D",) * 2, norm_num_groups=4,
        up_block_types=("UpDecoderBlock2D",) * 2, latent_channels=4, layers_per_block=1,
    )  # fmt: skip


def stickers():
    return StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1)


TEXT = torch.randn(1, 5, 12, generator=torch.Generator().manual_seed(1)).double()
DIFFUSERS = {
    "dit": (dit, "forward", {"timestep": torch.tensor([10]), "class_labels": torch.tensor([3])}),
    "pixart": (
        pixart, "forward",
        {"timestep": torch.tensor([10]), "encoder_hidden_states": TEXT,
         "encoder_attention_mask": torch.tensor([[1, 1, 1, 1, 0]])},
    ),
    "autoencoder-kl": (autoencoder_kl, "decode", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFUSERS)
def test_diffusers_networks_obey_the_laws(name):
    make, call, told = DIFFUSERS[name]
    network = nn.Module.double(randomised(make(), seed=2, scale=0.2))
    x = torch.randn(1, 4, 8, 8).double()
    affine = LinearScope(network, call=call).at(x, **told)
    assert_laws(affine, getattr(network, call)(x, **told).sample, 1e-12)
    assert len(affine.tokens) == (5 if name == "pixart" else 0)


def test_a_random_cnn_obeys_the_laws():
    network = randomised(cnn(), seed=3, scale=0.3).double()
    x = torch.randn(2, 3, 16, 16).double()
    assert_laws(LinearScope(network).at(x), network(x.clone()), 1e-12)


@pytest.mark.parametrize(("call", "channels"), [("decode", 8), ("encode", 4), ("forward", 4)])
def test_the_autoencoder_obeys_the_laws(call, channels):
    network = nn.Module.double(randomised(stickers(), seed=4))
    x = torch.randn(1, channels, 16, 16).double()
    assert_laws(LinearScope(network, call=call).at(x), getattr(network, call)(x), 1e-12)


@pytest.mark.parametrize("output", [0, 1])
def test_the_evaluator_obeys_the_laws(output):
    network = StickerEvaluator(
        widths=(8, 8), inner=(8, 4), depths=(1, 1), feature_dim=16, text_dim=8, image_size=32, styles=("a", "b")
    )
    network = nn.Module.double(randomised(network, seed=5, scale=0.3))
    x = torch.randn(1, 4, 64, 64).double()
    affine = LinearScope(network, output=output).at(x)
    assert miss(affine.value, network(x)[output].double()) < 1e-6  # the evaluator's own last steps are in float32
    assert_laws(affine, affine.value, 1e-12)


def test_half_precision_is_converted_and_said(make_transformer, latents, conditioning):
    network = make_transformer(dtype=torch.bfloat16)
    with pytest.warns(UserWarning, match="got torch.bfloat16; a copy converted to torch.float32"):
        scope = LinearScope(network)
    affine = scope.at(latents.bfloat16(), **conditioning)
    assert "bfloat16" in scope.notice and affine.value.dtype == torch.float32
    assert affinity(affine) < 3e-6
    assert network.patch.weight.dtype == torch.bfloat16


def test_a_float32_network_can_be_looked_at_in_float64(make_transformer, latents, conditioning):
    affine = LinearScope(make_transformer(dtype=torch.float32), dtype=torch.float64).at(latents, **conditioning)
    assert affine.value.dtype == torch.float64 and affinity(affine) < 1e-13


class Exploding(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.armed = nn.Linear(3, 3), [True]

    def forward(self, x):
        y = torch.relu(self.first(x))
        if self.armed:
            raise RuntimeError("in the middle")
        return y


def untouched(network, before):
    assert network.__dict__.keys() == before.__dict__.keys()
    for module in network.modules():
        assert "forward" not in module.__dict__
        assert not module._forward_hooks and not module._forward_pre_hooks and not module._backward_hooks
    assert CURRENT.get() is None
    assert type(network(torch.randn(2, 3))) is torch.Tensor


def test_nothing_is_left_behind_after_an_exception():
    torch.manual_seed(0)
    network = Exploding()
    before = copy.deepcopy(network)
    scope = LinearScope(network)
    with pytest.raises(RuntimeError, match="in the middle"):
        scope.at(torch.randn(2, 3))
    network.armed.clear()
    untouched(network, before)
    assert affinity(scope.at(torch.randn(2, 3))) < 1e-5


def test_a_forward_that_was_replaced_is_named():
    network = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    network[1].forward = torch.sin
    with pytest.raises(InputError, match="network: got \"the module '1' with a forward of its own"):
        LinearScope(network)


def test_parametrized_and_compiled_modules_obey_the_laws():
    norm = nn.utils.parametrizations.weight_norm(nn.Linear(3, 3))
    network = nn.Sequential(norm, nn.GELU(), nn.Linear(3, 3)).double().requires_grad_(False)
    x = torch.randn(2, 3).double()
    expected = network(x)
    network[2].compile()
    for one in (network, torch.compile(network)):
        assert_laws(LinearScope(one).at(x), expected, 1e-12)


class Kinds(nn.Module):
    """Tensors of every kind that a network may hold: weights, statistics, a mask, a table that is no buffer."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.gate = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3), nn.PReLU(3)
        self.register_buffer("mask", torch.rand(8, 8) > 0.5)
        self.register_buffer("scale", torch.rand(3, 1, 1))
        self.table = torch.rand(3, 8, 8)
        nn.init.uniform_(self.norm.running_var, 0.5, 2)

    def forward(self, x, shift, several):
        y = self.gate(self.norm(self.first(x))) * self.scale * self.table + shift
        return torch.where(self.mask, y, several[0]) + (self.table + several[1] * x).masked_fill(~self.mask, 2.0)


def every_question(affine):
    """Forwards, backwards, in parts, alone and in stacks."""
    v = affine.value
    affine.modes(2, steps=4)
    affine.words()
    parts = [affine(affine.input), affine.bias, affine.linear(torch.stack([affine.input] * 2)), affine.transpose(v)]
    parts += [affine.transpose(torch.stack([v, v])), affine.row((0, 0, 0)), affine.column((0, 0, 0))]
    parts += [affine.to(layer).transpose(affine.to(layer).value) for layer in affine.layers[:4]]
    assert all(part.isfinite().all() for part in parts)
    assert affine.contributions(v).total == pytest.approx(v.square().sum().item(), rel=1e-4)


@pytest.mark.parametrize("asked", [False, True], ids=["asked outside", "asked inside"])
@pytest.mark.parametrize("given", [False, True], ids=["given outside", "given inside"])
@pytest.mark.parametrize("built", [False, True], ids=["built outside", "built inside"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_inference_mode_makes_no_difference(built, given, asked, dtype):
    """Weights, buffers, masks, other tensors and arguments made in it, and questions asked in it."""
    with torch.inference_mode(built):
        network = Kinds().eval().to(dtype)
    with torch.inference_mode(given):
        x, shift, several = torch.randn(1, 3, 8, 8), torch.randn(8), [torch.randn(8), torch.tensor(3.0)]
    with torch.inference_mode(asked), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a half precision is converted
        affine = LinearScope(network).at(x, shift, several=several)
        every_question(affine)
    with torch.inference_mode():
        expected = network.float()(x, shift, several)
    assert_laws(affine, expected.clone(), 1e-5 if dtype == torch.float32 else 0.05)


@pytest.mark.parametrize("path", ["value", "query"])
@pytest.mark.parametrize("mixer", ["lit", "softmax"])
def test_a_transformer_of_inference_mode_with_its_words_and_mask(make_transformer, latents, conditioning, mixer, path):
    with torch.inference_mode():
        network = make_transformer(mixer)
        x, told = latents.clone(), {name: value.clone() for name, value in conditioning.items()}
    affine = LinearScope(network, path).at(x, **told)
    every_question(affine)
    assert_laws(affine, make_transformer(mixer)(latents, **conditioning).sample, 1e-12)


def test_a_flow_map_that_goes_by_a_policy(make_transformer, latents, conditioning):
    network = make_transformer(prediction_type="flow-map", guidance_range=(1.0, 8.0), policy_points=4)
    told = conditioning | {"r_timestep": torch.tensor([100.0])}
    assert_laws(LinearScope(network).at(latents, **told), network(latents, **told).sample, 1e-12)


@pytest.mark.parametrize("refined", [False, True])
def test_the_words_of_text_layers_add_up_as_they_were_given(make_transformer, latents, conditioning, refined):
    """Given refined, each token's own share; given as they are, through the layers, whose attention is frozen."""
    network = make_transformer(text_layers=2)
    expected = network(latents, **conditioning).sample
    told = dict(conditioning)
    if refined:
        words = network.refine(told["encoder_hidden_states"], told["encoder_attention_mask"])
        told |= {"encoder_hidden_states": words, "words_refined": True}
    affine = LinearScope(network).at(latents, **told)
    assert_laws(affine, expected, 1e-12)
    assert [token.index for token in affine.tokens][:6] == list(range(6)) and len(affine.tokens) == 7
    assert affine.words([4, 5]).abs().max() == 0  # which are padding


def test_trainable_weights_and_inputs_stay_as_they_are():
    network = Kinds().eval().requires_grad_(True)
    network.table.requires_grad_(True)
    given = [torch.randn(1, 3, 8, 8), torch.randn(8), [torch.randn(8), torch.tensor(3.0)]]
    for one in (given[0], given[1], *given[2]):
        one.requires_grad_(True)
    affine = LinearScope(network).at(*given)
    every_question(affine)
    assert_laws(affine, network(*given).detach(), 1e-5)
    held = [*network.parameters(), network.table, *given[:2], *given[2]]
    assert all(one.requires_grad and one.grad is None for one in held)
    assert not any(part.requires_grad for part in (affine.value, affine.bias, affine.row((0, 0, 0))))


def test_captures_nest_and_leave_nothing():
    inner = nn.Sequential(nn.Linear(3, 3), nn.GELU())
    found = []

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            if CURRENT.get() is not None:
                with LinearScope(inner).at(torch.ones(1, 3)) as affine:
                    found.append(affine(torch.zeros(1, 3)))
            return torch.tanh(self.layer(x))

    outer = Outer()
    before = copy.deepcopy(outer)
    x = torch.randn(2, 3)
    with LinearScope(outer).at(x) as affine:
        assert miss(affine(x), outer(x)) < 1e-6
        with pytest.raises(RuntimeError), LinearScope(outer).at(x):
            raise RuntimeError
    assert len(found) == 2 and torch.isfinite(found[0]).all()
    untouched(outer, before)
    untouched(inner, copy.deepcopy(inner))


def test_the_network_can_be_used_from_another_thread_meanwhile():
    network = nn.Sequential(nn.Linear(3, 3), nn.GELU())
    seen = []

    class Meanwhile(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            thread = threading.Thread(target=lambda: seen.append(network(torch.ones(1, 3))))
            thread.start()
            thread.join()
            return self.network(x)

    LinearScope(Meanwhile()).at(torch.randn(2, 3))
    assert seen and not any(isinstance(one, Live) for one in seen)


def test_a_module_that_is_training_is_refused():
    for unit in (nn.Dropout(0.5), nn.BatchNorm2d(3)):
        with pytest.raises(UnknownUnit, match="network.eval"):
            LinearScope(nn.Sequential(nn.Conv2d(3, 3, 1), unit)).at(torch.randn(1, 3, 4, 4))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda n: LinearScope("decoder"), "network: got 'str'"),
        (lambda n: LinearScope(n, "keys"), "path: got 'keys'; one of value, query"),
        (lambda n: LinearScope(n, dtype=torch.float16), "dtype: got 'torch.float16'"),
        (lambda n: LinearScope(n, call="draw"), "call: got 'draw'"),
        (lambda n: LinearScope(n, output=4).at(torch.ones(1, 3)), "output: got 4"),
        (lambda n: LinearScope(n).at(torch.tensor([[1.0, torch.inf, 0.0]])), "x: got .*not finite"),
        (lambda n: LinearScope(n).at([1.0, 2.0]), "x: got 'list'"),
        (lambda n: LinearScope(n).at(torch.full((1, 3), 3e38)), "x: got .*output is not finite"),
    ],
)
def test_bad_input_is_named(make, words):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return 1e9 * self.layer(x), torch.zeros(1)

    with pytest.raises(InputError, match=words):
        make(Two())
