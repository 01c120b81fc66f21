"""Imitation by a grid policy (pi-Flow, arXiv 2510.14974): the control that a flow map is held against."""

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field, PositiveInt
from torch import nn

from lit.models.policy import lowest, place_weights, way_weights
from lit.training.guided import SHIFT, GuidedFlow, shifted, wide


class PiFlowObjective(nn.Module):
    """From noised data x_t the network gives a policy for the stretch down to r (`lit.models.policy`). It goes its own
    way, and wherever that comes, its velocity shall be the teacher's there:

        L = mean over s of |pi(x_s, s) - v_w(x_s, s)|^2,   x_s = x_t - (t - s) sg[sum_j c_j(s) u_j]

    t, r are steps of a drawing in few steps, at the times that the scheduler takes. On the way each point but the first
    may be left out, the others counting for more, so that the policy also sees places a little off its way.
    """

    predicts = "flow-map"
    outputs = 1

    @dataclass(frozen=True)
    class Arguments:
        steps: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (1, 2, 4)  # drawings' whose steps are learned
        states: PositiveInt = 2  # places of each way at which the teacher is asked
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.05  # of the policy's points, on its way

    def __init__(self, network: nn.Module, arguments: Arguments, flow: GuidedFlow):
        super().__init__()
        self.network, self.arguments, self.flow = network, arguments, flow

    def forward(self, latents, words, mask, style_ids, scale) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """A batch as `lit.training.batches.ways.Fresh`."""
        t, r, steps = self.stretches(len(latents), latents.device)
        x = torch.lerp(latents, torch.randn_like(latents), wide(t))
        told = (x, 1000 * t, words, mask, style_ids, 1000 * r, scale)
        answer = self.network(*told, whole_policy=True, return_dict=False)[0].float()
        velocities = answer.unflatten(1, (self.network.config.policy_points, -1))
        velocity, places, s = self.follow_policy(x, velocities, t, r)
        again = [part.repeat(self.arguments.states, *[1] * (part.ndim - 1)) for part in (words, mask, style_ids, scale)]
        wanted = self.flow(places.flatten(0, 1), s.flatten(), *again).view_as(velocity)
        errors = (velocity - wanted).square().flatten(2).mean((0, 2))  # (batch,)
        parts = {}
        for count in self.arguments.steps:
            here = steps == count
            parts[f"in_{count}"] = (errors.detach() * here).sum() / here.sum().clamp_min(1)
        return errors.mean(), parts

    def stretches(self, n: int, device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """From t down to r, (n,) each: any step of a drawing in that many (n,), all numbers of steps alike often."""
        steps = torch.tensor(self.arguments.steps, device=device)[
            torch.randint(len(self.arguments.steps), (n,), device=device)
        ]
        place = (torch.rand(n, device=device) * steps).floor()
        return shifted((place + 1) / steps, SHIFT), shifted(place / steps, SHIFT), steps

    def follow_policy(self, x, velocities, t, r) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The policy's velocities, with their gradients, at places of its way, without, and the times of these:
        (states, n, c, h, w) twice and (states, n), spread over the stretch.

        x: (n, c, h, w) at t (n,).  velocities: u, (n, points, c, h, w)."""
        count, (n, points) = self.arguments.states, velocities.shape[:2]
        parts = (torch.arange(count, device=x.device)[:, None] + torch.rand(count, n, device=x.device)) / count
        s = t - (t - lowest(t, r)) * parts
        here, there = place_weights(t.expand_as(s), r, s, points), way_weights(t.expand_as(s), r, s, points)
        kept = torch.rand(n, points, device=x.device) >= self.arguments.dropout
        kept[:, 0] = True
        there = there * kept
        there = there / there.sum(-1, keepdim=True)
        gone = (t - s)[..., None, None, None] * _mixed(there, velocities.detach())
        # (x_s - x0(s)) / s, in which x_t is on both sides.
        velocity = (wide(t) * _mixed(here, velocities) - gone) / s[..., None, None, None]
        return velocity, x - gone, s

    def compile(self, **options):
        """Block by block, the student's and the teacher's."""
        torch._dynamo.config.recompile_limit = max(32, torch._dynamo.config.recompile_limit)
        for network in (self.network, self.flow.teacher):
            network.compile_repeated_blocks(**options)


def _mixed(weights, velocities):
    """(states, n, points) of (n, points, c, h, w) -> (states, n, c, h, w); in float32 also under autocast, whose matrix
    products would not be."""
    return torch.stack([(one[:, :, None, None, None] * velocities).sum(1) for one in weights])
