"""SANA (arXiv 2410.10629): linear already, with many small heads."""

import torch
from diffusers import SanaTransformer2DModel

network = SanaTransformer2DModel
linear = True
downscale = 32  # pixels of a latent
INHERITED = {
    "patch_embed.proj.*": "patches to tokens",
    "time_embed.*": "what the time says to all blocks",
    "caption_projection.*": "words to the blocks' width",
    "caption_norm.*": "words to the blocks' width",
    "transformer_blocks.*.scale_shift_table": "what the time says to a block",
    "transformer_blocks.*.attn1.*": "linear attention as it was; only its arithmetic is exchanged",
    "transformer_blocks.*.attn2.*": "attention to the words, softmax as it was",
    "transformer_blocks.*.ff.*": "the convolutional MLP",
    "scale_shift_table": "what the time says at the end",
    "proj_out.*": "tokens to velocities",
}
WORDS = 300  # tokens of a prompt


def example(config: dict, batch: int, side: int) -> tuple[torch.Tensor, ...]:
    latents = torch.empty(batch, config["in_channels"], side, side)
    return latents, torch.empty(batch), torch.empty(batch, WORDS, config["caption_channels"]), torch.empty(batch, WORDS)


def arguments(transformer, noisy, timesteps, words, mask) -> dict:
    made = {"hidden_states": noisy, "timestep": timesteps, "encoder_hidden_states": words}
    if transformer.config.guidance_embeds:  # Sana-Sprint
        made["guidance"] = torch.full_like(timesteps, 4.5 * transformer.config.guidance_embeds_scale)
    return made | {"encoder_attention_mask": mask}
