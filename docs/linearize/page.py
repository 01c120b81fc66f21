"""The table, its picture and what they say, written into docs/linearize.md."""

import json
import os
import statistics
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import torch
from PIL import Image

from docs.linearize.rows import HEADS, ROWS, TEACHERS, TRENDS
from lit.bench.timing import median_ratio, milliseconds, seconds
from lit.bench.trials.figures import FIGURES, cell
from lit.bench.trials.rows import SHIPPED, SIDE, WHOLE
from lit.bench.trials.trials import Trials
from lit.bench.trials.work import device_name, plain
from lit.checkpoint import quiet
from lit.device import choose
from lit.linearize.student import load_teacher, make_student
from lit.models.transformer import LiTTransformer2DModel
from lit.sheets import markdown_table, sheet

PAGE = Path(__file__).parents[1] / "linearize.md"
PICTURE = PAGE.with_name("linearize-methods.webp")
MARKS = "<!-- made by python -m docs.linearize -->", "<!-- to here -->"
HEAD_MARKS = "<!-- made by python -m docs.linearize --times -->", "<!-- to here -->"
SHOWN = ("teacher", "scratch", "inherited", "noise", "transfer", "lolcats", "liger", "keep-25", "keep-50")


def evaluation_times(
    configs: Mapping[str, Mapping], repeats: int, side: int = 32
) -> dict[str, dict[str, dict[str, float]]]:
    """One evaluation of networks with these configs on latents of `side` a side with guidance (a batch of 2), all of
    them in turns: {device: {name: {"ms", "ratio": to the first, turn by turn}}}. Weights decide no time and are random;
    networks alike are timed once."""
    kinds = {json.dumps(config, sort_keys=True): config for config in configs.values()}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for device in [torch.device("cpu")] + [torch.device("cuda")] * torch.cuda.is_available():
        calls = {kind: _evaluation(config, device, side) for kind, config in kinds.items()}
        with torch.inference_mode():
            taken = seconds(calls, repeats)
        first = next(iter(taken.values()))
        by_kind = {
            kind: {"ms": 1000 * statistics.median(times), "ratio": median_ratio(times, first)}
            for kind, times in taken.items()
        }
        found[device_name(device)] = {
            name: by_kind[json.dumps(config, sort_keys=True)] for name, config in configs.items()
        }
    return found


def _evaluation(config: Mapping, device: torch.device, side: int) -> Callable[[], object]:
    dtype = choose(device)[1]
    with quiet():
        network = LiTTransformer2DModel.from_config(config).to(device, dtype).eval()
    told = (
        torch.randn(2, network.config.in_channels, side, side, device=device, dtype=dtype),
        torch.full((2,), 500.0, device=device),
        torch.randn(2, 12, network.config.caption_channels, device=device, dtype=dtype),
    )

    def ask():
        network(*told)
        if device.type == "cuda":
            torch.cuda.synchronize()

    return ask


