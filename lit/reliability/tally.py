"""What many clients asked for and got, counted by all of them together."""

import io
import json
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median

from PIL import Image

from lit.settings.chunks import read_texts
from lit.settings.png import TEXT_KEY

Drawn = tuple[str, int]  # a picture by its words and its seed: no two that are asked for share both


@dataclass
class Asked:
    """Pictures that the studio has taken on. at, done: seconds on the harness's clock; done None until they came."""

    visitor: str
    kind: str
    pictures: tuple[Drawn, ...]
    at: float
    done: float | None = None


@dataclass
class Tally:
    """Any thread may call any method. kept: all that was taken on.  others: pictures that came and were another's.

    errors: how often what went wrong, by kind.  refused: how often the studio said that it has no room.
    """

    kept: list[Asked] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    errors: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)
    rounds: Counter = field(default_factory=Counter)
    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def taken_on(self, asked: Asked) -> Asked:
        with self._guard:
            self.kept.append(asked)
        return asked

    def check(self, visitor: str, expected: Drawn, png: bytes):
        """Count a picture that came for somebody as another's unless its own settings say what they asked for."""
        found = drawn_in(png)
        if found != expected:
            with self._guard:
                self.others.append(f"{visitor} asked for {expected} and got {found}")

    def count(self, counter: Counter, what: str):
        with self._guard:
            counter[what] += 1

    def took(self, kind: str, seconds: float):
        with self._guard:
            self.latencies[kind].append(seconds)


def drawn_in(png: bytes) -> Drawn | None:
    """What a picture says that it is, None for one that is broken."""
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            image.verify()
        settings = json.loads(read_texts(io.BytesIO(png))[TEXT_KEY])["settings"]
        return settings["prompt"], settings["seed"]
    except Exception:  # Pillow has many kinds for what may be wrong
        return None


def on_disk(home: Path) -> tuple[Counter, list[str]]:
    """How often each picture lies in a studio's folder, and the names of those that are broken."""
    found, broken = Counter(), []
    for file in (home / "pictures").rglob("*.png"):
        drawn = drawn_in(file.read_bytes())
        if drawn is None:
            broken.append(file.name)
        else:
            found[drawn] += 1
    return found, broken


def fairness(kept: list[Asked]) -> dict[str, float]:
    """How long each visitor waited, beside those who waited at the same time.

    Of each request: its time over the mean time of all requests that were under way with it, so that 1 is one's share
    of a busy studio, and 2 twice that. {visitor: mean of their requests}.
    """
    ended = [(one.visitor, one.at, one.done) for one in kept if one.done is not None]
    each: dict[str, list[float]] = defaultdict(list)
    for visitor, at, done in ended:
        beside = [until - since for _, since, until in ended if since < done and until > at]
        each[visitor].append((done - at) / max(1e-9, fmean(beside)))
    return {visitor: fmean(found) for visitor, found in each.items()}


def spread(values: list[float]) -> dict[str, float]:
    """median, 19 of 20 within, most."""
    ordered = sorted(values)
    within = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"n": len(ordered), "median": median(ordered), "p95": within, "most": ordered[-1]}


def as_json(found: dict) -> str:
    return json.dumps(found, indent=1, sort_keys=True) + "\n"
