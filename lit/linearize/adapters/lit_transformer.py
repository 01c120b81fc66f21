"""Our own transformer: the same network with another token mixer in each block."""

from collections.abc import Mapping

from lit.linearize.inherit import inherit
from lit.models.transformer import LiTTransformer2DModel

network = LiTTransformer2DModel


def student(teacher: LiTTransformer2DModel, changes: Mapping[str, object]) -> LiTTransformer2DModel:
    """The teacher's config with `changes`, and its weights but for the mixers' own."""
    config = {name: value for name, value in teacher.config.items() if not name.startswith("_")}
    made = LiTTransformer2DModel(**config | dict(changes))
    inherit(made, teacher)
    return made
