"""Pictures in few colours with alpha: k-means (Lloyd, 1982) over a histogram of premultiplied RGBA.

Pillow's own way for RGBA, an octree, spends most of its colours on soft edges and flattens gradients.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

BITS = 5, 5, 5, 4  # of red, green, blue and alpha, by which the histogram tells colours apart
ROUNDS = 6  # of k-means; more change nothing that can be seen


def in_one_palette(frames: Sequence[Image.Image], colors: int) -> list[Image.Image]:
    """RGBA frames of one size as P frames of one palette with at most `colors` colours; 0 is what is clear."""
    pixels = np.stack([np.asarray(frame) for frame in frames])  # (n, h, w, 4)
    bins = np.zeros(pixels.shape[:-1], np.int32)
    for channel, bits in enumerate(BITS):
        bins = bins << bits | pixels[..., channel] >> (8 - bits)
    bins[pixels[..., 3] == 0] = 0
    drawn, weights, points = _histogram(bins, pixels)
    places = np.zeros(1 << sum(BITS), np.uint8)
    palette = np.zeros((1, 4))
    if len(drawn):
        centers, nearest = _k_means(points, weights, min(colors - 1, len(points)))
        places[drawn] = nearest + 1
        palette = np.concatenate([palette, centers])
    straight = palette / np.maximum(palette[:, 3:], 1e-3)
    straight[:, 3] = palette[:, 3]
    colors_of = (255 * straight.clip(0, 1)).round().astype(np.uint8)
    return [_paletted(page, colors_of) for page in places[bins]]


def _histogram(bins, pixels):
    """Of the bins that are drawn: their numbers (b), weights (b) and mean premultiplied colours (b, 4) in [0, 1]."""
    flat = bins.ravel()
    counts = np.bincount(flat)
    drawn = np.flatnonzero(counts)
    drawn = drawn[drawn > 0]
    alpha = pixels[..., 3].ravel() / np.float32(255)
    sums = [
        np.bincount(flat, alpha * pixels[..., channel].ravel() if channel < 3 else 255 * alpha)[drawn]
        for channel in range(4)
    ]
    points = np.stack(sums, 1) / (255 * counts[drawn, None])
    # The root, so that an eye is not drowned in a body.
    return drawn, np.sqrt(counts[drawn]), points.astype(np.float32)


def _k_means(points, weights, k):
    """Centers (k, 4), and the nearest of them for each point (b)."""
    # To begin with, one after the other, the point that those before it serve worst.
    chosen = [int(weights.argmax())]
    worst = np.full(len(points), np.inf, np.float32)
    for _ in range(k - 1):
        worst = np.minimum(worst, ((points - points[chosen[-1]]) ** 2).sum(1))
        chosen.append(int((worst * weights).argmax()))
    centers = points[chosen]
    for _ in range(ROUNDS):
        nearest = _nearest(points, centers)
        total = np.bincount(nearest, weights, k)
        sums = np.stack([np.bincount(nearest, weights * points[:, i], k) for i in range(4)], 1)
        used = total > 0
        centers[used] = sums[used] / total[used, None]
    return centers, _nearest(points, centers)


def _nearest(points, centers):
    return ((centers**2).sum(1) - 2 * points @ centers.T).argmin(1)


def _paletted(page, colors):
    picture = Image.fromarray(page, "P")
    picture.putpalette(colors.tobytes(), "RGBA")
    return picture
