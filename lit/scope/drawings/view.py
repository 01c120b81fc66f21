"""What can be asked of one map from latents to a picture: parts that add up, receptive fields, responses, modes."""

import contextlib
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from PIL import Image

from lit.errors import InputError
from lit.scope.affine import Affine
from lit.scope.drawings.chain import Trajectory
from lit.scope.drawings.labels import WordLabel, layer_of
from lit.scope.drawings.regions import Region, gain_of, magnitude_image, part_image, to_image
from lit.scope.modes import Cancelled, Modes

Progress = Callable[[int, int], None] | None
Cancel = Callable[[], bool] | None
REMEMBERED_FIELDS = 512  # receptive fields, 44 KiB each at 256 pixels


@dataclass(frozen=True)
class Part:
    """One bar of the chart. kind: "input", "word" or "bias".  amount: in the region's measure, 0 to 1 being the
    range of a pixel; negative where it takes away.  word: for words, their label.  path: for biases, the layer."""

    kind: str
    label: str
    amount: float
    word: WordLabel | None = None
    path: str = ""


@dataclass(frozen=True)
class RegionSum:
    """The region's value and its parts: input first, then words, then biases by layer.
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

    @property
    def image(self) -> Image.Image:
        """The magnitude as grey, at the picture's size."""
        return magnitude_image(self.magnitude, self.size)


@dataclass(frozen=True)
class ImpulseResponse:
    """What latent places draw. pixels: their part of the picture (4, H, W), premultiplied, of either sign.
    cell: (column, row) of the latents, the upper left of several.  gain: by which `image` amplifies it.
    image: see `regions.part_image`."""

    pixels: torch.Tensor
    cell: tuple[int, int]
    gain: float
    image: Image.Image


@dataclass(frozen=True)
class WordImage:
    """What one word adds. pixels: (4, H, W) premultiplied, of either sign.  strength: root mean square of pixels.
    gain: by which `image` amplifies it, the same for all words of a view."""

    label: WordLabel
    pixels: torch.Tensor
    strength: float
    gain: float
    image: Image.Image


@dataclass(frozen=True)
class ModeImages:
    """modes: the numbers.  inputs, outputs: a picture each, what the map is sensitive to (magnitude over the
    latents) and what it draws then."""

    modes: Modes
    inputs: list[Image.Image]
    outputs: list[Image.Image]


