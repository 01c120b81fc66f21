"""The almost-linear RNN (Brenner, Hemmer, Monfared, Durstewitz, NeurIPS 2024, arXiv 2410.14240), many at a time.

    z_t = A z_(t-1) + W f(z_(t-1)) + h

A is diagonal, W full; f leaves the first M - P units as they are and is a ReLU on the last P. The first N units are
observed. By the signs of the last P units space falls into at most 2^P regions, in each of which the map is affine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from lit.errors import InputError, Phrase

MOST_RELU = 62  # signs that fit into one whole number
SMALL = 0.01  # of the first W


@dataclass(frozen=True)
class Networks:
    """Networks of one shape, one a seed.

    a: the diagonal of A, (seeds, M).  w: W, (seeds, M, M).  h: (seeds, M).  start: L (seeds, M - N, N), which gives the
    units that are not observed their first values, z = [x; L x].  relu: P.
    """

    a: Tensor
    w: Tensor
    h: Tensor
    start: Tensor
    relu: int

    @staticmethod
    def drawn(seeds: Sequence[int], units: int, relu: int, observed: int) -> "Networks":
        """Those that training begins with, each from its own seed. Raises InputError for numbers of units that do not
        fit each other."""
        check_units(units, relu, observed)
        parts = []
        for seed in seeds:
            generator = torch.Generator().manual_seed(seed)
            r = torch.randn(units, units, generator=generator)
            k = r.T @ r / units + torch.eye(units)
            w = SMALL * torch.randn(units, units, generator=generator)
            glorot = (6 / units) ** 0.5  # inputs and outputs of L are M together
            start = glorot * (2 * torch.rand(units - observed, observed, generator=generator) - 1)
            parts.append((k.diagonal() / torch.linalg.eigvalsh(k)[-1], w, torch.zeros(units), start))
        return Networks(*(torch.stack(part) for part in zip(*parts, strict=True)), relu=relu)

    @staticmethod
    def joined(networks: Sequence["Networks"]) -> "Networks":
        """Networks of one shape, one after the other."""
        parts = {name: torch.cat([getattr(some, name) for some in networks]) for name, _ in networks[0].tensors()}
        return replace(networks[0], **parts)

    def __len__(self) -> int:
        return len(self.a)

    def __getitem__(self, which: int | slice | Tensor) -> "Networks":
        """One of them, or some, as networks still."""
        which = slice(which, which + 1 or None) if isinstance(which, int) else which
        return replace(self, **{name: tensor[which] for name, tensor in self.tensors()})

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """The weights by name."""
        return ((field.name, getattr(self, field.name)) for field in fields(self) if field.name != "relu")

    @property
    def units(self) -> int:
        """M."""
        return self.a.shape[-1]

    @property
    def observed(self) -> int:
        """N."""
        return self.start.shape[-1]

    @property
    def linear(self) -> int:
        """M - P: where the units with a ReLU begin. (A slice from -P would hold every unit where P is 0.)"""
        return self.units - self.relu

    def double(self) -> "Networks":
        return replace(self, **{name: tensor.double() for name, tensor in self.tensors()})

    def begun(self, x: Tensor) -> Tensor:
        """First states (seeds, batch, M) of observations (seeds, batch, N)."""
        return torch.cat([x, x @ self.start.mT], -1)

    def step(self, z: Tensor) -> Tensor:
        """The next states, (seeds, batch, M) as z."""
        rectified = torch.cat([z[..., : self.linear], z[..., self.linear :].clamp(min=0)], -1)
        return self.a[:, None] * z + rectified @ self.w.mT + self.h[:, None]

    @torch.inference_mode()
    def run(self, z: Tensor, length: int) -> Tensor:
        """States (length, seeds, batch, M), of which the first is z (seeds, batch, M)."""
        matrices, h = self.stacked()
        first = torch.cat([z, z[..., self.linear :]], -1).mT
        states = first.new_empty(length, *first.shape)
        states[0] = first
        h = h[..., None].expand_as(first)
        for now, below, then in zip(states.unbind(), states[:, :, self.units :].unbind(), states[1:].unbind()):
            if self.relu:
                below.clamp_(max=0)
            torch.baddbmm(h, matrices, now, out=then)
        return states[:, :, : self.units].mT

    def stacked(self) -> tuple[Tensor, Tensor]:
        """Matrices (seeds, M + P, M + P) and biases (seeds, M + P) of the step as one product and one clamp.

        A state is [z; b] with b the negative part of its last P units. Since f(z) = z - b there, the next one is
        (A + W) z - W_P b + h; its last P units come out twice, and of the second copy the positive part is cut off.
        """
        rows = [*range(self.units), *range(self.linear, self.units)]
        both = torch.cat([torch.diag_embed(self.a) + self.w, -self.w[..., self.linear :]], -1)
        return both[:, rows].contiguous(), self.h[:, rows].contiguous()

    def regions(self, z: Tensor) -> Tensor:
        """The region of each state: the last P signs as a whole number, the first of them its lowest bit. int64, of
        z's shape without its last dimension."""
        bits = (z[..., self.linear :] > 0).long()
        return (bits << torch.arange(self.relu)).sum(-1)

    def matrices(self, regions: Tensor) -> Tensor:
        """A + W D of regions of the first network, (regions, M, M)."""
        bits = (regions[:, None] >> torch.arange(self.relu)) & 1
        d = torch.cat([torch.ones(len(regions), self.linear), bits.float()], -1).to(self.w.dtype)
        return torch.diag(self.a[0]) + self.w[0] * d[:, None]


def check_units(units: int, relu: int, observed: int):
    """Raises InputError for M, P and N that make no network."""
    if units < observed:
        raise InputError("units", units, Phrase("at least {n}, as many as there are columns", n=observed))
    if not 0 <= relu <= min(units, MOST_RELU):
        most = min(units, MOST_RELU)
        raise InputError("relu", relu, Phrase("a whole number from 0 to {most}, the number of units", most=most))
