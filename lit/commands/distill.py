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


def run(args: argparse.Namespace) -> None:
    from lit import checkpoint

    train.run(args, teacher=args.teacher or checkpoint.EMBEDDED / "transformer")
