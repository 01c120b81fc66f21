"""Laws of the linear multistep solvers and of the tables that the fitted one reads."""

import json

import pytest
import torch
from sampling.test_solvers import drawn

from lit.checkpoint import SHA256_KEY, locate
from lit.errors import CheckpointError, InputError
from lit.sampling import registry, tables
from lit.sampling.objectives import Flow
from lit.sampling.solvers import make_solver
from lit.sampling.solvers.flow_fitted import FlowFitted, Multistep
from lit.settings import GenerationSettings, read_png, write_picture

# Four steps, more of them near the noise, whose weights look back as far as they can.
TIMES = [1.0, 0.9, 0.7, 0.4, 0.0]
WEIGHTS = [[0.1], [-0.05, 0.25], [0.02, -0.1, 0.38], [0.01, 0.03, -0.24, 0.6]]


def table(**changes):
    return tables.Table(**{"steps": 4, "times": TIMES, "weights": WEIGHTS, "guidance": (2.0, 7.0),
                           "weights_sha256": "a" * 64} | changes)  # fmt: skip


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A folder of tables in place of the program's, with one for four steps, and the solver in the registry."""
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    monkeypatch.setitem(registry.SOLVERS, tables.NAME, registry.FITTED)
    tables.write(table(), tmp_path)
    return tmp_path


def test_weights_of_one_step_each_are_eulers_to_the_bit():
    euler = make_solver("flow-euler", "flow", {}, 20)
    times = euler.sigmas.tolist()
    rows = [[0.0] * i + [a - b] for i, (a, b) in enumerate(zip(times, times[1:], strict=False))]
    multistep = Multistep(Flow({}), times, rows)
    assert list(multistep.evaluations) == list(euler.evaluations)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(2, 3, 4, 4, generator=generator)

    def model(x, t):
        return torch.sin(3 * x + t / 1000)

    for one, other in zip(drawn(multistep, model, noise), drawn(euler, model, noise), strict=True):
        assert torch.equal(one, other)


