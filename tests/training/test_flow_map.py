"""The flow map's objective and the ways it learns from, on Gaussian data, whose map is known in closed form."""

import types

import pytest
import torch
from torch import nn

from lit.training.batches.ways import Fresh, Stretches
from lit.training.guided import GuidedFlow, draw_scales, draw_stretches, place_at, shifted, wide
from lit.training.objectives.flow_map import FlowMapObjective, rms

MEAN, DEVIATION = 0.5, 0.7
CONDITIONS = (torch.zeros(1, 3, 4), torch.ones(1, 3, dtype=torch.bool))


def spread(t):
    return ((1 - t) ** 2 * DEVIATION**2 + t**2).sqrt()


class Map(nn.Module):
    """x_t of data N(MEAN, DEVIATION^2) lies around (1 - t) MEAN with S_t, and keeps its quantile z along the flow:

        u(x, t, r) = ((1 - t) MEAN + S_t z - (1 - r) MEAN - S_r z) / (t - r),   z = (x - (1 - t) MEAN) / S_t

    Guidance changes nothing: the words do not. off: added to every answer.
    """

    def __init__(self, off=0.0):
        super().__init__()
        self.off = off
        self.config = types.SimpleNamespace(prediction_type="flow-map", styles=("a",))

    def forward(self, x, timestep, words, mask, style_ids, r_timestep=None, guidance=None, return_dict=True):
        t = wide(timestep.double() / 1000)
        r = t if r_timestep is None else wide(r_timestep.double() / 1000)
        z = (x.double() - (1 - t) * MEAN) / spread(t)
        slope = (t - (1 - t) * DEVIATION**2) / spread(t)  # of S at t
        gap = torch.where(t == r, 1, t - r)
        change = torch.where(t == r, slope, (spread(t) - spread(r)) / gap)
        return ((-MEAN + change * z + self.off).to(x.dtype),)


def fresh(n):
    told = [part.expand(n, *part.shape[1:]) for part in CONDITIONS]
    return Fresh(MEAN + DEVIATION * torch.randn(n, 2, 2, 2), *told, torch.zeros(n).long(), torch.full((n,), 3.0))


def stretches(n, network):
    t, r = draw_stretches(n, 0.05, "cpu")
    one = fresh(n)
    x = torch.lerp(one.latents, torch.randn_like(one.latents), wide(t))
    return Stretches(x, t, r, network(x, 1000 * t, *one[1:4], 1000 * r)[0], *one[1:])


def enlarge(latents):
    """A decoder whose pictures are the latents, twice over for four channels, and larger."""
    return latents.repeat(1, 2, 8, 8)


def objective(network, average=None):
    made = FlowMapObjective(network, FlowMapObjective.Arguments(), GuidedFlow(Map(), *CONDITIONS), enlarge)
    made.average = average or network
    return made


def test_the_true_map_leaves_only_what_the_teachers_one_step_misses():
    torch.manual_seed(0)
    parts = objective(Map())(fresh(512), stretches(512, Map()))[1]
    assert parts["plain"] < 1e-10 and parts["along"] < 1e-6 and parts["whole"] < 1e-6
    assert parts["fresh"] < 0.05  # of a velocity of about one; times gap, by which it was divided
    wrong = objective(Map(off=0.3), Map())(fresh(512), stretches(512, Map()))[1]
    assert wrong["plain"] == pytest.approx(0.09, rel=1e-3) and wrong["along"] == pytest.approx(0.3, rel=1e-3)
    assert wrong["fresh"] > 0.3


def test_a_wrong_average_is_seen_by_the_share_of_the_way_that_is_its_own():
    """With U off by d, u* is off by (s - r) / (t - r) d, and e (t - r) / (t - s) by (s - r) / (t - s) d: nothing where
    the teacher's step reaches r."""
    found = []
    for off in (0.0, 0.2):
        torch.manual_seed(0)
        made = objective(Map(), Map(off=off))
        _, target, gap = made.targets(fresh(512))
        found.append(target[:, 0, 0, 0])
    expected = 0.2 * (1 - 1 / gap)
    torch.testing.assert_close(found[1] - found[0], expected, atol=1e-5, rtol=0)
    assert (expected == 0).any() and (expected > 0.1).any()


