"""Names, emoji and files' names from what was asked for."""

import re

import pytest

from lit.export.words import FALLBACK_EMOJI, emoji_of, file_stem, free_stem, name_of, shortened


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A blue  dragon", "blue dragon"),
        ("an owl", "owl"),
        ("a", "a"),
        ("", "sticker"),
        ("龍", "龍"),
        ("a\nb\u202e", "b"),
    ],
)
def test_a_name_is_the_prompt_without_its_article(prompt, name):
    assert name_of(prompt) == name


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("dragon", ("🐉",)),
        ("a blue dragon", ("🐉",)),
        ("a cat wearing a top hat", ("🐈", "🎩")),
        ("three dogs", ("🐕",)),
        ("Red Heart", ("❤️",)),
        ("smiling face with heart-eyes", ("😍",)),
        ("flag: Scotland", ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",)),
        ("a cat and a cat", ("🐈",)),
        ("ein Drache", (FALLBACK_EMOJI,)),
        ("", (FALLBACK_EMOJI,)),
    ],
)
def test_emoji_are_those_whose_names_stand_in_the_words(text, emoji):
    assert emoji_of(text) == emoji


@pytest.mark.parametrize("name", ["Žába!", "龍", "../../etc/passwd", "a" * 99, "<b>", "x", "B\0c", "Discord Emoji 2"])
@pytest.mark.parametrize("joint", ["-", "_"])
def test_files_have_names_that_every_system_takes(name, joint):
    stem = file_stem(name, joint, 32)
    assert re.fullmatch(rf"[a-z0-9][a-z0-9{joint}]{{1,31}}", stem)


def test_names_are_counted_up_and_stay_within_their_length():
    taken = []
    for _ in range(12):
        taken.append(free_stem("a" * 10, taken, "_", 10))
    assert taken[:3] == ["a" * 10, "aaaaaaaa_2", "aaaaaaaa_3"]
    assert len(set(taken)) == 12 and max(map(len, taken)) == 10


@pytest.mark.parametrize(
    ("text", "most", "short"), [("a cat", 5, "a cat"), ("a big cat", 8, "a big…"), ("abcdef", 4, "abc…")]
)
def test_words_are_cut_between_words(text, most, short):
    assert shortened(text, most) == short
    assert len(short) <= most
