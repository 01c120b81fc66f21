"""Linear attention, plain and with LiT's convolution of the values."""

from .operators import linear_attention, linear_attention_dwconv
from .reference import FEATURE_MAPS, FeatureMap

__all__ = ["FEATURE_MAPS", "FeatureMap", "linear_attention", "linear_attention_dwconv"]
