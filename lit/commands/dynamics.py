"""Learn a known system by almost-linear RNNs, and compare what they find with what is known, and with rivals.

Goes on where it was stopped if it is given the same folder."""

import argparse
import json

from lit.commands.arguments import local_path
from lit.commands.console import say
from lit.errors import InputError
from lit.paths import check_writable

SYSTEMS = ("lorenz", "roessler")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add("system", help=f"the system: {' or '.join(SYSTEMS)}")
    add("--quick", action="store_true", help="4 seeds and few epochs, two minutes: to see that it works")
    add(
        "--out",
        type=local_path,
        metavar="DIR",
        required=True,
        help="folder for report.md, report.json, two pictures, models",
    )


def run(args: argparse.Namespace) -> int:
    """Print the gates; write the report. Returns 130 if it was interrupted. Raises InputError for another system."""
    if args.system not in SYSTEMS:
        raise InputError("system", args.system, f"one of {', '.join(SYSTEMS)}")
    check_writable(args.out, "--out")

    # behind the checks: a bad value answers at once
    from lit.explore.dynamics import experiment
    from lit.explore.dynamics.report import page, pictures

    plan = experiment.PLANS[args.system]
    plan = plan.quick() if args.quick else plan
    models = experiment.train(args.system, plan, args.out, say)
    if models is None:
        say("Stopped; the same command goes on.")
        return 130
    report = experiment.measured(args.system, models, plan)
    (args.out / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    text = page(report)
    (args.out / "report.md").write_text(text, encoding="utf-8")
    for name, picture in pictures(models[plan.recipe.relu], report).items():
        (args.out / f"{name}.svg").write_text(picture, encoding="utf-8")
    say(text)
    return 0
