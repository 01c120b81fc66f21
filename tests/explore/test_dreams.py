"""The dream loop: a map that goes on where it stopped, read in symbols, and the numbers of where it stays."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

from lit.__main__ import main
from lit.errors import InputError
from lit.explore.dreams import Dream, Dreamer, Frames, in_order, loop, medoids, read, rest, settled, sketch
from lit.explore.dreams.loop import wander
from lit.explore.dreams.reading import Components
from lit.explore.dreams.report import report
from lit.explore.dreams.spectrum import at_rest, spectrum
from lit.explore.dreams.turn import Parts
from lit.explore.dynamics import training
from lit.scope.drawings.labels import WordLabel
from lit.settings import GenerationSettings

SETTINGS = GenerationSettings("a cat", seed=3, width=64, height=64, num_inference_steps=2, guidance_scale=1.0)


def dreamt(pipe, folder, count, **told):
    dreamer = Dreamer(pipe, Dream(SETTINGS, **told))
    frames = Frames(folder, dreamer.dream, "weights")
    wander(dreamer, frames, 0, count)
    return frames.of(0)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_loop_goes_on_as_if_it_had_not_been_stopped(tiny_pipeline, tmp_path, fresh):
    at_once = dreamt(tiny_pipeline, tmp_path / "one", 5, fresh=fresh)
    dreamt(tiny_pipeline, tmp_path / "two", 2, fresh=fresh)
    assert torch.equal(dreamt(tiny_pipeline, tmp_path / "two", 5, fresh=fresh), at_once)
    assert at_once.dtype == torch.float16 and at_once.isfinite().all() and len(at_once) == 5
    with pytest.raises(InputError, match="same dream"):
        dreamt(tiny_pipeline, tmp_path / "two", 5, fresh=not fresh)


def test_with_fixed_noise_it_is_a_map_and_with_fresh_noise_it_is_not(tiny_pipeline):
    fixed, fresh = (Dreamer(tiny_pipeline, Dream(SETTINGS, fresh=fresh)) for fresh in (False, True))
    first = fixed.first()
    assert torch.equal(fixed.turn(first, 0), fixed.turn(first, 7))
    assert not torch.equal(fresh.turn(first, 0), fresh.turn(first, 7))
    torch.testing.assert_close(fixed.as_map()(first).half(), fixed.turn(first, 0))
    assert not torch.equal(first, fixed.first(loop=1))


def test_a_turn_is_drawing_over_the_picture_s_latents(tiny_pipeline):
    image = Image.radial_gradient("L").convert("RGBA").resize((64, 64))
    dreamer = Dreamer(tiny_pipeline, Dream(SETTINGS, strength=0.6))
    turned = dreamer.turn(dreamer.first(image=image), 0)
    told = replace(SETTINGS, strength=0.6)
    (drawn,) = tiny_pipeline.generate(told, image=image, output_type="latent").images
    torch.testing.assert_close(turned.float(), drawn.float(), rtol=1e-2, atol=1e-2)  # the first frame is in float16


def test_it_stops_within_a_step_and_keeps_what_there_is(tiny_pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHUNK", 4)
    dreamer = Dreamer(tiny_pipeline, Dream(SETTINGS))
    frames = Frames(tmp_path, dreamer.dream, "weights")
    count = 7

    def tell(latents, number):
        if number == 5:
            dreamer.run.interrupt()

    assert wander(dreamer, frames, 0, count, tell=tell) == 6 == len(frames.of(0))
    assert dreamer.turn(frames.of(0)[-1], 0) is None


def test_words_drift_from_prompt_to_prompt_and_round():
    dream = Dream(SETTINGS, words="drifting", prompts=("a dog", "a fish"), turns=16)
    assert [dream.prompt(frame) for frame in (0, 16, 32, 48)] == ["a cat", "a dog", "a fish", "a cat"]
    assert dream.prompt(8) == "a cat:0.5 | a dog:0.5"
    assert Dream(SETTINGS, words="none").prompt(5) == ""


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"strength": 0}, "strength: got 0; a number above 0 and below 1"),
        ({"strength": 1}, "strength: got 1"),
        ({"words": "sung"}, "words"),
        ({"words": "drifting"}, "prompts"),
        ({"turns": 0}, "turns"),
    ],
)
def test_what_cannot_be_dreamt_is_said(told, named):
    with pytest.raises(InputError, match=named):
        Dream(SETTINGS, **told).check()


def ended(period: int, frames: int, tremble: float = 0.0) -> torch.Tensor:
    """Latents that wander for twenty frames, and then come back for ever, trembling."""
    generator = torch.Generator().manual_seed(0)
    path = torch.randn(20 + period, 2, 4, 4, generator=generator)
    rounds = path[20:].repeat(-(-frames // period), 1, 1, 1)[: frames - 20]
    return torch.cat([path[:20], rounds + tremble * torch.randn(rounds.shape, generator=generator)])


@pytest.mark.parametrize("period", [1, 2, 3, 8])
def test_where_a_loop_ends_is_told_from_wandering_even_if_it_trembles(period):
    for tremble in (0.0, 0.005):
        found = settled(ended(period, 60, tremble))
        assert found is not None and (found.period, found.since) == (period, 20)
    assert settled(ended(period, 20 + max(24, 4 * period) - 1)) is None  # so far it may be chance
    assert settled(torch.randn(60, 2, 4, 4, generator=torch.Generator().manual_seed(0))) is None


def test_a_picture_on_its_way_is_at_no_rest_and_in_no_cycle():
    one, other = torch.randn(2, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    share = torch.linspace(0, 1, 400)[:, None, None, None]
    assert settled(one + share * (other - one)) is None


def test_a_loop_ends_where_it_rests_and_only_if_it_is_one_map(tiny_pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(rest, "RESTING", 4)
    monkeypatch.setattr(rest, "AT_REST", 10.0)  # a random network never does
    assert len(dreamt(tiny_pipeline, tmp_path / "one", 7)) == 4 == len(dreamt(tiny_pipeline, tmp_path / "one", 9))
    assert len(dreamt(tiny_pipeline, tmp_path / "two", 5, fresh=True)) == 5
    assert not Dream(SETTINGS, words="drifting", prompts=("a dog",)).may_rest


class Halved:
    """A turn that halves, of which one word gives a quarter."""

    def __call__(self, x):
        return 0.5 * x

    def parts(self, x, tell):
        return Parts(1.0, 0.5, 0.05, ((WordLabel("cat", False), 0.25),), 0.2)


def test_loops_that_rest_are_said_with_the_numbers_of_where_they_stay(tiny_pipeline, monkeypatch):
    monkeypatch.setattr(Dreamer, "as_map", lambda self, frame: Halved())
    dreamer = Dreamer(tiny_pipeline, Dream(SETTINGS))
    still = torch.ones(30, 2, 4, 4)
    found, reading = report(dreamer, [still, still])
    assert reading is None and found["settled"] == [[1, 0], [1, 0]]
    assert found["sentences"][0] == "Loop 0 falls into one fixed point, from frame 0 on."
    assert found["sentences"][2].endswith("eigenvalues are 0.500 in size: a small change dies away.")
    assert "50.0% of it is carried over" in found["sentences"][3] and "words cat 25.0%" in found["sentences"][3]
    assert found["parts"] == {"frame": 0.5, "noise": 0.05, "words": [["cat", 0.25]], "biases": 0.2}
    walking = still + torch.arange(30)[:, None, None, None]
    found, reading = report(dreamer, [still, walking])
    assert reading is None and "too few to read" in found["sentences"][-1]
    fresh = Dreamer(tiny_pipeline, Dream(SETTINGS, fresh=True))
    with pytest.raises(InputError, match="60 frames in 2 loops"):
        report(fresh, [still, walking])


def planted(seed: int, frames: int = 90) -> torch.Tensor:
    """Latents that walk round three places, three frames at each, with a little noise."""
    generator = torch.Generator().manual_seed(seed)
    places = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(9))
    order = (torch.arange(frames) // 3 + seed) % 3
    return places[order] + 0.05 * torch.randn(frames, 2, 4, 4, generator=generator)


def test_a_planted_wandering_is_read_and_a_chain_that_cannot_count_is_not_better(monkeypatch):
    monkeypatch.setattr(training, "BATCHES", 10)
    loops = [planted(seed) for seed in range(4)]
    reading = read(loops, relu=2, epochs=20)
    bits = reading.scores["bits"]
    assert bits["k-means and Markov"] < bits["shuffled"] and bits["almost-linear RNN"] < bits["shuffled"]
    assert reading.scores["ahead"]["1"]["almost-linear RNN"] < reading.scores["ahead"]["4"]["stay"]
    torch.testing.assert_close(reading.graph.probabilities.sum(1), torch.ones(len(reading.graph.symbols)))
    assert int(reading.graph.counts.sum()) == sum(len(path) - 1 for path in loops)
    for symbol, (own, frame) in zip(reading.graph.symbols, reading.medoids, strict=True):
        assert int(reading.symbols[own][frame]) == symbol
    assert reading.components.kept > 0.9


def test_too_few_frames_are_refused():
    with pytest.raises(InputError, match="180 frames in 2 loops"):
        read([planted(0), planted(1)])
    with pytest.raises(InputError, match="frames in 3 loops"):
        read([planted(seed, 30) for seed in range(3)])


def test_components_keep_what_frames_span():
    frames = planted(0)
    few = Components.of(frames, 2)
    away = (frames.flatten(1) - few.mean).square().sum()
    assert few.kept == pytest.approx(float(few(frames).square().sum() / away), rel=1e-4)
    torch.testing.assert_close(few.axes @ few.axes.T, torch.eye(2), rtol=0, atol=1e-4)


def test_eigenvalues_are_those_of_the_map_s_matrix():
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(12, 12, generator=generator) / 4
    found = spectrum(lambda x: (matrix @ x.flatten()).reshape(x.shape), torch.zeros(3, 2, 2) + 1e-6, rounds=12)
    known = torch.linalg.eigvals(matrix.double())
    torch.testing.assert_close(found.eigenvalues.abs(), known.abs().sort(descending=True).values[:4], rtol=1e-4, atol=0)
    assert (found.errors < 1e-3).all()
    few = spectrum(lambda x: 0.5 * x + 1, torch.full((5,), 2.0))  # each direction alike: one pass is all
    assert few.away < 1e-6 and few.eigenvalues.tolist() == pytest.approx([0.5])


def test_the_map_of_a_network_can_be_asked_for_its_eigenvalues(tiny_pipeline):
    dreamer = Dreamer(tiny_pipeline, Dream(SETTINGS))
    once, point = dreamer.as_map(), dreamer.first().float()
    found = spectrum(once, point, asked=1, rounds=24)
    # A change along J^T's outermost direction cannot be told by finite differences; the size of J v can.
    v = torch.randn(point.shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for _ in range(40):
            v = v / v.norm()
            v = (once(point + 1e-2 * v) - once(point - 1e-2 * v)) / 2e-2
    assert float(found.eigenvalues[0].abs()) == pytest.approx(float(v.norm()), rel=0.2)


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_what_a_frame_is_made_of_adds_up_to_the_next_one(guidance, tiny_flow_pipeline):
    """Along the frame itself; and LinearScope's map at the point is the turn, with the frame's part its linear one."""
    told = replace(SETTINGS, guidance_scale=guidance, negative_prompt="fog", style="noto", scheduler="flow-euler")
    dreamer = Dreamer(tiny_flow_pipeline, Dream(told, strength=0.7))
    turn, point = dreamer.as_map(), dreamer.first().float()
    passed = []
    parts = turn.parts(point, lambda: passed.append(1))
    assert len(passed) == 2  # evaluations
    given = parts.frame + parts.noise + parts.biases + sum(share for _, share in parts.words)
    along = float((turn(point) * point).sum() / point.square().sum())
    assert given == pytest.approx(along, abs=1e-5) and parts.value == pytest.approx(along, abs=1e-5)
    marks = ["(start)", "cat", "(end)", "noto"] + (["without: fog", "no style"] if guidance > 1 else [])
    assert {label.piece if label.style else label.spoken for label, _ in parts.words} >= set(marks)
    affine = turn.affine(point)
    begun = affine.input
    torch.testing.assert_close(affine(begun), turn(point)[None], rtol=1e-4, atol=1e-5)
    carried = 0.3 * affine.linear(point[None])  # of x' = D((1 - s) x + s n)
    assert parts.frame == pytest.approx(float((carried * point).sum() / point.square().sum()), abs=1e-5)


def test_the_command_dreams_reads_and_goes_on(tiny_pipeline, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(training, "BATCHES", 1)
    tiny_pipeline.save_pretrained(tmp_path / "model")
    told = ["dream", "a cat", "--seed", "3", "--width", "64", "--height", "64", "--guidance", "1", "--steps", "1"]
    told += ["--model", str(tmp_path / "model"), "--out", str(tmp_path / "out"), "--loops", "3"]
    assert main([*told, "--frames", "20", "--noise", "fresh"]) == 2
    assert "60 frames in 3 loops" in capsys.readouterr().err
    assert main([*told, "--frames", "67", "--noise", "fresh"]) == 0
    assert "adjusted Rand" in capsys.readouterr().out
    assert {file.name for file in (tmp_path / "out").iterdir()} >= {"dream.json", "report.json", "symbols.png"}
    assert main([*told, "--noise", "pink"]) == 2 and main([*told, "--strength", "1"]) == 2


def test_a_sketch_finds_planted_places_in_the_order_of_the_dream():
    frames = planted(1, 60)
    points = Components.of(frames)(frames)
    symbols = sketch(points)
    known = in_order((torch.arange(60) // 3 + 1) % 3)
    assert torch.equal(symbols, known) and symbols[0] == 0
    assert [int(symbols[frame]) for frame in medoids(points, symbols)] == [0, 1, 2]
    assert sketch(points[:1].repeat(4, 1)).unique().tolist() == [0]


def test_a_point_is_followed_to_where_its_map_stands():
    turns = []
    found = at_rest(lambda x: 0.1 * x + 1, torch.zeros(5), tell=lambda: turns.append(1))
    torch.testing.assert_close(found, torch.full((5,), 1 / 0.9), rtol=1e-3, atol=0)
    assert 2 < len(turns) < 8
