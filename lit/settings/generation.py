"""All that decides an image, declared once.

A new setting is a new field of GenerationSettings: with its declaration it is asked for, checked, stored and shown.
"""

import dataclasses
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, get_type_hints

from lit.reading.blend import Part, blended, parts_of
from lit.reading.weights import parse_weights
from lit.sampling import registry
from lit.settings.declaration import Choice, Digest, Number, Setting, Trail, Whole, Words, trail_of
from lit.styles import in_use, label, split_style, use

SEEDS = (0, 2**32 - 1)
# Of a side: the autoencoder shrinks by 8, the transformer's patch is 2.
SCHEDULER = registry.names("flow-map")[0]  # the embedded model's first
BUILT_IN = "(what this model was distilled for; with a negative prompt up to 20)"
SIDE = {"low": 64, "high": 1024, "step": 16, "unit": "pixels"}


def _labels(styles: tuple[str, ...]) -> dict[str, str]:
    return {style: label(style) for style in styles}


@dataclass(frozen=True)
class GenerationSettings:
    """What to draw and how. Sizes in pixels, before `output_scale` multiplies them; guidance 1 means none."""

    prompt: Annotated[
        str,
        Words(
            label="What should it be?",
            help="what to draw, such as 'a blue dragon' or 'a blue dragon, fluent 3d'",
            example="a blue dragon",
        ),
    ]
    style: Annotated[
        str | None,
        Choice(
            label="Style",
            flag="--style",
            help="drawing style",
            choices=in_use(),
            labels=_labels(in_use()),
            none="any",
        ),
    ] = None
    negative_prompt: Annotated[
        str, Words(label="What should not be in it", flag="--negative", help="what should not be in it")
    ] = ""
    num_inference_steps: Annotated[
        int,
        Whole(
            label="Steps",
            flag="--steps",
            help="denoising steps",
            hint="More take longer and tidy up details.",
            low=1,
            high=200,
        ),
    ] = registry.find(SCHEDULER).steps
    guidance_scale: Annotated[
        float,
        Number(
            label="Guidance",
            flag="--guidance",
            help="weight of the words, 1 for none",
            hint="How strictly the words are followed; 1 is not at all.",
            low=1.0,
            high=20.0,
            shown=(1, 8),  # what the embedded model was distilled for
        ),
    ] = registry.GUIDANCE
    height: Annotated[int, Whole(label="Height", flag="--height", help="height of what is drawn", **SIDE)] = 256
    width: Annotated[int, Whole(label="Width", flag="--width", help="width of what is drawn", **SIDE)] = 256
    seed: Annotated[
        int,
        Whole(
            label="Seed",
            flag="--seed",
            help="of the first image's noise; image i has seed + i",
            hint="The same seed and settings draw the same picture.",
            low=SEEDS[0],
            high=SEEDS[1],
            control="number",
        ),
    ] = 0
    num_images_per_prompt: Annotated[
        int, Whole(label="Pictures", flag="-n", help="number of images", low=1, high=64, shown=(1, 8))
    ] = 1
    scheduler: Annotated[
        str,
        Choice(
            label="Scheduler",
            flag="--scheduler",
            help="rule by which noise becomes a picture",
            choices=registry.names(),
            shown=registry.names("flow-map"),  # as the embedded model is
            control="dropdown",
        ),
    ] = SCHEDULER
    output_scale: Annotated[
        int,
        Choice(
            label="Output size",
            flag="--scale",
            help="2 for twice the size",
            choices=(1, 2),
            labels={1: "As drawn", 2: "Twice as large"},
        ),
    ] = 2
    variation_strength: Annotated[
        float,
        Number(
            label="Variation",
            flag="--vary",
            help="how much of the noise is the variation seed's: 0 the original, 1 another picture",
            hint="How far the picture goes from its seed's towards the variation seed's.",
            low=0.0,
            high=1.0,
            step=0.05,
        ),
    ] = 0.0
    variation_seed: Annotated[
        int,
        Whole(
            label="Which variation",
            flag="--vary-seed",
            help="variation seed of the first image; image i has variation seed + i",
            hint="Counts where there is a variation.",
            low=SEEDS[0],
            high=SEEDS[1],
            control="number",
        ),
    ] = 0
    variation_of: Annotated[
        str,
        Trail(
            label="Varied before",
            flag="--vary-of",
            help="the variations that this is one of, as SEED:STRENGTH, first to last, such as '7:0.4 12:0.65'",
            hint="What this is a variation of; empty for nothing.",
            example="7:0.4",
            most=16,
            high=SEEDS[1],
        ),
    ] = ""
    strength: Annotated[
        float,
        Number(
            label="Strength",
            flag="--strength",
            help="how much of a given picture is drawn anew, 1 for all of it",
            low=0.05,
            high=1.0,
            step=0.05,
            control="hidden",  # until the page takes pictures
        ),
    ] = 1.0
    image_sha256: Annotated[str, Digest(label="Picture", help="the picture that is drawn over, by its SHA-256")] = ""
    mask_sha256: Annotated[str, Digest(label="Mask", help="where it is drawn over, by the mask's SHA-256")] = ""

    def __post_init__(self):
        for name, setting in SETTINGS.items():
            object.__setattr__(self, name, setting.own(getattr(self, name)))

    def validate(
        self,
        styles: tuple[str, ...] | None = None,
        multiple: int | None = None,
        schedulers: tuple[str, ...] | None = None,
        guidance: tuple[float, float] | None = None,
    ) -> "GenerationSettings":
        """Return self, or raise InputError naming the first field that a model with these styles, schedulers,
        multiple of a side and guidance built in for this range cannot draw; None for what is declared.

        A negative prompt is drawn by the classic way, whose guidance has the declared limits.
        """
        low, high = guidance if guidance is not None and not self.negative_prompt else (None, None)
        of_model = {
            "style": {"choices": styles},
            "scheduler": {"choices": schedulers},
            "guidance_scale": {"low": low, "high": high, "unit": None if low is None else BUILT_IN},
            "height": {"step": multiple},
            "width": {"step": multiple},
        }
        for name, setting in SETTINGS.items():
            changes = {key: value for key, value in of_model.get(name, {}).items() if value is not None}
            dataclasses.replace(setting, **changes).check(name, getattr(self, name))
        for words in (self.prompt, self.negative_prompt):
            for part in parts_of(words):
                parse_weights(part.prompt)
        return self

    def resolved(self, styles: tuple[str, ...] | None = None) -> "GenerationSettings":
        """A style named at the prompt's end moves to `style` where none is given: the same image. A blend has that of
        the prompt with the largest share; a network can draw in one alone. styles: of a model, None for those in use.
        """
        if self.style is not None or not isinstance(self.prompt, str):
            return self
        parts = parts_of(self.prompt)
        told = [split_style(part.prompt, styles) for part in parts]
        _, style = told[max(range(len(parts)), key=lambda i: parts[i].share)]
        prompt = blended(Part(words, part.share) for part, (words, _) in zip(parts, told, strict=True))
        return dataclasses.replace(self, prompt=prompt, style=style)

    def for_image(self, index: int) -> "GenerationSettings":
        """The settings that draw image `index` of these alone: its seed is seed + index, and its variation's likewise
        where there is one."""
        counted = ("seed", "variation_seed") if self.variation_strength else ("seed",)
        seeds = {name: (getattr(self, name) + index) % (SEEDS[1] + 1) for name in counted}
        return dataclasses.replace(self, num_images_per_prompt=1, **seeds)

    @property
    def variations(self) -> tuple[tuple[int, float], ...]:
        """(seed, strength) of all steps from the seed's noise to that of the image, first to last."""
        last = ((self.variation_seed, self.variation_strength),) if self.variation_strength else ()
        return trail_of(self.variation_of) + last

    @property
    def pixel_evaluations(self) -> int:
        """What drawing costs: the pixels of all images, times how often the model is asked about each."""
        evaluations = registry.evaluations(self.scheduler, self.num_inference_steps)
        return self.width * self.height * self.num_images_per_prompt * evaluations


