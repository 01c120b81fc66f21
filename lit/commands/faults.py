"""Do to the studio what may happen to it: kill -9, a full disk, a damaged list, clock jumps, too little memory."""

import argparse
import tempfile
from pathlib import Path

from lit.commands.arguments import local_path, whole_number
from lit.commands.console import note, say
from lit.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="of the faults (default: all)")
    parser.add_argument("--times", type=whole_number, default=20, metavar="N", help="to kill it (default: 20)")
    parser.add_argument("--model", type=local_path, metavar="DIR", help="instead of the embedded one")
    parser.add_argument("--note", default="", help="a sentence about this machine, for the page")
    parser.add_argument("--out", type=local_path, metavar="DIR", help="for faults.json; the page DIR.md is made of it")


def run(arguments: argparse.Namespace) -> int:
    """Returns 1 where something did not hold."""
    from lit.reliability.faults import FAULTS, Bench, inflict
    from lit.reliability.report import of_faults, write

    known = {fault.name: fault for fault in FAULTS}
    for name in arguments.names:
        if name not in known:
            raise InputError("name", name, f"one of {', '.join(known)}")
    if arguments.times < 1:
        raise InputError("times", arguments.times, "1 or more")
    model = ["--model", str(arguments.model)] if arguments.model else []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), model, arguments.times)
        found = inflict([known[name] for name in arguments.names or known], bench, note)
    found["machine"] = arguments.note
    say(of_faults(found))
    if arguments.out:
        say(f"written: {write(arguments.out, 'faults', found)}")
    return 0 if all(one["held"] for one in found["faults"]) else 1
