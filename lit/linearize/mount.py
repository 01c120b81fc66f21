"""From a teacher's folder to a student that has all it can have of the teacher."""

import json
from collections.abc import Mapping
from pathlib import Path

from diffusers.models.modeling_utils import ModelMixin

from lit.errors import CheckpointError, InputError
from lit.linearize.adapters import ADAPTERS


def load_teacher(folder: str | Path) -> ModelMixin:
    """The transformer in a folder in diffusers' layout, frozen. Raises CheckpointError or InputError."""
    file = Path(folder) / "config.json"
    try:
        name = json.loads(file.read_text(encoding="utf-8-sig")).get("_class_name")
    except OSError as error:
        raise InputError("teacher", str(folder), "the folder of a trained transformer, with its config.json") from error
    except (ValueError, AttributeError) as error:
        raise CheckpointError(f"{file}: damaged ({error}); restore the folder") from error
    return adapter(name).network.from_pretrained(folder).eval().requires_grad_(False)


def adapter(architecture: str | None):
    """What knows the transformers of a class name. Raises InputError for one that nobody knows."""
    if architecture not in ADAPTERS:
        raise InputError("teacher", architecture, f"a network that can be made linear: {', '.join(ADAPTERS)}")
    return ADAPTERS[architecture]


def mount(teacher: ModelMixin, changes: Mapping[str, object]) -> ModelMixin:
    """A student: the teacher's architecture but for `changes` (arguments of its class; `token_mixer` among them), with
    the teacher's weights but for what its new mixers have for their own. Ready to train.

    Raises InputError for changes that leave no place for the teacher's weights.
    """
    return adapter(type(teacher).__name__).student(teacher, changes).train().requires_grad_(True)
