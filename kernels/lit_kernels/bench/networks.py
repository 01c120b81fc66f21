"""Whole diffusion transformers with random weights, for the bench: what an operator's speed means for an image."""

import functools
import math

import torch
import torch.nn.functional as F
from torch import nn

from ..linear_attention import linear_attention_dwconv
from . import timing
from .table import markdown

# name: width, layers, heads with linear attention, heads with softmax (LiT, arXiv 2501.12976)
SIZES = {"LiT-S/2": (384, 12, 2, 6), "LiT-XL/2": (1152, 28, 6, 16)}
PIXELS = (512, 1024, 2048, 4096)  # a token is 16 x 16 pixels: autoencoder 8, patch 2
BATCH = 2  # one image, with and without its condition


class Block(nn.Module):
    """DiT's block; `mixer` is "lit", "softmax", or "none", which passes the values through."""

    def __init__(self, width, heads, mixer):
        super().__init__()
        self.heads, self.mixer = heads, mixer
        self.modulation = nn.Linear(width, 6 * width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dwc = nn.Conv2d(width // heads, width // heads, 5, padding=2, groups=width // heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))

    def forward(self, x, condition, grid):
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self.modulation(condition)[:, None].chunk(6, dim=-1)
        normed = F.layer_norm(x, x.shape[-1:]) * (1 + scale_a) + shift_a  # (batch, tokens, width)
        q, k, v = self.qkv(normed).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        if self.mixer == "lit":
            v = linear_attention_dwconv(q, k, v, self.dwc.weight, self.dwc.bias, grid)
        elif self.mixer == "softmax":
            v = F.scaled_dot_product_attention(q, k, v)
        x = x + gate_a * self.proj(v.transpose(1, 2).flatten(2))
        normed = F.layer_norm(x, x.shape[-1:]) * (1 + scale_m) + shift_m
        return x + gate_m * self.mlp(normed)


def prepare(size, mixer, side, device, dtype, dry):
    """(what runs the network once on side x side tokens, see `timing.prepare`; its bytes at most)."""
    width, layers, lit_heads, softmax_heads = size
    heads = softmax_heads if mixer == "softmax" else lit_heads
    before = torch.cuda.memory_allocated() if device.type == "cuda" else 0
    with torch.device(device):
        blocks = [Block(width, heads, mixer).to(dtype).eval().requires_grad_(False) for _ in range(layers)]
        x, condition = torch.randn(BATCH, side**2, width, dtype=dtype), torch.randn(BATCH, width, dtype=dtype)
    # One compilation serves all layers; without it, the time between the operators would hide theirs.
    step = torch.compile(Block.forward, fullgraph=True, dynamic=False, backend="eager" if dry else "inductor")

    def network(x, condition):
        for block in blocks:
            x = step(block, x, condition, (side, side))
        return x

    peak = 0
    if device.type == "cuda":
        network(x, condition)  # compiles and tunes, which takes memory of its own
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        network(x, condition)
        torch.cuda.synchronize()
        peak = torch.cuda.max_memory_allocated() - before
    return timing.prepare(network, [[x, condition]]), peak


def table(device, dtype, dry):
    rows, notes = [], []
    sizes = {"tiny": (32, 1, 1, 1)} if dry else SIZES
    pixels = (32, 48) if dry else PIXELS
    for name, size in sizes.items():
        lit_times = []
        for px in pixels:
            torch.compiler.reset()  # a shape of its own each time, so that none is compiled as dynamic
            side = px // 16
            one = functools.partial(prepare, size, side=side, device=device, dtype=dtype, dry=dry)
            runs, peaks = zip(*(one(mixer) for mixer in ("lit", "softmax", "none")), strict=True)
            lit, softmax, none = timing.in_turn(runs)
            lit_peak, softmax_peak, _ = peaks
            lit_times.append((math.log(side**2), math.log(lit)))
            rows.append({
                "network": name, "px": px, "tokens": side**2, "LiT, ms": f"{lit:.2f}", "SDPA, ms": f"{softmax:.2f}",
                "without attention, ms": f"{none:.2f}", "SDPA / LiT": f"{softmax / lit:.1f}",
                "LiT / without": f"{lit / none:.2f}", "LiT, GB": f"{lit_peak / 2**30:.2f}",
                "SDPA, GB": f"{softmax_peak / 2**30:.2f}",
            })  # fmt: skip
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
        (x0, y0), (x1, y1) = lit_times[0], lit_times[-1]
        span = f"{pixels[0]} to {pixels[-1]} px"
        notes.append(f"{name}, {span}: time grows as tokens to the power {(y1 - y0) / (x1 - x0):.2f}.")
    head = f"Networks with random weights, batch {BATCH}, {str(dtype)[6:]}, each block compiled, one CUDA graph."
    bars = "Bars: LiT / without 1.15 at most; the power 1.05 at most; SDPA / LiT of S/2 4 at 2048 px and 12 at 4096 px."
    return "\n\n".join([head, markdown(rows), " ".join([*notes, bars])])
