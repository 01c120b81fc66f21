"""What a scene lies on: painted bands and gradients, all of them soft, from a few random numbers each.

A ground is painted behind the objects, and some (the sea) a second time before them. Random numbers come as (n, 6) in
[0, 1]; what comes back is premultiplied (n, 4, S, S).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lit.pixels import over


@dataclass(frozen=True)
class Ground:
    """captions: how people say it, behind the noun."""

    captions: tuple[str, ...]
    behind: Callable[[Tensor, int], Tensor]
    before: Callable[[Tensor, int], Tensor] | None = None


HORIZON = 0.72  # of the canvas, from above: the objects stand a little below it


def _lines(size: int, device) -> tuple[Tensor, Tensor]:
    line = (torch.arange(size, device=device) + 0.5) / size
    return line[None, :, None], line[None, None, :]  # y, x


def _gradient(top: Tensor, bottom: Tensor, size: int) -> Tensor:
    """From one colour (n, 3) to the other, downwards: opaque (n, 4, S, S)."""
    y, _ = _lines(size, top.device)
    mixed = top[:, :, None, None] * (1 - y[:, None]) + bottom[:, :, None, None] * y[:, None]
    mixed = mixed.expand(-1, -1, size, size)
    return torch.cat([mixed, torch.ones_like(mixed[:, :1])], 1)


def _shade(random: Tensor, *rgb: float) -> Tensor:
    """A colour a little lighter or darker, by the random number (n,): (n, 3)."""
    color = torch.tensor(rgb, device=random.device)[None]
    return (color * (0.88 + 0.24 * random[:, None])).clamp(0, 1)


def _band(edge: Tensor, size: int, top: Tensor, bottom: Tensor) -> Tensor:
    """What lies below the line edge (n, 1, S), from one colour to the other: premultiplied (n, 4, S, S)."""
    y, _ = _lines(size, edge.device)
    alpha = ((y - edge) * size / 2 + 0.5).clamp(0, 1)[:, None]
    deep = ((y - edge) / 0.35).clamp(0, 1)[:, None]
    color = top[:, :, None, None] * (1 - deep) + bottom[:, :, None, None] * deep
    return torch.cat([color * alpha, alpha], 1)


def _hill(random: Tensor, size: int, bend: float = 0.06) -> Tensor:
    """A gently curved horizon (n, 1, S)."""
    _, x = _lines(size, random.device)
    middle = random[:, 0, None, None]
    return HORIZON + 0.06 * (random[:, 1, None, None] - 0.5) + bend * (x - middle).square()


def _waves(random: Tensor, size: int, level: float) -> Tensor:
    _, x = _lines(size, random.device)
    turns = 2 * torch.pi * (x * (2.5 + 2 * random[:, 2, None, None]) + random[:, 3, None, None])
    return level + 0.012 * torch.sin(turns)


def _sky(random: Tensor, size: int) -> Tensor:
    return _gradient(_shade(random[:, 4], 0.45, 0.75, 0.97), _shade(random[:, 4], 0.84, 0.94, 0.99), size)


def _grass(random: Tensor, size: int) -> Tensor:
    top, bottom = _shade(random[:, 5], 0.49, 0.76, 0.33), _shade(random[:, 5], 0.30, 0.60, 0.22)
    return over(_band(_hill(random, size, 0.16), size, top, bottom), _sky(random, size))


def _sand(random: Tensor, size: int) -> Tensor:
    sea = _band(torch.full_like(_hill(random, size), 0.58), size, *2 * (_shade(random[:, 5], 0.25, 0.62, 0.86),))
    top, bottom = _shade(random[:, 5], 0.96, 0.86, 0.62), _shade(random[:, 5], 0.88, 0.74, 0.48)
    return over(_band(_hill(random, size, 0.10), size, top, bottom), over(sea, _sky(random, size)))


def _snow(random: Tensor, size: int) -> Tensor:
    sky = _gradient(_shade(random[:, 4], 0.62, 0.76, 0.90), _shade(random[:, 4], 0.84, 0.90, 0.96), size)
    edge = _hill(random, size, 0.14)
    return over(
        _band(edge, size, _shade(random[:, 5] / 2 + 0.5, 0.97, 0.98, 1.0), _shade(random[:, 5], 0.82, 0.88, 0.96)), sky
    )


def _sea(random: Tensor, size: int) -> Tensor:
    far = _band(_waves(random, size, 0.60), size, *2 * (_shade(random[:, 5], 0.33, 0.68, 0.90),))
    return over(far, _sky(random, size))


def _water(random: Tensor, size: int) -> Tensor:
    near = _waves(random.flip(1), size, 0.755)
    return _band(near, size, _shade(random[:, 5], 0.20, 0.56, 0.85), _shade(random[:, 5], 0.09, 0.36, 0.68))


def _night(random: Tensor, size: int) -> Tensor:
    sky = _gradient(_shade(random[:, 4], 0.05, 0.07, 0.22), _shade(random[:, 4], 0.17, 0.20, 0.46), size)
    y, x = _lines(size, random.device)
    cells = 9
    # A star in most cells of a lattice, somewhere in it, by a hash of its cell and the picture.
    row, column = (y * cells).floor(), (x * cells).floor()
    hashed = torch.sin(row * 127.1 + column * 311.7 + random[:, 0, None, None] * 1000) * 43758.5453
    first = hashed - hashed.floor()
    second = (first * 57.31) % 1
    far = ((y * cells - row - 0.2 - 0.6 * first).square() + (x * cells - column - 0.2 - 0.6 * second).square()).sqrt()
    radius = 0.03 + 0.06 * ((first * 131.7) % 1)
    alpha = (((radius - far) * size / cells + 0.5).clamp(0, 1) * (second < 0.7))[:, None]
    return over(torch.cat([alpha * torch.ones(3, 1, 1, device=alpha.device), alpha], 1), sky)


GROUNDS = {
    "grass": Ground(("on the grass", "on grass", "in a meadow", "in a green field", "on a lawn"), _grass),
    "sea": Ground(("in the sea", "on the water", "in the water", "at sea", "in the ocean"), _sea, _water),
    "sand": Ground(("on the beach", "on a beach", "on the sand", "at the beach", "on sand"), _sand),
    "snow": Ground(("in the snow", "on snow", "in a snowy field", "in snow"), _snow),
    "night": Ground(("at night", "under the night sky", "in the night sky", "in a starry night"), _night),
}  # fmt: skip
