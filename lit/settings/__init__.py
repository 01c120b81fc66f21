"""All that decides an image, in one place: checked, and carried by the PNG that was drawn from it."""

from lit.settings.generation import (
    EPSILON_SCHEDULERS,
    GUIDANCE,
    IMAGES,
    MULTIPLE,
    OUTPUT_SCALES,
    SCHEDULERS,
    SEEDS,
    SIZES,
    STEPS,
    VERSION,
    GenerationSettings,
    parameters_text,
    read_png,
    read_settings,
    to_png_info,
)

__all__ = [
    "EPSILON_SCHEDULERS",
    "GUIDANCE",
    "IMAGES",
    "MULTIPLE",
    "OUTPUT_SCALES",
    "SCHEDULERS",
    "SEEDS",
    "SIZES",
    "STEPS",
    "VERSION",
    "GenerationSettings",
    "parameters_text",
    "read_png",
    "read_settings",
    "to_png_info",
]
