"""The pipeline's laws: the same image however it is asked for, and an end when it is told to stop."""

import json

import pytest
import torch

from lit import device
from lit.errors import CheckpointError, InputError
from lit.pipeline import LiTPipeline
from lit.settings import GenerationSettings

SMALL = {"num_inference_steps": 3, "height": 64, "width": 96}
AT_ONCE = LiTPipeline.images_at_once


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


def test_images_drawn_together_are_the_same_up_to_rounding(tiny_pipeline, monkeypatch):
    """On an accelerator they go in chunks; here the processor is told to do as one does."""
    draw = dict(seed=3, num_images_per_prompt=AT_ONCE + 2, output_type="latent", **SMALL)
    alone = tiny_pipeline("a cat", **draw).images
    sizes = []
    tiny_pipeline.transformer.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    jobs = GenerationSettings("a cat", seed=3, **SMALL)
    jobs = [jobs.for_image(i) for i in range(AT_ONCE + 2)]
    monkeypatch.setattr(tiny_pipeline, "_chunks", lambda jobs: [jobs[:AT_ONCE], jobs[AT_ONCE:]])
    together = tiny_pipeline.generate(jobs, output_type="latent").images
    assert sizes == [2 * AT_ONCE] * 3 + [4] * 3
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


@pytest.mark.parametrize(("guidance", "rows"), [(1, 1), (1.5, 2)])
def test_guidance_one_runs_one_branch(tiny_pipeline, guidance, rows):
    sizes = []
    tiny_pipeline.transformer.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    tiny_pipeline("a cat", guidance_scale=guidance, **SMALL)
    assert sizes == [rows] * 3


def test_guidance_extrapolates_from_the_negative_branch(tiny_pipeline):
    """One Euler step from the same noise: latents are affine in the guidance scale."""
    draw = {
        "prompt": "a cat",
        "seed": 1,
        "output_type": "latent",
        "num_inference_steps": 1,
        "height": 64,
        "width": 64,
    }
    one, three, five = (tiny_pipeline(guidance_scale=g, **draw).images[0] for g in (1, 3, 5))
    torch.testing.assert_close(five - three, three - one, atol=1e-4, rtol=1e-3)
    assert not torch.allclose(one, three)


@pytest.mark.parametrize("kind", ["tiny_pipeline", "tiny_epsilon_pipeline"])
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


@pytest.mark.parametrize("kind", ["tiny_pipeline", "tiny_epsilon_pipeline"])
def test_every_scheduler_arrives_at_the_data_an_exact_model_points_to(kind, request, monkeypatch):
    """A model that knows the data: whatever the scheduler, its output must lead there."""
    pipe = request.getfixturevalue(kind)
    target = torch.randn(1, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    flow = pipe.transformer.config.prediction_type == "flow"

    def exact(latents, time, condition, guidance_scale):
        if flow:
            return (latents - target) / (time / 1000)
        a = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)[int(time)]
        return (latents - a.sqrt() * target) / (1 - a).sqrt()

    monkeypatch.setattr(pipe, "_predict", exact)
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


def test_an_interruption_before_the_first_step_draws_nothing(tiny_pipeline, monkeypatch):
    encode = tiny_pipeline._encode
    monkeypatch.setattr(tiny_pipeline, "_encode", lambda jobs: tiny_pipeline.interrupt() or encode(jobs))
    output = tiny_pipeline("a cat", **SMALL)
    assert output.interrupted and output.images == []


def test_callback_may_replace_the_latents_and_progress_is_counted(tiny_pipeline):
    counts = []

    def callback(pipe, index, timestep, tensors):
        counts.append((pipe.steps_done, pipe.steps_total, round(float(timestep))))
        return {"latents": torch.zeros_like(tensors["latents"])}

    draw = dict(num_images_per_prompt=2, output_type="latent", callback_on_step_end=callback, **SMALL)
    images = tiny_pipeline("a cat", **draw).images
    assert not any(image.any() for image in images)
    assert counts == [(1, 6, 1000), (2, 6, 667), (3, 6, 333), (4, 6, 1000), (5, 6, 667), (6, 6, 333)]


def test_previews_are_small_and_known_only_while_drawing(tiny_pipeline):
    sizes = []

    def callback(pipe, *_):
        sizes.append([image.size for image in pipe.preview()])

    tiny_pipeline("a cat", num_inference_steps=2, height=256, width=384, callback_on_step_end=callback)
    assert sizes == [[(192, 128)]] * 2
    assert tiny_pipeline.preview() == []


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


