"""A model's folder: found, checked, loaded, and hashed. Layout as in diffusers, safetensors only:

model_index.json, transformer/, autoencoder/, scheduler/
"""

import contextlib
import hashlib
import json
import weakref
from pathlib import Path
from typing import NamedTuple

import torch
from diffusers.utils import logging
from safetensors import safe_open

from lit.errors import CheckpointError, LiTError
from lit.hub import download
from lit.models.autoencoder import StickerAutoencoder
from lit.models.preview_decoder import PreviewDecoder
from lit.models.storage import SCALE, weight_files
from lit.models.transformer import LiTTransformer2DModel

EMBEDDED = Path(__file__).parent / "weights"
INDEX = "model_index.json"
MODELS = {"transformer": LiTTransformer2DModel, "autoencoder": StickerAutoencoder}
PREVIEW_DECODER = "preview_decoder"  # the folder of one, where the model has one
SHA256_KEY = "_weights_sha256"  # in model_index.json
HUB_FILES = [INDEX, "*/config.json", "*/scheduler_config.json", "*/*.safetensors", "*/*.safetensors.index.json"]


def locate(name_or_path: str | Path | None) -> Path:
    """The model's folder on this machine: the embedded one for None; a hub name is downloaded."""
    folder = EMBEDDED if name_or_path is None else Path(name_or_path)
    if folder.is_dir() or name_or_path is None:
        return folder
    name = str(name_or_path)
    if "/" not in name:  # more likely a folder misspelt than one of the hub's few models without an owner
        raise CheckpointError(f"model: got {name!r}; a folder that exists, or a hub name such as owner/model")
    return download(name, HUB_FILES, "model")


def load(folder: Path) -> tuple[dict, str]:
    """Transformer, autoencoder, and scheduler and preview decoder (None where none is) of a folder, and the SHA-256 of
    the weights as `files_sha256` has it. Raises CheckpointError."""
    index = _read_json(folder / INDEX, "the model is not there or incomplete; restore its folder")
    made_by = index.get("_class_name")
    if made_by != "LiTPipeline":
        raise CheckpointError(f"{folder / INDEX}: a model for {made_by}; only LiTPipeline is understood")
    parts = {name: _load_model(kind, folder / name) for name, kind in MODELS.items()}
    sha256 = files_sha256(folder)
    if (index.get(SHA256_KEY) or sha256) != sha256:
        raise CheckpointError(f"{folder}: the weights' SHA-256 is not the one in {INDEX}; restore the files")
    preview = folder / PREVIEW_DECODER
    parts[PREVIEW_DECODER] = _load_model(PreviewDecoder, preview) if preview.is_dir() else None
    return parts | {"scheduler": load_scheduler(folder / "scheduler")}, sha256


def _load_model(kind, folder):
    try:
        model = kind.from_pretrained(folder)
        stored = set()
        for file in weight_files(folder):
            with safe_open(file, framework="pt") as weights:
                stored |= {name for name in weights.keys() if not name.endswith(SCALE)}  # noqa: SIM118 (no mapping)
    except LiTError:
        raise
    except Exception as error:  # whatever a damaged file raises in the libraries below
        raise CheckpointError(f"{folder}: damaged ({_line(error)}); restore the files") from error
    # diffusers only warns of missing weights, and then draws with random ones.
    if difference := stored ^ set(model.state_dict()):
        raise CheckpointError(f"{folder}: weights and config do not fit ({min(difference)}); restore both")
    return model.eval().requires_grad_(False)


def load_scheduler(folder: Path):
    """The scheduler in a folder, None where none is. Raises CheckpointError."""
    if not folder.is_dir():
        return None
    import diffusers

    config = _read_json(folder / "scheduler_config.json", "restore the folder")
    name = str(config.get("_class_name"))
    kind = getattr(diffusers, name, None)
    if kind is None or not name.endswith("Scheduler"):
        raise CheckpointError(f"{folder}: {name!r} is no scheduler of diffusers; restore the folder")
    return kind.from_config(config)


