"""Grid policies (pi-Flow, arXiv 2510.14974): one answer of a network says the velocities of a whole stretch.

At time t the network gives velocities u_1 .. u_N. Each stands for a picture, x0_j = x_t - t u_j, which the policy goes
towards at its place of a grid of times, equally far from each other from t down to max(r, END). Between two places it
goes towards what lies between their pictures, behind the last one towards the last:

    v(x, s) = (x - x0(s)) / s,   x0(s) = x_t - t sum_j h_j(s) u_j

Along its way d(x / s) / ds = -x0(s) / s^2, which has a closed form:

    x(s) = x_t - (t - s) sum_j c_j(s) u_j,   sum_j c_j = 1

So the network is not asked again, and what it says of a whole stretch is a mean velocity, as a flow map's is.
"""

import torch
import torch.nn.functional as F

END = 1 / 20  # of the grid: nearer to the picture a teacher of 20 steps goes straight on, and has hardly been trained


def place_weights(t: torch.Tensor, r: torch.Tensor, s: torch.Tensor, points: int) -> torch.Tensor:
    """h(s) of stretches from t down to r, all (...) in [0, 1] and r <= s <= t -> (..., points), which add up to 1."""
    last = lowest(t, r)
    place = ((t - s) / (t - last).clamp_min(torch.finfo(t.dtype).tiny)).clamp(0, 1) * (points - 1)
    return F.relu(1 - (place[..., None] - torch.arange(points, device=t.device)).abs())


def way_weights(t: torch.Tensor, r: torch.Tensor, s: torch.Tensor, points: int) -> torch.Tensor:
    """c(s), shapes as of `place_weights`; at s = t the velocity itself, which is the first one's."""
    tiny = torch.finfo(t.dtype).tiny
    places = torch.lerp(
        t[..., None], lowest(t, r)[..., None], torch.linspace(0, 1, points, dtype=t.dtype, device=t.device)
    )
    upper, lower, here = places[..., :-1], places[..., 1:], s[..., None]
    # Of each piece what lies above s: s times the integral of x0 / s^2 over it, by the pictures at its two ends.
    end = torch.maximum(torch.minimum(here, upper), lower)
    gone, share = upper - end, here / end.clamp_min(tiny) / (upper - lower).clamp_min(tiny)
    bent = end * torch.log1p(gone / end.clamp_min(tiny))
    weights = F.pad(share * (bent - gone * lower / upper.clamp_min(tiny)), (0, 1))
    weights = weights + F.pad(share * (gone - bent), (1, 0))
    straight_on = (1 - here / places[..., -1:].clamp_min(tiny)).clamp_min(0)
    weights = weights + F.pad(straight_on, (points - 1, 0))
    weights = t[..., None] * weights / (t - s).clamp_min(tiny)[..., None]
    return torch.where((s < t)[..., None], weights, place_weights(t, t, t, points))


def lowest(t: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """Where the grid ends."""
    return torch.maximum(r, t.clamp_max(END))


def mean_velocity(velocities: torch.Tensor, t: torch.Tensor, r: torch.Tensor, points: int) -> torch.Tensor:
    """(x_t - x_r) / (t - r) of the policy, at r = t its velocity.

    velocities: (batch, points * channels, h, w), t, r: (batch,) -> (batch, channels, h, w).
    """
    # Weights of eight bits would not add up to 1.
    dtype = torch.promote_types(velocities.dtype, torch.float32)
    weights = way_weights(t.float(), r.float(), r.float(), points).to(dtype)[:, :, None, None, None]
    return (weights * velocities.to(dtype).unflatten(1, (points, -1))).sum(1).to(velocities.dtype)
