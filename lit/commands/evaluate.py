"""Measure how well a model draws: the evaluator beside it judges real stickers first, then the model's.

Several numbers of steps, or another model with --against, are measured in one run: each draws the same prompts from the
same noise, and all but the base line are given as shares of it.
"""

import argparse
import json

from lit.commands.arguments import TYPES, add_data, add_settings, local_path, path, whole_number
from lit.commands.console import say
from lit.errors import CheckpointError, InputError
from lit.paths import check_writable
from lit.settings import DEFAULTS, SETTINGS

STEPS = SETTINGS["num_inference_steps"]
DRAWN = {"steps": "num_inference_steps", "guidance": "guidance_scale", "scheduler": "scheduler"}
SHEETS = (".png", ".webp")
EVERY = 3  # of the contact sheet's prompts, where several contenders stand side by side


def contender(text: str) -> dict:
    """ "model=old,steps=20" -> {"model": "old", "num_inference_steps": 20}."""
    given = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals or not value or (key != "model" and key not in DRAWN):
            raise argparse.ArgumentTypeError(f"got {text!r}; some of model=DIR,{','.join(f'{k}=...' for k in DRAWN)}")
        if key == "model":
            given[key] = path(value)
        else:
            given[DRAWN[key]] = TYPES[SETTINGS[DRAWN[key]].kind](value)
    return given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--model", type=path, metavar="DIR", help="folder of the model (default: the embedded one)")
    add_data(parser)
    parser.add_argument("--without-share-alike", action="store_true", help="leave out sets under CC-BY-SA")
    parser.add_argument(
        STEPS.flag, dest="steps", type=whole_number, metavar="N", nargs="+", default=[DEFAULTS["num_inference_steps"]],
        help=f"{STEPS.description} ({DEFAULTS['num_inference_steps']}); several for a column each, the largest of them "
        "the base line",
    )  # fmt: skip
    add_settings(parser, ("guidance_scale", "seed", "scheduler"), {"scheduler": "the model's first"})
    parser.set_defaults(guidance_scale=DEFAULTS["guidance_scale"], seed=DEFAULTS["seed"])
    parser.add_argument(
        "--against", type=contender, metavar="NAME=VALUE,...", nargs="+", default=[],
        help="draw these too, the first of them as the base line: model=DIR,scheduler=NAME,steps=N,guidance=X, of "
        "which what is left out is as above",
    )  # fmt: skip
    parser.add_argument(
        "--scenes", action="store_true", help="ask for held-out scenes, too: who wears, holds or rides what"
    )
    parser.add_argument("--samples", type=whole_number, metavar="N", help="at most N pictures of each set; quicker")
    parser.add_argument("--batch-size", type=whole_number, metavar="N", help="pictures at once on a GPU (256)")
    parser.add_argument("--device", help="cpu, cuda, ... (default: the best there is)")
    parser.add_argument("--out", type=local_path, metavar="FILE", help="write all figures as JSON")
    parser.add_argument(
        "--sheet", type=local_path, metavar="FILE",
        help="draw a PNG or WebP: the 64 prompts of the contact sheet; with several columns every third, side by side",
    )  # fmt: skip


def check(args: argparse.Namespace, contenders: list[dict]):
    """Raise InputError for the first value that does not fit."""
    SETTINGS["seed"].check(SETTINGS["seed"].flag, args.seed)
    for one in contenders:
        for name in DRAWN.values():
            if one[name] is not None:
                SETTINGS[name].check(SETTINGS[name].flag, one[name])
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


def run(args: argparse.Namespace) -> int:
    """Print the table; write the files asked for. Raises InputError for values that do not fit."""
    own = {"model": args.model, "guidance_scale": args.guidance_scale, "scheduler": args.scheduler}
    contenders = [own | {"num_inference_steps": steps} for steps in args.steps]
    base = max(range(len(contenders)), key=lambda number: args.steps[number])
    contenders += [contenders[base] | given for given in args.against]
    base = len(args.steps) if args.against else base
    check(args, contenders)

    # behind the checks: a bad value answers at once
    from lit import checkpoint
    from lit.data import Sampling, StickerData
    from lit.evaluation.evaluate import evaluate
    from lit.evaluation.painter import Painter
    from lit.evaluation.prompts import read_prompts
    from lit.evaluation.report import contact_sheet, figures_table, names, side_by_side
    from lit.models.evaluator import StickerEvaluator
    from lit.models.text import TextEncoder
    from lit.pipeline import LiTPipeline

    folder = checkpoint.locate(args.model)
    if not (folder / "evaluator").is_dir():
        raise CheckpointError(f"{folder / 'evaluator'} is missing; copy the evaluator of the embedded model there")
    data = StickerData.open(args.data, size=256, sampling=Sampling(share_alike=not args.without_share_alike))
    text_encoder = TextEncoder.from_pretrained()
    models = dict.fromkeys(one["model"] for one in contenders)
    pipes = {
        model: LiTPipeline.from_pretrained(model, device=args.device, text_encoder=text_encoder) for model in models
    }
    for pipe in pipes.values():
        pipe.set_progress_bar_config(disable=True)  # pictures are counted, not steps
    device = pipes[args.model].transformer.device
    text_encoder.to(device)
    batch_size = args.batch_size or (256 if device.type == "cuda" else 8)
    painters = [
        Painter(
            pipes[one["model"]],
            one["num_inference_steps"],
            one["guidance_scale"],
            batch_size,
            one["scheduler"],
            one["model"] or "embedded",
        )
        for one in contenders
    ]
    evaluator = StickerEvaluator.from_pretrained(folder / "evaluator").to(device)
    report = evaluate(painters, evaluator, data, base, args.seed, args.samples, args.scenes)
    say(figures_table(report))
    if args.out:
        args.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if args.sheet:
        prompts = read_prompts()[:: EVERY if len(painters) > 1 else 1]
        captions = [f"{prompt}, {style}" if style else prompt for prompt, style in prompts]
        words, styles = (list(column) for column in zip(*prompts, strict=True))
        drawn = [painter.draw(words, styles, args.seed, "the sheet") for painter in painters]
        if len(painters) > 1:
            side_by_side(drawn, names(report["contenders"]), captions, args.sheet)
        else:
            contact_sheet(drawn[0], captions, args.sheet)
    return 0
