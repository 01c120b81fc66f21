"""Dream: draw, add noise, draw again, and so on; then say what the frames have in common, in symbols and a graph.

Goes on where it was stopped if it is given the same folder; Ctrl-C keeps what there is."""

import argparse
import hashlib
import json
from dataclasses import replace

from lit.commands.arguments import add_settings, given_settings, local_path, number, path, whole_number
from lit.commands.console import ending_on_ctrl_c, progress, say
from lit.errors import InputError
from lit.explore.canvas import drawn_of, open_picture, placed
from lit.paths import check_writable
from lit.settings import GenerationSettings

ASKED = ("prompt", "style", "num_inference_steps", "guidance_scale", "seed", "scheduler", "width", "height")
FRAMES, LOOPS = 100, 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_settings(
        parser, ASKED, unless_given={"seed": "0", "scheduler": "the model's first", "num_inference_steps": "4"}
    )
    add = parser.add_argument
    add("--image", type=path, metavar="FILE", help="begin the first loop with this picture")
    add("--strength", type=number, default=0.5, metavar="X", help="how much of a frame is noise, between 0 and 1 (0.5)")
    add("--noise", default="fixed", help="fixed, the same in each frame: a map; or fresh (fixed)")
    add("--words", default="held", help="held, drifting (to --to and back) or none after the first picture (held)")
    add("--to", nargs="+", default=[], metavar="WORDS", help="prompts to drift to")
    add("--turns", type=whole_number, default=40, metavar="N", help="frames from one prompt to the next (40)")
    add(
        "--frames",
        type=whole_number,
        default=FRAMES,
        metavar="N",
        help=f"of a loop, which ends sooner at rest ({FRAMES})",
    )
    add("--loops", type=whole_number, default=LOOPS, metavar="N", help=f"from other first pictures ({LOOPS})")
    add("--model", type=path, metavar="DIR", help="another model: its folder or hub name")
    add("--out", type=local_path, metavar="DIR", required=True, help="folder for the frames, report.json, symbols.png")


def run(args: argparse.Namespace) -> int:
    """Print what was read; write it. Returns 130 if it was stopped. Raises InputError for values that do not fit."""
    if args.noise not in ("fixed", "fresh"):
        raise InputError("noise", args.noise, "fixed or fresh")
    for name in ("frames", "loops"):
        if getattr(args, name) < 1:
            raise InputError(name, getattr(args, name), "a whole number from 1")
    image = None if args.image is None else open_picture(args.image)
    check_writable(args.out, "--out")

    # behind the checks: a bad value answers at once
    from lit.explore.dreams import Dream, Dreamer, Frames
    from lit.explore.dreams.loop import STEPS, wander
    from lit.explore.dreams.reading import check_enough
    from lit.explore.dreams.report import report, strip
    from lit.explore.dreams.rest import RESTING
    from lit.pipeline import LiTPipeline

    given = {"seed": 0, "num_inference_steps": STEPS, "output_scale": 1} | given_settings(args)
    del given["strength"]  # the dream's, not that of its first pictures
    if image is not None:
        given["width"], given["height"] = drawn_of(image.size)
        image = placed(image, (given["width"], given["height"]))
    dream = Dream(
        GenerationSettings(**given), args.strength, args.noise == "fresh", args.words, tuple(args.to), args.turns
    )
    dream.check()
    if not dream.may_rest or args.frames < RESTING:
        check_enough(args.frames * args.loops, args.loops)
    pipe = LiTPipeline.from_pretrained(args.model)
    if "scheduler" not in given:
        dream = replace(dream, settings=replace(dream.settings, scheduler=pipe.schedulers[0]))
    pipe.set_progress_bar_config(disable=True)
    dreamer = Dreamer(pipe, dream)
    told = "" if image is None else hashlib.sha256(image.tobytes()).hexdigest()
    frames = Frames(args.out, dreamer.dream, pipe.weights_sha256, told)
    with progress("frames", "frame") as tell, ending_on_ctrl_c(dreamer.run.interrupt):
        for loop in range(args.loops):
            before = loop * args.frames
            wander(
                dreamer, frames, loop, args.frames, None if loop else image,
                lambda _, n, before=before: tell(before + n + 1, args.loops * args.frames),
            )  # fmt: skip
        if dreamer.run.interrupted:
            say("Stopped; the same command goes on.")
            return 130
        loops = [frames.of(loop)[: args.frames] for loop in range(args.loops)]
        found, reading = report(dreamer, loops)
    (args.out / "report.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    strip(pipe, loops, reading).save(args.out / "symbols.png")
    say("\n".join(found["sentences"]))
    return 0
