"""What a comparison varies: values read by their declarations, and the ways of drawing that follow."""

import pytest

from lit.sampling import registry
from lit.settings import GenerationSettings
from lit.studio.tabs.compare.axes import MOST, VARIED, Refused, axis, declared, ways
from lit.studio.work.teacher import OWN, TEACHER

FOX = GenerationSettings(prompt="a fox", seed=5)


def of(name, *values, field="x"):
    return axis(field, {"name": name, "values": list(values)})


def test_values_are_typed_or_chosen_and_read_by_their_declaration():
    assert of("num_inference_steps", "2", "4", 8).values == (2, 4, 8)
    assert of("guidance_scale", "1.5").labels == ["1.5"]
    assert of("style", "any", "noto").values == (None, "noto")
    assert of("style", "any", "noto").labels == ["Any", "Noto"]
    assert of("prompt", " a fox, red ").values == ("a fox, red",)
    assert axis("y", None) is None and axis("y", {"name": ""}) is None


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("num_inference_steps", ["2", "many"], r"Steps cannot be many\. Choose a whole number from 1 to 200\."),
        ("num_inference_steps", ["0"], r"Steps cannot be 0.*from 1 to 200"),
        ("seed", ["-5"], r"Seed cannot be -5.*from 0"),
        ("seed", ["1.5"], r"Seed cannot be 1\.5"),
        ("seed", ["nan"], "Seed cannot be nan"),
        ("width", ["250"], "Width cannot be 250.*multiple of 16"),
        ("scheduler", ["euler"], "Scheduler cannot be euler. Choose flow-map"),
        ("prompt", ["  "], "Type what to draw"),
        ("seed", ["1", "1.0"], r"Seed: 1 is there twice\."),
        ("seed", [], "Seed cannot be empty"),
        ("seed", list(range(MOST + 1)), f"at most {MOST}"),
        ("num_images_per_prompt", [2], "Reload"),
        ("model", ["third"], "Model: “third” will not do. Needed: one of"),
    ],
)
def test_what_does_not_fit_is_a_sentence_about_its_axis(name, values, said):
    with pytest.raises(Refused, match=said) as refused:
        axis("y", {"name": name, "values": values})
    assert refused.value.field == "y"


@pytest.mark.parametrize("name", VARIED)
def test_everything_that_may_be_varied_is_offered(name):
    (offered,) = [one for one in declared() if one["name"] == name]
    if offered["kind"] == "choice":
        found = of(name, *(value for value, _ in offered["options"]))
        assert found.labels == [text for _, text in offered["options"]]


def test_ways_go_row_by_row_from_the_same_noise():
    found = ways(FOX, of("num_inference_steps", 2, 4), of("style", "any", "noto", field="y"))
    assert [(way.settings.num_inference_steps, way.settings.style) for way in found] == [
        (2, None),
        (4, None),
        (2, "noto"),
        (4, "noto"),
    ]
    assert {(way.model, way.settings.seed, way.settings.prompt) for way in found} == {(OWN, 5, "a fox")}


def test_the_teacher_draws_by_its_own_scheduler_in_as_many_steps_as_that_takes():
    own, teacher = ways(FOX, of("model", OWN, TEACHER), None)
    assert own.settings == FOX
    assert (teacher.model, teacher.settings.scheduler) == (TEACHER, "flow-euler")
    assert teacher.settings.num_inference_steps == registry.find("flow-euler").steps == 20
    *_, four = ways(FOX, of("model", OWN, TEACHER), of("num_inference_steps", 2, 4, field="y"))
    assert (four.model, four.settings.scheduler, four.settings.num_inference_steps) == (TEACHER, "flow-euler", 4)
    *_, heun = ways(FOX, of("model", OWN, TEACHER), of("scheduler", "flow-map", "flow-heun", field="y"))
    assert (heun.settings.scheduler, heun.settings.num_inference_steps) == ("flow-heun", 8)


def test_two_axes_of_one_setting_and_too_many_pictures_are_refused():
    with pytest.raises(Refused, match="varied along the columns already") as refused:
        ways(FOX, of("seed", 1, 2), of("seed", 3, field="y"))
    assert refused.value.field == "y"
    with pytest.raises(Refused, match="7 × 6 are 42 pictures; at most 36"):
        ways(FOX, of("seed", *range(7)), of("num_inference_steps", *range(1, 7), field="y"))
