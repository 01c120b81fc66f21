"""Concepts: what stickers show, whatever their skin tone, style and set."""

import torch

from lit.data.stickers import Sticker
from lit.styles import STYLES


def concept_labels(stickers: list[Sticker]) -> tuple[list[str], torch.Tensor]:
    """Names of the concepts without skin tones, and each sticker's label among them.

    Returns names (K, in order of their keys) and labels, long (N,). A concept of several names has the emoji's, else
    the shortest; keys of one name are one concept. A skin-tone variant has its base concept's label: by its key, or
    where the base is written in other code points (couples), by its name up to the colon. -1: neither is among the
    concepts (the five bare swatches).
    """
    names: dict[str, str] = {}
    for sticker in sorted(stickers, key=lambda s: (s.key, s.style not in STYLES, len(s.name), s.name)):
        if not sticker.has_skin_tone:
            names.setdefault(sticker.key, sticker.name)
    said = {name.lower(): name for name in reversed(names.values())}
    by_name = {name: i for i, name in enumerate(dict.fromkeys(name.lower() for name in names.values()))}
    by_key = {key: by_name[name.lower()] for key, name in names.items()}
    labels = []
    for sticker in stickers:
        swatch = sticker.has_skin_tone and sticker.base_key == sticker.key
        label = by_key.get(sticker.base_key, by_name.get(sticker.name.split(":")[0].lower(), -1))
        labels.append(-1 if swatch else label)
    return [said[name] for name in by_name], torch.tensor(labels)
