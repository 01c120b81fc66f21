"""The solvers by name: what a model must predict for each, and how often it is asked. Imports no torch.

A new solver is one file in `lit/sampling/solvers/` and one line here; settings, the page, the command line,
LinearScope and the test of convergence take it from here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from lit.errors import InputError, Phrase
from lit.sampling import tables


@dataclass(frozen=True)
class Entry:
    """One solver. objectives: what the model may predict, "flow" (velocity), "flow-map" (mean velocity over a stretch
    of time, guidance built in) or "epsilon" (noise).

    path: its module and class in `lit.sampling.solvers`.  order: of convergence, as its paper has it: with n steps
    the error shrinks as n^-order.  evaluations(steps): how often the model is asked for that many steps.
    steps: as many as a drawing takes where nothing is said of it.
    """

    objectives: tuple[str, ...]
    path: str
    order: int
    evaluations: Callable[[int], int]
    steps: int = 20


GUIDANCE = 4.0

# The first of an objective is its default.
SOLVERS: dict[str, Entry] = {
    "flow-map": Entry(("flow-map",), "flow_map.FlowMap", 1, lambda steps: steps, steps=8),
    "flow-euler": Entry(("flow", "flow-map"), "flow_euler.FlowEuler", 1, lambda steps: steps),
    # Twice a step, but for the last.
    "flow-heun": Entry(("flow", "flow-map"), "flow_heun.FlowHeun", 2, lambda steps: 2 * steps - 1, steps=10),
    "ddim": Entry(("epsilon",), "ddim.DDIM", 1, lambda steps: steps),
    "dpm++": Entry(("flow", "flow-map", "epsilon"), "dpmpp.DPMPlusPlus", 2, lambda steps: steps),
}
# Those that can begin at a lower level of noise too, from a picture: made with it as `start`.
STARTING = ("flow-map", "flow-euler", "flow-heun")
# Its order says that it is consistent: its steps are of a table each, and cannot be made finer.
FITTED = Entry(("flow", "flow-map"), "flow_fitted.FlowFitted", 1, tables.evaluations)
if tables.known():
    FITTED = replace(FITTED, steps=min(tables.known(), key=lambda steps: abs(steps - 8)))
    SOLVERS[tables.NAME] = FITTED


def names(objective: str | None = None) -> tuple[str, ...]:
    """Names of the solvers for a model that predicts `objective`, its default first; None for all."""
    return tuple(name for name, entry in SOLVERS.items() if objective is None or objective in entry.objectives)


def of_any_network(objective: str) -> tuple[str, ...]:
    """Those of `names` whose coefficients belong to no network in particular."""
    return tuple(name for name in names(objective) if name != tables.NAME)


def evaluations(name: str, steps: int) -> int:
    """How often a model is asked about each image. Raises InputError for a name that is not there."""
    return find(name).evaluations(steps)


def usual(name: str, guidance: tuple[float, float] | None) -> dict:
    """{name of a setting: value} of what a network of ours is drawn with by this solver. guidance: its range, where
    that is built in."""
    low, high = guidance or (1.0, 20.0)
    return {"scheduler": name, "num_inference_steps": find(name).steps, "guidance_scale": min(max(GUIDANCE, low), high)}


def check_starting(name: str) -> None:
    """Raise InputError for a solver that goes its whole way only."""
    if name not in STARTING:
        raise InputError("scheduler", name, Phrase("one of {names} to start from a picture", names=", ".join(STARTING)))


def find(name: str, objective: str | None = None) -> Entry:
    """The entry of this name, for `objective` where one is given; raises InputError where there is none."""
    known = names(objective)
    if name not in known:
        raise InputError("scheduler", name, Phrase("one of {names}", names=", ".join(known)))
    return SOLVERS[name]
