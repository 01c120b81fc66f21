"""Bring a model of the Hugging Face hub here, to draw with: the one command that is there to fetch something."""

import argparse

from lit.commands.console import say
from lit.environment import prepare


def add_arguments(parser: argparse.ArgumentParser):
    parser.add_argument("name", metavar="OWNER/MODEL", help="its name on the hub")
    parser.add_argument("--dry-run", action="store_true", help="say its kind, licence and size, and fetch no weights")


def run(arguments: argparse.Namespace) -> None:
    """Say where it is. Raises LiTError for what is no model that is drawn with here, and where it is not to be had."""
    prepare(offline=False)
    from lit.stock.fetching import describe, fetch

    if arguments.dry_run:
        say(describe(arguments.name))
    else:
        say(f"{fetch(arguments.name)}")
