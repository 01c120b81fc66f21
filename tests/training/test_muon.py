"""Muon over stacks of matrices: torch's own is what it has to equal."""

import copy

import pytest
import torch
from torch import nn

from lit.training.muon import Muon, orthogonalize

JORDAN = (3.4445, -4.7750, 2.0315)


def network():
    torch.manual_seed(5)
    return nn.ModuleList([nn.Linear(m, n, bias=False) for m, n in ((12, 12), (12, 40), (40, 12), (12, 12))])


def gradients(step):
    torch.manual_seed(100 + step)
    return [torch.randn_like(layer.weight) for layer in network()]


def advance(optimizer, steps):
    for step in steps:
        matrices = [matrix for group in optimizer.param_groups for matrix in group["params"]]
        for matrix, gradient in zip(matrices, gradients(step), strict=True):
            matrix.grad = gradient
        optimizer.step()


@pytest.mark.parametrize("options", [{"adjust_lr_fn": "match_rms_adamw"}, {"nesterov": False, "momentum": 0.8}])
def test_the_steps_are_torchs(options):
    """Within bfloat16, of which torch's products are: the iteration steepens what it errs by some hundredths."""
    ours, theirs = network(), network()
    options = {"lr": 0.02, "weight_decay": 0.1} | options
    advance(Muon(ours.parameters(), **options), range(4))
    advance(torch.optim.Muon(theirs.parameters(), **options), range(4))
    for a, b, start in zip(ours, theirs, network(), strict=True):
        moved = (b.weight - start.weight).norm()
        assert (a.weight - b.weight).norm() < 0.05 * moved


def test_a_run_begun_with_torchs_goes_on():
    """Their states have the same names: what torch's has gathered counts."""
    whole, cut = network(), network()
    optimizer = torch.optim.Muon(whole.parameters(), lr=0.02)
    advance(optimizer, range(2))
    cut.load_state_dict(whole.state_dict())
    ours = Muon(cut.parameters(), lr=0.02)
    ours.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    advance(optimizer, [2])
    advance(ours, [2])
    for a, b in zip(cut, whole, strict=True):
        torch.testing.assert_close(a.weight, b.weight, rtol=0, atol=0.02 * 0.1)


def test_a_matrix_without_gradient_stays():
    layers = network()
    optimizer = Muon(layers.parameters(), lr=0.02, weight_decay=0.1)
    before = copy.deepcopy(layers)
    layers[0].weight.grad = torch.randn_like(layers[0].weight)
    optimizer.step()
    assert not torch.equal(layers[0].weight, before[0].weight)
    for a, b in zip(layers[1:], before[1:], strict=True):
        assert torch.equal(a.weight, b.weight)


@pytest.mark.parametrize("shape", [(3, 24, 24), (3, 8, 40), (3, 40, 8)])
def test_directions_stay_and_sizes_become_alike(shape):
    """With A = U S V^T: U^T O V is diagonal, and near one, whatever S."""
    torch.manual_seed(7)
    scales = torch.tensor([1e-3, 1.0, 1e3], dtype=torch.float64)[:, None, None]
    matrices = torch.randn(shape, dtype=torch.float64) * scales
    u, _, vh = torch.linalg.svd(matrices, full_matrices=False)
    sizes = u.mT @ orthogonalize(matrices, JORDAN, 5, 1e-7) @ vh.mT
    diagonal = sizes.diagonal(dim1=-2, dim2=-1)
    assert (sizes - torch.diag_embed(diagonal)).abs().max() < 1e-9
    assert diagonal[:, :-1].min() > 0.5 and diagonal.max() < 1.3  # of a square one the smallest may lag
