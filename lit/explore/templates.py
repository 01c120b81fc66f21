"""Templates: settings for every prompt that "a {red|blue} __animal__" stands for, each of which says where it is
from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lit.reading.template import MOST, expand
from lit.settings import GenerationSettings


@dataclass(frozen=True)
class Templated:
    """settings: one for each prompt, in order, all with the seed of the template's.  provenance: what belongs into
    each picture's beside its own.  count: how many prompts the template has.  sentence: said where there are more."""

    settings: tuple[GenerationSettings, ...]
    provenance: Mapping[str, str]
    count: int
    sentence: str = ""


def templated(
    settings: GenerationSettings,
    mode: str = "all",
    lists: Mapping[str, Sequence[str]] | None = None,
    most: int = MOST,
) -> Templated:
    """The settings whose prompt is a template, for each of its prompts; `mode`, `lists` and `most` as in
    `lit.reading.template.expand`. Random ones are drawn by lot from the settings' seed.

    Raises InputError for alternatives or lists that do not fit, and for a prompt of them that cannot be drawn.
    """
    expansion = expand(settings.prompt, settings.seed, mode, lists, most)
    found = tuple(replace(settings, prompt=prompt).validate() for prompt in expansion.prompts)
    return Templated(found, {"template": settings.prompt}, expansion.count, expansion.sentence)
