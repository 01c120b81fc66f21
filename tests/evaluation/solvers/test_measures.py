"""Distances between drawings, where they are known."""

import numpy as np
import pytest
import torch

from lit.evaluation.solvers.compare import verdict
from lit.evaluation.solvers.measures import grounds, interval, latents_psnr, pixels_psnr, ssim


def noise(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def test_decibels_of_a_known_error():
    reference = torch.zeros(2, 3, 4, 4)
    reference[:, 0, 0, 0] = torch.tensor([1.0, 10.0])  # the range of each
    np.testing.assert_allclose(latents_psnr(reference + 0.1, reference), [20, 40], atol=1e-4)
    np.testing.assert_allclose(pixels_psnr(reference + 0.1, reference), [20, 20], atol=1e-4)
    assert latents_psnr(reference, reference).tolist() == [100, 100]


def test_what_is_transparent_shows_the_ground():
    unit = torch.zeros(1, 4, 2, 2)
    unit[:, :, 0] = torch.tensor([0.5, 0.25, 0.0, 0.5])[None, :, None]
    black, white = grounds(unit).split(3, 1)
    assert black[0, :, 0, 0].tolist() == [0.5, 0.25, 0] and white[0, :, 0, 0].tolist() == [1, 0.75, 0.5]
    assert black[:, :, 1].max() == 0 and white[:, :, 1].min() == 1


def test_likeness_is_one_of_itself_and_falls_with_noise():
    picture = noise(2, 3, 32, 32)
    torch.testing.assert_close(ssim(picture, picture), torch.ones(2))
    more = [ssim(picture, picture + a * torch.randn(picture.shape)).mean() for a in (0.01, 0.1, 0.5)]
    assert 1 > more[0] > more[1] > more[2]
    # Two even greys: (2 a b + C_1) / (a^2 + b^2 + C_1), for nothing varies.
    even = ssim(torch.full((1, 1, 16, 16), 0.5), torch.full((1, 1, 16, 16), 0.25))
    assert float(even) == pytest.approx((0.25 + 1e-4) / (0.3125 + 1e-4), rel=1e-4)


def test_the_interval_holds_the_mean_and_narrows_with_the_pairs():
    few, many = (interval(noise(count)) for count in (20, 2000))
    assert few[0] < 0.5 < few[1] and many[0] < 0.5 < many[1]
    assert (few[1] - few[0]) / (many[1] - many[0]) == pytest.approx(10, rel=0.4)
    assert interval(noise(20)) == interval(noise(20))


def test_only_a_sure_gain_of_half_a_decibel_is_offered():
    rival, spread = torch.full((200,), 20.0), noise(200) - 0.5
    assert verdict(rival + 0.6 + spread / 100, rival)["offered"]
    assert not verdict(rival + 0.4 + spread / 100, rival)["offered"]  # sure, and small
    assert not verdict(rival + 0.6 + 100 * spread, rival)["offered"]  # large, perhaps
    rare = rival.clone()
    rare[:50] += 40
    assert not verdict(rare, rival)["offered"]  # a few pairs alone
