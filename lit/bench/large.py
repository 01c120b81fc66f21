"""What linear attention is worth in large networks of other people: SANA's exchanged for ours, PixArt-Sigma's softmax
for LiT's. Real shapes, random weights, nothing downloaded; pictures are another matter."""

import functools
import gc
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from torch import nn

from lit.bench.timing import median_ratio, milliseconds, seconds
from lit.linearize.costs import free_memory
from lit.linearize.host import Host
from lit.linearize.keys import millions
from lit.linearize.self_attentions import SelfAttentions
from lit.linearize.teacher import adapter
from lit.sheets import markdown_table
from lit_kernels.bench import timing

SIZES = (1024, 2048)  # pixels a side
BATCH = 2  # with guidance
WAYS = ("stock", "ours", "without")  # the last: blocks whose self-attention does nothing, below which none comes
HELD = 24  # tensors of a block's tokens that live at once, at most: what a machine's memory is asked for beforehand
MARKS = "<!-- made by python -m lit bench large -->", "<!-- to here -->"


@dataclass(frozen=True)
class Model:
    """architecture: the class's name, by which its adapter is found.  config: its arguments, as on the hub."""

    architecture: str
    config: Mapping[str, object]

    def sized(self, side: int) -> dict:
        """The config for latents of `side` a side, positions spaced as the model's own of that size."""
        scaled = {"interpolation_scale": max(1, side // 64)} if self.architecture.startswith("PixArt") else {}
        return {**self.config, "sample_size": side, **scaled}


SANA = {
    "in_channels": 32, "out_channels": 32, "attention_head_dim": 32, "caption_channels": 2304, "mlp_ratio": 2.5,
    "patch_size": 1,
}  # fmt: skip
MODELS = {
    "SANA 0.6B": Model(
        "SanaTransformer2DModel",
        SANA | {
            "num_layers": 28, "num_attention_heads": 36, "num_cross_attention_heads": 16,
            "cross_attention_head_dim": 72, "cross_attention_dim": 1152,
        },
    ),
    "SANA 1.6B": Model(
        "SanaTransformer2DModel",
        SANA | {
            "num_layers": 20, "num_attention_heads": 70, "num_cross_attention_heads": 20,
            "cross_attention_head_dim": 112, "cross_attention_dim": 2240,
        },
    ),
    "PixArt-Sigma": Model(
        "PixArtTransformer2DModel",
        {
            "num_layers": 28, "num_attention_heads": 16, "attention_head_dim": 72, "in_channels": 4, "out_channels": 8,
            "cross_attention_dim": 1152, "caption_channels": 4096, "patch_size": 2, "use_additional_conditions": False,
        },
    ),
}  # fmt: skip
TINY = {
    "SANA 0.6B": {
        "num_layers": 1, "num_attention_heads": 2, "num_cross_attention_heads": 2, "cross_attention_head_dim": 32,
        "cross_attention_dim": 64, "caption_channels": 16,
    },
    "PixArt-Sigma": {
        "num_layers": 1, "num_attention_heads": 2, "attention_head_dim": 16, "cross_attention_dim": 32,
        "caption_channels": 16,
    },
}  # fmt: skip
SMOKE = {name: Model(MODELS[name].architecture, {**MODELS[name].config, **tiny}) for name, tiny in TINY.items()}


class NoAttention:
    """A self-attention that gives back what it is given: what a block takes besides."""

    def __call__(self, attn: nn.Module, hidden_states: torch.Tensor, **told: object) -> torch.Tensor:
        return hidden_states


def measure(model: Model, size: int, device: torch.device, dtype: torch.dtype, repeats: int = 10) -> dict:
    """A row: {"parameters", "seconds": {way: median}, "ratio": stock to ours, turn by turn, "difference", and on a card
    "card": {way: median} and "memory": {way: bytes at most}} of one evaluation of two pictures of `size` pixels a side,
    told 300 words, in turns; or {"parameters", "why"} where memory does not suffice. difference: of the two
    predictions, as a share of the greatest value, where both compute the same.  card: seconds without the processor
    that launches, by a CUDA graph."""
    found = adapter(model.architecture)
    side = size // found.downscale
    with torch.device("meta"):
        blank = found.network.from_config(model.sized(side))
    row: dict = {"parameters": sum(one.numel() for one in blank.parameters())}
    free, need = free_memory(), _need(blank, side, dtype)
    if free is not None and need > free:
        return row | {"why": f"needs some {need / 2**30:.0f} GiB, {free / 2**30:.0f} GiB are free"}
    try:
        return row | _measured(found, model.sized(side), side, device, dtype, repeats)
    except torch.OutOfMemoryError:
        return row | {"why": f"out of memory: {free / 2**30:.0f} GiB were free" if free else "out of memory"}
    finally:
        gc.collect()  # networks and their hooks hold each other
        if device.type == "cuda":
            torch.cuda.empty_cache()


def _need(blank, side, dtype) -> int:
    """Bytes: weights as they are made, in float32, and what lives of two pictures' tokens."""
    tokens = BATCH * (side // blank.config.patch_size) ** 2
    width = blank.transformer_blocks[0].attn1.to_q.in_features
    return 4 * sum(one.numel() for one in blank.parameters()) + HELD * tokens * width * dtype.itemsize


@torch.inference_mode()
def _measured(found, config, side, device, dtype, repeats) -> dict:
    torch.manual_seed(0)
    with torch.device(device):
        transformer = found.network.from_config(config)
    for one in transformer.parameters():  # as built, the last layers are zero and nothing would depend on the others
        if one.ndim > 1:
            nn.init.normal_(one, std=one[0].numel() ** -0.5)
    host = Host(nn.Module.to(transformer, dtype), found)  # diffusers' own warns of the cast
    ours = SelfAttentions(transformer.__class__.__name__) if found.linear else SelfAttentions.of(transformer)
    ours = ours.to(device, dtype).eval()
    hosts = {"stock": host, "ours": host.with_mounted(ours), "without": host.with_mounted(SelfAttentions())}
    for block in hosts["without"].transformer.transformer_blocks:
        block.attn1.set_processor(NoAttention())
    told = [torch.randn(one.shape).to(device, dtype) for one in found.example(transformer.config, BATCH, side)]
    told[1], told[-1] = torch.full((BATCH,), 500.0, device=device), torch.ones_like(told[-1])  # a time; all words heard
    calls: dict[str, Callable] = {name: functools.partial(_ask, hosts[name], told) for name in WAYS}
    made = {name: calls[name]() for name in WAYS}
    taken = seconds(calls, repeats)
    row: dict = {
        "seconds": {name: median(times) for name, times in taken.items()},
        "ratio": median_ratio(taken["stock"], taken["ours"]),
    }
    if found.linear:
        row["difference"] = ((made["stock"] - made["ours"]).abs().max() / made["stock"].abs().max()).item()
    if device.type == "cuda":
        beside = sum(one.nbytes for one in ours.parameters())  # which the stock network would not hold
        row["memory"] = {name: _peak(calls[name]) - (beside if name != "ours" else 0) for name in WAYS}
        row["card"] = _replayed(hosts, told)
    return row


def _ask(host, told):
    made = host(*told)[0]
    if made.is_cuda:
        torch.cuda.synchronize()
    return made


def _replayed(hosts, told) -> dict[str, float]:
    """Seconds of each way, its work recorded once and launched as a whole, in turns."""
    runs = [timing.prepare(lambda *told, host=hosts[name]: host(*told)[0], [told]) for name in WAYS]
    return {name: taken / 1000 for name, taken in zip(WAYS, timing.in_turn(runs, seconds=1.0), strict=True)}


def _peak(call) -> int:
    torch.cuda.reset_peak_memory_stats()
    call()
    return torch.cuda.max_memory_allocated()


def run(
    file: Path,
    models: Mapping[str, Model],
    sizes: tuple[int, ...],
    device: torch.device,
    dtype: torch.dtype,
    name: str,
    within: float,
    repeats: int = 10,
) -> Iterator[str]:
    """Measure what `file` has not of the device called `name` yet, and put it there row by row, for so many seconds;
    yields what is being measured, and at last what is left."""
    began, left = time.monotonic(), []
    rows = read(file)
    for title, size in ((title, size) for size in sizes for title in models):
        if any((row["device"], row["model"], row["pixels"]) == (name, title, size) for row in rows):
            continue
        if time.monotonic() - began > within:
            left.append(f"{title} at {size} px")
            continue
        yield f"{title}, {size} px"
        about = {"device": name, "model": title, "pixels": size, "precision": str(dtype).removeprefix("torch.")}
        rows.append(about | measure(models[title], size, device, dtype, repeats))
        part = file.with_name(f"{file.name}.part")
        part.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        os.replace(part, file)
    if left:
        yield f"left, for the same command: {', '.join(left)}"


def read(file: Path) -> list[dict]:
    """The rows of a file, none where there is no such file."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []


def table(rows: list[dict]) -> str:
    """Markdown: a table a device."""
    parts = []
    for device in dict.fromkeys(row["device"] for row in rows):
        of_it = [row for row in rows if row["device"] == device]
        remembered, replayed = (any(name in row for row in of_it) for name in ("memory", "card"))
        head = ["", "px", "stock, ms", "ours, ms", "stock / ours", "without self-attention, ms"]
        head += ["the card alone: stock, ms", "ours, ms", "stock / ours", "without, ms"] if replayed else []
        head += ["the two differ by"]
        head += ["stock, GiB", "ours, GiB"] if remembered else []
        body = [_cells(row, remembered, replayed) for row in of_it]
        about = f"{device}, {of_it[0]['precision']}, two pictures told 300 words, one evaluation, medians in turns:"
        parts += [about, markdown_table(head, body)]
    return "\n\n".join(parts)


def _cells(row, remembered, replayed) -> list[str]:
    cells = [f"{row['model']}, {millions(row['parameters'])}", str(row["pixels"])]
    if "why" in row:
        return [*cells, row["why"], *[""] * (4 + 4 * replayed + 2 * remembered)]
    cells += _times(row["seconds"], row["ratio"])
    if replayed:
        card = row.get("card")
        cells += _times(card, card["stock"] / card["ours"]) if card else 4 * [""]
    cells += [f"{row['difference']:.1e}" if "difference" in row else "fresh mixers"]
    memory = row.get("memory", {})
    return cells + [f"{memory[way] / 2**30:.2f}" if memory else "" for way in ("stock", "ours")] * remembered


def _times(seconds, ratio) -> list[str]:
    stock, ours, without = (milliseconds([seconds[way]]) for way in WAYS)
    return [stock, ours, f"{ratio:.2f}", without]


def write(page: Path, rows: list[dict]):
    """The table between the marks of a page, at its end where it has none yet."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if MARKS[0] not in text:
        text = f"{text}\n{MARKS[0]}\n{MARKS[1]}\n".lstrip("\n")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1], 1)[1]
    page.write_text(f"{before}{MARKS[0]}\n\n{table(rows)}\n\n{MARKS[1]}{after}", encoding="utf-8")
