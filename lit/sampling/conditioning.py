"""What an image is drawn from: words, style and guidance as one object, noise, and the network asked with both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from diffusers import ModelMixin

from lit.settings import GenerationSettings


@dataclass(frozen=True)
class Conditioning:
    """All that decides what a network draws from its noise.

    Rows are branches x images: with guidance the images' negative branches come first, without there is one branch.
    embeddings: (rows, tokens, width).  mask: bool (rows, tokens), true where a token is.  style_ids: int (rows,),
    the number of styles for none.  guidance_scale: 1 for no guidance.
    """

    embeddings: torch.Tensor
    mask: torch.Tensor
    style_ids: torch.Tensor
    guidance_scale: float

    @property
    def branches(self) -> int:
        return branches(self.guidance_scale)

    def arguments(self) -> dict[str, torch.Tensor]:
        """What of it the transformer takes, under the transformer's names."""
        return {
            "encoder_hidden_states": self.embeddings,
            "encoder_attention_mask": self.mask,
            "style_ids": self.style_ids,
        }

    @staticmethod
    def join(parts: Sequence["Conditioning"]) -> "Conditioning":
        """That of several images, which share guidance scale and number of tokens, as one."""
        scale = parts[0].guidance_scale

        def joined(name):
            rows = [getattr(part, name).unflatten(0, (branches(scale), -1)) for part in parts]
            return torch.cat(rows, dim=1).flatten(0, 1)

        return Conditioning(joined("embeddings"), joined("mask"), joined("style_ids"), scale)


def branches(guidance_scale: float) -> int:
    """How many answers of the network guidance needs: a scale of 1 leaves nothing of the negative one."""
    return 1 if guidance_scale == 1 else 2


def encode(
    text_encoder: Callable,
    settings: Sequence[GenerationSettings],
    styles: Sequence[str],
    device: torch.device | str,
    dtype: torch.dtype,
) -> Conditioning:
    """The conditioning of images that share their guidance scale, on this device and in this dtype.

    text_encoder: as `lit.models.text.TextEncoder`.  styles: the model's, in the order of their numbers.
    """
    negative = [one.negative_prompt for one in settings] * (branches(settings[0].guidance_scale) - 1)
    embeddings, mask = text_encoder(negative + [one.prompt for one in settings])
    return condition(embeddings, mask, settings, styles, device, dtype)


def condition(embeddings, mask, settings, styles, device, dtype) -> Conditioning:
    """`encode` of what is encoded already: embeddings (rows, tokens, width) and mask (rows, tokens)."""
    scale, none = settings[0].guidance_scale, len(styles)
    style_ids = [none] * (len(settings) * (branches(scale) - 1))  # a negative prompt has no style
    style_ids += [none if one.style is None else styles.index(one.style) for one in settings]
    return Conditioning(embeddings.to(device, dtype), mask.to(device), torch.tensor(style_ids, device=device), scale)


def noise(seeds: Sequence[int | torch.Generator], shape: Sequence[int], device: torch.device | str) -> torch.Tensor:
    """Float32 (images, *shape), each from a generator of its own on the CPU: the same on every device.

    seeds: one an image; a generator of torch's is drawn from as it stands, on its own device.
    """
    generators = [seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed) for seed in seeds]
    drawn = [
        torch.randn(tuple(shape), generator=generator, device=generator.device).to(device) for generator in generators
    ]
    return torch.stack(drawn)


def predict(
    transformer: ModelMixin, latents: torch.Tensor, timestep: torch.Tensor, conditioning: Conditioning
) -> torch.Tensor:
    """What the network predicts of the latents, guided, in their shape and dtype: all branches in one batch.

    latents: (images, channels, height, width).  timestep: of one number, in [0, 1000].
    """
    rows = latents.repeat(conditioning.branches, 1, 1, 1)
    output = transformer(
        rows.to(transformer.dtype),
        timestep.expand(len(rows)),
        **conditioning.arguments(),
        return_dict=False,
    )[0].to(latents.dtype)
    # Without the variance that a model of noise predicts too.
    return guide(output[:, : latents.shape[1]], conditioning.guidance_scale)


def guide(output: torch.Tensor, guidance_scale: float) -> torch.Tensor:
    """Classifier-free guidance (arXiv 2207.12598): o = o_negative + scale (o_positive - o_negative).

    output: (branches x images, ...), the negative branch first -> (images, ...).
    """
    if branches(guidance_scale) == 1:
        return output
    negative, positive = output.chunk(2)
    return negative + guidance_scale * (positive - negative)
