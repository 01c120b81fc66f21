"""Completion: the model's own concepts, quickly, with nothing loaded for it."""

import subprocess
import sys

import pytest

from lit.reading.completion import complete
from lit.reading.lexicon import emoji_keys, shipped


@pytest.mark.parametrize(
    "prefix, name, text",
    [
        ("a blue butterf", "butterfly", "a blue butterfly"),
        ("a HOT d", "hot dog", "a hot dog"),
        ("two dogs and a smiling face with sun", "smiling face with sunglasses", None),
        ("a red puppy", "dog face", "a red dog face"),
        ("flag: Jap", "flag: Japan", "flag: Japan"),
    ],
)
def test_the_last_words_become_a_name(prefix, name, text):
    (found,) = (one for one in complete(prefix) if one.name == name)
    assert found.text == prefix[: found.start] + name and text in (None, found.text)


def test_every_name_is_proposed_by_its_beginning():
    names = [name for _, name, _ in shipped()["concepts"]]
    missing = [
        name for name in names if name[-1].isalnum() and name not in [one.name for one in complete(name[:-1], 60)]
    ]
    keywords = {keyword.casefold() for _, _, said in shipped()["concepts"] for keyword in said}  # whose own come first
    assert not [
        name for name in missing if name[-2].isalnum() and len(name) > 3 and name[:-1].casefold() not in keywords
    ]


def test_of_a_word_that_is_a_name_the_names_with_it_come_first():
    assert [one.name for one in complete("a cat", 3)] == ["cat face", "cat with wry smile", "cat with tears of joy"]
    assert "dog face" in [one.name for one in complete("a red puppy")]  # which is nothing by that name


def test_of_names_that_fit_as_well_those_with_the_word_and_the_emoji_come_first():
    assert "heart" in complete("a heart", 1)[0].name  # and not the kiss, to which the word belongs, too
    emoji = set(emoji_keys().values())
    found = [one.name in emoji for one in complete("wind", 60) if one.name.startswith("wind")]
    assert found == sorted(found, reverse=True) and True in found and False in found


def test_nothing_is_proposed_for_nothing():
    for prefix in ("", " ", "a cat ", "a cat,", "x" * 100_000, "qqqq", "\ud800", "a"):
        assert complete(prefix) == []


def test_at_most_as_many_as_asked_each_once():
    found = complete("fa", 5)
    assert len(found) == len({one.name for one in found}) == 5


def test_importing_it_loads_no_library():
    probe = "import sys, lit.reading.completion; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True).stdout.split()
    assert not {"numpy", "torch", "tokenizers", "PIL"} & set(loaded)
