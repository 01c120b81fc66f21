"""The ladder: what a model draws at each number of evaluations, by every way of drawing that needs no training."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from lit.data import StickerData
from lit.evaluation.judge import Judge
from lit.evaluation.prompts import matched_train_pairs
from lit.evaluation.report import percent
from lit.evaluation.solvers.measures import latents_psnr
from lit.evaluation.solvers.pairs import Pairs, counted, solve
from lit.models.evaluator import StickerEvaluator
from lit.pipeline import LiTPipeline
from lit.pixels import pixels_to_bytes
from lit.sampling import registry, tables
from lit.sampling.solvers import Solver, make_solver
from lit.settings import GenerationSettings
from lit.sheets import markdown_table

EVALUATIONS = (4, 8, 10, 20)
FINE, USUAL = 100, 20  # Euler's steps that drawings are compared with
SHIFTS = (1.0, 2.0, 3.0)
UNGUIDED_ABOVE = (0.8, 0.9)  # times, of which 1 is noise
MAP_STEPS = (1, 2, 4, 8, 20)


@dataclass(frozen=True)
class Rung:
    """One way of drawing. shift: of the times.  unguided_above: the time above which the words are followed without
    guidance, so that the other branch is not computed there."""

    scheduler: str
    steps: int
    shift: float = 1.0
    unguided_above: float | None = None

    @property
    def name(self) -> str:
        words = [self.scheduler]
        if self.shift != 1:
            words.append(f"shift {self.shift:g}")
        if self.unguided_above is not None:
            words.append(f"no guidance above t = {self.unguided_above:g}")
        return ", ".join(words)

    def solver(self, pipe: LiTPipeline) -> Solver:
        config = dict(pipe.scheduler.config) | {"shift": self.shift}
        return make_solver(self.scheduler, pipe.transformer.config.prediction_type, config, self.steps)


def rungs(schedulers: tuple[str, ...]) -> Iterator[Rung]:
    """All of them, by schedulers that a model has: Euler's fine solution first."""
    yield Rung("flow-euler", FINE)
    for count in EVALUATIONS:
        for shift in SHIFTS:
            for name in ("flow-euler", "flow-heun", "dpm++"):
                # The most steps that need no more evaluations.
                steps = max(n for n in range(1, count + 1) if registry.evaluations(name, n) <= count)
                yield Rung(name, steps, shift)
        for above in UNGUIDED_ABOVE:
            yield Rung("flow-euler", count, unguided_above=above)
    if "flow-map" in schedulers:
        yield from (Rung("flow-map", steps) for steps in MAP_STEPS)
    if tables.NAME in schedulers:
        yield from (Rung(tables.NAME, steps) for steps in tables.known())


def climb(
    pipe: LiTPipeline,
    evaluator: StickerEvaluator,
    data: StickerData,
    guidance: float,
    samples: int,
    at_once: int,
    say: Callable[[str], None],
    seed: int = 0,
) -> dict:
    """All rungs' figures for JSON: `table` makes Markdown of them.

    samples: held-out pairs of words and style, at most, and as many of the training set.  at_once: pictures in one
    forward.  say: told of each rung when it is done.
    """
    judge, rng = Judge.make(evaluator.eval(), pipe.text_encoder), np.random.default_rng(seed)
    labels, styles = judge.known(data.stickers)
    held_out = data.subset("test")
    held_out = rng.permutation(held_out[(labels[held_out] >= 0).numpy()])[:samples]
    rows = np.concatenate([matched_train_pairs(data, labels, held_out, rng), held_out])
    stickers, count = [data.stickers[i] for i in rows], len(held_out)
    side = pipe.transformer.config.sample_size * pipe.autoencoder.downscale
    settings = [
        GenerationSettings(
            prompt=one.name, style=one.style if one.style in pipe.styles else None, guidance_scale=guidance,
            height=side, width=side, seed=seed + i, scheduler="flow-euler", output_scale=1,
        )
        for i, one in enumerate(stickers)
    ]  # fmt: skip
    guided = Pairs(pipe, settings, at_once)
    unguided = guided.changed(guidance_scale=1.0)
    parts = {"train": slice(0, count), "held_out": slice(count, None)}

    def figures(rung: Rung, latents: Tensor) -> dict:
        pictures = pixels_to_bytes(guided.decode(latents) * 2 - 1)
        return {
            name: judge.scores(pictures[part], labels[rows[part]], styles[rows[part]]) | {"n": count}
            for name, part in parts.items()
        }

    references, found = {}, []
    for rung in rungs(pipe.schedulers):
        latents, forwards, seconds = _drawn(rung, pipe, guided, unguided)
        if rung == Rung("flow-euler", FINE):
            references["fine"] = latents
        if rung == Rung("flow-euler", USUAL):
            references["usual"] = latents
        found.append((rung, latents, forwards, seconds))
        say(f"{rung.name}, {rung.steps} steps: {seconds:.1f} s")
    return {
        "settings": {"guidance": guidance, "samples": count, "seed": seed, "weights_sha256": pipe.weights_sha256,
                     "device": pipe.transformer.device.type, "dtype": str(pipe.transformer.dtype).split(".")[-1],
                     "at_once": at_once},
        "rungs": [
            {
                "name": rung.name, "steps": rung.steps,
                "evaluations": registry.evaluations(rung.scheduler, rung.steps),
                "forwards": forwards, "seconds": seconds, **figures(rung, latents),
                **{name: float(latents_psnr(latents, there).mean()) for name, there in references.items()},
            }
            for rung, latents, forwards, seconds in found
        ],
    }  # fmt: skip


def _drawn(rung: Rung, pipe: LiTPipeline, guided: Pairs, unguided: Pairs) -> tuple[Tensor, float, float]:
    """Latents, the network's forwards a picture, and seconds for all pictures."""
    solver, above = rung.solver(pipe), rung.unguided_above

    def ask(latents, evaluation):
        pairs = guided if above is None or evaluation.t <= 1000 * above else unguided
        return pairs.ask(latents, evaluation, solver.mean_velocity)

    started = time.perf_counter()
    with counted(pipe.transformer) as forwards:
        latents = solve(ask, guided.noise, solver)
        latents.sum().item()  # an accelerator works on while nobody waits
    return latents, sum(forwards) / len(guided), time.perf_counter() - started


def table(report: dict) -> str:
    """The figures of `climb` as a Markdown table, the fewest forwards first."""
    told, count = report["settings"], report["rungs"][0]["train"]["n"]
    head = ("way of drawing", "steps", "evaluations", "forwards a picture", "concept top-1, training / held-out pairs",
            "style, the same", f"latents to Euler-{FINE}, dB", f"to Euler-{USUAL}, dB", "seconds")  # fmt: skip
    rows = [
        (
            *(one["name"], one["steps"], one["evaluations"], f"{one['forwards']:g}"),
            *(f"{percent(one['train'][key])} / {percent(one['held_out'][key])}" for key in ("top1", "style")),
            *(f"{one[key]:.2f}" for key in ("fine", "usual")),
            f"{one['seconds']:.1f}",
        )
        for one in sorted(report["rungs"], key=lambda one: one["forwards"])
    ]
    words = (
        f"Guidance {told['guidance']:g}, {count} pairs of each set, the same noise throughout; weights "
        f"`{told['weights_sha256'][:12]}`, {told['device']}, {told['dtype']}, {told['at_once']} pictures at once. "
        "Seconds are the network's, for all pictures."
    )
    return f"{words}\n\n{markdown_table(head, rows)}"
