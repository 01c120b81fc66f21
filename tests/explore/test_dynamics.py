"""Almost-linear RNNs: what the equations promise, and what is known of maps that they can be exactly."""

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
import torch

from lit.__main__ import main
from lit.errors import CheckpointError, InputError
from lit.explore.dynamics import ALRNN, Graph, Recipe, experiment, level, points, scores, training
from lit.explore.dynamics.model import Networks
from lit.explore.dynamics.report import gates, page, pictures
from lit.explore.dynamics.symbols import agreement, bits, chain, clusters, nearest
from lit.explore.dynamics.systems import SYSTEMS
from lit.explore.dynamics.training import Scan

A, B = 1.7, 0.5  # of Lozi's map x' = 1 - A |x| + y, y' = B x
SMALL = Recipe(units=4, relu=1, forcing=3, window=9, batch=8, epochs=2, look=1)


@pytest.fixture
def short(monkeypatch):
    """Epochs of three batches."""
    monkeypatch.setattr(training, "BATCHES", 3)


def lozi() -> Networks:
    """Lozi's map itself: x and y are observed, the third unit is x again, with a ReLU: |x| = 2 max(x, 0) - x."""
    row = [A, 1.0, -2 * A]
    w = torch.tensor([row, [B, 0.0, 0.0], row])
    return Networks(torch.zeros(1, 3), w[None], torch.tensor([[1.0, 0.0, 1.0]]), torch.tensor([[[1.0, 0.0]]]), 1)


def tent(length: int, seed: int = 0) -> torch.Tensor:
    """The tent map x' = 1 - 2 |x|, (length, 1), a little noisy: without, whole bits of it would run out."""
    generator = torch.Generator().manual_seed(seed)
    x, path = 0.3 + 0.1 * float(torch.rand(1, generator=generator)), []
    for noise in (1e-6 * torch.randn(length, generator=generator)).tolist():
        path.append([x])
        x = max(-1.0, min(1.0, 1 - 2 * abs(x) + noise))
    return torch.tensor(path)


def waves(length: int = 200, columns: int = 2) -> torch.Tensor:
    return torch.stack([torch.sin(torch.arange(length) / (3 + i)) for i in range(columns)], 1)


# The model


def test_without_a_relu_states_superpose_and_the_one_region_is_the_whole_map():
    network = Networks.drawn([3], 5, 0, 2)
    z, y = torch.randn(2, 1, 4, 5)
    zero = network.step(torch.zeros_like(z))
    torch.testing.assert_close(
        network.step(2 * z - 3 * y) - zero, 2 * (network.step(z) - zero) - 3 * (network.step(y) - zero)
    )
    assert network.regions(z).eq(0).all() and len(points.fixed_points(network)) == 1


@pytest.mark.parametrize("relu", [0, 2, 5])
def test_a_run_is_its_steps_and_each_region_s_map_is_affine(relu):
    networks = replace(Networks.drawn(range(3), 5, relu, 4), h=torch.randn(3, 5))
    z = torch.randn(3, 6, 5)
    run = networks.run(z, 4)
    for now, then in zip(run, run[1:]):
        torch.testing.assert_close(networks.step(now), then)
    for network, state in zip((networks[i] for i in range(3)), z):
        matrices = network.matrices(network.regions(state))
        expected = (matrices @ state[..., None])[..., 0] + network.h
        torch.testing.assert_close(network.step(state[None])[0], expected)


@pytest.mark.parametrize("relu", [0, 1, 4])
def test_the_written_out_gradient_is_that_of_autograd(relu):
    networks = replace(Networks.drawn(range(2), 5, relu, 3), h=0.1 * torch.randn(2, 5))
    x = torch.randn(13, 2, 3, 4)
    loss, gradients = Scan(networks, 12, 4, 5)(networks, x)
    for _, part in networks.tensors():
        part.requires_grad_(True)
    z, total = networks.begun(x[0].mT), 0
    for t in range(12):
        if t in (5, 10):
            z = torch.cat([x[t].mT, z[..., 3:]], -1)
        z = networks.step(z)
        total = total + (z[..., :3] - x[t + 1].mT).square().mean((1, 2)) / 12
    total.sum().backward()
    torch.testing.assert_close(loss, total.detach())
    for name, part in networks.tensors():
        torch.testing.assert_close(gradients[name], part.grad, rtol=1e-4, atol=1e-6)


def test_forcing_every_step_trains_the_one_step_map():
    networks, x = Networks.drawn(range(2), 3, 1, 3), torch.randn(8, 2, 3, 4)
    loss, _ = Scan(networks, 7, 4, 1)(networks, x)
    steps = torch.stack([networks.step(now.mT) - then.mT for now, then in zip(x, x[1:])])
    torch.testing.assert_close(loss, steps.square().mean((0, 2, 3)))


