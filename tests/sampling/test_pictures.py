"""Drawing over a picture: what is not painted stays, and what is painted is drawn as ever."""

import pytest
import torch
from painted_over import noise_picture, rectangle_mask
from PIL import ImageChops

from lit.errors import InputError
from lit.pixels import images_to_pixels
from lit.sampling.pictures import EDGE, decode
from lit.settings import GenerationSettings

WIDTH, HEIGHT = 128, 96
DRAW = {"prompt": "a cat", "seed": 3, "num_inference_steps": 3, "height": HEIGHT, "width": WIDTH}


@pytest.fixture(scope="module")
def picture():
    return noise_picture(WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def mask():
    return rectangle_mask(WIDTH, HEIGHT, (64, 32, 95, 63))


def clean(pipe, picture):
    with torch.no_grad():
        return pipe.autoencoder.encode(images_to_pixels([picture]))[0]


def bytes_of(output):
    return [image.tobytes() for image in output.images]


@pytest.mark.parametrize("scheduler", ["flow-map", "flow-euler", "flow-heun"])
def test_latents_that_are_not_painted_stay_as_they_were(tiny_pipeline, picture, mask, scheduler):
    seen = []

    def look(pipe, index, time, tensors):
        seen.append(tensors["predicted_clean"][0])

    output = tiny_pipeline(
        image=picture, mask=mask, scheduler=scheduler, output_type="latent", callback_on_step_end=look, **DRAW
    )
    given, drawn = clean(tiny_pipeline, picture), output.images[0]
    same = (drawn == given).all(0)
    reach = 3 * EDGE // 8 + 1  # latents on which the soft edge lies
    painted = torch.zeros(HEIGHT // 8, WIDTH // 8, dtype=torch.bool)
    painted[4 - reach : 8 + reach, 8 - reach : 12 + reach] = True
    assert same[~painted].all() and not same[4:8, 8:12].any()
    assert all((one == given).all(0)[~painted].all() for one in seen)


def test_pixels_beyond_the_soft_edge_stay_to_the_byte(tiny_pipeline, picture, mask):
    (drawn,) = tiny_pipeline(image=picture, mask=mask, **DRAW).images
    changed = ImageChops.difference(drawn, picture).convert("RGBA")
    boxes = [channel.getbbox() for channel in changed.split()]
    reach = 3 * EDGE
    for left, top, right, bottom in boxes:
        assert left >= 64 - reach and top >= 32 - reach and right <= 96 + reach and bottom <= 64 + reach
        assert left <= 64 and top <= 32 and right >= 96 and bottom >= 64
    # Where it is painted whole, the drawn picture is seen and nothing else.
    latents = tiny_pipeline(image=picture, mask=mask, output_type="latent", **DRAW).images[0]
    (whole,) = decode(tiny_pipeline.autoencoder, latents[None])
    assert whole.crop((64, 32, 96, 64)) == drawn.crop((64, 32, 96, 64))


def test_strength_one_is_text_to_image_and_less_begins_nearer_to_the_picture(tiny_pipeline, picture):
    plain = tiny_pipeline(output_type="latent", **DRAW).images[0]
    given = clean(tiny_pipeline, picture)
    drawn = [
        tiny_pipeline(image=picture, strength=strength, output_type="latent", **DRAW).images[0]
        for strength in (0.05, 0.5, 1.0)
    ]
    assert torch.equal(drawn[2], plain)
    far = [(one - given).norm().item() for one in drawn]
    assert far[0] < far[1] < far[2]


def test_a_picture_is_begun_at_its_noised_self_and_in_all_steps(tiny_pipeline, picture, monkeypatch):
    asked = []
    forward = tiny_pipeline.transformer.forward

    def watched(latents, **told):
        asked.append((latents.clone(), told["timestep"][0].item()))
        return forward(latents, **told)

    monkeypatch.setattr(tiny_pipeline.transformer, "forward", watched)
    run = tiny_pipeline.start(GenerationSettings(strength=0.6, **DRAW), image=picture)
    list(run)
    assert [round(time) for _, time in asked] == [600, 400, 200] and run.steps_done == run.steps_total == 3
    noise = tiny_pipeline.noise([GenerationSettings(**DRAW)])
    torch.testing.assert_close(asked[0][0], 0.4 * clean(tiny_pipeline, picture)[None] + 0.6 * noise)


@pytest.mark.parametrize("strength", [0.6, None])
def test_images_over_a_picture_are_drawn_in_a_batch_as_alone(tiny_pipeline, picture, mask, strength):
    told = {"image": picture, "mask": mask}
    batch = tiny_pipeline(num_images_per_prompt=2, strength=strength, **told, **DRAW)
    alone = [tiny_pipeline.generate(one, **told) for one in batch.settings]
    assert bytes_of(batch) == [image for one in alone for image in bytes_of(one)]
    assert batch.settings[0].strength == strength or batch.settings[0].strength == 1
    assert batch.settings[0].image_sha256 and batch.settings[0].mask_sha256
    run = tiny_pipeline.start(batch.settings, output_type="latent", images_at_once=2, **told)
    together = torch.stack(run.finish().images)
    apart = [tiny_pipeline.generate(one, output_type="latent", **told).images[0] for one in batch.settings]
    torch.testing.assert_close(together, torch.stack(apart), atol=1e-4, rtol=1e-4)


def test_an_end_within_one_step_keeps_what_stays(tiny_pipeline, picture, mask):
    def stop(pipe, index, time, tensors):
        pipe.interrupt()

    output = tiny_pipeline(image=picture, mask=mask, callback_on_step_end=stop, **DRAW)
    assert output.interrupted and output.finished == [False]
    assert output.images[0].crop((0, 0, WIDTH, 16)) == picture.crop((0, 0, WIDTH, 16))


@pytest.mark.parametrize("bad", [{"strength": 0.0}, {"strength": 1.2}, {"scheduler": "dpm++"}, {"width": 64}])
def test_what_cannot_be_drawn_over_is_said_before_any_work(tiny_pipeline, picture, bad):
    tiny_pipeline.transformer.register_forward_pre_hook(lambda *_: pytest.fail("the network has been called"))
    with pytest.raises(InputError):
        tiny_pipeline(image=picture, **DRAW | bad)
