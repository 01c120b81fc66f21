"""What the bench found, as Markdown tables and a picture of the curves."""

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from lit.bench.mixers import stickers
from lit.bench.mixers.arena import SEEDS, Run, runs_of
from lit.bench.mixers.chart import chart
from lit.bench.mixers.network import CONTENDERS
from lit.bench.mixers.speed import growth
from lit.bench.trials.trials import Trials
from lit.evaluation.tasks import TASKS
from lit.sheets import markdown_table

FIGURES = "mixers.json"
# Accuracies of Long Range Arena's own table (arXiv 2011.04006): ListOps, Pathfinder.
PUBLISHED = {
    "Local": (15.8, 66.6), "Linear Transformer": (16.1, 75.3), "Reformer": (37.3, 68.5), "Sparse": (17.1, 71.7),
    "Sinkhorn": (33.7, 67.5), "Linformer": (35.7, 76.3), "Performer": (18.0, 77.1), "Synthesizer": (37.0, 69.5),
    "Longformer": (35.6, 69.7), "Transformer": (36.4, 71.4), "BigBird": (36.1, 74.9),
}  # fmt: skip


def arena_table(records: Iterable[dict]) -> str:
    """A row a task and mixer: the test score over the seeds, what each half of a hybrid scores alone, sizes."""
    found = defaultdict(list)
    for record in records:
        found[record["task"], record["mixer"]].append(record)
    rows = []
    for (task, mixer), runs in sorted(found.items(), key=lambda item: (item[0][0], -_mean(item[1], "test"))):
        alone = {part: statistics.mean(run["without"][part] for run in runs) for part in runs[0]["without"]}
        other = {"window": "linear", "linear": "window"}
        halves = ", ".join(f"{other[part]} alone {100 * score:.1f}" for part, score in alone.items())
        scores = " / ".join(f"{100 * run['test']:.1f}" for run in sorted(runs, key=lambda run: run["seed"]))
        grid = "its own" if CONTENDERS[mixer].two_dimensional else "a line"
        minutes = sum(run["seconds"] for run in runs) / 60
        rows.append((task, mixer, grid, f"{100 * _mean(runs, 'test'):.1f}", scores, halves, runs[0]["parameters"],
                     runs[0]["state"] or "all tokens", f"{minutes:.1f}"))  # fmt: skip
    head = ("task", "mixer", "grid", "test, %", "by seed", "parts", "parameters", "state a layer", "minutes")
    return markdown_table(head, rows)


def rules_table(records: Iterable[dict]) -> str:
    """What one gets without understanding, of the same test examples."""
    rules = {(record["task"], name): score for record in records for name, score in record["rules"].items()}
    rows = [(task, name, f"{100 * score:.1f}") for (task, name), score in sorted(rules.items())]
    return markdown_table(("task", "rule", "test, %"), rows)


def speed_table(rows: Sequence[dict]) -> str:
    """Seconds as multiples of LiT's, and with how much of a power of the tokens they grow."""
    mixers = list(dict.fromkeys(name for row in rows for name in row["seconds"]))
    columns = sorted({(row["backward"], row["tokens"]) for row in rows})
    by_column = {(row["backward"], row["tokens"]): row for row in rows}
    head = [
        "mixer",
        *(f"{tokens}{', with backward' if back else ''}" for back, tokens in columns),
        "growth",
        "with backward",
    ]
    body = []
    for mixer in mixers:
        cells = [by_column[column]["ratios"].get(mixer) for column in columns]
        powers = [growth(rows, mixer, backward) for backward in (False, True)]
        body.append([mixer, *("" if cell is None else f"{cell:.2f}" for cell in cells),
                     *("" if power is None else f"{power:.2f}" for power in powers)])  # fmt: skip
    lit = ["lit, ms", *(f"{1000 * by_column[column]['seconds']['lit']:.3g}" for column in columns), "", ""]
    return markdown_table(head, [lit, *body])


def curves(records: Sequence[dict], task: str) -> str:
    """Validation over steps, every seed of every mixer, as an SVG."""
    shown = [record for record in records if record["task"] == task]
    lines = {
        mixer: [
            [(point["step"], point["validation"]) for point in record["curve"]]
            for record in shown
            if record["mixer"] == mixer
        ]
        for mixer in sorted({record["mixer"] for record in shown})
    }
    steps = max(point["step"] for record in shown for point in record["curve"])
    return chart(lines, f"{task}, validation", f"{steps} steps", lambda share: f"{100 * share:.0f}%")


def memory_table(rows: Sequence[dict]) -> str:
    """The most memory that a call holds, as multiples of LiT's; of rows that were measured on a card."""
    columns = sorted({(row["backward"], row["tokens"]) for row in rows})
    memory = {(row["backward"], row["tokens"]): row["memory"] for row in rows}
    head = ["mixer", *(f"{tokens}{', with backward' if back else ''}" for back, tokens in columns)]
    body = [["lit, MB", *(f"{memory[column]['lit'] / 2**20:.0f}" for column in columns)]]
    for mixer in rows[0]["memory"]:
        shares = [memory[column].get(mixer, 0) / memory[column]["lit"] for column in columns]
        body.append([mixer, *(f"{share:.2f}" if share else "" for share in shares)])
    return markdown_table(head, body)


def plans(records: Iterable[dict]) -> str:
    """How the runs were made, a line for each way: a smoke run says itself what it is."""
    ways = defaultdict(set)
    for record in records:
        plan, size = record["plan"], record["plan"]["size"]
        seen = "" if plan["examples"][0] is None else f", of {plan['examples'][0]:,} examples"
        way = (
            f"{record['device']}: width {size['width']}, {size['heads']} heads, {size['layers']} layers, "
            f"{plan['steps']:,} steps of {plan['batch']}{seen}"
        )
        ways[way].add(record["seed"])
    return "\n".join(f"- {way}, {len(seeds)} seed{'s' * (len(seeds) > 1)}." for way, seeds in sorted(ways.items()))


