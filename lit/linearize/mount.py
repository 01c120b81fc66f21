"""From a teacher's folder to a student that has all it can have of the teacher."""

import json
from collections.abc import Mapping, Sequence
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
    if "styles" in changes:
        teacher = with_styles(teacher, changes["styles"])
    return adapter(type(teacher).__name__).student(teacher, changes).train().requires_grad_(True)


def with_styles(network: ModelMixin, styles: Sequence[str]) -> ModelMixin:
    """The network, or where it knows other styles a copy that knows these: what is new begins as no style at all.

    Raises InputError for a list that lacks one that the network knows.
    """
    known = list(network.config.styles)
    if known == list(styles):
        return network
    if lost := [style for style in known if style not in styles]:
        raise InputError("network.styles", list(styles), f"{', '.join(lost)} among them, which the weights know")
    if len(set(styles)) < len(styles):
        raise InputError("network.styles", list(styles), "each style once")
    config = {name: value for name, value in network.config.items() if not name.startswith("_")}
    grown = type(network)(**config | {"styles": tuple(styles)})
    rows = [known.index(style) if style in known else len(known) for style in [*styles, None]]
    state = network.state_dict()
    state |= {f"{name}.weight": state[f"{name}.weight"][rows] for name in ("style", "style_token")}
    grown.load_state_dict(state)
    return grown
