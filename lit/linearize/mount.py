"""Linear self-attentions on a stock pipeline of diffusers, and off again."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

from torch import nn
from torch.utils.hooks import RemovableHandle

from lit.errors import InputError
from lit.linearize.processors import Grid, MixerProcessor, SanaProcessor
from lit.linearize.self_attentions import SelfAttentions, fingerprint


class Mounted(NamedTuple):
    """What `take_off` puts back: each block's former processor, and the hook to remove."""

    processors: Sequence[object]
    hook: RemovableHandle


_MOUNTED: WeakKeyDictionary[nn.Module, Mounted] = WeakKeyDictionary()


def mount(pipe, folder: str | Path):
    """Let a stock pipeline (`DiTPipeline`, `PixArtSigmaPipeline`, `SanaPipeline`, ...) draw with the self-attentions of
    a folder that `python -m lit linearize` made. They go where its transformer is and into its precision; what was
    mounted before is taken off. Nothing else of the pipeline changes.

    Raises InputError for a folder or a transformer that does not fit, CheckpointError for a damaged folder. Warns where
    the transformer's weights are not those that the folder was made from.
    """
    attentions = SelfAttentions.load(Path(folder).expanduser())
    transformer = _transformer(pipe)
    attentions.check_fits(transformer)
    if fingerprint(transformer) != attentions.config["made_from"]:
        warnings.warn(f"{folder} was made from other weights than this transformer's: expect worse", stacklevel=2)
    if transformer in _MOUNTED:
        take_off(transformer)
    put_on(transformer, attentions.to(transformer.device, transformer.dtype))


def unmount(pipe):
    """Leave a pipeline as it was before `mount`. Raises InputError where nothing is mounted."""
    transformer = _transformer(pipe)
    if transformer not in _MOUNTED:
        raise InputError("pipe", type(pipe).__name__, "one on which something is mounted")
    take_off(transformer)


def put_on(transformer: nn.Module, attentions: SelfAttentions):
    """Give the `attn1` of each block its layer of `attentions`; where it has none for a block, that one stays as it is,
    and where it has none at all, each gets the kernels' processor."""
    blocks = transformer.transformer_blocks
    grid = Grid(transformer.config.patch_size)
    made = [layer and MixerProcessor(layer, grid) for layer in attentions.layers] or [SanaProcessor() for _ in blocks]
    former = [block.attn1.processor for block in blocks]
    for block, processor in zip(blocks, made, strict=True):
        if processor is not None:
            block.attn1.set_processor(processor)
    _MOUNTED[transformer] = Mounted(former, transformer.register_forward_pre_hook(grid.note, with_kwargs=True))


def take_off(transformer: nn.Module):
    """Undo `put_on`."""
    mounted = _MOUNTED.pop(transformer)
    mounted.hook.remove()
    for block, processor in zip(transformer.transformer_blocks, mounted.processors, strict=True):
        if block.attn1.processor is not processor:
            block.attn1.set_processor(processor)


def _transformer(pipe) -> nn.Module:
    transformer = getattr(pipe, "transformer", None)
    if not hasattr(transformer, "transformer_blocks"):
        raise InputError("pipe", type(pipe).__name__, "a pipeline of diffusers with a transformer")
    return transformer
