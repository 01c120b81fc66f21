"""Make a LiT from a softmax teacher: inherit its weights, then learn from the data and from it together."""

import argparse

from lit.commands import train
from lit.commands.arguments import path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    train.add_arguments(parser)
    parser.set_defaults(config="student")
    next(action for action in parser._actions if action.dest == "config").required = False
    parser.add_argument("--teacher", type=path, metavar="DIR", help="the teacher (default: the embedded one)")


def run(args: argparse.Namespace) -> None:
    from lit import checkpoint

    train.run(args, teacher=args.teacher or str(checkpoint.EMBEDDED / "teacher"))
