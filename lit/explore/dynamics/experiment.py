"""What almost-linear RNNs find in a system whose equations are known, beside rivals: the figures of docs/dynamics.md.

Training and validation series carry noise, as measured ones would; what is tested against is clean and another one.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from lit.errors import InputError, LiTError, Phrase
from lit.explore.dynamics import scores
from lit.explore.dynamics.alrnn import ALRNN
from lit.explore.dynamics.points import fixed_points
from lit.explore.dynamics.symbols import chain, clusters, nearest
from lit.explore.dynamics.systems import SYSTEMS
from lit.explore.dynamics.training import Recipe

LENGTHS = {"train": 100_000, "validation": 20_000, "test": scores.FREE}
NOISE = 0.05  # standard deviations
NEAR = 0.3  # standard deviations between a fixed point and the known one that count as near
SAID_EVERY, WAIT = 20, 0.2  # seconds


@dataclass(frozen=True)
class Job:
    """One training on one core: networks with so many units with a ReLU, from these seeds."""

    relu: int
    seeds: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"relu-{self.relu}-seeds-{self.seeds[0]}-{self.seeds[-1]}"


@dataclass(frozen=True)
class Plan:
    """What is trained. seeds: of the recipe.  rivals: other P, each with `rival_seeds` seeds."""

    recipe: Recipe
    rivals: tuple[int, ...]
    seeds: int = 16
    rival_seeds: int = 4

    @property
    def jobs(self) -> list[Job]:
        """The longest first. The recipe's own seeds are two jobs, so that two cores end at about the same time."""
        half = self.seeds // 2
        own = [Job(self.recipe.relu, tuple(range(half))), Job(self.recipe.relu, tuple(range(half, self.seeds)))]
        return own + [Job(relu, tuple(range(self.rival_seeds))) for relu in sorted(self.rivals, reverse=True)]

    def quick(self) -> "Plan":
        """Two minutes of it, to see that it works: fewer seeds, and a recipe of its own."""
        recipe = replace(self.recipe, window=100, rates=(5e-3, 5e-4), epochs=170, look=10)
        return replace(self, recipe=recipe, seeds=4, rivals=(0,), rival_seeds=2)


# Lorenz's is the published one, left at a fifth of its 2,000 epochs, when its rate has fallen to 4e-4, and looked at
# more often. Roessler's has shorter windows and a higher first rate.
PLANS = {
    "lorenz": Plan(
        Recipe(relu=2, forcing=16, window=200, epochs=400, rates=(1e-3, 4e-4), look=5), rivals=(0, 1, 3, 10)
    ),
    "roessler": Plan(Recipe(relu=1, forcing=8, window=100, epochs=800, rates=(5e-3, 1e-5)), rivals=(0, 2, 10)),
}


def series(name: str) -> dict[str, Tensor]:
    """Training, validation and test series, float64 (length, 3)."""
    found = {part: SYSTEMS[name].series(length, seed) for seed, (part, length) in enumerate(LENGTHS.items())}
    spread = found["train"].std(0)
    for seed, part in enumerate(("train", "validation")):
        generator = torch.Generator().manual_seed(1000 + seed)
        noise = torch.randn(found[part].shape, generator=generator, dtype=torch.float64)
        found[part] = found[part] + NOISE * spread * noise
    return found


def train(name: str, plan: Plan, folder: Path, say: Callable[[str], None]) -> dict[int, ALRNN] | None:
    """The models by P, as many jobs at once as there are cores; those that are in the folder are not trained again.

    What is not done is kept in the folder, too, and gone on with. None if it was interrupted.
    """
    jobs = plan.jobs
    queue = [job for job in jobs if not _file(folder, job).exists()]
    context = multiprocessing.get_context("spawn")
    stop, epochs = context.Event(), context.Array("q", [-1] * len(jobs))  # -1: not begun
    running: list = []
    begun, told, total = {}, time.monotonic(), len(queue) * plan.recipe.epochs
    try:
        while queue or running:
            while queue and len(running) < (os.cpu_count() or 1):
                job = queue.pop(0)
                told_to = (name, replace(plan.recipe, relu=job.relu), job, folder, jobs.index(job), epochs, stop)
                running.append(context.Process(target=_fit, args=told_to))
                running[-1].start()
            time.sleep(WAIT)
            running = [process for process in running if process.is_alive() or _failed(process)]
            now = time.monotonic()
            # From where each began: what a run before has done takes no time in this one.
            begun |= {i: (done, now) for i, done in enumerate(epochs) if done >= 0 and i not in begun}
            if begun and now - told > SAID_EVERY:
                told, all_done = now, sum(max(0, done) for done in epochs)
                new = all_done - sum(done for done, _ in begun.values())
                left = (total - all_done) * (now - min(at for _, at in begun.values())) / max(new, 1)
                say(
                    f"{all_done} of {total} epochs; "
                    + (f"about {left / 60:.0f} min left" if new else "no end known yet")
                )
    except KeyboardInterrupt:
        pass  # what is running keeps what it has
    finally:
        stop.set()
        for process in running:
            process.join()
    files = [_file(folder, job) for job in jobs]
    if not all(file.exists() for file in files):
        return None
    found: dict[int, list[ALRNN]] = {}
    for job, file in zip(jobs, files):
        model = ALRNN.load(file)
        if model.recipe != replace(plan.recipe, relu=job.relu):
            raise InputError("out", str(folder), Phrase("a folder without {name}, of another recipe", name=file.name))
        found.setdefault(job.relu, []).append(model)
    return {relu: ALRNN.joined(models) for relu, models in found.items()}


