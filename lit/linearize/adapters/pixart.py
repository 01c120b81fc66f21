"""PixArt-alpha (arXiv 2310.00426) and -Sigma (arXiv 2403.04692): pictures of words."""

from collections.abc import Sequence

import torch
from diffusers import PixArtTransformer2DModel
from PIL import Image

network = PixArtTransformer2DModel
linear = False
downscale = 8  # pixels of a latent
INHERITED = {
    "pos_embed.proj.*": "patches to tokens",
    "adaln_single.*": "what the time says to all blocks",
    "caption_projection.*": "words to the blocks' width",
    "transformer_blocks.*.scale_shift_table": "what the time says to a block",
    "transformer_blocks.*.attn2.*": "attention to the words, softmax as it was",
    "transformer_blocks.*.ff.*": "the MLP",
    "scale_shift_table": "what the time says at the end",
    "proj_out.*": "tokens to noise and variance",
}
WORDS = 300  # tokens of a prompt, as PixArt-Sigma was trained
ENCODED_AT_ONCE = 16


def example(config: dict, batch: int, side: int) -> tuple[torch.Tensor, ...]:
    latents = torch.empty(batch, config["in_channels"], side, side)
    return latents, torch.empty(batch), torch.empty(batch, WORDS, config["caption_channels"]), torch.empty(batch, WORDS)


def arguments(transformer, noisy, timesteps, words, mask) -> dict:
    added = {"resolution": None, "aspect_ratio": None}
    if transformer.use_additional_conditions:  # PixArt-alpha at 1024 px
        sides = torch.tensor(noisy.shape[-2:], dtype=words.dtype, device=noisy.device)
        added["resolution"] = (downscale * sides).expand(len(noisy), 2)
        added["aspect_ratio"] = (sides[0] / sides[1]).expand(len(noisy), 1)
    return {
        "hidden_states": noisy,
        "timestep": timesteps,
        "encoder_hidden_states": words,
        "encoder_attention_mask": mask,
        "added_cond_kwargs": added,
    }


def check(config: dict, index: dict, labels: Sequence[str | None]):
    """Folders say nothing here."""


@torch.no_grad()
def told(pipe, labels: Sequence[str | None], captions: Sequence[str]) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """Each caption is encoded once; the tables stay on the processor, 2.4 MB a caption in T5-XXL's bfloat16."""
    texts = list(dict.fromkeys([*captions, ""]))
    place = {text: number for number, text in enumerate(texts)}
    words, masks = [], []
    for start in range(0, len(texts), ENCODED_AT_ONCE):
        some = texts[start : start + ENCODED_AT_ONCE]
        found, mask, *_ = pipe.encode_prompt(some, do_classifier_free_guidance=False, max_sequence_length=WORDS)
        words.append(found.cpu())
        masks.append(mask.cpu())
    return torch.tensor([place[text] for text in (*captions, "")]), (torch.cat(words), torch.cat(masks))


def draw(pipe, conditions, none, steps: int, seed: int) -> list[Image.Image]:
    generator = torch.Generator().manual_seed(seed)
    (words, mask), (no_words, no_mask) = conditions, none
    return pipe(
        prompt=None,
        negative_prompt=None,
        prompt_embeds=words,
        prompt_attention_mask=mask,
        negative_prompt_embeds=no_words.expand_as(words),
        negative_prompt_attention_mask=no_mask.expand_as(mask),
        generator=generator,
        num_inference_steps=steps,
        use_resolution_binning=False,
    ).images
