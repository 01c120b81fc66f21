"""What a caller may bring in place of words and seeds, under the names of diffusers' pipelines: checked, and put
into the jobs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from lit.errors import InputError
from lit.sampling.conditioning import branches, condition, encode_words, noise
from lit.sampling.run import Job
from lit.settings import SEEDS


@dataclass(frozen=True)
class PromptEmbeds:
    """Words as `LiTPipeline.encode_prompt` encodes them: embeddings (prompts, tokens, width) with their masks
    (prompts, tokens), and both of the negative prompts, or None where those are words."""

    embeds: torch.Tensor
    mask: torch.Tensor
    negative: tuple[torch.Tensor, torch.Tensor] | None = None

    @staticmethod
    def checked(
        prompt: str | Sequence[str] | None,
        negative_prompt: str,
        prompt_embeds: torch.Tensor | None,
        prompt_attention_mask: torch.Tensor | None,
        negative_prompt_embeds: torch.Tensor | None,
        negative_prompt_attention_mask: torch.Tensor | None,
        width: int,
    ) -> "PromptEmbeds | None":
        """What was given instead of words, or None for words. Raises InputError for both, neither, or a misfit.

        width: channels of an embedding that the model takes.
        """
        if (prompt is None) == (prompt_embeds is None):
            both = "a prompt beside them" if prompt is not None else None
            raise InputError("prompt_embeds", both, "either a prompt or its embeddings")
        if negative_prompt_embeds is not None and (negative_prompt or prompt_embeds is None):
            which = "a negative prompt beside them" if negative_prompt else "no prompt_embeds beside them"
            raise InputError("negative_prompt_embeds", which, "embeddings of both prompts, or words")
        positive = _checked_pair("prompt", prompt_embeds, prompt_attention_mask, width)
        negative = _checked_pair("negative_prompt", negative_prompt_embeds, negative_prompt_attention_mask, width)
        if positive is None:
            return None
        if negative is not None and negative[0].shape != positive[0].shape:
            shape = tuple(positive[0].shape)
            raise InputError("negative_prompt_embeds", tuple(negative[0].shape), f"the shape {shape}")
        return PromptEmbeds(*positive, negative)

    def put_into(self, jobs: list[Job], text_encoder, transformer) -> list[Job]:
        """The jobs with these embeddings, as many jobs for each prompt. Their settings have no words left."""
        each, found = len(jobs) // len(self.embeds), []
        for i, job in enumerate(jobs):
            row = slice(i // each, i // each + 1)
            embeds, mask = self.embeds[row].detach(), self.mask[row]
            if job.settings.guidance_scale != 1 and (
                self.negative is not None or branches(job.settings, transformer) == 2
            ):
                if self.negative is None:
                    negative, negative_mask = encode_words(text_encoder, [job.settings.negative_prompt])
                else:
                    negative, negative_mask = (part[row] for part in self.negative)
                if negative.shape != embeds.shape:
                    expected = f"{embeds.shape[1]} tokens, as prompt_embeds; give negative_prompt_embeds too"
                    raise InputError("negative_prompt", f"{negative.shape[1]} tokens", expected)
                embeds = torch.cat([negative.to(embeds), embeds])
                mask = torch.cat([negative_mask.to(mask), mask])
            conditioning = condition(embeds, mask, [job.settings], transformer)
            found.append(replace(job, settings=replace(job.settings, prompt=""), conditioning=conditioning))
        return found


def _checked_pair(name, embeds, mask, width) -> tuple[torch.Tensor, torch.Tensor] | None:
    if embeds is None:
        if mask is not None:
            raise InputError(f"{name}_attention_mask", "a mask alone", f"a mask with {name}_embeds")
        return None
    fits = isinstance(embeds, torch.Tensor) and embeds.is_floating_point() and embeds.ndim == 3 and len(embeds)
    if not fits or embeds.shape[2] != width:
        raise InputError(f"{name}_embeds", _said(embeds), f"floating-point numbers (prompts, tokens, {width})")
    if not isinstance(mask, torch.Tensor) or mask.shape != embeds.shape[:2]:
        expected = f"a mask {tuple(embeds.shape[:2])}, true where a token is, as encode_prompt gives it"
        raise InputError(f"{name}_attention_mask", _said(mask), expected)
    return embeds, mask


def put_noise_into(
    jobs: list[Job],
    shape: Sequence[int],
    seed: int | None,
    latents: torch.Tensor | None,
    generator: torch.Generator | Sequence[torch.Generator] | None,
) -> list[Job]:
    """The jobs with this noise: latents (images, *shape), or what generators draw, one for all or one an image.

    Their settings keep a seed where it alone draws the same noise, that is of a CPU generator from which nothing
    has been drawn yet; else it becomes None. Without latents and generators the jobs stay as they are.
    Raises InputError for more than one source of noise, and for what does not fit the jobs.
    """
    given = {"seed": seed, "latents": latents, "generator": generator}
    given = [name for name, value in given.items() if value is not None]
    if len(given) > 1:
        raise InputError(given[1], f"{given[0]} beside it", "one of seed, latents and generator")
    if given and given != ["seed"] and jobs[0].settings.variations:
        strength = jobs[0].settings.variation_strength
        raise InputError("variation_strength", strength, f"0 with {given[0]}: a variation is one of a seed's picture")
    if latents is not None:
        wanted = (len(jobs), *shape)
        if not isinstance(latents, torch.Tensor) or latents.shape != wanted or not latents.is_floating_point():
            raise InputError("latents", _said(latents), f"floating-point noise {wanted}")
        rows = latents.detach().float().split(1)
        return [_with_noise(job, row, None) for job, row in zip(jobs, rows, strict=True)]
    if generator is None:
        return jobs
    generators = [generator] * len(jobs) if isinstance(generator, torch.Generator) else list(generator)
    if len(generators) != len(jobs) or not all(isinstance(one, torch.Generator) for one in generators):
        got = f"{len(generators)} of them" if len(generators) != len(jobs) else "something else in the list"
        raise InputError("generator", got, f"a torch.Generator, or a list of {len(jobs)}, one an image")
    found = []
    for job, one in zip(jobs, generators, strict=True):
        kept = seed_of(one)  # before it is drawn from
        found.append(_with_noise(job, noise([one], shape, "cpu"), kept))
    return found


def seed_of(generator: torch.Generator) -> int | None:
    """The seed of which this generator is about to draw the noise; None if no seed of ours draws it."""
    seed = generator.initial_seed()
    if generator.device.type != "cpu" or not SEEDS[0] <= seed <= SEEDS[1]:
        return None
    fresh = torch.Generator().manual_seed(seed)
    return seed if torch.equal(generator.get_state(), fresh.get_state()) else None


def _with_noise(job, row, seed):
    return replace(job, noise=row, settings=replace(job.settings, seed=seed))


def _said(value):
    return tuple(value.shape) if isinstance(value, torch.Tensor) else value
