"""A folder of pictures as another pipeline's latents, with what its transformer is told of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from tqdm import tqdm

from lit.data.pictures import Picture


class EncodedBatches:
    """Every picture is encoded once a size by the pipeline's autoencoder; mean and deviation lie on `device` in fp16,
    and a batch draws from them."""

    @dataclass(frozen=True)
    class Arguments:
        dropout: Annotated[float, Field(ge=0, le=1)] = 0.1  # the share of pictures of which nothing is told

    encoded_at_once = 8

    def __init__(
        self,
        pictures: Sequence[Picture],
        sizes: Iterable[int],
        numbers: torch.Tensor,
        tables: Sequence[torch.Tensor],
        vae: torch.nn.Module,
        device: torch.device,
        arguments: Arguments,
        held_out: Sequence[int] = (),
    ):
        """sizes: of pictures, in pixels a side.  numbers (pictures + 1,), tables: conditions are
        table[numbers[picture]], those of no picture come last.  held_out: pictures that nobody learns."""
        learned = sorted(set(range(len(pictures))) - set(held_out))
        self.learned, self.held_out = (torch.tensor(some, device=device) for some in (learned, list(held_out)))
        self.pictures, self.numbers, self.tables = pictures, numbers, tables
        self.device, self.arguments = device, arguments
        self.moments = {size: self._encode(vae, size) for size in sizes}

    def draw(self, n: int, size: int, held_out: bool = False) -> tuple[torch.Tensor, ...]:
        """Latents (n, channels, h, w), and the conditions that go with them, of pictures that are learned or of those
        that are not.

        Randomness is torch's default generator on the device, so that a seeded step is a repeated step.
        """
        among = self.held_out if held_out else self.learned
        rows = among[torch.randint(len(among), (n,), device=self.device)]
        mean, deviation = self.moments[size][rows].float().chunk(2, dim=1)
        latents = mean + deviation * torch.randn_like(mean)
        untold = torch.rand(n, device=self.device) < self.arguments.dropout
        return latents, *self.told(torch.where(untold, len(self.pictures), rows))

    def told(self, rows: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Conditions of pictures by number; of none by the number behind the last."""
        numbers = self.numbers[rows.cpu()]
        found = (table[numbers].to(self.device) for table in self.tables)
        return tuple(one.float() if one.is_floating_point() else one for one in found)

    @torch.no_grad()
    def _encode(self, vae, size):
        made, scale = [], vae.config.scaling_factor
        for start in tqdm(range(0, len(self.pictures), self.encoded_at_once), desc="encoding", mininterval=2):
            some = [picture.pixels(size) for picture in self.pictures[start : start + self.encoded_at_once]]
            pixels = torch.from_numpy(np.stack(some)).to(self.device).permute(0, 3, 1, 2) / 127.5 - 1
            spread = vae.encode(pixels.to(vae.dtype)).latent_dist
            made.append(torch.cat([spread.mean, spread.std], dim=1).mul(scale).half())
        return torch.cat(made)
