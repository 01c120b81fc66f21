"""Whether the maps of the embedded model hold, and how long their answers take."""

import copy
import os
import time

import torch
from torch import nn

from lit.models.transformer import LiTTransformer2DModel
from lit.scope.drawings.chain import Decoded, Guided
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region
from lit.scope.scope import LinearScope
from lit.scope.studies.tour import REGION, STEP


def miss(a, b) -> float:
    """|a - b| / |b|."""
    return (torch.linalg.vector_norm(a - b) / torch.linalg.vector_norm(b)).item()


def laws(affine, expected) -> dict[str, float]:
    """Relative misses: reconstruction at x*, affinity and adjoint away from it, and the sum of the parts (input, every
    word, every bias) of <v, y>, in units of the sum of their sizes."""
    generator = torch.Generator().manual_seed(0)
    u, w = (torch.randn(affine.input_shape, generator=generator).to(affine.input) for _ in range(2))
    v = torch.randn(affine.output_shape, generator=generator).to(affine.input)
    forwards = affine.linear(u)
    gap = (forwards * v).sum() - (u * affine.transpose(v)).sum()
    found = affine.contributions(v)
    size = sum(abs(part) for part in [found.input, *found.words, *found.biases.values()])
    return {
        "reconstruction": miss(affine(affine.input), expected),
        "affinity": miss(affine(0.3 * u + 0.7 * w), 0.3 * affine(u) + 0.7 * affine(w)),
        "adjoint": (gap.abs() / (forwards.norm() * v.norm())).item(),
        "sum of parts": abs(found.total - (v.double() * expected.double()).sum().item()) / size,
    }


def jacobian_miss(network, affine, told, words, probes: int = 4) -> float:
    """By how much J x + words + r misses y, J the plain Jacobian, as seen through random weights v of the output."""
    x = affine.input.clone().requires_grad_()
    y = network(x, **told)
    rest = affine.bias + affine.words(words).sum(0)
    wrong, right = [], []
    for seed in range(probes):
        v = torch.randn(y.shape, generator=torch.Generator().manual_seed(seed)).to(y)
        (row,) = torch.autograd.grad(y, x, v, retain_graph=True)
        wrong.append((row * x).sum() + (v * (rest - y)).sum())
        right.append((v * y).sum())
    return (torch.stack(wrong).norm() / torch.stack(right).norm()).item()


def measure_errors(opened, tell) -> dict:
    """The laws for the guided denoiser and the decoder of the embedded model, by precision, path and step."""
    denoiser, jacobian = {}, {}
    spoken = [i for i, label in enumerate(opened.words) if not label.empty]
    for dtype in (torch.float32, torch.float64):
        transformer = nn.Module.to(copy.deepcopy(opened.pipe.transformer), dtype)
        network = Guided(transformer, opened.settings.guidance_scale).eval()
        for path in opened.paths:
            scope = LinearScope(network, path)
            for step in range(opened.steps):
                told = opened.told(step)
                told["encoder_hidden_states"] = told["encoder_hidden_states"].to(dtype)
                x = opened.latents[step].to(dtype)
                with torch.no_grad():
                    expected = network(x, **told)
                with scope.at(x, **told) as affine:
                    key = f"{str(dtype).removeprefix('torch.')} {path} {step + 1}"
                    denoiser[key] = laws(affine, expected)
                    if dtype == torch.float32 and path == "value":
                        jacobian[step + 1] = jacobian_miss(network, affine, told, spoken)
                    tell(f"{key}: {denoiser[key]}")
    decoder = {}
    for dtype in (torch.float32, torch.float64):
        network = Decoded(nn.Module.to(copy.deepcopy(opened.pipe.autoencoder), dtype)).eval()
        x = opened.latents[-1].to(dtype)
        with torch.no_grad(), LinearScope(network).at(x) as affine:
            decoder[str(dtype).removeprefix("torch.")] = laws(affine, network(x))
    return {"denoiser": denoiser, "jacobian": jacobian, "decoder": decoder}


def measure_dense(opened, tell) -> dict:
    """Singular values without and with the matrix, on a LiT of two blocks with random weights, in float64."""
    generator = torch.Generator().manual_seed(1)
    network = LiTTransformer2DModel(
        num_layers=2, hidden_size=32, num_attention_heads=2, num_cross_attention_heads=2, caption_channels=16
    )
    for parameter in network.parameters():
        parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.25)
    network = nn.Module.double(network.eval().requires_grad_(False))
    x, words = torch.randn(1, 8, 8, 8, generator=generator), torch.randn(1, 6, 16, generator=generator)
    affine = LinearScope(network).at(x.double(), timestep=torch.tensor([300.0]), encoder_hidden_states=words.double())
    dense = affine.linear(torch.eye(x.numel(), dtype=torch.float64).view(-1, *x.shape)).flatten(1).T
    exact = torch.linalg.svdvals(dense)[:8]
    found = {}
    for steps in (26, 50, 100):
        modes = affine.modes(8, steps=steps)
        worst = ((modes.singular_values - exact).abs() / exact).max().item()
        found[steps] = {"worst": worst, "residual": modes.residuals.max().item()}
    return {"size": list(dense.shape), "modes": 8, "steps": found}


def measure_times(opened, tell) -> dict:
    """(elapsed, processor) seconds for what the page does: the latter is what it costs on a core that is free."""
    times = {}

    def clock(name, work):
        started = time.perf_counter(), time.process_time()
        result = work()
        times[name] = round(time.perf_counter() - started[0], 4), round(time.process_time() - started[1], 4)
        tell(f"{name}: {times[name]} s")
        return result

    opened = OpenedDrawing.open(opened.pipe, opened.settings)  # of which nothing has been captured yet
    view = clock("capture of a step, decoder included", lambda: opened.step(STEP))
    clock("first receptive field", lambda: view.receptive_field(REGION))
    clock("another receptive field", lambda: view.receptive_field(Region.pixel(60, 90)))
    clock("a receptive field again", lambda: view.receptive_field(REGION))
    clock("contributions, not prepared", lambda: view.contributions(Region.pixel(61, 90)))
    clock("impulse response", lambda: view.impulse_response(60, 90))
    clock("preparing all parts", view.prepare)
    clock("contributions, prepared", lambda: view.contributions(Region.pixel(62, 90)))
    clock("16 modes of the clean latents", lambda: opened.step(STEP, layer="clean").modes(16))
    clock("16 modes of the picture", lambda: view.modes(16))
    clock("contributions through the whole way", lambda: opened.trajectory().contributions(REGION))
    busy = {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    return {"seconds": times, "threads": torch.get_num_threads(), "steps": opened.steps} | busy
