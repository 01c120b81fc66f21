"""The judge: what the evaluator sees in pictures, and whether composed ones show what was asked."""

from dataclasses import dataclass

import numpy as np
import torch

from lit.data.colors import color_of
from lit.data.compose import Composition
from lit.data.concepts import concept_labels
from lit.data.stickers import Sticker
from lit.errors import InputError
from lit.evaluation.metrics import DIRECTIONS, count_objects, largest_object, ranks, relation_right, split_in_two
from lit.models.evaluator import StickerEvaluator
from lit.pixels import bytes_to_pixels, bytes_to_unit, pixels_to_bytes
from lit.styles import numbering

CROP = 128  # pixels, the side of an object's crop


@dataclass
class Judge:
    """The evaluator with the sentence vectors of its concepts.

    vectors: (K, D) on the evaluator's device. Pictures come as uint8 (N, 4, H, W), premultiplied RGBA.
    """

    evaluator: StickerEvaluator
    vectors: torch.Tensor
    batch_size: int = 256

    @classmethod
    def make(cls, evaluator: StickerEvaluator, text_encoder) -> "Judge":
        """Embed the names of the evaluator's concepts."""
        vectors = text_encoder.pooled(list(evaluator.config.concepts))
        return cls(evaluator, vectors.to(evaluator.device, evaluator.dtype))

    def known(self, stickers: list[Sticker]) -> tuple[torch.Tensor, torch.Tensor]:
        """Each sticker's number among the evaluator's concepts, and its style's among its styles, long (N,). -1: the
        bare swatches, which are no concept.

        Raises InputError for stickers that it was not trained on.
        """
        names, labels = concept_labels(stickers)
        number = {name: i for i, name in enumerate(self.evaluator.config.concepts)}
        missing = [name for name in names if name not in number]
        styles = torch.tensor(numbering(self.evaluator.config.styles))[torch.tensor([one.style_id for one in stickers])]
        missing += sorted({one.style for one, style in zip(stickers, styles.tolist(), strict=True) if style < 0})
        if missing:
            some = f"{', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}"
            raise InputError(
                "--data", f"{len(names)} concepts", f"stickers that the evaluator was trained on; it lacks {some}"
            )
        numbers = torch.tensor([*(number[name] for name in names), -1])
        return numbers[labels], styles

    def _parts(self, images: torch.Tensor):
        for part in images.split(self.batch_size):
            yield bytes_to_pixels(part.to(self.evaluator.device))

    @torch.no_grad()
    def logits(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Concept logits (N, K) and style logits (N, styles), on the CPU."""
        out = []
        for pixels in self._parts(images):
            embeddings, style = self.evaluator(pixels)
            out.append((self.evaluator.concept_logits(embeddings, self.vectors).cpu(), style.cpu()))
        return torch.cat([concept for concept, _ in out]), torch.cat([style for _, style in out])

    @torch.no_grad()
    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Penultimate features (N, D), on the CPU."""
        return torch.cat([self.evaluator.features(pixels).cpu() for pixels in self._parts(images)])

    def scores(self, images: torch.Tensor, labels: torch.Tensor, styles: torch.Tensor) -> dict[str, float]:
        """Shares of pictures whose concept is first, among the first five, and whose style is right."""
        concept, style = self.logits(images)
        place = ranks(concept, labels)
        return {
            "top1": float((place < 1).float().mean()),
            "top5": float((place < 5).float().mean()),
            "style": float((style.argmax(1) == styles).float().mean()),
        }


def judge_composed(
    judge: Judge, images: torch.Tensor, compositions: list[Composition], labels: torch.Tensor
) -> dict[str, float]:
    """Shares of pictures of one kind that show what was asked. images: uint8 (n, 4, S, S).

    color: "right" if `color_of` reads the word; "with_object" if, besides, the object is among the
        evaluator's first five concepts.
    count: "right" if the components are as many as asked; "with_object" if, besides, the largest of them,
        cropped, has the object among its first five.
    relation: "right" as in `relation_right` (both objects recognised in their places), "order" as there.
    """
    kind = compositions[0].kind
    concepts = torch.stack([labels[c.parts[0].sticker] for c in compositions])
    pixels = bytes_to_pixels(images)
    if kind == "relation":
        return _judge_relations(judge, pixels, compositions, labels)
    if kind == "color":
        words = color_of(bytes_to_unit(images))
        right = torch.tensor([word == c.parts[0].color for word, c in zip(words, compositions, strict=True)])
        seen = images
    else:
        counts = count_objects(pixels)
        right = torch.tensor([count == c.count for count, c in zip(counts, compositions, strict=True)])
        seen = pixels_to_bytes(largest_object(pixels, CROP))
    known = ranks(judge.logits(seen)[0], concepts) < 5
    return {"right": float(right.float().mean()), "with_object": float((right & known).float().mean())}


def _judge_relations(judge, pixels, compositions, labels) -> dict[str, float]:
    crops = []
    for picture, composition in zip(pixels, compositions, strict=True):
        axis, comes_first = DIRECTIONS[composition.relation]
        parts = split_in_two(picture, axis, CROP)
        crops += parts if comes_first else parts[::-1]
    logits = judge.logits(pixels_to_bytes(torch.stack(crops)))[0]
    verdicts = [
        relation_right(logits[2 * i], logits[2 * i + 1], *(int(labels[part.sticker]) for part in c.parts))
        for i, c in enumerate(compositions)
    ]
    right, order = (float(np.mean(column)) for column in zip(*verdicts, strict=True))
    return {"right": right, "order": order}
