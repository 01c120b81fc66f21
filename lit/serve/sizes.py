"""Sizes as other studios' clients ask for them: of the picture that they want, whatever this model has learned."""

from lit.errors import InputError
from lit.settings import DEFAULTS, SETTINGS
from lit.settings.declaration import Whole

LEARNED = DEFAULTS["width"]  # pixels a side


def sized(width: int, height: int, field: str = "", value: object = None) -> dict[str, int]:
    """width, height and output_scale that give a picture of this size: what is larger than the model has learned is
    drawn at half the size, if that goes, and enlarged by its decoder.

    field, value: what a refusal calls them, "" for width and height by themselves. Raises InputError.
    """
    assert isinstance(LEARNED, int)
    half = [side // 2 for side in (width, height)]
    scale = 2 if max(width, height) > LEARNED and all(map(_fits, half)) and width % 2 == height % 2 == 0 else 1
    for name, side in (("width", width), ("height", height)):
        if not _fits(side // scale):
            declared = SETTINGS[name]
            expected = f"{declared.expected}, or twice that" if field else f"{declared.expected}; or twice that"
            raise InputError(field or name, value if field else side, f"each side {expected}" if field else expected)
    return {"width": width // scale, "height": height // scale, "output_scale": scale}


def _fits(side: int) -> bool:
    declared = SETTINGS["width"]
    assert isinstance(declared, Whole)
    return declared.fits(side)
