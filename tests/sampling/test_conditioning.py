"""Words, guidance and noise: one object from the words to the network, the same in a batch and alone."""

import types
from dataclasses import replace

import pytest
import torch
from conftest import make_pipeline
from diffusers.configuration_utils import FrozenDict

from lit.sampling.conditioning import Conditioning, encode, encode_words, guide, noise, noise_of, predict
from lit.settings import GenerationSettings


def network(guidance_range=None, dtype=torch.float32):
    """What of a transformer words are encoded for."""
    config = FrozenDict(styles=("blob", "noto"), guidance_range=guidance_range)
    return types.SimpleNamespace(config=config, device=torch.device("cpu"), dtype=dtype)


CLASSIC, BUILT_IN = network(), network((1.0, 8.0))
IMAGES = [
    GenerationSettings("a cat", style="noto", negative_prompt="red"),
    GenerationSettings("two dogs beside a very tall green tree"),
]


@pytest.mark.parametrize(
    ("scale", "transformer", "negative", "branches"),
    [
        (1, CLASSIC, "red", 1),
        (1.0, CLASSIC, "", 1),
        (3.5, CLASSIC, "", 2),
        (3.5, BUILT_IN, "", 1),
        (3.5, BUILT_IN, "red", 2),
        (1.0, BUILT_IN, "red", 1),
    ],
)
def test_images_encoded_together_are_each_alone_joined(text_encoder, scale, transformer, negative, branches):
    changes = {"guidance_scale": scale, "negative_prompt": negative}
    images = [GenerationSettings(**{**vars(one), **changes}) for one in IMAGES]
    together = encode(text_encoder, images, transformer)
    joined = Conditioning.join([encode(text_encoder, [one], transformer) for one in images])
    assert together.branches == joined.branches == branches
    assert together.built_in == joined.built_in == (transformer is BUILT_IN and branches == 1)
    assert together.style_ids.tolist() == [2, 2] * (branches - 1) + [1, 2]
    for name, rows in together.arguments().items():
        assert len(rows) == 2 * branches and torch.equal(rows, joined.arguments()[name])


def test_only_a_network_with_guidance_built_in_is_told_the_scale(text_encoder):
    for transformer, told in ((CLASSIC, None), (BUILT_IN, [4.0])):
        found = encode(text_encoder, IMAGES[1:], transformer).arguments().get("guidance")
        assert (None if found is None else found.tolist()) == told
    assert "guidance" not in encode(text_encoder, IMAGES[:1], BUILT_IN).arguments()  # the classic way


def test_the_negative_prompts_come_first(text_encoder):
    both = encode(text_encoder, IMAGES, CLASSIC)
    words, mask = text_encoder(["red", "", IMAGES[0].prompt, IMAGES[1].prompt])
    assert torch.equal(both.embeddings, words) and torch.equal(both.mask, mask)
    assert encode(text_encoder, IMAGES, network(dtype=torch.bfloat16)).embeddings.dtype == torch.bfloat16


def test_words_without_weights_are_the_encoders_own_to_the_byte(text_encoder):
    prompts = ["a (blue) cat", "a (blue:1) cat", r"a \(blue:1.3\) cat"]
    texts = ["a (blue) cat", "a blue cat", "a (blue:1.3) cat"]
    assert torch.equal(encode_words(text_encoder, prompts)[0], text_encoder(texts)[0])


def test_a_weight_moves_its_word_alone_in_both_prompts(text_encoder):
    plain, _ = text_encoder(["a blue cat"])
    image = GenerationSettings("a (blue:1.5) cat", negative_prompt="a (blue:1.5) cat")
    for row in encode(text_encoder, [image], CLASSIC).embeddings:
        moved = (row != plain[0]).any(1)
        assert moved.tolist() == [False, False, True] + [False] * 29


def test_a_blend_has_the_words_of_all_its_prompts_the_less_of_those_with_the_smaller_share(text_encoder):
    own, mask = text_encoder(["a blue cat", "a robot"])
    (words,), (present,) = encode_words(text_encoder, ["a blue cat:16 | a robot:1"])
    assert torch.equal(words[:32], own[0]) and torch.equal(present, mask.flatten())
    torch.testing.assert_close(words[32:], own[1] / 2)
    both, _ = encode_words(text_encoder, ["a blue cat:1 | a robot:1", "a robot"])
    assert torch.equal(both[0], own.flatten(0, 1)) and torch.equal(both[1, :32], own[1]) and not both[1, 32:].any()


