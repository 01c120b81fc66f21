"""Pictures from elsewhere, made fit to be drawn over; and room around a picture, to be drawn into."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps, UnidentifiedImageError

from lit.errors import InputError, Phrase
from lit.settings import SETTINGS, is_opaque
from lit.settings.outside import check_parts, check_size
from lit.settings.source import as_mask

SIDE = 256  # of what is too large or too small: what the embedded model learned
MOST = 512  # pixels of a side that are kept as they are
MARGIN = 12  # pixels around what a picture shows that stay as they are
TOLERANCE = 0.12  # of a background: how far its colours lie from the one that is named, of 1
SOFT = 0.1  # and how much further those are that only partly belong to it
FORMATS = ("PNG", "WEBP", "JPEG", "GIF", "BMP")


def open_picture(path: str | Path) -> Image.Image:
    """A still picture, RGBA, turned as its camera was held. Raises InputError for a file that is missing, none,
    damaged, moving, or larger than 4096 pixels a side."""
    path = Path(path)
    try:
        with open(path, "rb") as file:
            check_parts("picture", path.name, file)
        with Image.open(path, formats=FORMATS) as image:
            check_size(path.name, image)
            # A camera's JPEG may hold smaller copies or depths behind its picture (MPO): that is no movement.
            if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
                raise InputError(path.name, Phrase("{n} frames", n=image.n_frames), "a still picture")
            return ImageOps.exif_transpose(image).convert("RGBA")
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError("picture", str(path), "a file that exists") from error
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InputError("picture", path.name, "a PNG, WebP, JPEG, GIF or BMP") from error
    except Exception as error:  # whatever damage raises in Pillow
        raise InputError("picture", path.name, Phrase("a picture that can be read ({why})", why=error)) from error


def canvas_of(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the page for a picture of this size: its own in whole steps where it lies between 64 and 512
    pixels, else with 512, or 256 where it is small, for its longer side. A step is 16 pixels, of what is larger than
    256 and so is drawn at half the size (`scale_of`) 32."""
    low = SETTINGS["width"].low
    if not (low <= min(size) and max(size) <= MOST):
        longest = MOST if max(size) > MOST else SIDE
        size = tuple(side * longest / max(size) for side in size)
    step = SETTINGS["width"].step * (2 if max(size) > SIDE else 1)
    width, height = (max(low, -int(-side // step) * step) for side in size)
    return width, height


def scale_of(size: Sequence[int]) -> int:
    """How many times as large a page of this size is as what is drawn on it: 2 of what is larger than the model has
    learned, where half of it can be drawn."""
    halves = all(side % 2 == 0 and SETTINGS["width"].fits(side // 2) for side in size)
    return 2 if max(size) > SIDE and halves else 1


def drawn_of(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height to draw a picture of this size at."""
    page = canvas_of(size)
    return page[0] // scale_of(page), page[1] // scale_of(page)


def step_of(size: Sequence[int]) -> int:
    """Of how many pixels the sides of a page are multiples that has this size, or that and room."""
    return SETTINGS["width"].step * scale_of(size)


def placed(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture as large as fits into (width, height), in its middle, transparent around it; RGBA.

    One that lacks less than a step keeps its pixels.
    """
    image = image.convert("RGBA")
    step = step_of(size)
    if not all(0 <= wanted - side < step for wanted, side in zip(size, image.size, strict=True)):
        scale = min(size[0] / image.size[0], size[1] / image.size[1])
        new = tuple(max(1, round(side * scale)) for side in image.size)
        # Premultiplied: what is transparent has no colour to bleed.
        image = image.convert("RGBa").resize(new, Image.Resampling.LANCZOS).convert("RGBA")
    page = Image.new("RGBA", size)
    page.paste(image, ((size[0] - image.size[0]) // 2, (size[1] - image.size[1]) // 2))
    return page


def placed_mask(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The mask of a picture, L, where `placed` puts that picture."""
    mask = as_mask(mask)
    return placed(Image.merge("RGBA", [mask] * 4), size).getchannel("A")


def has_background(image: Image.Image) -> bool:
    """Whether a picture, or what `placed` has put on a page as wide or high as it, is opaque: its background is drawn
    too."""
    shown, step = _shown(image), step_of(image.size)
    spans = any(page - side < step for page, side in zip(image.size, shown.size, strict=True))
    return spans and is_opaque(shown)


def border_colour(image: Image.Image) -> str:
    """The colour that a picture's border has mostly, "#rrggbb": the median of each channel along the four sides of what
    is not transparent."""
    pixels = np.asarray(_shown(image).convert("RGB"))
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = np.median(border, axis=0).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def cut_out(image: Image.Image, colour: str = "", tolerance: float = TOLERANCE) -> Image.Image:
    """The picture without its background, RGBA.

    colour: "#rrggbb", taken away wherever it is; "" for that of the border, as far as it reaches from there. Colours
    belong to it that differ from it by `tolerance` of 1 at most in every channel. Those that differ by SOFT more are
    mixed of both, as edges are: c = a f + (1 - a) b for the background's b, of which the picture keeps f.
    Raises InputError for what is no colour, a tolerance that is not from 0 to 1, and where nothing would be left.
    """
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 <= tolerance <= 1:
        raise InputError("tolerance", tolerance, "a number from 0 to 1")
    named = colour or border_colour(image)
    if not isinstance(named, str) or not re.fullmatch("#[0-9a-fA-F]{6}", named):
        raise InputError("colour", colour, "one such as #ffffff")
    pixels = np.asarray(image.convert("RGBA")).astype(np.float32) / 255
    background = np.array([int(named[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    apart = np.abs(pixels[..., :3] - background).max(axis=-1)
    kept = np.clip((apart - tolerance) / SOFT, 0, 1)
    if not colour:
        kept = np.where(_reached((kept < 1) | (pixels[..., 3] == 0)), kept, 1)
    if not (kept * pixels[..., 3]).any():
        raise InputError("tolerance", tolerance, "a smaller one: nothing of the picture would be left")
    share = kept[..., None]
    front = np.clip((pixels[..., :3] - (1 - share) * background) / np.maximum(share, 1e-6), 0, 1)
    cut = np.concatenate([np.where(share > 0, front, 0), share * pixels[..., 3:]], axis=-1)
    return Image.fromarray(np.round(255 * cut).astype(np.uint8), "RGBA")


def _shown(image: Image.Image) -> Image.Image:
    return image.crop(image.getchannel("A").getbbox()) if image.mode == "RGBA" else image


def _reached(near: np.ndarray) -> np.ndarray:
    """Where one gets from outside of the picture over what is near: bool (height, width)."""
    field = Image.fromarray(np.pad(near, 1, constant_values=True).astype(np.uint8)).copy()  # else it cannot be changed
    ImageDraw.floodfill(field, (0, 0), 2)
    return np.asarray(field)[1:-1, 1:-1] == 2


def with_room(
    image: Image.Image, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0
) -> tuple[Image.Image, Image.Image]:
    """The picture with so many pixels of room on its sides, and the mask of that room: to be drawn into.

    What is transparent in the picture, a little away from what is not, belongs to the room: else what is drawn would
    end where the picture ended.  Raises InputError for no room, less than none, and a size that cannot be drawn.
    """
    room = {"left": left, "top": top, "right": right, "bottom": bottom}
    for name, pixels in room.items():
        if isinstance(pixels, bool) or not isinstance(pixels, int) or pixels < 0:
            raise InputError(name, pixels, "a whole number of pixels from 0")
    if not any(room.values()):
        raise InputError("room", room, "some on one side")
    size = image.size[0] + left + right, image.size[1] + top + bottom
    step = step_of(image.size)
    for name, side in zip(("width", "height"), size, strict=True):
        SETTINGS[name].check(name, side)
        if side % step:
            raise InputError(name, side, Phrase("a multiple of {step}", step=step))
    page, mask = Image.new("RGBA", size), Image.new("L", size, 255)
    page.paste(image.convert("RGBA"), (left, top))
    near = (
        page.getchannel("A")
        .filter(ImageFilter.MaxFilter(2 * MARGIN + 1))
        .crop((left, top, left + image.size[0], top + image.size[1]))
    )
    mask.paste(near.point(lambda alpha: 255 * (alpha == 0)), (left, top))
    return page, mask
