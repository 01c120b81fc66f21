"""Small random networks, always the same."""

import pytest
import torch

from lit.models.transformer import LiTTransformer2DModel


def randomised(module: torch.nn.Module, seed: int, scale: float = 0.1) -> torch.nn.Module:
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    return module.eval().requires_grad_(False)


@pytest.fixture
def make_transformer():
    """make(token_mixer, dtype): a LiT of two blocks with weights large enough to be far from linear."""

    def make(token_mixer="lit", dtype=torch.float64, **config):
        tiny = {"num_layers": 2, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2}
        network = LiTTransformer2DModel(**tiny | {"caption_channels": 16, "token_mixer": token_mixer} | config)
        return torch.nn.Module.to(randomised(network, seed=1, scale=0.25), dtype)

    return make


@pytest.fixture
def conditioning():
    """What a LiT is told beside its latents: time, six words of which two are padding, a style."""
    words = torch.randn(1, 6, 16, generator=torch.Generator().manual_seed(5))
    return {
        "timestep": torch.tensor([300.0]),
        "encoder_hidden_states": words.double(),
        "encoder_attention_mask": torch.tensor([[True, True, True, True, False, False]]),
        "style_ids": torch.tensor([2]),
    }


@pytest.fixture
def latents():
    return torch.randn(1, 8, 8, 8, generator=torch.Generator().manual_seed(6)).double()
