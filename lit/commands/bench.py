"""Compare the token mixers: Long Range Arena and speed, under the same conditions for all."""

import argparse
import json

from lit.commands.arguments import local_path
from lit.commands.console import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("what", choices=["mixers"], help="what is compared")
    parser.add_argument("--out", type=local_path, metavar="DIR", required=True, help="folder of runs and report")
    parser.add_argument("--tasks", nargs="*", metavar="TASK", help="listops, pathfinder; none for speed alone")
    parser.add_argument("--mixers", nargs="+", metavar="MIXER", help="those that are compared; default: all")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each (default: 3)")
    parser.add_argument("--minutes", type=float, default=30.0, help="after which it stops, to go on another time")
    parser.add_argument("--steps", type=int, help="of each run (default: 20,000)")
    parser.add_argument("--smoke", action="store_true", help="small networks, few examples: two minutes on a processor")
    parser.add_argument("--speed", action="store_true", help="time a layer of each, too")
    parser.add_argument("--device", default="", help="cuda or cpu; default: a GPU where there is one")


def run(args: argparse.Namespace) -> int:
    """Learn for so many minutes, write the report. Raises InputError for what does not fit."""
    from dataclasses import replace

    import torch

    from lit.bench.mixers import arena, report, speed
    from lit.bench.mixers.network import CONTENDERS, Size
    from lit.errors import InputError
    from lit.evaluation.tasks import TASKS
    from lit.paths import check_writable

    if args.seeds < 1:
        raise InputError("seeds", args.seeds, "a whole number from 1")
    if args.steps is not None and args.steps < 1:
        raise InputError("steps", args.steps, "a whole number from 1")
    if not args.minutes > 0:
        raise InputError("minutes", args.minutes, "a number above 0")
    device = torch.device(args.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    check_writable(args.out, "out")
    plan = arena.SMOKE if args.smoke else arena.Plan()
    plan = plan if args.steps is None else replace(plan, steps=args.steps)
    mixers = args.mixers or list(CONTENDERS)
    runs = arena.runs_of(list(TASKS) if args.tasks is None else args.tasks, mixers, args.seeds)
    left = arena.race(runs, plan, args.out, device, 60 * args.minutes, say)
    kept = args.out / "speed.json"
    speeds = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    if args.speed:
        name = (
            torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
        )
        sizes = speed.TOKENS[:2] if args.smoke else speed.TOKENS
        speeds[name] = list(speed.measure(mixers, device, Size(), sizes))
        kept.write_text(json.dumps(speeds), encoding="utf-8")
    file = report.write(args.out, list(arena.records(args.out)), speeds)
    say(f"{file}" if not left else f"{file}; {left} of {len(runs)} runs are left: the same command goes on with them")
    return 0
