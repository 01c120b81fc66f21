"""Each mixer in the network of the stickers: from the softmax teacher's weights and from nothing, the same minutes."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from lit.bench.mixers.chart import chart
from lit.bench.trials.figures import FIGURES, cell
from lit.bench.trials.rows import SHIPPED, SIDE, WHOLE, Row
from lit.bench.trials.trials import Trials
from lit.errors import InputError
from lit.sheets import markdown_table, sheet

# Heads, and arguments of the mixer in TOML. What has softmax in windows keeps the teacher's six heads; its windows are
# of 4 x 4 tokens, since one of 8 x 8 would cover a picture of 128 px.
NETWORKS = {
    "softmax": (6, "{}"),
    "lit": (3, "{}"),
    "transnormer": (6, "{window=4}"),
    "deltanet": (3, "{}"),
    "liger": (6, "{window=4}"),
    "lolcats": (6, "{window=4, window_dropout=0.25}"),
}
TEACHERS = {SHIPPED: Row("the softmax teacher", teacher=None)}
TAUGHT, SCRATCH = "from the teacher", "from scratch"
PROMPTS = (
    *(("a dragon", "fluent-3d"), ("pizza", "twemoji"), ("red heart", "fluent-flat"), ("rocket", "blob")),
    *(("castle", "fluent-color"), ("octopus", "fluent-mono"), ("a purple apple", "noto"), ("a frog", "emojione")),
    *(("a bicycle", "noto"), ("a lion", "fluent-3d"), ("three bananas", "twemoji"), ("a blue cat", "fluent-flat")),
    *(("a ghost", "blob"), ("a cactus", "fluent-color"), ("guitar", "emojione"), ("a fish on a book", "noto")),
)


def rows_of(mixers: Sequence[str]) -> dict[str, Row]:
    """Two of each mixer, by name. What is taught learns its teacher's outputs layer by layer first, then the whole from
    data and teacher; softmax, which has nothing to learn by layers, the latter alone. Raises InputError for a mixer
    that is not there."""
    rows = {}
    for name in mixers:
        if name not in NETWORKS:
            raise InputError("mixer", name, f"with --stickers one of {', '.join(NETWORKS)}")
        heads, arguments = NETWORKS[name]
        told = (
            f"network.token_mixer={name}",
            f"network.num_attention_heads={heads}",
            f"network.mixer_args={arguments}",
        )
        taught = "student" if name == "softmax" else "transfer-hybrid"
        rows[f"{name}-taught"] = Row(f"{name}, {TAUGHT}", taught, told)
        rows[f"{name}-scratch"] = Row(f"{name}, {SCRATCH}", "student", told, teacher=None)
    return rows


def table(trials: Trials, records: Mapping[str, list[dict]]) -> str:
    """A row each, the parts of a hybrid alone below it."""
    rows = []
    for name, runs in records.items():
        for part in runs[0]["figures"]:
            figures = [cell([measure(run["figures"][part]) for run in runs]) for measure in FIGURES.values()]
            title = trials[name].title if part == "all" else f"its {part} part alone"
            seen = [run["curve"][-1][0] / 1e6 for run in runs if run["curve"]] if part == "all" else []
            rows.append([title, *figures, f"{statistics.mean(seen):.2f}" if seen else ""])
    return markdown_table(["", *FIGURES, "million pictures seen"], rows)


def report(trials: Trials, pictures: Path) -> list[str]:
    """Paragraphs of Markdown for what is there; the curves and the sheet are written into the folder `pictures`."""
    records = trials.records()
    some = next((runs[0] for name, runs in records.items() if name in trials.rows), None)
    if some is None:
        return []
    pictures.mkdir(parents=True, exist_ok=True)
    parts = [
        f"{some['minutes'] or 'No'} minutes a row on one {some['device']}, batch {WHOLE.batch}, {SIDE} px; a row's "
        "seeds in brackets.",
        table(trials, records),
    ]
    for ending, said in (("taught", TAUGHT), ("scratch", SCRATCH)):
        curves = {
            name.removesuffix(f"-{ending}"): [run["curve"] for run in runs if run["curve"]]
            for name, runs in records.items()
            if name.endswith(f"-{ending}")
        }
        curves = {name: lines for name, lines in curves.items() if lines}
        if curves:
            most = max(x for lines in curves.values() for line in lines for x, _ in line)
            title = f"loss of the data, {said}"
            drawn = chart(curves, title, f"{most / 1e6:.2f} million pictures", lambda loss: f"{loss:.2f}")
            (pictures / f"stickers-{ending}.svg").write_text(drawn, encoding="utf-8")
            parts.append(f"![{title}]({pictures.name}/stickers-{ending}.svg)")
    strips = [name for name in records if trials.strip_file(name, 0).exists()]
    if strips:
        file = pictures / "stickers.webp"
        images = [Image.open(trials.strip_file(name, 0)).convert("RGBA") for name in strips]
        sheet([[image] for image in images]).save(file, quality=85, method=6)
        parts.append(f"![The same prompts and noise, row by row]({pictures.name}/{file.name})")
        parts.append(f"From above: {'; '.join(trials[name].title for name in strips)}.")
    return parts
