"""Models made of their folders: what `facts.find` has looked at becomes what draws."""

import contextlib
import copy
import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import diffusers
import torch
import transformers

from lit import checkpoint
from lit.device import choose
from lit.errors import CheckpointError, Phrase
from lit.hub import first_line
from lit.models.header import WEIGHTS_NAME, weight_files
from lit.pipeline import LiTPipeline
from lit.stock import NETWORK, OURS
from lit.stock.draws import Draws
from lit.stock.facts import OF_TRANSFORMERS, Facts
from lit.stock.pipeline import StockPipeline


def load(
    facts: Facts,
    own: LiTPipeline | None = None,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
) -> Draws:
    """What draws, on the device and in the precision that suit this machine, if none are given.

    own: whose autoencoder and words a network of ours is drawn with, where it lies alone; None for the embedded one's.
    Raises CheckpointError for what is damaged, InputError for a device that is not there.
    """
    if facts.kind == OURS:
        pipe = LiTPipeline.from_pretrained(facts.folder, device=device, torch_dtype=dtype)
        pipe.set_progress_bar_config(disable=True)
        return pipe
    if facts.kind == NETWORK:
        return with_network(own or LiTPipeline.from_pretrained(device=device, torch_dtype=dtype), facts.folder)
    device, dtype = choose(device, dtype)
    kind = getattr(diffusers, facts.kind)
    try:
        with checkpoint.quiet(), _no_bars():
            pipe = kind.from_pretrained(facts.folder, dtype=dtype, use_safetensors=True, local_files_only=True)
            pipe.to(device)
    except Exception as error:  # whatever a damaged folder raises in the libraries below
        raise CheckpointError(
            Phrase("{folder}: cannot be loaded ({why}); restore the folder", folder=facts.folder, why=first_line(error))
        ) from error
    for part in facts.family.PARTS if facts.family else ():
        getattr(pipe, part).eval().requires_grad_(False)
    plain = replace(facts, mount=None)
    drawn = StockPipeline(pipe, plain, files_sha256(plain))
    return drawn if facts.mount is None else with_mount(drawn, facts)


def with_network(own: LiTPipeline, folder: Path) -> LiTPipeline:
    """A pipeline that draws with the network of ours in `folder`, whatever its token mixer, and with the autoencoder
    and the words of `own`, on its device and in its dtype. Raises CheckpointError."""
    network = own.transformer
    with checkpoint.quiet():
        other = type(network).from_pretrained(folder).eval().requires_grad_(False)
        return own.with_networks(other.to(network.device, network.dtype), own.autoencoder)


def with_mount(plain: StockPipeline, facts: Facts) -> StockPipeline:
    """Another one of the same folder with what `facts` mounts; all other weights are the first one's own, no copies.
    plain: with nothing mounted. Raises CheckpointError for damaged self-attentions, InputError for those of another."""
    from lit.linearize.mount import mount

    assert facts.mount is not None
    transformer = plain.pipe.transformer
    shared = itertools.chain(transformer.parameters(), transformer.buffers())
    pipe = copy.copy(plain.pipe)
    pipe.transformer = copy.deepcopy(transformer, {id(tensor): tensor for tensor in shared})
    mount(pipe, facts.mount)
    return StockPipeline(pipe, facts, files_sha256(facts))


@contextlib.contextmanager
def _no_bars() -> Iterator[None]:
    """Inside, the libraries say nothing of their progress."""
    libraries = diffusers.utils.logging, transformers.utils.logging
    for library in libraries:
        library.disable_progress_bar()
    try:
        yield
    finally:
        for library in libraries:
            library.enable_progress_bar()


def files_sha256(facts: Facts) -> str:
    """SHA-256 over the bytes of the transformer's weight files, then the decoder's, then what is mounted: not of the
    text encoder, which is public and large."""
    digest = hashlib.sha256()
    for file in _files(facts):
        with open(file, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _files(facts: Facts) -> Iterator[Path]:
    for part in ("transformer", "vae"):
        folder = facts.folder / part
        named = any(folder.glob(f"{WEIGHTS_NAME}*"))
        yield from weight_files(folder, WEIGHTS_NAME if named else OF_TRANSFORMERS)
    if facts.mount is not None:
        yield facts.mount / "config.json"
        if (facts.mount / WEIGHTS_NAME).is_file():
            yield facts.mount / WEIGHTS_NAME
