"""What fewer steps may cost: a contender's figures as shares of the base line's, and whether they reach the bars."""

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
