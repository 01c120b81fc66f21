"""What one press asks for beside settings: it survives the list of jobs, and draws what it says."""

import json

import pytest
from every_setting import EVERY_SETTING

from lit.errors import InputError
from lit.explore.variations import STRENGTHS
from lit.settings import GenerationSettings, from_record, to_record
from lit.studio.work.orders import KEY, PLAIN, Order, in_all_styles, varied
from lit.styles import STYLE_LABELS, STYLES

FOX = GenerationSettings("a fox", style="noto", seed=7, num_images_per_prompt=3)


def stored(settings, order):
    """As the list of jobs gives it back."""
    record = json.loads(json.dumps(to_record(settings) | order.record()))
    return from_record(record), Order.of(record)


@pytest.mark.parametrize("made", [varied(FOX, "some", "job/a-fox-7.png", "ein Fuchs"), in_all_styles(FOX, STYLES)])
def test_an_order_survives_the_list_of_jobs_beside_its_settings(made):
    settings, order = stored(*made)
    assert (settings, order) == made
    assert order.drawn(settings) == made[1].drawn(made[0])


def test_nothing_is_written_where_nothing_is_to_be_said():
    assert PLAIN.record() == {} and Order.of(to_record(EVERY_SETTING)) == PLAIN
    assert PLAIN.drawn(EVERY_SETTING) == EVERY_SETTING


def test_variations_are_the_original_but_for_their_noise_and_never_of_its_own_seed():
    first = [one.variation_seed for one in varied(FOX, "some", "")[1].drawn(varied(FOX, "some", "")[0])]
    settings, order = varied(FOX, "a lot", "")
    drawn = order.drawn(settings)
    assert settings.num_images_per_prompt == len(drawn) == 8
    assert {one.variation_strength for one in drawn} == {STRENGTHS["a lot"]}
    seeds = [one.variation_seed for one in drawn]
    assert len(set(seeds)) == 8 and FOX.seed not in seeds and seeds != first
    plain = [one.__class__(**{**vars(one), "variation_seed": 0, "variation_strength": 0.0}) for one in drawn]
    assert plain == [GenerationSettings("a fox", style="noto", seed=7)] * 8


def test_a_variation_is_varied_round_itself():
    settings, order = varied(FOX, "some", "")
    one = order.drawn(settings)[0]
    settings, order = varied(one, "a little", "")
    assert settings.variations == one.variations, "the picture in the middle is the one that is varied"
    for found in order.drawn(settings):
        assert found.seed == 7 and found.variations[:-1] == one.variations
        assert found.variation_strength == STRENGTHS["a little"] and found.variation_seed != one.variation_seed


def test_all_styles_are_of_one_seed_and_words_that_name_none():
    settings, order = in_all_styles(GenerationSettings("a fox, fluent 3d", seed=9), STYLES)
    drawn = order.drawn(settings)
    assert [one.style for one in drawn] == list(STYLES)
    assert {(one.prompt, one.seed, one.num_images_per_prompt) for one in drawn} == {("a fox", 9, 1)}
    assert order.labels == list(STYLE_LABELS.values())


@pytest.mark.parametrize(
    "told",
    [
        5,
        {"typed": 5},
        {"layout": "spiral"},
        {"each": [{"width": 1024}]},
        {"each": "all"},
        {"depth": 3},
    ],
)
def test_an_order_that_this_version_does_not_know_is_said(told):
    with pytest.raises(InputError, match="order"):
        Order.of({KEY: told})


def test_what_does_not_fit_its_settings_or_cannot_be_varied_is_said():
    with pytest.raises(InputError, match="order: got '1 pictures'; 3"):
        Order(each=({"style": "noto"},)).drawn(FOX)
    with pytest.raises(InputError, match="variation_strength"):
        varied(FOX, "wildly", "")
    with pytest.raises(InputError, match="drawn over another"):
        varied(GenerationSettings("a fox", image_sha256="12" * 32), "some", "")
