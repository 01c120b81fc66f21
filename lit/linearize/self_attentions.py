"""The self-attentions of somebody else's transformer made anew: what a small folder holds and a pipeline mounts."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from lit.errors import CheckpointError, InputError
from lit.linearize.inherit import take_over
from lit.models.header import check_header
from lit.models.mixers import TOKEN_MIXERS, TokenMixer, make_mixers
from lit.models.mixers.softmax import SoftmaxMixer
from lit.models.storage import WEIGHTS_NAME
from lit.paths import check_writable, give_usual_rights

CONFIG = "config.json"
FORMAT = "self-attentions"  # the config's "holds", which tells this folder from a whole network's
WIDEST_HEAD = 192  # LiT's: 2 heads for DiT-S, 6 for DiT-XL
SOFTMAX = "softmax"
OFFERED = [name for name in TOKEN_MIXERS if name != SOFTMAX]


class SelfAttentions(nn.Module):
    """`layers`: one token mixer for each block of a transformer, in the place of its `attn1`; None for a block that
    keeps its softmax, and so is the transformer's own to the bit. No layers at all for an architecture that is linear
    already, whose processors are exchanged and nothing else.

    architecture: the transformer's class.  width, depth: its channels and blocks.  token_mixer: one, or one for each
    block, of which some may be "softmax".  num_attention_heads: None for the fewest with heads of at most 192 channels,
    as in LiT.  made_from: `fingerprint` of the transformer.  Raises InputError for what does not fit.
    """

    def __init__(
        self,
        architecture: str = "",
        width: int = 0,
        depth: int = 0,
        token_mixer: str | list[str] = "lit",
        num_attention_heads: int | None = None,
        mixer_args: dict | None = None,
        made_from: str = "",
    ):
        super().__init__()
        given = set(_list(token_mixer))
        known = set(OFFERED) if isinstance(token_mixer, str) else {*OFFERED, SOFTMAX}
        if depth and (unfit := given - known):
            raise InputError("network.token_mixer", min(unfit), f"one of {', '.join(OFFERED)}")
        if given == {SOFTMAX}:
            mixer_args = None
        heads = num_attention_heads or (fewest_heads(width) if width else 1)
        self.config = {
            "holds": FORMAT,
            "architecture": architecture,
            "width": width,
            "depth": depth,
            "token_mixer": token_mixer,
            "num_attention_heads": heads,
            "mixer_args": mixer_args,
            "made_from": made_from,
        }
        made = make_mixers(token_mixer, width, heads, depth, mixer_args) if depth else []
        self.layers = nn.ModuleList(None if type(layer) is SoftmaxMixer else layer for layer in made)
        for layer in self.mixers:
            nn.init.xavier_uniform_(layer.qkv.weight)  # as DiT and LiT start; the convolution as torch does
            nn.init.zeros_(layer.qkv.bias)
            if isinstance(layer, SoftmaxMixer):  # windows of the transformer's softmax, which has no such norms
                layer.query_norm, layer.key_norm = nn.Identity(), nn.Identity()

    @classmethod
    def of(cls, transformer: nn.Module, **changes) -> "SelfAttentions":
        """Those of a transformer of diffusers, with what they take over from it. changes: arguments of the class; what
        has softmax in windows has the transformer's heads unless they say otherwise."""
        blocks = transformer.transformer_blocks
        first = blocks[0].attn1
        described = {
            "architecture": type(transformer).__name__,
            "width": first.to_q.in_features,
            "depth": len(blocks),
            "made_from": fingerprint(transformer),
        }
        if changes.get("num_attention_heads") is None:
            mixers = changes.get("token_mixer", "lit")
            heads = [
                first.heads if _has_windows(one) else fewest_heads(first.to_q.in_features) for one in _list(mixers)
            ]
            changes["num_attention_heads"] = heads if len(set(heads)) > 1 else heads[0]
        made = cls(**described | changes)
        made.check_fits(transformer)
        for layer, block in zip(made.layers, blocks, strict=True):
            if layer is None:
                continue
            if isinstance(layer, SoftmaxMixer) and layer.qkv.heads != first.heads:
                raise InputError("network.num_attention_heads", layer.qkv.heads, f"{first.heads}, as the softmax has")
            take_over(layer, block.attn1)
        return made

    @property
    def mixers(self) -> list[TokenMixer]:
        """The layers that are made anew."""
        return [layer for layer in self.layers if layer is not None]

    def without(self, paths: Iterable[str]) -> "SelfAttentions":
        """The same but for the layers at some paths ("layers.3"), which keep the transformer's softmax."""
        kept = {int(path.removeprefix("layers.")) for path in paths}
        names = _list(self.config["token_mixer"])
        names = names * (len(self.layers) // len(names))
        names = [SOFTMAX if layer in kept else name for layer, name in enumerate(names)]
        config = {name: value for name, value in self.config.items() if name != "holds"}
        made = SelfAttentions(**config | {"token_mixer": names})
        state = {name: one for name, one in self.state_dict().items() if int(name.split(".")[1]) not in kept}
        made.load_state_dict(state)
        return made.to(next((one.device for one in self.parameters()), None))

    def check_fits(self, transformer: nn.Module):
        """Raise InputError for a transformer of another architecture or size."""
        name, wanted = type(transformer).__name__, self.config["architecture"]
        if name != wanted:
            raise InputError("transformer", name, f"a {wanted}, which these self-attentions were made for")
        if not self.layers:
            return
        blocks = transformer.transformer_blocks
        there = (len(blocks), blocks[0].attn1.to_q.in_features)
        wanted = (self.config["depth"], self.config["width"])
        if there != wanted:
            raise InputError(
                "transformer",
                f"{there[0]} blocks of width {there[1]}",
                f"{wanted[0]} blocks of width {wanted[1]}, which these self-attentions were made for",
            )

    def save(self, folder: Path):
        """Write config.json and the weights. Raises InputError for a folder that cannot be written to."""
        check_writable(folder, "folder")
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in self.state_dict().items()}
        save_file(weights, folder / f"{WEIGHTS_NAME}.part", metadata={"format": "pt"})
        give_usual_rights(folder / f"{WEIGHTS_NAME}.part")
        os.replace(folder / f"{WEIGHTS_NAME}.part", folder / WEIGHTS_NAME)
        # The config comes last: a folder that has one is whole.
        (folder / f"{CONFIG}.part").write_text(json.dumps(self.config, indent=2) + "\n", encoding="utf-8")
        os.replace(folder / f"{CONFIG}.part", folder / CONFIG)

    @classmethod
    def load(cls, folder: Path) -> "SelfAttentions":
        """Raises InputError where no such folder is, CheckpointError for a damaged one."""
        try:
            config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError("folder", str(folder), "the folder `network` of a run of linearize") from error
        except ValueError as error:
            raise CheckpointError(f"{folder / CONFIG}: damaged ({error}); restore the folder") from error
        if not isinstance(config, dict) or config.pop("holds", None) != FORMAT:
            raise InputError("folder", str(folder), "the folder `network` of a run of linearize, which this is not")
        try:
            made = cls(**config)
            check_header(folder / WEIGHTS_NAME)
            made.load_state_dict(load_file(folder / WEIGHTS_NAME))
        except (TypeError, InputError, RuntimeError, SafetensorError) as error:
            reason = str(error).strip().splitlines()[0]
            raise CheckpointError(f"{folder}: damaged ({reason}); restore the folder") from error
        return made.eval().requires_grad_(False)


