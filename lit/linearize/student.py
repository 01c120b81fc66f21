"""From a teacher of ours to a student that has all it can have of the teacher."""

from collections.abc import Mapping
from pathlib import Path

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