def use_styles(styles: tuple[str, ...]) -> None:
    """Let `style` be one of these wherever settings are declared: on the page, in options, schemas and errors. Said
    once by who draws with another model than the embedded one, before anything is built of the declarations."""
    use(styles)
    for name, value in (("choices", styles), ("labels", _labels(styles))):
        object.__setattr__(SETTINGS["style"], name, value)  # in place: others hold the declaration


def random_seed() -> int:
    return secrets.randbelow(SEEDS[1] + 1)


def _declared() -> dict[str, Setting]:
    hints = get_type_hints(GenerationSettings, include_extras=True)
    return {field.name: hints[field.name].__metadata__[0] for field in dataclasses.fields(GenerationSettings)}


# The declaration of each field, in their order.
SETTINGS: Mapping[str, Setting] = MappingProxyType(_declared())

# What a field is where nothing is said of it; not every one has such a value.
DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        field.name: field.default
        for field in dataclasses.fields(GenerationSettings)
        if field.default is not dataclasses.MISSING
    }
)


def schema() -> dict:
    """JSON Schema of an object with the fields of GenerationSettings."""
    properties = {
        name: setting.schema() | ({"default": DEFAULTS[name]} if name in DEFAULTS else {})
        for name, setting in SETTINGS.items()
    }
    required = [name for name in SETTINGS if name not in DEFAULTS]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
