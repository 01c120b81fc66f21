"""The studies of "A Tour of Convolutional Networks Guided by Linear Interpreters" (arXiv 1908.05168), for our networks:
who votes for a class, what biases draw, what rows and columns look like, which bases there are, whether content is
moved or made, and how many pixels a decision needs. Each returns numbers and, by `picture()`, what to look at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image, ImageDraw

from lit.errors import InputError
from lit.scope.affine import Affine
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region, part_image, signed_image, to_image
from lit.scope.drawings.view import View
from lit.scope.scope import LinearScope


@dataclass
class Vote:
    """How each pixel voted. score = votes.sum() + constant; votes (h, w), the constant being what the network says
    of a blank picture under the same frozen units (its biases among it)."""

    score: float
    votes: torch.Tensor
    constant: float

    def picture(self) -> Image.Image:
        """Red for, blue against."""
        return signed_image(self.votes, self.votes.shape[::-1])


def pixel_vote(evaluator, pixels: torch.Tensor, *, style: str | None = None, text: torch.Tensor | None = None) -> Vote:
    """What each pixel adds to a style's logit, or to the likeness with a sentence.

        score = sum_p F_p (x_p - blank) + (F blank + r),   blank = -1: transparent

    pixels (1, 4, h, w) premultiplied in [-1, 1].  style: one of the evaluator's; or text: a sentence vector (width,),
    such as `TextEncoder.pooled` gives.
    """
    affine, v = _judged(evaluator, pixels, style, text)
    row = affine.transpose(v)[0].double()
    votes = (row * (affine.input[0].double() + 1)).sum(dim=0)
    score = (v.double() * affine.value.double()).sum().item()
    return Vote(score, votes.float(), score - votes.sum().item())


@dataclass
class Discard:
    """What is left when only the pixels that voted most stay. kept: shares of all pixels.  frozen, live: the score by
    the captured map and by the network itself, with all others made transparent; full: with none."""

    kept: list[float]
    frozen: list[float]
    live: list[float]
    full: float
    pictures: list[Image.Image]

    def picture(self) -> Image.Image:
        values = zip(self.kept, self.frozen, self.live, strict=True)
        return sheet([self.pictures], [f"{100 * k:g}%: {f:.2f} / {n:.2f}" for k, f, n in values])


def pixel_discard(
    evaluator, pixels: torch.Tensor, *, style: str | None = None, text: torch.Tensor | None = None,
    kept: Sequence[float] = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
) -> Discard:  # fmt: skip
    """Keep the pixels with the strongest votes (by size, either sign) and make the others transparent."""
    vote = pixel_vote(evaluator, pixels, style=style, text=text)
    order = vote.votes.abs().flatten().argsort(descending=True)
    result = Discard(list(kept), [], [], vote.score, [])
    for share in kept:
        mask = torch.zeros(order.numel(), dtype=torch.bool)
        mask[order[: max(1, round(share * order.numel()))]] = True
        mask = mask.view(vote.votes.shape).to(pixels.device)
        less = torch.where(mask, pixels, -torch.ones_like(pixels))
        again, v = _judged(evaluator, less, style, text)
        result.frozen.append(vote.constant + (vote.votes * mask).sum().item())
        result.live.append((v.double() * again.value.double()).sum().item())
        result.pictures.append(to_image(less[0] / 2 + 0.5))
    return result


def _judged(evaluator, pixels, style, text):
    """The evaluator's map at these pixels, and the weights v of the output that is asked about."""
    if (style is None) == (text is None):
        raise InputError("style", style, "a style, or a text vector; one of the two")
    affine = LinearScope(evaluator.eval(), output=0 if style is None else 1).at(pixels)
    v = torch.zeros_like(affine.value)
    if style is None:
        v[0] = text.to(v)
    elif style not in evaluator.config.styles:
        raise InputError("style", style, f"one of {', '.join(evaluator.config.styles)}")
    else:
        v[0, list(evaluator.config.styles).index(style)] = 1
    return affine, v


@dataclass
class Shares:
    """How much of an output comes from where, as shares that add up to 1: <part, y> / <y, y>."""

    input: float
    words: float
    biases: float

    @classmethod
    def of(cls, affine: Affine) -> "Shares":
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


def sheet(rows: list[list[Image.Image]], columns: list[str], labels: list[str] | None = None, cell=128) -> Image.Image:
    """Pictures as a table over white, each column and row with its name."""
    left, top = (110 if labels else 0), 18
    page = Image.new("RGB", (left + cell * len(columns), top + (cell + 4) * len(rows)), "white")
    pen = ImageDraw.Draw(page)
    for j, text in enumerate(columns):
        pen.text((left + j * cell + 4, 3), text, fill="black")
    for i, row in enumerate(rows):
        if labels:
            pen.text((4, top + i * (cell + 4) + cell // 2), labels[i], fill="black")
        for j, image in enumerate(row):
            image = image.convert("RGBA")
            image.thumbnail((cell - 4, cell))
            page.paste(image, (left + j * cell, top + i * (cell + 4)), image)
    return page
