"""The diffusion transformer: a DiT with cross-attention to words, whose token mixer is chosen by name."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.utils import BaseOutput
from torch import nn

from lit.models.mixers import make_mixer
from lit.models.mixers.heads import merge_heads, split_heads
from lit.models.storage import Int8ModelMixin
from lit.styles import STYLES


@dataclass
class TransformerOutput(BaseOutput):
    """sample: (batch, out_channels, height, width), what the objective predicts."""

    sample: torch.Tensor


class LiTTransformer2DModel(Int8ModelMixin, ConfigMixin):
    """Predicts velocity (or noise and its variance) of latents, given time, words and a drawing style.

    Blocks as in DiT (arXiv 2212.09748) with PixArt's shared adaLN and cross-attention (arXiv 2310.00426);
    `token_mixer` "softmax" makes a teacher and "lit" its linear student, all other weights alike.
    `prediction_type` is "flow" (velocity = noise - data) or "epsilon" (out_channels twice in_channels: noise
    and the interpolation of its variance, as in DiT).
    """

    _repeated_blocks = ["Block"]  # what diffusers' compile_repeated_blocks compiles, once for all of them

    @register_to_config
    def __init__(
        self,
        in_channels: int = 8,
        out_channels: int = 8,
        patch_size: int = 2,
        num_layers: int = 12,
        hidden_size: int = 384,
        num_attention_heads: int = 3,
        token_mixer: str = "lit",
        num_cross_attention_heads: int = 6,
        mlp_ratio: float = 4.0,
        caption_channels: int = 384,
        styles: tuple[str, ...] = STYLES,
        sample_size: int = 32,
        prediction_type: str = "flow",
    ):
        super().__init__()
        if prediction_type not in ("flow", "epsilon"):
            raise ValueError(f"prediction_type: got {prediction_type!r}; flow or epsilon")
        self.patch = nn.Linear(in_channels * patch_size**2, hidden_size)
        self.time = TimeEmbedding(hidden_size)
        self.style = nn.Embedding(len(styles) + 1, hidden_size)  # the last is "no style"
        self.style_token = nn.Embedding(len(styles) + 1, hidden_size)
        self.caption = nn.Linear(caption_channels, hidden_size)
        self.modulation = nn.Linear(hidden_size, 6 * hidden_size)
        self.blocks = nn.ModuleList(
            Block(hidden_size, num_attention_heads, num_cross_attention_heads, mlp_ratio, token_mixer)
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(hidden_size, elementwise_affine=False, eps=1e-6)
        self.final_table = nn.Parameter(torch.empty(2, hidden_size))
        self.unpatch = nn.Linear(hidden_size, out_channels * patch_size**2)
        self._initialise()

    def _initialise(self):
        def xavier(module):
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

        self.apply(xavier)
        # Embeddings small, as in DiT, so that the first steps see mostly the image.
        for embedding in (self.style, self.style_token):
            nn.init.normal_(embedding.weight, std=0.02)
        # adaLN-Zero: each block starts as the identity, the output at zero.
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.final_table)
        nn.init.zeros_(self.unpatch.weight)
        for block in self.blocks:
            nn.init.zeros_(block.table)
            nn.init.zeros_(block.cross.proj.weight)

    def forward(
        self,
        hidden_states: torch.Tensor,
        timestep: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        encoder_attention_mask: torch.Tensor | None = None,
        style_ids: torch.Tensor | None = None,
        return_dict: bool = True,
    ):
        """hidden_states: latents (batch, in_channels, height, width), height and width multiples of the patch.
        timestep: (batch,) in [0, 1000].  encoder_hidden_states: (batch, words, caption_channels).
        encoder_attention_mask: (batch, words), true where a word is.  style_ids: (batch,) int, or None for no
        style.  Returns `.sample` (batch, out_channels, height, width).
        """
        batch, channels, height, width = hidden_states.shape
        p = self.config.patch_size
        if channels != self.config.in_channels:
            raise ValueError(f"hidden_states: got {channels} channels; {self.config.in_channels}")
        if height % p or width % p:
            raise ValueError(f"hidden_states: got {height} x {width}; multiples of the patch size {p}")
        if style_ids is None:
            style_ids = torch.full((batch,), len(self.config.styles), device=hidden_states.device)
        grid = (height // p, width // p)
        dtype = self.patch.weight.dtype

        x = self.patch(patchify(hidden_states, p))  # (batch, tokens, hidden)
        x = x + position_embedding(grid, x.shape[-1], self.config.sample_size // p, x.device).to(x.dtype)
        time = self.time(timestep.expand(batch), dtype) + self.style(style_ids)  # (batch, hidden)
        modulation = self.modulation(F.silu(time)).view(batch, 6, -1)
        words = self.caption(encoder_hidden_states.to(dtype))
        words = torch.cat([self.style_token(style_ids).unsqueeze(1), words], dim=1)  # (batch, 1 + words, hidden)
        mask = None
        if encoder_attention_mask is not None:
            mask = F.pad(encoder_attention_mask.bool(), (1, 0), value=True)[:, None, None]  # (batch, 1, 1, 1 + words)
        for block in self.blocks:
            x = block(x, grid, modulation, words, mask)
        shift, scale = (self.final_table + time.unsqueeze(1)).chunk(2, dim=1)
        x = self.unpatch(self.norm(x) * (1 + scale) + shift)
        sample = unpatchify(x, grid, p)
        return TransformerOutput(sample=sample) if return_dict else (sample,)


class Block(nn.Module):
    """adaLN-modulated token mixer, cross-attention to the words, adaLN-modulated MLP; each residual."""

    def __init__(self, width, heads, cross_heads, mlp_ratio, token_mixer):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.attn = make_mixer(token_mixer, width, heads)
        self.norm_cross = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.cross = CrossAttention(width, cross_heads)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(width, int(mlp_ratio * width)),
            nn.GELU(approximate="tanh"),
            nn.Linear(int(mlp_ratio * width), width),
        )
        self.table = nn.Parameter(torch.empty(6, width))  # what this block adds to the shared modulation

    def forward(self, x, grid, modulation, words, mask):
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.table + modulation).chunk(6, dim=1)  # (batch, 1, width)
        x = x + gate1 * self.attn(self.norm1(x) * (1 + scale1) + shift1, grid)
        x = x + self.cross(self.norm_cross(x), words, mask)
        return x + gate2 * self.mlp(self.norm2(x) * (1 + scale2) + shift2)


class CrossAttention(nn.Module):
    """Softmax attention of the image's tokens to the words."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x, words, mask):
        (q,) = split_heads(self.q(x), 1, self.heads)
        k, v = split_heads(self.kv(words), 2, self.heads)
        return self.proj(merge_heads(F.scaled_dot_product_attention(q, k, v, attn_mask=mask)))


