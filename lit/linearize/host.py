"""A transformer of diffusers, asked as our own networks are."""

import copy
import itertools
from types import ModuleType

import torch
from torch import nn

from lit.linearize.mount import put_on
from lit.linearize.self_attentions import SelfAttentions


class Host(nn.Module):
    """(noisy, timesteps, *conditions) -> (prediction,), whatever the architecture calls them. Always as it is when it
    draws: DiT, while it trains, forgets classes by itself, in each block another picture's."""

    def __init__(self, transformer: nn.Module, adapter: ModuleType):
        super().__init__()
        self.transformer, self.adapter = transformer, adapter
        self.train()

    @property
    def config(self):
        return self.transformer.config

    def forward(self, noisy: torch.Tensor, timesteps: torch.Tensor, *conditions: torch.Tensor, return_dict=False):
        given = self.adapter.arguments(self.transformer, noisy, timesteps, *conditions)
        return self.transformer(**given, return_dict=False)

    def train(self, mode: bool = True):
        return super().train(False)

    def compile_repeated_blocks(self, **options):
        for block in self.transformer.transformer_blocks:
            block.compile(**options)

    def with_mounted(self, attentions: SelfAttentions) -> "Host":
        """Another one with these self-attentions, to train; all other weights are this one's own, not copies."""
        shared = itertools.chain(self.transformer.parameters(), self.transformer.buffers())
        transformer = copy.deepcopy(self.transformer, {id(tensor): tensor for tensor in shared})
        put_on(transformer, attentions)
        return Host(transformer, self.adapter)