def test_a_straight_way_is_exact():
    """Where the velocity is constant, weights that sum to the time passed end where the flow does."""
    noise, velocity = torch.randn(2, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for latents, t in zip(drawn(Multistep(Flow({}), TIMES, WEIGHTS), lambda x, t: velocity, noise), TIMES, strict=True):
        torch.testing.assert_close(latents, noise - (1 - t) * velocity)


def test_a_batch_of_four_is_four_single_ones():
    noise = torch.randn(4, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    solver = Multistep(Flow({}), TIMES, WEIGHTS)
    together = drawn(solver, lambda x, t: torch.cos(x) * t / 1000, noise)[-1]
    alone = [drawn(solver, lambda x, t: torch.cos(x) * t / 1000, one)[-1] for one in noise.split(1)]
    assert torch.equal(together, torch.cat(alone))


def test_the_table_says_times_and_weights(shipped):
    solver = make_solver(tables.NAME, "flow", {}, 4)
    assert isinstance(solver, FlowFitted) and registry.evaluations(tables.NAME, 4) == 4
    assert [t for t, _ in solver.evaluations] == pytest.approx([1000, 900, 700, 400])
    assert solver.evaluations[-1].r == 0
    outputs = torch.eye(4)
    stepped = solver.step(3, list(outputs), [torch.zeros(4)])
    torch.testing.assert_close(stepped, -torch.tensor(WEIGHTS[3]))


def test_steps_without_a_table_are_refused_with_those_that_there_are(shipped):
    tables.write(table(steps=8), shipped)
    for ask in (lambda: registry.evaluations(tables.NAME, 5), lambda: make_solver(tables.NAME, "flow", {}, 5)):
        with pytest.raises(InputError, match="num_inference_steps: got 5; one of 4, 8 for flow-fitted"):
            ask()


def test_the_hash_is_of_all_that_the_table_says(shipped):
    changed = (table(steps=5), table(times=[1.0, 0.8, 0.7, 0.4, 0.0]), table(guidance=(1.0, 7.0)),
               table(weights=[[0.1], *WEIGHTS[:3]]), table(weights_sha256="b" * 64), table(version=2))  # fmt: skip
    assert len({one.sha256 for one in (table(), *changed)}) == len(changed) + 1
    assert tables.load(4).sha256 == table().sha256


DAMAGED = {
    "a weight changed": lambda record: record["weights"][3].__setitem__(0, 0.011),
    "another hash": lambda record: record.update(sha256="0" * 64),
    "no hash": lambda record: record.pop("sha256"),
    "no times": lambda record: record.pop("times"),
    "a newer version": lambda record: record.update(version=2),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_table_that_is_not_what_its_hash_says_is_named(damage, shipped):
    file = tables.place(4)
    record = json.loads(file.read_text())
    DAMAGED[damage](record)
    file.write_text(json.dumps(record))
    with pytest.raises(CheckpointError, match=r"fitted-4\.json: (damaged|its content has|version 2)"):
        tables.load(4)


def test_a_table_that_is_no_json_is_named(shipped):
    tables.place(4).write_text("[")
    with pytest.raises(CheckpointError, match=r"fitted-4\.json: damaged"):
        tables.load(4)


def settings(scheduler=tables.NAME, **changes):
    return GenerationSettings("a dog", num_inference_steps=4, scheduler=scheduler, width=64, height=64, **changes)


def fit_to(pipe, folder):
    tables.write(table(weights_sha256=pipe.weights_sha256), folder)


def test_only_the_network_that_it_was_fitted_to_is_drawn_with_it(shipped, tiny_pipeline):
    assert tables.NAME not in tiny_pipeline.schedulers
    with pytest.raises(InputError, match="scheduler: got 'flow-fitted'; one of flow-map, flow-euler"):
        tiny_pipeline.generate(settings())
    fit_to(tiny_pipeline, shipped)
    assert tables.NAME in tiny_pipeline.schedulers
    drawing = tiny_pipeline.generate(settings(), output_type="latent").images[0]
    euler = tiny_pipeline.generate(settings("flow-euler"), output_type="latent").images[0]
    assert not torch.equal(drawing, euler)


def test_an_interruption_ends_it_within_one_step(shipped, tiny_pipeline):
    fit_to(tiny_pipeline, shipped)
    asked = []

    def stop(pipe, step, timestep, tensors):
        asked.append(step)
        if step == 1:
            pipe.interrupt()
        return {}

    output = tiny_pipeline.generate(settings(), callback_on_step_end=stop)
    assert asked == [0, 1] and output.interrupted and output.finished == [False]


def test_a_picture_tells_which_table_drew_it(shipped, tiny_pipeline, tmp_path, monkeypatch):
    choices = registry.names("flow")
    monkeypatch.setattr(GenerationSettings, "validate", lambda self, **_: self)  # which knew the names at its import
    fit_to(tiny_pipeline, shipped)
    image = tiny_pipeline.generate(settings()).images[0]
    provenance = tiny_pipeline.provenance()
    file = write_picture(image, settings(), provenance, tmp_path)
    told = tables.load(4).sha256
    assert tables.NAME in choices and read_png(file) == (settings(), provenance | {"solver_table": told})
    other = write_picture(image, settings("flow-euler"), provenance, tmp_path)
    assert read_png(other)[1] == provenance
    tables.write(table(weights_sha256="c" * 64), shipped)  # another table came with another version
    with pytest.raises(InputError, match=f"solver table of the picture: got '{told}'; .* the table for 4 steps here"):
        read_png(file)
    assert read_png(other)[0] == settings("flow-euler")


def test_what_is_shipped_is_whole_and_of_the_shipped_network():
    own = json.loads((locate(None) / "model_index.json").read_text())[SHA256_KEY]
    for steps in tables.known():
        found = tables.load(steps)
        assert found.weights_sha256 == own
        assert found.times[0] == 1 and found.times[-1] == 0 and len(found.times) == len(found.weights) + 1 == steps + 1
        for i, row in enumerate(found.weights):
            assert len(row) == i + 1
            assert sum(row) == pytest.approx(found.times[i] - found.times[i + 1], abs=1e-6)
