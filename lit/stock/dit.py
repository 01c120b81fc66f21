"""DiT (arXiv 2212.09748): pictures of a class, in the one size that it was trained for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lit.errors import InputError, Phrase
from lit.settings import GenerationSettings

if TYPE_CHECKING:
    from lit.stock.facts import Facts

LABEL = "DiT"
PARTS = {"transformer": ("DiTTransformer2DModel", "Transformer2DModel"), "vae": ("AutoencoderKL",)}
CLASSES, NEGATIVE, LATENTS, FLOW = True, False, False, False
GUIDANCE, STEPS = 4.0, 25


def sizes(configs: Mapping[str, Mapping]) -> tuple[int, int]:
    return configs["transformer"]["sample_size"] * 2 ** (len(configs["vae"]["block_out_channels"]) - 1), 0


def check(facts: "Facts", settings: GenerationSettings):
    names = facts.index.get("id2label")
    names = names if isinstance(names, dict) else {}
    labels = {name.strip(): int(number) for number, many in names.items() for name in str(many).split(",")}
    class_of(settings.prompt, labels, facts.configs["transformer"].get("num_embeds_ada_norm", 1000))


def told(pipe: Any, settings: GenerationSettings) -> dict:
    return {"class_labels": [class_of(settings.prompt, pipe.labels, pipe.transformer.config["num_embeds_ada_norm"])]}


def class_of(words: str, labels: Mapping[str, int], classes: int) -> int:
    """The number of a class, from itself or one of its names, whatever their capitals. Raises InputError."""
    asked = " ".join(words.split()).lower()
    known = {name.lower(): number for name, number in labels.items()}
    # A class has several names with commas between them, and may be asked for by all.
    for name in (asked, asked.partition(",")[0].strip()):
        if name in known:
            return known[name]
    if asked.isdecimal() and int(asked) < classes:
        return int(asked)
    if not known:
        raise InputError(
            "prompt", words, Phrase("a class of this model, by its number from 0 to {last}", last=classes - 1)
        )
    near = [name for name in labels if asked and asked in name.lower()] or list(labels)
    expected = Phrase(
        "a class of this model, by its number from 0 to {last} or its name, such as {names}",
        last=classes - 1,
        names=", ".join(near[:3]),
    )
    raise InputError("prompt", words, expected)
