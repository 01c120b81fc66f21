"""How the evaluator, a CNN, votes for a class, and how many pixels that needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image

from lit.errors import InputError
from lit.scope.drawings.regions import signed_image, to_image
from lit.scope.scope import LinearScope
from lit.scope.studies.sheet import sheet


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
