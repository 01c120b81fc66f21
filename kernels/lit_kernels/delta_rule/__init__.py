"""The delta rule over a picture's tokens, from both ends at once."""

from .operators import delta_rule

__all__ = ["delta_rule"]