def _list(value) -> list:
    return list(value) if isinstance(value, list | tuple) else [value]


def _has_windows(name: object) -> bool:
    """Whether a token mixer by its name holds some of the teacher's softmax."""
    return isinstance(name, str) and issubclass(TOKEN_MIXERS.get(name, nn.Module), SoftmaxMixer)


def fewest_heads(width: int) -> int:
    """The fewest heads of at most 192 channels: LiT gains from wide heads and loses nothing in speed."""
    return next(heads for heads in range(1, width + 1) if width % heads == 0 and width // heads <= WIDEST_HEAD)


def fingerprint(transformer: nn.Module) -> str:
    """SHA-256 over names, shapes and signs of a transformer's weights, "" for one without any (on the meta device). The
    signs, because they stay where weights are cast to half precision."""
    digest = hashlib.sha256()
    for name, tensor in sorted(transformer.state_dict().items()):
        if ".processor." in name:  # mounted, and so none of its own
            continue
        if tensor.is_meta:
            return ""
        signs = torch.signbit(tensor.detach()).flatten()
        signs = torch.nn.functional.pad(signs, (0, -len(signs) % 8)).view(-1, 8).to(torch.uint8)
        places = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1], dtype=torch.uint8, device=signs.device)
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update((signs * places).sum(1, dtype=torch.uint8).cpu().numpy().tobytes())
    return digest.hexdigest()
