"""Laws of the linear forecasters' fits."""

import pytest
import torch

from lit.errors import InputError
from lit.forecast.closed_form import Moments, dlinear, linear, moving_average, nlinear, ridge

FITS = {"Linear": linear, "DLinear": dlinear, "NLinear": nlinear}


def samples(count=400, inputs=30, targets=5):
    """Walks, whose neighbours depend on each other, with a level of their own and noise."""
    generator = torch.Generator().manual_seed(0)
    steps = torch.randn(count, inputs + targets, generator=generator, dtype=torch.float64)
    walks = steps.cumsum(1) + 3 * torch.randn(count, 1, generator=generator, dtype=torch.float64)
    return walks[:, :inputs], walks[:, inputs:]


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_the_moments_tell_the_error_on_the_samples(fit):
    x, y = samples()
    forecast = fit(Moments.of(x, y), 1e-3)
    torch.testing.assert_close(Moments.of(x, y).errors(forecast), (forecast(x) - y).square().mean(0))


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_no_weights_beside_the_fitted_ones_do_better(fit):
    x, y = samples()
    seen, forecast = Moments.of(x, y), fit(Moments.of(x, y), 0)
    generator = torch.Generator().manual_seed(1)
    for _ in range(20):
        change = 1e-2 * torch.randn(forecast.weights.shape, generator=generator, dtype=torch.float64)
        if fit is nlinear:
            change -= change.mean(0)  # stay where the weights sum to one
        beside = type(forecast)(forecast.weights + change, forecast.bias)
        assert (seen.errors(beside) > seen.errors(forecast)).all()


def test_moments_of_parts_add_up():
    x, y = samples()
    whole, added = Moments.of(x, y), Moments.of(x[:150], y[:150]) + Moments.of(x[150:], y[150:])
    for name in Moments.__dataclass_fields__:
        torch.testing.assert_close(getattr(added, name), getattr(whole, name))


@pytest.mark.parametrize("strength", [0, 1e-3, 10.0])
def test_a_series_that_stands_still_is_forecast_exactly_by_nlinear(strength):
    forecast = nlinear(Moments.of(*samples()), strength)
    torch.testing.assert_close(forecast.weights.sum(0), torch.ones(5, dtype=torch.float64))
    still = torch.full((1, 30), 7.25, dtype=torch.float64)
    torch.testing.assert_close(forecast(still), torch.full((1, 5), 7.25, dtype=torch.float64))


def test_a_fit_to_what_stands_still_repeats_it():
    still = torch.full((9, 4), 2.0, dtype=torch.float64)
    assert torch.equal(nlinear(Moments.of(still, still[:, :2]), 1e-3)(still), still[:, :2])


def test_linear_and_dlinear_are_one_without_a_ridge():
    seen = Moments.of(*samples())
    torch.testing.assert_close(linear(seen, 0).weights, dlinear(seen, 0).weights, rtol=1e-6, atol=1e-8)
    assert (linear(seen, 1e-2).weights - dlinear(seen, 1e-2).weights).abs().max() > 1e-4


def test_dlinears_ridge_is_that_of_its_two_parts():
    """Fitted the long way: 2 n inputs, each part's own, under one ridge."""
    x, y = samples()
    average = moving_average(30, 25)
    trend = x @ average.T
    both = torch.cat([x - trend, trend], 1)
    scale = Moments.of(x, y).through(torch.linalg.cholesky(_gram(average)).T).centred().xx.diagonal().mean()
    centred = Moments.of(both, y).centred()
    long = torch.linalg.solve(
        centred.xx + 1e-3 * scale * torch.eye(60, dtype=torch.float64), centred.xy
    )  # (60, targets)
    weights = long[:30] - average.T @ long[:30] + average.T @ long[30:]
    torch.testing.assert_close(dlinear(Moments.of(x, y), 1e-3).weights, weights, rtol=1e-6, atol=1e-8)


def _gram(average):
    rest = torch.eye(len(average), dtype=torch.float64) - average
    return rest.T @ rest + average.T @ average


def test_the_moving_average_repeats_the_ends():
    x = torch.arange(40, dtype=torch.float64).square()
    padded = torch.cat([x[:1].expand(12), x, x[-1:].expand(12)])
    torch.testing.assert_close(moving_average(40, 25) @ x, padded.unfold(0, 25, 1).mean(1))


def test_a_strong_ridge_ends_in_its_prior():
    x, y = samples()
    prior = torch.softmax(torch.arange(150, dtype=torch.float64).view(30, 5) / 50, 0)
    torch.testing.assert_close(nlinear(Moments.of(x, y), 1e9, prior).weights, prior, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(nlinear(Moments.of(x, y), 1e9).weights[-1], torch.ones(5, dtype=torch.float64))


def test_inputs_that_depend_on_each_other_need_a_ridge():
    gram = torch.ones(3, 3, dtype=torch.float64) - 1e-3 * torch.eye(3, dtype=torch.float64)
    with pytest.raises(InputError, match="strength: got 0; a stronger ridge"):
        ridge(gram, torch.ones(3, 1, dtype=torch.float64), 0)
