"""Tensor operators: each has a definition in plain torch (`reference.py`) that other implementations answer to."""

from lit_kernels.linear_attention import FEATURE_MAPS, linear_attention, linear_attention_dwconv

__all__ = ["FEATURE_MAPS", "linear_attention", "linear_attention_dwconv"]
