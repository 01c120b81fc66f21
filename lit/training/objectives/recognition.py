"""The evaluator's objective: a sticker's name and style.

    loss = CE(scale * <embedding, t_k>, concept) + style_weight * CE(style logits, style)

with t_k the sentence vector of concept k's name, moved in every step towards that of a random caption of
the concept, so that a picture's vector lands near its name and not far from other words for it.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field, NonNegativeFloat
from torch import nn

from lit.models.evaluator import StickerEvaluator


class RecognitionObjective(nn.Module):
    """The loss at the top of this file; its part `wrong` is the share of concepts not ranked first."""

    @dataclass(frozen=True)
    class Arguments:
        style_weight: NonNegativeFloat = 0.3
        label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1

    def __init__(self, network: StickerEvaluator, arguments: Arguments):
        super().__init__()
        self.network, self.arguments = network, arguments

    def forward(self, pixels, concepts, styles, vectors):
        """pixels: (B, 4, S, S) in [-1, 1].  concepts, styles: long (B,).  vectors: (K, D) of length 1."""
        smoothing = self.arguments.label_smoothing
        embeddings, style_logits = self.network(pixels)
        # A difference of a thousandth in a cosine decides: not in bf16.
        with torch.autocast(pixels.device.type, enabled=False):
            logits = self.network.concept_logits(embeddings.float(), vectors)  # (B, K)
            loss = F.cross_entropy(logits, concepts, label_smoothing=smoothing)
            style_loss = F.cross_entropy(style_logits.float(), styles, label_smoothing=smoothing)
        wrong = (logits.argmax(1) != concepts).float().mean()
        return loss + self.arguments.style_weight * style_loss, {"wrong": wrong, "style": style_loss.detach()}
