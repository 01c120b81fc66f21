"""The diffusion transformer: a DiT with cross-attention to words, whose token mixer is chosen by name."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.utils import BaseOutput
from torch import nn

from lit.errors import InputError
from lit.models.mixers import TokenMixer, make_mixers
from lit.models.mixers.heads import PackedProjection, merge_heads
from lit.models.policy import mean_velocity
from lit.models.storage import Int8ModelMixin
from lit.models.text_blocks import TextBlock, readable
from lit.styles import STYLES


@dataclass
class TransformerOutput(BaseOutput):
    """sample: (batch, out_channels, height, width), what the objective predicts.  hidden: (batch, tokens, hidden_size)
    behind the block that was asked for, or None."""

    sample: torch.Tensor
    hidden: torch.Tensor | None = None


class LiTTransformer2DModel(Int8ModelMixin, ConfigMixin):
    """Predicts velocity (or noise and its variance) of latents, given time, words and a drawing style.

    Blocks as in DiT (arXiv 2212.09748) with PixArt's shared adaLN and cross-attention (arXiv 2310.00426);
    `token_mixer` "softmax" makes a teacher and "lit" its linear student, all other weights alike; a list of names, one
    a layer, mixes kinds, and `num_attention_heads` may be a list as well. `mixer_args` are the mixers' own arguments.
    `prediction_type` is "flow" (velocity = noise - data), "epsilon" (out_channels twice in_channels: noise
    and the interpolation of its variance, as in DiT) or "flow-map": the mean velocity from the timestep down to
    another, u(x, t, r) = (x_t - x_r) / (t - r) along the flow (arXiv 2505.13447), with classifier-free guidance built
    in for scales in `guidance_range`. At r = t it is the guided velocity, at scale 1 that of the words alone.
    With `policy_points` above 1 the mean velocity is that of a grid policy of so many (`lit.models.policy`).
    `text_layers` blocks of its own read the words first, apart from picture and time (`refine`).
    """

    _repeated_blocks = ["Block", "TextBlock"]  # what diffusers' compile_repeated_blocks compiles, once for all of them

    @register_to_config
    def __init__(
        self,
        in_channels: int = 8,
        out_channels: int = 8,
        patch_size: int = 2,
        num_layers: int = 12,
        hidden_size: int = 384,
        num_attention_heads: int | list[int] = 3,
        token_mixer: str | list[str] = "lit",
        num_cross_attention_heads: int = 6,
        mlp_ratio: float = 4.0,
        caption_channels: int = 384,
        styles: tuple[str, ...] = STYLES,
        sample_size: int = 32,
        prediction_type: str = "flow",
        mixer_args: dict | None = None,
        guidance_range: tuple[float, float] | None = None,
        text_layers: int = 0,
        policy_points: int = 1,
    ):
        super().__init__()
        sizes = {
            "in_channels": in_channels,
            "out_channels": out_channels,
            "patch_size": patch_size,
            "num_layers": num_layers,
            "hidden_size": hidden_size,
            "num_cross_attention_heads": num_cross_attention_heads,
            "caption_channels": caption_channels,
            "sample_size": sample_size,
            "policy_points": policy_points,
        }
        for name, size in sizes.items():
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise InputError(name, size, "a whole number from 1")
        if isinstance(text_layers, bool) or not isinstance(text_layers, int) or text_layers < 0:
            raise InputError("text_layers", text_layers, "a whole number from 0")
        if text_layers and caption_channels % num_cross_attention_heads:
            raise InputError("num_cross_attention_heads", num_cross_attention_heads, f"a divisor of {caption_channels}")
        if prediction_type not in ("flow", "epsilon", "flow-map"):
            raise InputError("prediction_type", prediction_type, "flow, epsilon or flow-map")
        _check_guidance_range(guidance_range, prediction_type)
        if policy_points > 1 and prediction_type != "flow-map":
            raise InputError("policy_points", policy_points, "1: only a flow map goes by a policy")
        if hidden_size % 4:
            raise InputError("hidden_size", hidden_size, "a multiple of 4, for sines and cosines of two coordinates")
        if hidden_size % num_cross_attention_heads:
            raise InputError("num_cross_attention_heads", num_cross_attention_heads, f"a divisor of {hidden_size}")
        self.patch = nn.Linear(in_channels * patch_size**2, hidden_size)
        self.time = TimeEmbedding(hidden_size)
        if prediction_type == "flow-map":
            self.span, self.guidance = TimeEmbedding(hidden_size), TimeEmbedding(hidden_size)
        self.style = nn.Embedding(len(styles) + 1, hidden_size)  # the last is "no style"
        self.style_token = nn.Embedding(len(styles) + 1, hidden_size)
        self.text_blocks = nn.ModuleList(
            TextBlock(caption_channels, num_cross_attention_heads, mlp_ratio) for _ in range(text_layers)
        )
        self.caption = nn.Linear(caption_channels, hidden_size)
        self.modulation = nn.Linear(hidden_size, 6 * hidden_size)
        self.blocks = nn.ModuleList(
            Block(mixer, hidden_size, num_cross_attention_heads, mlp_ratio)
            for mixer in make_mixers(token_mixer, hidden_size, num_attention_heads, num_layers, mixer_args)
        )
        self.norm = nn.LayerNorm(hidden_size, elementwise_affine=False, eps=1e-6)
        self.final_table = nn.Parameter(torch.empty(2, hidden_size))
        self.unpatch = nn.Linear(hidden_size, policy_points * out_channels * patch_size**2)
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
        if self.config.prediction_type == "flow-map":  # starts as the flow that it inherits from
            for embedding in (self.span, self.guidance):
                nn.init.zeros_(embedding.mlp[-1].weight)
        # adaLN-Zero: each block starts as the identity, the output at zero.
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.final_table)
        nn.init.zeros_(self.unpatch.weight)
        for block in self.blocks:
            nn.init.zeros_(block.table)
            nn.init.zeros_(block.cross.proj.weight)
        for block in self.text_blocks:
            block.start_as_identity()

    def refine(
        self, encoder_hidden_states: torch.Tensor, encoder_attention_mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The words as the picture's blocks read them, through `text_blocks`: shapes as of `forward` -> the first's.

        They depend on nothing else, so who draws in several steps does it once and says so (`words_refined`)."""
        words = encoder_hidden_states.to(self.patch.weight.dtype)
        mask = None if encoder_attention_mask is None else readable(encoder_attention_mask.bool())
        for block in self.text_blocks:
            words = block(words, mask)
        return words

    def forward(
        self,
        hidden_states: torch.Tensor,
        timestep: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        encoder_attention_mask: torch.Tensor | None = None,
        style_ids: torch.Tensor | None = None,
        r_timestep: torch.Tensor | None = None,
        guidance: torch.Tensor | None = None,
        words_refined: bool = False,
        hidden_after: int | None = None,
        whole_policy: bool = False,
        return_dict: bool = True,
    ):
        """hidden_states: latents (batch, in_channels, height, width), height and width multiples of the patch.
        timestep: (batch,) in [0, 1000].  encoder_hidden_states: (batch, words, caption_channels).
        encoder_attention_mask: (batch, words), true where a word is.  style_ids: (batch,) int, or None for no
        style.  Of a flow map besides, r_timestep: (batch,), down to which the mean velocity is asked, None for the
        velocity at `timestep`; guidance: (batch,), the scale of the guidance, None for 1, which is none.
        words_refined: encoder_hidden_states are what `refine` gave.  hidden_after: a number of blocks, behind which the
        tokens are wanted, too.  whole_policy: the velocities at all its points, (batch, policy_points * out_channels,
        height, width), in place of their mean.
        Returns `.sample` (batch, out_channels, height, width) and `.hidden`; or a tuple of what of them was asked for.
        """
        self._check(hidden_states, encoder_hidden_states, encoder_attention_mask, style_ids, r_timestep, guidance)
        batch, _, height, width = hidden_states.shape
        p = self.config.patch_size
        if style_ids is None:
            style_ids = torch.full((batch,), len(self.config.styles), device=hidden_states.device)
        grid = (height // p, width // p)
        dtype = self.patch.weight.dtype

        x = self.patch(patchify(hidden_states, p))  # (batch, tokens, hidden)
        x = x + position_embedding(grid, x.shape[-1], self.config.sample_size // p, x.device).to(x.dtype)
        time = self.time(timestep.expand(batch), dtype) + self.style(style_ids)  # (batch, hidden)
        if self.config.prediction_type == "flow-map":
            span = torch.zeros_like(timestep) if r_timestep is None else timestep - r_timestep
            scale = torch.ones_like(timestep) if guidance is None else guidance
            widest = math.log(self.config.guidance_range[1])
            time = time + self.span(span.expand(batch), dtype)
            time = time + self.guidance((1000 / widest * scale.float().log()).expand(batch), dtype)
        modulation = self.modulation(F.silu(time)).view(batch, 6, -1)
        words = encoder_hidden_states.to(dtype)
        words = self.caption(words if words_refined else self.refine(words, encoder_attention_mask))
        words = torch.cat([self.style_token(style_ids).unsqueeze(1), words], dim=1)  # (batch, 1 + words, hidden)
        mask = None
        if encoder_attention_mask is not None:
            mask = F.pad(encoder_attention_mask.bool(), (1, 0), value=True)[:, None, None]  # (batch, 1, 1, 1 + words)
        hidden = None
        for number, block in enumerate(self.blocks, start=1):
            x = block(x, grid, modulation, words, mask)
            hidden = x if number == hidden_after else hidden
        shift, scale = (self.final_table + time.unsqueeze(1)).chunk(2, dim=1)
        x = self.unpatch(self.norm(x) * (1 + scale) + shift)
        sample = unpatchify(x, grid, p)
        points = self.config.policy_points
        if points > 1 and not whole_policy:
            t = timestep.expand(batch) / 1000
            r = t if r_timestep is None else r_timestep.expand(batch) / 1000
            sample = mean_velocity(sample, t, r, points)
        if return_dict:
            return TransformerOutput(sample=sample, hidden=hidden)
        return (sample,) if hidden is None else (sample, hidden)

    def _check(self, latents, words, mask, style_ids, r_timestep, guidance):
        channels, width, p = self.config.in_channels, self.config.caption_channels, self.config.patch_size
        shape = tuple(latents.shape)
        if len(shape) != 4 or shape[1] != channels or shape[2] % p or shape[3] % p:
            wanted = f"(batch, {channels}, height, width), height and width multiples of {p}"
            raise InputError("hidden_states", shape, wanted)
        if words.ndim != 3 or (words.shape[0], words.shape[2]) != (shape[0], width):
            raise InputError("encoder_hidden_states", tuple(words.shape), f"({shape[0]}, words, {width})")
        if mask is not None and mask.shape != words.shape[:2]:
            raise InputError("encoder_attention_mask", tuple(mask.shape), f"{tuple(words.shape[:2])}")
        if style_ids is not None and style_ids.shape != shape[:1]:
            raise InputError("style_ids", tuple(style_ids.shape), f"({shape[0]},)")
        if self.config.prediction_type != "flow-map":
            for name, value in (("r_timestep", r_timestep), ("guidance", guidance)):
                if value is not None:
                    raise InputError(name, tuple(value.shape), "None: only a flow map is told it")


def _check_guidance_range(given, prediction_type):
    if prediction_type != "flow-map":
        if given is not None:
            raise InputError("guidance_range", given, "None: only a flow map has guidance built in")
        return
    fits = isinstance(given, tuple | list) and len(given) == 2 and all(isinstance(one, int | float) for one in given)
    if not fits or not 1 <= given[0] < given[1]:
        raise InputError("guidance_range", given, "the least and the greatest scale, from 1, as (1.0, 8.0)")


class Block(nn.Module):
    """adaLN-modulated token mixer, cross-attention to the words, adaLN-modulated MLP; each residual."""

    def __init__(self, mixer: TokenMixer, width, cross_heads, mlp_ratio):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.attn = mixer
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
        self.q = PackedProjection(width, 1, heads)
        self.kv = PackedProjection(width, 2, heads)
        self.proj = nn.Linear(width, width)

    def forward(self, x, words, mask):
        (q,), (k, v) = self.q(x), self.kv(words)
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