class View:
    """One map, asked by regions and places. `prepare` makes `contributions` answer in milliseconds.

    map: `Affine` or `Trajectory`.  picture: its output at the input, (4, H, W) premultiplied RGBA in [0, 1] before
    clamping; for an inner layer the layer's output (channels, h, w).  size: (width, height) in pixels.
    """

    def __init__(self, affine, words, size, latents, layer: str | None = None):
        self.map: Affine | Trajectory = affine
        self.words, self.size, self.layer = words, size, layer
        self._latents = latents
        self._fields: OrderedDict[Region, ReceptiveField] = OrderedDict()
        self._parts: tuple[list[Part], torch.Tensor] | None = None
        self._word_parts: tuple[list[int], torch.Tensor] | None = None
        self._lock = threading.RLock()

    @property
    def picture(self) -> torch.Tensor:
        return self.map.value[0] if self.layer is None else self._grid(self.map.value)

    @property
    def image(self) -> Image.Image:
        """The picture as PIL RGBA; for an inner layer its magnitude as grey."""
        return to_image(self.picture) if self.layer is None else magnitude_image(self.picture.norm(dim=0), self.size)

    @property
    def prepared(self) -> bool:
        """Whether `contributions` answers from kept parts."""
        return self._parts is not None

    def value(self, region: Region) -> float:
        """The region's measure."""
        return (self._weights(region).double() * self.map.value.double()).sum().item()

    def contributions(self, region: Region, *, on_progress: Progress = None, cancelled: Cancel = None) -> RegionSum:
        """Input, each word and each layer's biases: numbers that add up to the region's value.

        After `prepare` this takes milliseconds; before, one way back through the map, which finds the region's
        receptive field too.
        Raises InputError for a region outside the picture.
        """
        with self._lock:
            if self._parts is not None:
                parts, pictures = self._parts
                amounts = region.validate(*self.size).mean(pictures).tolist()
                found = [Part(p.kind, p.label, a, p.word, p.path) for p, a in zip(parts, amounts, strict=True)]
                return RegionSum(region.mean(self.picture[None]).item(), found)
            with self._watched(on_progress, cancelled):
                found = self.map.contributions(self._weights(region))
            self._keep_field(region, self._field(found.row[0]))
            parts = [Part("input", self._input_label, found.input)]
            for label, amount in zip(self.words, found.words, strict=True):
                if not label.empty:
                    parts.append(Part("word", label.spoken, amount, label))
            layers: dict[str, float] = {}
            for path, amount in found.biases.items():
                layers[layer_of(path)] = layers.get(layer_of(path), 0.0) + amount
            parts += [Part("bias", layer, amount, path=layer) for layer, amount in layers.items()]
            return RegionSum(found.value, parts)

    def receptive_field(
        self, region: Region, *, on_progress: Progress = None, cancelled: Cancel = None
    ) -> ReceptiveField:
        """What the region read: F^T v over the latents. Remembered by region."""
        with self._lock:
            if region not in self._fields:
                with self._watched(on_progress, cancelled):
                    row = self.map.transpose(self._weights(region))[0]
                self._keep_field(region, self._field(row))
            return self._fields[region]

    def knows_field(self, region: Region) -> bool:
        """Whether `receptive_field` remembers this region."""
        return region in self._fields

    def impulse_response(
        self, x: int, y: int, *, channel: int | None = None, on_progress: Progress = None, cancelled: Cancel = None
    ) -> ImpulseResponse:
        """Where the latent cell under pixel (x, y) spreads.

        channel: of the latents, for a unit impulse; None for what the cell holds, that is, its part of the picture.
        """
        if channel is None:
            return self.response(Region.pixel(x, y), on_progress=on_progress, cancelled=cancelled)
        rows, columns = self._cells(Region.pixel(x, y), *self._latents.shape[2:])
        channels = self._latents.shape[1]
        if isinstance(channel, bool) or not 0 <= channel < channels:
            raise InputError("channel", channel, f"a whole number from 0 to {channels - 1}, or none")
        impulse = torch.zeros_like(self._latents)
        impulse[0, channel, rows, columns] = 1
        return self._response(impulse, rows, columns, on_progress, cancelled)

    def response(self, region: Region, *, on_progress: Progress = None, cancelled: Cancel = None) -> ImpulseResponse:
        """Where the latent cells under a region spread: what they hold, drawn without all others."""
        rows, columns = self._cells(region, *self._latents.shape[2:])
        impulse = torch.zeros_like(self._latents)
        impulse[..., rows, columns] = self._latents[..., rows, columns]
        return self._response(impulse, rows, columns, on_progress, cancelled)

    def word_images(self, *, on_progress: Progress = None, cancelled: Cancel = None) -> list[WordImage]:
        """What each word adds to the picture, strongest first; remembered."""
        with self._lock:
            which, pictures = self._words(on_progress, cancelled)
            gain = self._gain(pictures)
            images = [
                WordImage(self.words[i], part, part.square().mean().sqrt().item(), gain, self._shown(part, gain))
                for i, part in zip(which, pictures, strict=True)
            ]
            return sorted(images, key=lambda image: -image.strength)

    def modes(self, k: int = 16, *, on_progress: Progress = None, cancelled: Cancel = None) -> ModeImages:
        """The k strongest singular modes; when cancelled, those found so far."""
        with self._lock, self._watched(None, cancelled):
            found = self.map.modes(k, on_progress=on_progress, cancelled=cancelled)
        inputs = [magnitude_image(one[0].norm(dim=0), self.size) for one in found.inputs]
        outputs = [self._grid(one) for one in found.outputs]
        return ModeImages(found, inputs, [self._shown(one, self._gain(one[None])) for one in outputs])

    def prepare(self, *, on_progress: Progress = None, cancelled: Cancel = None):
        """Compute the pictures of all parts once, so that any region's contributions are sums over them.

        About 15 s for a step of the embedded model on one core; raises Cancelled when stopped, and nothing is kept.
        """
        if self.layer is not None or isinstance(self.map, Trajectory):
            raise InputError("prepare", self.layer or "the whole trajectory", "a step's picture")
        with self._lock:
            if self._parts is not None:
                return
            layers = list(dict.fromkeys(layer_of(path) for path in self.map.bias_paths))
            which = [i for i, label in enumerate(self.words) if not label.empty]
            done, total = 0, 1 + len(which) + len(layers)

            def tell(count=1):
                nonlocal done
                done += count
                if on_progress is not None:
                    on_progress(done, total)
                if cancelled is not None and cancelled():
                    raise Cancelled

            self.map.warm()  # whoever asks in the midst of this waits less
            tell(0)
            pictures = [self.map.linear(self._latents)]
            parts = [Part("input", self._input_label, 0.0)]
            tell()
            done += len(which) if self._word_parts is not None else 0
            which, words = self._words(lambda step, _: tell(), None)
            pictures += list(words[:, None])
            parts += [Part("word", self.words[i].spoken, 0.0, self.words[i]) for i in which]
            for layer in layers:
                pictures.append(self.map.bias_of(lambda path, layer=layer: layer_of(path) == layer))
                parts.append(Part("bias", layer, 0.0, path=layer))
                tell()
            self._parts = parts, torch.cat(pictures)

    def prepare_fields(
        self, cells: int = 8, channel: str = "luminance", *, on_progress: Progress = None, cancelled: Cancel = None
    ) -> list[Region]:
        """Compute the receptive fields of a grid of cells x cells boxes, so that a click on one is answered at once.
        Returns the boxes; raises Cancelled when stopped, and keeps what is done."""
        xs, ys = ([i * side // cells for i in range(cells + 1)] for side in self.size)
        boxes = [Region(xs[i], ys[j], xs[i + 1], ys[j + 1], channel) for j in range(cells) for i in range(cells)]
        for done, box in enumerate(boxes):
            if cancelled is not None and cancelled():
                raise Cancelled
            self.receptive_field(box)
            if on_progress is not None:
                on_progress(done + 1, len(boxes))
        return boxes

    # In the small

    def _response(self, impulse, rows, columns, on_progress, cancelled):
        with self._lock, self._watched(on_progress, cancelled):
            pixels = self._grid(self.map.linear(impulse))
        gain = self._gain(pixels[None])
        return ImpulseResponse(pixels, (columns.start, rows.start), gain, self._shown(pixels, gain))

    def _cells(self, region, h, w):
        """Rows and columns of a grid (h, w) over the picture that lie under a region, as slices."""
        region.validate(*self.size)
        width, height = self.size
        rows = slice(region.top * h // height, -(-region.bottom * h // height))
        return rows, slice(region.left * w // width, -(-region.right * w // width))

    @property
    def _input_label(self):
        return "noise" if isinstance(self.map, Trajectory) else "latents"

    @contextlib.contextmanager
    def _watched(self, on_progress, cancelled):
        """Sweeps inside tell `on_progress` and end when `cancelled`; those after it are nobody's any more."""
        if isinstance(self.map, Trajectory):
            self.map.on_progress, self.map.cancelled = on_progress, cancelled
        try:
            yield
        finally:
            if isinstance(self.map, Trajectory):
                self.map.on_progress = self.map.cancelled = None

    def _words(self, on_progress, cancelled):
        """Numbers of the words that are no padding, and their pictures (words, 4, H, W)."""
        if self._word_parts is None:
            which = [i for i, label in enumerate(self.words) if not label.empty]
            if isinstance(self.map, Trajectory):
                with self._watched(on_progress, cancelled):
                    pictures = self.map.words(which)
            else:
                pictures = []
                for done, i in enumerate(which):
                    if cancelled is not None and cancelled():
                        raise Cancelled
                    pictures.append(self.map.words([i]))
                    if on_progress is not None:
                        on_progress(done + 1, len(which))
                pictures = torch.cat(pictures)
            self._word_parts = which, torch.stack([self._grid(one) for one in pictures])
        return self._word_parts

    def _keep_field(self, region, field):
        self._fields[region] = field
        while len(self._fields) > REMEMBERED_FIELDS:
            self._fields.popitem(last=False)

    def _field(self, row):
        magnitude = row.norm(dim=0)
        reads = (row.double() * self._latents[0].double()).sum(dim=0)
        return ReceptiveField(row, magnitude, reads, self.size)

    def _weights(self, region):
        """v with the map's output shape; in an inner layer the box's own mean direction, of length one."""
        region.validate(*self.size)
        if self.layer is None:
            return region.weights(*self.size, like=self.map.value)
        grid = self._grid(self.map.value)  # (channels, h, w)
        rows, columns = self._cells(region, *grid.shape[1:])
        box = grid[:, rows, columns]
        v = torch.zeros_like(grid)
        direction = box.mean(dim=(1, 2), keepdim=True)
        v[:, rows, columns] = direction / direction.norm().clamp_min(1e-12) / box[0].numel()
        return self._ungrid(v)

    def _grid(self, output):
        """An output of the map, of the prompt's branch, as (channels, h, w)."""
        last = output[-1]
        if last.ndim == 3:
            return last
        height, width = self._latents.shape[-2:]
        patch = math.isqrt(height * width // len(last))
        return last.T.unflatten(1, (height // patch, width // patch))

    def _ungrid(self, v):
        whole = torch.zeros_like(self.map.value)
        whole[-1] = v if whole.ndim == 4 else v.flatten(1).T
        return whole

    def _gain(self, parts):
        return gain_of(parts) if self.layer is None else 1.0

    def _shown(self, pixels, gain):
        return part_image(pixels, gain) if self.layer is None else magnitude_image(pixels.norm(dim=0), self.size)
