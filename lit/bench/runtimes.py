"""Other runtimes beside PyTorch on this processor: ONNX Runtime and OpenVINO, in float32 and in int8, same run.

    pip install onnx onnxscript onnxruntime openvino nncf
    python -m lit.bench.runtimes [--avx2]

The transformer is exported as it is: on a processor `lit_kernels` computes by its definition in plain torch, which
torch.export sees through. Shapes are static, 256 px. int8: matrix products alone, by ONNX Runtime with scales of the
activations found anew each time, by OpenVINO (NNCF) with scales found on other drawings. What that costs in the
picture is said by the final latents of the same drawings, beside PyTorch's in float32.
"""

import argparse
import importlib.util
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from lit.bench.__main__ import AVX2, machine, restricted
from lit.bench.drawing import PROMPT, evaluation
from lit.bench.timing import median_ratio, milliseconds, seconds
from lit.device import best_dtype, dtype_name
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.runtimes import ByPlace
from lit.settings import GenerationSettings
from lit.sheets import markdown_table

PACKAGES = ("onnx", "onnxscript", "onnxruntime", "openvino", "nncf")
PROMPTS = ("a red apple", "two cats beside a tree")
OTHERS = ("a blue dragon", "a cup of coffee", "an owl above a house", "three mushrooms")  # to find scales on
SAMPLES = 24  # of the inputs that the network meets in these
SIDE = 32  # of the latents

Inputs = dict[str, torch.Tensor]
Network = Callable[[Inputs], torch.Tensor]  # inputs by name -> sample


def main():
    parser = argparse.ArgumentParser(prog="python -m lit.bench.runtimes", description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=9, help="of every measurement, of which the median counts")
    parser.add_argument("--avx2", action="store_true", help="AVX2 alone (which ONNX Runtime does not heed)")
    args = parser.parse_args()
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(
            f"python -m lit.bench.runtimes: {', '.join(missing)} not installed; run: pip install {' '.join(missing)}"
        )
    if args.avx2 and not restricted():
        command = [sys.executable, "-m", "lit.bench.runtimes", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=os.environ | AVX2).returncode)
    pipe = LiTPipeline.from_pretrained(device="cpu", torch_dtype="float32")
    pipe.set_progress_bar_config(disable=True)
    print(machine(pipe.transformer.device, best_dtype("cpu")))
    with tempfile.TemporaryDirectory() as folder:
        print(compare(pipe, Path(folder), args.repeats))


def compare(pipe: LiTPipeline, folder: Path, repeats: int, batches: tuple[int, ...] = (1, 4)) -> str:
    """A table: milliseconds of an evaluation, times as fast as PyTorch here, PSNR of the final latents.

    pipe: in float32.  folder: for what is exported.
    """
    met = [named for prompt in OTHERS for named in evaluations(pipe, drawing(pipe, prompt))]
    calibration = met[:: math.ceil(len(met) / SAMPLES)]
    wanted = {prompt: latents(pipe, drawing(pipe, prompt)) for prompt in PROMPTS}
    made: dict[int, dict[str, tuple[float, Network]]] = {
        rows: dict(networks(pipe.transformer, rows, folder, calibration)) for rows in batches
    }
    taken = {}
    for rows in batches:
        inputs = evaluation(pipe.transformer, rows, SIDE)
        taken[rows] = seconds({name: partial(network, inputs) for name, (_, network) in made[rows].items()}, repeats)
    ours = f"PyTorch, {dtype_name(best_dtype('cpu'))}"
    table = []
    for name, (ready, network) in made[1].items():
        cells = [name, f"{ready:.1f}"]
        for rows in batches:
            times = taken[rows][name]
            cells += [milliseconds(times), f"{median_ratio(taken[rows][ours], times):.2f}"]
        with replaced(pipe.transformer, network):
            ratios = [psnr(latents(pipe, drawing(pipe, prompt)), wanted[prompt]) for prompt in PROMPTS]
        table.append([*cells, f"{statistics.mean(ratios):.1f}"])
    head = ["runtime", "ready after, s"]
    for rows in batches:
        head += [f"ms, batch {rows}", "times as fast"]
    return markdown_table([*head, "PSNR of the latents, dB"], table)


def drawing(pipe: LiTPipeline, prompt: str) -> GenerationSettings:
    return replace(GenerationSettings(**PROMPT), prompt=prompt, scheduler=pipe.schedulers[0])


def latents(pipe: LiTPipeline, settings: GenerationSettings) -> torch.Tensor:
    return pipe.generate(settings, output_type="latent").images[0].float()


