"""What a view answers: numbers, and pictures of them that are drawn when somebody looks."""

from dataclasses import dataclass
from functools import cached_property

import torch
from PIL import Image

from lit.scope.drawings.labels import InputLabel, LayerLabel, PictureLabel, WordLabel
from lit.scope.drawings.regions import gain_of, magnitude_image, part_image
from lit.scope.modes import Modes

KINDS = {InputLabel: "input", PictureLabel: "picture", WordLabel: "word", LayerLabel: "bias"}  # in a sum's order


@dataclass(frozen=True)
class Part:
    """One bar of the chart. source: what it comes from.  amount: in the region's measure, 0 to 1 being the range of a
    pixel; negative where it takes away.  kind: "input", "picture", "word" or "bias".  label: the source in words."""

    source: InputLabel | PictureLabel | WordLabel | LayerLabel
    amount: float

    @property
    def kind(self) -> str:
        return KINDS[type(self.source)]

    @property
    def label(self) -> str:
        return self.source.spoken


@dataclass(frozen=True)
class RegionSum:
    """The region's value and its parts: input first, the picture drawn over, then words, then biases by layer.
    sum(part.amount) = value up to rounding, which `miss` gives."""

    value: float
    parts: list[Part]

    @property
    def miss(self) -> float:
        return abs(sum(part.amount for part in self.parts) - self.value)


@dataclass(frozen=True)
class ReceptiveField:
    """What a region read. row: F^T v (channels, h, w) over the latents.  magnitude: its length over channels (h, w).
    reads: row * latents summed over channels (h, w): what each place gave; it sums to the input's part.
    size: the picture's, (width, height)."""

    row: torch.Tensor
    magnitude: torch.Tensor
    reads: torch.Tensor
    size: tuple[int, int]

    @cached_property
    def image(self) -> Image.Image:
        """The magnitude as grey, at the picture's size."""
        return magnitude_image(self.magnitude, self.size)


@dataclass(frozen=True)
class ImpulseResponse:
    """What latent places draw. pixels: their part of the picture (4, H, W), premultiplied, of either sign; in an inner
    layer (channels, h, w).  cell: (column, row) of the latents, the upper left of several.  size: the picture's."""

    pixels: torch.Tensor
    cell: tuple[int, int]
    size: tuple[int, int]
    inner: bool

    @cached_property
    def gain(self) -> float:
        """By which `image` amplifies it."""
        return gain_of(self.pixels[None], self.inner)

    @cached_property
    def image(self) -> Image.Image:
        """See `regions.part_image`; of an inner layer the magnitude."""
        return shown(self.pixels, self.gain, self.size, self.inner)


@dataclass(frozen=True)
class WordImage:
    """What one word adds. pixels: as of an `ImpulseResponse`.  strength: root mean square of pixels.
    gain: by which `image` amplifies it, the same for all words of a view."""

    label: WordLabel
    pixels: torch.Tensor
    strength: float
    gain: float
    size: tuple[int, int]
    inner: bool

    @cached_property
    def image(self) -> Image.Image:
        return shown(self.pixels, self.gain, self.size, self.inner)


@dataclass(frozen=True)
class ModeImages:
    """modes: the numbers.  pixels: what each draws, as of an `ImpulseResponse`."""

    modes: Modes
    pixels: list[torch.Tensor]
    size: tuple[int, int]
    inner: bool

    @cached_property
    def inputs(self) -> list[Image.Image]:
        """What the map is sensitive to: a magnitude over the latents each."""
        return [magnitude_image(one[0].norm(dim=0), self.size) for one in self.modes.inputs]

    @cached_property
    def outputs(self) -> list[Image.Image]:
        """What it draws then."""
        return [shown(one, gain_of(one[None], self.inner), self.size, self.inner) for one in self.pixels]


def shown(pixels: torch.Tensor, gain: float, size: tuple[int, int], inner: bool) -> Image.Image:
    """A part of a picture as it changes the colours of grey paper; of an inner layer its magnitude."""
    return magnitude_image(pixels.norm(dim=0), size) if inner else part_image(pixels, gain)
