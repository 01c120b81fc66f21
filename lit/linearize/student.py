"""From a teacher of ours to a student that has all it can have of the teacher, and on to where the teacher goes."""

from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers.models.modeling_utils import ModelMixin

from lit.errors import InputError
from lit.linearize.teacher import adapter, find


def load_teacher(folder: str | Path) -> ModelMixin:
    """The transformer in a folder in diffusers' layout, frozen. Raises CheckpointError or InputError."""
    found = find(folder)
    if not hasattr(found.adapter, "student"):
        raise InputError(
            "teacher", found.architecture, "a transformer of ours; for one of diffusers: --config mountable"
        )
    return found.adapter.network.from_pretrained(found.transformer).eval().requires_grad_(False)


def make_student(teacher: ModelMixin, changes: Mapping[str, object]) -> ModelMixin:
    """A student: the teacher's architecture but for `changes` (arguments of its class; `token_mixer` among them), with
    the teacher's weights but for what its new mixers have for their own. Ready to train.

    Raises InputError for changes that leave no place for the teacher's weights.
    """
    return adapter(type(teacher).__name__).student(teacher, changes).train().requires_grad_(True)


@torch.no_grad()
def moved(network: ModelMixin, before: ModelMixin, after: ModelMixin) -> ModelMixin:
    """A network that was distilled from `before`, as if it had been from `after`, to which that teacher was trained on:

        w <- w + (w_after - w_before)

    since what a network learns on top of others' weights is mostly a direction of its own (task arithmetic, arXiv
    2212.04089). What `after` has and `before` had not, further styles and text layers, is as `after` has it. Ready to
    train. Raises InputError for weights that do not fit.
    """
    styles = {"styles": after.config.styles}
    made = make_student(network, styles | {"text_layers": after.config.text_layers})
    old, new = make_student(before, styles).state_dict(), after.state_dict()
    state = made.state_dict()
    misfit = {name for name, one in new.items() if name not in state or state[name].shape != one.shape}
    misfit |= {name for name, one in old.items() if name not in new or new[name].shape != one.shape}
    if misfit:
        some = ", ".join(sorted(misfit)[:5])
        raise InputError("--init-teacher", some, "a teacher as --teacher and --init are: these weights do not fit")
    for name, one in new.items():
        state[name].copy_(state[name] + (one - old[name]) if name in old else one)
    return made
