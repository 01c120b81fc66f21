"""Make PNG and WebP pictures into what other places take: sticker packs, emoji, icons, sheets to print and cut."""

import argparse
import sys
from pathlib import Path

from lit.commands.arguments import local_path, path, whole_number
from lit.commands.console import note, progress, say
from lit.errors import InputError
from lit.export import LOOPS, TARGETS, Options, check_target, export, read_sticker
from lit.paths import check_writable


def add_arguments(parser: argparse.ArgumentParser):
    add = parser.add_argument
    add("pictures", nargs="+", type=path, metavar="FILE", help="a PNG or WebP, transparent around what it shows")
    add("--to", dest="target", required=True, metavar="NAMES", help=f"with commas between: {', '.join(TARGETS)}")
    add("--loop", metavar="NAME", help=f"make the pictures move: {', '.join(LOOPS)}")
    add(
        "--border", type=whole_number, metavar="N", help="white border in pixels of 512, 0 for none (as the target has)"
    )
    add("--matte", metavar="COLOUR", help="behind soft edges of GIFs (their own) and opaque icons (white)")
    add("--title", default="Stickers", metavar="WORDS", help="of the pack (Stickers)")
    add("--author", default="LiT Studio", metavar="WORDS", help="of the pack (LiT Studio)")
    add("--out", dest="folder", type=local_path, default=Path("export"), metavar="DIR", help="folder for all (export)")


def run(arguments: argparse.Namespace) -> int:
    """Export to each target in turn. What one refuses is said, and the others go on; then 2 is returned.

    Raises InputError for what can be said before any work.
    """
    targets = dict.fromkeys(name.strip() for name in arguments.target.split(",") if name.strip())
    for target in targets or {"": None}:
        check_target(target)
    options = Options(
        title=arguments.title,
        author=arguments.author,
        loop=arguments.loop,
        border=arguments.border,
        matte=arguments.matte,
    )
    stickers, wrong = [], []
    for file in arguments.pictures:
        try:
            stickers.append(read_sticker(file))
        except InputError as error:
            wrong.append(error)
    if wrong:
        _complain(wrong)
        return 2
    check_writable(arguments.folder, "--out")
    for target in targets:
        try:
            with progress(target, "picture") as tell:
                report = export(stickers, target, arguments.folder, options, on_progress=tell)
        except InputError as error:
            flag = {"loop": "--loop", "folder": "--out"}.get(error.argument, error.argument)
            wrong.append(InputError(f"{target}: {flag}", error.got, error.expected))
            _complain(wrong[-1:])
            continue
        for picture in report.pictures:
            say(f"{report.folder / picture.name}  {picture}")
        say(f"{report.archive}")
        for words in report.notes:
            note(f"{target}: {words}")
        for words in report.refused:
            wrong.append(words)
            _complain([f"{target}: {words}"])
    return 2 if wrong else 0


def _complain(errors):
    for error in errors:
        print(" ".join(str(error).split()), file=sys.stderr)
