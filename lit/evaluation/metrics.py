"""What can be measured on pictures: distances of sets and of seeds, soft edges, objects counted and placed.

Pixels are premultiplied RGBA in [-1, 1], (B, 4, H, W). Nothing here knows the generator.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F

from lit.pixels import alpha_of

MIN_AREA = 0.008  # of the canvas: smaller components are crumbs
MIN_SHARE = 0.2  # of the largest component: smaller ones are parts of an object (steam, tears), not copies
TOP = 20  # an object in a crop counts as recognised among the first TOP concepts

# Where the first of two objects lies: the axis to cut across, and whether it is the part that comes first.
# "next to", "with" and "and" leave the place open and are not judged.
DIRECTIONS = {
    "to the left of": (3, True),
    "to the right of": (3, False),
    "above": (2, True),
    "on top of": (2, True),
    "below": (2, False),
}


def frechet_distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """Fréchet distance of Gaussians fitted to two sets of features (Heusel et al., 2017).

        |mu_a - mu_b|^2 + tr(C_a + C_b - 2 (C_a^1/2 C_b C_a^1/2)^1/2)

    a: (N, D), b: (M, D); in float64 on the CPU. Raises ValueError for sets of fewer than two.
    """
    for name, x in (("a", a), ("b", b)):
        if x.ndim != 2 or x.shape[0] < 2:
            raise ValueError(f"{name}: got shape {tuple(x.shape)}; features (N, D) of at least two pictures")
    a, b = a.double().cpu(), b.double().cpu()
    cov_a, cov_b = torch.cov(a.T).reshape(a.shape[1], -1), torch.cov(b.T).reshape(b.shape[1], -1)
    values, vectors = torch.linalg.eigh(cov_a)
    root_a = vectors * values.clamp_min(0.0).sqrt() @ vectors.T
    product = root_a @ cov_b @ root_a
    cross = torch.linalg.eigvalsh((product + product.T) / 2).clamp_min(0.0).sqrt().sum()
    shift = (a.mean(0) - b.mean(0)).square().sum()
    # Exact arithmetic never goes below zero; rounding may.
    return max(float(shift + cov_a.trace() + cov_b.trace() - 2.0 * cross), 0.0)


def mean_pairwise_distance(features: torch.Tensor) -> float:
    """Diversity: the mean distance of two pictures drawn from the same words.

    features: (prompts, seeds, D). Every pair of a prompt's pictures counts once. Raises ValueError for a single seed.
    """
    if features.ndim != 3 or features.shape[1] < 2:
        raise ValueError(f"features: got shape {tuple(features.shape)}; (prompts, seeds, D) of at least two seeds")
    seeds = features.shape[1]
    # Without the product of matrices that cdist may take: it leaves equal pictures a little apart.
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    return float(distances.sum() / (len(features) * seeds * (seeds - 1)))


def half_transparent(images: torch.Tensor) -> torch.Tensor:
    """Share of each picture's pixels with an alpha between 0.1 and 0.9: its soft edges, and what is milky.

    images: uint8 (N, 4, H, W) -> float32 (N,).
    """
    alpha = images[:, 3]
    return ((alpha > 0.1 * 255) & (alpha < 0.9 * 255)).flatten(1).float().mean(1)


def psnr(a: torch.Tensor, b: torch.Tensor) -> float | None:
    """Peak signal-to-noise ratio, in dB, of pictures uint8 (N, 4, H, W) from the pooled error; None without error."""
    squares = sum(float((x.float() - y.float()).square().sum()) for x, y in zip(a.split(64), b.split(64), strict=True))
    return -10 * math.log10(squares / (a.numel() * 255**2)) if squares else None


def label_components(mask: torch.Tensor) -> torch.Tensor:
    """Connected components (8 neighbours) of a bool mask (B, H, W): long (B, H, W) on the CPU, 0 outside.

    Runs of set pixels in a row are joined to those they touch in the row above (union-find). A component
    ends with one number, not consecutive, and different from any in another picture.
    """
    batch, height, width = mask.shape
    rows = mask.cpu().numpy().reshape(batch * height, width)
    edges = np.diff(np.pad(rows, ((0, 0), (1, 1))).astype(np.int8))
    row_of, starts = np.nonzero(edges == 1)  # row-major: runs in reading order
    ends = np.nonzero(edges == -1)[1]  # exclusive
    parent = list(range(len(starts)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    first = np.searchsorted(row_of, np.arange(batch * height + 1)).tolist()  # the first run of each row
    start, end = starts.tolist(), ends.tolist()
    for row in range(1, batch * height):
        if row % height == 0:  # a new picture: the row above is another's last
            continue
        above, here = first[row - 1], first[row]
        while above < first[row] and here < first[row + 1]:
            if start[above] <= end[here] and start[here] <= end[above]:  # touching, corners included
                parent[root(here)] = root(above)
            if end[above] < end[here]:
                above += 1
            else:
                here += 1
    labels = np.zeros(batch * height * width, dtype=np.int64)
    number = np.array([root(run) + 1 for run in range(len(parent))], dtype=np.int64)
    labels[rows.reshape(-1)] = np.repeat(number, ends - starts)
    return torch.from_numpy(labels.reshape(batch, height, width))


def component_areas(pixels: torch.Tensor) -> list[list[float]]:
    """Areas (shares of the canvas, largest first) of each picture's components of alpha > 0.5."""
    labels = label_components(alpha_of(pixels) > 0.5)
    canvas = labels.shape[1] * labels.shape[2]
    areas = []
    for picture in labels:
        counts = torch.unique(picture[picture > 0], return_counts=True)[1]
        areas.append(sorted((counts.double() / canvas).tolist(), reverse=True))
    return areas


