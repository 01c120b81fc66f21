"""How near two drawings from the same noise are, picture by picture, and how sure a difference of such figures is."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

MOST = 100.0  # dB, of what is equal
WINDOW, DEVIATION = 11, 1.5  # of SSIM's Gaussian window, in pixels


def latents_psnr(found: Tensor, reference: Tensor) -> Tensor:
    """dB (pairs,), of latents (pairs, ...); the peak is the range of the reference's numbers, picture by picture."""
    flat = reference.flatten(1)
    return _psnr(found, reference, flat.amax(1) - flat.amin(1))


def grounds(unit: Tensor) -> Tensor:
    """Premultiplied RGBA in [0, 1] (n, 4, h, w) laid on black and on white, (n, 6, h, w)."""
    return torch.cat([unit[:, :3], unit[:, :3] + 1 - unit[:, 3:]], 1)


def pixels_psnr(found: Tensor, reference: Tensor) -> Tensor:
    """dB (n,), of what `grounds` gives: over both of them."""
    return _psnr(found, reference, torch.ones(len(found)).to(found))


def _psnr(found, reference, peak):
    error = (found - reference).flatten(1).square().mean(1)
    return (10 * torch.log10(peak**2 / error.clamp_min(1e-30))).clamp_max(MOST)


def ssim(found: Tensor, reference: Tensor) -> Tensor:
    """Structural similarity (n,), mean over channels and places, of pictures (n, c, h, w) in [0, 1] (Wang et al., 2004:
    a Gaussian window of 11 pixels, C_1 = 0.01^2, C_2 = 0.03^2)."""
    channels = found.shape[1]
    line = torch.exp(-((torch.arange(WINDOW, device=found.device) - WINDOW // 2) ** 2) / (2 * DEVIATION**2))
    line = (line / line.sum()).expand(channels, 1, 1, -1)

    def mean(x):
        return F.conv2d(F.conv2d(x, line, groups=channels), line.transpose(2, 3), groups=channels)

    # Differences of nearly equal means: they need all of float32's digits.
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        a, b = mean(found), mean(reference)
        variances = mean(found**2) - a**2 + mean(reference**2) - b**2
        covariance = mean(found * reference) - a * b
    likeness = (2 * a * b + 1e-4) * (2 * covariance + 9e-4) / ((a**2 + b**2 + 1e-4) * (variances + 9e-4))
    return likeness.flatten(1).mean(1)


def interval(differences: Tensor, draws: int = 2000) -> tuple[float, float]:
    """The 95% interval of their mean by the bootstrap: the pairs drawn again, with replacement."""
    values = differences.double().cpu().numpy()
    chosen = np.random.default_rng(0).integers(len(values), size=(draws, len(values)))
    low, high = np.quantile(values[chosen].mean(1), (0.025, 0.975))
    return float(low), float(high)
