"""Let many clients use the studio for a while: what is lost, doubled or another's, memory, fairness, times."""

import argparse
import tempfile
from pathlib import Path

from lit.commands.arguments import local_path, number, whole_number
from lit.commands.console import note, say
from lit.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clients", type=whole_number, default=50, metavar="N", help="at once (default: 50)")
    parser.add_argument("--minutes", type=number, default=10.0, metavar="N", help="how long (default: 10)")
    parser.add_argument("--steps", type=whole_number, default=4, metavar="N", help="of each picture (default: 4)")
    parser.add_argument(
        "--memory", type=number, default=2.0, metavar="GIB", help="that the studio may take (default: 2)"
    )
    parser.add_argument("--model", type=local_path, metavar="DIR", help="instead of the embedded one")
    parser.add_argument("--note", default="", help="a sentence about this machine, for the page")
    parser.add_argument("--out", type=local_path, metavar="DIR", help="for soak.json; the page DIR.md is made of it")


def run(arguments: argparse.Namespace) -> int:
    """Returns 1 where something did not hold."""
    from lit.reliability.process import Studio
    from lit.reliability.report import table, write
    from lit.reliability.soak import soak, verdicts

    if arguments.clients < 1:
        raise InputError("clients", arguments.clients, "1 or more")
    if not 0 < arguments.minutes < 1e4:
        raise InputError("minutes", arguments.minutes, "more than 0")
    started = ["--memory", f"{arguments.memory:g}"]
    started += ["--model", str(arguments.model)] if arguments.model else []
    with tempfile.TemporaryDirectory() as folder, Studio(Path(folder), started) as studio:
        studio.ready()
        note(f"the studio is at {studio.url}")
        found = soak(
            studio.url,
            studio.home,
            studio.process.pid,
            arguments.clients,
            60 * arguments.minutes,
            say=note,
            steps=arguments.steps,
        )
        found["machine"] = arguments.note
        found["said"] = studio.said[-2000:]
    say(table(verdicts(found)))
    if arguments.out:
        say(f"written: {write(arguments.out, 'soak', found)}")
    return 0 if all(held for _, _, held in verdicts(found)) else 1
