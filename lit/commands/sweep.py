"""Draw one prompt with one to three settings varied: over a grid, or, with --adaptive, where the picture changes most.

Writes the pictures, all of them on one sheet with labelled axes, and a page that needs nothing beside it; says where
the picture flips. The same command goes on where it was stopped.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from lit.commands.arguments import add_settings, local_path, number, path, whole_number
from lit.commands.console import ending_on_ctrl_c, progress, say
from lit.commands.generate import load, of_model, settings_of, source_of
from lit.errors import InputError
from lit.explore.sweeps.axes import EXAMPLES, Axis
from lit.explore.sweeps.distances import ALIKE
from lit.explore.sweeps.grid import Grid, Sweep, point_at, seconds_left
from lit.explore.variations import apart
from lit.paths import check_writable
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings

WHY = {
    "all": "all are drawn",
    "budget": "the budget is spent",
    "alike": "neighbours look alike",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    names = [name for name in SETTINGS if name != "num_images_per_prompt"]
    told = {"scheduler": "the model's first", "num_inference_steps": "the scheduler's own, 8 with flow-map"}
    add_settings(parser, names, unless_given=told)
    add = parser.add_argument
    add(
        "--axis", action="append", default=[], metavar="NAME=VALUES", help=f"vary this, once to three times: {EXAMPLES}"
    )
    add("--adaptive", action="store_true", help="draw where the picture changes, along one or two ranges of numbers")
    add("--budget", type=whole_number, metavar="N", help="with --adaptive: images at most (24)")
    add("--strategy", metavar="NAME", help="with --adaptive: gradient, uniform, sobol or adaptive (gradient)")
    add("--chance", type=whole_number, metavar="N", help="with --adaptive: seed of what is left to chance (0)")
    add("--alike", type=number, metavar="X", help="with --adaptive: stop below this distance of neighbours; 0: never")
    add("--distance", default="features", metavar="NAME", help=f"of pictures: {' or '.join(ALIKE)} (features)")
    add("--estimate", action="store_true", help="say how many pictures it is and about how long they take; draw none")
    add("--size", type=whole_number, metavar="N", help="width and height in one")
    add(
        "--from",
        dest="source",
        type=path,
        metavar="PNG",
        help="the settings of this picture; other options change them",
    )
    add("--image", type=path, metavar="FILE", help="draw over this picture, for --axis strength=0.3:1")
    add("--mask", type=path, metavar="FILE", help="draw it anew where this one is white")
    add("--model", type=path, metavar="DIR", help="another model: its folder or hub name")
    add("--device", help="cpu, cuda or mps; what is there if not given")
    add("--dtype", help="float32 or bfloat16; the faster if not given")
    add("--runtime", help="torch, or openvino where it is installed")
    add("--out", type=local_path, default=Path("sweep"), metavar="DIR", help="folder for the files (sweep)")
    parser.set_defaults(room=None)


def run(arguments: argparse.Namespace) -> int:
    """Draw and write. Ctrl-C keeps what is drawn and returns 130.

    Raises LiTError for anything a user can put right.
    """
    if not arguments.axis:
        raise InputError("--axis", None, EXAMPLES)
    axes = [Axis.parse(text) for text in arguments.axis]
    if arguments.source is None and arguments.seed is None:
        arguments.seed = DEFAULTS["seed"]  # the same command is the same sweep
    settings, recorded = settings_of(arguments)
    settings, source = source_of(arguments, settings)
    settings = source.told(settings) if source else settings
    if arguments.variation_seed is None and any(axis.name == "variation_strength" for axis in axes):
        settings = apart(settings, [value for axis in axes if axis.name == "seed" for value in axis.values])
    # What no model could draw is said at once; what this one cannot, when it has been loaded.
    resolved = settings.resolved()
    resolved.validate(styles=None if arguments.model is None else (resolved.style,))
    if arguments.distance not in ALIKE:
        raise InputError("--distance", arguments.distance, f"one of {', '.join(ALIKE)}")
    sweep_of(resolved, axes, arguments)
    check_writable(arguments.out, "--out")

    pipe = load(arguments.model, arguments.device, arguments.dtype, recorded, arguments.runtime)
    pipe.set_progress_bar_config(disable=True)
    if arguments.source is None:
        settings = of_model(settings, arguments, pipe)
    settings = settings.resolved(pipe.styles)
    sweep, told = sweep_of(settings, axes, arguments)
    ends = _ends(sweep)
    for one in ends:
        pipe.check(one)
    seconds = _expected(pipe, settings, source, sweep, ends)
    say(f"{sweep.total} pictures{' at most' if arguments.adaptive else ''}, about {_time(seconds)}")
    if arguments.estimate:
        return 0

    from lit.explore.sweeps.distances import eye
    from lit.explore.sweeps.folder import SweepFolder
    from lit.explore.sweeps.results import write_results
    from lit.explore.sweeps.walk import walk

    folder = SweepFolder(arguments.out, sweep, told, pipe.provenance())
    if len(folder):
        say(f"{len(folder)} of them are there already")
    looks = arguments.adaptive or any(axis.numeric for axis in axes)
    seen = eye(arguments.distance, pipe.autoencoder) if looks else None
    drawing = _Drawing(pipe, source)
    drawn = []
    with ending_on_ctrl_c(drawing.stop), progress("sweep", "picture") as tell:
        for one in walk(sweep, drawing.draw, seen, folder, source=source):
            drawn.append(one)
            tell(len(drawn), sweep.total)
    for line in write_results(arguments.out, sweep, drawn, ALIKE[arguments.distance], title=settings.prompt):
        say(line)
    if drawing.stopped:
        say(f"{len(drawn)} of {sweep.total} drawn; the same command goes on")
        return 130
    say(f"{len(drawn)} drawn: {WHY[sweep.why]}")
    return 0


def sweep_of(
    settings: GenerationSettings, axes: Sequence[Axis], arguments: argparse.Namespace
) -> tuple[Sweep, dict[str, object]]:
    """The sweep that is asked for, and what it is beside settings and axes."""
    given = {name: getattr(arguments, name) for name in ("budget", "strategy", "chance", "alike")}
    given = {name: value for name, value in given.items() if value is not None}
    if not arguments.adaptive:
        for name, value in given.items():
            raise InputError(f"--{name}", value, "--adaptive beside it")
        return Grid(settings, axes), {"way": "grid"}
    from lit.explore.sweeps.adaptive import BUDGET, AdaptiveSweep

    told = {"budget": BUDGET, "strategy": "gradient", "chance": 0, "alike": ALIKE[arguments.distance]} | given
    sweep = AdaptiveSweep(settings, axes, told["budget"], told["chance"], told["strategy"], told["alike"])
    return sweep, {"way": "adaptive", "distance": arguments.distance} | told


class _Drawing:
    """What draws the pictures, and can be stopped between two of them or within one."""

    def __init__(self, pipe, source):
        self._pipe, self._told = pipe, source.arguments if source else {}
        self._run, self.stopped = None, False

    def draw(self, settings):
        if self.stopped:
            return
        self._run = self._pipe.start(settings, **self._told)
        for drawing in self._run:
            if self.stopped or not drawing.finished:
                return
            yield drawing.image

    def stop(self):
        self.stopped = True
        if self._run is not None:
            self._run.interrupt()


def _ends(sweep) -> list[GenerationSettings]:
    """Settings that show whether the model can draw the sweep: all of a grid, else the ends of its axes."""
    if isinstance(sweep, Grid):
        return [point.settings for point in sweep.points]
    corners = product(*((axis.low, axis.high) for axis in sweep.axes))
    return [point_at(sweep.settings, sweep.axes, corner).settings for corner in corners]


def _expected(pipe, settings, source, sweep, ends) -> float:
    """Seconds of the whole sweep, by a picture in one step; the first of all takes longer, and is none of them."""
    told = source.arguments if source else {}
    quick = replace(ends[0], num_inference_steps=1, scheduler=pipe.schedulers[0])
    seconds = 0.0
    for _ in range(2):
        began = time.perf_counter()
        pipe.generate(quick, **told)
        seconds = time.perf_counter() - began
    all_of_them = ends if isinstance(sweep, Grid) else [ends[i % len(ends)] for i in range(sweep.total)]
    return seconds_left([(quick, seconds)], all_of_them) or 0.0


def _time(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"
