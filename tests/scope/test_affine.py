"""A captured transformer is an affine map: away from the captured point, backwards, and in its parts."""

import pytest
import torch
from scope.laws import adjoint, affinity, assert_laws, miss
from torch.nn.attention import SDPBackend, sdpa_kernel

import lit.scope.tape
from lit.errors import InputError
from lit.scope import LinearScope
from lit.scope.registry import REPLAYS

TOLERANCE = {torch.float32: 3e-6, torch.float64: 1e-13}


def run(network, latents, conditioning):
    dtype = network.patch.weight.dtype
    told = {k: v.to(dtype) if v.is_floating_point() else v for k, v in conditioning.items()}
    return latents.to(dtype), told, network(latents.to(dtype), **told).sample


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("path", ["value", "query"])
@pytest.mark.parametrize("mixer", ["lit", "softmax"])
def test_a_transformer_obeys_the_laws(make_transformer, latents, conditioning, mixer, path, dtype):
    network = make_transformer(mixer, dtype)
    x, told, expected = run(network, latents, conditioning)
    assert_laws(LinearScope(network, path).at(x, **told), expected, TOLERANCE[dtype])


def test_the_two_attention_paths_are_two_maps(make_transformer, latents, conditioning):
    network = make_transformer()
    by_value, by_query = (LinearScope(network, path).at(latents, **conditioning) for path in ("value", "query"))
    assert miss(by_value.value, by_query.value) < 1e-13
    assert miss(by_value.linear(latents), by_query.linear(latents)) > 0.01


def test_a_gelu_left_live_passes_at_the_point_and_fails_the_affinity(
    make_transformer, latents, conditioning, monkeypatch
):
    monkeypatch.delitem(REPLAYS, ("gelu", None))
    monkeypatch.setattr(lit.scope.tape, "MAPS", lit.scope.tape.MAPS | {"gelu"})
    network = make_transformer()
    x, told, expected = run(network, latents, conditioning)
    affine = LinearScope(network).at(x, **told)
    assert miss(affine(x), expected) < 1e-13
    assert affinity(affine) > 0.01


def test_the_plain_jacobian_does_not_reconstruct(make_transformer, latents, conditioning):
    network = make_transformer()
    x, told, expected = run(network, latents, conditioning)
    affine = LinearScope(network).at(x, **told)
    rest = affine.words().sum(0) + affine.bias
    with sdpa_kernel(SDPBackend.MATH):  # the others cannot be differentiated forwards
        _, plain = torch.func.jvp(lambda u: network(u, **told).sample, (x,), (x,))
    assert miss(affine.linear(x) + rest, expected) < 1e-13
    assert miss(plain + rest, expected) > 0.1


def test_bias_and_parts_are_replays_at_zero(make_transformer, latents, conditioning):
    affine = LinearScope(make_transformer()).at(latents, **conditioning)
    zero = torch.zeros_like(latents)
    assert torch.equal(affine.linear(zero), torch.zeros_like(affine.value))
    assert miss(affine(zero), affine.bias + affine.words().sum(0)) < 1e-13
    by_layer = sum(affine.bias_of(lambda origin, one=one: origin == one) for one in affine.origins)
    assert miss(by_layer, affine.bias) < 1e-13


def test_words_are_the_texts_tokens_and_the_style(make_transformer, latents, conditioning):
    affine = LinearScope(make_transformer()).at(latents, **conditioning)
    assert [token.source for token in affine.tokens] == ["word"] * 6 + ["style"]
    words = affine.words()
    assert (words[[4, 5]] == 0).all()  # behind the mask
    assert (words[[0, 1, 2, 3, 6]].flatten(1).norm(dim=1) > 1e-3).all()
    assert torch.allclose(affine.words([1, 6]), words[[1, 6]], atol=1e-14)
    found = affine.contributions((0, 3, 4, 5))
    assert found.words == pytest.approx(words[:, 0, 3, 4, 5].tolist(), abs=1e-13)


def test_rows_and_columns_are_the_matrix(make_transformer, latents, conditioning):
    affine = LinearScope(make_transformer(out_channels=8)).at(latents, **conditioning)
    pixels, places = [(0, 3, 4), (7, 7, 7), (2, 0, 5)], [(1, 2, 3), (0, 0, 0)]
    rows, columns = affine.row(pixels), affine.column(places)
    assert rows.shape == (3, 1, 8, 8, 8) and columns.shape == (2, 1, 8, 8, 8)
    for i, pixel in enumerate(pixels):
        assert torch.allclose(rows[i], affine.row((0, *pixel)), atol=1e-14)
        for j, place in enumerate(places):
            assert rows[i][(0, *place)].item() == pytest.approx(columns[j][(0, *pixel)].item(), abs=1e-13)


