"""Token mixers: the one part in which a softmax DiT and a LiT differ.

A mixer maps x (batch, tokens, width) on a grid (rows, columns) with rows * columns = tokens to the same
shape. A new one is a file here and a line in `TOKEN_MIXERS`.
"""

from torch import nn

from lit.models.mixers.lit import LiTMixer
from lit.models.mixers.softmax import SoftmaxMixer

TOKEN_MIXERS = {"softmax": SoftmaxMixer, "lit": LiTMixer}

# Teacher weights that a linear student does not inherit (LiT, section 3.2): it learns these anew.
MIXER_SPECIFIC = ("qkv", "dwc", "query_norm", "key_norm")


def make_mixer(name: str, width: int, heads: int) -> nn.Module:
    if name not in TOKEN_MIXERS:
        raise ValueError(f"token_mixer: got {name!r}; one of {', '.join(TOKEN_MIXERS)}")
    if width % heads:
        raise ValueError(f"num_attention_heads: got {heads}; a divisor of the width {width}")
    return TOKEN_MIXERS[name](width, heads)
