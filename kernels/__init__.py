"""Tensor operators: each has a definition in plain torch (`reference.py`) that other implementations answer to."""

from kernels.operators import linear_attention, linear_attention_dwconv
from kernels.reference import FEATURE_MAPS

__all__ = ["FEATURE_MAPS", "linear_attention", "linear_attention_dwconv"]
