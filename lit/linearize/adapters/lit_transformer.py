"""Our own transformer: the same network with another token mixer in each block, or told more than its teacher."""

from collections.abc import Mapping

from lit.linearize.inherit import inherit
from lit.models.transformer import LiTTransformer2DModel

network = LiTTransformer2DModel


def student(teacher: LiTTransformer2DModel, changes: Mapping[str, object]) -> LiTTransformer2DModel:
    """The teacher's config with `changes`, and its weights but for the mixers' own and, in the flow map of a flow,
    those that read how far to go and the guidance."""
    config = {name: value for name, value in teacher.config.items() if not name.startswith("_")}
    made = LiTTransformer2DModel(**config | dict(changes))
    told = {name for name, _ in made.named_children()} - {name for name, _ in teacher.named_children()}
    inherit(made, teacher, own=tuple(f"{name}." for name in told))
    return made
