"""The experiment's figures as a Markdown page."""

from lit.evaluation.solvers.compare import GAIN
from lit.sheets import markdown_table

CACHES = (
    "They skip blocks of an evaluation instead of evaluations: First-Block-Cache all behind the first block where that "
    "changed its tokens by less than the number, TaylorSeer's first order all attentions and MLPs but at the first "
    "three steps and then every so many. Each picture alone, all ways in turn; the share is of Euler's time in 20."
)
MEASURES = (("latents", ".2f"), ("pixels", ".2f"), ("ssim", ".4f"))


def page(report: dict) -> str:
    """The report of `lit.evaluation.solvers.experiment.experiment` for people."""
    done = report["settings"]
    scales = ", ".join(f"{scale:g}" for scale in done["guidances"])
    parts = [
        "# Solvers at equal evaluations",
        f"Weights `{done['weights_sha256'][:12]}`, {done['device']}, {done['dtype']}; {done['side']} px; guidance "
        f"scales {scales} in turn. Fitted and chosen on {done['fit']} pairs of prompt and seed, tested on "
        f"{done['test']} others. Distances are to the fine solution (Euler, {done['fine']} steps, the same noise) and "
        f"to Euler in {done['grid']} steps, which itself is {report['euler_to_fine']:.2f} dB from the fine one in the "
        "latents. RGBA is premultiplied, on black and on white. The worst style and the worst 5% of the pairs are of "
        f"the latents to the fine solution. {report['seconds']:.0f} s.",
        "## In short",
        _verdicts(report["counts"]),
    ]
    for count, part in report["counts"].items():
        parts += [f"## {count} evaluations", _table(part["rows"]), _sentence(part)]
    if report["transfer"]:
        parts += ["## How far a fit carries", _transfer(report["transfer"])]
    parts += ["## The unconditional half", _halves(report["halves"])]
    if report.get("caches"):
        where = "On {device}, {dtype}. ".format_map(report["caches"])
        parts += ["## Caches inside the network, by the clock", where + CACHES, _caches(report["caches"]["rows"])]
    return "\n\n".join(parts) + "\n"


def _gain(part) -> str:
    low, high = part["interval"]
    return f"{part['gain']:+.2f} ({low:+.2f} to {high:+.2f})"


def _verdicts(counts) -> str:
    head = ("evaluations", "best classical solver", "gain of the fitted one, dB (95% interval)", "median", "offered")
    rows = [
        (count, part["rival"], _gain(part), f"{part['median']:+.2f}", "yes" if part["offered"] else "no")
        for count, part in counts.items()
    ]
    return markdown_table(head, rows)


def _sentence(part) -> str:
    offered = (
        "so it is offered."
        if part["offered"]
        else f"so it is not offered: that takes an interval above zero and a median of {GAIN} dB or more."
    )
    return (
        f"The fitted solver comes {_gain(part)} dB nearer to the fine solution than {part['rival']}, the best "
        f"classical one; the median is {part['median']:+.2f} dB, {offered}"
    )


def _table(rows) -> str:
    head = ("solver", "evaluations", "times")
    head += tuple(
        f"{words} to {name}" for name in ("fine", "Euler-20") for words in ("latents, dB", "RGBA, dB", "SSIM")
    )
    head += ("worst style", "worst 5%")
    return markdown_table(
        head,
        [
            (
                *(row["name"], row["evaluations"], row["grid"]),
                *(f"{row[name][key]:{form}}" for name in ("fine", "euler") for key, form in MEASURES),
                f"{row['worst_style'][0]}, {row['worst_style'][1]:.2f}",
                f"{row['worst_pairs']:.2f}",
            )
            for row in sorted(rows, key=lambda row: -row["fine"]["latents"])
        ],
    )


def _transfer(rows) -> str:
    head = ("fitted at", "evaluations", "fitted, dB", "best classical solver of above, dB", "gain, dB (95% interval)")
    return markdown_table(
        head,
        [
            (
                *(row["what"], row["evaluations"], f"{row['fitted']:.2f}"),
                *(f"{row['against']}, {row['rival']:.2f}", _gain(row)),
            )
            for row in rows
        ],
    )


def _halves(rows) -> str:
    if not rows:
        return "This network has its guidance built in: there is no second half to save."
    head = ("Euler, 20 steps where not said otherwise", "forwards", "latents to fine, dB", "to both halves, dB")
    return markdown_table(
        head, [(row["what"], row["forwards"], f"{row['fine']:.2f}", f"{row['euler']:.2f}") for row in rows]
    )


def _caches(rows) -> str:
    head = ("drawn by", "seconds a picture", "share of the time", "latents to fine, dB")
    return markdown_table(
        head,
        [
            (row["what"], f"{row['seconds']:.3f}", f"{row['share']:.2f}", f"{row['fine']:.2f}")
            for row in sorted(rows, key=lambda row: -row["seconds"])
        ],
    )
