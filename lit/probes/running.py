"""All probes, one after the other; what got through, counted by kind."""

import importlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lit.errors import InputError
from lit.probes.target import Target

# The kinds, in the order in which they are tried: a file each in kinds/.
KINDS = {
    "hosts": "foreign hosts, rebound names",
    "sites": "other sites' pages",
    "paths": "ways to other files",
    "pictures": "bombs of pixels, texts, chunks",
    "pickles": "pickles for files",
    "values": "numbers and fields that are none",
    "words": "words that are code",
    "visitors": "other visitors' drawings",
    "methods": "methods and ranges",
    "connections": "slow, cut and endless requests",
}


@dataclass(frozen=True)
class Outcome:
    """through: what got through, in words; "" for nothing."""

    kind: str
    name: str
    through: str
    seconds: float


def run(
    target: Target,
    kinds: Sequence[str] = tuple(KINDS),
    tell: Callable[[str], None] = lambda said: None,
    step: int = 1,
) -> Iterator[Outcome]:
    """Try what these kinds have; yields an Outcome for each. After each kind the page has to answer as before.

    tell: hears each kind as it begins.  step: one in so many is tried, where there is no time for all.
    Raises InputError for a kind that there is not, or a studio that does not answer.
    """
    if unknown := set(kinds) - set(KINDS):
        raise InputError("kind", min(unknown), f"one of {', '.join(KINDS)}")
    if said := target.lives():
        raise InputError("url", target.url, f"a studio that answers ({said})")
    return _outcomes(target, kinds, tell, step)


def _outcomes(target, kinds, tell, step) -> Iterator[Outcome]:
    for kind in kinds:
        tell(KINDS[kind])
        module = importlib.import_module(f"lit.probes.kinds.{kind}")
        for probe in itertools.islice(module.probes(target), 0, None, step):
            began = time.monotonic()
            through = probe.run()
            yield Outcome(kind, probe.name, through, time.monotonic() - began)
        began = time.monotonic()
        yield Outcome(kind, "and the page still answers", target.lives(), time.monotonic() - began)


def table(outcomes: Sequence[Outcome]) -> str:
    """Lines of a Markdown table: a kind, how many were tried, how many got through, and how long it took."""
    tried, through, took = Counter(), Counter(), Counter()
    for one in outcomes:
        tried[one.kind] += 1
        through[one.kind] += bool(one.through)
        took[one.kind] += one.seconds
    rows = [f"| {KINDS[kind]} | {tried[kind]:,} | {through[kind]:,} | {took[kind]:.1f} |" for kind in tried]
    total = f"| **all** | {sum(tried.values()):,} | {sum(through.values()):,} | {sum(took.values()):.1f} |"
    return "\n".join(
        ["| what was tried | tried | got through | seconds |", "| --- | ---: | ---: | ---: |", *rows, total]
    )
