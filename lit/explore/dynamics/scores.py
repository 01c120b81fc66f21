"""How like two series are: in the places that they visit, in their spectra, and step by step.

Less is better. A series that is not finite scores infinity: it is never left out.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from lit.explore.dynamics.model import Networks

BINS = 30  # a dimension
EMPTY = 1e-5  # points that each bin holds besides
MARGIN = 0.1  # standard deviations around the data
MOST_BINNED = 10  # dimensions; beyond, a Gaussian on each point
VARIANCE, MOST_POINTS, DRAWS = 0.3, 10_000, 1000  # of those Gaussians, in units of the data's
SMOOTHING = 20  # frequencies: standard deviation of the Gaussian that smooths a spectrum
AHEAD = 20  # steps of the prediction error
FREE, DROPPED = 10_000, 1000  # steps of a free run, and of those that are dropped before it


def d_stsp(data: Tensor, run: Tensor) -> float:
    """Kullback-Leibler divergence of the places of two series, (length, N) each, of any lengths: of data from run.

    Up to ten dimensions by a histogram of 30 bins a dimension, over the data's range and a tenth of its standard
    deviation on both sides, with 1e-5 points besides in each bin. Points of the run outside of it count in its length
    and in no bin. Beyond by Gaussians on the points and 1,000 draws.
    """
    data, run = data.double(), run.double()
    if not run.isfinite().all():
        return float("inf")
    return _binned(data, run) if data.shape[1] <= MOST_BINNED else _smeared(data, run)


def _binned(data, run):
    margin = MARGIN * data.std(0)
    low, high = data.min(0).values - margin, data.max(0).values + margin
    bins = BINS ** data.shape[1]

    def codes(points):
        inside = points[((points >= low) & (points <= high)).all(1)]
        places = ((inside - low) / (high - low) * BINS).long().clamp(max=BINS - 1)
        return places @ BINS ** torch.arange(data.shape[1])

    # All bins that neither series visits share one term: 30^10 of them could not be listed.
    known, place = torch.cat([codes(data), codes(run)]).unique(return_inverse=True)
    counts = [place[: len(data)].bincount(minlength=len(known)), place[len(data) :].bincount(minlength=len(known))]
    p, q = (
        (torch.cat([count.double(), torch.zeros(1)]) + EMPTY) / (len(points) + EMPTY * bins)
        for count, points in zip(counts, (data, run))
    )
    terms = p * (p / q).log()
    return float(terms[:-1].sum() + (bins - len(known)) * terms[-1])


def _smeared(data, run):
    generator = torch.Generator().manual_seed(0)
    data, run = ((points - data.mean(0)) / data.std(0) for points in (data, run))
    data, run = (points[torch.randperm(len(points), generator=generator)[:MOST_POINTS]] for points in (data, run))
    drawn = data[torch.randint(len(data), (DRAWS,), generator=generator)]
    drawn = drawn + VARIANCE**0.5 * torch.randn(drawn.shape, generator=generator, dtype=drawn.dtype)

    def log_density(points):
        return (-torch.cdist(drawn, points).square() / (2 * VARIANCE)).logsumexp(1) - torch.tensor(len(points)).log()

    return float((log_density(data) - log_density(run)).mean())


def d_h(data: Tensor, run: Tensor) -> float:
    """Hellinger distance of the smoothed power spectra of two series (length, N), from 0 to 1: the mean over
    dimensions. The longer one is cut to the other's length."""
    length = min(len(data), len(run))
    if not run.isfinite().all():
        return float("inf")
    p, q = (_spectrum(series[:length].double()) for series in (data, run))
    return float((1 - (p * q).sqrt().sum(0)).clamp(min=0).sqrt().mean())


def _spectrum(series):
    """Smoothed, and of sum 1: (frequencies, N)."""
    spread = series.std(0)
    series = (series - series.mean(0)) / spread.where(spread > 0, torch.ones_like(spread))
    power = torch.fft.rfft(series, dim=0).abs().square()
    reach = min(4 * SMOOTHING, len(power) - 1)
    weights = (-(torch.arange(-reach, reach + 1).double() / SMOOTHING).square() / 2).exp()
    padded = F.pad(power.T[:, None], (reach, reach), mode="reflect")
    smooth = F.conv1d(padded, (weights / weights.sum())[None, None])[:, 0].T
    return smooth / smooth.sum(0).clamp(min=1e-300)


@torch.inference_mode()
def ahead_error(networks: Networks, series: Tensor, steps: int = AHEAD, most: int = 2000) -> Tensor:
    """Mean squared error of the prediction so many steps ahead, (seeds,), from at most `most` points of the series
    (length, N), evenly spread; units that are not observed begin as L has them."""
    starts = torch.linspace(0, len(series) - 1 - steps, min(most, len(series) - steps)).long()
    z = networks.begun(series[starts].expand(len(networks), -1, -1))
    for _ in range(steps):
        z = networks.step(z)
    error = (z[..., : networks.observed] - series[starts + steps]).square().mean((1, 2))
    return error.nan_to_num(nan=torch.inf)


@torch.inference_mode()
def free_runs(networks: Networks, start: Tensor, length: int = FREE, dropped: int = DROPPED) -> Tensor:
    """States (length, seeds, M) of runs from one observation (N,), after so many that are dropped."""
    z = networks.begun(start.expand(len(networks), 1, -1))
    return networks.run(z, length + dropped)[dropped:, :, 0]


def by_places(networks: Networks, validation: Tensor) -> Tensor:
    """D_stsp of a free run of each, (seeds,): what the epoch of a system with an attractor is chosen by. The run is as
    long as the series, and 10,000 steps at most."""
    length = min(len(validation), FREE)
    runs = free_runs(networks, validation[0], length, length // 10)[..., : networks.observed]
    return torch.tensor([d_stsp(validation, runs[:, i]) for i in range(len(networks))])


@torch.inference_mode()
def lyapunov(networks: Networks, start: Tensor, length: int = FREE, dropped: int = DROPPED) -> Tensor:
    """The largest Lyapunov exponent of each free run, per step, (seeds,): the mean growth of a small difference that
    the matrices of the regions carry along."""
    networks = networks.double()
    states = free_runs(networks, start.double(), length, dropped)
    signs = (states[..., networks.linear :] > 0).double()
    generator = torch.Generator().manual_seed(0)
    v = torch.randn(len(networks), networks.units, generator=generator, dtype=torch.float64)
    growth = torch.zeros(len(networks), dtype=torch.float64)
    settled = length // 10  # until the difference has turned to the direction that grows most
    for t, sign in enumerate(signs):
        seen = torch.cat([v[:, : networks.linear], v[:, networks.linear :] * sign], 1)
        v = networks.a * v + (networks.w @ seen[..., None])[..., 0]
        size = v.norm(dim=1, keepdim=True)
        v = v / size
        if t >= settled:
            growth += size[:, 0].log()
    return growth / (length - settled)