# Training


def test_a_network_is_the_same_alone_or_among_others_and_after_a_pause(tmp_path, short):
    series = waves()
    many = ALRNN(SMALL, (1, 2)).fit(series)
    alone = ALRNN(SMALL, (2,)).fit(series)
    file, asked = tmp_path / "state", iter((False, True, True))
    ALRNN(SMALL, (1, 2)).fit(series, state=file, stop=lambda: next(asked))  # asked before each epoch and behind it
    resumed = ALRNN(SMALL, (1, 2)).fit(series, state=file)
    both = ALRNN.joined([alone, many])
    assert both.seeds == (2, 1, 2) and torch.equal(both.networks[1:].w, many.networks.w)
    for name, part in many.networks.tensors():
        torch.testing.assert_close(part[1:], getattr(alone.networks, name))
        assert torch.equal(part, getattr(resumed.networks, name))
    with pytest.raises(InputError, match="same recipe"):
        ALRNN(SMALL, (1, 3)).fit(series, state=file)


def test_the_epoch_is_chosen_on_the_validation_series_alone(short):
    seen, series, other = [], waves(), waves()[::2] + 0.1

    def score(networks, validation):
        seen.append(validation)
        return torch.tensor([1.0 if len(seen) == 1 else float("nan")])

    model = ALRNN(replace(SMALL, epochs=3), (0,)).fit(series, other, score)
    assert model.at.tolist() == [1] and len(seen) == 3 and model.scores.tolist() == [1.0]
    ALRNN(replace(SMALL, epochs=5, look=3), (0,)).fit(series, other, score)
    assert len(seen) == 5  # after the third epoch and the last
    torch.testing.assert_close(seen[0] * model.scale + model.mean, other)


def test_the_tent_map_is_recovered_with_its_fixed_points():
    recipe = Recipe(units=1, relu=1, forcing=1, window=2, batch=8, epochs=16, rates=(0.4, 1e-3))
    model = ALRNN(recipe, range(2)).fit(tent(2000), tent(500, 1), lambda n, v: scores.ahead_error(n, v, 1))
    found = model.fixed_points()
    assert [point.real for point in found] == [True, True]
    at = torch.cat([model.observed(point)[:, 0] for point in found]).sort().values
    torch.testing.assert_close(at, torch.tensor([-1, 1 / 3]).double(), rtol=0, atol=0.03)
    slopes = torch.cat([point.eigenvalues.real for point in found])
    torch.testing.assert_close(slopes.abs(), torch.full((2,), 2.0).double(), rtol=0, atol=0.1)
    assert abs(float(scores.lyapunov(model.network(), torch.tensor([0.1]), 2000)[0]) - math.log(2)) < 0.03


def test_a_saved_model_runs_as_before_and_anything_else_is_refused(tmp_path, short):
    series = waves()
    model = ALRNN(SMALL, (4, 5)).fit(series)
    model.save(tmp_path / "m.safetensors")
    loaded = ALRNN.load(tmp_path / "m.safetensors")
    assert (loaded.recipe, loaded.seeds, loaded.best) == (model.recipe, model.seeds, model.best)
    assert torch.equal(loaded.free_run(series[0], 50), model.free_run(series[0], 50))
    (tmp_path / "other").write_bytes(b"no such thing")
    assert (tmp_path / "m.safetensors").stat().st_mode == (tmp_path / "other").stat().st_mode
    with pytest.raises(CheckpointError, match="other"):
        ALRNN.load(tmp_path / "other")


def test_too_little_and_what_is_no_number_is_refused_in_one_sentence():
    series = waves()
    broken = series.clone()
    broken[7, 1] = torch.nan
    for recipe, given, named in (
        (SMALL, series[:10], "series"),
        (SMALL, broken, "not finite at 7"),
        (SMALL, series[:, 0], "series"),
        (replace(SMALL, relu=5), series, "relu: got 5; a whole number from 0 to 4"),
        (replace(SMALL, units=1, relu=0), series, "units"),
        (replace(SMALL, window=0), series, "window"),
        (replace(SMALL, look=0), series, "look"),
    ):
        with pytest.raises(InputError, match=named):
            ALRNN(recipe, (0,)).fit(given)
    with pytest.raises(InputError, match="validation"):
        ALRNN(SMALL, (0,)).fit(series, waves(columns=3))
    with pytest.raises(InputError, match="seeds"):
        ALRNN(SMALL, ())


