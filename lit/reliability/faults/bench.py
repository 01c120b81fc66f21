"""What every fault uses: a studio to be started in a folder of its own, and questions about what it has become."""

import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from lit.reliability.process import STARTING, Studio, until
from lit.reliability.tally import Drawn, drawn_in, on_disk

DRAWING = 120.0  # seconds in which a few pictures are drawn, on a machine that others use too


class Broke(Exception):
    """What must hold did not: in a few words."""


class Unavailable(Exception):
    """This machine cannot do that to a process: why."""


@dataclass(frozen=True)
class Fault:
    """holds: what must hold, as a sentence without its end.  inflict(bench): returns what was found."""

    name: str
    holds: str
    inflict: "Callable[[Bench], str]"


@dataclass
class Bench:
    """A place to start studios in. folder: for one fault.  arguments: of the command line of each.

    times: how often what happens at a random moment is done.  side, steps: of the pictures that are drawn.
    """

    folder: Path
    arguments: Sequence[str] = ()
    times: int = 20
    side: int = 256
    steps: int = 4
    lot: random.Random = field(default_factory=lambda: random.Random(0))
    _seed: int = 0

    def of(self, fault: Fault) -> "Bench":
        folder = self.folder / fault.name.replace(" ", "-")
        (folder / "home").mkdir(parents=True)
        return replace(self, folder=folder, lot=random.Random(fault.name))

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def studio(self, *arguments: str, **options) -> Studio:
        return Studio(self.home, [*self.arguments, *arguments], **options)

    def values(self, pictures: int = 1, **more) -> tuple[dict, tuple[Drawn, ...]]:
        """Settings with seeds that nothing else here has, and the pictures that they are."""
        seed = self._seed = self._seed + 100
        values = {"prompt": "a fox", "seed": seed, "num_images_per_prompt": pictures, "width": self.side}
        values |= {"height": self.side, "num_inference_steps": self.steps} | more
        return values, tuple(("a fox", seed + i) for i in range(pictures))


@dataclass
class Visitor:
    """Somebody at a studio, who knows what was promised to them: pictures by the job that draws them."""

    bench: Bench
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    jobs: dict[str, tuple[Drawn, ...]] = field(default_factory=dict)

    def ask(self, studio: Studio, pictures: int = 1, **more) -> str:
        """Ask for a drawing. Returns its job. Raises Broke where it is refused."""
        values, drawn = self.bench.values(pictures, **more)
        told = studio.post("drawings", visitor=self.name, values=values)
        if "job" not in told:
            raise Broke(f"refused: {told.get('error')}")
        self.jobs[told["job"]] = drawn
        return told["job"]

    def look(self, studio: Studio) -> dict:
        return studio.post("drawings/look", jobs=list(self.jobs), have=[], visitor=self.name)

    def ended(self, studio: Studio, seconds: float = DRAWING) -> dict[str, dict]:
        """What became of each job, once none waits any more. Raises Broke where that takes too long."""
        if not until(lambda: not self.look(studio)["active"], seconds, 0.3):
            raise Broke(f"still not drawn after {seconds:.0f} s: {self.look(studio)['trouble']}")
        return {one["id"]: one for one in self.look(studio)["ended"]}

    def account(self, studio: Studio, cut_short: int = 0, seconds: float = DRAWING) -> str:
        """Check what became of all that was promised. cut_short: drawings at most that may have been interrupted.

        Raises Broke where a job is gone, a picture of a finished one is missing, another's, doubled or broken.
        """
        ended = self.ended(studio, seconds)
        if lost := [job for job in self.jobs if job not in ended]:
            raise Broke(f"{len(lost)} of {len(self.jobs)} drawings are lost")
        short = 0
        for job, expected in self.jobs.items():
            found = [_png(studio, one["id"]) for one in ended[job]["pictures"]]
            if any(drawn not in expected for drawn in found):
                raise Broke(f"a drawing shows {found}, of {expected}")
            short += len(found) < len(expected)
        if short > cut_short:
            raise Broke(f"{short} of {len(self.jobs)} drawings lack pictures: {_said(ended)}")
        files, broken = on_disk(self.bench.home)
        if doubled := [drawn for drawn, count in files.items() if count > 1]:
            raise Broke(f"{len(doubled)} pictures are there twice")
        if broken:
            raise Broke(f"{len(broken)} broken files: {broken[:3]}")
        interrupted = f", {short} interrupted and said so" if short else ""
        return f"{len(self.jobs)} drawings, {sum(files.values())} pictures{interrupted}"


def started(bench: Bench, seconds: float = STARTING, **options) -> Studio:
    """A studio that answers and has a model."""
    studio = bench.studio(**options)
    try:
        return studio.ready(seconds)
    except BaseException:
        studio.kill()
        raise


def refuses(bench: Bench, *arguments: str, naming: str, **options) -> str:
    """Start a studio that must not start: exit code 2, and one line with `naming` in it."""
    with bench.studio(*arguments, **options) as studio:
        code = studio.wait(60)
        said = studio.said.strip()
    if code != 2 or naming not in said or len(said.splitlines()) != 1 or "Traceback" in said:
        raise Broke(f"exit code {code}: {said[-300:]}")
    return f"exit code 2: {said}"


def nap(bench: Bench, most: float):
    time.sleep(bench.lot.random() * most)


def _png(studio, name):
    return drawn_in(httpx.get(f"{studio.url}/pictures/{name}", timeout=60).content)


def _said(ended):
    return sorted({one["said"] for one in ended.values() if one["said"]})[:3]
