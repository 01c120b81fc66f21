"""python -m lit.bench: how fast the embedded model draws here, and what linear attention saves as pictures grow."""

import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import torch

from lit import checkpoint
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.sheets import markdown_row


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Median time of `call`, after one run that does not count."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


@torch.inference_mode()
def measure(pipe: LiTPipeline, sides: Sequence[int] = (32, 64, 128), repeats: int = 5, **settings) -> None:
    """Print a table: one image, then one step of the model and of its softmax twin.

    sides: of the latents, in latents.  repeats: of the image; a step has half as many.  settings: of the image.
    """
    dtype, device = pipe.transformer.dtype, pipe.transformer.device
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; {device}, {dtype}")
    image = seconds(lambda: pipe("a blue dragon", style="fluent-3d", seed=0, **settings), repeats)
    kib = 2**10 if sys.platform == "darwin" else 1  # there the system counts bytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / kib / 2**20
    what = ", ".join(f"{name} {value}" for name, value in settings.items()) or "default settings, 256 px"
    print(f"one image, {what}, warm, median of {repeats}: {image:.2f} s; peak memory {peak:.2f} GiB")
    config = pipe.transformer.config
    heads = config["num_cross_attention_heads"]  # the teacher's number, too
    with checkpoint.quiet():
        twin = {**config, "token_mixer": "softmax", "num_attention_heads": heads}
        softmax = LiTTransformer2DModel.from_config(twin).to(device, dtype).eval()
    print(markdown_row(("tokens", "LiT, ms a step", "softmax, ms a step", "softmax / LiT")))
    print(markdown_row(["---"] * 4))
    for side in sides:
        batch = (
            torch.randn(2, config["in_channels"], side, side, device=device, dtype=dtype),
            torch.full((2,), 500.0, device=device),
            torch.randn(2, 32, config["caption_channels"], device=device, dtype=dtype),
        )
        networks = (pipe.transformer, softmax)
        lit, soft = (1000 * seconds(partial(step, network, batch), (repeats + 1) // 2) for network in networks)
        row = ((side // config["patch_size"]) ** 2, f"{lit:.0f}", f"{soft:.0f}", f"{soft / lit:.2f}")
        print(markdown_row(row), flush=True)


def step(network, batch):
    """One evaluation, waited for."""
    return network(*batch).sample.sum().item()


if __name__ == "__main__":
    pipeline = LiTPipeline.from_pretrained()
    pipeline.set_progress_bar_config(disable=True)
    measure(pipeline)
