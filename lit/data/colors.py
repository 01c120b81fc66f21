"""The colours of stickers: recolouring to one that has a word, and reading one off.

Recolouring and reading share their rules, so that what was painted purple reads as purple.
"""

import torch
from torch import Tensor

from lit.data.palette import COLOR_NAMES, GREYS, HUES
from lit.pixels import straight

GREY_SATURATION = 0.15  # paler pixels have no hue: outlines, whites, eyes
DARK_VALUE = 0.15  # darker ones neither
HUE_SPREAD = 60.0  # degrees around an object's main hue that are recoloured with it, fading out to 1.5 of it
COLORED_SHARE = 0.12  # of the opaque pixels: with fewer, the object is white, black or grey


def hue_saturation_value(rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """HSV of straight rgb (n, 3, ...) in [0, 1]: hue in degrees, saturation, value, each (n, ...)."""
    red, green, blue = rgb.unbind(1)
    value, low = rgb.amax(1), rgb.amin(1)
    chroma = value - low
    safe = chroma.clamp_min(1e-6)
    hue = torch.where(
        value == red,
        (green - blue) / safe % 6,
        torch.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    return hue * 60 % 360, chroma / value.clamp_min(1e-6), value


def luma(rgb: Tensor) -> Tensor:
    """Rec. 601 luma of straight rgb (n, 3, ...): (n, ...)."""
    red, green, blue = rgb.unbind(1)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def hue_distance(hue: Tensor, centre: Tensor) -> Tensor:
    """Distance on the circle of hues, in degrees [0, 180]."""
    return ((hue - centre + 180) % 360 - 180).abs()


def colored(saturation: Tensor, value: Tensor) -> Tensor:
    """How much a pixel has a hue at all, 0 to 1: a soft step about GREY_SATURATION and DARK_VALUE."""
    by_saturation = ((saturation - GREY_SATURATION + 0.05) / 0.1).clamp(0, 1)
    return by_saturation * ((value - DARK_VALUE + 0.05) / 0.1).clamp(0, 1)


def main_hue(pixels: Tensor) -> dict[str, Tensor]:
    """The hue that most of an object has, and how much of it.

    pixels: premultiplied (n, 4, h, w) in [0, 1].  Returns, each (n,): "hue" in degrees; "share", the part of
    the opaque area with about that hue; "purity", the part of the coloured area with about that hue;
    "luma", the mean luma there.
    """
    rgb, alpha = straight(pixels.flatten(2))
    hue, saturation, value = hue_saturation_value(rgb)
    weight = alpha * colored(saturation, value)
    # A histogram of 36 bins, smoothed around the circle; its peak is the hue.
    bins = (hue / 10).long().clamp(0, 35)
    histogram = torch.zeros(len(pixels), 36, device=pixels.device).scatter_add_(1, bins, weight)
    smooth = sum(histogram.roll(shift, 1) * (4 - abs(shift)) for shift in range(-3, 4))
    centre = smooth.argmax(1).float() * 10 + 5
    near = weight * (hue_distance(hue, centre[:, None]) <= HUE_SPREAD)
    total = near.sum(1).clamp_min(1e-6)
    return {
        "hue": centre,
        "share": near.sum(1) / alpha.sum(1).clamp_min(1e-6),
        "purity": near.sum(1) / weight.sum(1).clamp_min(1e-6),
        "luma": (near * luma(rgb)).sum(1) / total,
    }


def recolor(pixels: Tensor, hue: Tensor, mean_luma: Tensor, target: Tensor) -> Tensor:
    """Paint what is near an object's main hue in another colour, shading kept.

    A pixel of the object's mean luma becomes the target; darker ones become the target darkened by the
    same ratio, lighter ones go from the target towards white. Pixels without a hue, or of another one (the
    leaf of an apple), stay.

    pixels: premultiplied (n, 4, h, w) in [0, 1].  hue, mean_luma: (n,), from `main_hue`.
    target: straight rgb (n, 3).  Returns premultiplied (n, 4, h, w).
    """
    rgb, alpha = straight(pixels)
    own_hue, saturation, value = hue_saturation_value(rgb)
    distance = hue_distance(own_hue, hue[:, None, None])
    amount = colored(saturation, value) * (1 - (distance - HUE_SPREAD) / (HUE_SPREAD / 2)).clamp(0, 1)
    own, mean = luma(rgb), mean_luma[:, None, None].clamp(0.05, 0.95)
    shade = (own / mean).clamp(0.3, 1).unsqueeze(1)
    light = ((own - mean) / (1 - mean)).clamp(0, 1).unsqueeze(1) * 0.55
    target = target[:, :, None, None]
    painted = target * shade + (1 - target) * light
    amount = amount.unsqueeze(1)
    rgb = rgb * (1 - amount) + painted * amount
    return torch.cat([rgb * alpha.unsqueeze(1), pixels[:, 3:]], 1)


def _classes(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """The index into HUES of each pixel's colour word, by hue, and by lightness where the hue is shared."""
    index = {name: number for number, name in enumerate(HUES)}
    out = torch.full_like(hue, index["red"], dtype=torch.long)
    for name, first, last in (
        ("orange", 14, 42),
        ("yellow", 42, 66),
        ("green", 66, 172),
        ("blue", 172, 252),
        ("purple", 252, 300),
        ("pink", 300, 346),
    ):
        out[(hue >= first) & (hue < last)] = index[name]
    # Brown is dark orange; pink is light red; a dark pink is purple.
    out[(hue >= 10) & (hue < 50) & (value < 0.64)] = index["brown"]
    out[((hue < 14) | (hue >= 346)) & (saturation < 0.55) & (value > 0.75)] = index["pink"]
    out[(hue >= 300) & (hue < 325) & (value < 0.6)] = index["purple"]
    return out


def color_of(pixels: Tensor) -> list[str]:
    """The word for the colour that most of each sticker has; transparent pixels do not count.

    pixels: premultiplied (n, 4, h, w) in [0, 1].  The words are those of COLORS: a hue where at least
    COLORED_SHARE of the opaque area has one, else white, black or grey.  With nothing opaque it is "white".
    """
    rgb, alpha = straight(pixels.flatten(2))
    hue, saturation, value = hue_saturation_value(rgb)
    weight = alpha * (alpha > 0.5)
    strong = weight * ((saturation >= GREY_SATURATION) & (value >= DARK_VALUE))
    votes = torch.zeros(len(pixels), len(HUES), device=pixels.device)
    votes.scatter_add_(1, _classes(hue, saturation, value), strong)
    # White, black or grey: by the value of the pixels left, in thirds about a middle grey.
    greys = weight - strong
    tone = torch.where(value > 0.8, 0, torch.where(value < 0.3, 1, 2))
    grey_votes = torch.zeros(len(pixels), len(GREYS), device=pixels.device).scatter_add_(1, tone, greys)
    has_hue = votes.sum(1) >= COLORED_SHARE * weight.sum(1).clamp_min(1e-6)
    chosen = torch.where(has_hue, votes.argmax(1), len(HUES) + grey_votes.argmax(1))
    return [COLOR_NAMES[number] for number in chosen.tolist()]
