import argparse
import json
import sys
import time
from pathlib import Path

import docs.linearize
from docs.linearize.page import PAGE, PICTURE, evaluation_times, heads_times, write_heads, write_page
from docs.linearize.rows import PROMPTS, ROWS, TEACHERS
from lit.bench.trials.rows import SHIPPED
from lit.bench.trials.smoke import tiny_teacher
from lit.bench.trials.trials import Trials, few_file
from lit.bench.trials.work import make, work
from lit.errors import InputError


def main(argv: list[str] | None = None) -> int:
    """The exit code: 1 where a row is not there."""
    parser = argparse.ArgumentParser(
        description=docs.linearize.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, nargs="+", help="the stickers")
    parser.add_argument("--out", type=Path, default=Path("outputs/linearize"), help="for runs (outputs/linearize)")
    parser.add_argument("--minutes", type=float, default=2.0, help="of training, each row (2)")
    parser.add_argument(
        "--teacher-minutes", type=float, default=6.5, help="for the teacher of noise and variance (6.5)"
    )
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rows", nargs="+", choices=[*TEACHERS, *ROWS], help="some; without, all")
    parser.add_argument("--gpus", type=int, default=1, help="rows at once, each on a GPU of its own (1)")
    parser.add_argument("--smoke", action="store_true", help="tiny networks and three steps, to see that it runs")
    parser.add_argument("--times", action="store_true", help="no rows: what a number of heads costs, on this machine")
    parser.add_argument("--within", type=float, metavar="MINUTES", help="begin no row that would end later than that")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--began", type=float, default=time.time(), help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    trials = Trials(
        args.out, ROWS, TEACHERS, PROMPTS, [few_file(args.out)] if args.smoke else args.data or [], args.rows or (),
        args.seeds, args.minutes, args.teacher_minutes, args.within, args.began, args.smoke,
    )  # fmt: skip
    if args.times:
        return measure_heads(trials)
    if not args.data:
        raise InputError("--data", None, "the stickers; only --times needs none")
    if args.worker:
        return 0 if work(trials) else 1
    told = sys.argv[1:] if argv is None else argv
    well = make(trials, args.data, args.gpus, ["docs.linearize", *told, "--began", str(args.began), "--worker"])
    records = trials.records()
    if not any(name in ROWS for name in records):
        raise InputError("--rows", args.rows, "some of the students' rows")
    times = evaluation_times({name: runs[0]["config"] for name, runs in records.items()}, 2 if args.smoke else 20)
    page, picture = (args.out / PAGE.name, args.out / PICTURE.name) if args.smoke else (PAGE, PICTURE)
    write_page(trials, times, page, picture)
    left = trials.left()
    if left:
        print(
            f"{'not there yet' if well else 'some failed'}, the same command makes: {', '.join(left)}", file=sys.stderr
        )
    return 1 if left else 0


def measure_heads(trials: Trials) -> int:
    """Time the heads here, and put them beside what other machines took."""
    place = trials.out if trials.smoke else PAGE.parent
    place.mkdir(parents=True, exist_ok=True)
    if trials.smoke:
        tiny_teacher(trials.teacher_folder(SHIPPED))
    file = place / "linearize-times.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    known |= heads_times(trials, 2 if trials.smoke else 30)
    file.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    write_heads(known, place / PAGE.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
