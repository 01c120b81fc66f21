"""PixArt-alpha (arXiv 2310.00426) and -Sigma (arXiv 2403.04692): pictures of words."""

from collections.abc import Mapping
from typing import Any

from lit.settings import GenerationSettings

LABEL = "PixArt"
PARTS = {
    "transformer": ("PixArtTransformer2DModel", "Transformer2DModel"),
    "vae": ("AutoencoderKL",),
    "text_encoder": ("T5EncoderModel",),
}
CLASSES, NEGATIVE, LATENTS, FLOW = False, True, True, False
GUIDANCE, STEPS = 4.5, 20


def sizes(configs: Mapping[str, Mapping]) -> tuple[int, int]:
    shrunk = 2 ** (len(configs["vae"]["block_out_channels"]) - 1)
    return configs["transformer"]["sample_size"] * shrunk, configs["transformer"]["patch_size"] * shrunk


def check(facts: Any, settings: GenerationSettings):
    """It draws what it is told."""


def told(pipe: Any, settings: GenerationSettings) -> dict:
    """Of the size that is asked for, and the words as they are: by default the pipeline takes the nearest size that it
    was trained for, and tidies captions where two further packages are installed."""
    return {
        "prompt": settings.prompt,
        "negative_prompt": settings.negative_prompt,
        "height": settings.height,
        "width": settings.width,
        "use_resolution_binning": False,
        "clean_caption": False,
    }
