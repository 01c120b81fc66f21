"""What can be asked of one map from latents to a picture: parts that add up, receptive fields, responses, modes."""

import math
import threading
from collections import OrderedDict

import torch
from PIL import Image

from lit.errors import InputError, Phrase
from lit.scope.drawings.answers import KINDS, ImpulseResponse, ModeImages, Part, ReceptiveField, RegionSum, WordImage
from lit.scope.drawings.labels import InputLabel, LayerLabel, PictureLabel, WordLabel, layer_of
from lit.scope.drawings.regions import Region, gain_of, magnitude_image, to_image
from lit.scope.map import Cancel, Map, Progress
from lit.scope.modes import Cancelled

REMEMBERED_FIELDS = 512  # receptive fields, 44 KiB each at 256 pixels


class View:
    """One map, asked by regions and places. `prepare` makes `contributions` answer in milliseconds.

    map: from latents or noise to the output.  input: which of the two.  words: labels of the map's tokens.
    size: (width, height) of the picture in pixels.  layer: the inner layer that the map leads to, None for the picture.
    picture: the map's output at its input, (4, H, W) premultiplied RGBA in [0, 1] before clamping; of an inner layer
    the layer's output (channels, h, w).
    """

    def __init__(
        self, map: Map, input: InputLabel, words: list[WordLabel], size: tuple[int, int], layer: str | None = None
    ):
        self.map, self.input, self.words, self.size, self.layer = map, input, words, size, layer
        self._latents = map.input
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
                found = [Part(part.source, amount) for part, amount in zip(parts, amounts, strict=True)]
                return RegionSum(region.mean(self.picture[None]).item(), _in_order(found))
            with self.map.watched(on_progress, cancelled):
                found = self.map.contributions(self._weights(region))
            if region not in self._fields:
                self._keep_field(region, self._field(found.row[0]))
            parts = [Part(self.input, found.input)]
            parts += [Part(word, one) for word, one in zip(self.words, found.words, strict=True) if not word.empty]
            layers: dict[LayerLabel | PictureLabel, float] = {}
            for origin, amount in found.biases.items():
                layer = layer_of(origin)
                layers[layer] = layers.get(layer, 0.0) + amount
            parts += [Part(layer, amount) for layer, amount in layers.items()]
            return RegionSum(found.value, _in_order(parts))

    def receptive_field(
        self, region: Region, *, on_progress: Progress = None, cancelled: Cancel = None
    ) -> ReceptiveField:
        """What the region read: F^T v over the latents. Remembered by region."""
        with self._lock:
            if region not in self._fields:
                with self.map.watched(on_progress, cancelled):
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
            raise InputError("channel", channel, Phrase("a whole number from 0 to {high}, or none", high=channels - 1))
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
            inner = self.layer is not None
            gain = gain_of(pictures, inner)
            images = [
                WordImage(self.words[i], part, part.square().mean().sqrt().item(), gain, self.size, inner)
                for i, part in zip(which, pictures, strict=True)
            ]
            return sorted(images, key=lambda image: -image.strength)

    def modes(self, k: int = 16, *, on_progress: Progress = None, cancelled: Cancel = None) -> ModeImages:
        """The k strongest singular modes; when cancelled, those found so far."""
        with self._lock, self.map.watched(None, cancelled):
            found = self.map.modes(k, on_progress=on_progress, cancelled=cancelled)
        return ModeImages(found, [self._grid(one) for one in found.outputs], self.size, self.layer is not None)

    def prepare(self, *, on_progress: Progress = None, cancelled: Cancel = None):
        """Compute the pictures of all parts once, so that any region's contributions are sums over them.

        About 15 s for a step of the embedded model on one core; raises Cancelled when stopped, and nothing is kept.
        """
        if self.layer is not None or self.input.noise:
            raise InputError("prepare", self.layer or "the whole trajectory", "a step's picture")
        with self._lock:
            if self._parts is not None:
                return
            layers = list(dict.fromkeys(layer_of(origin) for origin in self.map.origins))
            done, total = 0, 1 + sum(not label.empty for label in self.words) + len(layers)

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
            parts = [Part(self.input, 0.0)]
            tell()
            if self._word_parts is not None:
                tell(len(self._word_parts[0]))
            which, words = self._words(lambda step, _: tell(), None)
            pictures += list(words[:, None])
            parts += [Part(self.words[i], 0.0) for i in which]
            for layer in layers:
                pictures.append(self.map.bias_of(lambda origin, layer=layer: layer_of(origin) == layer))
                parts.append(Part(layer, 0.0))
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
        with self._lock, self.map.watched(on_progress, cancelled):
            pixels = self._grid(self.map.linear(impulse))
        return ImpulseResponse(pixels, (columns.start, rows.start), self.size, self.layer is not None)

    def _cells(self, region, h, w):
        """Rows and columns of a grid (h, w) over the picture that lie under a region, as slices."""
        region.validate(*self.size)
        width, height = self.size
        rows = slice(region.top * h // height, -(-region.bottom * h // height))
        return rows, slice(region.left * w // width, -(-region.right * w // width))

    def _words(self, on_progress, cancelled):
        """Numbers of the words that are no padding, and their pictures (words, 4, H, W)."""
        if self._word_parts is None:
            which = [i for i, label in enumerate(self.words) if not label.empty]
            with self.map.watched(on_progress, cancelled):
                pictures = self.map.words(which)
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


def _in_order(parts):
    """Parts by their kind, each kind's in its own order."""
    kinds = list(KINDS.values())
    return sorted(parts, key=lambda part: kinds.index(part.kind))
