"""The pipeline's laws: the same image however it is asked for, and an end when it is told to stop."""

import pytest
import torch

from lit.errors import CheckpointError, InputError
from lit.pipeline import IMAGES_AT_ONCE, LiTPipeline
from lit.settings import GenerationSettings

SMALL = {"num_inference_steps": 3, "height": 64, "width": 96}


def pixels(output):
    return [image.tobytes() for image in output.images]


def test_a_batch_of_four_is_four_single_images(tiny_pipeline):
    four = tiny_pipeline("a blue dragon", seed=7, num_images_per_prompt=4, **SMALL)
    singles = [pixels(tiny_pipeline("a blue dragon", seed=7 + i, **SMALL))[0] for i in range(4)]
    assert pixels(four) == singles
    assert len(set(singles)) == 4
    assert [settings.seed for settings in four.settings] == [7, 8, 9, 10]
    assert pixels(tiny_pipeline.generate(four.settings[2])) == [singles[2]]


def test_a_list_of_prompts_is_each_prompt_alone(tiny_pipeline):
    prompts = ["a cat", "two dogs beside a very tall green tree", "a cat, noto"]
    together = pixels(tiny_pipeline(prompts, seed=1, **SMALL))
    assert together == [pixels(tiny_pipeline(prompt, seed=1, **SMALL))[0] for prompt in prompts]
    assert len(set(together)) == 3


def test_variations_are_drawn_in_a_batch_as_alone_and_go_from_the_one_picture_to_the_other(tiny_pipeline):
    draw = dict(prompt="a cat", seed=3, num_images_per_prompt=2, variation_seed=40, **SMALL)
    varied = tiny_pipeline(variation_strength=0.4, **draw)
    assert [(one.seed, one.variation_seed) for one in varied.settings] == [(3, 40), (4, 41)]
    assert [pixels(tiny_pipeline.generate(one))[0] for one in varied.settings] == pixels(varied)
    original, other = pixels(tiny_pipeline("a cat", seed=3, **SMALL)), pixels(tiny_pipeline("a cat", seed=40, **SMALL))
    assert pixels(tiny_pipeline(**draw))[:1] == original
    assert pixels(tiny_pipeline(variation_strength=1.0, **draw))[:1] == other
    assert pixels(varied)[:1] not in (original, other)


def test_a_variation_of_noise_that_no_seed_draws_is_refused(tiny_pipeline):
    with pytest.raises(InputError, match="variation_strength: got 0.3; 0 with latents"):
        tiny_pipeline("a cat", variation_strength=0.3, latents=torch.zeros(1, 8, 8, 12), **SMALL)


def test_weights_of_words_count_and_those_of_one_do_not(tiny_pipeline):
    prompts = ["a blue cat", "a (blue:1) cat", "a (blue:1.5) cat"]
    plain, one, more = (pixels(tiny_pipeline(prompt, seed=3, **SMALL)) for prompt in prompts)
    assert plain == one != more
    embeds, mask, *_ = tiny_pipeline.encode_prompt(prompts[2])
    assert pixels(tiny_pipeline(prompt_embeds=embeds, prompt_attention_mask=mask, seed=3, **SMALL)) == more
    with pytest.raises(InputError, match="a weight is a number from 0 to 2"):
        tiny_pipeline("a (blue:3) cat", **SMALL)


def test_a_blend_is_between_its_prompts_and_at_its_ends_they_themselves(tiny_pipeline):
    def draw(prompt, **changes):
        return pixels(tiny_pipeline(prompt, seed=3, **SMALL | changes))

    first, second = draw("a cat, noto"), draw("a robot, blob")
    assert draw("a cat, noto:1 | a robot, blob:0") == first and draw("a cat, noto:0 | a robot, blob:2") == second
    mixed = draw("a cat, noto:0.4 | a robot, blob:0.6")
    assert mixed not in (first, second) and mixed == draw("a cat:2 | a robot:3", style="blob")
    assert draw(["a cat:1 | a robot:1", "a cat"]) == draw("a cat:1 | a robot:1") + draw("a cat")
    assert draw("a cat:1 | a robot:1", negative_prompt="red") != draw("a cat:1 | a robot:1")
    output = tiny_pipeline("a cat, noto:1 | a robot:2", seed=3, **SMALL)
    assert pixels(tiny_pipeline.generate(output.settings[0])) == pixels(output)


def test_blends_and_other_prompts_are_not_drawn_together(tiny_pipeline):
    """They have other numbers of tokens."""
    blend, plain = (GenerationSettings(words, seed=3, **SMALL) for words in ("a cat:1 | a robot:1", "a cat"))
    run = tiny_pipeline.start([blend, blend, plain, blend], output_type="latent", images_at_once=IMAGES_AT_ONCE)
    alone = [tiny_pipeline.generate(one, output_type="latent").images[0] for one in (blend, blend, plain, blend)]
    torch.testing.assert_close(torch.stack(run.finish().images), torch.stack(alone))


