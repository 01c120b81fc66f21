"""Measure how well a model draws: the evaluator beside it judges real stickers first, then the model's."""

import argparse
import json

from lit.commands.arguments import add_settings, local_path, path, whole_number
from lit.commands.console import say
from lit.errors import CheckpointError, InputError
from lit.paths import check_writable
from lit.settings import DEFAULTS, SETTINGS

PICTURE = ("num_inference_steps", "guidance_scale", "seed")
SHEETS = (".png", ".webp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--model", type=path, metavar="DIR", help="folder of the model (default: the embedded one)")
    parser.add_argument(
        "--data", type=local_path, metavar="PATH", required=True, help="the stickers: Parquet file or folder"
    )
    add_settings(parser, PICTURE)
    parser.set_defaults(**{name: DEFAULTS[name] for name in PICTURE})
    parser.add_argument("--samples", type=whole_number, metavar="N", help="at most N pictures of each set; quicker")
    parser.add_argument("--batch-size", type=whole_number, metavar="N", help="pictures at once on a GPU (256)")
    parser.add_argument("--device", help="cpu, cuda, ... (default: the best there is)")
    parser.add_argument("--out", type=local_path, metavar="FILE", help="write all figures as JSON")
    parser.add_argument(
        "--sheet", type=local_path, metavar="FILE", help="draw the 64 prompts of the contact sheet into a PNG or WebP"
    )


def run(args: argparse.Namespace) -> int:
    """Print the table; write the files asked for. Raises InputError for values that do not fit."""
    for name in PICTURE:
        SETTINGS[name].check(SETTINGS[name].flag, getattr(args, name))
    for name in ("samples", "batch_size"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise InputError(f"--{name.replace('_', '-')}", value, "a whole number from 1")
    if args.sheet and args.sheet.suffix.lower() not in SHEETS:
        raise InputError("--sheet", str(args.sheet), f"a file that ends in {' or '.join(SHEETS)}")
    for name in ("out", "sheet"):
        if file := getattr(args, name):
            check_writable(file.parent, f"--{name}")
            if file.is_dir():
                raise InputError(f"--{name}", str(file), "a file, not a folder")

    # behind the checks: a bad value answers at once
    from lit import checkpoint
    from lit.data import StickerData
    from lit.evaluation.evaluate import evaluate
    from lit.evaluation.painter import Painter
    from lit.evaluation.prompts import read_prompts
    from lit.evaluation.report import contact_sheet, figures_table
    from lit.models.evaluator import StickerEvaluator
    from lit.pipeline import LiTPipeline

    folder = checkpoint.locate(args.model)
    if not (folder / "evaluator").is_dir():
        raise CheckpointError(f"{folder / 'evaluator'} is missing; copy the evaluator of the embedded model there")
    data = StickerData.open(args.data, size=256)
    pipe = LiTPipeline.from_pretrained(folder, device=args.device)
    pipe.set_progress_bar_config(disable=True)  # pictures are counted, not steps
    device = pipe.transformer.device
    pipe.text_encoder.to(device)
    batch_size = args.batch_size or (256 if device.type == "cuda" else 8)
    evaluator = StickerEvaluator.from_pretrained(folder / "evaluator").to(device)
    report = evaluate(
        pipe, evaluator, data, args.num_inference_steps, args.guidance_scale, args.seed, args.samples, batch_size
    )
    say(figures_table(report))
    if args.out:
        args.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if args.sheet:
        prompts = read_prompts()
        styles = [None if style is None else pipe.styles.index(style) for _, style in prompts]
        painter = Painter(pipe, args.num_inference_steps, args.guidance_scale, batch_size)
        images = painter.draw([prompt for prompt, _ in prompts], styles, args.seed, "the contact sheet")
        contact_sheet(images, [f"{p}, {s}" if s else p for p, s in prompts], args.sheet)
    return 0
