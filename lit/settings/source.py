"""The picture that a drawing starts from: checked, named by its pixels, and carried by the PNG that came of it.

Settings say which it is by its SHA-256; its pixels go beside them.
"""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

from PIL import Image

from lit.errors import InputError, Phrase
from lit.sampling import registry
from lit.settings.generation import GenerationSettings

LARGEST = 4_000_000  # bytes that a PNG carries of it; what is larger has to be given again
STRENGTH = 0.75  # of an image without a mask, where nothing is said of it
CHUNKS = {"image": b"ltIm", "mask": b"ltMa"}  # private, ancillary, safe to copy


@dataclass(frozen=True)
class Source:
    """What is drawn over.

    image: RGBA, of the size of the picture that comes out, or without a mask also of the size that is drawn, before
    `output_scale`.  mask: L, of the image's size, white where it is drawn anew and black where it stays; None for
    everywhere.
    """

    image: Image.Image
    mask: Image.Image | None = None

    @staticmethod
    def of(image: Image.Image | None, mask: Image.Image | None) -> "Source | None":
        """None for no image. Raises InputError for a mask alone, of another size or with nothing to draw, and for
        what is no still picture."""
        if image is None:
            if mask is not None:
                raise InputError("mask", Phrase("a mask alone"), "a mask of an image")
            return None
        for name, given in (("image", image), ("mask", mask)):
            if given is None:
                continue
            if not isinstance(given, Image.Image):
                raise InputError(name, type(given).__name__, "a PIL image")
            frames = getattr(given, "n_frames", 1)
            if frames > 1:
                raise InputError(name, Phrase("{n} frames", n=frames), "a still picture")
        if mask is None:
            return Source(image.convert("RGBA"))
        if mask.size != image.size:
            raise InputError("mask", _said(mask.size), Phrase("the image's size, {size}", size=_said(image.size)))
        mask = as_mask(mask)
        if mask.getbbox() is None:
            raise InputError("mask", Phrase("nothing painted"), "white where the picture is to be drawn anew")
        return Source(image.convert("RGBA"), mask)

    @property
    def sha256(self) -> dict[str, str]:
        """By the settings' names: of the pixels, so that a copy in another file is the same picture."""
        return {f"{name}_sha256": "" if one is None else _sha256(one) for name, one in self._pictures()}

    @property
    def arguments(self) -> dict[str, Image.Image | None]:
        """As the pipeline takes them."""
        return dict(self._pictures())

    def told(self, settings: GenerationSettings) -> GenerationSettings:
        """The settings that name this picture. Raises InputError where they name another one, or another size."""
        for name, own in self.sha256.items():
            wanted, argument = getattr(settings, name), name.removesuffix("_sha256")
            if settings.image_sha256 and wanted != own:
                got = f"the picture {own[:12]}..." if own else None
                raise InputError(
                    argument, got, Phrase("the one {named}... of the settings", named=wanted[:12]) if wanted else "none"
                )
        sizes = _sizes(settings, self.mask is not None)
        if self.image.size not in sizes:
            raise InputError("image", _said(self.image.size), Phrase("the size to draw, {size}", size=_said(sizes[0])))
        return replace(settings, **self.sha256)

    def scale(self, settings: GenerationSettings) -> int:
        """How many times as large it is as what is drawn over it."""
        return self.image.width // settings.width

    def chunks(self) -> list[tuple[bytes, bytes]]:
        """As chunks of a PNG; none where they are too large to carry."""
        found = []
        for name, one in self._pictures():
            if one is not None:
                file = io.BytesIO()
                one.save(file, "PNG", optimize=True)
                found.append((CHUNKS[name], file.getvalue()))
        return found if sum(len(data) for _, data in found) <= LARGEST else []

    @staticmethod
    def from_chunks(chunks: Iterable[tuple[bytes, bytes]], settings: GenerationSettings) -> "Source | None":
        """What `chunks` made, if it is what the settings name; None where it is not there. Raises InputError for
        something else in its place."""
        if not settings.image_sha256:
            return None
        held = {bytes(cid): data for cid, data in chunks}
        opened = [_opened(held.get(cid), settings) for cid in CHUNKS.values()]
        if opened[0] is None or (settings.mask_sha256 and opened[1] is None):
            return None
        source = Source.of(opened[0], opened[1] if settings.mask_sha256 else None)
        assert source is not None  # of an image
        source.told(settings)
        return source

    def _pictures(self):
        return ("image", self.image), ("mask", self.mask)


def is_opaque(image: Image.Image) -> bool:
    """Whether it has a background, which is then drawn too."""
    return image.mode != "RGBA" or image.getchannel("A").getextrema()[0] == 255


def as_mask(image: Image.Image) -> Image.Image:
    """L: what is white, or on a transparent layer whatever is painted there."""
    return image.convert("L") if is_opaque(image) else image.getchannel("A")


def check_given(settings: GenerationSettings, source: Source | None) -> GenerationSettings:
    """The settings that name their picture. Raises InputError where one is missing or does not fit."""
    if source is not None:
        registry.check_starting(settings.scheduler)
        return source.told(settings)
    if settings.image_sha256:
        named = settings.image_sha256[:12]
        raise InputError("image", None, Phrase("the picture {named}... that these settings start from", named=named))
    if settings.strength != 1:
        raise InputError("strength", settings.strength, "1 without an image to start from")
    return settings


def strength_of(strength: float | None, source: Source | None) -> float:
    """What None stands for: all of a picture is drawn anew only where a mask says of which part."""
    if strength is not None:
        return strength
    return STRENGTH if source is not None and source.mask is None else 1.0


def _sha256(image):
    return hashlib.sha256(f"{image.mode} {_said(image.size)} ".encode() + image.tobytes()).hexdigest()


def _sizes(settings, masked):
    """The sizes that fit, that of the picture that comes out first."""
    drawn = settings.width, settings.height
    whole = settings.width * settings.output_scale, settings.height * settings.output_scale
    return (whole,) if masked else (whole, drawn)


def _said(size):
    return f"{size[0]} x {size[1]}"


def _opened(data, settings):
    if data is None:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            sizes = _sizes(settings, bool(settings.mask_sha256))
            if image.size not in sizes:  # before any pixel is unpacked
                raise InputError("image", _said(image.size), Phrase("{size} as its settings say", size=_said(sizes[0])))
            image.load()
            return image
    except InputError:
        raise
    except Exception as error:  # whatever damage raises in Pillow
        raise InputError(
            "image", Phrase("a damaged picture inside"), Phrase("one that can be read ({why})", why=error)
        ) from error
