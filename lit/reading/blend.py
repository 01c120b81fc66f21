"""Blends: "a cat:0.3 | a robot:0.7" is one picture of both prompts, by their shares.

Only prompts with bars between them that each end in ":" and a number are a blend; every other bar stays what it is.
A backslash before a bar takes its meaning away, as for all signs of `lit.reading.weights`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lit.errors import InputError, Phrase
from lit.reading.weights import escaped

MOST = 8  # prompts
PART = re.compile(r"(.*\S)\s*:\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*", re.DOTALL)
OPENING, CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class Part:
    """One of the prompts of a blend, with the marks of its weights. share: from 0 to 1; all add up to one."""

    prompt: str
    share: float


def parts_of(prompt: str) -> tuple[Part, ...]:
    """The prompts that are drawn of a blend, those with a share; of any other prompt itself.

    Raises InputError for a share below 0, none above it, and more than eight prompts.
    """
    matches = _matches(prompt)
    if not matches:
        return (Part(prompt, 1.0),)
    if len(matches) > MOST:
        raise InputError("prompt", Phrase("{n} prompts in one", n=len(matches)), Phrase("at most {most}", most=MOST))
    shares = [float(match.group(2)) for match in matches]
    if min(shares) < 0 or not sum(shares):
        raise InputError(
            "prompt",
            Phrase("shares {names}", names=", ".join(f"{share:g}" for share in shares)),
            "shares from 0, one above it",
        )
    parts = (Part(match.group(1).strip(), share / sum(shares)) for match, share in zip(matches, shares))
    return tuple(part for part in parts if part.share)


def blended(parts: Iterable[Part]) -> str:
    """The blend of these prompts; the prompt itself where one alone has a share."""
    parts = [part for part in parts if part.share]
    if len(parts) == 1:
        return parts[0].prompt
    return " | ".join(f"{enclosed(part.prompt)}:{_written(part.share)}" for part in parts)


def spans_of(prompt: str) -> list[tuple[int, int]]:
    """Where the words of each prompt of a blend stand in it, (start, end); none where it is no blend."""
    spans, start = [], 0
    for match in _matches(prompt):
        lead = len(match.group(1)) - len(match.group(1).lstrip())
        spans.append((start + lead, start + match.end(1)))
        start += len(match.string) + 1
    return spans


def as_text(text: str) -> str:
    """A prompt that is this text, whatever looks like a weight or a blend in it."""
    text = escaped(text)
    return text.replace("|", r"\|") if _matches(text) else text


def _written(share: float) -> str:
    return f"{share:.6f}".rstrip("0").rstrip(".")


def enclosed(prompt: str) -> str:
    """The prompt such that none of its signs divides the blend, nor hides what does."""
    if _pieces(f"{prompt} | ") == [f"{prompt} ", " "]:
        return prompt
    return re.sub(r"(\\.)|([()\[\]{}|])", lambda match: match.group(1) or f"\\{match.group(2)}", prompt)


def _matches(prompt: str) -> list[re.Match]:
    """Of each prompt of a blend, its words and its share; none where it is no blend."""
    pieces = _pieces(prompt)
    matches = [match for match in map(PART.fullmatch, pieces) if match]
    return matches if len(pieces) > 1 and len(matches) == len(pieces) else []


def _pieces(prompt: str) -> list[str]:
    """What stands between the bars that lie in no brackets and behind no backslash."""
    pieces, start, depth, position = [], 0, 0, 0
    while position < len(prompt):
        sign = prompt[position]
        if sign == "\\":
            position += 1
        elif sign in OPENING:
            depth += 1
        elif sign in CLOSING:
            depth = max(depth - 1, 0)
        elif sign == "|" and not depth:
            pieces.append(prompt[start:position])
            start = position + 1
        position += 1
    return [*pieces, prompt[start:]]
