"""The same small network around every mixer: sequences of symbols in, a class out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from lit.errors import InputError
from lit.models.mixers import TOKEN_MIXERS, TokenMixer, make_mixers
from lit.models.mixers.heads import merge_heads


class ConvolutionMixer(TokenMixer):
    """What a short depth-wise convolution of the values does alone: the floor for whatever claims to look far."""

    def __init__(self, width: int, heads: int, layer: int = 0, depth: int = 1, *, side: int = 5):
        super().__init__(width, heads, layer, depth)
        self.convolution = nn.Conv2d(width, width, side, padding="same", groups=width)

    def mix(self, q, k, v, grid):
        image = self.convolution(merge_heads(v).transpose(1, 2).unflatten(2, grid))
        return image.flatten(2).unflatten(1, (v.shape[1], -1)).transpose(2, 3)


@dataclass(frozen=True)
class Contender:
    """A row of the bench. mixer: of `TOKEN_MIXERS`, or "convolution".  two_dimensional: it sees a picture's grid, which
    Long Range Arena forbids, so it stands apart.  states: of head_dim x head_dim numbers a head that a layer keeps of
    all tokens; 0 where it keeps the tokens."""

    mixer: str
    arguments: Mapping = field(default_factory=dict)
    two_dimensional: bool = False
    states: int = 1


CONTENDERS: dict[str, Contender] = {
    "softmax": Contender("softmax", states=0),
    "lit": Contender("lit"),
    "transnormer": Contender("transnormer"),
    "deltanet": Contender("deltanet", {"order": "rows"}, states=2),
    "deltanet-lines": Contender("deltanet", {"form": "lines"}, two_dimensional=True, states=2),
    "liger": Contender("liger"),
    "liger-scan": Contender("liger", {"form": "scan"}, states=2),
    "lolcats": Contender("lolcats", {"window_dropout": 0.25}),
    "convolution": Contender("convolution", states=0),
    "lit-2d": Contender("lit", two_dimensional=True),
    "transnormer-2d": Contender("transnormer", two_dimensional=True),
    "lolcats-2d": Contender("lolcats", {"window_dropout": 0.25}, two_dimensional=True),
}


@dataclass(frozen=True)
class Size:
    """Of the network: the same for every contender."""

    width: int = 128
    heads: int = 4
    layers: int = 4
    mlp_ratio: float = 2.0


def mixers_of(contender: str, size: Size) -> list[TokenMixer]:
    """One a layer. Raises InputError for a contender that is not there."""
    if contender not in CONTENDERS:
        raise InputError("mixer", contender, f"one of {', '.join(CONTENDERS)}")
    chosen = CONTENDERS[contender]
    if chosen.mixer in TOKEN_MIXERS:
        return make_mixers(chosen.mixer, size.width, size.heads, size.layers, chosen.arguments)
    return [ConvolutionMixer(size.width, size.heads, layer, size.layers) for layer in range(size.layers)]


class SequenceClassifier(nn.Module):
    """Symbols, fixed sinusoids of their places, pre-norm blocks of a mixer and an MLP, the mean over the tokens.

    symbols (batch, tokens) int on a grid (rows, columns) -> (batch, classes). Sequences of a batch have one length, so
    that no sum anywhere holds padding.
    """

    def __init__(self, contender: str, symbols: int, classes: int, size: Size):
        super().__init__()
        self.embedding = nn.Embedding(symbols, size.width)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.blocks = nn.ModuleList(_Block(mixer, size) for mixer in mixers_of(contender, size))
        self.norm = nn.LayerNorm(size.width)
        self.head = nn.Linear(size.width, classes)

    def forward(self, symbols: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
        x = self.embedding(symbols)
        x = x + places(grid, x.shape[-1], x.device).to(x.dtype)
        for block in self.blocks:
            x = block(x, grid)
        return self.head(self.norm(x).mean(1))


def places(grid: tuple[int, int], width: int, device: torch.device) -> torch.Tensor:
    """Fixed sinusoids (rows * columns, width): of a line those of its one coordinate, of a picture half of each."""
    axes = [count for count in grid if count > 1] or [1]
    half = width // (2 * len(axes))
    rates = 10_000 ** -(torch.arange(half, device=device) / half)
    found = []
    for axis, count in enumerate(axes):
        angles = torch.arange(count, device=device)[:, None] * rates
        wave = torch.cat([angles.sin(), angles.cos()], dim=-1)  # (count, 2 * half)
        shape = [1] * len(axes)
        shape[axis] = count
        found.append(wave.view(*shape, -1).expand(*axes, -1))
    return torch.cat(found, dim=-1).reshape(-1, width)


class _Block(nn.Module):
    def __init__(self, mixer: TokenMixer, size: Size):
        super().__init__()
        hidden = int(size.width * size.mlp_ratio)
        self.norm1, self.norm2 = nn.LayerNorm(size.width), nn.LayerNorm(size.width)
        self.mixer = mixer
        self.up, self.down = nn.Linear(size.width, hidden), nn.Linear(hidden, size.width)

    def forward(self, x, grid):
        x = x + self.mixer(self.norm1(x), grid)
        return x + self.down(F.gelu(self.up(self.norm2(x))))
