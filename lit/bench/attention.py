"""What linear attention saves as pictures grow: one step of the model beside its twin with softmax attention."""

from collections.abc import Iterator, Sequence
from functools import partial

import torch

from lit import checkpoint
from lit.bench.drawing import done, evaluation
from lit.bench.timing import median_ratio, milliseconds, seconds
from lit.models.transformer import LiTTransformer2DModel
from lit.sheets import markdown_row


@torch.inference_mode()
def twins(transformer: LiTTransformer2DModel, sides: Sequence[int] = (32, 64, 128), repeats: int = 3) -> Iterator[str]:
    """Lines of a table. sides: of the latents, in latents."""
    config = transformer.config
    heads = config["num_cross_attention_heads"]  # the teacher's number, too
    with checkpoint.quiet():
        twin = {**config, "token_mixer": "softmax", "num_attention_heads": heads}
        softmax = LiTTransformer2DModel.from_config(twin).to(transformer.device, transformer.dtype).eval()
    yield markdown_row(("tokens", "LiT, ms a step", "softmax, ms a step", "softmax / LiT"))
    yield markdown_row(["---"] * 4)
    for side in sides:
        batch = evaluation(transformer, 2, side)
        networks = {"lit": transformer, "softmax": softmax}
        taken = seconds({name: partial(_step, network, batch) for name, network in networks.items()}, repeats)
        ratio = median_ratio(taken["softmax"], taken["lit"])
        tokens = (side // config["patch_size"]) ** 2
        yield markdown_row((tokens, *map(milliseconds, taken.values()), f"{ratio:.2f}"))


def _step(network, batch):
    return done(network(**batch).sample)
