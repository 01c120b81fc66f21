"""Other names of a concept: keywords that it has alone, where they mean about the same.

Tags are associations as well: "resort" is a sailboat's alone, and "burgers" a lettuce's. A text encoder tells them from
"yacht".
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from lit.data.captions import lone_keywords
from lit.data.stickers import Sticker

NEAR = 0.42  # cosine of two sentence vectors; below it lie associations, by a look at 160 pairs of MiniLM's


@torch.no_grad()
def other_names(stickers: Sequence[Sticker], text_encoder) -> dict[str, list[str]]:
    """For each concept, by `base_key`, the nearest first. text_encoder: `pooled` gives sentence vectors (n, D) of
    length one."""
    found = lone_keywords(stickers)
    names = {sticker.base_key: sticker.name for sticker in reversed(stickers)}
    pairs = [(key, word) for key, words in found.items() for word in words]
    if not pairs:
        return found
    texts = sorted({text for key, word in pairs for text in (names[key], word)})
    place = {text: i for i, text in enumerate(texts)}
    vectors = text_encoder.pooled(texts).float().cpu()
    of_names = vectors[[place[names[key]] for key, _ in pairs]]
    of_words = vectors[[place[word] for _, word in pairs]]
    near: dict[str, list[tuple[float, str]]] = {key: [] for key in found}
    for (key, word), likeness in zip(pairs, F.cosine_similarity(of_names, of_words).tolist(), strict=True):
        if likeness >= NEAR:
            near[key].append((-likeness, word))
    return {key: [word for _, word in sorted(words)] for key, words in near.items()}
