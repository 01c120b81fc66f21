"""Stock pipelines draw as ours does: settings in, every step told, stopped within one, the same again from the file."""

import numpy as np
import pytest
import torch
from linearize import tiny
from stock.making import asked

from lit.linearize.self_attentions import SelfAttentions
from lit.settings import read_png, write_picture
from lit.stock.facts import find
from lit.stock.loading import load, with_mount
from lit.stock.pipeline import predicted_clean

FAMILIES = ("dit", "pixart", "sana")


@pytest.fixture(scope="module")
def loaded(saved):
    """{family: what draws}."""
    return {family: load(find(folder), dtype="float32") for family, folder in saved.items()}


def drawn(model, settings, **told):
    return list(model.start(settings, **told))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_scheduler_draws_and_tells_of_each_step(loaded, family):
    model, pictures = loaded[family], []
    for scheduler in model.schedulers:
        steps = []
        settings = asked(family, scheduler=scheduler)
        run = model.start(settings, callback_on_step_end=lambda _, step, *more, to=steps: to.append(step))
        (drawing,) = run
        assert steps == [0, 1, 2, 3] and run.steps_done == run.steps_total == drawing.steps == 4 and drawing.finished
        assert drawing.image.mode == "RGBA" and drawing.image.getextrema()[3] == (255, 255)
        pictures.append(drawing.image.tobytes())
    assert len(set(pictures)) == len(model.schedulers)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_draws_what_the_stock_pipeline_does(loaded, family):
    """Of its own scheduler, called as its makers say, from the same noise."""
    model = loaded[family]
    own = model.schedulers[0]
    (drawing,) = drawn(model, asked(family, scheduler=own))
    told = model.family.told(model.pipe, asked(family))
    stock = model.pipe(
        **told, guidance_scale=3.0, num_inference_steps=4, generator=torch.Generator().manual_seed(3)
    ).images[0]
    assert np.array_equal(np.asarray(drawing.image)[..., :3], np.asarray(stock))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_ends_within_a_step_and_gives_what_there_is(loaded, family):
    model = loaded[family]
    run = model.start(asked(family, num_images_per_prompt=2), callback_on_step_end=lambda *_: seen())
    previews = []

    def seen():
        previews.extend(run.preview())
        if run.steps_done == 2:
            run.interrupt()

    (drawing,) = run
    assert run.steps_done == drawing.steps == 2 and not drawing.finished
    assert drawing.image.size == (64, 64) and {preview.size for preview in previews} == {(64, 64)}
    assert drawing.image.tobytes() != drawn(model, asked(family))[0].image.tobytes()
    run = model.start(asked(family))
    run.interrupt()
    assert list(run) == [] and run.steps_done == 0


def test_runs_beside_each_other_know_nothing_of_each_other(loaded):
    """A scheduler of several steps keeps some; that of a run under way must not be another's."""
    model = loaded["pixart"]
    (alone,) = drawn(model, asked("pixart"))
    beside = []

    def another(*_):
        if not beside:
            beside.append(drawn(model, asked("pixart", seed=9, num_inference_steps=2)))

    (drawing,) = drawn(model, asked("pixart"), callback_on_step_end=another)
    assert beside and drawing.image.tobytes() == alone.image.tobytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_picture_of_several_is_the_one_that_its_own_settings_draw(loaded, family, tmp_path):
    model = loaded[family]
    both = drawn(model, asked(family, num_images_per_prompt=2))
    file = write_picture(both[1].image, both[1].settings, model.provenance() | {"model": "tiny"}, tmp_path)
    settings, recorded = read_png(file)
    assert settings == asked(family, seed=4) and recorded["pipeline"] == model.facts.kind
    (again,) = drawn(model, settings)
    assert again.image.tobytes() == both[1].image.tobytes() != both[0].image.tobytes()


def test_variations_are_ours(loaded):
    pictures = [
        drawn(loaded["sana"], asked("sana", **changes))[0].image.tobytes()
        for changes in ({}, {"variation_strength": 1.0, "variation_seed": 8}, {"seed": 8})
    ]
    assert pictures[0] != pictures[1] == pictures[2]  # all of the other seed's noise is that seed's picture


def test_what_is_mounted_draws_beside_what_it_is_mounted_on(saved, loaded, tmp_path):
    torch.manual_seed(2)
    plain = loaded["dit"]
    SelfAttentions.of(plain.transformer, token_mixer="lit").save(tmp_path / "student")
    (before,) = drawn(plain, asked("dit"))
    mounted = with_mount(plain, find(saved["dit"], tmp_path / "student"))
    (student,) = drawn(mounted, asked("dit"))
    (after,) = drawn(plain, asked("dit"))
    assert before.image.tobytes() == after.image.tobytes() != student.image.tobytes()
    assert mounted.weights_sha256 != plain.weights_sha256 and (mounted.mixer, plain.mixer) == ("lit", "DiT")
    weights = [model.transformer.transformer_blocks[0].ff.net[2].weight for model in (plain, mounted)]
    assert weights[0] is weights[1]  # no second copy in memory


def test_the_clean_picture_in_a_prediction():
    """x_t made of a known x_0 and noise gives that x_0 back."""
    torch.manual_seed(0)
    clean, noise = torch.randn(2, 1, 4, 8, 8)
    scheduler = tiny.parts()["scheduler"]
    kept = scheduler.alphas_cumprod[300]
    noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
    torch.testing.assert_close(predicted_clean(scheduler, noise, 300, noisy, False), clean)
    noisy = 0.7 * clean + 0.3 * noise
    torch.testing.assert_close(predicted_clean(scheduler, noise - clean, 300.0, noisy, True), clean)