# Fixed points and cycles


def test_fixed_points_and_cycles_of_lozi_s_map_are_those_of_its_equations():
    network = lozi()
    real = points.fixed_points(network)
    assert all(point.real and not point.stable for point in real)
    x = sorted(float(point.states[0, 0]) for point in real)
    assert x == pytest.approx([1 / (1 - A - B), 1 / (1 + A - B)], abs=1e-6)
    (two,) = points.cycles(network, 2)
    state = two.states[:1, None].float()
    torch.testing.assert_close(network.step(network.step(state)), state)
    assert (two.states[0] - two.states[1]).abs().max() > 0.1
    # a cycle of four steps is not the one of two, gone round twice
    for four in points.cycles(network, 4):
        assert (four.states[2] - four.states[0]).abs().max() > 1e-3


def test_a_virtual_fixed_point_is_told_from_a_real_one():
    shifted = replace(lozi(), h=torch.tensor([[-1.0, 0.0, -1.0]]))  # x' = -1 - A |x| + y: none where x > 0
    found = points.fixed_points(shifted)
    assert [point.real for point in found] == [True, False] or [point.real for point in found] == [False, False]
    for point in found:
        assert point.real == (point.regions[0] == int(point.states[0, 2] > 0))
    still = replace(lozi(), w=torch.eye(3)[None])  # I - W is singular in the region where x > 0
    assert all(point.regions == (0,) for point in points.fixed_points(still))


def test_the_exponent_of_a_linear_map_is_its_largest_rate():
    a = torch.tensor([[0.9, 0.5]])
    network = Networks(a, torch.zeros(1, 2, 2), torch.zeros(1, 2), torch.zeros(1, 1, 1), 0)
    assert float(scores.lyapunov(network, torch.zeros(1), 200, 0)[0]) == pytest.approx(math.log(0.9), abs=1e-5)


# Symbols


def test_no_step_leads_from_one_series_into_the_next():
    graph = Graph.of(torch.tensor([0, 0, 1]), torch.tensor([0, 0, 0]))
    assert graph.counts.tolist() == [[3, 1], [0, 0]] and graph.dwell.tolist() == [2.5, 1]


def test_rows_of_a_graph_sum_to_one_and_stays_are_told_apart():
    symbols = torch.tensor([4, 4, 4, 7, 7, 4, 4, 4, 9, 9, 9, 9])
    graph = Graph.of(symbols)
    assert graph.symbols == (4, 7, 9) and graph.visits.tolist() == [6, 2, 4]
    torch.testing.assert_close(graph.dwell, torch.tensor([3.0, 2.0, 4.0]))
    torch.testing.assert_close(graph.probabilities.sum(1), torch.ones(3))
    assert graph.probabilities.tolist() == [[0, 0.5, 0.5], [1, 0, 0], [0, 0, 1]]
    assert int(graph.counts.sum()) == len(symbols) - 1 and not graph.seen.diagonal().any()


def test_a_planted_system_of_two_states_gives_its_symbols_and_chain():
    generator = torch.Generator().manual_seed(0)
    stay, state, planted = (0.9, 0.6), 0, []
    for lot in torch.rand(4000, generator=generator).tolist():
        planted.append(state)
        state = state if lot < stay[state] else 1 - state
    planted = torch.tensor(planted)
    series = 3.0 * planted[:, None] + 0.2 * torch.randn(4000, 2, generator=generator)
    found = nearest(series, clusters(series, 2))
    assert agreement(found, planted) == 1.0
    step = chain(planted, 2)
    torch.testing.assert_close(step.diagonal(), torch.tensor(stay), rtol=0, atol=0.03)
    shuffled = planted[torch.randperm(4000, generator=generator)]
    assert bits(step, planted) < bits(chain(shuffled, 2), shuffled) - 0.1
    assert abs(agreement(shuffled, planted)) < 0.05


def test_a_network_that_follows_a_series_reads_its_two_states():
    series = torch.tensor([-1.0, 1.0]).repeat_interleave(8).repeat(20)[:, None]
    model = ALRNN(replace(SMALL, units=1, forcing=1), (0,)).fit(series)
    assert model.symbols(series).tolist() == (series[:, 0] > 0).long().tolist()
    assert model.graph(series).dwell.tolist() == [8, 8]


# Scores


@pytest.mark.parametrize("columns", [2, 12])
def test_a_series_is_nearest_to_itself_and_one_that_flies_off_is_farthest(columns):
    generator = torch.Generator().manual_seed(0)
    one, other, moved = (torch.randn(600, columns, generator=generator) for _ in range(3))
    moved = moved + 0.7
    assert abs(scores.d_stsp(one, one)) < 1e-9 < scores.d_stsp(one, other) < scores.d_stsp(one, moved)
    flown = other.clone()
    flown[-1] = torch.inf
    assert scores.d_stsp(one, flown) == scores.d_h(one, flown) == math.inf


