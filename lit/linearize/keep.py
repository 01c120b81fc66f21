"""Which layers of a student keep their teacher's softmax: those whose mixers come least near to it, for the time that
there is."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from scipy.optimize import Bounds, LinearConstraint, milp
from torch import nn
from torch.utils.benchmark import Timer

from lit.linearize.methods.transfer import misses
from lit.linearize.pairs import mixed, pairs
from lit.linearize.self_attentions import SelfAttentions
from lit.linearize.student import make_student
from lit.models.mixers import mixers_of


@torch.no_grad()
def errors_left(student: nn.Module, teacher: nn.Module, batches: Iterable[tuple]) -> dict[str, float]:
    """How far each mixer of another kind than its teacher's is from it on the teacher's own inputs, |T - S|^2 / var(T),
    the mean over batches of the teacher's arguments; by the mixers' paths."""
    changed = pairs(student, teacher)
    both = [(mixer, taught) for _, mixer, taught in changed]
    mean = torch.stack([misses(both, teacher, inputs) for inputs in batches]).mean(0)
    return {path: error for (path, *_), error in zip(changed, mean.tolist(), strict=True)}


@torch.no_grad()
def extra_seconds(
    student: nn.Module, teacher: nn.Module, tokens: torch.Tensor, grid: tuple[int, int], timed: Callable | None = None
) -> dict[str, float]:
    """What softmax costs more than the student's mixer, in seconds on `tokens` (batch, rows * columns, width), of each
    mixer of another kind; below zero where softmax is the faster one. Mixers of one kind and one shape are timed once,
    so that layers which cost alike cost alike.

    timed: a call's seconds; None for the median of a fifth of a second."""
    timed = timed or _median_seconds
    known: dict[tuple, float] = {}

    def cost(mixer):
        kind = type(mixer), getattr(mixer, "linear", None), *(tuple(p.shape) for p in mixer.parameters())
        if kind not in known:
            known[kind] = timed(lambda: mixed(mixer, tokens, grid))
        return known[kind]

    return {path: cost(taught) - cost(mixer) for path, mixer, taught in pairs(student, teacher)}


def kept_layers(errors: Sequence[float], extra: Sequence[float], share: float) -> list[int]:
    """The layers to keep: those with the greatest errors in all,

        max sum_{l kept} e_l   with   sum_{l kept} c_l <= share sum_l c_l

    e: errors (layers,).  c: what softmax costs more there, in any unit. What costs nothing is kept with any share above
    zero; where nothing costs anything, as on small grids, layers are counted. With equal costs these are the share's
    part of the layers, rounded down.
    """
    if not share:
        return []
    costs = np.maximum(np.asarray(extra, dtype=np.float64), 0.0)
    costs = costs / costs.sum() if costs.any() else np.full(len(costs), 1 / len(costs))
    budget = LinearConstraint(costs[None], ub=share + 1e-9)
    whole, exact = np.ones(len(costs)), {"mip_rel_gap": 0.0}
    found = milp(-np.asarray(errors), constraints=budget, integrality=whole, bounds=Bounds(0, 1), options=exact)
    return np.flatnonzero(found.x > 0.5).tolist()


def ranked(
    student: nn.Module,
    teacher: nn.Module,
    batches: Iterable[tuple],
    tokens: torch.Tensor,
    grid: tuple[int, int],
    share: float,
) -> dict:
    """Which mixers a share of softmax keeps: {"errors", "extra_seconds": by the mixers' paths, "kept": paths}; the
    arguments are those of the three functions above."""
    errors = errors_left(student, teacher, batches)
    extra = extra_seconds(student, teacher, tokens, grid)
    kept = kept_layers(list(errors.values()), list(extra.values()), share)
    return {"errors": errors, "extra_seconds": extra, "kept": [list(errors)[layer] for layer in kept]}


def with_softmax(student: nn.Module, teacher: nn.Module, paths: Iterable[str]) -> nn.Module:
    """A new student whose mixers at `paths` are the teacher's, all else as in `student`; ready to train. Its config
    names the mixers, and of ours their heads, layer by layer."""
    paths = set(paths)
    if isinstance(student, SelfAttentions):
        return student.without(paths)
    mixers = mixers_of(student)
    by_layer = {}
    for name in ("token_mixer", "num_attention_heads"):
        own, taught = (_by_layer(network.config[name], len(mixers)) for network in (student, teacher))
        by_layer[name] = [old if path in paths else new for path, old, new in zip(mixers, taught, own, strict=True)]
    config = {name: value for name, value in student.config.items() if not name.startswith("_")}
    if paths >= set(mixers):  # nobody is left to take the student's arguments
        config["mixer_args"] = teacher.config.mixer_args
    made = make_student(teacher, config | by_layer).to(student.device)
    state = {k: v for k, v in student.state_dict().items() if not any(k.startswith(f"{path}.") for path in paths)}
    made.load_state_dict(state, strict=False)
    return made


def _by_layer(value, depth: int) -> list:
    return list(value) if isinstance(value, list | tuple) else [value] * depth


def _median_seconds(call: Callable[[], object]) -> float:
    return (
        Timer("call()", globals={"call": call}, num_threads=torch.get_num_threads())
        .blocked_autorange(min_run_time=0.2)
        .median
    )
