"""The epsilon objective for self-attentions that stand in somebody else's transformer."""

import torch

from lit.linearize.host import Host
from lit.linearize.self_attentions import SelfAttentions
from lit.training.objectives.diffusion import EpsilonObjective
from lit.training.typed import NoArguments


class HostedEpsilonObjective(EpsilonObjective):
    """What learns are the self-attentions; what predicts is their host, whose other weights stay."""

    def __init__(self, network: SelfAttentions, arguments: NoArguments, host: Host):
        super().__init__(network, arguments)
        self.host = host

    def train(self, mode: bool = True):
        """The host stays as it draws, but for the self-attentions in it."""
        super().train(mode)
        self.network.train(mode)
        return self

    def predict(self, inputs: tuple) -> torch.Tensor:
        return self.host(*inputs)[0].float()

    def compile(self, **options):
        self.host.compile_repeated_blocks(**options)
