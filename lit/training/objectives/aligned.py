"""The flow's objective, and beside it that the network sees what a judge sees in the clean picture."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from pydantic import NonNegativeFloat, PositiveInt
from torch import nn

from lit.errors import InputError
from lit.training.objectives.diffusion import FlowObjective


class AlignedFlowObjective(FlowObjective):
    """Representation alignment (REPA, arXiv 2410.06940):

    L = L_flow + align_weight mean_n (1 - cos(h(x_k[n]), y[n]))

    x_k[n]: token n behind block k, of the noisy picture.  y[n]: a frozen judge's features of its place in the clean one
    (`StickerEvaluator.places`, brought to the tokens' grid).  h: an MLP of three layers, trained beside the network and
    left behind.
    """

    @dataclass(frozen=True)
    class Arguments(FlowObjective.Arguments):
        align_weight: NonNegativeFloat = 0.5
        align_block: PositiveInt = 4  # k, a third of the network

    def __init__(self, network: nn.Module, arguments: Arguments, channels: int):
        """channels: of the judge's features."""
        super().__init__(network, arguments)
        width, blocks = network.config.hidden_size, network.config.num_layers
        if arguments.align_block > blocks:
            raise InputError("objective.align_block", arguments.align_block, f"one of the network's {blocks} blocks")
        inner = 2 * width
        self.beside = nn.Sequential(
            nn.Linear(width, inner), nn.SiLU(), nn.Linear(inner, inner), nn.SiLU(), nn.Linear(inner, channels)
        )
        self._hidden: torch.Tensor | None = None  # from `predict` to `loss`

    def noised(self, latents, words, mask, style_ids, places):
        """As of the flow, and places: (batch, channels, a, b), the judge's features of the clean pictures."""
        inputs, truth = super().noised(latents, words, mask, style_ids)
        patch = self.network.config.patch_size
        grid = [side // patch for side in latents.shape[2:]]
        wanted = F.interpolate(places.float(), grid, mode="bilinear", align_corners=False).flatten(2).transpose(1, 2)
        return inputs, (*truth, wanted)

    def predict(self, inputs):
        block = self.arguments.align_block
        output, self._hidden = self.network(*inputs, hidden_after=block, return_dict=False)
        return output.float()

    def loss(self, output, truth):
        loss, parts = super().loss(output, truth)
        hidden, self._hidden = self._hidden, None
        aligned = (1 - F.cosine_similarity(self.beside(hidden).float(), truth[-1], dim=-1)).mean()
        return loss + self.arguments.align_weight * aligned, parts | {"aligned": aligned.detach()}
