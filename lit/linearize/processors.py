"""How token mixers stand in a transformer of diffusers: attention processors, and the grid that they are not told."""

import torch
from torch import nn

from lit.errors import InputError
from lit.models.mixers import TokenMixer
from lit_kernels import linear_attention


class Grid:
    """(rows, columns) in patches of the latents that a transformer is working on; a forward pre-hook of it takes note,
    since attention processors see tokens alone."""

    def __init__(self, patch_size: int):
        self.patch_size, self.sides = patch_size, (0, 0)

    def note(self, transformer: nn.Module, args: tuple, kwargs: dict):
        """The hook, registered with_kwargs=True."""
        latents = args[0] if args else kwargs["hidden_states"]
        self.sides = latents.shape[-2] // self.patch_size, latents.shape[-1] // self.patch_size


class MixerProcessor(nn.Module):
    """A token mixer in the place of a self-attention: what that one projects with is left unused."""

    def __init__(self, mixer: TokenMixer, grid: Grid):
        super().__init__()
        self.mixer, self.grid = mixer, grid

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """hidden_states (batch, tokens, width) -> the same shape."""
        if encoder_hidden_states is not None or attention_mask is not None:
            raise InputError("attention_mask", "one, or words", "None: a picture's tokens attend to all of them")
        return self.mixer(hidden_states, self.grid.sides)


class SanaProcessor:
    """Sana's linear attention by this project's operator, in place of SanaLinearAttnProcessor2_0:

        o_i = relu(q_i) S / (relu(q_i) . z + 1e-15),   S and z summed in float32

    The same numbers but for the order of sums.
    """

    eps = 1e-15

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """hidden_states (batch, tokens, width) -> the same shape."""
        seen = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        q, k, v = attn.to_q(hidden_states), attn.to_k(seen), attn.to_v(seen)
        q = q if attn.norm_q is None else attn.norm_q(q)
        k = k if attn.norm_k is None else attn.norm_k(k)
        if q.device.type != "cuda":  # there the kernels sum half precisions in float32
            q, k, v = q.float(), k.float(), v.float()
        q, k, v = (x.unflatten(2, (attn.heads, -1)).transpose(1, 2) for x in (q, k, v))
        o = linear_attention(q, k, v, eps=self.eps).transpose(1, 2).flatten(2).to(hidden_states.dtype)
        o = attn.to_out[1](attn.to_out[0](o))
        if o.dtype == torch.float16:
            o = o.clip(-65504, 65504)
        return o
