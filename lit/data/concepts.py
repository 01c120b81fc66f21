"""Concepts: what stickers show, whatever their skin tone."""

import torch

from lit.data.stickers import Sticker


def concept_labels(stickers: list[Sticker]) -> tuple[list[str], torch.Tensor]:
    """Names of the concepts without skin tones, and each sticker's label among them.

    Returns names (K, in order of their keys) and labels, long (N,). A skin-tone variant has its base
    concept's label: by its key, or where the base is written in other code points (couples), by its name
    up to the colon. -1: neither is among the concepts (the five bare swatches).
    """
    names = {s.key: s.name for s in sorted(stickers, key=lambda s: s.key) if not s.has_skin_tone}
    by_key = {key: i for i, key in enumerate(names)}
    by_name = {name: i for i, name in enumerate(names.values())}
    labels = []
    for sticker in stickers:
        swatch = sticker.has_skin_tone and sticker.base_key == sticker.key
        label = by_key.get(sticker.base_key, by_name.get(sticker.name.split(":")[0], -1))
        labels.append(-1 if swatch else label)
    return list(names.values()), torch.tensor(labels)
