"""Blends: only where every prompt has a share, and any other prompt is what it was."""

import pytest

from lit.errors import InputError
from lit.reading.blend import Part, as_text, blended, parts_of
from lit.reading.weights import parse_weights


def shares(prompt):
    return [(part.prompt, round(part.share, 6)) for part in parts_of(prompt)]


@pytest.mark.parametrize(
    "prompt, expected",
    [
        ("a cat:0.3 | a robot:0.7", [("a cat", 0.3), ("a robot", 0.7)]),
        ("a cat : 3|a robot:1|a cup:0", [("a cat", 0.75), ("a robot", 0.25)]),
        ("a (big:1.2) cat:1 | a\n dog:1", [("a (big:1.2) cat", 0.5), ("a\n dog", 0.5)]),
        ("4:3:0.5 | b:.5", [("4:3", 0.5), ("b", 0.5)]),
        ("a cat:0 | a robot:2", [("a robot", 1)]),
    ],
)
def test_what_is_a_blend(prompt, expected):
    assert shares(prompt) == expected


@pytest.mark.parametrize(
    "prompt",
    ["a cat", "", "a cat:0.3", "a cat | a robot", "a cat:0.3 | a robot", r"a:1 \| b:1", "(a:1 | b:1)", " | :1"],
)
def test_what_is_none_is_itself(prompt):
    assert parts_of(prompt) == (Part(prompt, 1.0),)


@pytest.mark.parametrize("prompt", ["a:-1 | b:2", "a:0 | b:0", "|".join(["a:1"] * 9)])
def test_shares_that_cannot_be_are_said(prompt):
    with pytest.raises(InputError, match="prompt"):
        parts_of(prompt)


@pytest.mark.parametrize("prompt", ["a cat", "a | b", "(open", "close)", r"a \| {b", "a (big:1.2) cat", "c:3", "\\"])
def test_any_two_prompts_can_be_blended_and_come_apart_again(prompt):
    parts = [Part(prompt, 0.25), Part("a robot", 0.75)]
    found = parts_of(blended(parts))
    assert [part.share for part in found] == [0.25, 0.75]
    assert [parse_weights(part.prompt) == parse_weights(own.prompt) for part, own in zip(found, parts)][1]
    assert parse_weights(found[0].prompt).text == parse_weights(prompt).text


def test_a_share_of_nothing_leaves_the_other_prompt_itself():
    assert blended([Part("a | b", 1.0), Part("c", 0.0)]) == "a | b"


@pytest.mark.parametrize("text", ["a:1 | b:2", r"a\|x:1 | b:2", "a (b:1.2):1 | c:3", "a:-1 | b:-1", "plain | text"])
def test_as_text_nothing_is_a_blend_or_a_weight(text):
    (part,) = parts_of(as_text(text))
    assert parse_weights(part.prompt).text == text and not parse_weights(part.prompt).spans