def check_widths(transformer, autoencoder, text_encoder, preview_decoder=None):
    """Raise CheckpointError where the parts' channels do not meet."""
    wanted = transformer.config
    pairs = [
        ("autoencoder", "latent", wanted.in_channels, autoencoder.config.latent_channels),
        ("text encoder", "caption", wanted.caption_channels, text_encoder.width),
    ]
    if preview_decoder is not None:
        pairs += [("preview decoder", "latent", wanted.in_channels, preview_decoder.config.latent_channels)]
    for part, what, takes, gets in pairs:
        if takes != gets:
            raise CheckpointError(
                f"the transformer takes {takes} {what} channels, the {part} has {gets}; take parts that fit"
            )


def files_sha256(folder: Path) -> str:
    """SHA-256 over the bytes of the transformer's weight files and then the autoencoder's, by name."""
    digest = hashlib.sha256()
    for name in MODELS:
        for file in weight_files(folder / name):
            with open(file, "rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()


def record_sha256(folder: Path):
    """Write the weights' SHA-256 into model_index.json."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    index[SHA256_KEY] = files_sha256(folder)
    (folder / INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def tensors_sha256(modules: list[torch.nn.Module]) -> str:
    """SHA-256 over names and values (as float32) of what the modules hold: of networks that lie in no folder."""
    digest = hashlib.sha256()
    for module in modules:
        for name, tensor in module.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


class WeightsHash:
    """The SHA-256 of the weights that a pipeline draws with, right also after they have been exchanged.

    It is that of the files as long as the networks hold what was loaded from them, in whatever precision and
    place; else that of the tensors. Whether they do is seen by a checksum of every tensor (less than 0.1 s for 40
    million weights): a module may be replaced, loaded into, merged with an adapter or written to in place.
    """

    def __init__(self):
        self._sha256: str | None = None
        self._seen: list[tuple[weakref.ref, dict[str, Content]]] = []

    def note(self, sha256: str, modules: list[torch.nn.Module]):
        """The modules hold what has this hash."""
        self._sha256, self._seen = sha256, _see(modules)

    def of(self, modules: list[torch.nn.Module]) -> str:
        """The hash of what the modules hold now."""
        now = _see(modules)
        if len(now) != len(self._seen) or not all(map(_same, self._seen, now)):
            self._sha256 = tensors_sha256(modules)
        self._seen = now
        return self._sha256


class Content(NamedTuple):
    """What tells one state of a tensor from another. version: how often it was written to, as torch counts."""

    dtype: torch.dtype
    version: int
    checksum: int


def _see(modules):
    """Each module with its weights' Content by name."""
    return [(weakref.ref(module), _contents(module.state_dict(keep_vars=True))) for module in modules]


def _contents(tensors):
    """Of tensors by name their Content. Checksums are fetched together: a device is waited for once."""
    checksums = [_checksum(tensor) for tensor in tensors.values()]
    together = torch.stack([one.to(checksums[0].device) for one in checksums]).tolist() if checksums else []
    return {
        name: Content(tensor.dtype, 0 if tensor.is_inference() else tensor._version, checksum)
        for (name, tensor), checksum in zip(tensors.items(), together, strict=True)
    }


def _checksum(tensor):
    """Of the values, as a tensor of one number where they lie."""
    values = tensor.detach()
    values = values if values.device.type in ("cpu", "cuda") else values.cpu()  # not every device has it
    # By words of eight bytes, several times as fast; in one order, however the weights of convolutions lie in memory.
    if values.nbytes % 8 == 0:
        if values.ndim == 4:
            values = values.permute(0, 2, 3, 1)
        flat = values.contiguous().view(-1)
        aligned = flat.storage_offset() * flat.element_size() % 8 == 0
        values = (flat if aligned else flat.clone()).view(torch.int64)
    return torch.hash_tensor(values).view(torch.int64)


def _same(before, now):
    """Whether these are the same weights. Of a module that was cast meanwhile, whether nobody else wrote to it."""
    (old_module, old), (module, new) = before, now
    return old.keys() == new.keys() and all(
        one.checksum == other.checksum
        if one.dtype == other.dtype
        else old_module() is module() and one.version == other.version
        for one, other in zip(old.values(), new.values(), strict=True)
    )


@contextlib.contextmanager
def quiet():
    """Without diffusers' warnings: what matters of them is raised as an error here."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _read_json(file, remedy):
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{file} is missing; {remedy}") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: damaged ({_line(error)}); {remedy}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{file}: damaged (no JSON object); {remedy}")
    return content


def _line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
