"""python -m lit.bench: how fast the embedded model draws here, and what linear attention saves as pictures grow."""

import os
import platform
import resource
import statistics
import time
from functools import partial

import torch

from lit import checkpoint
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline


def seconds(call, repeats: int) -> float:
    """Median time of `call`, after one run that does not count."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


@torch.inference_mode()
def main():
    pipe = LiTPipeline.from_pretrained()
    pipe.set_progress_bar_config(disable=True)
    dtype, device = pipe.transformer.dtype, pipe.transformer.device
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; {device}, {dtype}")
    image = seconds(lambda: pipe("a blue dragon", style="fluent-3d", seed=0), 5)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"one image, default settings, 256 px, warm, median of five: {image:.2f} s; peak memory {peak:.2f} GiB")
    config = {**pipe.transformer.config, "token_mixer": "softmax", "num_attention_heads": 6}
    with checkpoint.quiet():
        softmax = LiTTransformer2DModel.from_config(config).to(device, dtype).eval()
    print("| tokens | LiT, ms a step | softmax, ms a step | softmax / LiT |\n| --- | --- | --- | --- |")
    for side in (32, 64, 128):
        batch = (
            torch.randn(2, config["in_channels"], side, side, device=device, dtype=dtype),
            torch.full((2,), 500.0, device=device),
            torch.randn(2, 32, config["caption_channels"], device=device, dtype=dtype),
        )
        lit, soft = (1000 * seconds(partial(step, network, batch), 3) for network in (pipe.transformer, softmax))
        print(f"| {(side // 2) ** 2} | {lit:.0f} | {soft:.0f} | {soft / lit:.2f} |", flush=True)


def step(network, batch):
    """One evaluation, waited for."""
    return network(*batch).sample.sum().item()


if __name__ == "__main__":
    main()
