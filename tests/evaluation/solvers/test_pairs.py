"""What solvers are measured on is what the pipeline draws."""

from dataclasses import replace

import pytest
import torch
from conftest import make_pipeline

from lit.evaluation.solvers.halves import Branches, halves
from lit.evaluation.solvers.pairs import Pairs, counted, draw_settings
from lit.settings import GenerationSettings
from lit.styles import STYLES


def settings(scheduler="flow-euler", guidances=(4.0, 1.0, 7.0)):
    return [
        GenerationSettings(f"a dog {i}", style=STYLES[i], guidance_scale=scale, width=64, height=64, seed=i,
                           num_inference_steps=3, scheduler=scheduler)
        for i, scale in enumerate(guidances)
    ]  # fmt: skip


@pytest.mark.parametrize("scheduler", ["flow-euler", "flow-heun", "dpm++"])
@pytest.mark.parametrize("at_once", [1, 2, 8])
def test_pairs_of_any_guidance_are_drawn_as_the_pipeline_draws_each(scheduler, at_once, tiny_pipeline):
    asked = settings(scheduler)
    together = Pairs(tiny_pipeline, asked, at_once).solve(tiny_pipeline.solver(asked[0]))
    alone = torch.stack(tiny_pipeline.generate(asked, output_type="latent").images)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scheduler", ["flow-map", "flow-heun"])
def test_a_flow_map_is_told_each_pairs_guidance_in_one_branch(scheduler, text_encoder):
    pipe = make_pipeline(text_encoder, prediction_type="flow-map", guidance_range=(1.0, 8.0))
    asked = settings(scheduler)
    pairs = Pairs(pipe, asked, 8)
    with counted(pipe.transformer) as rows:
        together = pairs.solve(pipe.solver(asked[0]))
    alone = torch.stack(pipe.generate(asked, output_type="latent").images)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert set(rows) == {3} and halves(pairs, pairs, pairs.noise) == []


@pytest.mark.parametrize(
    ("kind", "guidances", "expected"),
    [
        ("tiny_flow_pipeline", (4.0, 2.0), 2 * 2 * 3),
        ("tiny_flow_pipeline", (1.0, 1.0), 2 * 3),
        ("tiny_pipeline", (4.0, 2.0), 2 * 3),
    ],
)
def test_forwards_are_counted_by_branches(kind, guidances, expected, request):
    pipe = request.getfixturevalue(kind)
    pairs = Pairs(pipe, settings(guidances=guidances, scheduler="flow-euler"), 8)
    with counted(pipe.transformer) as rows:
        pairs.solve(pipe.solver(pairs.settings[0]))
    assert sum(rows) == expected


def test_what_is_decoded_is_premultiplied(tiny_pipeline):
    pairs = Pairs(tiny_pipeline, settings(), 8)
    unit = pairs.decode(pairs.noise)
    assert unit.shape == (3, 4, 64, 64) and unit.min() >= 0 and unit.max() <= 1
    assert (unit[:, :3] <= unit[:, 3:]).all()


def test_both_halves_at_each_step_are_guidance(tiny_flow_pipeline):
    asked = [replace(one, num_inference_steps=4) for one in settings(scheduler="flow-euler")]
    pairs = Pairs(tiny_flow_pipeline, asked, 8)
    whole = pairs.solve(tiny_flow_pipeline.solver(asked[0]))
    times = [1.0, 0.75, 0.5, 0.25, 0.0]
    branches = Branches.of(pairs)
    latents, forwards = branches.draw(times, lambda n: True, None)
    torch.testing.assert_close(latents, whole, rtol=1e-4, atol=1e-5)
    assert forwards == 8
    # Left out from the start, it is a drawing without guidance.
    latents, forwards = branches.draw(times, lambda n: False, None)
    plain = pairs.changed(guidance_scale=1.0).solve(tiny_flow_pipeline.solver(asked[0]))
    torch.testing.assert_close(latents, plain, rtol=1e-4, atol=1e-5)
    assert forwards == 4


def test_halves_are_counted_by_forwards(tiny_flow_pipeline):
    pairs = Pairs(tiny_flow_pipeline, settings(scheduler="flow-euler"), 8)
    rows = {row["what"]: row for row in halves(pairs, pairs, pairs.noise)}
    assert rows["both halves"]["forwards"] == 40 and rows["both halves"]["euler"] == 100
    assert rows["both halves, 10 steps"]["forwards"] == 20
    assert rows["guidance from t = 0.9 to 0 alone"]["forwards"] == 38
    assert rows["guidance from t = 0.8 to 0.2 alone"]["forwards"] == 20 + 12
    assert rows["asked every 2 steps, held"]["forwards"] == 30 and rows["asked every 4 steps, held"]["forwards"] == 25
    for every in (2, 4):
        forecast, held = (rows[f"asked every {every} steps, {how}"]["euler"] for how in ("forecast", "held"))
        assert held < forecast < 100


def test_pairs_are_of_one_split_with_styles_and_guidance_in_turn(data):
    styles = STYLES[:4]
    found = draw_settings(data, "test", 24, (2.0, 4.0, 7.0), styles, 50, 64)
    names = {data.stickers[i].name for i in data.subset("test")}
    assert {one.prompt for one in found} <= names and [one.seed for one in found] == list(range(50, 74))
    for style in styles:
        scales = [one.guidance_scale for one in found if one.style == style]
        assert sorted(scales) == [2.0, 2.0, 4.0, 4.0, 7.0, 7.0]
