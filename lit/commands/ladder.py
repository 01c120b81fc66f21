"""Measure what a model draws at equal evaluations: schedulers, shifts of their times, guidance in an interval."""

import argparse
import json

from lit.commands.arguments import add_data, local_path, path, whole_number
from lit.commands.console import say
from lit.errors import CheckpointError, InputError
from lit.paths import check_writable
from lit.settings import DEFAULTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add("--model", type=path, metavar="DIR", help="folder of the model (default: the embedded one)")
    add_data(parser)
    add("--samples", type=whole_number, default=256, metavar="N", help="pairs of each set, at most (256)")
    add("--batch-size", type=whole_number, metavar="N", help="pictures at once (256 on a GPU, else 8)")
    add("--device", help="cpu, cuda, ... (default: the best there is)")
    add("--dtype", help="float32 or bfloat16; the faster if not given")
    add("--out", type=local_path, metavar="FILE", help="write all figures as JSON, and the table beside it as .md")


def run(args: argparse.Namespace) -> int:
    """Print the table; write the files asked for. Raises InputError for values that do not fit."""
    for name in ("samples", "batch_size"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise InputError(f"--{name.replace('_', '-')}", value, "a whole number from 1")
    if args.out:
        check_writable(args.out.parent, "--out")
        if args.out.is_dir() or args.out.suffix == ".md":
            raise InputError("--out", str(args.out), "a file for JSON, such as ladder.json")

    # behind the checks: a bad value answers at once
    from lit import checkpoint
    from lit.data import StickerData
    from lit.evaluation.ladder import climb, table
    from lit.models.evaluator import StickerEvaluator
    from lit.pipeline import LiTPipeline

    folder = checkpoint.locate(args.model)
    if not (folder / "evaluator").is_dir():
        raise CheckpointError(f"{folder / 'evaluator'} is missing; copy the evaluator of the embedded model there")
    data = StickerData.open(args.data)
    pipe = LiTPipeline.from_pretrained(folder, device=args.device, torch_dtype=args.dtype)
    if pipe.transformer.config.prediction_type == "epsilon":
        raise InputError("--model", str(folder), "a model of the flow: the ladder is of its schedulers")
    device = pipe.transformer.device
    pipe.text_encoder.to(device)
    evaluator = StickerEvaluator.from_pretrained(folder / "evaluator").to(device)
    at_once = args.batch_size or (256 if device.type == "cuda" else 8)
    report = climb(pipe, evaluator, data, float(DEFAULTS["guidance_scale"]), args.samples, at_once, say)
    text = table(report)
    say("\n" + text)
    if args.out:
        args.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        args.out.with_suffix(".md").write_text(f"# The ladder\n\n{text}\n", encoding="utf-8")
    return 0
