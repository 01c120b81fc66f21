"""Where things go on a sticker: its crown, eyes, neck, sides and back, and where there is room for a face.

All of it is estimated from the opaque pixels, seen in their own box at GRID pixels a side. What cannot be told is nan:
better no hat than one on a tail.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lit.data.colors import luma
from lit.pixels import bytes_to_unit, straight

GRID = 48
BATCH = 512
SYMMETRIC = 0.87  # of two mirrored outlines that cover each other: seen from the front
ROOMS = (0.72, 0.64, 0.57, 0.50, 0.44, 0.38, 0.33)  # of a thing's larger side: squares that may hold a face
EVEN = 0.08  # standard deviation of the luma there, above which a face would not be read
LIGHT = 0.42  # mean luma there, below which dark eyes would not be seen
CENTRAL = 0.22  # of a thing's larger side, how far from its middle of mass a face may be
EYES_APART = 0.10  # in heads, how far from the middle of a head its eyes may be: a normal distribution


class Anchors:
    """images: uint8 (N, 4, S, S).  box: (N, 4), of the opaque pixels.  indices: those that are measured.

    Numbers are shares of the box's width and height, y down, float (N,) or (N, k), nan where not measured:

    front: whether it is seen from the front.  figure: whether there is a neck.  legs: whether it stands on several.
    crown: y of its top in the middle.  peak: x and width of its highest part.  back: y of the top of its middle half.
    seat: likewise, yet of the higher part of that half, such as a camel's humps.
    mouth: how wide it is a little below its back, such as a cup's opening.
    head: (x, y, width, height), of a figure down to its neck, else of the whole.  eyes: their y.
    sides: x of the left and the right edge where hands are, and their y.
    room: (x, y, side) of the middle of the best square for a face, its side in larger sides of the box; of `faceless`
    only, nan where there is none.
    """

    def __init__(self, images: Tensor, box: np.ndarray, indices: np.ndarray, faceless: np.ndarray):
        count = len(images)
        self.front, self.figure, self.legs = (np.zeros(count, bool) for _ in range(3))
        self.crown, self.eyes, self.back, self.seat, self.mouth = (np.full(count, np.nan) for _ in range(5))
        self.peak, self.head = np.full((count, 2), np.nan), np.full((count, 4), np.nan)
        self.sides, self.room = np.full((count, 3), np.nan), np.full((count, 3), np.nan)
        for start in range(0, len(indices), BATCH):
            rows = indices[start : start + BATCH]
            seen = _cropped(images[torch.from_numpy(rows).to(images.device)], box[rows])
            self._measure(rows, seen, box[rows])
        for start in range(0, len(faceless), BATCH):
            rows = faceless[start : start + BATCH]
            self.room[rows] = _rooms(images[torch.from_numpy(rows).to(images.device)], box[rows])

    def _measure(self, rows: np.ndarray, seen: Tensor, box: np.ndarray) -> None:
        mask = seen[:, 3] > 0.5
        mirrored = mask.flip(2)
        covered = (mask & mirrored).sum((1, 2)) / (mask | mirrored).sum((1, 2)).clamp_min(1)
        self.front[rows] = (covered > SYMMETRIC).cpu().numpy()
        outline = mask.cpu().numpy()
        middle = slice(GRID * 7 // 16, GRID * 9 // 16)
        self.crown[rows] = np.median(_top(outline[:, :, middle]), 1)
        tops = _top(outline[:, :, GRID // 4 : GRID * 3 // 4])
        self.back[rows], self.seat[rows] = np.quantile(tops, (0.5, 0.25), axis=1)
        below = np.minimum(((self.back[rows] + 0.06) * GRID).astype(int), GRID - 1)
        self.mouth[rows] = outline[np.arange(len(rows)), below].mean(1)
        self._heads(rows, outline, (box[:, 2] - box[:, 0]) / (box[:, 3] - box[:, 1]))
        head = torch.from_numpy(self.head[rows]).to(seen)
        self.eyes[rows] = _eyes(seen, mask, head[:, 1] + 0.5 * head[:, 3]).cpu().numpy()
        feet = outline[:, GRID * 15 // 16].astype(np.int8)
        self.legs[rows] = (np.diff(feet, axis=1, prepend=0) == 1).sum(1) > 1

    def _heads(self, rows: np.ndarray, outline: np.ndarray, aspect: np.ndarray) -> None:
        for row, mask, wide in zip(rows, outline, aspect, strict=True):
            present = np.flatnonzero(mask.any(1))
            if not len(present):
                continue
            left = np.where(mask.any(1), mask.argmax(1), GRID)
            right = np.where(mask.any(1), GRID - mask[:, ::-1].argmax(1), 0)
            width = np.maximum(right - left, 0)
            neck = _neck(width)
            self.figure[row] = neck is not None
            bottom = GRID if neck is None else neck
            widest = int(width[: bottom + 1].max())
            at = int(width[: bottom + 1].argmax())
            self.head[row] = np.array([(left[at] + right[at]) / 2 - widest / 2, 0, widest, bottom]) / GRID
            filled = np.flatnonzero(mask[present[0] : present[0] + GRID // 8].any(0))
            self.peak[row] = (filled.mean() + 0.5) / GRID, (filled[-1] + 1 - filled[0]) / GRID
            hand = 0.58 if neck is None or wide < 0.6 else 0.8
            at = int(hand * GRID)
            self.sides[row] = left[at] / GRID, right[at] / GRID, hand


def _cropped(images: Tensor, box: np.ndarray) -> Tensor:
    """The insides of the boxes (n, 4) of images uint8 (n, 4, S, S): premultiplied (n, 4, GRID, GRID)."""
    pixels = bytes_to_unit(images)
    step = max(1, images.shape[-1] // (2 * GRID))
    x0, y0, x1, y1 = torch.from_numpy(box).float().to(images.device).unbind(1)
    theta = torch.zeros(len(box), 2, 3, device=images.device)
    theta[:, 0, 0], theta[:, 1, 1] = x1 - x0, y1 - y0
    theta[:, 0, 2], theta[:, 1, 2] = x0 + x1 - 1, y0 + y1 - 1
    grid = F.affine_grid(theta, (len(box), 4, GRID, GRID), align_corners=False)
    return F.grid_sample(F.avg_pool2d(pixels, step), grid, padding_mode="border", align_corners=False)


def _top(outline: np.ndarray) -> np.ndarray:
    """y of the first opaque row of each column: (n, columns), 1 where there is none."""
    return np.where(outline.any(1), outline.argmax(1) / GRID, 1.0)


def _neck(width: np.ndarray) -> int | None:
    """The narrowest row between a head and wider or equal shoulders, or None. width: (GRID,)."""
    inner = slice(GRID * 3 // 10, GRID * 4 // 5)
    at = int(width[inner].argmin()) + inner.start
    above, below = width[:at].max(initial=0), width[at:].max(initial=0)
    return at if width[at] < 0.82 * above and width[at] < 0.82 * below else None


def _eyes(seen: Tensor, mask: Tensor, middle: Tensor) -> Tensor:
    """y of two dark spots at both sides, about the middle (n,) of a head: (n,), nan where there are none."""
    dark = (luma(straight(seen)[0]) < 0.34) & _shrunk(mask, 4)
    half = GRID // 2
    left, right = dark[:, :, GRID // 6 : half - 2].sum(2), dark[:, :, half + 2 : GRID - GRID // 6].sum(2)
    both = torch.minimum(left, right).float()[:, None].clamp_max(GRID / 8)  # more is hair
    both = F.avg_pool1d(F.pad(both, (2, 2)), 5, 1)[:, 0]
    line = (torch.arange(GRID, device=seen.device) + 0.5) / GRID
    strength, at = (both * torch.exp(-((line - middle[:, None]) / EYES_APART).square() / 2)).max(1)
    return torch.where(strength > 0.4, (at + 0.5) / GRID, torch.nan)


def _shrunk(mask: Tensor, by: int) -> Tensor:
    """What is further than `by` pixels inside a mask (n, h, w)."""
    return F.max_pool2d((~mask).float()[:, None], 2 * by + 1, 1, by)[:, 0] < 0.5


def _rooms(images: Tensor, box: np.ndarray) -> np.ndarray:
    """The largest even, light square about each picture's middle, the nearest to it: (n, 3) as `Anchors.room`."""
    sides = box[:, 2:] - box[:, :2]
    side = sides.max(1, keepdims=True)
    middle = (box[:, :2] + box[:, 2:]) / 2
    seen = _cropped(images, np.concatenate([middle - side / 2, middle + side / 2], 1))
    filled, shade = (seen[:, 3] > 0.5).float(), luma(straight(seen)[0])
    stack = torch.stack([filled, shade, shade.square()], 1)
    line = (torch.arange(GRID, device=seen.device) + 0.5) / GRID
    mass = filled.sum((1, 2)).clamp_min(1)
    x, y = (((filled.sum(axis) * line).sum(1) / mass)[:, None, None] for axis in (1, 2))
    total = F.pad(stack.double().cumsum(2).cumsum(3), (1, 0, 1, 0))
    rooms = np.full((len(box), 3), np.nan)
    for share in ROOMS:
        cells = round(GRID * share)
        covered, mean, square = _means(total, cells).unbind(1)
        spread = (square - mean.square()).clamp_min(0).sqrt()
        centre = (torch.arange(covered.shape[1], device=seen.device) + cells / 2) / GRID
        far = (centre[None, :, None] - y).square() + (centre - x).square()
        fits = (covered > 0.985) & (spread < EVEN) & (mean > LIGHT) & (far < CENTRAL**2)
        least, at = torch.where(fits, far, torch.inf).flatten(1).min(1)
        found = np.flatnonzero(torch.isfinite(least).cpu().numpy() & np.isnan(rooms[:, 0]))
        at, centres = at.cpu().numpy()[found], centre.cpu().numpy()
        place = np.stack([centres[at % len(centres)], centres[at // len(centres)]], 1)
        rooms[found, :2] = 0.5 + (place - 0.5) * side[found] / sides[found]
        rooms[found, 2] = share
    return rooms


def _means(total: Tensor, side: int) -> Tensor:
    """Means over all squares of `side` cells, from the sums (n, c, h + 1, w + 1) over what is above and left."""
    below, above = total[:, :, side:], total[:, :, :-side]
    return (below[..., side:] - below[..., :-side] - above[..., side:] + above[..., :-side]) / side**2
