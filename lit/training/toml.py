"""A training run's description, read from a TOML file; `configs/` holds the shipped models'.

model = "transformer"      one of MODELS
steps, stages, ...         the loop's own, `Loop`
[data]                     which drawings are learned and how often, `Sampling`
[network]                  arguments of the network's class
[batches]                  of the model's batches
[objective]                name, one of the model's objectives (the first if left out), and its arguments
[method]                   name and arguments of how a student learns from its teacher, where there is one
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from lit.data.sampling import Sampling
from lit.errors import InputError
from lit.linearize.methods import METHODS
from lit.training import typed
from lit.training.config import Choice, Loop, TrainingConfig
from lit.training.models import MODELS
from lit.training.objectives import OBJECTIVES

CONFIGS = Path(__file__).parent / "configs"
TABLES = ("data", "network", "batches", "objective", "method")


def load_config(name: str, overrides: Sequence[str] = ()) -> TrainingConfig:
    """A config by the name of a file in `configs/`, or by the path of a TOML file.

    overrides: `name=value` in TOML's notation, a value in a table as `table.name=value`. Raises InputError.
    """
    path = Path(name).expanduser() if name.endswith(".toml") else CONFIGS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.toml")))
        raise InputError("--config", name, f"a TOML file, or one of {known}")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors begin a file with a mark
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError("--config", name, f"a TOML file in UTF-8 ({error})") from error
    for pair in overrides:
        _override(table, pair)
    return _config(table)


def _override(table: dict, pair: str):
    name, equals, text = pair.partition("=")
    if not equals or not name:
        raise InputError("--set", pair, "NAME=VALUE")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # a bare word is a string
    *tables, last = name.split(".")
    for step in tables:
        table = table.setdefault(step, {})
        if not isinstance(table, dict):
            raise InputError("--set", pair, f"NAME=VALUE; {step} is no table")
    table[last] = value


def _config(table: dict) -> TrainingConfig:
    """A whole TOML table as a config."""
    model = table.pop("model", None)
    if not isinstance(model, str) or model not in MODELS:
        raise InputError("model", model, f"one of {', '.join(MODELS)}")
    kind = MODELS[model]
    given = {name: table.pop(name, {}) for name in TABLES}
    objectives, methods = {name: OBJECTIVES[name] for name in kind.objectives}, METHODS if kind.teachable else {}
    known = {"data": [Sampling], "network": [kind.network]} | {
        "batches": [kind.batches.Arguments],
        "objective": [one.Arguments for one in objectives.values()],
        "method": [one.Arguments for one in methods.values()],
    }
    for name in table:
        _say_where(name, table[name], known)
    return TrainingConfig(
        model,
        typed.parse(Loop, table),
        typed.arguments(kind.network, given["network"], "network"),
        typed.parse(kind.batches.Arguments, given["batches"], "batches"),
        _choice(objectives, given["objective"], "objective"),
        _choice(methods, given["method"], "method"),
        typed.parse(Sampling, given["data"], "data"),
    )


def _choice(registry: dict, values: object, table: str) -> Choice:
    """A table with a name and the arguments of what has it; the first of the registry where none is given."""
    if not isinstance(values, dict):
        raise InputError(table, values, f"a table: [{table}] with name = ... and arguments of its own")
    if not registry:
        if values:
            raise InputError(table, values, "no such table for this model")
        return Choice("", None)
    values = dict(values)
    name = values.pop("name", next(iter(registry)))
    if not isinstance(name, str) or name not in registry:
        raise InputError(f"{table}.name", name, f"one of {', '.join(registry)}")
    return Choice(name, typed.parse(registry[name].Arguments, values, table))


def _say_where(name: str, value: object, known: dict[str, Iterable[type]]):
    """A value that stands at the top and belongs into a table, as all did once: say which."""
    if name in {f.name for f in fields(Loop)}:
        return
    for table, kinds in known.items():
        if any(name in getattr(kind, "__dataclass_fields__", ()) for kind in kinds):
            raise InputError(name, value, f"the same in the table [{table}], or --set {table}.{name}=...")
