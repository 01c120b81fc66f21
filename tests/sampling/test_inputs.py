"""What may stand in place of words and seeds, as diffusers' pipelines take it: the same pictures, or a clear no."""

import pytest
import torch

from lit.errors import InputError
from lit.sampling.inputs import seed_of

SMALL = {"num_inference_steps": 2, "height": 64, "width": 96, "output_type": "latent"}
NAMES = ("prompt_embeds", "prompt_attention_mask", "negative_prompt_embeds", "negative_prompt_attention_mask")


def drawn(pipe, *arguments, **options):
    output = pipe(*arguments, **SMALL | options)
    return torch.stack(output.images), output.settings


def generators(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


@pytest.mark.parametrize("scale", [1.0, 4.0])
@pytest.mark.parametrize("kind", ["tiny_pipeline", "tiny_epsilon_pipeline"])
def test_encoded_words_draw_what_the_words_draw(kind, scale, request):
    pipe = request.getfixturevalue(kind)
    options = {"seed": 7, "guidance_scale": scale, "num_images_per_prompt": 2, "style": "blob"}
    words, settings = drawn(pipe, ["a cat", "two dogs"], negative_prompt="red", **options)
    encoded = dict(zip(NAMES, pipe.encode_prompt(["a cat", "two dogs"], "red"), strict=True))
    images, found = drawn(pipe, **encoded, **options)
    assert torch.equal(images, words)
    assert [one.seed for one in found] == [one.seed for one in settings] == [7, 8, 7, 8]
    assert {one.prompt for one in found} == {""} and {one.style for one in found} == {"blob"}
    # The negative prompt may stay words.
    positive = {name: encoded[name] for name in NAMES[:2]}
    assert torch.equal(drawn(pipe, **positive, negative_prompt="red", **options)[0], words)


@pytest.mark.parametrize("kind", ["tiny_pipeline", "tiny_flow_pipeline"])
@pytest.mark.parametrize("negative", ["", "red"])
def test_any_number_of_tokens_is_taken(kind, negative, request):
    pipe = request.getfixturevalue(kind)
    parts = [part[:, :8] for part in pipe.encode_prompt("a cat", negative)]
    # What has guidance built in is told the scale where nothing is said not to be there.
    given = dict(zip(NAMES[: 4 if negative or kind == "tiny_flow_pipeline" else 2], parts, strict=False))
    images, _ = drawn(pipe, **given, seed=1)
    expected, _ = drawn(pipe, "a cat", negative_prompt=negative, seed=1)
    torch.testing.assert_close(images, expected, atol=1e-4, rtol=1e-4)


def test_given_noise_draws_what_its_seed_draws(tiny_pipeline):
    expected, settings = drawn(tiny_pipeline, "a cat", seed=7, num_images_per_prompt=2)
    noise = tiny_pipeline.noise(settings)
    images, found = drawn(tiny_pipeline, "a cat", latents=noise, num_images_per_prompt=2)
    assert torch.equal(images, expected) and [one.seed for one in found] == [None, None]
    half, _ = drawn(tiny_pipeline, "a cat", latents=noise.half(), num_images_per_prompt=2)
    torch.testing.assert_close(half, expected, atol=1e-2, rtol=1e-2)


def test_generators_draw_what_their_seeds_draw_and_a_seed_is_recorded_where_it_says_it(tiny_pipeline):
    expected, _ = drawn(tiny_pipeline, "a cat", seed=7, num_images_per_prompt=3)
    images, found = drawn(tiny_pipeline, "a cat", generator=generators(7, 8, 9), num_images_per_prompt=3)
    assert torch.equal(images, expected) and [one.seed for one in found] == [7, 8, 9]
    # One for all is drawn from in turn: what it draws second no seed draws.
    (one,) = generators(7)
    images, found = drawn(tiny_pipeline, "a cat", generator=one, num_images_per_prompt=2)
    assert torch.equal(images[0], expected[0]) and not torch.equal(images[1], expected[1])
    assert [one.seed for one in found] == [7, None]
    again, found = drawn(tiny_pipeline, "a cat", generator=one)
    assert found[0].seed is None and not torch.equal(again[0], images[1])


def test_a_seed_is_known_of_a_fresh_generator_of_ours_only():
    assert seed_of(generators(0)[0]) == 0 and seed_of(generators(2**32 - 1)[0]) == 2**32 - 1
    assert seed_of(generators(2**32)[0]) is None
    (used,) = generators(3)
    torch.randn(1, generator=used)
    assert seed_of(used) is None
    assert seed_of(used.manual_seed(3)) == 3


def embeds(pipe, **changes):
    return dict(zip(NAMES, pipe.encode_prompt("a cat"), strict=True)) | changes


BAD = {
    "neither": (lambda pipe: {}, "prompt_embeds: got None; either a prompt"),
    "both": (lambda pipe: embeds(pipe, prompt="a cat"), "prompt_embeds: got 'a prompt beside"),
    "no mask": (
        lambda pipe: embeds(pipe, prompt_attention_mask=None),
        "prompt_attention_mask: got None; a mask .1, 32",
    ),
    "a mask alone": (
        lambda pipe: {"prompt": "a", "prompt_attention_mask": torch.ones(1, 32)},
        "a mask with prompt_embeds",
    ),
    "no tensor": (lambda pipe: embeds(pipe, prompt_embeds="cat"), "prompt_embeds: got 'cat'; floating-point"),
    "width": (
        lambda pipe: embeds(pipe, prompt_embeds=torch.ones(1, 32, 5)),
        r"got \(1, 32, 5\); .*\(prompts, tokens, 384\)",
    ),
    "empty": (lambda pipe: embeds(pipe, prompt_embeds=torch.ones(0, 32, 384)), r"got \(0, 32, 384\)"),
    "mask's shape": (
        lambda pipe: embeds(pipe, prompt_attention_mask=torch.ones(1, 8)),
        r"prompt_attention_mask: got \(1, 8\)",
    ),
    "two negatives": (
        lambda pipe: embeds(pipe, negative_prompt="red"),
        "negative_prompt_embeds: got 'a negative prompt",
    ),
    "negative alone": (
        lambda pipe: embeds(pipe, prompt="a", prompt_embeds=None, prompt_attention_mask=None),
        "got 'no prompt_embeds",
    ),
    "other shape": (
        lambda pipe: embeds(
            pipe, negative_prompt_embeds=torch.ones(2, 32, 384), negative_prompt_attention_mask=torch.ones(2, 32)
        ),
        r"negative_prompt_embeds: got \(2, 32, 384\); the shape \(1, 32, 384\)",
    ),
    "other tokens": (
        lambda pipe: {
            "prompt_embeds": torch.ones(1, 8, 384),
            "prompt_attention_mask": torch.ones(1, 8),
            "negative_prompt": "red",
        },
        "negative_prompt: got '32 tokens'; 8 tokens",
    ),
    "latents' shape": (
        lambda pipe: {"prompt": "a", "latents": torch.ones(1, 8, 8, 8)},
        r"latents: got \(1, 8, 8, 8\); .*\(1, 8, 8, 12\)",
    ),
    "latents' kind": (lambda pipe: {"prompt": "a", "latents": torch.ones(1, 8, 8, 12).int()}, "latents: got"),
    "seed and latents": (
        lambda pipe: {"prompt": "a", "seed": 1, "latents": torch.ones(1, 8, 8, 12)},
        "latents: got 'seed beside it'",
    ),
    "seed and generator": (
        lambda pipe: {"prompt": "a", "seed": 1, "generator": generators(1)},
        "generator: got 'seed beside it'",
    ),
    "too few generators": (
        lambda pipe: {"prompt": ["a", "b"], "generator": generators(1)},
        "generator: got '1 of them'; .* list of 2",
    ),
    "no generators": (lambda pipe: {"prompt": "a", "generator": [7]}, "generator: got 'something else"),
    "encode": (lambda pipe: pipe.encode_prompt(["a", "b"], ["c"] * 3), "negative_prompt: got '3 of them'"),
}


@pytest.mark.parametrize(("given", "words"), BAD.values(), ids=BAD)
def test_what_does_not_fit_is_named_before_any_work(tiny_pipeline, given, words):
    tiny_pipeline.transformer.register_forward_pre_hook(lambda *_: pytest.fail("the network has been called"))
    with pytest.raises(InputError, match=words):
        tiny_pipeline(**SMALL, **given(tiny_pipeline))
