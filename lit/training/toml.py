"""A training run's description, read from a TOML file; `configs/` holds the shipped models'.

based_on = ["student"]     other files, by their names from this one, whose values hold where this one says nothing
model = "transformer"      one of MODELS
steps, stages, ...         the loop's own, `Loop`
[data]                     which drawings are learned and how often, `Sampling`
[network]                  arguments of the network's class
[batches]                  of the model's batches
[objective]                name, one of the model's objectives (the first if left out), and its arguments
[method]                   name and arguments of how a student learns from its teacher, where there is one
[[phases]]                 in place of it, several: the share of each, its method, its lora where it learns by that, and
                           what of the loop's is its own; what it does not say is as at the top
keep_softmax = 0.25        with phases: the share of the layers that keep their teacher's softmax
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path

from lit.data.sampling import Sampling
from lit.errors import InputError
from lit.linearize.lora import LoRA
from lit.linearize.methods import METHODS
from lit.training import typed
from lit.training.config import Choice, Loop, Phase, TrainingConfig
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
    table = _read(path, name)
    for pair in overrides:
        _override(table, pair)
    return _config(table)


def _read(path: Path, name: str, within: tuple[Path, ...] = ()) -> dict:
    """A file's table over those that it is based on, the last of them first. name: as the user knows it.  within: the
    files that are based on it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors begin a file with a mark
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError("--config", name, f"a TOML file in UTF-8 ({error})") from error
    bases, whole = table.pop("based_on", []), {}
    if not isinstance(bases, list) or not all(isinstance(base, str) for base in bases):
        raise InputError("based_on", bases, "a list of names of configs")
    for base in bases:
        file = next((file for place in (path.parent, CONFIGS) if (file := place / f"{base}.toml").is_file()), None)
        if file is None or file in (path, *within):
            raise InputError("based_on", base, f"the name of a config beside {path}, or in {CONFIGS}, but its own")
        whole = _over(_read(file, base, (path, *within)), whole)
    return _over(table, whole)


def _over(upper: dict, lower: dict) -> dict:
    """Two tables as one, tables in them too; where both have a value, it is the upper one's."""
    merged = lower | upper
    for key, value in lower.items():
        if isinstance(value, dict) and isinstance(upper.get(key), dict):
            merged[key] = _over(upper[key], value)
    return merged


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
        if isinstance(table, list):
            table = table[int(step)] if step.isdigit() and int(step) < len(table) else None
        else:
            table = table.setdefault(step, {})
        if not isinstance(table, dict | list):
            raise InputError("--set", pair, f"NAME=VALUE; {step} is no table")
    if isinstance(table, list):
        raise InputError("--set", pair, f"NAME=VALUE; {'.'.join(tables)} is a list of tables, counted from 0")
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
    phases, keep = table.pop("phases", []), table.pop("keep_softmax", 0.0)
    for name in table:
        _say_where(name, table[name], known)
    if isinstance(keep, bool) or not isinstance(keep, int | float) or not 0 <= keep < 1:
        raise InputError("keep_softmax", keep, "the share of the layers that keep softmax, from 0 to below 1")
    if phases and not methods:
        raise InputError("phases", model, "a transformer: nothing else has a teacher")
    if keep and not phases:
        raise InputError("keep_softmax", keep, "0 here: it needs phases, whose first tells which layers are furthest")
    return TrainingConfig(
        model,
        typed.parse(Loop, table),
        typed.arguments(kind.network, given["network"], "network"),
        typed.parse(kind.batches.Arguments, given["batches"], "batches"),
        _choice(objectives, given["objective"], "objective"),
        _choice(methods, given["method"], "method"),
        typed.parse(Sampling, given["data"], "data"),
        _phases(phases, table, methods),
        float(keep),
    )


def _phases(tables: object, loop: dict, methods: dict) -> tuple[Phase, ...]:
    """The tables [[phases]]; loop: the values at the top."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InputError("phases", tables, "tables: [[phases]] with share = ... and method = ...")
    found = []
    for number, table in enumerate(tables):
        place, table = f"phases.{number}", dict(table)
        share, method, lora = table.pop("share", None), table.pop("method", {}), table.pop("lora", None)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
            raise InputError(f"{place}.share", share, "its share of the steps and minutes, above 0, at most 1")
        own = typed.parse(Loop, loop | table, place)
        own = replace(own, steps=max(1, round(share * own.steps)))
        chosen = _choice(methods, method, f"{place}.method")
        additions = None if lora is None else typed.parse(LoRA, lora, f"{place}.lora")
        found.append(Phase(f"{number + 1}-{chosen.name}", float(share), own, chosen, additions))
    if found and abs(sum(phase.share for phase in found) - 1) > 1e-6:
        raise InputError("phases.share", sum(phase.share for phase in found), "shares that add up to 1")
    return tuple(found)


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