def test_spectra_tell_rhythms_apart_and_not_shifts_or_scales():
    time = torch.arange(2000)
    slow, late, fast = torch.sin(time / 9), 3 + 2 * torch.sin(time / 9 + 1), torch.sin(time / 3)
    near, far = (scores.d_h(slow[:, None], one[:, None]) for one in (late, fast))
    assert near < 0.01 and far > 0.8


def test_bins_without_a_point_are_counted_as_if_they_were_listed():
    generator = torch.Generator().manual_seed(0)
    data, run = torch.rand(50, 1, generator=generator), torch.rand(80, 1, generator=generator) ** 2
    margin = 0.1 * data.double().std()
    low, high = data.double().min() - margin, data.double().max() + margin
    p, q = ((torch.histc(one.double(), 30, float(low), float(high)) + 1e-5) / (len(one) + 30e-5) for one in (data, run))
    assert scores.d_stsp(data, run) == pytest.approx(float((p * (p / q).log()).sum()), rel=1e-9)


def test_a_curve_levels_off_at_the_least_that_is_about_as_good():
    assert level({0: 13.0, 1: 9.0, 2: 2.5, 3: 2.4, 10: 2.0}) == 2
    assert level({0: 1.0}) == 0
    assert level({0: 13.3, 1: float("inf"), 2: 1.8, 3: 0.9, 10: 0.6}) == 2  # what leaves all bounds tells no scale
    assert level({1: float("inf"), 2: float("inf")}) == 1


@pytest.mark.parametrize("name", SYSTEMS)
def test_systems_rest_at_their_fixed_points_and_a_series_is_on_the_attractor(name):
    system = SYSTEMS[name]
    for point in system.fixed_points:
        assert max(map(abs, system.derivative(*point))) < 1e-9
    series = system.series(2000, seed=0)
    assert torch.equal(series, system.series(2000, seed=0)) and not torch.equal(series, system.series(2000, seed=1))
    assert series.abs().max() < 60 and (series.std(0) > 1).all()


# The experiment


def test_a_report_says_each_gate_and_draws_its_pictures(monkeypatch, short):
    monkeypatch.setattr(experiment, "LENGTHS", {"train": 600, "validation": 300, "test": 300})
    recipe = Recipe(units=6, relu=1, forcing=8, window=20, batch=2, epochs=1)
    plan, data = experiment.Plan(recipe, rivals=(0,), seeds=2, rival_seeds=1), experiment.series("roessler")
    assert [(job.relu, job.seeds) for job in plan.jobs] == [(1, (0,)), (1, (1,)), (0, (0,))]
    models = {
        relu: ALRNN(replace(recipe, relu=relu), range(seeds)).fit(data["train"], data["validation"])
        for relu, seeds in ((1, 2), (0, 1))
    }
    report = experiment.measured("roessler", models, plan)
    middle = report["relu"]["1"]["median"]
    for figure, passed in ((0.0, True), (math.inf, False)):
        middle |= {"d_h": figure, "ahead": figure}
        beside_rivals = [gate.passed for gate in gates(report)][:2]
        assert beside_rivals == [passed, passed] and ("**missed**" in page(report)) >= (not passed)
    assert report["another trajectory"]["d_stsp"] < report["relu"]["1"]["median"]["d_stsp"]
    drawn = pictures(models[1], report)
    assert set(drawn) == {"portrait", "graph"}
    for picture in drawn.values():
        assert ElementTree.fromstring(picture).tag.endswith("svg")


def test_the_regions_of_the_wings_tell_the_sign_of_x():
    def point(region, known, away=0.1, real=True):
        return {"region": region, "known": known, "away": away, "real": real}

    regions, x = torch.tensor([1, 1, 2, 2, 3, 3, 3, 3]), torch.tensor([1.0, 2, -1, 1, 1, -1, 1, -1])
    wings = [point(1, 1), point(2, 2), point(3, 0)]
    assert experiment._sides(regions, x, wings) == [0.75, 0.5]
    assert experiment._sides(regions, x, [wings[0], point(2, 2, away=0.4), point(0, 2, real=False)]) is None


def test_a_system_that_is_not_known_is_said(tmp_path, capsys):
    assert main(["dynamics", "weather", "--out", str(tmp_path)]) == 2
    assert "lorenz, roessler" in capsys.readouterr().err
