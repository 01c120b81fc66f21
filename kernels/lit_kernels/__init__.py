"""Tensor operators: each has a definition in plain torch (`reference.py`) that other implementations answer to."""

from .delta_rule import delta_rule
from .linear_attention import FEATURE_MAPS, FeatureMap, linear_attention, linear_attention_dwconv

__version__ = "0.1.0"
__all__ = ["FEATURE_MAPS", "FeatureMap", "delta_rule", "linear_attention", "linear_attention_dwconv"]
