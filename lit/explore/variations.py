"""Variations: the same words from noise near to a seed's."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from lit.errors import InputError, Phrase
from lit.settings import SEEDS, SETTINGS, GenerationSettings

# How far a variation goes, by what people call it: details, then pose and colours, then another one of its kind.
STRENGTHS: Mapping[str, float] = MappingProxyType({"a little": 0.4, "some": 0.65, "a lot": 0.9})
COUNT = 8  # two rows of four round the original


def variations(
    settings: GenerationSettings, strength: float | str = "some", first_seed: int = 0, count: int = COUNT
) -> list[GenerationSettings]:
    """Settings of variations of one image, that of the settings: variation seeds from `first_seed` on.

    strength: from 0, the image itself, to 1, or one of STRENGTHS.  Raises InputError for another one, a seed that there
    is not, a number of images that is not from 1 to 64, and for the seventeenth variation of a variation.
    """
    if isinstance(strength, str):
        if strength not in STRENGTHS:
            raise InputError(
                "variation_strength",
                strength,
                Phrase("one of {names}, or a number from 0 to 1", names=", ".join(STRENGTHS)),
            )
        strength = STRENGTHS[strength]
    SETTINGS["variation_strength"].check("variation_strength", strength)
    SETTINGS["variation_seed"].check("variation_seed", first_seed)
    SETTINGS["num_images_per_prompt"].check("count", count)
    before = " ".join(f"{seed}:{strength!r}" for seed, strength in settings.variations)
    SETTINGS["variation_of"].check("variation_of", before)
    original = replace(settings, num_images_per_prompt=1, variation_of=before, variation_strength=strength)
    return [replace(original, variation_seed=(first_seed + i) % (SEEDS[1] + 1)) for i in range(count)]


def apart(settings: GenerationSettings, seeds: Collection[int] = ()) -> GenerationSettings:
    """The settings with the next variation seed that is neither the image's own seed nor one of `seeds`: noise added to
    itself varies nothing, and is more than noise."""
    seed = settings.variation_seed
    while seed == settings.seed or seed in seeds:
        seed = (seed + 1) % (SEEDS[1] + 1)
    return replace(settings, variation_seed=seed)
