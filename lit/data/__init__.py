"""The sticker data: read (rows), render and cache (rendering), choose (sampling), name (names), put into words
(captions), compose (compose).

`lit.data.compose` needs torch and is imported by its own name: the rendering workers import this package
in every process, and torch would cost each of them seconds.
"""

from lit.data.captions import NUMBER_WORDS, captions, plural, with_article
from lit.data.sampling import Sampling, concept_weights
from lit.data.stickers import Sticker, StickerData

__all__ = [
    "NUMBER_WORDS",
    "Sampling",
    "Sticker",
    "StickerData",
    "captions",
    "concept_weights",
    "plural",
    "with_article",
]
