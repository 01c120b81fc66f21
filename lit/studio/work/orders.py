"""What one press asks for beside settings: words as they were typed, and pictures that differ in more than their seeds.

It stands in the job's record, beside the settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lit.errors import InputError, Phrase
from lit.explore.variations import COUNT, variations
from lit.settings import SEEDS, SETTINGS, GenerationSettings, random_seed
from lit.studio.words import style_name

KEY = "order"
TEXTS = ("typed", "layout", "around", "template", "request", "model")
VARIED, STYLES = "varied", "styles"
LAYOUTS = ("", VARIED, STYLES)
CHANGED = ("style", "variation_seed", "variation_strength")  # no picture takes longer than another, or is larger


@dataclass(frozen=True)
class Order:
    """typed: the words before they were read, "" where they are what is drawn.

    layout: how the pictures lie, one of LAYOUTS: as many as there are, round the one that they vary, by style.
    around: the id of that one, JOB/FILE.
    template: the prompt of which the words are one, "" for none.
    model: the one of the studio's list that draws it, "" for its own.
    request: the id of the request that asked for it (lit/studio/requests.py), "" for none.
    each: what each picture has of its own, {setting: value}; () where they are of seeds in a row.
    """

    typed: str = ""
    layout: str = ""
    around: str = ""
    each: tuple[Mapping[str, object], ...] = ()
    template: str = ""
    request: str = ""
    model: str = ""

    def drawn(self, settings: GenerationSettings) -> GenerationSettings | list[GenerationSettings]:
        """A job's settings as the pipeline takes them: as they are, or those of each picture. Raises InputError for an
        order that does not fit."""
        if not self.each:
            return settings
        if len(self.each) != settings.num_images_per_prompt:
            expected = Phrase("{n}, as the number of pictures says", n=settings.num_images_per_prompt)
            raise InputError("order", Phrase("{n} pictures", n=len(self.each)), expected)
        one = replace(settings, num_images_per_prompt=1)
        found = [replace(one, **changes) for changes in self.each]
        # A model's own styles are checked when it draws.
        return [one.validate(styles=(one.style,) if isinstance(one.style, str) else None) for one in found]

    @property
    def labels(self) -> list[str]:
        """What stands at each picture."""
        if self.layout != STYLES:
            return []
        return [style_name(str(changes.get("style"))) for changes in self.each]

    @property
    def provenance(self) -> dict:
        """What belongs into its pictures' files: what the words are from."""
        return {name: told for name in ("typed", "template") if (told := getattr(self, name))}

    def record(self) -> dict:
        """As a part of a job's record, {} where nothing is to be said."""
        told = {"typed": self.typed, "layout": self.layout, "around": self.around, "each": list(map(dict, self.each))}
        told |= {"template": self.template, "request": self.request, "model": self.model}
        told = {name: value for name, value in told.items() if value}
        return {KEY: told} if told else {}

    @classmethod
    def of(cls, record: Mapping) -> "Order":
        """From a job's record. Raises InputError for what this version does not know."""
        told = record.get(KEY, {})
        if not isinstance(told, dict) or set(told) - {*TEXTS, "each"}:
            raise InputError("order", str(told)[:60], "one that this version of LiT Studio knows")
        texts = {name: told.get(name, "") for name in TEXTS}
        each = told.get("each", [])
        fits = all(isinstance(text, str) for text in texts.values()) and texts["layout"] in LAYOUTS
        if not fits or not isinstance(each, list) or not all(map(_is_change, each)):
            raise InputError("order", str(told)[:60], "one that this version of LiT Studio knows")
        own = ({name: SETTINGS[name].from_json(value) for name, value in changes.items()} for changes in each)
        return cls(**texts, each=tuple(own))


PLAIN = Order()


def varied(
    settings: GenerationSettings, strength: float | str, around: str, typed: str = ""
) -> tuple[GenerationSettings, Order]:
    """A drawing's variations, as settings and an order. around: the drawing's id.

    Their variation seeds are drawn by lot, so that asked again there are others. Raises InputError for a strength that
    there is not, for a picture that was drawn over another, and for one that has been varied too often.
    """
    if settings.image_sha256:
        raise InputError("picture", Phrase("one drawn over another"), "one drawn from words alone to vary it")
    taken = {settings.seed, *(seed for seed, _ in settings.variations)}
    found = variations(settings, strength, _first_seed(taken))
    each = tuple({name: getattr(one, name) for name in CHANGED if name != "style"} for one in found)
    # The picture itself, as one that nothing is added to.
    original = replace(found[0], variation_strength=0.0, variation_seed=0)
    return replace(original, num_images_per_prompt=len(each)), Order(typed, VARIED, around, each)


def in_all_styles(
    settings: GenerationSettings, styles: tuple[str, ...], typed: str = ""
) -> tuple[GenerationSettings, Order]:
    """One drawing in each of these styles, from the same noise."""
    each = tuple({"style": style} for style in styles)
    # A style that the words name would stand against the others.
    settings = replace(replace(settings, style=None).resolved(styles), style=None)
    return replace(settings, num_images_per_prompt=len(each)), Order(typed, STYLES, each=each)


def _first_seed(taken: set[int]) -> int:
    """A variation seed by lot from which on none of COUNT is taken: noise added to itself is no variation."""
    while True:
        first = random_seed()
        if all((seed - first) % (SEEDS[1] + 1) >= COUNT for seed in taken):
            return first


def _is_change(changes: object) -> bool:
    return isinstance(changes, dict) and set(changes) <= set(CHANGED)
