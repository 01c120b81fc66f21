"""Settings made of settings: variations, blends with their ends, ways that close, templates."""

from dataclasses import replace

import pytest

from lit.errors import InputError
from lit.explore.blends import mix, mixed, morph, there_and_back
from lit.explore.templates import templated
from lit.explore.variations import COUNT, STRENGTHS, apart, variations
from lit.settings import SEEDS, GenerationSettings, from_record, to_record

CAT = GenerationSettings("a cat", style="noto", seed=3, guidance_scale=2.0, num_images_per_prompt=4)
ROBOT = GenerationSettings("a robot, blob", seed=8, guidance_scale=6.0)


def test_variations_are_of_one_picture_and_count_their_own_seeds():
    found = variations(CAT, "a little", first_seed=2**32 - 2, count=3)
    assert {(one.seed, one.variation_strength, one.num_images_per_prompt) for one in found} == {(3, 0.4, 1)}
    assert [one.variation_seed for one in found] == [2**32 - 2, 2**32 - 1, 0]
    assert len(variations(CAT)) == COUNT and sorted(STRENGTHS.values()) == list(STRENGTHS.values())
    assert replace(variations(CAT, 0.0)[0], num_images_per_prompt=4) == CAT


@pytest.mark.parametrize("bad", [{"strength": "wild"}, {"strength": 1.5}, {"first_seed": -1}, {"count": 0}])
def test_variations_that_cannot_be_are_said(bad):
    with pytest.raises(InputError):
        variations(CAT, **bad)


def test_a_variation_varies_like_any_other_picture_up_to_sixteen_times():
    one = CAT
    for number in range(17):
        before, (one,) = one.variations, variations(one, 0.1 + 1e-7 * number, first_seed=number, count=1)
        assert one.variations == (*before, (number, 0.1 + 1e-7 * number))
    assert replace(variations(one.__class__("a cat"), 0.3)[0], variation_strength=0).variations == ()
    with pytest.raises(InputError, match="variation_of: got .*; up to 16 variations"):
        variations(one)


def test_noise_is_not_added_to_itself():
    one = GenerationSettings("a cat", seed=5, variation_strength=0.5, variation_seed=5)
    assert apart(one) == replace(one, variation_seed=6) and apart(apart(one)) == apart(one)
    assert apart(one, range(4, 9)).variation_seed == 9
    last = replace(one, seed=SEEDS[1], variation_seed=SEEDS[1])
    assert apart(last).variation_seed == 0


def test_the_ends_of_a_mix_are_the_two_drawings():
    assert mix(CAT, ROBOT, 0) == replace(CAT, num_images_per_prompt=1)
    assert mix(CAT, ROBOT, 1) == ROBOT.resolved()


def test_a_mix_has_its_share_of_everything():
    found = mix(CAT, ROBOT, 0.25)
    assert found.prompt == "a cat:0.75 | a robot:0.25" and found.style == "noto" and found.guidance_scale == 3.0
    assert (found.seed, found.variation_seed) == (3, 8)
    assert found.variation_strength == pytest.approx(0.38268, abs=1e-5)
    assert mix(CAT, ROBOT, 0.75).style == "blob"
    assert mix(CAT, replace(CAT, prompt="a dog"), 0.5).variation_strength == 0  # the same noise stays as it is
    assert mix(CAT, replace(CAT, seed=4), 0.5).prompt == "a cat"
    three = mix(replace(CAT, prompt="a cat:0.5 | a dog:0.5"), ROBOT, 0.5)
    assert three.prompt == "a cat:0.25 | a dog:0.25 | a robot:0.5"


@pytest.mark.parametrize(
    "other, words",
    [
        (replace(ROBOT, width=512), "width: got 512; 256"),
        (replace(ROBOT, scheduler="flow-euler"), "scheduler"),
        (replace(ROBOT, variation_strength=0.5), "variation_strength"),
        (replace(ROBOT, image_sha256="0" * 64), "image_sha256"),
    ],
)
def test_what_cannot_be_mixed_is_said(other, words):
    with pytest.raises(InputError, match=words):
        mix(CAT, other, 0.5)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), True, "half"])
def test_a_share_lies_between_the_two(share):
    with pytest.raises(InputError, match="share"):
        mix(CAT, ROBOT, share)


def test_a_way_goes_from_the_one_to_the_other_and_its_loop_back():
    way = morph(CAT, ROBOT, 5)
    assert (way[0], way[-1]) == (mix(CAT, ROBOT, 0), mix(CAT, ROBOT, 1)) and len(set(way)) == 5
    assert there_and_back("abcd") == list("abcdcb") and there_and_back("ab") == list("ab")
    assert all(from_record(to_record(one)) == one for one in way)
    for frames in (1, 1000, 2.0):
        with pytest.raises(InputError, match="frames"):
            morph(CAT, ROBOT, frames)


def test_a_template_is_settings_for_each_of_its_prompts_and_says_where_they_are_from():
    template = replace(CAT, prompt="a {red|blue} (cat:1.2)")
    found = templated(template)
    assert [one.prompt for one in found.settings] == ["a red (cat:1.2)", "a blue (cat:1.2)"]
    assert {replace(one, prompt="") for one in found.settings} == {replace(CAT, prompt="")}
    assert found.provenance == {"template": "a {red|blue} (cat:1.2)"} and found.count == 2
    million = replace(CAT, prompt=" ".join(["{a|b|c|d|e|f|g|h|i|j}"] * 6))
    drawn = templated(million, mode="random", most=3)
    assert len(set(drawn.settings)) == 3 and drawn.count == 10**6 and "1,000,000 prompts" in drawn.sentence
    assert templated(million, mode="random", most=3) == drawn
    with pytest.raises(InputError, match="a weight is a number"):
        templated(replace(CAT, prompt="a {(red:9)|blue} cat"))


def test_four_are_mixed_by_their_shares_and_two_of_them_are_a_mix():
    dog, owl = (replace(CAT, prompt=words, seed=seed) for words, seed in (("a dog", 5), ("an owl", 6)))
    four = mixed((CAT, ROBOT, dog, owl), (1, 3, 4, 2))
    assert four.prompt == "a cat:0.1 | a robot:0.3 | a dog:0.4 | an owl:0.2"
    assert (four.seed, four.variation_seed, four.style) == (8, 5, "noto")
    assert four.guidance_scale == pytest.approx(0.1 * 2 + 0.3 * 6 + 0.4 * 2 + 0.2 * 2)
    assert mixed((CAT, ROBOT, dog, owl), (0, 0, 7, 0)) == replace(dog, num_images_per_prompt=1)
    assert mixed((CAT, ROBOT, dog), (3, 1, 0)) == mix(CAT, ROBOT, 0.25)
    assert mixed((CAT, replace(CAT), CAT), (1, 1, 1)) == replace(CAT, num_images_per_prompt=1, variation_seed=3)


@pytest.mark.parametrize("shares", [(0, 0), (1,), (1, -1), (1, float("nan")), (1, "1"), (True, 1), (1e308, 1e308)])
def test_shares_are_numbers_of_which_one_is_above_zero(shares):
    with pytest.raises(InputError, match="shares"):
        mixed((CAT, ROBOT), shares)
    with pytest.raises(InputError, match="drawings: got 5; 2 to 4"):
        mixed((CAT,) * 5, (1,) * 5)
