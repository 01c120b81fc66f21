"""Guidance's unconditional half, the cheapest forward to save: left out, held, or forecast from the conditional one.

Counted by forwards, not by evaluations: a guided one has two. Only for networks that guide by two branches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lit.evaluation.solvers.classical import shifted_times
from lit.evaluation.solvers.fit import GRID
from lit.evaluation.solvers.measures import latents_psnr
from lit.evaluation.solvers.pairs import Pairs
from lit.forecast.closed_form import Moments, nlinear
from lit.sampling.solvers import Evaluation

STRENGTH = 1e-4  # of the ridge; each step fits two numbers to millions
EVERY = (2, 4)  # steps from one unconditional forward to the next
INTERVALS = ((0.0, 0.9), (0.0, 0.8), (0.2, 1.0), (0.2, 0.8))  # times with guidance

# The unconditional velocity at step n from [(conditional, unconditional)] where both are known, and the conditional.
Guess = Callable[[int, tuple[Tensor, Tensor], Tensor], Tensor]


@dataclass(frozen=True)
class Branches:
    """The two halves of guided pairs. scales: (pairs, 1, 1, 1)."""

    conditional: Pairs
    unconditional: Pairs
    scales: Tensor

    @staticmethod
    def of(pairs: Pairs) -> "Branches":
        plain = pairs.changed(guidance_scale=1.0)
        return Branches(plain, plain.changed(prompt="", style=None), pairs.scales.view(-1, 1, 1, 1))

    def draw(
        self,
        times: Sequence[float],
        asked: Callable[[int], bool],
        guess: Guess | None,
        seen: Callable[[int, Tensor, Tensor], None] = lambda *_: None,
    ) -> tuple[Tensor, int]:
        """Euler's latents and the forwards they took. asked: at which steps the unconditional half is.
        guess: what takes its place elsewhere, None for no guidance there.  seen: told of both, where both are known."""
        latents, known, forwards = self.conditional.noise, None, 0
        for n, (t, r) in enumerate(zip(times, times[1:], strict=False)):
            question = Evaluation(1000 * t, 1000 * r)
            velocity = conditional = self.conditional.ask(latents, question)
            forwards += 1
            if asked(n):
                unconditional = self.unconditional.ask(latents, question)
                forwards, known = forwards + 1, (conditional, unconditional)
                seen(n, conditional, unconditional)
                velocity = unconditional + self.scales * (conditional - unconditional)
            elif guess is not None and known is not None:
                unconditional = guess(n, known, conditional)
                velocity = unconditional + self.scales * (conditional - unconditional)
            latents = latents - (t - r) * velocity
        return latents, forwards


def fitted_guess(fit: Branches, every: int) -> Guess:
    """NLinear from the last known pair of halves and the conditional now, weights of each step from full drawings."""
    weights, last = {}, {}

    def see(n, conditional, unconditional):
        if n % every == 0:
            last["pair"] = conditional, unconditional
            return
        inputs = torch.stack([part.flatten() for part in (*last["pair"], conditional)], 1)
        weights[n] = nlinear(Moments.of(inputs, unconditional.flatten()[:, None]), STRENGTH).weights[:, 0].tolist()

    fit.draw(shifted_times(GRID, 1.0), lambda n: True, None, see)
    return lambda n, known, conditional: sum(
        weight * part for weight, part in zip(weights[n], (*known, conditional), strict=True)
    )


def halves(fit: Pairs, test: Pairs, fine: Tensor) -> list[dict]:
    """Rows for JSON: what was done, the forwards a picture, and the latents' mean PSNR to the fine solution and to
    Euler in GRID steps with both halves throughout. Empty for a network that has its guidance built in."""
    if test.pipe.transformer.config.get("guidance_range") is not None:
        return []
    fitted, tested, times = Branches.of(fit), Branches.of(test), shifted_times(GRID, 1.0)
    whole, forwards = tested.draw(times, lambda n: True, None)
    drawn = [("both halves", whole, forwards)]
    for steps in (3 * GRID // 4, GRID // 2):
        fewer = tested.draw(shifted_times(steps, 1.0), lambda n: True, None)
        drawn.append((f"both halves, {steps} steps", *fewer))
    for low, high in INTERVALS:
        inside = tested.draw(times, lambda n, a=low, b=high: a < times[n] <= b, None)
        drawn.append((f"guidance from t = {high:g} to {low:g} alone", *inside))
    for every in EVERY:

        def due(n, every=every):
            return n % every == 0

        drawn.append((f"asked every {every} steps, held", *tested.draw(times, due, lambda n, known, now: known[1])))
        guess = fitted_guess(fitted, every)
        drawn.append((f"asked every {every} steps, forecast", *tested.draw(times, due, guess)))
    return [
        {
            "what": what,
            "forwards": count,
            "fine": float(latents_psnr(latents, fine).mean()),
            "euler": float(latents_psnr(latents, whole).mean()),
        }
        for what, latents, count in drawn
    ]
