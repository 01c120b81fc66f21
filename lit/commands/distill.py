"""Distil a flow map from a guided flow: one network that draws in 1, 2, 4, 8 or 20 steps."""

import argparse

from lit.commands import train
from lit.commands.arguments import local_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    train.add_run_arguments(
        parser, config={"default": "flow-map", "help": "flow-map, pi-flow, or a TOML file (flow-map)"}
    )
    parser.add_argument(
        "--teacher", type=local_path, metavar="DIR", help="a flow or a flow map (default: the embedded transformer)"
    )
    parser.add_argument(
        "--init-teacher", type=local_path, metavar="DIR",
        help="the flow that the flow map of --init was distilled from, where --teacher is that one trained on: the "
        "flow map moves as far first",
    )  # fmt: skip


def run(args: argparse.Namespace) -> None:
    from lit import checkpoint

    teacher = args.teacher or checkpoint.EMBEDDED / "transformer"
    train.run(args, teacher=teacher, init_teacher=args.init_teacher)
