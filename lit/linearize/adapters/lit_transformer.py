"""Our own transformer: the same network with another token mixer in each block, or told or reading more than its
teacher."""

from collections.abc import Mapping

import torch

from lit.errors import InputError
from lit.linearize.inherit import inherit
from lit.models.transformer import LiTTransformer2DModel

network = LiTTransformer2DModel
linear = False
downscale = 8  # pixels a side of a latent
WORDS = 32  # tokens of a prompt
GROWING = ("text_layers", "styles")  # of a trained network's arguments, those that may be more


def example(config: Mapping, batch: int, side: int) -> tuple[torch.Tensor, ...]:
    latents = torch.empty(batch, config["in_channels"], side, side)
    words, mask = torch.empty(batch, WORDS, config["caption_channels"]), torch.empty(batch, WORDS)
    return latents, torch.empty(batch), words, mask, torch.empty(batch, dtype=torch.long)


def student(teacher: LiTTransformer2DModel, changes: Mapping[str, object]) -> LiTTransformer2DModel:
    """The teacher's config with `changes`, and its weights but for the mixers' own and for what the teacher has not: in
    the flow map of a flow what reads how far to go and the guidance, further text layers, further styles, a policy. A
    network that only grows draws as before: a new style starts as none, all points of a policy as the one answer.
    Raises InputError for styles that are left out and for a policy of other points."""
    config = {name: value for name, value in teacher.config.items() if not name.startswith("_")}
    made = LiTTransformer2DModel(**config | dict(changes))
    told = {name for name, _ in made.named_children()} - {name for name, _ in teacher.named_children()}
    told |= {f"text_blocks.{i}" for i in range(len(teacher.text_blocks), len(made.text_blocks))}
    known, styles = list(teacher.config.styles), list(made.config.styles)
    if known != styles:
        if missing := set(known) - set(styles):
            raise InputError("network.styles", styles, f"the teacher's as well: {', '.join(sorted(missing))}")
        if len(set(styles)) < len(styles):
            raise InputError("network.styles", styles, "each style once")
        told |= {"style", "style_token"}
        rows = torch.tensor([known.index(style) if style in known else len(known) for style in [*styles, None]])
        for table in ("style", "style_token"):
            getattr(made, table).weight.data.copy_(getattr(teacher, table).weight[rows])
    before, points = teacher.config.policy_points, made.config.policy_points
    if before != points:
        if before != 1:
            raise InputError("network.policy_points", points, f"{before}, as the weights have")
        told.add("unpatch")
        made.unpatch.weight.data.copy_(teacher.unpatch.weight.repeat(points, 1))
        made.unpatch.bias.data.copy_(teacher.unpatch.bias.repeat(points))
    inherit(made, teacher, own=tuple(f"{name}." for name in told))
    return made
