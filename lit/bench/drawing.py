"""What a sticker takes, and its parts: words, network, decoder, file."""

import itertools
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from lit.bench.timing import median_ratio, milliseconds, seconds
from lit.pipeline import LiTPipeline
from lit.reading.completion import complete
from lit.reading.reading import read
from lit.settings import GenerationSettings, write_picture
from lit.sheets import markdown_table

PROMPT = {"prompt": "a blue dragon with a hat", "style": "fluent-3d", "seed": 0, "output_scale": 1}
NUMBERS = itertools.count()  # words with one of them have not been encoded before
CLASSIC = 20  # guided Euler steps, two branches each: what few steps are compared with


def drawings(pipe: LiTPipeline, steps=(1, 2, 4, 8), repeats: int = 5, **settings) -> str:
    """Seconds of a whole sticker, words and decoding included, by the model's first scheduler, and as a draft; beside
    20 Euler steps with guidance by two branches, for which a negative prompt asks where it is built in.

    settings: of all of them, such as a size.
    """
    first = pipe.schedulers[0]
    ways = {
        f"{first}, {n}": (GenerationSettings(**PROMPT | settings, num_inference_steps=n, scheduler=first), False)
        for n in steps
    }
    if pipe.preview_decoder is not None:
        ways |= {f"{name}, draft": (one, True) for name, (one, _) in ways.items()}
    classic = f"flow-euler, {CLASSIC}, guided by two branches"
    euler = {"num_inference_steps": CLASSIC, "scheduler": "flow-euler", "negative_prompt": "a plate"}
    ways[classic] = (GenerationSettings(**PROMPT | settings | euler), False)
    taken = seconds({name: partial(draw, pipe, *way) for name, way in ways.items()}, repeats)
    rows = (
        (
            name,
            asked(pipe, ways[name][0]),
            f"{statistics.median(times):.3f}",
            f"1/{1 / median_ratio(times, taken[classic]):.1f}",
        )
        for name, times in taken.items()
    )
    return markdown_table(("scheduler, steps", "answers of the network", "seconds", "of the last row"), rows)


def draw(pipe: LiTPipeline, settings: GenerationSettings, draft: bool):
    """A sticker from words that were not asked for before."""
    anew = replace(settings, prompt=f"{settings.prompt} {next(NUMBERS)}")
    return pipe.start(anew, draft=draft).finish().images[0]


def asked(pipe: LiTPipeline, settings: GenerationSettings) -> int:
    """How many answers of the network a drawing takes: evaluations, times the branches of its guidance."""
    rows = []
    in_torch = pipe.with_networks(pipe.transformer, pipe.autoencoder)  # another runtime would not tell
    hook = pipe.transformer.register_forward_pre_hook(
        lambda module, inputs, named: rows.append(len(inputs[0] if inputs else named["hidden_states"])),
        with_kwargs=True,
    )
    try:
        in_torch.start(settings, output_type="latent").finish()
    finally:
        hook.remove()
    return sum(rows)


@torch.inference_mode()
def parts(pipe: LiTPipeline, side: int = 32, repeats: int = 5) -> str:
    """Milliseconds of what a sticker is made of. side: of the latents."""
    transformer, words = pipe.transformer, PROMPT["prompt"]
    batches = {rows: evaluation(transformer, rows, side) for rows in (1, 2)}
    latents = batches[1]["hidden_states"]
    settings, provenance = GenerationSettings(**PROMPT), pipe.provenance()
    with tempfile.TemporaryDirectory() as folder:
        image = draw(pipe, replace(settings, num_inference_steps=1), False)
        calls: dict[str, Callable] = {
            "reading, English": lambda: read(words),
            "reading, German": lambda: read("ein blauer Schmetterling"),
            "reading, 27 words of German": lambda: read("ein Hund und " * 9),
            "completion": lambda: complete("a cat with smi"),
            "text encoder, new words": lambda: pipe.text_encoder([f"{words} {next(NUMBERS)}"]),
            "text encoder, words of before": lambda: pipe.text_encoder([words]),
            "network, one branch": lambda: done(transformer(**batches[1], words_refined=True).sample),
            "network, two branches": lambda: done(transformer(**batches[2], words_refined=True).sample),
            "decoder": lambda: done(pipe.autoencoder.decode(latents)),
        }
        if pipe.preview_decoder is not None:
            calls["preview decoder"] = lambda: done(pipe.preview_decoder(latents))
        calls["preview"] = lambda: pipe.preview(latents)
        calls["PNG file"] = lambda: write_picture(image, settings, provenance, folder)
        taken = seconds(calls, repeats)
    return markdown_table(("part", "ms"), [(name, milliseconds(times)) for name, times in taken.items()])


def done(result: torch.Tensor):
    """Wait for it, wherever it is computed."""
    return result.sum().item()


def evaluation(network, rows: int, side: int, words: int = 32) -> dict[str, torch.Tensor]:
    """Inputs of one evaluation, by their names."""
    config = network.config
    torch.manual_seed(0)
    inputs = {
        "hidden_states": torch.randn(rows, config.in_channels, side, side).to(network.device, network.dtype),
        "timestep": torch.full((rows,), 500.0, device=network.device),
        "encoder_hidden_states": torch.randn(rows, words, config.caption_channels).to(network.device, network.dtype),
        "encoder_attention_mask": torch.arange(words, device=network.device).expand(rows, words) < words // 2,
        "style_ids": torch.zeros(rows, dtype=torch.long, device=network.device),
    }
    if config.prediction_type == "flow-map":
        inputs |= {"r_timestep": inputs["timestep"] / 2, "guidance": torch.full_like(inputs["timestep"], 4.0)}
    return inputs
