"""Linear attention, plain and with LiT's convolution of the values."""

from lit_kernels.linear_attention.operators import linear_attention, linear_attention_dwconv
from lit_kernels.linear_attention.reference import FEATURE_MAPS

__all__ = ["FEATURE_MAPS", "linear_attention", "linear_attention_dwconv"]
