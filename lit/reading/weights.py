"""Weights of words: "a (blue:1.3) cat" is "a blue cat" with 1.3 on "blue".

Only "(", words, ":", a number and ")" is a weight; every other parenthesis stays what it is, so that
"A button (blood type)" reads as before. A backslash before one of ()[]{}|_\\ takes its meaning away.
"""

import re
from dataclasses import dataclass

from lit.errors import InputError, Phrase

LOW, HIGH = 0.0, 2.0
DEEPEST = 20
LONGEST = 24  # characters of a number with its colon and spaces: what is searched in each parenthesis
SPECIAL = "()[]{}|_\\"
NUMBER = re.compile(r":\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*$")


@dataclass(frozen=True)
class Weighted:
    """A prompt without its marks.

    text: what is to be encoded.  spans: (start, end, weight) in the text, one behind the other, none with weight 1.
    origin: where each character of the text, and its end, stands in the prompt.
    """

    text: str
    spans: tuple[tuple[int, int, float], ...]
    origin: tuple[int, ...]


def parse_weights(prompt: str) -> Weighted:
    """Raises InputError where a weight is not from 0 to 2, or where they lie more than twenty deep."""
    opened = _pairs(prompt)
    inner: dict[int, tuple[int, float]] = {}  # "(" -> (where its words end, its weight)
    closing: dict[int, int] = {}  # where words end -> behind the ")"
    for start, end in opened.items():
        match = NUMBER.search(prompt, max(start + 1, end - LONGEST), end)
        if match is None or not prompt[start + 1 : match.start()].strip():
            continue
        weight = float(match.group(1))
        if not LOW <= weight <= HIGH:
            raise InputError(
                Phrase("prompt, character {n}", n=match.start(1) + 1),
                match.group(1),
                Phrase("a weight is a number from {low} to {high}", low=f"{LOW:g}", high=f"{HIGH:g}"),
            )
        inner[start] = (match.start(), weight)
        closing[match.start()] = end + 1
    if not inner and "\\" not in prompt:
        return Weighted(prompt, (), tuple(range(len(prompt) + 1)))
    text: list[str] = []
    origin: list[int] = []
    weights: list[float] = []
    stack: list[float] = [1.0]
    position = 0
    while position < len(prompt):
        if position in inner:
            stack.append(stack[-1] * inner[position][1])
            position += 1
            if len(stack) > DEEPEST + 1:
                raise InputError(
                    Phrase("prompt, character {n}", n=position),
                    Phrase("weights within weights"),
                    Phrase("at most {most} within each other", most=DEEPEST),
                )
            continue
        if position in closing:
            stack.pop()
            position = closing[position]
            continue
        if prompt[position] == "\\" and prompt[position + 1 : position + 2] in tuple(SPECIAL):
            position += 1
        text.append(prompt[position])
        origin.append(position)
        weights.append(min(max(stack[-1], LOW), HIGH))
        position += 1
    return Weighted("".join(text), _spans(weights), (*origin, len(prompt)))


def escaped(text: str) -> str:
    """The text such that parsing it gives it back: with backslashes only where it would be read otherwise."""
    if parse_safe(text):
        return text
    return "".join(f"\\{sign}" if sign in "()\\" else sign for sign in text)


def parse_safe(text: str) -> bool:
    """Whether a text means itself."""
    try:
        return parse_weights(text).text == text and not parse_weights(text).spans
    except InputError:
        return False


def _pairs(prompt: str) -> dict[int, int]:
    """ "(" -> its ")", without those behind a backslash."""
    stack, pairs, position = [], {}, 0
    while position < len(prompt):
        sign = prompt[position]
        if sign == "\\":
            position += 1
        elif sign == "(":
            stack.append(position)
        elif sign == ")" and stack:
            pairs[stack.pop()] = position
        position += 1
    return pairs


def _spans(weights: list[float]) -> tuple[tuple[int, int, float], ...]:
    spans, start = [], 0
    for end in range(1, len(weights) + 1):
        if end == len(weights) or weights[end] != weights[start]:
            if weights[start] != 1:
                spans.append((start, end, weights[start]))
            start = end
    return tuple(spans)
