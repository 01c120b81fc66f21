"""Draw the prompts that nobody tuned on, for a person to judge: a numbered sheet, and a table for the verdicts.

Verdicts that stand in the table already are kept: as they are where the picture is the same, else with "was" before
them.
"""

import argparse

from lit.commands.arguments import add_settings, local_path, path, whole_number
from lit.commands.console import say
from lit.errors import InputError
from lit.paths import check_writable
from lit.settings import DEFAULTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add("--model", type=path, metavar="DIR", help="folder of the model (default: the embedded one)")
    add("--prompts", type=local_path, metavar="FILE", help="one a line (default: the 128 that are kept for this)")
    add("--out", type=local_path, metavar="FILE.md", required=True, help="the table; the sheet is FILE.webp beside it")
    add_settings(parser, ("num_inference_steps", "guidance_scale", "seed", "scheduler"), {"scheduler": "the first"})
    parser.set_defaults(**{name: DEFAULTS[name] for name in ("num_inference_steps", "guidance_scale", "seed")})
    add("--batch-size", type=whole_number, metavar="N", help="pictures at once on a GPU (64)", default=64)
    add("--device", help="cpu, cuda, ... (default: the best there is)")


def run(args: argparse.Namespace) -> None:
    """Raises InputError for values that do not fit and for a table that cannot be read, before anything is drawn."""
    if args.batch_size < 1:
        raise InputError("--batch-size", args.batch_size, "a whole number from 1")
    check_writable(args.out.parent, "--out")
    if args.out.is_dir() or args.out.suffix != ".md":
        raise InputError("--out", str(args.out), "a file that ends in .md")
    if args.prompts is not None and not args.prompts.is_file():
        raise InputError("--prompts", str(args.prompts), "a text file with a prompt a line")

    # behind the checks: a bad value answers at once
    from lit.evaluation.painter import Painter
    from lit.evaluation.prompts import UNSEEN_PROMPTS_FILE, read_prompts
    from lit.evaluation.report import contact_sheet
    from lit.evaluation.verdicts import read_verdicts, write_verdicts
    from lit.pipeline import LiTPipeline

    read_verdicts(args.out)
    pipe = LiTPipeline.from_pretrained(args.model, device=args.device)
    pipe.set_progress_bar_config(disable=True)
    prompts = read_prompts(args.prompts or UNSEEN_PROMPTS_FILE, pipe.styles)
    pipe.text_encoder.to(pipe.transformer.device)
    painter = Painter(pipe, args.num_inference_steps, args.guidance_scale, args.batch_size, args.scheduler)
    words, styles = (list(column) for column in zip(*prompts, strict=True))
    pictures = painter.draw(words, styles, args.seed, "what is to be judged")
    captions = [f"{one}, {style}" if style else one for one, style in prompts]
    model = f"the weights {pipe.weights_sha256[:12]}"
    steps = f"{args.num_inference_steps} step{'s' if args.num_inference_steps > 1 else ''}"
    how = f"{model} in {steps} of {painter.scheduler}, guidance {args.guidance_scale:g}, from seed {args.seed}"
    contact_sheet(pictures, [f"{i}. {one}" for i, one in enumerate(captions, 1)], args.out.with_suffix(".webp"))
    say(write_verdicts(args.out, captions, pictures, how))
