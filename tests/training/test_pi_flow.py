"""Imitation by a grid policy, on Gaussian data, whose flow is known in closed form."""

import types

import pytest
import torch
from torch import nn

from lit.models.policy import END, place_weights
from lit.training.guided import GuidedFlow, shifted, wide
from lit.training.objectives.pi_flow import PiFlowObjective

MEAN = 0.5
CONDITIONS = (torch.zeros(1, 3, 4), torch.ones(1, 3, dtype=torch.bool))


class Gaussian(nn.Module):
    """The flow of data N(MEAN, deviation^2): x_t lies around (1 - t) MEAN with S_t = |((1 - t) deviation, t)|, and
    keeps its quantile z along the way, so x0 along it is MEAN + deviation^2 (1 - s) / S_s z.

    As a policy it gives the true u_j = (x_t - x0(s_j)) / t of its points. off: added to every answer."""

    def __init__(self, deviation, points=1, off=0.0):
        super().__init__()
        self.deviation, self.off = deviation, nn.Parameter(torch.tensor(off))
        self.config = types.SimpleNamespace(prediction_type="flow-map", styles=("a",), policy_points=points)

    def spread(self, t):
        return ((1 - t) ** 2 * self.deviation**2 + t**2).sqrt()

    def forward(self, x, timestep, words, mask, style_ids, r_timestep=None, guidance=None, whole_policy=False, **_):
        t = wide(timestep.double() / 1000)
        z, s = (x.double() - (1 - t) * MEAN) / self.spread(t), t
        if whole_policy:
            last = torch.maximum(wide(r_timestep.double() / 1000), t.clamp_max(END))
            share = torch.linspace(0, 1, self.config.policy_points, dtype=torch.float64).view(-1, 1, 1, 1)
            x, t, z = x[:, None], t[:, None], z[:, None]  # (n, points, ...)
            s = t - (t - last[:, None]) * share
        velocity = (x - MEAN - self.deviation**2 * (1 - s) / self.spread(s) * z) / t
        return ((velocity.flatten(1, 2) if whole_policy else velocity).float() + self.off,)


def loss_of(deviation, points, off=0.0, **arguments):
    torch.manual_seed(0)
    told = [part.expand(512, *part.shape[1:]) for part in CONDITIONS]
    latents = MEAN + deviation * torch.randn(512, 2, 2, 2)
    flow = GuidedFlow(Gaussian(deviation), *CONDITIONS)
    objective = PiFlowObjective(Gaussian(deviation, points, off), PiFlowObjective.Arguments(**arguments), flow)
    return objective(latents, *told, torch.zeros(512).long(), torch.full((512,), 3.0))


@pytest.mark.parametrize("points", [1, 10])
def test_where_all_data_are_one_picture_the_true_policy_leaves_nothing(points):
    loss, parts = loss_of(1e-6, points)
    assert loss < 1e-8 and parts.keys() == {"in_1", "in_2", "in_4"}


def test_the_true_policy_leaves_what_straight_pieces_miss_which_falls_by_the_fourth_power():
    """x0 is off by the square of a piece's length, so the loss by its fourth power."""
    coarse, fine = (loss_of(0.7, points, dropout=0.0)[0].item() for points in (11, 41))
    assert fine < 1e-5 and coarse / fine == pytest.approx(4**4, rel=0.5)
    assert loss_of(0.7, 41, off=0.3, dropout=0.0)[0] > 0.05  # and a wrong one is seen


def test_the_gradient_leads_to_the_true_policy_and_does_not_go_through_the_way():
    loss, _ = loss_of(1e-6, 10, off=0.3)
    assert loss > 0.01
    # With all data one picture every u is the same number too large: towards it the loss falls, past it it rises.
    values = [loss_of(1e-6, 10, off=off)[0].item() for off in (-0.1, 0.0, 0.1)]
    assert values[1] < min(values[0], values[2])
    objective = PiFlowObjective(Gaussian(1e-6, 10), PiFlowObjective.Arguments(), None)
    velocities = torch.randn(4, 10, 2, 2, 2, requires_grad=True)
    velocity, places, s = objective.follow_policy(torch.randn(4, 2, 2, 2), velocities, torch.ones(4), torch.zeros(4))
    assert velocity.shape == places.shape == (2, 4, 2, 2, 2) and s.shape == (2, 4) and not places.requires_grad
    (gradient,) = torch.autograd.grad(velocity.sum(), velocities)
    torch.testing.assert_close(gradient.sum(1)[:, 0, 0, 0], (1 / s).sum(0))  # t h / s alone, and the h add up to 1


def test_stretches_are_the_steps_of_drawings_and_places_lie_in_them():
    objective = PiFlowObjective(Gaussian(0.7, 10), PiFlowObjective.Arguments(steps=(1, 4)), None)
    torch.manual_seed(0)
    t, r, steps = objective.stretches(2000, "cpu")
    ends = {1: [0.0, 1.0], 4: shifted(torch.linspace(0, 1, 5), 2.0).tolist()}
    for count, times in ends.items():
        found = torch.stack([t, r], 1)[steps == count].unique(dim=0)
        assert found[:, 1].tolist() == pytest.approx(times[:-1]) and found[:, 0].tolist() == pytest.approx(times[1:])
    assert (steps == 1).float().mean() == pytest.approx(0.5, abs=0.05)
    *_, s = objective.follow_policy(torch.randn(2000, 1, 1, 1), torch.randn(2000, 10, 1, 1, 1), t, r)
    assert (s <= t).all() and (s >= r).all() and (s >= 0.0499).all()
    assert (s[0] >= s[1]).all()  # one in each half


def test_the_velocity_is_towards_the_policys_picture_wherever_the_way_has_come():
    torch.manual_seed(0)
    x, velocities, t = torch.randn(4, 1, 1, 1), torch.randn(4, 10, 1, 1, 1), torch.ones(4)
    came = []
    for dropout in (0.0, 0.9):
        made = PiFlowObjective(Gaussian(0.7, 10), PiFlowObjective.Arguments(dropout=dropout), None)
        torch.manual_seed(1)
        velocity, places, s = made.follow_policy(x, velocities, t, torch.zeros(4))
        weights = place_weights(t.expand_as(s), torch.zeros(4), s, 10)[..., None, None, None]
        picture = x - (weights * velocities).sum(2)
        torch.testing.assert_close(places - s[..., None, None, None] * velocity, picture, atol=1e-5, rtol=1e-5)
        came.append(places)
    assert (came[0] - came[1]).abs().max() > 0.1  # what is left out leads aside