def test_words_go_through_the_networks_own_layers_once_the_prompts_of_a_blend_each_alone(text_encoder):
    network = make_pipeline(text_encoder, text_layers=1).transformer
    prompts = ("a cat", "a robot")
    cat, robot, blend = (
        encode(text_encoder, [GenerationSettings(words, guidance_scale=1.0)], network)
        for words in (*prompts, "a cat:1 | a robot:1")
    )
    raw, mask = text_encoder(prompts)
    torch.testing.assert_close(torch.cat([cat.embeddings, robot.embeddings]), network.refine(raw, mask))
    torch.testing.assert_close(blend.embeddings, torch.cat([cat.embeddings, robot.embeddings], dim=1))
    assert (cat.embeddings - raw[:1]).abs().max() > 1e-3
    joined = Conditioning.join([cat, robot])
    assert joined.words_refined and joined.arguments()["words_refined"]
    latents, time = torch.randn(1, 8, 4, 4), torch.tensor([500.0])
    expected = network(latents, time, raw[:1], mask[:1], style_ids=cat.style_ids, guidance=torch.ones(1)).sample
    torch.testing.assert_close(predict(network, latents, {"timestep": time}, cat), expected)


def test_guidance_goes_from_the_negative_through_the_positive_output():
    negative, positive = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    output = torch.cat([negative, positive])
    torch.testing.assert_close(guide(output, 2.0), 2 * positive - negative)
    torch.testing.assert_close(guide(output, 0.0), negative)


def test_a_prediction_is_each_branch_alone_then_guided(tiny_epsilon_pipeline):
    pipe = tiny_epsilon_pipeline
    latents, time = torch.randn(2, 8, 4, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([500.0])
    both = encode(pipe.text_encoder, IMAGES, pipe.transformer)
    alone = [
        pipe.transformer(latents, time.expand(2), **{name: value[rows] for name, value in both.arguments().items()})
        for rows in (slice(0, 2), slice(2, 4))
    ]
    negative, positive = (output.sample[:, :8] for output in alone)  # the rest is the noise's variance
    found = predict(pipe.transformer, latents, {"timestep": time}, both)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, negative + 4.0 * (positive - negative), atol=1e-5, rtol=1e-4)


def test_noise_depends_on_its_own_seed_only():
    together = noise([3, 4, 3], (8, 2, 6), "cpu")
    assert together.shape == (3, 8, 2, 6) and torch.equal(together[0], together[2])
    assert torch.equal(together[1:2], noise([4], (8, 2, 6), "cpu"))
    assert torch.equal(together[0], torch.randn(8, 2, 6, generator=torch.Generator().manual_seed(3)))
    one = torch.Generator().manual_seed(3)
    drawn = noise([one, one], (8, 2, 6), "cpu")
    assert torch.equal(drawn[0], together[0]) and not torch.equal(drawn[1], drawn[0])


SHAPE = (8, 64, 64)


def varied(strength, seed=3, other=4):
    image = GenerationSettings("a cat", seed=seed, variation_strength=strength, variation_seed=other)
    return noise_of([image], SHAPE, "cpu")


def test_a_variation_goes_from_its_seeds_noise_to_the_other_seeds():
    own, other = noise([3, 4], SHAPE, "cpu").split(1)
    assert torch.equal(varied(0.0), own) and torch.equal(varied(1.0), other)
    torch.testing.assert_close(varied(0.6), 0.8 * own + 0.6 * other)


@pytest.mark.parametrize("strength", [0.2, 0.5, 0.8])
def test_mixed_noise_has_the_variance_of_noise(strength):
    found = varied(strength)
    assert found.std().item() == pytest.approx(1, abs=0.02) and found.mean().item() == pytest.approx(0, abs=0.02)
    # As much of each as is said.
    own, other = noise([3, 4], SHAPE, "cpu")
    assert (found[0] * other).mean().item() == pytest.approx(strength, abs=0.03)
    assert (found[0] * own).mean().item() == pytest.approx((1 - strength**2) ** 0.5, abs=0.03)


def test_a_variation_of_a_variation_begins_where_that_one_is():
    own, first, second = noise([3, 4, 5], SHAPE, "cpu").split(1)
    image = GenerationSettings("a cat", seed=3, variation_of="4:0.6", variation_seed=5)
    assert torch.equal(noise_of([image], SHAPE, "cpu"), varied(0.6))
    found = noise_of([replace(image, variation_strength=0.8)], SHAPE, "cpu")
    torch.testing.assert_close(found, 0.6 * (0.8 * own + 0.6 * first) + 0.8 * second)
    assert found.std().item() == pytest.approx(1, abs=0.02)


def test_variations_drawn_together_are_each_alone():
    images = [
        GenerationSettings("a cat", seed=i, variation_strength=a, variation_seed=9) for i, a in enumerate((0, 0.4, 1))
    ]
    images.append(GenerationSettings("a cat", seed=2, variation_of="7:0.3 8:1", variation_strength=0.2))
    together = noise_of(images, SHAPE, "cpu")
    assert all(torch.equal(together[i : i + 1], noise_of([one], SHAPE, "cpu")) for i, one in enumerate(images))
