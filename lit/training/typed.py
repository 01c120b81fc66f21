"""What users write in a config, checked against the types that the code declares: pydantic's rules, our words."""

import contextlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, NotRequired, TypeVar, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from lit.errors import InputError, LiTError

Kind = TypeVar("Kind")
WORDS = {"an object": "a table", "a valid array": "a list"}  # TOML's for JSON's


@dataclass(frozen=True)
class NoArguments:
    """Of objectives and batches that have nothing to choose."""


def parse(kind: type[Kind], values: object, name: str = "") -> Kind:
    """A table as TOML gives it -> the dataclass `kind`. Raises InputError for a name, a type or a range that does not
    fit. name: of the table, as the user knows it."""
    needed = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    return kind(**_checked(get_type_hints(kind, include_extras=True), needed, values, name))


def arguments(kind: type, values: object, name: str) -> dict[str, Any]:
    """A table -> arguments of the class `kind`, checked alike."""
    known = inspect.signature(kind).parameters
    types = get_type_hints(kind.__init__)
    return _checked({argument: types.get(argument, Any) for argument in known}, set(), values, name)


@contextlib.contextmanager
def building(values: Mapping[str, Any], name: str):
    """What a class cannot do with these arguments is the user's to mend: raise InputError for whatever it raises."""
    try:
        yield
    except LiTError:
        raise
    except Exception as error:  # torch's layers raise whatever their arithmetic meets
        raise InputError(name, dict(values), f"arguments that a network can be built with ({error})") from error


def _checked(types: dict[str, Any], needed: set[str], values: object, name: str) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise InputError(name, values, f"a table, with some of {', '.join(types)}")
    table = TypedDict("table", {key: kind if key in needed else NotRequired[kind] for key, kind in types.items()})
    table.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    try:
        # As JSON: there a list may stand for a tuple and 1 for 1.0, but no string for a number.
        return dict(TypeAdapter(table).validate_json(json.dumps(values, default=str)))
    except ValidationError as error:
        raise _told(error.errors()[0], types, values, name) from error


def _told(error, types, values, name) -> InputError:
    """The first of pydantic's errors as ours."""
    place = [name] if name else []
    inside: Any = values
    for step in error["loc"]:  # which holds names of types too, where there are several
        known = inside if isinstance(inside, Mapping) else range(len(inside)) if isinstance(inside, list) else ()
        if step in known:
            place.append(str(step))
            inside = inside[step]
    if error["type"] == "missing":
        return InputError(".".join([*place, str(error["loc"][-1])]), None, "a value: it has no default")
    if error["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        known = f"one of {', '.join(types)}" if len(error["loc"]) == 1 else "a name that is known"
        return InputError(".".join(place), error["input"], f"there is no such name; {known or 'there are none'}")
    expected = error["msg"].removeprefix("Input should be ")
    return InputError(".".join(place), error["input"], WORDS.get(expected, expected[:1].lower() + expected[1:]))
