"""Paint compositions from the pixels of stickers, in batches, on the device where those are."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lit.data.colors import recolor
from lit.data.composition import Composition, Layer, Part
from lit.data.palette import COLORS, HUES
from lit.data.scenes.faces import features
from lit.data.scenes.grounds import GROUNDS
from lit.pixels import bytes_to_unit, over

SOFT = 1.5  # pixels over which a layer fades out at a container's rim


class Painter:
    """images: uint8 (N, 4, S, S).  box, hue, luma: of the stickers, as `lit.data.compose.Composer` measures them:
    (N, 4) in [0, 1], (N,) in degrees, (N,)."""

    def __init__(self, images: Tensor, box: np.ndarray, hue: np.ndarray, luma: np.ndarray):
        self.images, self.box, self.hue, self.luma = images, box, hue, luma
        self.size, self.device = images.shape[-1], images.device

    def paint(self, canvas: Tensor, plans: Sequence[Composition], rng: np.random.Generator) -> None:
        """Draw plans onto canvas (n, 4, S, S), from the object that lies lowest up."""
        for row, plan in enumerate(plans):
            if plan.background:
                canvas[row, :3] = torch.from_numpy(_varied(plan.background, rng)[:, None, None]).to(canvas)
                canvas[row, 3] = 1
        grounded = self._grounds(plans, rng)
        for name, (rows, ground) in grounded.items():
            canvas[rows] = GROUNDS[name].behind(ground, self.size)
        layers = [plan.painted() for plan in plans]
        for slot in range(max(map(len, layers), default=0)):
            placed = [(row, own[slot]) for row, own in enumerate(layers) if slot < len(own)]
            rows = torch.tensor([row for row, _ in placed], device=self.device)
            drawn = self._objects([layer for _, layer in placed], rng)
            below = canvas[rows]
            canvas[rows] = over(drawn, below)
        for name, (rows, ground) in grounded.items():
            if GROUNDS[name].before:
                canvas[rows] = over(GROUNDS[name].before(ground, self.size), canvas[rows])

    def _grounds(self, plans: Sequence[Composition], rng: np.random.Generator) -> dict[str, tuple[Tensor, Tensor]]:
        """For each ground the rows that lie on it, and six random numbers in [0, 1] for each of these."""
        rows: dict[str, list[int]] = {}
        for row, plan in enumerate(plans):
            if plan.ground:
                rows.setdefault(plan.ground, []).append(row)
        return {
            name: (
                torch.tensor(chosen, device=self.device),
                torch.from_numpy(rng.random((len(chosen), 6), np.float32)).to(self.device),
            )
            for name, chosen in rows.items()
        }

    def _objects(self, layers: Sequence[Part | Layer], rng: np.random.Generator) -> Tensor:
        """Each layer alone on a transparent canvas: premultiplied (m, 4, S, S)."""
        index = np.array([layer.sticker for layer in layers])
        pixels = bytes_to_unit(self.images[torch.from_numpy(index).to(self.device)])
        painted = [position for position, layer in enumerate(layers) if layer.color]
        if painted:
            which = index[painted]
            targets = np.array([HUES[layers[position].color] for position in painted], np.float32)
            where = torch.tensor(painted, device=self.device)
            hue, mean, target = (self._on_device(a) for a in (self.hue[which], self.luma[which], targets))
            pixels[where] = recolor(pixels[where], hue, mean, target)
        special = [(position, layer) for position, layer in enumerate(layers) if isinstance(layer, Layer)]
        faces = [position for position, layer in special if layer.features]
        if faces:
            where = torch.tensor(faces, device=self.device)
            pixels[where] = features(pixels[where], self._on_device(self.hue[index[faces]]))

        boxes, own = np.array([layer.box for layer in layers], np.float64), self.box[index]
        scattered = [position for position, layer in special if layer.scattered]
        if scattered:  # each is drawn into the first cell, from where `_scatter` takes it
            many = np.array([layer.scattered for _, layer in special if layer.scattered])
            wide, high = (own[scattered, 2] - own[scattered, 0]), (own[scattered, 3] - own[scattered, 1])
            side = 0.5 / many / np.maximum(wide, high)
            boxes[scattered] = np.stack([np.zeros_like(wide), np.zeros_like(wide), wide * side, high * side], 1)
        out = self._placed(pixels, boxes, own)
        if scattered:
            where = torch.tensor(scattered, device=self.device)
            out[where] = self._scatter(out[where], many, rng)
        rims = [(position, layer) for position, layer in special if layer.rim]
        if rims:
            where = torch.tensor([position for position, _ in rims], device=self.device)
            out[where] = out[where] * self._above([layer for _, layer in rims])
        return out

    def _placed(self, pixels: Tensor, boxes: np.ndarray, own: np.ndarray) -> Tensor:
        """Pixels (m, 4, S, S) moved and scaled so that their own boxes (m, 4) come to lie in `boxes`; widths count."""
        scale = (boxes[:, 2] - boxes[:, 0]) / (own[:, 2] - own[:, 0])
        shift = boxes[:, :2] - own[:, :2] * scale[:, None]  # of the image's corner, in canvas widths
        theta = np.zeros((len(boxes), 2, 3), np.float32)
        theta[:, 0, 0] = theta[:, 1, 1] = 1 / scale
        theta[:, :, 2] = (1 - 2 * shift) / scale[:, None] - 1
        theta = torch.from_numpy(theta).to(self.device)
        # Bilinear sampling sees every pixel down to half size; below it, sample an averaged image.
        level = np.clip(np.floor(-np.log2(scale) + 1e-6), 0, 2).astype(int)
        out = torch.empty_like(pixels)
        for halvings in np.unique(level):
            where = torch.from_numpy(np.flatnonzero(level == halvings)).to(self.device)
            source = F.avg_pool2d(pixels[where], 2**halvings) if halvings else pixels[where]
            grid = F.affine_grid(theta[where], (len(where), 4, self.size, self.size), align_corners=False)
            out[where] = F.grid_sample(source, grid, padding_mode="zeros", align_corners=False)
        return out

    def _scatter(self, pixels: Tensor, many: np.ndarray, rng: np.random.Generator) -> Tensor:
        """The picture in the upper left corner of each (m, 4, S, S), no larger than half a cell of a lattice of `many`
        cells a side, once in each cell, somewhere in it: one sampling, however many there are."""
        side = int(many.max())
        moved = self._on_device(rng.random((len(many), side, side, 2), np.float32) * 0.5)
        many_ = self._on_device(many.astype(np.float32))[:, None, None, None]
        line = (torch.arange(self.size, device=self.device) + 0.5) / self.size
        place = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1) * many_  # (m, S, S, 2), in cells
        cell = place.floor()
        rows = torch.arange(len(many), device=self.device)[:, None, None]
        inside = place - cell - moved[rows, cell[..., 1].long(), cell[..., 0].long()]
        inside = torch.where(((inside < 0) | (inside > 0.5)).any(-1, keepdim=True), 2.0, inside / many_)
        return F.grid_sample(pixels, inside * 2 - 1, padding_mode="zeros", align_corners=False)

    def _above(self, layers: Sequence[Layer]) -> Tensor:
        """Where layers show that stand in something: (m, 1, S, S) in [0, 1]."""
        edges = self._on_device(np.array([(*layer.rim, *layer.box) for layer in layers], np.float32))[:, :, None, None]
        line = (torch.arange(self.size, device=self.device) + 0.5) / self.size
        across = (line[None, None] - (edges[:, 2] + edges[:, 4]) / 2) / ((edges[:, 4] - edges[:, 2]) / 2)
        rim = edges[:, 0] + edges[:, 1] * (1 - across.clamp(-1, 1).square()).sqrt()  # (m, 1, S)
        return (((rim - line[None, :, None]) * self.size / SOFT + 0.5).clamp(0, 1))[:, None]

    def _on_device(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.device)


def _varied(color: str, rng: np.random.Generator) -> np.ndarray:
    """A shade of a background colour, float32 (3,): a little lighter or darker, the word still fits."""
    rgb = np.array(COLORS[color], np.float32)
    amount = float(rng.uniform(-0.08, 0.08))
    return rgb + (1 - rgb) * amount if amount > 0 else rgb * (1 + amount)
