"""All that decides an image, in one place: checked, and carried by the PNG that was drawn from it."""

from lit.settings.codec import from_record, to_record
from lit.settings.generation import DEFAULTS, SEEDS, SETTINGS, GenerationSettings, random_seed, schema
from lit.settings.png import parameters_text, read_png, to_png_info, write_picture

__all__ = [
    "DEFAULTS",
    "SEEDS",
    "SETTINGS",
    "GenerationSettings",
    "from_record",
    "parameters_text",
    "random_seed",
    "read_png",
    "schema",
    "to_png_info",
    "to_record",
    "write_picture",
]