def _failed(process):
    """Raises LiTError for a job that ended with an error, which it has said itself."""
    if process.exitcode:
        raise LiTError("a training ended before it was done; what it said stands above")
    return False


def _file(folder, job):
    return folder / f"{job.name}.safetensors"


def _fit(name, recipe, job, folder, place, epochs, stop):
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first says when to stop
    file, data = _file(folder, job), series(name)
    state = file.with_suffix(".state")

    def tell(training):
        epochs[place] = training.epoch

    model = ALRNN(recipe, job.seeds)
    model.fit(data["train"], data["validation"], state=state, tell=tell, stop=stop.is_set)
    if not stop.is_set():
        model.save(file)
        state.unlink()


def measured(name: str, models: dict[int, ALRNN], plan: Plan) -> dict:
    """Everything that the report tells, as JSON has it."""
    data, system = series(name), SYSTEMS[name]
    first = models[plan.recipe.relu]
    test = ((data["test"] - first.mean) / first.scale).float()
    other = ((system.series(len(test), seed=len(LENGTHS)) - first.mean) / first.scale).float()
    known = (torch.tensor(system.fixed_points, dtype=torch.float64) - first.mean) / first.scale
    return {
        "system": name,
        "recipe": asdict(plan.recipe),
        "another trajectory": _compared(test, other),
        "relu": {str(relu): _of_seeds(models[relu], test, known, system.dt) for relu in sorted(models)},
        "markov": _markov(data["train"], test, first, plan.recipe.relu + 1),
    }


def _compared(test, run):
    return {"d_stsp": scores.d_stsp(test, run), "d_h": scores.d_h(test, run)}


def _of_seeds(model, test, known, dt):
    networks = model.networks
    long = len(test), len(test) // 10
    runs = scores.free_runs(networks, test[0], *long)
    regions = networks.regions(runs)
    exponents = scores.lyapunov(networks, test[0], *long) / dt
    ahead = scores.ahead_error(networks, test)
    found = []
    for i in range(len(networks)):
        run = runs[:, i, : networks.observed]
        one = _compared(test, run) | {"ahead": float(ahead[i]), "exponent": float(exponents[i])}
        visited, visits = regions[:, i].unique(return_counts=True)
        one |= {"epoch": int(model.at[i]), "regions": dict(zip(map(str, visited.tolist()), visits.tolist()))}
        if networks.relu <= 3:
            one["fixed_points"] = [_point(point, known) for point in fixed_points(networks[i])]
            one["wings"] = _wings(regions[:, i], run[:, 0], visited[visits.argsort(descending=True)[:2]])
            one["sides"] = _sides(regions[:, i], run[:, 0], one["fixed_points"])
        found.append(one)
    middle = {key: median(one[key] for one in found) for key in ("d_stsp", "d_h", "ahead", "exponent")}
    return {"median": middle, "seeds": found}


def _point(point, known):
    away = (known - point.states[0, : known.shape[1]]).square().mean(1).sqrt()
    nearest_one = int(away.argmin())
    return {
        "region": point.regions[0],
        "real": point.real,
        "stable": point.stable,
        "radius": point.radius,
        "at": point.states[0, : known.shape[1]].tolist(),
        "known": nearest_one,
        "away": float(away[nearest_one]),
    }


def _wings(regions, x, two):
    """How often the two regions that are visited most tell the sign of x, of all points in them; nothing for one."""
    if len(two) < 2:
        return None
    right = sum(max(int((x[regions == one] > 0).sum()), int((x[regions == one] <= 0).sum())) for one in two)
    signs = {bool(x[regions == one].mean() > 0) for one in two}
    return right / int(torch.isin(regions, two).sum()) if len(signs) == 2 else 0.0


def _sides(regions, x, points):
    """Of the regions whose real fixed point is near to a wing's, the second known one where x > 0 and the third where
    x < 0: [how often they tell the sign of x, the share of all points that are in them]; None where a wing has none."""
    near = {point["region"]: point["known"] for point in points if point["real"] and point["away"] <= NEAR}
    held = {region: known == 1 for region, known in near.items() if known in (1, 2)}
    inside = torch.isin(regions, torch.tensor(list(held)))
    if set(held.values()) != {True, False} or not inside.any():
        return None
    right = sum(int(((x > 0) == side)[regions == region].sum()) for region, side in held.items())
    return [right / int(inside.sum()), float(inside.float().mean())]


def _markov(series, test, model, count):
    """k-means and a chain of its cells. It runs by drawing a point of the series in each cell that it comes to, and
    predicts the mean of the cells that it may be in."""
    points = ((series - model.mean) / model.scale).float()
    centres = clusters(points, count)
    labels, generator = nearest(points, centres), torch.Generator().manual_seed(0)
    step = chain(labels, count)
    path, now = [], int(nearest(test[:1], centres))
    for _ in range(len(test)):
        path.append(now)
        now = int(torch.multinomial(step[now], 1, generator=generator))
    places = torch.tensor(path)
    run = torch.empty(len(places), points.shape[1])
    for cell in range(count):
        own, here = (labels == cell).nonzero()[:, 0], places == cell
        run[here] = points[own[torch.randint(len(own), (int(here.sum()),), generator=generator)]]
    ahead = torch.linalg.matrix_power(step, scores.AHEAD) @ centres
    error = (ahead[nearest(test[: -scores.AHEAD], centres)] - test[scores.AHEAD :]).square().mean()
    return _compared(test, run) | {"cells": count, "ahead": float(error)}
