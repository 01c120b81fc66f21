"""What a drawing's layers and steps do: what biases draw, what rows and columns look like, which bases there are, and
whether content is moved or made. Each study returns numbers and, by `picture()`, what to look at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image, ImageDraw

from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region, part_image
from lit.scope.drawings.view import View
from lit.scope.map import Map
from lit.scope.studies.sheet import sheet


@dataclass
class Shares:
    """How much of an output comes from where, as shares that add up to 1: <part, y> / <y, y>."""

    input: float
    words: float
    biases: float

    @classmethod
    def of(cls, affine: Map) -> "Shares":
        y = affine.value
        found = affine.contributions(y / y.double().square().sum().to(y))
        return cls(found.input, sum(found.words), sum(found.biases.values()))


def bias_shares(opened: OpenedDrawing, steps: Sequence[int], path: str = "value") -> dict[int, dict[str, Shares]]:
    """Shares of input, words and biases by step and by depth: after each block, and in the denoiser's output.

    Returns {step: {layer path: shares}}; layers as `OpenedDrawing.layers`, without the picture.
    """
    found = {}
    for step in steps:
        view = opened.step(step, path=path)
        names = [layer.name for layer in opened.layers if layer.name]
        found[step] = {name: Shares.of(view.map.to(name)) for name in [*reversed(names), "guided"]}
    return found


def draw_shares(found: dict[int, dict[str, Shares]], size=(480, 240)) -> Image.Image:
    """The biases' share (red), the words' (green) and the input's (blue) by depth, one panel a step."""
    width, height = size
    panels = []
    for layers in found.values():
        panel = Image.new("RGB", (width // 2, height), "white")
        pen = ImageDraw.Draw(panel)
        values = list(layers.values())
        low = min(0.0, *(min(s.input, s.words, s.biases) for s in values))
        high = max(1.0, *(max(s.input, s.words, s.biases) for s in values))
        xs = [8 + i * (width // 2 - 16) / max(1, len(values) - 1) for i in range(len(values))]

        def y(value, low=low, high=high):
            return height - 10 - (value - low) / (high - low) * (height - 20)

        pen.line([(8, y(0)), (width // 2 - 8, y(0))], fill="#888888")
        pen.line([(8, y(1)), (width // 2 - 8, y(1))], fill="#dddddd")
        for name, color in (("input", "#2166ac"), ("words", "#1b7837"), ("biases", "#b2182b")):
            pen.line([(x, y(getattr(s, name))) for x, s in zip(xs, values, strict=True)], fill=color, width=3)
        panels.append(panel)
    return sheet([panels], [f"step {step + 1}" for step in found])


@dataclass
class FieldStudy:
    """Receptive fields (rows) or impulse responses (columns) by depth and step. spread[layer][step]: root mean square
    distance from the place asked about, weighted by energy, in picture pixels; images likewise."""

    labels: list[str]
    steps: list[int]
    spread: list[list[float]]
    images: list[list[Image.Image]]

    def picture(self) -> Image.Image:
        return sheet(self.images, [f"step {step + 1}" for step in self.steps], self.labels)


def rows_by_depth(
    opened: OpenedDrawing, region: Region, steps: Sequence[int], layers: Sequence[str | None], path: str = "value"
) -> FieldStudy:
    """What a region reads, layer by layer and step by step."""
    return _study(opened, region, steps, layers, path, lambda view: view.receptive_field(region))


def columns_by_depth(
    opened: OpenedDrawing, region: Region, steps: Sequence[int], layers: Sequence[str | None], path: str = "value"
) -> FieldStudy:
    """Where the latent cell under the region's middle spreads, layer by layer and step by step."""
    x, y = (region.left + region.right) // 2, (region.top + region.bottom) // 2
    return _study(opened, region, steps, layers, path, lambda view: view.impulse_response(x, y))


def _study(opened, region, steps, layers, path, ask):
    labels = {layer.name: layer.label for layer in opened.layers}
    study = FieldStudy([labels[name] for name in layers], list(steps), [], [])
    for name in layers:
        found = [ask(opened.step(step, path=path, layer=name)) for step in steps]
        energy = [one.row.square().sum(0) if hasattr(one, "row") else one.pixels.square().sum(0) for one in found]
        study.spread.append([spread(one, region, opened.size) for one in energy])
        study.images.append([one.image for one in found])
    return study


def spread(energy: torch.Tensor, region: Region, size: tuple[int, int]) -> float:
    """Root mean square distance in pixels of energy (h, w) >= 0 from the region's middle."""
    y, x = _offsets(energy.shape, region, size)
    weights = energy.double().cpu() / energy.double().sum().clamp_min(1e-300).item()
    return (weights * (y[:, None] ** 2 + x[None] ** 2)).sum().sqrt().item()


def _offsets(shape, region, size):
    """How far the rows and columns of a map (h, w) lie from the region's middle, in pixels: (h,), (w,)."""
    h, w = shape
    y = (torch.arange(h, dtype=torch.float64) + 0.5) * size[1] / h - (region.top + region.bottom) / 2
    x = (torch.arange(w, dtype=torch.float64) + 0.5) * size[0] / w - (region.left + region.right) / 2
    return y, x


@dataclass
class CopyMove:
    """Whether content is moved or made. moved: distance in pixels from each place asked about to the centre of what it
    reads; near: share of the energy read within `radius` pixels; parts: the picture's input, words and biases alone,
    (3, 4, H, W), which add up to it; shares: how much of the picture each is."""

    places: list[tuple[int, int]]
    moved: list[float]
    near: list[float]
    radius: int
    parts: torch.Tensor
    shares: Shares

    def picture(self) -> Image.Image:
        """What the latents, the words and the biases draw by themselves."""
        return sheet([[part_image(part) for part in self.parts]], ["latents", "words", "biases"])


def copy_or_create(
    opened: OpenedDrawing, step: int, *, grid: int = 4, radius: int = 24, path: str = "value"
) -> CopyMove:
    """Copy-move against template creation at one step: how far F moves content on a grid x grid of boxes, and how much
    r draws by itself."""
    view = opened.step(step, path=path)
    width, height = opened.size
    places, moved, near = [], [], []
    for box in view.prepare_fields(grid):
        energy = view.receptive_field(box).row.square().sum(0).double().cpu()
        weights = energy / energy.sum().clamp_min(1e-300)
        y, x = _offsets(energy.shape, box, opened.size)
        beyond_y = (y.abs() - (box.bottom - box.top) / 2).clamp_min(0)
        beyond_x = (x.abs() - (box.right - box.left) / 2).clamp_min(0)
        close = torch.hypot(beyond_y[:, None], beyond_x[None]) <= radius
        places.append(((box.left + box.right) // 2, (box.top + box.bottom) // 2))
        moved.append(torch.hypot((weights.sum(1) * y).sum(), (weights.sum(0) * x).sum()).item())
        near.append((weights * close).sum().item())
    affine = view.map
    words = affine.words([i for i, label in enumerate(view.words) if not label.empty]).sum(0)
    parts = torch.cat([affine.linear(affine.input), words, affine.bias])
    return CopyMove(places, moved, near, radius, parts, Shares.of(affine))


def singular_bases(view: View, k: int = 8, **progress) -> tuple[list[float], Image.Image]:
    """The k strongest singular values, and a sheet: what each mode reads above what it draws."""
    found = view.modes(k, **progress)
    values = found.modes.singular_values.tolist()
    return values, sheet([found.inputs, found.outputs], [f"{value:.3g}" for value in values], ["reads", "draws"])
