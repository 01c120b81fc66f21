"""What other studios write into their PNGs, as words and a seed for this one.

Their steps, sizes and guidance are for other models and would draw nothing good here, so they are left where they are.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lit.settings.generation import SEEDS

LONGEST = 2000  # characters of a prompt
FARTHEST = 100  # nodes of a ComfyUI graph between a sampler and its words
SAMPLERS = 50  # of a ComfyUI graph whose words are looked for
ADAPTERS = re.compile(r"<(?:lora|lyco|hypernet):[^>]*>")


@dataclass(frozen=True)
class Foreign:
    """source: the studio.  seed: None where it says none that this one has."""

    source: str
    prompt: str
    negative_prompt: str
    seed: int | None


def read_foreign(texts: Mapping[str, str]) -> Foreign | None:
    """What the texts of a PNG say, None where no known studio wrote a prompt there. texts: as `read_texts` has them."""
    for key, reader in READERS.items():
        if key in texts and (found := reader(texts[key])) is not None and found.prompt:
            return found
    return None


def a1111(text: str) -> Foreign | None:
    """`parameters` of AUTOMATIC1111, Forge, SD.Next and Fooocus:

    words, over several lines
    Negative prompt: others
    Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x512, ...
    """
    if text.lstrip().startswith("{"):  # Fooocus' own scheme, which is JSON
        values = _json(text)
        if not isinstance(values, dict):
            return None
        return _foreign("Fooocus", values.get("prompt"), values.get("negative_prompt"), values.get("seed"))
    lines = text.strip().split("\n")
    settings = lines.pop() if lines and re.search(r"(^|, )Steps: \d+", lines[-1]) else ""
    words = "\n".join(lines)
    prompt, _, negative = words.partition("Negative prompt:")
    seed = re.search(r"\bSeed: (\d{1,20})\b", settings)
    return _foreign("A1111", prompt, negative, int(seed[1]) if seed else None)


def invoke(text: str) -> Foreign | None:
    """`invokeai_metadata` of InvokeAI 3 and later."""
    values = _json(text)
    if not isinstance(values, dict):
        return None
    return _foreign("InvokeAI", values.get("positive_prompt"), values.get("negative_prompt"), values.get("seed"))


def invoke_2(text: str) -> Foreign | None:
    """`sd-metadata` of InvokeAI 2: the words in front, what should not be in it [in brackets]."""
    values = _json(text)
    image = values.get("image") if isinstance(values, dict) else None
    if not isinstance(image, dict):
        return None
    prompt = image.get("prompt")
    if isinstance(prompt, list) and prompt and isinstance(prompt[0], dict):
        prompt = prompt[0].get("prompt")
    if not isinstance(prompt, str):
        return None
    negative = " ".join(re.findall(r"\[([^\[\]]*)\]", prompt))
    return _foreign("InvokeAI", re.sub(r"\[[^\[\]]*\]", "", prompt), negative, image.get("seed"))


def comfy(text: str) -> Foreign | None:
    """`prompt` of ComfyUI: a graph {id: {"class_type", "inputs"}}, an input being a value or [id, output].

    The words are those that lead to the `positive` of the first node that has one, which is a sampler.
    """
    graph = _json(text)
    if not isinstance(graph, dict):
        return None
    nodes = {str(key): inputs for key, node in graph.items() if (inputs := _inputs(node))}
    samplers = [inputs for inputs in nodes.values() if {"positive", "negative"} & set(inputs)]
    for inputs in samplers[:SAMPLERS]:
        prompt, negative = (_words(nodes, inputs.get(name), set()) for name in ("positive", "negative"))
        if prompt:
            seed = _number(nodes, inputs.get("seed", inputs.get("noise_seed")), set())
            return _foreign("ComfyUI", prompt, negative, seed)
    return None


# Keyword of the text chunk. A1111's last: others write it beside their own.
READERS = {"invokeai_metadata": invoke, "sd-metadata": invoke_2, "prompt": comfy, "parameters": a1111}


def _inputs(node):
    inputs = node.get("inputs") if isinstance(node, dict) else None
    return inputs if isinstance(inputs, dict) else None


def _linked(nodes, value, seen):
    """The inputs of the node that a link names; None for what is no link, leads where one has been, or too far."""
    key = str(value[0]) if isinstance(value, list) and value else None
    if key is None or key in seen or len(seen) >= FARTHEST:
        return None
    seen.add(key)
    return nodes.get(key)


def _words(nodes, value, seen) -> str:
    """The text at the end of a link: the encoder's, or what is given to it."""
    if isinstance(value, str):
        return value
    inputs = _linked(nodes, value, seen)
    if inputs is None:
        return ""
    names = ("text", "text_g", "text_l", "t5xxl", "clip_l", "string", "value", "prompt", "conditioning", "positive")
    return next((words for name in names if (words := _words(nodes, inputs.get(name), seen))), "")


def _number(nodes, value, seen):
    while isinstance(value, list):
        inputs = _linked(nodes, value, seen) or {}
        value = next((inputs[name] for name in ("seed", "noise_seed", "value", "int") if name in inputs), None)
    return value


def _foreign(source, prompt, negative, seed) -> Foreign | None:
    if not isinstance(prompt, str):
        return None
    if isinstance(seed, str) and re.fullmatch(r"\d{1,20}", seed):
        seed = int(seed)
    if not isinstance(seed, int) or isinstance(seed, bool) or not SEEDS[0] <= seed <= SEEDS[1]:
        seed = None
    negative = negative if isinstance(negative, str) else ""
    return Foreign(source, _cleaned(prompt), _cleaned(negative), seed)


def _cleaned(words):
    """In one line, without what names other models' parts, and with whole characters only."""
    words = ADAPTERS.sub("", words[: 4 * LONGEST]).encode("utf-8", "ignore").decode()
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())[:LONGEST]


def _json(text):
    """None for what is no JSON, NaN being none."""

    def refuse(name):
        raise ValueError(name)

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
