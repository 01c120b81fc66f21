"""Our own transformer: the same network with another token mixer in each block."""

from collections.abc import Mapping

from lit.linearize.inherit import inherit
from lit.models.mixers import MIXER_SPECIFIC
from lit.models.transformer import LiTTransformer2DModel

network = LiTTransformer2DModel


def student(teacher: LiTTransformer2DModel, changes: Mapping[str, object]) -> LiTTransformer2DModel:
    """The teacher's config with `changes`, and its weights but for the mixers' own."""
    config = {name: value for name, value in teacher.config.items() if not name.startswith("_")}
    made = LiTTransformer2DModel(**config | dict(changes))
    inherit(made, teacher, is_own)
    return made


def is_own(name: str) -> bool:
    """Whether a weight is a mixer's own: its queries, keys, values, convolution, head norms."""
    return ".attn." in name and name.split(".attn.")[1].split(".")[0] in MIXER_SPECIFIC