def heads_times(trials: Trials, repeats: int) -> dict[str, dict]:
    """What a number of heads costs, the softmax teacher first: {device: {"busy": processes to a core when it began,
    "times": {"256 px": {row's title: as above}, "512 px": ...}}}."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    teacher = load_teacher(trials.teacher_folder(SHIPPED))
    student = {"token_mixer": "lit", "mixer_args": None}
    made = {"softmax": teacher.config} | {
        f"{count} head{'s' * (count > 1)}": make_student(teacher, student | {"num_attention_heads": count}).config
        for count in HEADS
    }
    configs = {name: plain(config) for name, config in made.items()}
    found: dict = {}
    for side in (32, 64):
        for device, times in evaluation_times(configs, repeats, side).items():
            found.setdefault(device, {"busy": busy, "times": {}})["times"][f"{8 * side} px"] = times
    return found


def write_heads(found: Mapping, page: Path):
    """The table of `heads_times` of all devices, between its marks."""
    parts = []
    for device, made in found.items():
        by_size, alone = made["times"], made["busy"] < 1 or not device.startswith("processor")
        names = list(next(iter(by_size.values())))
        shown = by_size if alone else {}  # seconds of a busy machine are for nobody
        head = ["", *(f"ms, {size}" for size in shown), *(f"of softmax, {size}" for size in by_size)]
        rows = [
            [
                name,
                *(milliseconds([times[name]["ms"] / 1000]) for times in shown.values()),
                *(f"{times[name]['ratio']:.2f}" for times in by_size.values()),
            ]
            for name in names
        ]
        said = "" if alone else f", {made['busy']:.0f} processes to a core, so that ratios alone mean something"
        parts += [f"{device}{said}:", markdown_table(head, rows)]
    _between(page, HEAD_MARKS, parts)


def table(records: Mapping[str, list[dict]], times: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    rows = []
    for name, runs in records.items():
        row = {**TEACHERS, **ROWS}[name]
        for part in runs[0]["figures"]:
            title = row.title if part == "all" else f"its {part} half alone"
            figures = [run["figures"][part] for run in runs]
            speed = [f"{times[d][name]['ms']:.1f}" if name in times[d] and part == "all" else "" for d in times]
            paper = row.paper if part == "all" else ""
            rows.append(
                [title, *(cell([measure(one) for one in figures]) for measure in FIGURES.values()), *speed, paper]
            )
    return markdown_table(["", *FIGURES, *(f"ms, {device}" for device in times), "LiT's paper, FID"], rows)


def trends(records: Mapping[str, list[dict]]) -> list[str]:
    """A plain sentence for what the paper found: whether it is so here, by the Fréchet distance."""
    told = []
    for better, worse, claim in TRENDS:
        if better not in records or worse not in records:
            continue
        ours = [[run["figures"]["all"]["frechet"] for run in records[name]] for name in (worse, better)]
        if None in ours[0] + ours[1]:
            continue
        before, after = map(statistics.mean, ours)
        so = "So here" if after < before else "Not so here"
        apart = max(ours[1]) < min(ours[0]) or min(ours[1]) > max(ours[0])
        within = "" if apart else ", within what two seeds differ by"
        told.append(f"- {claim[0].upper()}{claim[1:]}. {so}: {before:.1f} to {after:.1f}{within}.")
    return told


def kept_layers(records: Mapping[str, list[dict]]) -> list[str]:
    """The errors left after the transfer, and which layers kept softmax, of each seed."""
    told = []
    for name in ("keep-25", "keep-50"):
        for run in records.get(name, []):
            record = run["run"]
            errors = ", ".join(
                f"**{error:.2f}**" if path in record["kept"] else f"{error:.2f}"
                for path, error in record["errors"].items()
            )
            told.append(f"- {ROWS[name].title}, seed {run['seed']}: {errors}")
    return told


def write_page(trials: Trials, times: Mapping, page: Path, picture: Path):
    """The part between the marks, and the picture."""
    records = trials.records()
    some = next(runs[0] for name, runs in records.items() if name in ROWS)
    parts = [
        f"{some['minutes'] or 'No'} minutes a row on one {some['device']}, batch {WHOLE.batch}, {SIDE} px; a row's "
        f"seeds in brackets. Times are of one evaluation of the whole network at 256 px with guidance.",
        table(records, times),
    ]
    if said := trends(records):
        parts += ["LiT's paper (S/2 on ImageNet, FID) found:\n\n" + "\n".join(said)]
    if kept := kept_layers(records):
        parts += [
            "Errors left after the transfer, layer by layer in parts of the teacher's variance; the layers in bold "
            "kept softmax:\n\n" + "\n".join(kept)
        ]
    strips = [name for name in SHOWN if trials.strip_file(name, 0).exists()]
    if strips:
        images = [Image.open(trials.strip_file(name, 0)).convert("RGBA") for name in strips]
        sheet([[image] for image in images]).save(picture, quality=85, method=6)
        named = "; ".join({**TEACHERS, **ROWS}[name].title for name in strips)
        parts += [f"![The same prompts and noise, row by row]({picture.name})", f"From above: {named}."]
    _between(page, MARKS, parts)


def _between(page: Path, marks: tuple[str, str], parts: Iterable[str]):
    """Paragraphs between the marks of a page, at its end where it has none yet."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if marks[0] not in text:
        text += f"\n{marks[0]}\n{marks[1]}\n"
    before, rest = text.split(marks[0])
    after = rest.split(marks[1], 1)[1]
    page.write_text("\n\n".join([before + marks[0], *parts, marks[1] + after]), encoding="utf-8")
