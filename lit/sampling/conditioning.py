"""What an image is drawn from: words, style and guidance as one object, noise, and the network asked with both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import ModelMixin

from lit.minilm import MAX_TOKENS
from lit.reading.blend import parts_of
from lit.reading.emphasis import emphasize, token_weights
from lit.reading.weights import parse_weights
from lit.settings import GenerationSettings

BLEND_POWER = 0.25


@dataclass(frozen=True)
class Conditioning:
    """All that decides what a network draws from its noise.

    Rows are branches x images: with guidance by two branches the images' negative ones come first.
    embeddings: (rows, tokens, width).  mask: bool (rows, tokens), true where a token is.  style_ids: int (rows,),
    the number of styles for none.  guidance_scale: 1 for no guidance.  built_in: the network is told the scale and
    answers guided, in one branch.  words_refined: the embeddings have been through the network's own text layers.
    """

    embeddings: torch.Tensor
    mask: torch.Tensor
    style_ids: torch.Tensor
    guidance_scale: float
    built_in: bool = False
    words_refined: bool = False

    @property
    def branches(self) -> int:
        return 1 if self.built_in or self.guidance_scale == 1 else 2

    def arguments(self) -> dict[str, Any]:
        """What of it the transformer takes, under the transformer's names."""
        told: dict[str, Any] = {
            "encoder_hidden_states": self.embeddings,
            "encoder_attention_mask": self.mask,
            "style_ids": self.style_ids,
        }
        if self.built_in:
            told["guidance"] = torch.full((len(self.embeddings),), self.guidance_scale, device=self.embeddings.device)
        if self.words_refined:
            told["words_refined"] = True
        return told

    @staticmethod
    def join(parts: Sequence["Conditioning"]) -> "Conditioning":
        """That of several images, which share guidance, its way and their number of tokens, as one."""
        first = parts[0]

        def joined(name):
            rows = [getattr(part, name).unflatten(0, (first.branches, -1)) for part in parts]
            return torch.cat(rows, dim=1).flatten(0, 1)

        embeddings, mask, style_ids = (joined(name) for name in ("embeddings", "mask", "style_ids"))
        return Conditioning(embeddings, mask, style_ids, first.guidance_scale, first.built_in, first.words_refined)


def has_guidance_built_in(transformer: ModelMixin) -> bool:
    return transformer.config.get("guidance_range") is not None


def branches(settings: GenerationSettings, transformer: ModelMixin) -> int:
    """How many answers of the network guidance needs: a scale of 1 leaves nothing of the negative one, and a network
    with guidance built in needs it only where something is said not to be there."""
    if settings.guidance_scale == 1 or (has_guidance_built_in(transformer) and not settings.negative_prompt):
        return 1
    return 2


def encode(text_encoder: Callable, settings: Sequence[GenerationSettings], transformer: ModelMixin) -> Conditioning:
    """The conditioning of images that share guidance and its way, on the transformer's device and in its dtype.

    text_encoder: as `lit.models.text.TextEncoder`.
    """
    negative = [one.negative_prompt for one in settings] * (branches(settings[0], transformer) - 1)
    embeddings, mask = encode_words(text_encoder, negative + [one.prompt for one in settings])
    return condition(embeddings, mask, settings, transformer)


