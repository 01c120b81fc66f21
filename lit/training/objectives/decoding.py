"""A small decoder's objective: the pixels that the large one gives."""

import torch
from torch import nn

from lit.models.preview_decoder import PreviewDecoder
from lit.training.objectives.reconstruction import picture_distance
from lit.training.typed import NoArguments


class DecodingObjective(nn.Module):
    """Reconstruction's distance, between what two decoders make of the same latents."""

    Arguments = NoArguments

    def __init__(self, network: PreviewDecoder, arguments: NoArguments):
        super().__init__()
        self.network, self.arguments = network, arguments

    def forward(self, latents: torch.Tensor, pixels: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """latents: (batch, channels, h, w).  pixels: (batch, 4, 8 h, 8 w), the large decoder's."""
        drawn = self.network(latents)
        loss = picture_distance(drawn, pixels)
        return loss, {"squared": (drawn.detach().float() - pixels.float()).square().mean()}
