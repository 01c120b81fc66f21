"""How far two pictures are apart: Euclid's distance of what an eye makes of them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from lit.errors import InputError, Phrase

Eye = Callable[[Sequence[Image.Image]], np.ndarray]  # pictures, RGBA -> numbers (n, D)

# The distance below which two pictures look alike, measured by `python -m docs.sweeps` (docs/sweeps.md says how).
ALIKE: Mapping[str, float] = MappingProxyType({"features": 0.90, "latents": 0.062})
SEEN = ALIKE["features"]
SIDE = 256  # pixels of what the autoencoder is shown


def eye(name: str = "features", autoencoder: Any = None) -> Eye:
    """The eye of this name.

    features: the penultimate features of the embedded model's evaluator, which knows what a sticker shows and how it is
    drawn: colours and shapes that mean nothing to it count little.
    latents: the autoencoder's latents of the picture at 256 pixels, with their mean square as D: all that is seen, and
    where it is. Needs the pipeline's autoencoder.
    Raises InputError for another name.
    """
    if name not in ALIKE:
        raise InputError("distance", name, Phrase("one of {names}", names=", ".join(ALIKE)))
    return _features() if name == "features" else _latents(autoencoder)


def _features() -> Eye:
    import torch

    from lit import checkpoint
    from lit.models.evaluator import StickerEvaluator
    from lit.pixels import images_to_pixels

    evaluator = StickerEvaluator.from_pretrained(checkpoint.locate(None) / "evaluator")

    @torch.inference_mode()
    def look(pictures: Sequence[Image.Image]) -> np.ndarray:
        # One at a time: a picture's features must not depend on what is beside it.
        return np.stack([evaluator.features(images_to_pixels([one]))[0].float().numpy() for one in pictures])

    return look


def _latents(autoencoder) -> Eye:
    import torch

    from lit.pixels import images_to_pixels

    @torch.inference_mode()
    def look(pictures: Sequence[Image.Image]) -> np.ndarray:
        found = []
        for picture in pictures:
            picture = picture.convert("RGBa").resize((SIDE, SIDE), Image.Resampling.LANCZOS).convert("RGBA")
            pixels = images_to_pixels([picture]).to(autoencoder.device, autoencoder.dtype)
            latents = autoencoder.encode(pixels)[0].float().cpu().numpy().ravel()
            found.append(latents / np.sqrt(latents.size))
        return np.stack(found)

    return look
