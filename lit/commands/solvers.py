"""Fit solvers to a model's own trajectories, test them against the classical ones at equal evaluations, and write a
report and the tables that were good enough to be offered."""

import argparse
import json
from pathlib import Path

from lit.commands.arguments import add_data, local_path, path, whole_number
from lit.commands.console import say
from lit.errors import InputError
from lit.paths import check_writable

COUNTS = {"fit": (8, 512), "test": (8, 4096)}  # pairs that can say something, and as many as one forward takes
MULTIPLE = 20  # steps of the grid that the fine solution is recorded on


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add("--model", type=path, metavar="DIR", help="folder of the model (default: the embedded one)")
    add_data(parser, "the drawings, whose names are drawn")
    add("--out", type=local_path, metavar="DIR", required=True, help="folder for report.md, report.json and tables/")
    add("--fit", type=whole_number, default=192, metavar="N", help="pairs of prompt and seed to fit on (192)")
    add("--test", type=whole_number, default=256, metavar="N", help="other pairs to test on (256)")
    add("--fine", type=whole_number, default=100, metavar="N", help="steps of the fine solution (100)")
    add("--evaluations", type=whole_number, nargs="+", metavar="N", help="at these alone (4 6 8 10 14 20)")
    add("--batch-size", type=whole_number, metavar="N", help="pairs at once (256 on a GPU, else 8)")
    add("--only", choices=["caches"], help="measure this part of --out's report anew and leave the rest")
    add("--device", help="cpu, cuda, ... (default: the best there is)")
    add("--dtype", help="float32 or bfloat16; the faster if not given")


def run(args: argparse.Namespace) -> int:
    """Print the verdicts; write the report and the tables. Raises InputError for values that do not fit."""
    for name, (low, high) in COUNTS.items():
        if not low <= getattr(args, name) <= high:
            raise InputError(f"--{name}", getattr(args, name), f"a whole number from {low} to {high}")
    if args.fine < MULTIPLE or args.fine % MULTIPLE:
        raise InputError("--fine", args.fine, f"a multiple of {MULTIPLE}")
    for count in args.evaluations or ():
        if not 2 <= count <= MULTIPLE:
            raise InputError("--evaluations", count, f"whole numbers from 2 to {MULTIPLE}")
    if args.batch_size is not None and args.batch_size < 1:
        raise InputError("--batch-size", args.batch_size, "a whole number from 1")
    check_writable(args.out / "tables", "--out")
    before = _report_of(args.out) if args.only else None

    # behind the checks: a bad value answers at once
    from lit.data import StickerData
    from lit.evaluation.solvers.experiment import EVALUATIONS, Effort, experiment, only_caches
    from lit.pipeline import LiTPipeline
    from lit.sampling import tables

    data = StickerData.open(args.data)
    pipe = LiTPipeline.from_pretrained(args.model, device=args.device, torch_dtype=args.dtype)
    if pipe.transformer.config.prediction_type == "epsilon":
        raise InputError("--model", str(args.model), "a model of the flow, whose equation these solvers solve")
    device = pipe.transformer.device
    pipe.text_encoder.to(device)
    effort = Effort(
        fit=args.fit,
        test=args.test,
        fine=args.fine,
        evaluations=tuple(sorted(set(args.evaluations or EVALUATIONS))),
        side=pipe.transformer.config.sample_size * pipe.autoencoder.downscale,
        at_once=args.batch_size or (256 if device.type == "cuda" else 8),
    )
    if before is not None:
        if before["settings"]["weights_sha256"] != pipe.weights_sha256:
            raise InputError("--out", before["settings"]["weights_sha256"][:12], "the report of this model's weights")
        _write(args.out, before | {"caches": only_caches(pipe, data, effort)})
        return 0
    report, good = experiment(pipe, data, effort, say)
    for old in (args.out / "tables").glob("fitted-*.json"):
        old.unlink()  # a table of a run before, which this one does not vouch for
    for table in good:
        tables.write(table, args.out / "tables")
    text = _write(args.out, report)
    say("\n" + text.split("## In short\n\n")[1].split("\n\n")[0])
    return 0


def _report_of(out: Path) -> dict:
    try:
        return json.loads((out / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("--only", str(out), "a folder with the report.json of a whole run in --out") from error


def _write(out: Path, report: dict) -> str:
    from lit.evaluation.solvers.report import page

    text = page(report)
    (out / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "report.md").write_text(text, encoding="utf-8")
    return text
