"""Say how a prompt is understood: what the model will be given, and what has to be said about it."""

import argparse

from lit.commands.arguments import local_path, whole_number
from lit.commands.console import say
from lit.errors import InputError
from lit.reading.template import MODES, expand, read_lists


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prompt", help="words in any language, emoji, weights (blue:1.3), alternatives {red|blue}")
    parser.add_argument("--lists", type=local_path, metavar="DIR", help="a folder with the lists of __name__: name.txt")
    parser.add_argument("--mode", choices=MODES, default="all", help="which alternatives (default: all)")
    parser.add_argument("--seed", type=whole_number, default=0, help="of the random ones (default: 0)")
    parser.add_argument("--most", type=whole_number, default=8, metavar="N", help="prompts to show (default: 8)")


def run(arguments: argparse.Namespace) -> None:
    """Raises InputError for alternatives or lists that do not fit."""
    from lit.reading.reading import read

    if not arguments.prompt.strip():
        raise InputError("prompt", arguments.prompt, "words")
    lists = read_lists(arguments.lists) if arguments.lists else {}
    expansion = expand(arguments.prompt, arguments.seed, arguments.mode, lists, arguments.most)
    if expansion.sentence:
        say(expansion.sentence)
    for prompt in expansion.prompts:
        reading = read(prompt)
        say(f"{reading.text}   ({reading.tokens} of {reading.limit} tokens)")
        for note in reading.notes:
            say(f"    {note.sentence}")
