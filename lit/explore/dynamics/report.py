"""The experiment's figures as a page, and its gates: what was asked of it, and whether it was met."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from lit.explore.dynamics.alrnn import ALRNN, level
from lit.explore.dynamics.drawing import diagram, portrait
from lit.explore.dynamics.experiment import NEAR
from lit.explore.dynamics.scores import AHEAD, DROPPED
from lit.explore.dynamics.symbols import Graph
from lit.sheets import markdown_table

# Of the run that the authors' tutorial keeps, on their own series: D_stsp and D_H (Lorenz, M = 20, P = 2).
PUBLISHED = {"lorenz": (3.52, 0.143)}
HALF = 0.5  # of the seeds
WINGS = 0.95  # of the points of a free run
SPREAD = 0.1  # of the exponent, per unit of time
AXES = {"lorenz": (0, 2), "roessler": (0, 1)}  # that a portrait shows
SHOWN = 4000  # steps of the free run in it


@dataclass(frozen=True)
class Gate:
    """asked: in words.  got: as measured.  passed: whether that is enough."""

    asked: str
    got: str
    passed: bool


def fitting(report: dict) -> list[dict]:
    """The seeds with exactly P + 1 regions in their free runs."""
    relu = report["recipe"]["relu"]
    return [one for one in report["relu"][str(relu)]["seeds"] if len(one["regions"]) == relu + 1]


def gates(report: dict) -> Iterator[Gate]:
    """Each gate of the system."""
    relu = str(report["recipe"]["relu"])
    seeds, middle, fit = report["relu"][relu]["seeds"], report["relu"][relu]["median"], fitting(report)
    if report["system"] in PUBLISHED:
        for key, name, most in zip(("d_stsp", "d_h"), ("D_stsp", "D_H"), PUBLISHED[report["system"]]):
            yield Gate(f"median {name} at most {most}", f"{middle[key]:.3g}", middle[key] <= most)
    for rival in ("0", "markov"):
        other = report["markov"] if rival == "markov" else report["relu"][rival]["median"]
        name = "k-means and Markov" if rival == "markov" else "P = 0"
        yield Gate(
            f"median D_H and error {AHEAD} steps ahead below those of {name}",
            f"{middle['d_h']:.3g} and {middle['ahead']:.3g}; {other['d_h']:.3g} and {other['ahead']:.3g}",
            middle["d_h"] < other["d_h"] and middle["ahead"] < other["ahead"],
        )
    share = len(fit) / len(seeds)
    yield Gate(f"exactly {int(relu) + 1} regions in half of the seeds", f"{len(fit)} of {len(seeds)}", share >= HALF)
    if report["system"] != "lorenz":
        return
    both = [one for one in fit if {1, 2} <= near(one)]
    yield Gate(
        "in half of those, both wings' fixed points are real and near", f"{len(both)}", 2 * len(both) >= len(fit) > 0
    )
    exponent, wings = (median(one[key] or 0 for one in fit) if fit else None for key in ("exponent", "wings"))
    got = "no such seed" if exponent is None else f"{exponent:.3f}"
    passed = exponent is not None and abs(exponent - 0.9) <= SPREAD
    yield Gate("their median Lyapunov exponent 0.9 +- 0.1", got, passed)
    got, passed = ("no such seed", False) if wings is None else (f"{wings:.1%}", wings >= WINGS)
    yield Gate(f"their two main symbols tell the sign of x in {WINGS:.0%} of points", got, passed)


def near(seed: dict) -> set[int]:
    """Which of the system's fixed points this seed has a real one of its own near to."""
    return {point["known"] for point in seed["fixed_points"] if point["real"] and point["away"] <= NEAR}


def page(report: dict) -> str:
    """Markdown: the gates, the table over P and rivals, and each seed, with its fixed points and the known one that
    each is nearest to."""
    main = str(report["recipe"]["relu"])
    told = [(gate.asked, gate.got, "passed" if gate.passed else "**missed**") for gate in gates(report)]
    parts = [f"# {report['system'].capitalize()}", markdown_table(("Gate", "Got", ""), told)]
    rows = [
        (f"P = {relu}, {len(found['seeds'])} seeds", *_figures(found["median"]), f"{found['median']['exponent']:.3f}")
        for relu, found in report["relu"].items()
    ]
    rows.append((f"k-means, {report['markov']['cells']} cells, Markov chain", *_figures(report["markov"]), ""))
    rows.append(("another trajectory of the system", *_figures(report["another trajectory"]), ""))
    parts.append(markdown_table(("Median of", "D_stsp", "D_H", "error 20 ahead", "Lyapunov exponent"), rows))
    curve = {int(relu): found["median"]["d_stsp"] for relu, found in report["relu"].items()}
    parts.append(f"The curve of D_stsp over P levels off at P = {level(curve)}.")
    parts += _sides(report)
    seeds = [
        (
            i,
            *_figures(one),
            f"{one['exponent']:.3f}",
            ", ".join(f"{visits}" for visits in one["regions"].values()),
            _points(one),
            one["epoch"],
        )
        for i, one in enumerate(report["relu"][main]["seeds"])
    ]
    head = ("Seed", "D_stsp", "D_H", "error", "exponent", "points by region", "fixed points", "epoch")
    parts.append(f"P = {main}, each seed:\n\n" + markdown_table(head, seeds))
    return "\n\n".join(parts) + "\n"


def _sides(report):
    """Beside the gate of the two main symbols: those that hold a wing's fixed point, where they are others."""
    seeds = report["relu"][str(report["recipe"]["relu"])]["seeds"]
    known = [one["sides"] for one in seeds if one.get("sides")]
    if report["system"] != "lorenz" or not known:
        return []
    right, inside = (median(one[i] for one in known) for i in (0, 1))
    return [
        f"In {len(known)} of {len(seeds)} seeds a real fixed point is near to each wing's. The regions that hold these"
        f" tell the sign of x in {right:.1%} of their points, and have {inside:.0%} of all points (medians)."
    ]


def _figures(found):
    return tuple(f"{found[key]:.3g}" if key in found else "" for key in ("d_stsp", "d_h", "ahead"))


def _points(seed):
    said = []
    for point in seed["fixed_points"]:
        kind = ("stable" if point["stable"] else "unstable") if point["real"] else "virtual"
        said.append(f"{kind}, {point['away']:.2f} from no. {point['known'] + 1}")
    return "; ".join(said)


def pictures(model: ALRNN, report: dict) -> dict[str, str]:
    """SVG by name: a free run coloured by region with the fixed points of all regions, and its graph.

    They are of the seed that is best on the validation series among those with P + 1 regions, if there are any.
    """
    seeds, fit = report["relu"][str(report["recipe"]["relu"])]["seeds"], fitting(report)
    which = min((i for i, one in enumerate(seeds) if one in fit or not fit), key=lambda i: float(model.scores[i]))
    start, axes = model.mean + model.scale, list(AXES[report["system"]])
    run = model.free_run(start, SHOWN, DROPPED, which)
    symbols = model.free_symbols(start, SHOWN, DROPPED, which)
    marks = [(*model.observed(point)[0, axes].tolist(), point.real) for point in model.fixed_points(which)]
    graph = Graph.of(symbols)
    names = [format(region, f"0{model.recipe.relu}b")[::-1] for region in graph.symbols]
    title = f"{report['system'].capitalize()}, a free run of seed {which}"
    return {
        "portrait": portrait(run[:, axes], symbols, marks, title),
        "graph": diagram(graph, names, f"{title}: what follows what"),
    }
