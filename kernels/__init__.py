"""Tensor operators: each has a definition in plain torch (`reference.py`) that other implementations answer to."""

from kernels.reference import FEATURE_MAPS, linear_attention

__all__ = ["FEATURE_MAPS", "linear_attention"]
