"""What a model is to reach, and what fewer steps may cost: figures as shares of real stickers' and of the base line's,
and whether they reach the bars."""

from functools import reduce

# The figures that bars are set for, as places in a contender's report.
QUALITY = (
    "pairs.train.model.top1",
    "pairs.held_out.model.top1",
    "pairs.train.model.style",
    "pairs.held_out.model.style",
    "composed.color.model.right",
    "composed.count.model.right",
    "composed.relation.model.right",
)
DIVERSITY, EDGES = "diversity.model", "alpha_edges.model"

# What a model of both sets is to reach: shares of what real stickers get from the same measure,
OF_REAL = {
    "pairs.train.model.top1": 0.97,
    "pairs.held_out.model.top1": 0.99,
    "pairs.new.model.top1": 0.90,
    "pairs.held_out.model.style": 0.97,
}
# shares of the prompts,
RIGHT = {
    "composed.color.model.right": 0.99,
    "composed.count.model.right": 0.97,
    "composed.relation.model.right": 0.92,
    "scenes.things.model.right": 0.90,
} | {f"scenes.{kind}.model.right": 0.75 for kind in ("wearing", "holding", "riding", "inside", "face")}
# and at most.
MOST = {"frechet.model": 12.0}

LEAST = {4: (0.97, 0.95), 2: (0.94, 0.92), 1: (0.88, 0.85)}  # steps: of each of QUALITY, and of the diversity
FALL = 0.01  # of each of QUALITY where a contender takes as many steps as the base line
EDGES_WITHIN = 0.10  # of the base line's share of half-transparent pixels, whatever the steps
BARS = (
    "Bars, in shares of the base line: "
    + "; ".join(
        f"{steps} step{'s' * (steps > 1)} {quality:.0%}, diversity {diverse:.0%}"
        for steps, (quality, diverse) in LEAST.items()
    )
    + f"; half-transparent pixels within {EDGES_WITHIN:.0%} of its own; as many steps as the base line's: at most "
    f"{100 * FALL:g} point less."
)


def look_up(report: dict, place: str):
    """The value at a place such as "pairs.train.model.top1"."""
    return reduce(lambda inner, key: inner[key], place.split("."), report)


def wanted(report: dict) -> dict[str, str]:
    """For each figure of a report that a model is to reach, by its place, the bar in words and whether it is met:
    "97% of real: met". Figures that were not asked for are left out."""
    said = {}
    for bars, unit in ((OF_REAL, "{:.0%} of real"), (RIGHT, "{:.0%}"), (MOST, "at most {:g}")):
        for place, bar in bars.items():
            value = _found(report, place.replace(".model.", ".share.") if bars is OF_REAL else place)
            if value is not None:
                met = value <= bar if bars is MOST else value >= bar - 1e-9
                said[place] = f"{unit.format(bar)}: {'met' if met else 'missed'}"
    return said


def _found(report, place):
    """The value at a place; None where it was not measured."""
    try:
        return look_up(report, place)
    except KeyError:
        return None


def against(report: dict, base: dict) -> dict[str, dict]:
    """For each figure with a bar its share of the base line's (None where that is zero), and whether the bar is met
    (None where none is set for so many steps)."""
    steps, of_base = report["settings"]["steps"], base["settings"]["steps"]
    least, least_diverse = LEAST.get(steps, (None, None)) if steps != of_base else (None, None)
    verdicts = {}
    for place in (*QUALITY, DIVERSITY, EDGES):
        own, other = look_up(report, place), look_up(base, place)
        met = None
        if place == EDGES:
            met = abs(own - other) <= EDGES_WITHIN * other
        elif place == DIVERSITY:
            met = None if least_diverse is None else own >= least_diverse * other
        elif least is not None:
            met = own >= least * other
        elif steps == of_base:
            met = own >= other - FALL - 1e-9  # one point less, whatever floats say
        verdicts[place] = {"share": own / other if other else None, "met": met}
    return verdicts
