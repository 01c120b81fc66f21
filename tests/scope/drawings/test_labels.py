"""What words are called: those that the network was given, whatever marks the prompt has."""

import dataclasses

import pytest

from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region
from lit.settings import GenerationSettings

PLAIN = GenerationSettings("a blue dragon", style="blob", height=64, width=64, num_inference_steps=2, seed=7)


def pieces(opened):
    return [word.spoken for word in opened.words if not word.empty]


def test_a_weight_leaves_its_words_their_names(tiny_pipeline):
    weighted = dataclasses.replace(PLAIN, prompt="a (blue:1.4) dragon")
    plain, opened = (OpenedDrawing.open(tiny_pipeline, one) for one in (PLAIN, weighted))
    assert pieces(opened) == pieces(plain) == ["(start)", "a", "blue", "dragon", "(end)", "style blob"]


def test_a_blend_has_the_words_of_all_its_prompts_and_they_add_up(tiny_pipeline):
    blend = dataclasses.replace(PLAIN, prompt="a (blue:1.4) dragon:1 | an owl:3", negative_prompt="red")
    opened = OpenedDrawing.open(tiny_pipeline, blend)
    without = ["without: (start)", "without: red", "without: (end)"]
    first, second = ["(start)", "a", "blue", "dragon", "(end)"], ["(start)", "an", "owl", "(end)"]
    assert pieces(opened) == [*without, *first, *second, "without: no style", "style blob"]
    view = opened.step(1)
    assert len(opened.words) == len(view.map.words())
    found = view.contributions(Region(20, 10, 50, 40))
    assert found.value == pytest.approx(sum(part.amount for part in found.parts), abs=1e-5)
