"""A flow map from a guided flow: mean velocities over any stretch of time, for any number of steps, one included."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import nn

from lit.training.batches.ways import Fresh, Stretches
from lit.training.critic import STEP, Critic, hinge
from lit.training.guided import USUAL, GuidedFlow, draw_stretches, wide
from lit.training.objectives.reconstruction import picture_distance

Share = Annotated[float, Field(ge=0, le=1)]
# What the teacher's step may be; the longer two are Heun's. The last is the teacher's own step in 20, and below 1/32
# the difference of two velocities drowns in bfloat16.
LONG, SHORT = (1 / 4, 1 / 8), (1 / 16, 1 / 20)


class FlowMapObjective(nn.Module):
    """Learns u(x, t, r, w) = (x_t - x_r) / (t - r) along the teacher's guided flow v_w, from three kinds of rows:

    at r = t      u* = v_w(x_t, t)
    fresh         u* = [(t - s) v_w(x_t, t) + (s - r) U(x_s, s, r, w)] / (t - r),   x_s = x_t - (t - s) v_w,
                  s = max(r, t - delta): one step of the teacher, then the map's own average U (a bootstrap as in
                  arXiv 2410.12557, over steps of the teacher's length)
    along a way   u* = (x_t - x_r) / (t - r), both places recorded from the teacher's drawing

    and from e = (u - u*) (t - r) / (t - s), which tends to MeanFlow's residual as s comes to t (arXiv 2505.13447), by
    L = |u - sg[u - e / (rms(e) + c)]|^2, the rms of each row. x_t of the first two are noised data.

    Some of the ways' rows that end in the picture are looked at, too: d(D(x_t - t u), D(x_0)), with the decoder D and
    the distance d that it was trained by. Absolute errors of pixels and edges want the likeliest edge, where squared
    errors of latents want the mean of all, which is soft. Its gradient is brought to the size of the row's own.

    With `adversarial` above 0, rows that end in the picture from far away are shown to a `Critic` besides, and so are
    the teacher's own endings. It learns by the hinge loss and a penalty on its steepness, E[(d score)^2] / STEP^2 over
    steps of STEP in random directions (arXiv 2501.08316); the network goes where the scores rise.
    """

    predicts = "flow-map"
    outputs = 1

    @dataclass(frozen=True)
    class Arguments:
        plain: Share = 0.55  # of the fresh rows, those at r = t
        softness: PositiveFloat = 0.1  # c: of the rows' errors, below which they count by their squares
        pictures: PositiveInt = 48  # rows of a batch that are looked at
        sharpness: NonNegativeFloat = 2.0  # weight of their gradient, beside the row's own
        adversarial: NonNegativeFloat = 0.0  # weight of the critic's; at 0 there is none
        criticised: PositiveInt = 96  # rows of a batch that it is shown
        steepness: NonNegativeFloat = 0.1  # weight of the penalty on its own

    recent = 0.99  # of the running size of the critic's gradient, by which it is divided

    def __init__(self, network: nn.Module, arguments: Arguments, flow: GuidedFlow, decode: Callable):
        """decode: latents (n, c, h, w) to premultiplied RGBA (n, 4, H, W) in [-1, 1], by what is not trained."""
        super().__init__()
        self.network, self.arguments, self.flow, self.decode = network, arguments, flow, decode
        self.average = network  # until `follow`
        self.critic = self.beside = None
        if arguments.adversarial:
            self.critic = Critic(flow.teacher)
            self.beside = self.critic.heads
            self.register_buffer("usual_pull", torch.zeros(()))

    def follow(self, ema: nn.Module):
        """U is this average from now on, in a shell of its own, for which alone it is compiled."""
        self.average = copy.deepcopy(ema, {id(weight): weight for weight in ema.parameters()})

    def forward(self, fresh: Fresh, along: Stretches) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        (x, t, r, told), target, gap = self.targets(fresh)
        plain, rows = self._plain(len(x)), len(x)
        x, t, r = torch.cat([x, along.x]), torch.cat([t, along.t]), torch.cat([r, along.r])
        target, gap = torch.cat([target, along.velocity]), torch.cat([gap, torch.ones_like(along.t)])
        told = [torch.cat(pair) for pair in zip(told, along[4:], strict=True)]
        answer = self._map(self.network, x, t, r, *told)
        error = answer - target
        size = gap * rms(error.detach())
        counts = wide(1 / (size + self.arguments.softness))
        # Of the loss as written the gradient is 2 e / (rms(e) + c); its value would hide how it falls.
        loss = (2 * (error * (wide(gap) * error * counts).detach())).flatten(1).mean(1)
        looked_at, pull, distance = self.look(along, answer[rows:].detach())
        here = rows + looked_at
        pull = self.arguments.sharpness * pull * (wide(size) * counts)[here]
        loss = loss.index_add(0, here, (2 * (answer[here] * pull)).flatten(1).mean(1))
        judged, scores = loss.new_zeros(()), {}
        if self.critic is not None:
            shown, pull, judged, scores = self.persuade(along, answer[rows:].detach())
            here = rows + shown
            pull = self.arguments.adversarial * pull * (wide(size) * counts)[here]
            loss = loss.index_add(0, here, (2 * (answer[here] * pull)).flatten(1).mean(1))
        whole = along.t - along.r == 1
        parts = {
            "plain": size[:plain].square().mean(),
            "fresh": size[plain:rows].mean(),
            "along": size[rows:].mean(),
            "whole": (size[rows:] * whole).sum() / whole.sum().clamp_min(1),
            "picture": distance,
        }
        return loss.mean() + judged, parts | scores

    def look(self, along: Stretches, answer: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of the rows along ways: which are looked at (m,); the direction in which each one's answer makes its picture
        differ more, of rms 1 (m, c, h, w), 0 where it does not end in a picture; and their mean distance."""
        ends = along.r == 0
        looked_at = some_of(ends, self.arguments.pictures)
        x, t = along.x[looked_at], wide(along.t[looked_at])
        with torch.no_grad():
            wanted = self.decode(x - t * along.velocity[looked_at])
        with torch.enable_grad():
            drawn = (x - t * answer[looked_at]).requires_grad_()
            distance = picture_distance(self.decode(drawn), wanted)
        (pull,) = torch.autograd.grad(-distance, drawn)
        pull = wide(ends[looked_at]) * pull / wide(rms(pull).clamp_min(1e-12))
        return looked_at, pull, distance.detach()

    def persuade(
        self, along: Stretches, answer: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
        """Of the rows along ways: which the critic is shown (m,); the direction in which each one's answer makes it
        score less (m, c, h, w), of rms 1 as it usually is, 0 where it does not end in a picture, begins near it or has
        little guidance; the critic's own loss; and both sides' mean scores."""
        # With less guidance the teacher's own pictures are vague, and the critic is not told how much there was.
        far = (along.r == 0) & (along.t > 0.5) & (along.scale >= USUAL / 2)
        shown = some_of(far, self.arguments.criticised)
        x, t, told = along.x[shown], wide(along.t[shown]), [part[shown] for part in along[4:7]]
        noise = torch.randn_like(x)
        time = torch.sigmoid(torch.randn_like(t.flatten()) - 0.8)  # edges show where there is little noise
        ending = x - t * along.velocity[shown]
        with torch.enable_grad():
            drawn = (x - t * answer[shown]).requires_grad_()
            seen = self.critic.see(drawn, noise, time, *told)
            (pull,) = torch.autograd.grad(self.critic.score(seen).sum(), drawn)
        with torch.no_grad():
            real = self.critic.see(ending, noise, time, *told)
            near = self.critic.see(ending + STEP * torch.randn_like(ending), noise, time, *told)
            pull = wide(far[shown]) * pull
            here = pull.square().sum() / (pull.numel() * far[shown].float().mean().clamp_min(1e-6))
            weight = torch.where(self.usual_pull > 0, 1 - self.recent, 1.0)
            self.usual_pull.lerp_(here.sqrt().float(), weight.float())
            pull = pull / self.usual_pull.clamp_min(1e-12)
        real, near = self.critic.score(real), self.critic.score(near)
        scored = self.critic.score([one.detach() for one in seen])
        steep = (near - real).square().mean() / STEP**2
        judged = hinge(real, scored) + self.arguments.steepness * steep
        scores = {"real": real.detach().mean(), "drawn": scored.detach().mean(), "steep": steep.detach()}
        return shown, pull, judged, scores

    @torch.no_grad()
    def targets(self, fresh: Fresh) -> tuple[tuple, torch.Tensor, torch.Tensor]:
        """Noised data: the rows (x, t, r, [words, mask, style ids, scale]), those at r = t first; u* of each, and
        (t - r) / (t - s)."""
        latents, *told = fresh
        n, device = len(latents), latents.device
        plain = self._plain(n)
        t, r = draw_stretches(n, SHORT[-1], device)
        t[:plain] = torch.sigmoid(torch.randn(plain, device=device))
        r[:plain] = t[:plain]
        x = torch.lerp(latents, torch.randn_like(latents), wide(t))
        velocity = self.flow(x, t, *told)
        jumps = slice(plain, n)
        step, begun, told_jumps = velocity[jumps], t[jumps], [part[jumps] for part in told]
        # Half of them by Heun's step, which is worth its second evaluation where the step is long.
        long = (n - plain + 1) // 2
        delta = torch.tensor(LONG + SHORT, device=device)[torch.randint(2, (n - plain,), device=device)]
        delta[long:] = torch.tensor(SHORT, device=device)[torch.randint(2, (n - plain - long,), device=device)]
        s = torch.maximum(r[jumps], begun - delta)
        there = x[jumps][:long] - wide(begun[:long] - s[:long]) * step[:long]
        second = self.flow(there, s[:long], *(part[:long] for part in told_jumps))
        step = torch.cat([(step[:long] + second) / 2, step[long:]])
        x_s = x[jumps] - wide(begun - s) * step
        rest = self._map(self.average, x_s, s, r[jumps], *told_jumps)
        target = (wide(begun - s) * step + wide(s - r[jumps]) * rest) / wide(begun - r[jumps])
        gap = torch.cat([torch.ones_like(t[:plain]), (begun - r[jumps]) / (begun - s)])
        return (x, t, r, told), torch.cat([velocity[:plain], target]), gap

    def _plain(self, n):
        return min(round(n * self.arguments.plain), n - 1)

    def _map(self, network, x, t, r, words, mask, style_ids, scale):
        inputs = (x, 1000 * t, words, mask, style_ids, 1000 * r, scale)
        return network(*inputs, return_dict=False)[0].float()

    def compile(self, **options):
        """Block by block, the student's, its average's and the teacher's."""
        # All are the same code, for batches of five sizes, with gradients and without: more than torch expects.
        torch._dynamo.config.recompile_limit = max(32, torch._dynamo.config.recompile_limit)
        for network in (self.network, self.average, self.flow.teacher):
            network.compile_repeated_blocks(**options)
        if self.critic is not None:
            self.critic.flow.compile_repeated_blocks(**options)
        self.decode = torch.compile(self.decode, **options)

    def train(self, mode: bool = True):
        """What is not trained stays as it is."""
        super().train(mode)
        if self.average is not self.network:
            self.average.eval()
        return self


def some_of(wanted: torch.Tensor, count: int) -> torch.Tensor:
    """The places of `count` rows, of all where they are fewer: any of those `wanted` (n,) first."""
    return torch.topk(wanted * (1 + torch.rand(len(wanted), device=wanted.device)), min(count, len(wanted))).indices


def rms(rows: torch.Tensor) -> torch.Tensor:
    """(batch, ...) -> (batch,)."""
    return rows.square().flatten(1).mean(1).sqrt()
