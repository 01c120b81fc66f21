"""The words of scenes, as people type them. {a} and {b} are nouns with what belongs to them: "a red hat", "cat"."""

import tomllib
from pathlib import Path

import numpy as np

from lit.data.captions import plural, with_article
from lit.data.scenes.roles import ROLES

# What comes twice is said twice as often.
SENTENCES = {
    "hat": (
        "{a} wearing {b}", "{a} wearing {b}", "{a} with {b}", "{a} in {b}", "{a} with {b} on its head",
        "{a} wearing {b} on its head", "{a} with {b} on",
    ),
    "glasses": ("{a} wearing {b}", "{a} wearing {b}", "{a} with {b}", "{a} with {b}", "{a} in {b}", "{a} with {b} on"),
    "scarf": ("{a} wearing {b}", "{a} wearing {b}", "{a} with {b}", "{a} in {b}", "{a} with {b} around its neck"),
    "holding": (
        "{a} holding {b}", "{a} holding {b}", "{a} with {b}", "{a} with {b} in its hand", "{a} carrying {b}",
        "{a} that holds {b}", "{a} has {b}",
    ),
    "riding": ("{a} riding {b}", "{a} riding {b}", "{a} on {b}", "{a} riding on {b}", "{a} sitting on {b}"),
    "standing": ("{a} on {b}", "{a} riding {b}", "{a} standing on {b}", "{a} on top of {b}"),
    "driving": ("{a} in {b}", "{a} driving {b}", "{a} riding in {b}", "{a} riding {b}", "{a} inside {b}"),
    "inside": (
        "{a} in {b}", "{a} in {b}", "{a} inside {b}", "{a} sitting in {b}", "{b} with {a} in it", "{a} inside of {b}",
    ),
    "behind": ("{a} behind {b}", "{a} behind {b}", "{a} standing behind {b}"),
    "in front of": ("{a} in front of {b}", "{a} in front of {b}", "{a} standing in front of {b}"),
    "peeking": (
        "{a} peeking out from behind {b}", "{a} hiding behind {b}", "{a} peeking from behind {b}",
        "{a} peeking over {b}", "{a} looking out from behind {b}", "{a} peeking out of {b}",
    ),
    "sizes": (
        "{a} and {b}", "{b} and {a}", "{b} next to {a}", "{a} next to {b}", "{a} with {b}", "{b} beside {a}",
    ),
    "row": ("a row of {many}", "{many} in a row", "{number} {many} in a row", "a line of {many}"),
    "pile": ("a pile of {many}", "a heap of {many}", "pile of {many}", "a stack of {many}"),
    "ring": ("a ring of {many}", "a circle of {many}", "{many} in a circle", "{many} in a ring", "ring of {many}"),
    "rain": ("{a} in the rain", "{a} under the rain", "{a} in rain", "{a} on a rainy day", "{a} standing in the rain"),
    "snow": (
        "{a} in the snow", "{a} with snow falling", "{a} in falling snow", "{a} on a snowy day", "{a} under snowflakes",
    ),
    "stars": (
        "{a} under the stars", "{a} surrounded by stars", "{a} with stars around", "{a} among the stars",
        "{a} and stars",
    ),
    "two": ("{a} and {b}", "{a} and {b}", "{a} with {b}", "{a} next to {b}", "{a} & {b}", "{a} beside {b}", "{a}, {b}"),
    "three": (
        "{a}, {b} and {c}", "{a}, {b} and {c}", "{a}, {b}, and {c}", "{a} with {b} and {c}", "{a} and {b} and {c}",
        "{a}, {b}, {c}",
    ),
}  # fmt: skip
BIG = ("big", "huge", "large", "giant", "enormous", "very big")
SMALL = ("small", "tiny", "little", "small", "very small", "mini")
MOOD_WORDS = {
    "happy": ("happy", "smiling", "cheerful", "happy"),
    "sad": ("sad", "unhappy", "sad"),
    "angry": ("angry", "mad", "angry"),
    "sleepy": ("sleepy", "tired", "sleeping"),
    "surprised": ("surprised", "shocked", "amazed"),
    "in love": ("loving", "lovestruck"),
    "winking": ("winking",),
}
MOOD_SENTENCES = ("{mood}", "{mood}", "{plain} with {face}", "{plain} with {face} on it")

SAID: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("said.toml").read_text(encoding="utf-8"))


def said(name: str, rng: np.random.Generator) -> str:
    """A name as somebody may say it: "dog face" as "dog"."""
    if name in SAID:
        return pick(rng, SAID[name]) if rng.random() < 0.75 else name
    if name.endswith((" face", " head")) and _is_being(name[:-5]) and rng.random() < 0.85:
        return name[:-5]
    return name


def _is_being(name: str) -> bool:
    """Whether a face without this word still says whose: a cat's is a cat, "loudly crying" is nobody."""
    return any(ROLES[role].fits(name) for role in ("animals", "people", "characters"))


def pick(rng: np.random.Generator, choices):
    return choices[int(rng.integers(len(choices)))]


def noun(name: str, article: bool, *adjectives: str | None) -> str:
    """("car", True, "big", "red") -> "a big red car"."""
    phrase = " ".join([*(word for word in adjectives if word), name])
    return with_article(phrase) if article else phrase


def many(name: str, color: str | None) -> str:
    return f"{color} {plural(name)}" if color else plural(name)
