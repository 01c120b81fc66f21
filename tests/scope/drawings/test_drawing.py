"""One drawing opened: its maps are those of the pictures that the pipeline draws."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import make_pipeline
from scope.laws import affinity, miss

from lit.errors import InputError
from lit.scope import LinearScope
from lit.scope.drawings import answers, regions
from lit.scope.drawings.chain import scheduler_weights
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.labels import LAYER_KINDS, InputLabel, LayerLabel
from lit.scope.drawings.regions import CHANNELS, Region, squares
from lit.scope.modes import Cancelled
from lit.settings import GenerationSettings

SETTINGS = GenerationSettings(
    "a blue dragon",
    style="blob",
    height=64,
    width=96,
    num_inference_steps=3,
    guidance_scale=3.0,
    seed=7,
    output_scale=1,
)
REGION = Region(20, 10, 50, 40)


def enlarged(pipe):
    """Random weights as of the tests draw nearly nothing: larger ones, in double precision where asked."""
    for module in (pipe.transformer, pipe.autoencoder):
        for parameter in module.parameters():
            parameter.data.mul_(2.0)
    return pipe


@pytest.fixture(scope="module")
def opened(text_encoder):
    return OpenedDrawing.open(enlarged(make_pipeline(text_encoder)), SETTINGS)


@pytest.fixture(scope="module")
def by_two_branches(text_encoder):
    """The classic way, which says what is not to be there."""
    settings = replace(SETTINGS, negative_prompt="red")
    return OpenedDrawing.open(enlarged(make_pipeline(text_encoder)), settings)


def test_what_is_opened_is_what_the_pipeline_draws(opened):
    image = opened.pipe.generate(SETTINGS).images[0]
    assert opened.image.tobytes() == image.tobytes()
    assert opened.steps == 3 and opened.size == (96, 64) and len(opened.latents) == 4
    assert opened.preview(2).tobytes() == image.tobytes()  # at the last step the clean picture is the drawing
    assert opened.step(2).image.size == image.size
    assert miss(opened.step(2).picture, opened.trajectory().picture) < 1e-4


@pytest.mark.parametrize("path", ["value", "query"])
@pytest.mark.parametrize("step", [0, 2])
def test_a_step_is_affine_and_adds_up(opened, step, path):
    view = opened.step(step, path=path)
    assert affinity(view.map) < 1e-5
    found = view.contributions(REGION)
    assert found.miss < 1e-5
    assert found.value == pytest.approx(view.value(REGION), abs=1e-6)
    assert [part.kind for part in found.parts][:2] == ["input", "word"]
    assert [part.amount for part in found.parts if part.label == "middle grey"] == pytest.approx([0.5])


def test_kept_parts_answer_as_the_way_back_does(opened):
    view, done = opened.step(0), []
    regions = [Region(20, 10, 50, 40, channel) for channel in CHANNELS]
    slow = [view.contributions(region) for region in regions]
    view.prepare(on_progress=lambda *at: done.append(at))
    assert view.prepared and done[-1][0] == done[-1][1]
    for region, before in zip(regions, slow, strict=True):
        quick = view.contributions(region)
        assert quick.value == pytest.approx(before.value, abs=1e-5) and quick.miss < 1e-5
        amounts = {part.source: part.amount for part in before.parts}
        assert [part.source for part in quick.parts if part.kind == "word"] == [
            part.source for part in before.parts if part.kind == "word"
        ]
        assert len(quick.parts) == len(before.parts) == len(amounts)
        for part in quick.parts:
            assert part.amount == pytest.approx(amounts[part.source], abs=1e-5)


@pytest.mark.parametrize("layer", [None, "clean"])
def test_pictures_are_drawn_when_somebody_looks(opened, monkeypatch, layer):
    view, drawn = opened.step(1, layer=layer), []
    for name in ("part_image", "magnitude_image"):
        draw = getattr(answers, name)
        monkeypatch.setattr(answers, name, lambda *args, draw=draw: drawn.append(args) or draw(*args))
    found = [view.response(REGION), view.receptive_field(Region(20, 10, 50, 41)), *view.word_images()]
    modes = view.modes(2)
    assert not drawn
    for count, one in enumerate(found, 1):
        assert one.image is one.image and len(drawn) == count
    assert len(modes.inputs) == len(modes.outputs) == 2 and len(drawn) == len(found) + 4


def test_biases_know_their_layers(opened):
    step = {part.source for part in opened.step(1).contributions(REGION).parts if part.kind == "bias"}
    assert {LayerLabel("block", 1), LayerLabel("block", 2), LayerLabel("grey"), LayerLabel("text")} <= step
    assert {part.kind for part in step} == set(LAYER_KINDS) - {"step"}
    found = opened.trajectory().contributions(REGION)
    way = {part.source for part in found.parts if part.kind == "bias"}
    assert {one for one in way if one.kind == "step"} == {LayerLabel("step", i) for i in (1, 2, 3)}
    assert {one.kind for one in way} == {"step", "level", "grey", "decoder"}
    assert [part.source for part in found.parts if part.kind == "input"] == [InputLabel(noise=True)]


def test_what_the_field_reads_is_the_inputs_part(opened):
    view = opened.step(1)
    field = view.receptive_field(REGION)
    assert field.row.shape == (8, 8, 12) and field.image.size == (96, 64)
    assert field.reads.sum().item() == pytest.approx(view.contributions(REGION).parts[0].amount, abs=1e-5)
    assert view.receptive_field(REGION) is field
    boxes = view.prepare_fields(2)
    assert len(boxes) == 4 and boxes[-1] == Region(48, 32, 96, 64)


def test_a_receptive_field_and_an_impulse_response_are_one_number(opened):
    view = opened.step(1)
    response = view.impulse_response(30, 20, channel=3)
    assert response.cell == (3, 2)
    measured = REGION.mean(response.pixels[None]).item()
    assert measured == pytest.approx(view.receptive_field(REGION).row[3, 2, 3].item(), abs=1e-6)


def test_the_responses_of_all_squares_add_up_to_the_inputs_part(opened):
    view = opened.step(1)
    boxes = squares(opened.size, opened.square)
    assert opened.square == 16 and len(boxes) == 6 * 4
    pixel, square = view.response(Region.pixel(30, 20)), view.response(boxes[7])
    assert square.cell == (2, 2) and pixel.cell == (3, 2)
    assert miss(pixel.pixels, view.impulse_response(30, 20).pixels) == 0
    alone = view.response(Region(16, 16, 24, 32)).pixels + view.response(Region(24, 16, 32, 32)).pixels
    assert miss(alone, square.pixels) < 1e-5
    whole = sum(view.response(box).pixels for box in boxes)
    assert miss(whole, view.map.linear(opened.latents[1])[0]) < 1e-5


@pytest.mark.parametrize(("size", "side", "squares"), [((256, 256), 16, 256), ((272, 64), 32, 18), ((64, 96), 16, 24)])
def test_squares_cover_a_picture_once(opened, monkeypatch, size, side, squares):
    monkeypatch.setattr(OpenedDrawing, "size", size)
    assert opened.square == side
    covered = np.zeros(size[::-1], int)
    for box in regions.squares(size, side):
        covered[box.top : box.bottom, box.left : box.right] += 1
    assert (covered == 1).all() and len(regions.squares(size, side)) == squares


def test_words_that_the_networks_own_layers_refined_add_up_at_their_places(text_encoder):
    opened = OpenedDrawing.open(enlarged(make_pipeline(text_encoder, text_layers=2)), SETTINGS)
    assert opened.conditioning.words_refined
    assert opened.image.tobytes() == opened.pipe.generate(SETTINGS).images[0].tobytes()
    view = opened.step(1)
    assert view.contributions(REGION).miss < 1e-5 and affinity(view.map) < 1e-5
    images = view.word_images()
    assert {image.label.piece for image in images} == {*WORDS, "blob"}
    assert miss(sum(image.pixels for image in images), view.map.words().sum(0)[0]) < 1e-4


WORDS = ["(start)", "a", "blue", "dragon", "(end)"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("opened", [*WORDS, "blob"]),
        ("by_two_branches", ["(start)", "red", "(end)", *WORDS, "no style", "blob"]),
    ],
)
def test_words_carry_their_letters_and_their_pictures_add_up(kind, expected, request):
    opened = request.getfixturevalue(kind)
    pieces = [word.piece for word in opened.words if not word.empty]
    assert pieces == expected
    view = opened.step(1)
    images = view.word_images()
    assert {image.label.piece for image in images} == set(pieces)
    assert images[0].strength == max(image.strength for image in images)
    assert miss(sum(image.pixels for image in images), view.map.words().sum(0)[0]) < 1e-4


def test_the_trajectory_is_the_steps_composed(opened):
    view = opened.trajectory()
    noise = opened.latents[0]
    assert miss(view.map(noise), view.map.value) < 1e-5
    u, v = torch.randn_like(noise), torch.randn_like(view.map.value)
    forwards = view.map.linear(u)
    assert (forwards * v).sum().item() == pytest.approx((u * view.map.transpose(v)).sum().item(), rel=1e-3)
    mixed = 0.3 * view.map(u) + 0.7 * view.map(-u)
    assert miss(view.map(-0.4 * u), mixed) < 1e-5
    told = []
    found = view.contributions(REGION, on_progress=lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)] and found.miss < 1e-5
    assert [part.amount for part in found.parts if part.label == "middle grey"] == pytest.approx([0.5])
    parts = view.map.linear(noise) + view.map.words().sum(0) + view.map.bias
    assert miss(parts, view.map.value) < 1e-5
    by_word = [REGION.mean(image.pixels[None]).item() for image in view.word_images()]
    assert sum(by_word) == pytest.approx(sum(p.amount for p in found.parts if p.kind == "word"), abs=1e-5)


def test_guidance_is_both_branches_each_frozen_on_its_own(by_two_branches):
    opened = by_two_branches
    guided, told = opened.capture("value", 1), opened.conditioning.arguments()
    scope, latents = LinearScope(opened.pipe.transformer), opened.latents[1]
    times = {name: value for name, value in opened.told(1).items() if name not in told}
    branches = [scope.at(latents, **times, **{name: rows[i : i + 1] for name, rows in told.items()}) for i in (0, 1)]
    u = torch.randn_like(latents)
    negative, positive = (branch.linear(u) for branch in branches)
    assert miss(guided.linear(u), negative + 3.0 * (positive - negative)) < 1e-5
    assert miss(negative, positive) > 1e-4
    assert [token.image for token in guided.tokens] == [0] * 32 + [1] * 32 + [0, 1]
    assert miss(guided.words([1]), -2.0 * branches[0].words([1])) < 1e-5
    assert miss(guided.words([32 + 2]), 3.0 * branches[1].words([2])) < 1e-5


@pytest.mark.parametrize("scheduler", ["flow-euler", "flow-heun", "dpm++", "ddim"])
def test_every_scheduler_is_linear_with_the_weights_read_off_it(text_encoder, scheduler):
    epsilon = {"prediction_type": "epsilon", "out_channels": 16} if scheduler == "ddim" else {}
    settings = GenerationSettings(
        "a cat", height=64, width=64, num_inference_steps=3, seed=1, scheduler=scheduler, guidance_scale=1.0
    )
    opened = OpenedDrawing.open(enlarged(make_pipeline(text_encoder, **epsilon)), settings)
    weights = scheduler_weights(opened.solver)
    assert weights.shape == (opened.steps + 1, opened.steps + 1)
    outputs = [opened.capture("value", i).value for i in range(opened.steps)]
    for row, latents in zip(weights, opened.latents, strict=True):
        rebuilt = row[0] * opened.latents[0] + sum(w * o for w, o in zip(row[1:], outputs, strict=True))
        assert miss(rebuilt, latents) < 1e-4
    assert miss(opened.trajectory().map(opened.latents[0]), opened.trajectory().map.value) < 1e-4


def test_inner_layers_can_be_chosen(opened):
    labels = ["picture", "clean latents", "after block 2 of 2", "after block 1 of 2"]
    assert [layer.label for layer in opened.layers] == labels
    for layer in opened.layers[1:]:
        view = opened.step(1, layer=layer.name)
        found = view.contributions(REGION)
        assert found.miss < 1e-4 * max(1, abs(found.value))
        assert found.value > 0  # its own direction
        assert view.image.size == view.receptive_field(REGION).image.size == (96, 64)


def test_modes_have_pictures(opened):
    found = opened.step(1, layer="clean").modes(2)
    assert len(found.inputs) == len(found.outputs) == 2
    assert found.modes.singular_values[0] >= found.modes.singular_values[1] > 0
    assert opened.step(1).modes(3, cancelled=lambda: True).modes.finished is False
    asked = []
    stopped = opened.trajectory().modes(2, cancelled=lambda: asked.append(1) or len(asked) > 9)
    assert not stopped.modes.finished and len(stopped.outputs) == 1  # stopped within its second sweep


def test_work_can_be_stopped(text_encoder, opened):
    with pytest.raises(Cancelled):
        OpenedDrawing.open(make_pipeline(text_encoder), SETTINGS, cancelled=lambda: True)
    view = opened.step(0, path="query")
    with pytest.raises(Cancelled):
        view.prepare(cancelled=lambda: True)
    assert not view.prepared
    with pytest.raises(Cancelled):
        opened.trajectory(path="query").contributions(REGION, cancelled=lambda: True)
    assert opened.trajectory(path="query").map.bias.isfinite().all()  # which nobody stops


def test_half_precision_is_converted_and_said(text_encoder):
    pipe = make_pipeline(text_encoder).to(torch.bfloat16)
    opened = OpenedDrawing.open(pipe, SETTINGS)
    assert "float32 copy" in opened.notice and opened.latents[0].dtype == torch.float32
    assert pipe.transformer.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda o: o.step(3), "step: got 3; a whole number from 0 to 2"),
        (lambda o: o.step(True), "step: got True"),
        (lambda o: o.step(0, path="keys"), "path: got 'keys'"),
        (lambda o: o.step(0, layer="heart"), "layer: got 'heart'"),
        (lambda o: o.step(0).contributions(Region.pixel(96, 3)), r"point: got \(96, 3\); one inside"),
        (lambda o: o.step(0).receptive_field(Region(5, 5, 5, 9)), "region: got"),
        (lambda o: o.step(0).receptive_field(Region(5, 5, 6, 9, "hue")), "channel: got 'hue'"),
        (lambda o: o.step(0).impulse_response(-1, 3), "point: got"),
        (lambda o: o.step(0).impulse_response(1, 3, channel=8), "channel: got 8"),
        (lambda o: OpenedDrawing.open(o.pipe, GenerationSettings("a", style="oil")), "style: got 'oil'"),
    ],
)
def test_bad_questions_are_named(opened, ask, words):
    with pytest.raises(InputError, match=words):
        ask(opened)