class TimeEmbedding(nn.Module):
    """Sinusoids of the timestep through an MLP, as in DiT."""

    channels = 256

    def __init__(self, width):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(self.channels, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, timestep, dtype):
        half = self.channels // 2
        rates = torch.exp(-math.log(10_000) * torch.arange(half, device=timestep.device, dtype=torch.float32) / half)
        angles = timestep.float()[:, None] * rates
        return self.mlp(torch.cat([angles.cos(), angles.sin()], dim=-1).to(dtype))


def position_embedding(grid, width, base, device=None):
    """Fixed 2D sinusoids (1, tokens, width) over coordinates that make every grid cover what `base` tokens
    a side cover: a picture drawn at half the resolution keeps its places."""
    rows, columns = grid
    step = base / math.sqrt(rows * columns)
    rates = 10_000 ** -(torch.arange(width // 4, device=device, dtype=torch.float32) / (width // 4))

    def axis(count):
        coordinates = (torch.arange(count, device=device, dtype=torch.float32) - (count - 1) / 2) * step + (
            base - 1
        ) / 2
        angles = coordinates[:, None] * rates
        return torch.cat([angles.sin(), angles.cos()], dim=-1)  # (count, width / 2)

    y = axis(rows)[:, None].expand(rows, columns, -1)
    x = axis(columns)[None].expand(rows, columns, -1)
    return torch.cat([x, y], dim=-1).reshape(1, rows * columns, width)


def patchify(x, p):
    """(batch, channels, height, width) -> (batch, tokens, channels * p * p)."""
    return F.pixel_unshuffle(x, p).flatten(2).transpose(1, 2)


def unpatchify(x, grid, p):
    """(batch, tokens, channels * p * p) -> (batch, channels, height, width)."""
    return F.pixel_shuffle(x.transpose(1, 2).unflatten(2, grid), p)