def test_images_drawn_together_are_the_same_up_to_rounding(tiny_pipeline):
    """As on an accelerator; here the processor is told to do as one does."""
    settings = GenerationSettings("a cat", seed=3, num_images_per_prompt=IMAGES_AT_ONCE + 2, **SMALL)
    alone = tiny_pipeline.generate(settings, output_type="latent").images
    sizes = []
    tiny_pipeline.transformer.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    run = tiny_pipeline.start(settings, output_type="latent", images_at_once=IMAGES_AT_ONCE)
    together = run.finish().images
    assert sizes == [IMAGES_AT_ONCE] * 3 + [2] * 3
    torch.testing.assert_close(torch.stack(together), torch.stack(alone), atol=1e-4, rtol=1e-4)


def test_words_style_negative_prompt_and_guidance_all_count(tiny_pipeline):
    base = dict(prompt="a cat", seed=5, **SMALL)
    changes = [
        {},
        {"prompt": "a dog"},
        {"style": "blob"},
        {"negative_prompt": "red"},
        {"guidance_scale": 8.0},
        {"seed": 6},
    ]
    images = [pixels(tiny_pipeline(**base | change))[0] for change in changes]
    assert len(set(images)) == len(changes)
    assert pixels(tiny_pipeline(**base | {"prompt": "a cat, blob"}))[0] == images[2]


@pytest.mark.parametrize(
    ("kind", "guidance", "negative", "rows"),
    [
        ("tiny_flow_pipeline", 1, "", 1),
        ("tiny_flow_pipeline", 1.5, "", 2),
        ("tiny_pipeline", 4, "", 1),
        ("tiny_pipeline", 4, "red", 2),
        ("tiny_pipeline", 1, "red", 1),
    ],
)
def test_as_many_branches_run_as_guidance_needs(kind, guidance, negative, rows, request):
    pipe, sizes = request.getfixturevalue(kind), []
    pipe.transformer.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    pipe("a cat", guidance_scale=guidance, negative_prompt=negative, **SMALL)
    assert sizes == [rows] * 3


def test_a_batch_of_which_some_say_what_is_not_to_be_there_is_each_alone(tiny_pipeline):
    """They are guided in two ways, and cannot be drawn together."""
    one, two = (GenerationSettings("a cat", negative_prompt=words, seed=3, **SMALL) for words in ("", "red"))
    run = tiny_pipeline.start([one, two, one], output_type="latent", images_at_once=IMAGES_AT_ONCE)
    together = run.finish().images
    alone = [tiny_pipeline.generate(each, output_type="latent").images[0] for each in (one, two, one)]
    torch.testing.assert_close(torch.stack(together), torch.stack(alone))


def test_guidance_beyond_what_a_flow_map_was_distilled_for_is_refused_but_for_a_negative_prompt(tiny_pipeline):
    with pytest.raises(
        InputError, match="guidance_scale: got 9.0; a number from 1 to 8 .what this model was distilled"
    ):
        tiny_pipeline("a cat", guidance_scale=9.0, **SMALL)
    assert tiny_pipeline("a cat", guidance_scale=9.0, negative_prompt="red", seed=1, **SMALL).images


def test_a_scheduler_takes_its_own_number_of_steps(tiny_pipeline, tiny_flow_pipeline):
    for pipe, scheduler, steps in (
        (tiny_pipeline, None, 8),
        (tiny_pipeline, "flow-euler", 20),
        (tiny_flow_pipeline, None, 20),
        (tiny_flow_pipeline, "flow-heun", 10),
    ):
        (settings,) = pipe("a cat", scheduler=scheduler, height=64, width=64, seed=1, output_type="latent").settings
        assert (settings.num_inference_steps, settings.scheduler) == (steps, scheduler or pipe.schedulers[0])


def test_guidance_extrapolates_from_the_negative_branch(tiny_flow_pipeline):
    """One Euler step from the same noise: latents are affine in the guidance scale."""
    draw = {
        "prompt": "a cat",
        "seed": 1,
        "output_type": "latent",
        "num_inference_steps": 1,
        "height": 64,
        "width": 64,
    }
    one, three, five = (tiny_flow_pipeline(guidance_scale=g, **draw).images[0] for g in (1, 3, 5))
    torch.testing.assert_close(five - three, three - one, atol=1e-4, rtol=1e-3)
    assert not torch.allclose(one, three)