def count_objects(pixels: torch.Tensor) -> list[int]:
    """Number of objects in each picture: components of alpha > 0.5 that are no crumbs.

    A component counts if it covers MIN_AREA of the canvas and MIN_SHARE of the largest one.
    """
    return [sum(a >= max(MIN_AREA, MIN_SHARE * areas[0]) for a in areas) for areas in component_areas(pixels)]


def crop_object(picture: torch.Tensor, size: int) -> torch.Tensor:
    """The smallest square that holds alpha > 0.05 of one picture (4, H, W), with a margin of a sixteenth.

    Returns (4, size, size); a picture without any alpha comes back resized whole.
    """
    mask = alpha_of(picture[None])[0] > 0.05
    rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
    if len(rows):
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        left, right = int(columns[0]), int(columns[-1]) + 1
        height, width = bottom - top, right - left
        side = int(max(height, width) * 1.125) + 1
        above, before = (side - height) // 2, (side - width) // 2
        picture = F.pad(
            picture[:, top:bottom, left:right],
            (before, side - width - before, above, side - height - above),
            value=-1.0,
        )
    return F.interpolate(picture[None], (size, size), mode="bilinear", antialias=True, align_corners=False)[0]


def largest_object(pixels: torch.Tensor, size: int) -> torch.Tensor:
    """Each picture's largest component alone, cropped: (B, 4, H, W) -> (B, 4, size, size)."""
    labels = label_components(alpha_of(pixels) > 0.5)
    crops = []
    for picture, label in zip(pixels, labels, strict=True):
        values, counts = torch.unique(label[label > 0], return_counts=True)
        if len(values):
            # The component and the soft edge around it
            own = (label == values[counts.argmax()]).float().to(picture.device)
            near = F.max_pool2d(own[None, None], 5, 1, 2)[0]  # (1, H, W)
            picture = torch.where(near > 0, picture, torch.full_like(picture, -1.0))
        crops.append(crop_object(picture, size))
    return torch.stack(crops)


def split_in_two(picture: torch.Tensor, axis: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut one picture (4, H, W) where the least alpha is cut, and crop both parts to (4, size, size).

    axis: 2 cuts between rows (first part above), 3 between columns (first part at the left). The cut lies
    within the middle three fifths of the object's extent; of equal cuts the one nearest its middle is taken.
    """
    profile = alpha_of(picture[None])[0].sum(2 - (axis - 1))  # alpha mass of each row or column
    present = (profile > 0.05).nonzero()[:, 0]
    length = len(profile)
    first, last = (int(present[0]), int(present[-1]) + 1) if len(present) else (0, length)
    positions = torch.arange(length, device=picture.device)
    middle = (first + last) / 2
    far = (positions - middle).abs()
    # Half a pixel of alpha weighs as much as the whole way from the middle: distance only breaks ties.
    cost = profile.round(decimals=2) + 0.5 * far / length
    cost[far > 0.3 * max(last - first, 2)] = float("inf")
    cut = min(max(int(cost.argmin()), 1), length - 1)
    if axis == 3:
        parts = picture[:, :, :cut], picture[:, :, cut:]
    else:
        parts = picture[:, :cut], picture[:, cut:]
    return crop_object(parts[0], size), crop_object(parts[1], size)


def relation_right(
    logits_a: torch.Tensor, logits_b: torch.Tensor, concept_a: int, concept_b: int, top: int = TOP
) -> tuple[bool, bool]:
    """Judge one picture of A and B from the concept logits (K,) of the two crops where they should be.

    Returns (right, order): `order` if A's crop ranks A above B and B's crop ranks B above A; `right` if,
    besides, A is among A's crop's first `top` concepts and B among those of B's crop. Both objects must be
    there, recognisable, and in their places: one object drawn twice or a blob fails.
    """
    order = bool((logits_a[concept_a] > logits_a[concept_b]) & (logits_b[concept_b] > logits_b[concept_a]))
    known = all(
        int((logits > logits[concept]).sum()) < top
        for logits, concept in ((logits_a, concept_a), (logits_b, concept_b))
    )
    return order and known, order


def ranks(logits: torch.Tensor, concepts: torch.Tensor | Sequence[int]) -> torch.Tensor:
    """Place (0 = best) of the right concept in each row of logits (B, K): long (B,)."""
    concepts = torch.as_tensor(concepts, device=logits.device)
    return (logits > logits.gather(1, concepts[:, None])).sum(1)
