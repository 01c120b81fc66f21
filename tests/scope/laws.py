"""What holds for every captured map, whatever the network. Inputs away from x* are what can tell."""

import torch


def miss(a: torch.Tensor, b: torch.Tensor) -> float:
    """|a - b| / |b|."""
    return (torch.linalg.vector_norm(a - b) / torch.linalg.vector_norm(b)).item()


def away(shape, seed: int, like: torch.Tensor) -> torch.Tensor:
    """An input that has nothing to do with x*, twice its size."""
    return 2 * torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(like)


def affinity(affine) -> float:
    """By how much replay(a u + (1 - a) v) misses a replay(u) + (1 - a) replay(v), relatively."""
    u, v = away(affine.input_shape, 1, affine.input), away(affine.input_shape, 2, affine.input)
    mixed = 0.3 * affine(u) + 0.7 * affine(v)
    return miss(affine(0.3 * u + 0.7 * v), mixed)


def adjoint(affine) -> float:
    """By how much <F u, v> misses <u, F^T v>, in units of |F u| |v|."""
    u, v = away(affine.input_shape, 3, affine.input), away(affine.output_shape, 4, affine.input)
    forwards = affine.linear(u)
    difference = (forwards * v).sum() - (u * affine.transpose(v)).sum()
    return (difference.abs() / (forwards.norm() * v.norm())).item()


def assert_laws(affine, expected: torch.Tensor, tolerance: float):
    """Replay at x* is the network; affine away from x*; transpose is the adjoint; the parts add up."""
    assert miss(affine(affine.input), expected) < tolerance
    assert miss(affine.value, expected) < tolerance
    assert affinity(affine) < tolerance
    assert adjoint(affine) < tolerance
    parts = affine.linear(affine.input) + affine.words().sum(0) + affine.bias
    assert miss(parts, expected) < tolerance
    v = away(affine.output_shape, 5, affine.input)
    found = affine.contributions(v)
    scale = sum(abs(x) for x in [found.input, *found.words, *found.biases.values()])
    assert abs(found.total - found.value) < tolerance * scale
    assert abs(found.value - (v * expected).sum().item()) < tolerance * scale