def encode_words(text_encoder: Callable, prompts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings (prompts, tokens, width) and mask (prompts, tokens) of prompts whose words may have weights, as in
    "a (blue:1.3) cat", and which may be blends; of others they are the text encoder's own, to the byte.

    A blend has the tokens of all its prompts behind one another, those of each times

        (share / largest share)^1/4,

    so that cross-attention finds less to answer where the share is less. Tried beside it, and worse to look at: the
    mean of the embeddings, of which a cat and a robot become a thing that is neither; the mean of the network's
    answers, which lays two pictures over each other; and prompts that take turns at the steps.
    """
    encoded = [_encode_prompt(text_encoder, prompt) for prompt in prompts]
    most = max(len(mask) for _, mask in encoded)
    embeddings = [F.pad(one, (0, 0, 0, most - len(one))) for one, _ in encoded]
    return torch.stack(embeddings), torch.stack([F.pad(mask, (0, most - len(mask))) for _, mask in encoded])


def _encode_prompt(text_encoder, prompt):
    """(tokens, width) and (tokens,)."""
    parts = parts_of(prompt)
    weighted = [parse_weights(part.prompt) for part in parts]
    embeddings, mask = text_encoder([one.text for one in weighted])
    if any(one.spans for one in weighted):
        weights = torch.stack([token_weights(one.text, one.spans) for one in weighted])
        embeddings = emphasize(embeddings, mask, weights)
    if len(parts) > 1:
        shares = torch.tensor([part.share for part in parts])
        scales = (shares / shares.max()) ** BLEND_POWER
        embeddings = embeddings * scales.to(embeddings)[:, None, None]
    return embeddings.flatten(0, 1), mask.flatten()


def condition(
    embeddings: torch.Tensor, mask: torch.Tensor, settings: Sequence[GenerationSettings], transformer: ModelMixin
) -> Conditioning:
    """`encode` of what is encoded already: embeddings (rows, tokens, width) and mask (rows, tokens), of one branch or
    of two."""
    styles, device = list(transformer.config.styles), transformer.device
    style_ids = [len(styles)] * (len(embeddings) - len(settings))  # a negative prompt has no style
    style_ids += [len(styles) if one.style is None else styles.index(one.style) for one in settings]
    embeddings, mask = embeddings.to(device, transformer.dtype), mask.to(device)
    has_text_layers = bool(transformer.config.get("text_layers"))
    return Conditioning(
        refine(transformer, embeddings, mask) if has_text_layers else embeddings,
        mask,
        torch.tensor(style_ids, device=device),
        settings[0].guidance_scale,
        built_in=has_guidance_built_in(transformer) and len(embeddings) == len(settings),
        words_refined=has_text_layers,
    )


@torch.no_grad()
def refine(transformer: ModelMixin, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Embeddings (rows, tokens, width) through the network's own text layers, the prompts of a blend each alone."""
    tokens = embeddings.shape[1]
    prompt = tokens if tokens % MAX_TOKENS else MAX_TOKENS
    words, present = embeddings.unflatten(1, (-1, prompt)).flatten(0, 1), mask.unflatten(1, (-1, prompt)).flatten(0, 1)
    return transformer.refine(words, present).view_as(embeddings)


def noise(seeds: Sequence[int | torch.Generator], shape: Sequence[int], device: torch.device | str) -> torch.Tensor:
    """Float32 (images, *shape), each from a generator of its own on the CPU: the same on every device.

    seeds: one an image; a generator of torch's is drawn from as it stands, on its own device.
    """
    generators = [seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed) for seed in seeds]
    drawn = [
        torch.randn(tuple(shape), generator=generator, device=generator.device).to(device) for generator in generators
    ]
    return torch.stack(drawn)


def noise_of(settings: Sequence[GenerationSettings], shape: Sequence[int], device: torch.device | str) -> torch.Tensor:
    """The noise of images, float32 (images, *shape): each its seed's, on its way to its variations' in turn.

        n'' = sqrt(1 - a^2) n + a n',   a = the strength of a variation, n' its seed's

    which has the variance of n; at a = 0 it is n and at a = 1 it is n', to the byte. The same on every device.
    """
    own = noise([one.seed for one in settings], shape, "cpu")
    for i, one in enumerate(settings):
        for seed, strength in one.variations:
            own[i] = _towards(own[i], noise([seed], shape, "cpu")[0], strength)
    return own.to(device)


def _towards(own: torch.Tensor, other: torch.Tensor, strength: float) -> torch.Tensor:
    added = torch.tensor(strength, dtype=torch.float64)
    kept = (1 - added**2).sqrt()
    return other if kept == 0 else own if added == 0 else kept.float() * own + added.float() * other


def predict(
    transformer: ModelMixin, latents: torch.Tensor, times: Mapping[str, torch.Tensor], conditioning: Conditioning
) -> torch.Tensor:
    """What the network predicts of the latents, guided, in their shape and dtype: all branches in one batch.

    latents: (images, channels, height, width).  times: as `lit.sampling.solvers.times` gives them.
    """
    rows = latents.repeat(conditioning.branches, 1, 1, 1)
    output = transformer(
        rows.to(transformer.dtype),
        **{name: time.to(latents.device).expand(len(rows)) for name, time in times.items()},
        **conditioning.arguments(),
        return_dict=False,
    )[0].to(latents.dtype)
    # Without the variance that a model of noise predicts too.
    output = output[:, : latents.shape[1]]
    return output if conditioning.branches == 1 else guide(output, conditioning.guidance_scale)


def guide(output: torch.Tensor, guidance_scale: float) -> torch.Tensor:
    """Classifier-free guidance (arXiv 2207.12598): o = o_negative + scale (o_positive - o_negative).

    output: (2 x images, ...), the negative branch first -> (images, ...).
    """
    negative, positive = output.chunk(2)
    return negative + guidance_scale * (positive - negative)
