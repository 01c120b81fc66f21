"""Show what made a pixel or a region of a drawn PNG: which noise, which words and which biases, adding up."""

import argparse
from pathlib import Path

from lit.commands.arguments import local_path, path, whole_number
from lit.commands.console import note, progress, say
from lit.commands.generate import load
from lit.errors import InputError
from lit.paths import check_writable
from lit.settings import read_png, read_source

MODES = (1, 64)


def add_arguments(parser: argparse.ArgumentParser):
    add = parser.add_argument
    add("--from", dest="source", type=path, metavar="PNG", required=True, help="a picture of this studio, drawn again")
    add("--pixel", metavar="X,Y", help="the pixel to ask about, from the left and the top")
    add("--region", metavar="L,T,R,B", help="or a box: left, top, right, bottom")
    add("--channel", default="luminance", metavar="NAME", help="luminance, a colour or alpha (luminance)")
    add("--step", default="all", metavar="N", help="look at step N alone, 1 the first; all for the whole way (all)")
    add("--path", default="value", metavar="NAME", help="attention by value or by query (value)")
    add("--words", action="store_true", help="also a picture of what each word adds")
    add("--modes", type=whole_number, metavar="K", help="also the K strongest singular modes of --step")
    add("--model", type=path, metavar="DIR", help="the model that drew it, if not the embedded one: folder or hub name")
    add("--device", help="cpu, cuda or mps; what is there if not given")
    add("--out", type=local_path, default=Path("scope"), metavar="DIR", help="folder for the files (scope)")


def run(arguments: argparse.Namespace) -> int:
    """Draw, look, write. Raises LiTError for anything a user can put right."""
    settings, recorded = read_png(arguments.source)
    source = read_source(arguments.source, settings)
    if settings.image_sha256 and source is None:
        raise InputError("--from", str(arguments.source), "one that carries the picture it was drawn over inside")
    from lit.scope.drawings.regions import CHANNELS, Region
    from lit.scope.scope import PATHS

    # What the arguments alone can tell is said before anything is loaded or drawn.
    _check(arguments, CHANNELS, PATHS)
    numbers = _numbers(arguments)
    width, height = (side * settings.output_scale for side in (settings.width, settings.height))
    box = numbers if len(numbers) == 4 else (*numbers, numbers[0] + 1, numbers[1] + 1)
    region = Region(*box, channel=arguments.channel).validate(width, height)
    evaluations = settings.for_image(0).pixel_evaluations // (settings.width * settings.height)
    step = _step(arguments.step, evaluations)
    check_writable(arguments.out, "--out")

    pipe = load(arguments.model, arguments.device, "float32", recorded)
    pipe.set_progress_bar_config(disable=True)
    weights = recorded.get("weights_sha256")
    if not weights:
        note("the file does not say which weights drew it; what is shown was drawn by these")
    elif weights != pipe.weights_sha256:
        raise InputError(
            "image", f"weights {weights}",
            f"one drawn by this model, whose weights are {pipe.weights_sha256}, or --model with its own",
        )  # fmt: skip
    if recorded.get("dtype") not in (None, "float32"):
        note(f"the file was drawn in {recorded['dtype']}; what is shown was computed in float32")
    if "stopped_after" in recorded:
        note(f"the file was stopped after step {recorded['stopped_after']}; what is shown was drawn to its end")

    from lit.scope.drawings.drawing import OpenedDrawing, paths_of
    from lit.scope.drawings.report import Report

    if arguments.path not in paths_of(pipe.transformer):
        raise InputError("--path", arguments.path, f"one of {', '.join(paths_of(pipe.transformer))} with this model")

    with progress("drawing", "step") as tell:
        opened = OpenedDrawing.open(pipe, settings, source=source, on_progress=tell)
    if step is None:
        view, where = opened.trajectory(path=arguments.path), f"all {opened.steps} steps"
    else:
        view, where = opened.step(step - 1, path=arguments.path), f"step {step} of {opened.steps}"
    with progress("looking", "step") as tell:
        sums = view.contributions(region, on_progress=tell)
    field = view.receptive_field(region)
    x, y = (region.left + region.right - 1) // 2, (region.top + region.bottom - 1) // 2
    with progress("spreading", "step") as tell:
        impulse = view.impulse_response(x, y, on_progress=tell)
    words, modes = [], None
    if arguments.words:
        with progress("words", "step") as tell:
            words = view.word_images(on_progress=tell)
    if arguments.modes:
        with progress("modes", "step") as tell:
            modes = view.modes(arguments.modes, on_progress=tell)
    report = Report(opened, region, where, sums, field, impulse, words, modes, arguments.path, pipe.provenance())
    for file in report.write(arguments.out):
        say(str(file))
    say(f"{region.channel} {sums.value:.5f}, parts add up to {sum(p.amount for p in sums.parts):.5f}")
    for part in sorted(sums.parts, key=lambda part: -abs(part.amount))[:8]:
        say(f"  {part.amount:+.5f}  {part.kind}  {part.label}")
    return 0


def _check(arguments, channels, paths):
    for name, value, known in (("--channel", arguments.channel, channels), ("--path", arguments.path, paths)):
        if value not in known:
            raise InputError(name, value, f"one of {', '.join(known)}")
    if arguments.modes is not None and not MODES[0] <= arguments.modes <= MODES[1]:
        raise InputError("--modes", arguments.modes, f"a whole number from {MODES[0]} to {MODES[1]}")
    if arguments.modes is not None and arguments.step == "all":
        # Each of some 20 rounds would sweep over all steps twice: many minutes on a processor.
        got = f"{arguments.modes} of all steps"
        raise InputError("--modes", got, "modes are those of one step: add --step, such as --step 10")


def _numbers(arguments):
    """The place asked for: two numbers of a pixel or four of a box."""
    if (arguments.pixel is None) == (arguments.region is None):
        raise InputError("--pixel", arguments.pixel, "a place such as 120,96, or --region with a box; one of the two")
    name, text, count = ("--pixel", arguments.pixel, 2) if arguments.pixel else ("--region", arguments.region, 4)
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count:
        raise InputError(name, text, f"{count} whole numbers such as {'120,96' if count == 2 else '96,80,128,112'}")
    return numbers


def _step(text, evaluations):
    """The step that is asked for, from 1; None for all."""
    if text == "all":
        return None
    if not text.isdecimal() or not 1 <= int(text) <= evaluations:
        raise InputError("--step", text, f"a whole number from 1 to {evaluations}, or all")
    return int(text)