def document(records: Sequence[dict], speeds: dict[str, list[dict]], trials: Trials, pictures: Path) -> str:
    """The whole report; curves are written beside it. speeds: {device: rows of `speed.measure`}.  trials: of the
    stickers. What was not run says so, with the command that does."""
    parts = ["# Token mixers on one bench", "", INTRODUCTION, "", "## Long Range Arena", "", ARENA]
    wanted = set(runs_of(list(TASKS), list(CONTENDERS), SEEDS))
    missing = wanted - {Run(record["task"], record["mixer"], record["seed"]) for record in records}
    if missing:
        parts += ["", NOT_LEARNED.format(missing=len(missing), wanted=len(wanted))]
    if records:
        parts += ["", plans(records), "", arena_table(records), "", rules_table(records)]
    for task in sorted({record["task"] for record in records}):
        pictures.mkdir(parents=True, exist_ok=True)
        (pictures / f"{task}.svg").write_text(curves(records, task), encoding="utf-8")
        parts += ["", f"![Validation of {task} over the steps]({pictures.name}/{task}.svg)"]
    table = [(name, *scores) for name, scores in PUBLISHED.items()]
    parts += ["", "### The published table", "", PUBLISHED_NOTE, ""]
    parts += [markdown_table(("model", "ListOps, %", "Pathfinder, %"), table), "", "## Stickers", "", STICKERS]
    for paragraph in stickers.report(trials, pictures) or [NOT_DRAWN]:
        parts += ["", paragraph]
    parts += ["", "## On the page", "", ON_THE_PAGE, "", "## Speed and memory", "", SPEED]
    for device, rows in speeds.items():
        parts += ["", f"### {device}", "", speed_table(rows)]
        if rows[0]["memory"]:
            parts += ["", "The most memory that a call holds:", "", memory_table(rows)]
    for kind, there in (("a GPU", [name for name in speeds if not name.startswith("CPU")]),
                        ("a CPU", [name for name in speeds if name.startswith("CPU")])):  # fmt: skip
        if not there:
            parts += ["", NOT_TIMED.format(kind=kind)]
    return "\n".join(parts) + "\n"


def kept_speeds(out: Path) -> dict[str, list[dict]]:
    """{device: rows of `speed.measure`} of what was written before."""
    file = out / FIGURES
    return json.loads(file.read_text(encoding="utf-8"))["speed"] if file.exists() else {}


def write(out: Path, records: Sequence[dict], speeds: dict[str, list[dict]], trials: Trials) -> Path:
    """mixers.md in the folder, its pictures and its figures beside it."""
    out.mkdir(parents=True, exist_ok=True)
    found = {"runs": records, "speed": speeds, "stickers": trials.records()}
    (out / FIGURES).write_text(json.dumps(found, indent=1), encoding="utf-8")
    file = out / "mixers.md"
    file.write_text(document(records, speeds, trials, out / "mixers"), encoding="utf-8")
    return file


INTRODUCTION = """\
`python -m lit bench mixers --out docs --speed` makes this page, in pieces of `--minutes` that add up; `--smoke` is a
small one of two minutes. Width, depth, places, optimiser, steps and batches are the same for all; only the mixer
differs."""

ARENA = """\
Sequences of a batch have one length, so no sum holds padding (in the arena's own Linear Transformer it does, its
issue 26). Scores are of the weights that were best in validation. Pathfinder's pictures are made here with one
brightness for all dashes, so figures are not comparable with published ones; ListOps follows the published generator.
Rows whose grid is "its own" see a picture in two dimensions, which the arena forbids. Minutes are of one of several
processes that shared a card."""

PUBLISHED_NOTE = """\
Known to be wrong with it: sizes and steps differ from row to row; padding enters the Linear Transformer's sums; until
February 2021 the tokenizer dropped ListOps' brackets; Local, Linear Transformer, Sparse and Performer are at the
majority class in ListOps and Transformer at what the root operator alone gives."""

SPEED = """\
One layer, width 128, 4 heads, a batch of 1 on a square grid: multiples of LiT's time in the same run, and the power of
the tokens with which the time grows from 1,024 on; 1.05 at most was asked for. On a processor it is timed under
`MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=1073741824`: else glibc maps what
is larger than 32 MiB anew at each call, which at 65,536 tokens is every tensor, and lolcats grew by 1.17."""


NOT_LEARNED = """\
Not run yet, {missing} of {wanted} runs: `python -m lit bench mixers --out docs --at-once 8`, on a GPU, again and again
until no run is left."""

STICKERS = """\
Each mixer in the transformer of the stickers, 12 layers of width 384, for the same minutes: from the softmax teacher's
weights, by learning its layers' outputs and then from data and teacher, and from scratch. The evaluator judges; hybrids
are judged with each of their parts alone, too."""

NOT_DRAWN = """\
Not run yet: `python -m lit bench mixers --out docs --tasks --stickers STICKERS --gpus N`, again and again until no
row is left."""

ON_THE_PAGE = """\
The tab Compare draws one prompt from one noise with the networks of several models, whatever their mixers: start
`python app.py --compare-with DIR`, with the folder of a network (`runs/NAME/network`) or of a whole model, as often as
there are any; Compare's setting Model then has them all. Weights of the losers are not shipped."""

NOT_TIMED = "Not run yet on {kind}: `python -m lit bench mixers --out docs --tasks --speed` there."


def _mean(runs, field):
    return statistics.mean(run[field] for run in runs)
