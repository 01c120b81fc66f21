"""Prompts that stand for several, such as "a {red|blue} __animal__": how many, and the settings of all of them.

The lists are text files in the folder "lists" of the studio's own: animal.txt, a line an entry.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from lit.errors import InputError
from lit.explore.templates import templated
from lit.reading.template import parse_template, read_lists
from lit.settings import GenerationSettings
from lit.studio.languages import plural, t

Lists = Mapping[str, Sequence[str]]
NO_LISTS: Lists = MappingProxyType({})
MOST = 32  # prompts that one press draws all of
PUBLIC_MOST = 8  # where strangers share the studio


def lists_of(home: Path) -> Lists:
    """The lists of a studio's folder. Raises InputError for a file that is no text."""
    folder = home / "lists"
    return read_lists(folder) if folder.is_dir() else NO_LISTS


def most_of(public: bool) -> int:
    return PUBLIC_MOST if public else MOST


def all_of(settings: GenerationSettings, lists: Lists, most: int) -> tuple[GenerationSettings, ...]:
    """Settings for each prompt of a template, in their order; of any other prompt themselves.

    Raises InputError for more prompts than `most`, and for a template that is none.
    """
    template = parse_template(settings.prompt, lists)
    if template.plain:
        return (settings,)
    if template.count > most:
        raise InputError("prompt", counted(template.count), limit(most))
    return templated(settings, "all", lists, most).settings


def counted(count: int) -> str:
    if count >= 10**12:
        return t("more than a trillion prompts")
    return plural(count, "{n} prompt", "{n} prompts")


def limit(most: int) -> str:
    return t("at most {most} at once; leave alternatives out, or draw one at random", most=most)
