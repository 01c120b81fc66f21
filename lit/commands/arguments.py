"""Arguments that commands share: picture settings made from their declarations, and types of values."""

import argparse
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from lit.settings import DEFAULTS, SETTINGS
from lit.settings.declaration import Digest, Trail, Words


def whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; a whole number") from None


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; a number") from None


def path(text: str) -> str:
    """A path, or a name on the hub, with ~ as the shell has it: in --out=~/pics the shell leaves it alone."""
    opened = os.path.expanduser(text)
    if opened.startswith("~"):
        raise argparse.ArgumentTypeError(f"got {text!r}; a path: nobody here is called {text.split('/')[0][1:]!r}")
    return opened


def local_path(text: str) -> Path:
    """A path of this machine, as `path` opens it."""
    return Path(path(text))


def add_data(
    parser: argparse.ArgumentParser, what: str = "the drawings: Parquet files or folders of them", required: bool = True
) -> None:
    """Declare --data: one path or several, given once or several times."""
    parser.add_argument(
        "--data", type=local_path, metavar="PATH", nargs="+", action="extend", required=required,
        help=f"{what}; several are read as one",
    )  # fmt: skip


TYPES = {str: str, int: whole_number, float: number}


def add_settings(
    parser: argparse.ArgumentParser,
    names: Iterable[str] = tuple(SETTINGS),
    unless_given: Mapping[str, str] | None = None,
) -> None:
    """Declare the named settings. Their values are None where not given.

    unless_given: what takes the place of a setting's own default, in words.
    """
    for name in names:
        setting = SETTINGS[name]
        if isinstance(setting, Digest):  # follows from a file
            continue
        default = (unless_given or {}).get(name, DEFAULTS.get(name))
        default = "" if default in (None, "") else f" ({default:g})" if setting.kind is float else f" ({default})"
        options = {"type": TYPES[setting.kind], "help": (setting.description + default).replace("%", "%%")}
        if setting.flag:
            metavar = {Words: "WORDS", Trail: "TRAIL"}.get(type(setting))
            metavar = metavar or {str: "NAME", int: "N", float: "X"}[setting.kind]
            parser.add_argument(setting.flag, dest=name, metavar=metavar, **options)
        else:
            parser.add_argument(name, nargs="?", **options)


def given_settings(arguments: argparse.Namespace) -> dict:
    """The values of the settings that were given, by their fields' names."""
    return {name: value for name in SETTINGS if (value := getattr(arguments, name, None)) is not None}
