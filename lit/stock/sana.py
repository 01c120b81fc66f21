"""SANA (arXiv 2410.10629): pictures of words by linear attention."""

from collections.abc import Mapping

from lit.stock.pixart import check, told

LABEL = "SANA"
PARTS = {
    "transformer": ("SanaTransformer2DModel",),
    "vae": ("AutoencoderDC",),
    "text_encoder": ("Gemma2Model", "Gemma2ForCausalLM"),
}
CLASSES, NEGATIVE, LATENTS, FLOW = False, True, True, True
GUIDANCE, STEPS = 4.5, 20

__all__ = ["check", "told"]


def sizes(configs: Mapping[str, Mapping]) -> tuple[int, int]:
    shrunk = 2 ** (len(configs["vae"]["encoder_block_out_channels"]) - 1)
    return configs["transformer"]["sample_size"] * shrunk, configs["transformer"]["patch_size"] * shrunk