def test_stacks_are_single_ones(make_transformer, latents, conditioning):
    affine = LinearScope(make_transformer()).at(latents, **conditioning)
    u = torch.randn(11, *latents.shape).double()  # more than go through together
    for method in (affine, affine.linear, affine.transpose):
        assert miss(method(u), torch.stack([method(one) for one in u])) < 1e-13


def test_inner_layers_are_maps_too(make_transformer, latents, conditioning):
    affine = LinearScope(make_transformer()).at(latents, **conditioning)
    inner = affine.to("blocks.0")
    assert inner.output_shape == (1, 16, 32) and "blocks.1" in affine.layers
    assert affinity(inner) < 1e-13 and adjoint(inner) < 1e-13
    with pytest.raises(InputError, match="layer: got 'blocks.9'"):
        affine.to("blocks.9")


def test_modes_are_those_of_the_dense_matrix(make_transformer, conditioning):
    x = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(3)).double()
    affine = LinearScope(make_transformer(in_channels=2, out_channels=3)).at(x, **conditioning)
    basis = torch.eye(x.numel(), dtype=x.dtype).view(-1, *x.shape)
    dense = affine.linear(basis).flatten(1).T  # (outputs, inputs)
    modes = affine.modes(6, steps=30)
    assert torch.allclose(modes.singular_values, torch.linalg.svdvals(dense)[:6], rtol=1e-6)
    left, right = modes.outputs.flatten(1), modes.inputs.flatten(1)
    eye = torch.eye(6, dtype=x.dtype)
    assert (left @ left.T - eye).abs().max() < 1e-10 and (right @ right.T - eye).abs().max() < 1e-10
    assert miss(right @ dense.T, modes.singular_values[:, None] * left) < 1e-5
    # All of them rebuild the map.
    every = affine.modes(dense.shape[1], steps=dense.shape[1])
    rebuilt = every.outputs.flatten(1).T @ (every.singular_values[:, None] * every.inputs.flatten(1))
    assert miss(rebuilt, dense) < 1e-10


def test_modes_tell_progress_and_stop(make_transformer, latents, conditioning):
    affine = LinearScope(make_transformer()).at(latents, **conditioning)
    seen = []
    stopped = affine.modes(4, on_progress=lambda *done: seen.append(done), cancelled=lambda: len(seen) == 3)
    assert [done for done, _ in seen] == [1, 2, 3] and len({of for _, of in seen}) == 1 and seen[0][1] > 4
    assert not stopped.finished and len(stopped.singular_values) == 3
    assert len(affine.modes(4, cancelled=lambda: True).singular_values) == 0
    for k in (0, 10_000, 2.5):
        with pytest.raises(InputError, match="modes: got"):
            affine.modes(k)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda a: a(torch.zeros(1, 8, 4, 4)), "u: got .* a tensor of shape"),
        (lambda a: a.linear(torch.full((1, 8, 8, 8), torch.nan)), "u: got .*not finite"),
        (lambda a: a.transpose(torch.zeros(3)), "v: got"),
        (lambda a: a.row((0, 8, 0, 0)), "index: got .* a place inside"),
        (lambda a: a.column((1, 2)), "index: got"),
        (lambda a: a.row(5), "index: got 5; a place inside"),
        (lambda a: a.row((0.5, 1, 2)), "index: got .* whole numbers"),
        (lambda a: a.contributions(torch.zeros(2, 2)), "region: got"),
    ],
)
def test_bad_questions_are_named(make_transformer, latents, conditioning, ask, words):
    affine = LinearScope(make_transformer()).at(latents, **conditioning)
    with pytest.raises(InputError, match=words):
        ask(affine)


def test_a_closed_map_says_so(make_transformer, latents, conditioning):
    with LinearScope(make_transformer()).at(latents, **conditioning) as affine:
        affine.row((0, 0, 0))
    for ask in (lambda: affine.linear(latents), lambda: affine.row((0, 0, 0)), lambda: affine.layers):
        with pytest.raises(InputError, match="closed"):
            ask()