def test_the_loss_pulls_towards_the_target_by_errors_of_size_one():
    network = nn.Conv2d(2, 2, 1)
    wrapped = Map()
    wrapped.forward = lambda x, *others, return_dict=True: (network(x),)
    torch.manual_seed(0)
    loss, _ = objective(wrapped, Map())(fresh(64), stretches(64, Map()))
    loss.backward()
    before = [parameter.detach().clone() for parameter in network.parameters()]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter -= 1e-2 * parameter.grad
    torch.manual_seed(0)
    assert objective(wrapped, Map())(fresh(64), stretches(64, Map()))[0] < loss
    assert any(not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def test_what_is_looked_at_ends_in_a_picture_and_is_pulled_towards_it():
    torch.manual_seed(0)
    made, along = objective(Map()), stretches(256, Map())
    told = along[4:]
    answer = Map(off=0.2)(along.x, 1000 * along.t, *told[:3], 1000 * along.r)[0]
    looked_at, pull, distance = made.look(along, answer)
    assert len(looked_at) == made.arguments.pictures and (along.r[looked_at] == 0).all()
    torch.testing.assert_close(rms(pull), torch.ones(len(pull)))
    against = (pull * (answer - along.velocity)[looked_at]).flatten(1).mean(1)
    assert (against > 0).all()  # the loss grows with the answer along the pull
    assert distance > 0 == made.look(along, along.velocity)[2]
    ends_nowhere = along._replace(r=along.r.clamp_min(1e-3))
    assert not made.look(ends_nowhere, answer)[1].any()


def test_a_shift_keeps_the_ends_and_spends_more_times_near_the_noise():
    times = shifted(torch.linspace(0, 1, 5), torch.tensor(2.0))
    torch.testing.assert_close(times, torch.tensor([0, 2 / 5, 2 / 3, 6 / 7, 1]))
    assert torch.equal(shifted(times, 1.0), times)


def test_a_recorded_way_is_a_chain_of_straight_lines():
    times = torch.tensor([0.0, 0.4, 1.0])
    places = torch.tensor([[0.0, 4.0, 1.0], [0.0, 0.0, 6.0]]).view(2, 3, 1, 1, 1)
    rows, time = torch.tensor([0, 0, 0, 0, 1, 1]), torch.tensor([0.0, 0.1, 0.4, 0.7, 0.4, 1.0])
    assert place_at(places, times, rows, time).flatten().tolist() == pytest.approx([0, 1, 4, 2.5, 0, 6])


def test_a_way_is_eulers_and_a_flow_map_as_teacher_needs_one_branch():
    flow = GuidedFlow(Map(), *CONDITIONS)
    one = fresh(8)
    noise = torch.randn(8, 2, 2, 2)
    way = flow.way(noise, *one[1:], [0, 0.3, 0.7, 1])
    assert way.shape == (8, 4, 2, 2, 2) and torch.equal(way[:, 3], noise.half())
    first = noise - 0.3 * Map()(noise, torch.full((8,), 1000.0), *one[1:4])[0]
    torch.testing.assert_close(way[:, 2], first.half(), atol=2e-3, rtol=0)


class Branches(nn.Module):
    """A flow whose velocity is 2 where there are words and 1 where there are none."""

    config = types.SimpleNamespace(prediction_type="flow", styles=("a",))

    def forward(self, x, timestep, words, mask, style_ids, return_dict):
        nothing = (style_ids == 1) & ~mask[:, 1]
        return (torch.where(wide(nothing), 1.0, 2.0).expand_as(x),)


def test_guidance_of_a_flow_goes_through_the_empty_prompt():
    words, mask = torch.zeros(1, 3, 4), torch.tensor([[True, False, False]])
    flow = GuidedFlow(Branches(), words, mask)
    x, told = torch.zeros(2, 1, 1, 1), (torch.zeros(2, 3, 4), torch.ones(2, 3).bool(), torch.zeros(2).long())
    found = flow(x, torch.full((2,), 0.5), *told, torch.tensor([1.0, 4.0])).flatten()
    assert found.tolist() == [2.0, 5.0]  # 1 + w (2 - 1)


def test_stretches_and_scales_are_what_their_names_say():
    torch.manual_seed(0)
    t, r = draw_stretches(20_000, 0.05, "cpu")
    assert (t <= 1).all() and (r >= 0).all() and (t - r > 0.0499).all()
    whole = ((t == 1) & (r == 0)).float().mean()
    assert 0.15 < whole < 0.3 and ((r == 0) & (t < 1)).any() and (r > 0.8).any()
    scales = draw_scales(20_000, (1.0, 8.0), "cpu")
    assert scales.min() == 1 and scales.max() <= 8
    assert (scales == 4).float().mean() == pytest.approx(0.3, abs=0.02)
    assert (scales == 1).float().mean() == pytest.approx(0.1, abs=0.02)
