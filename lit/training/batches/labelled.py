"""The evaluator's batches: pictures with what they show and how they are drawn.

It learns the concepts that no generator sees, too: what it has not learned it could not judge.
"""

import torch
import torch.nn.functional as F

from lit.data import Sampling, StickerData, captions
from lit.data.concepts import concept_labels
from lit.training.batches.augment import augment
from lit.training.batches.holding import pictures_on, style_numbers, weights_on
from lit.training.batches.other_names import other_names
from lit.training.typed import NoArguments

LEARNED = ("train", "unseen")  # splits
CAPTIONS_KEPT = 6  # caption vectors a concept keeps beside its name's


@torch.no_grad()
def caption_vectors(stickers, labels, num_concepts, text_encoder) -> tuple[torch.Tensor, torch.Tensor]:
    """Sentence vectors of names (K, D) and of up to CAPTIONS_KEPT further captions (K, CAPTIONS_KEPT, D).

    Captions repeat where a concept has fewer. Both lie on the CPU in float32, of length 1.
    """
    texts: list[list[str]] = [[] for _ in range(num_concepts)]
    synonyms = other_names(stickers, text_encoder)
    for sticker, label in zip(stickers, labels.tolist(), strict=True):
        if label >= 0 and not texts[label] and not sticker.has_skin_tone:
            first, *others = captions(sticker, synonyms[sticker.base_key])
            others = others or [first]
            spread = [others[i * len(others) // CAPTIONS_KEPT] for i in range(CAPTIONS_KEPT)]
            texts[label] = [sticker.name, *spread]
    unique = sorted({text for group in texts for text in group})
    vectors = F.normalize(text_encoder.pooled(unique).float().cpu(), dim=-1)
    row = {text: i for i, text in enumerate(unique)}
    table = vectors[torch.tensor([[row[text] for text in group] for group in texts])]  # (K, 1 + kept, D)
    return table[:, 0].contiguous(), table[:, 1:].contiguous()


def hue_free(names: list[str]) -> torch.Tensor:
    """Bool (K,): concepts that stay what they are when their hue turns (no flag, no colour in the name)."""
    bound = {
        "red", "orange", "yellow", "green", "blue", "purple", "brown", "black", "white", "grey", "pink",
        "hair", "lemon", "lime", "tangerine", "rainbow",
    }  # fmt: skip
    words = [set(name.lower().replace(":", " ").split()) for name in names]
    return torch.tensor(["flag" not in said and bound.isdisjoint(said) for said in words])


@torch.no_grad()
def shrink(images_u8: torch.Tensor, size: int, chunk: int = 1024) -> torch.Tensor:
    """uint8 (N, 4, H, W) -> uint8 (N, 4, size, size) on the same device, averaging over area."""
    if images_u8.shape[-1] == size:
        return images_u8
    parts = [
        F.interpolate(part.float(), (size, size), mode="area").round_().to(torch.uint8)
        for part in images_u8.split(chunk)
    ]
    return torch.cat(parts)


class LabelledBatches:
    """Augmented stickers, sampled by concept, with what they are; all on `device`.

    styles: the network's, by whose numbers styles are given.
    """

    Arguments = NoArguments

    def __init__(
        self, data: StickerData, text_encoder, image_size: int, device: torch.device, styles, sampling: Sampling
    ):
        self.names, labels = concept_labels(data.stickers)
        learned = data.subset(*LEARNED)
        learned = learned[(labels[learned] >= 0).numpy()]
        self.weights = weights_on(device, data, learned, sampling)
        self.images = shrink(pictures_on(device, data, learned), image_size)
        self.concepts = labels[learned].to(device)
        numbers = style_numbers(styles, device)
        self.styles = numbers[torch.tensor([data.stickers[i].style_id for i in learned], device=device)]
        self.may_turn = hue_free(self.names).to(device)
        vectors = caption_vectors(data.stickers, labels, len(self.names), text_encoder)
        self.name_vectors, self.other_vectors = (v.to(device) for v in vectors)

    def draw(self, n: int):
        """Pixels (n, 4, S, S) in [-1, 1], concepts (n,), styles (n,), this step's vectors (K, D) of length 1.

        Randomness is torch's default generator on the device, so that a seeded step is a repeated step.
        """
        rows = torch.multinomial(self.weights, n, replacement=True)
        concepts = self.concepts[rows]
        pixels = augment(self.images[rows], self.may_turn[concepts])
        every = torch.arange(len(self.names), device=rows.device)
        pick = torch.randint(self.other_vectors.shape[1], (len(every),), device=rows.device)
        amount = torch.rand(len(every), 1, device=rows.device)
        vectors = F.normalize(self.name_vectors + 0.7 * amount * self.other_vectors[every, pick], dim=-1)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        return pixels, concepts, self.styles[rows], vectors
