"""A drawing over a picture under the scope: the picture is a part of its own, and all parts add up to what is there."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import make_pipeline
from painted_over import noise_picture, rectangle_mask
from scope.laws import assert_laws, miss

from lit.errors import InputError
from lit.pixels import images_to_unit, pixels_to_unit
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.labels import PictureLabel
from lit.scope.drawings.regions import Region
from lit.settings import GenerationSettings, Source

WIDTH, HEIGHT = 96, 64
SETTINGS = GenerationSettings(
    "a blue dragon", style="blob", height=HEIGHT, width=WIDTH, num_inference_steps=3, guidance_scale=3.0, seed=7,
    output_scale=1,
)  # fmt: skip
PAINTED, STAYS, EDGE = Region(40, 24, 56, 40), Region(0, 0, 12, 12), Region(28, 24, 36, 40)
WAYS = {  # scheduler, whether with a mask, strength
    "image to image": ("flow-heun", False, 0.6),
    "a mask": ("flow-map", True, 1.0),
    "a mask, in part": ("flow-heun", True, 0.7),
}


@pytest.fixture(scope="module")
def picture():
    return noise_picture(WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def mask():
    return rectangle_mask(WIDTH, HEIGHT, (32, 16, 63, 47))


@pytest.fixture(scope="module")
def exact(text_encoder):
    """A pipeline in which all is computed in double precision, with weights large enough to draw something."""
    pipe = make_pipeline(text_encoder)
    for module in (pipe.transformer, pipe.autoencoder):
        for parameter in module.parameters():
            parameter.data.mul_(2.0)
    pipe.to(torch.float64)
    noise = pipe.noise
    pipe.noise = lambda settings: noise(settings).double()
    return pipe


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS)
def opened(request, exact, picture, mask):
    scheduler, masked, strength = request.param
    source = Source.of(picture, mask if masked else None)
    return OpenedDrawing.open(exact, replace(SETTINGS, scheduler=scheduler, strength=strength), source=source)


def seen(opened, latents):
    """The picture of clean latents as the sampling makes it, before rounding: the rules of drawing over, once more."""
    with torch.no_grad():
        unit = pixels_to_unit(opened.pipe.autoencoder.decode(latents))
    soft = opened._start.soft
    if soft is None:
        return unit
    share = torch.from_numpy(np.array(soft)) / 255  # in single precision, as the sampling has it
    return share * unit + (1 - share) * images_to_unit([opened.source.image])


def test_what_is_opened_is_what_the_pipeline_draws_over_it(opened):
    drawn = opened.pipe.generate(opened.settings, **opened.source.arguments).images[0]
    assert opened.image.tobytes() == drawn.tobytes()
    soft = opened._start.soft
    hard = torch.from_numpy(np.isin(np.asarray(soft), (0, 255))) if soft else torch.ones(HEIGHT, WIDTH, dtype=bool)
    shown = images_to_unit([opened.trajectory().image]) - images_to_unit([drawn])
    assert shown.abs()[..., hard].max() < 2 / 255  # at the soft edge the drawing is clamped before the two are mixed


def test_the_whole_way_is_the_drawing_and_affine_in_its_noise(opened):
    view, noise = opened.trajectory(), opened.pipe.noise([opened.settings])
    assert torch.equal(view.map.input, noise)
    assert_laws(view.map, seen(opened, opened.latents[-1]), 1e-11)


@pytest.mark.parametrize("step", [0, 1])
def test_a_step_is_what_the_model_sees_and_affine_in_its_latents(opened, step):
    view = opened.step(step)
    assert_laws(view.map, seen(opened, opened._clean[step]), 1e-11)
    assert miss(opened.step(step, layer="clean").map.value, opened._clean[step]) < 1e-11


@pytest.mark.parametrize("region", [PAINTED, STAYS, EDGE], ids=["painted", "stays", "edge"])
def test_the_parts_add_up_and_the_picture_is_one_of_them(opened, region):
    masked = opened.source.mask is not None
    for view in (opened.step(1), opened.trajectory()):
        found = view.contributions(region)
        assert found.miss < 1e-12
        by_kind = {"input": 0.0, "picture": 0.0, "word": 0.0, "bias": 0.0}
        for part in found.parts:
            by_kind[part.kind] += part.amount
        pictures = [part for part in found.parts if part.kind == "picture"]
        assert [part.source for part in pictures] == [PictureLabel()] * (masked or view.input.noise)
        assert [part.kind for part in found.parts[:2]] == ["input", "picture" if pictures else "word"]
        if masked and region == STAYS:  # nothing else has a say where nothing was painted
            given = region.mean(images_to_unit([opened.source.image]).double()).item()
            assert by_kind == pytest.approx({"input": 0, "picture": given, "word": 0, "bias": 0}, abs=1e-12)
            assert view.receptive_field(region).magnitude.max() == 0
        else:
            assert all(by_kind[kind] for kind in ("input", "word", "bias"))
            assert not pictures or by_kind["picture"]


def test_the_pictures_part_of_the_whole_way_is_what_another_picture_changes(opened):
    """Played with no picture the map lacks just that part."""
    view = opened.trajectory()
    found = {part.kind: part.amount for part in view.contributions(PAINTED).parts}
    way = view.map
    whole = PAINTED.mean(way.bias).item()
    kept, way._over.clean = way._over.clean, way._over.nothing
    without = PAINTED.mean(way.bias).item()
    way._over.clean = kept
    assert whole - without == pytest.approx(found["picture"], abs=1e-12)


def test_kept_parts_answer_as_the_way_back_does(opened):
    view = opened.step(1)
    slow = [view.contributions(region) for region in (PAINTED, EDGE)]
    view.prepare()
    for region, before in zip((PAINTED, EDGE), slow, strict=True):
        quick = view.contributions(region)
        assert [part.source for part in quick.parts] == [part.source for part in before.parts]
        amounts = [[part.amount for part in found.parts] for found in (quick, before)]
        assert amounts[0] == pytest.approx(amounts[1], abs=1e-12)


def test_fields_responses_and_modes_are_of_one_map(opened):
    """Of the noise on the whole way, of the step's latents at a step; what stays has nothing of either."""
    for view in (opened.step(1), opened.trajectory()):
        field, response = view.receptive_field(PAINTED), view.impulse_response(45, 30, channel=2)
        column, row = response.cell
        assert PAINTED.mean(response.pixels[None]).item() == pytest.approx(field.row[2, row, column].item(), abs=1e-12)
        assert field.reads.sum().item() == pytest.approx(view.contributions(PAINTED).parts[0].amount, abs=1e-11)
        assert not opened.source.mask or not view.map.linear(view.map.input)[..., :12, :12].any()
    found = opened.step(1).modes(2)
    assert found.modes.singular_values[0] >= found.modes.singular_values[1] > 0
    assert opened.source.mask is None or not torch.stack(found.pixels)[..., :12, :12].any()


def test_settings_that_name_a_picture_need_it(exact, picture, mask):
    named = Source.of(picture, mask).told(SETTINGS)
    with pytest.raises(InputError, match="image: got None; the picture"):
        OpenedDrawing.open(exact, named)
    with pytest.raises(InputError, match="mask: got None"):
        OpenedDrawing.open(exact, named, source=Source.of(picture, None))