@pytest.fixture
def saved(tiny_pipeline, tmp_path):
    tiny_pipeline.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_saved_and_loaded_it_draws_the_same(tiny_pipeline, text_encoder, saved):
    loaded = LiTPipeline.from_pretrained(saved, text_encoder=text_encoder, device="cpu", torch_dtype="float32")
    loaded.set_progress_bar_config(disable=True)
    draw = dict(prompt="a cat", seed=2, output_type="latent", **SMALL)
    assert torch.equal(loaded(**draw).images[0], tiny_pipeline(**draw).images[0])
    assert loaded.weights_sha256 == json.loads((saved / "model_index.json").read_text())["_weights_sha256"]
    assert loaded.provenance()["dtype"] == "float32" and loaded.provenance()["device"] == "cpu"


def test_bfloat16_draws_nearly_the_same(tiny_pipeline, text_encoder, saved):
    loaded = LiTPipeline.from_pretrained(saved, text_encoder=text_encoder, device="cpu", torch_dtype=torch.bfloat16)
    loaded.set_progress_bar_config(disable=True)
    draw = dict(prompt="a cat", seed=2, output_type="latent", **SMALL)
    half, full = loaded(**draw).images[0], tiny_pipeline(**draw).images[0]
    assert half.dtype == torch.float32 and not torch.equal(half, full)
    assert (half - full).norm() < 0.05 * full.norm()


def flip_a_byte(file):
    content = bytearray(file.read_bytes())
    content[-9] ^= 64
    file.write_bytes(content)


def three_layers(file):
    file.write_text(file.read_text().replace('"num_layers": 2', '"num_layers": 3'))


WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


@pytest.mark.parametrize(
    ("file", "damage", "words"),
    [
        ("model_index.json", lambda f: f.unlink(), "missing"),
        ("model_index.json", lambda f: f.write_text("{"), "damaged"),
        ("model_index.json", lambda f: f.write_text('{"_class_name": "DiTPipeline"}'), "only LiTPipeline"),
        (WEIGHTS, lambda f: f.unlink(), "missing"),
        (WEIGHTS, lambda f: f.write_bytes(f.read_bytes()[:2000]), "damaged"),
        (WEIGHTS, flip_a_byte, "SHA-256"),
        ("transformer/config.json", lambda f: f.write_text("no"), "damaged"),
        ("transformer/config.json", three_layers, "restore both"),
        ("autoencoder/config.json", lambda f: f.unlink(), "missing"),
        ("scheduler/scheduler_config.json", lambda f: f.write_text('{"_class_name": "os"}'), "no scheduler"),
    ],
)  # fmt: skip
def test_damaged_checkpoints_are_named(saved, text_encoder, file, damage, words):
    damage(saved / file)
    with pytest.raises(CheckpointError, match=words):
        LiTPipeline.from_pretrained(saved, text_encoder=text_encoder, device="cpu", torch_dtype="float32")


def test_parts_that_do_not_fit_are_refused(tiny_pipeline, text_encoder):
    from lit.models.transformer import LiTTransformer2DModel

    wide = LiTTransformer2DModel(num_layers=1, hidden_size=32, num_attention_heads=2, caption_channels=768)
    with pytest.raises(CheckpointError, match="768 caption channels"):
        LiTPipeline(wide, tiny_pipeline.autoencoder, text_encoder=text_encoder)


def test_device_and_dtype_are_chosen_by_measuring_and_can_be_given(monkeypatch):
    assert device.choose("cpu", "bfloat16") == (torch.device("cpu"), torch.bfloat16)
    for native, speedup, expected in (
        (True, 1.5, torch.bfloat16),
        (True, 1.1, torch.float32),
        (False, 9.0, torch.float32),
    ):
        device._best_dtype.cache_clear()
        monkeypatch.setattr(device, "native_bfloat16", lambda native=native: native)
        monkeypatch.setattr(device, "bfloat16_speedup", lambda speedup=speedup: speedup)
        assert device.choose("cpu") == (torch.device("cpu"), expected)
    device._best_dtype.cache_clear()
    for bad in (
        {"device": "toaster"},
        {"device": "cuda:99"},
        {"device": "meta"},
        {"dtype": "float8"},
        {"dtype": torch.int8},
    ):
        with pytest.raises(InputError):
            device.choose(**bad)


def test_the_two_precisions_are_timed():
    assert 0.05 < device.bfloat16_speedup(repeats=2) < 50
