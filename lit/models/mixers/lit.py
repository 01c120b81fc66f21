"""LiT's simplified linear attention."""

from torch import nn

from lit.models.mixers.heads import merge_heads, split_heads
from lit_kernels import linear_attention_dwconv


class LiTMixer(nn.Module):
    """Simplified linear attention (LiT, arXiv 2501.12976, section 3.1): few heads, and one depth-wise 5x5
    convolution of the values, whose kernels all heads share, to give back the locality that softmax had."""

    kernel_size = 5

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.dwc = nn.Conv2d(width // heads, width // heads, self.kernel_size, padding="same", groups=width // heads)
        self.proj = nn.Linear(width, width)

    def forward(self, x, grid):
        q, k, v = split_heads(self.qkv(x), 3, self.heads)
        weight, bias = self.dwc.weight.to(v.dtype), self.dwc.bias.to(v.dtype)  # autocast makes v alone half precision
        return self.proj(merge_heads(linear_attention_dwconv(q, k, v, weight, bias, grid)))
