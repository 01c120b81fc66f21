"""Compare: token mixers on Long Range Arena and in speed, under the same conditions for all; or large networks of other
people, stock against ours."""

import argparse
import sys
import time

from lit.commands.arguments import local_path
from lit.commands.console import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "what", choices=["mixers", "large"], help="mixers; large: time and memory of SANA and PixArt-Sigma at real size"
    )
    parser.add_argument(
        "--out", type=local_path, metavar="DIR", required=True,
        help="folder of runs and report; of large, for large-models.json and the table in linearize.md",
    )  # fmt: skip
    parser.add_argument("--tasks", nargs="*", metavar="TASK", help="listops, pathfinder; none for speed alone")
    parser.add_argument("--mixers", nargs="+", metavar="MIXER", help="those that are compared; default: all")
    parser.add_argument("--seeds", type=int, help="runs of each (default: 3; with --smoke 1)")
    parser.add_argument("--minutes", type=float, default=30.0, help="after which it stops, to go on another time")
    parser.add_argument("--steps", type=int, help="of each run (default: 5,000 of listops, 20,000 of pathfinder)")
    parser.add_argument("--smoke", action="store_true", help="small networks, few examples: two minutes on a processor")
    parser.add_argument(
        "--stickers", type=local_path, nargs="+", metavar="DATA", help="try the mixers on these stickers, too"
    )
    parser.add_argument("--row-minutes", type=float, default=2.0, help="of training, each row of the stickers (2)")
    parser.add_argument("--gpus", type=int, default=1, help="rows of the stickers at once, one on each (1)")
    parser.add_argument("--at-once", type=int, default=1, help="runs of the arena side by side on one card (1)")
    parser.add_argument("--only", nargs="+", metavar="RUN", help=argparse.SUPPRESS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--began", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--speed", action="store_true", help="time a layer of each, too")
    parser.add_argument("--device", default="", help="cuda or cpu; default: a GPU where there is one")


def run(args: argparse.Namespace) -> int:
    """Measure for so many minutes, write the report. Raises InputError for what does not fit."""
    from lit.errors import InputError
    from lit.paths import check_writable

    if not 0 < args.minutes < float("inf"):
        raise InputError("minutes", args.minutes, "a number above 0")
    check_writable(args.out, "out")
    return _large(args) if args.what == "large" else _mixers(args)


def _large(args) -> int:
    import torch

    from lit.bench import large
    from lit.device import choose
    from lit.errors import InputError

    for option in ("tasks", "mixers", "seeds", "steps", "stickers"):
        if getattr(args, option) is not None:
            raise InputError(f"--{option}", getattr(args, option), "none for large: nothing is learned")
    device, dtype = choose(args.device or None)
    threads = torch.get_num_threads()
    name = (
        torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {threads} thread{'s' * (threads > 1)}"
    )
    models, sizes = (large.SMOKE, (64, 128)) if args.smoke else (large.MODELS, large.SIZES)
    file, repeats = args.out / "large-models.json", 2 if args.smoke else 10
    for said in large.run(file, models, sizes, device, dtype, name, 60 * args.minutes, repeats):
        say(said)
    large.write(args.out / "linearize.md", large.read(file))
    say(f"{args.out / 'linearize.md'}")
    return 0


def _mixers(args) -> int:
    from dataclasses import replace

    import torch

    from lit.bench.mixers import arena, report, speed, stickers
    from lit.bench.mixers.network import CONTENDERS, Size
    from lit.bench.trials.trials import Trials, few_file
    from lit.errors import InputError
    from lit.evaluation.tasks import TASKS

    seeds = args.seeds if args.seeds is not None else 1 if args.smoke else arena.SEEDS
    for name, number in (("seeds", seeds), ("steps", args.steps or 1), ("gpus", args.gpus), ("at_once", args.at_once)):
        if number < 1:
            raise InputError(name, number, "a whole number from 1")
    if not 0 < args.row_minutes < float("inf"):
        raise InputError("row_minutes", args.row_minutes, "a number above 0")
    device = torch.device(args.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    drawn = stickers.rows_of(args.mixers or stickers.NETWORKS) if args.stickers else stickers.rows_of(stickers.NETWORKS)
    folder = args.out / "runs" / "stickers"
    trials = Trials(
        folder, drawn, stickers.TEACHERS, stickers.PROMPTS, [few_file(folder)] if args.smoke else args.stickers or [],
        seeds=seeds, minutes=args.row_minutes, within=args.minutes, began=args.began or time.time(), smoke=args.smoke,
    )  # fmt: skip
    if args.worker:
        return 0 if _work(trials) else 1
    plans = dict.fromkeys(TASKS, arena.SMOKE) if args.smoke else arena.PLANS
    plans = plans if args.steps is None else {name: replace(plan, steps=args.steps) for name, plan in plans.items()}
    mixers = args.mixers or list(CONTENDERS)
    runs = arena.runs_of(list(TASKS) if args.tasks is None else args.tasks, mixers, seeds)
    if args.only:
        arena.race([run for run in runs if run.name in args.only], plans, args.out, device, 60 * args.minutes, say)
        return 0
    if args.at_once == 1:
        left = arena.race(runs, plans, args.out, device, 60 * args.minutes, say)
    else:
        left = arena.race_at_once(runs, plans, args.out, args.at_once, ["lit", *sys.argv[1:], "--only"])
    well, rows_left = _draw(args, trials) if args.stickers else (True, [])
    speeds = report.kept_speeds(args.out)
    if args.speed:
        threads = torch.get_num_threads()
        cpu = f"CPU, {threads} thread{'s' * (threads > 1)}"
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else cpu
        sizes = speed.TOKENS[:2] if args.smoke else speed.TOKENS
        speeds[name] = list(speed.measure(mixers, device, Size(), sizes))
    file = report.write(args.out, list(arena.records(args.out)), speeds, trials)
    waiting = [*([f"{left} of {len(runs)} runs"] if left else []), *rows_left]
    say(f"{file}; the same command goes on with {', '.join(waiting)}" if waiting else f"{file}")
    return 0 if well else 1


def _draw(args, trials) -> tuple[bool, list[str]]:
    """Make rows of the stickers; whether none failed, and those that are left."""
    from lit.bench.trials.work import make

    worker = ["lit", *sys.argv[1:], "--began", str(trials.began), "--worker"]
    return make(trials, args.stickers, args.gpus, worker), trials.left()


def _work(trials) -> bool:
    from lit.bench.trials.work import work

    return work(trials)
