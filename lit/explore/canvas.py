"""Pictures from elsewhere, made fit to be drawn over; and room around a picture, to be drawn into."""

from pathlib import Path

from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from lit.errors import InputError
from lit.settings import SETTINGS
from lit.settings.source import as_mask

SIDE = 256  # of what is too large or too small: what the embedded model learned
MOST = 512  # pixels of a side that are kept as they are
MARGIN = 12  # pixels around what a picture shows that stay as they are
LARGEST = 4096  # pixels of a side of a file that is opened
FORMATS = ("PNG", "WEBP", "JPEG", "GIF", "BMP")


def open_picture(path: str | Path) -> Image.Image:
    """A still picture, RGBA, turned as its camera was held. Raises InputError for a file that is missing, none,
    damaged, moving, or larger than 4096 pixels a side."""
    path = Path(path)
    try:
        with Image.open(path, formats=FORMATS) as image:
            if max(image.size) > LARGEST:  # before any pixel is unpacked
                got = f"{image.size[0]} x {image.size[1]} pixels"
                raise InputError(path.name, got, f"at most {LARGEST} pixels a side; make it smaller first")
            if getattr(image, "n_frames", 1) > 1:
                raise InputError(path.name, f"{image.n_frames} frames", "a still picture")
            return ImageOps.exif_transpose(image).convert("RGBA")
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError("picture", str(path), "a file that exists") from error
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InputError("picture", path.name, "a PNG, WebP, JPEG, GIF or BMP") from error
    except Exception as error:  # whatever damage raises in Pillow
        raise InputError("picture", path.name, f"a picture that can be read ({error})") from error


def canvas_of(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height to draw a picture of this size at: its own in whole steps of 16 where it lies between 64 and
    512 pixels, else with 256 for its longer side."""
    step, low = SETTINGS["width"].step, SETTINGS["width"].low
    if not (low <= min(size) and max(size) <= MOST):
        size = tuple(side * SIDE / max(size) for side in size)
    width, height = (max(low, -int(-side // step) * step) for side in size)
    return width, height


def placed(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture as large as fits into (width, height), in its middle, transparent around it; RGBA.

    One that lacks less than a step of 16 keeps its pixels.
    """
    image = image.convert("RGBA")
    step = SETTINGS["width"].step
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
    for name, side in zip(("width", "height"), size, strict=True):
        SETTINGS[name].check(name, side)
    page, mask = Image.new("RGBA", size), Image.new("L", size, 255)
    page.paste(image.convert("RGBA"), (left, top))
    near = (
        page.getchannel("A")
        .filter(ImageFilter.MaxFilter(2 * MARGIN + 1))
        .crop((left, top, left + image.size[0], top + image.size[1]))
    )
    mask.paste(near.point(lambda alpha: 255 * (alpha == 0)), (left, top))
    return page, mask
