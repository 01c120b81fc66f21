"""LiT's simplified linear attention."""

from torch import nn

from lit.errors import InputError
from lit.models.mixers.base import TokenMixer
from lit_kernels import linear_attention, linear_attention_dwconv


class LiTMixer(TokenMixer):
    """Simplified linear attention (LiT, arXiv 2501.12976, section 3.1): few heads, and one depth-wise 5x5
    convolution of the values, whose kernels all heads share, to give back the locality that softmax had. `convolution`
    false leaves it out, to see what it is worth."""

    linear = True
    kernel_size = 5

    def __init__(self, width: int, heads: int, layer: int = 0, depth: int = 1, *, convolution: bool = True):
        super().__init__(width, heads, layer, depth)
        if not isinstance(convolution, bool):
            raise InputError("convolution", convolution, "true or false")
        self.dwc = None
        if convolution:
            dim = width // heads
            self.dwc = nn.Conv2d(dim, dim, self.kernel_size, padding="same", groups=dim)

    def mix(self, q, k, v, grid):
        if self.dwc is None:
            return linear_attention(q, k, v)
        weight, bias = self.dwc.weight.to(v.dtype), self.dwc.bias.to(v.dtype)  # autocast makes v alone half precision
        return linear_attention_dwconv(q, k, v, weight, bias, grid)