@pytest.mark.parametrize("kind", ["tiny_pipeline", "tiny_flow_pipeline", "tiny_epsilon_pipeline"])
def test_every_scheduler_draws_finite_images_of_its_own(kind, request):
    pipe = request.getfixturevalue(kind)
    drawn = [
        pipe("a cat", seed=1, scheduler=name, output_type="latent", num_inference_steps=4, height=64, width=64).images[
            0
        ]
        for name in pipe.schedulers
    ]
    assert all(latents.isfinite().all() for latents in drawn)
    for i, latents in enumerate(drawn):
        assert latents.shape == (8, 8, 8)
        assert not any(torch.equal(latents, other) for other in drawn[:i])


@pytest.mark.parametrize("kind", ["tiny_pipeline", "tiny_flow_pipeline", "tiny_epsilon_pipeline"])
def test_every_scheduler_arrives_at_the_data_an_exact_model_points_to(kind, request, monkeypatch):
    """A model that knows the data: whatever the scheduler, its output must lead there."""
    pipe = request.getfixturevalue(kind)
    target = torch.randn(1, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    a = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)

    def exact(latents, timestep, **conditioning):
        if pipe.transformer.config.prediction_type != "epsilon":
            return ((latents - target) / (timestep[0] / 1000),)
        at = a[int(timestep[0])]
        return (torch.cat([(latents - at.sqrt() * target) / (1 - at).sqrt(), latents], 1),)

    monkeypatch.setattr(pipe.transformer, "forward", exact)
    for name in pipe.schedulers:
        result = pipe("a", scheduler=name, output_type="latent", num_inference_steps=8, height=64, width=64).images[0]
        torch.testing.assert_close(
            result, target[0], atol=2e-2, rtol=2e-2, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize(("step", "images"), [(0, 1), (2, 1), (4, 2)])
def test_an_interruption_is_honoured_within_one_step(tiny_pipeline, step, images):
    seen = []

    def callback(pipe, index, timestep, tensors):
        seen.append((index, tensors["latents"].shape, tensors["predicted_clean"].shape))
        if len(seen) == step + 1:
            pipe.interrupt()

    output = tiny_pipeline("a cat", seed=1, num_images_per_prompt=3, callback_on_step_end=callback, **SMALL)
    assert len(seen) == step + 1 and output.interrupted
    assert len(output.images) == len(output.settings) == images
    whole = pixels(tiny_pipeline("a cat", seed=1, num_images_per_prompt=2, **SMALL))
    # What was finished is kept as it would have been; what was not is there, and said not to be.
    finished = (step + 1) // 3
    assert output.finished == [True] * finished + [False] * (images - finished)
    assert pixels(output)[:finished] == whole[:finished]
    again = tiny_pipeline("a cat", seed=1, **SMALL)
    assert not again.interrupted and again.finished == [True]


def test_callback_may_replace_the_latents(tiny_pipeline):
    times = []

    def callback(pipe, index, timestep, tensors):
        assert pipe is tiny_pipeline
        times.append((index, round(float(timestep))))
        return {"latents": torch.zeros_like(tensors["latents"])}

    draw = dict(num_images_per_prompt=2, output_type="latent", callback_on_step_end=callback, **SMALL)
    images = tiny_pipeline("a cat", **draw).images
    assert not any(image.any() for image in images)
    assert times == [(0, 1000), (1, 667), (2, 333)] * 2


def test_sizes_scale_and_mode(tiny_pipeline):
    small, large = (tiny_pipeline("a cat", seed=1, output_scale=scale, **SMALL).images[0] for scale in (1, 2))
    assert (small.size, large.size, small.mode) == ((96, 64), (192, 128), "RGBA")


@pytest.mark.parametrize(
    "bad",
    [
        {"style": "anime"},
        {"height": 72},
        {"scheduler": "ddim"},
        {"prompt": ["a cat", ""]},
        {"prompt": None},
        {"output_type": "np"},
    ],
)
def test_bad_values_are_refused_before_any_work(tiny_pipeline, bad):
    tiny_pipeline.transformer.register_forward_pre_hook(lambda *_: pytest.fail("the network has been called"))
    with pytest.raises(InputError):
        tiny_pipeline(**{"prompt": "a cat"} | SMALL | bad)


def test_an_epsilon_model_names_its_own_schedulers(tiny_epsilon_pipeline):
    with pytest.raises(InputError, match="one of ddim"):
        tiny_epsilon_pipeline("a cat", scheduler="flow-euler", **SMALL)
    assert tiny_epsilon_pipeline("a cat", **SMALL).settings[0].scheduler == "ddim"


def test_parts_that_do_not_fit_are_refused(tiny_pipeline, text_encoder):
    from lit.models.transformer import LiTTransformer2DModel

    wide = LiTTransformer2DModel(
        num_layers=1, hidden_size=32, num_attention_heads=2, num_cross_attention_heads=2, caption_channels=768
    )
    with pytest.raises(CheckpointError, match="768 caption channels"):
        LiTPipeline(wide, tiny_pipeline.autoencoder, text_encoder=text_encoder)