def psnr(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """dB, the peak being the whole range of `theirs`."""
    error = (ours - theirs).square().mean().item()
    return math.inf if error == 0 else 10 * math.log10((theirs.max() - theirs.min()).item() ** 2 / error)


def evaluations(pipe: LiTPipeline, settings: GenerationSettings) -> list[Inputs]:
    """Inputs that the network meets in a drawing, an image a batch."""
    met: list[Inputs] = []

    def note(named):
        met.append(named)
        return forward(named)

    forward = plain(pipe.transformer)
    with replaced(pipe.transformer, note):
        latents(pipe, settings)
    return met


def plain(network: LiTTransformer2DModel) -> Network:
    """The network as it is, called by names, as a drawing calls it: with words that have been refined."""
    kind = type(network)
    return lambda named: kind.forward(network, **named, words_refined=True, return_dict=False)[0]


class replaced:
    """Inside, the transformer's answers are another's, asked row by row."""

    def __init__(self, transformer: LiTTransformer2DModel, network: Network):
        self.transformer, self.network = transformer, network
        self.names = list(evaluation(transformer, 1, SIDE))

    def __enter__(self):
        self.transformer.forward = self.answer

    def __exit__(self, *_):
        del self.transformer.forward

    def answer(self, *values, return_dict=True, words_refined=True, **named):
        named |= dict(zip(self.names, values))
        rows = len(named["hidden_states"])
        split = [{name: value[i : i + 1].contiguous() for name, value in named.items()} for i in range(rows)]
        return (torch.cat([self.network(one) for one in split]),)


def networks(
    transformer: LiTTransformer2DModel, rows: int, folder: Path, calibration: list[Inputs]
) -> Iterator[tuple[str, tuple[float, Network]]]:
    """Name -> seconds that it takes to make it ready, and the network for batches of `rows`."""
    ways = {"PyTorch, float32": lambda: plain(transformer)}
    if best_dtype("cpu") == torch.bfloat16:
        ways["PyTorch, bfloat16"] = lambda: in_bfloat16(transformer)
    file = export(transformer, rows, folder / f"{rows}.onnx")
    repeated = [
        {name: value.expand(rows, *value.shape[1:]).contiguous() for name, value in named.items()}
        for named in calibration
    ]
    ways |= {
        "ONNX Runtime, float32": lambda: onnx_runtime(file),
        "ONNX Runtime, int8": lambda: onnx_runtime(quantized(file)),
        "OpenVINO, float32": lambda: openvino(file),
    }
    if best_dtype("cpu") == torch.bfloat16:
        ways["OpenVINO, bfloat16"] = lambda: openvino(file, "bf16")
    ways["OpenVINO, int8"] = lambda: openvino(file, calibration=repeated)
    for name, make in ways.items():
        start = time.perf_counter()
        network = make()
        yield name, (time.perf_counter() - start, torch.inference_mode()(network))


def in_bfloat16(transformer: LiTTransformer2DModel) -> Network:
    twin = LiTTransformer2DModel.from_config(transformer.config).eval()
    twin.load_state_dict(transformer.state_dict())
    network = plain(torch.nn.Module.to(twin, torch.bfloat16))
    return lambda named: network(named | {"hidden_states": named["hidden_states"].bfloat16()}).float()


def export(transformer: LiTTransformer2DModel, rows: int, file: Path) -> Path:
    """The transformer as an ONNX file for batches of `rows`."""
    inputs = evaluation(transformer, rows, SIDE)
    program = torch.onnx.export(
        ByPlace(transformer, list(inputs), words_refined=True),
        tuple(inputs.values()),
        dynamo=True,
        input_names=list(inputs),
        output_names=["sample"],
        verbose=False,
    )
    program.save(file)
    return file


def quantized(file: Path) -> Path:
    """Its matrix products with int8 weights, a scale a column; activations are quantized as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    out = file.with_suffix(".int8.onnx")
    quantize_dynamic(file, out, op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
    return out


def onnx_runtime(file: Path) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda named: torch.from_numpy(session.run(None, {k: v.numpy() for k, v in named.items()})[0])


def openvino(file: Path, precision: str = "f32", calibration: list[Inputs] | None = None) -> Network:
    import nncf
    import openvino as ov

    core = ov.Core()
    model = core.read_model(file)
    if calibration is not None:
        data = nncf.Dataset([{name: value.numpy() for name, value in named.items()} for named in calibration])
        model = nncf.quantize(model, data, subset_size=len(calibration), model_type=nncf.ModelType.TRANSFORMER)
    how = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = core.compile_model(model, "CPU", how)
    return lambda named: torch.from_numpy(compiled({k: v.numpy() for k, v in named.items()})[0])


if __name__ == "__main__":
    main()
