"""Classical solvers of the flow as weights of a linear multistep method, for times 1 = t_0 > ... > t_K = 0 of any
spacing: row J has b_J,0 ... b_J,J of x(t_J+1) = x(t_J) - sum b_J,j v_j. With x_0 seen as D = x - t v."""

from collections.abc import Sequence

import numpy as np
import torch
from diffusers import UniPCMultistepScheduler

from lit.sampling.objectives import Flow
from lit.sampling.solvers.flow_euler import FlowEuler

Weights = list[list[float]]


def shifted_times(steps: int, shift: float) -> list[float]:
    """t_0 = 1 ... t_steps = 0 as Euler's solver spaces them at this shift, exact in float32."""
    return FlowEuler(Flow({"shift": shift}), steps).sigmas.tolist()


def adams_bashforth(times: Sequence[float], order: int) -> Weights:
    """The polynomial through the last `order` velocities, integrated over the step; fewer at the start. 1: Euler."""
    rows = []
    for j in range(len(times) - 1):
        first = max(0, j + 1 - order)
        nodes = np.array(times[first : j + 1]) - times[j]
        powers = np.arange(len(nodes))
        integrals = -((times[j + 1] - times[j]) ** (powers + 1)) / (powers + 1)
        fitted = np.linalg.solve(np.vander(nodes, increasing=True).T, integrals)
        rows.append([0.0] * first + fitted.tolist())
    return rows


def dpm_2m(times: Sequence[float]) -> Weights:
    """DPM-Solver++(2M) (arXiv 2211.01095) with l = log((1 - t) / t), dl this step and dl' the one before:

        x' = (t' / t) x + (1 - t' / t) (D_J + dl / (2 dl') (D_J - D_J-1))

    From t = 1, where l is infinite, the second step is of first order; so are the first and the last.
    """
    steps = len(times) - 1
    noise, *velocities = np.eye(steps + 1)
    states, seen = [noise], []
    with np.errstate(divide="ignore"):
        log_snr = [float(np.log((1 - t) / t)) if t else np.inf for t in map(np.float64, times)]
    for j, (t, after) in enumerate(zip(times, times[1:], strict=False)):
        seen.append(states[-1] - t * velocities[j])
        ahead = seen[-1]
        if 1 < j + 1 < steps and np.isfinite(log_snr[j - 1]):
            ratio = (log_snr[j + 1] - log_snr[j]) / (log_snr[j] - log_snr[j - 1])
            ahead = seen[-1] + ratio / 2 * (seen[-1] - seen[-2])
        states.append(after / t * states[-1] + (1 - after / t) * ahead)
    return _differences(states)


def unipc(times: Sequence[float]) -> Weights:
    """UniPC of order 2 (arXiv 2302.04867), read off diffusers' own: its steps are linear, so unit vectors in place of
    the noise and the velocities come out as weights. As there, t = 1 is moved by 1e-6."""
    steps = len(times) - 1
    scheduler = UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=1.0, solver_order=2
    )
    scheduler.set_timesteps(steps)
    scheduler.sigmas = torch.tensor([1 - 1e-6, *times[1:]], dtype=torch.float64)
    noise, *velocities = torch.eye(steps + 1, dtype=torch.float64)[:, None]  # (1, steps + 1) each
    states = [noise]
    for timestep, velocity in zip(scheduler.timesteps, velocities, strict=True):
        states.append(scheduler.step(velocity, timestep, states[-1], return_dict=False)[0])
    rows = _differences([state[0].numpy() for state in states])
    rows[0] = [times[0] - times[1]]  # the first step is Euler's, from 1
    return rows


def skipping(times: Sequence[float], calls: Sequence[int], weights: np.ndarray) -> Weights:
    """Euler on all times, its velocities forecast but at the calls: b_J,j = h_kJ [j = J] + sum of h_n w_n,j over the
    steps n that are skipped before the next call. weights: w (steps, calls), of which rows of calls are not read."""
    gaps = -np.diff(np.array(times))
    ends = [*calls[1:], len(gaps)]
    rows = []
    for j, (call, end) in enumerate(zip(calls, ends, strict=True)):
        row = np.zeros(j + 1)
        row[j] = gaps[call]
        for n in range(call + 1, end):
            row += gaps[n] * weights[n, : j + 1]
        rows.append(row.tolist())
    return rows


def held(steps: int, calls: Sequence[int]) -> np.ndarray:
    """w (steps, calls) that repeats the last velocity: with it `skipping` is Euler from call to call."""
    found = np.zeros((steps, len(calls)))
    for n in range(steps):
        found[n, np.searchsorted(calls, n, side="right") - 1] = 1
    return found


def line(calls: Sequence[int], steps: int) -> np.ndarray:
    """w (steps, calls) of the line through the last two velocities in the steps' numbers: TaylorSeer of order 1
    (arXiv 2503.06923) on the network's outputs. The first call is repeated."""
    found = held(steps, calls)
    for n in range(calls[1] if len(calls) > 1 else steps, steps):
        j = int(np.searchsorted(calls, n, side="right")) - 1
        ahead = (n - calls[j]) / (calls[j] - calls[j - 1])
        found[n, j - 1 : j + 1] = -ahead, 1 + ahead
    return found


def nearest_calls(times: Sequence[float], wanted: Sequence[float]) -> list[int]:
    """Which of the times' steps to call so that the calls lie about where `wanted` are, each once, the first first."""
    steps, count = len(times) - 1, len(wanted) - 1
    calls: list[int] = []
    for j in range(count):
        free = range(calls[-1] + 1 if calls else 0, steps - (count - 1 - j))
        calls.append(min(free, key=lambda n: abs(times[n] - wanted[j])))
    return calls


def _differences(states) -> Weights:
    """States as sums of noise and velocities -> what each step takes from the one before."""
    return [(before - after)[1 : j + 2].tolist() for j, (before, after) in enumerate(zip(states, states[1:]))]
