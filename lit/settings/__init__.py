"""All that decides an image, in one place: checked, and carried by the PNG that was drawn from it."""

from lit.settings.batches import batch_key
from lit.settings.codec import from_record, to_record
from lit.settings.generation import DEFAULTS, SEEDS, SETTINGS, GenerationSettings, random_seed, schema, use_styles
from lit.settings.png import parameters_text, png_bytes, read_png, read_source, to_png_info, write_picture
from lit.settings.source import Source, check_given, is_opaque, strength_of

__all__ = [
    "DEFAULTS",
    "SEEDS",
    "SETTINGS",
    "GenerationSettings",
    "Source",
    "batch_key",
    "check_given",
    "from_record",
    "is_opaque",
    "parameters_text",
    "png_bytes",
    "random_seed",
    "read_png",
    "read_source",
    "schema",
    "strength_of",
    "to_png_info",
    "to_record",
    "use_styles",
    "write_picture",
]
