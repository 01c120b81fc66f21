"""Make a LiT from a softmax teacher: inherit its weights, then learn from the data and from it together."""

import argparse

from lit.commands import train
from lit.paths import typed_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    train.add_run_arguments(parser, config={"default": "student", "help": "student, or a TOML file (student)"})
    parser.add_argument("--teacher", type=typed_path, metavar="DIR", help="the teacher (default: the embedded one)")


def run(args: argparse.Namespace) -> None:
    from lit import checkpoint

    train.run(args, teacher=args.teacher or checkpoint.EMBEDDED / "teacher")
