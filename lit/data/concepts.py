"""Concepts: what stickers show, whatever their skin tone."""

import torch

from lit.data.stickers import SKIN_TONES, Sticker


def without_skin_tones(key: str) -> str:
    """A sticker's key without its skin-tone code points; empty for the five bare swatches."""
    return "-".join(part for part in key.upper().split("-") if part.lower() not in SKIN_TONES)


def concept_labels(stickers: list[Sticker]) -> tuple[list[str], torch.Tensor]:
    """Names of the concepts without skin tones, and each sticker's label among them.

    Returns names (K, in order of their keys) and labels, long (N,). A skin-tone variant has its base
    concept's label: by its key, or where the base is written in other code points (couples), by its name
    up to the colon. -1: neither is among the concepts (the five bare swatches).
    """
    names = {s.key.upper(): s.name for s in sorted(stickers, key=lambda s: s.key) if is_plain(s)}
    by_key = {key: i for i, key in enumerate(names)}
    by_name = {name: i for i, name in enumerate(names.values())}
    labels = []
    for sticker in stickers:
        key = without_skin_tones(sticker.key)
        labels.append(by_key.get(key, by_name.get(sticker.name.split(":")[0], -1) if key else -1))
    return list(names.values()), torch.tensor(labels)


def is_plain(sticker: Sticker) -> bool:
    """True if the sticker has no skin tone in its key."""
    return without_skin_tones(sticker.key) == sticker.key.upper()
