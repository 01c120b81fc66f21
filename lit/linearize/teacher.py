"""Somebody's transformer on disk or on the hub: found, told apart, and checked before anything is loaded."""

import importlib
import inspect
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from lit.errors import CheckpointError, InputError
from lit.hub import download
from lit.linearize.adapters import ADAPTERS, REFUSED
from lit.models.header import check_header
from lit.models.storage import weight_files

PIPELINE = "model_index.json"
CONFIGS = (PIPELINE, "transformer/config.json", "config.json")  # enough for a dry run
WHOLE = ("*.json", "*.safetensors", "*.model", "*.txt")  # never a pickle
PICKLES = (".bin", ".pt", ".pth", ".ckpt")
# What several architectures were called before each had a class of its own, told apart by their norms.
LEGACY = {
    ("Transformer2DModel", "ada_norm_zero"): "DiTTransformer2DModel",
    ("Transformer2DModel", "ada_norm_single"): "PixArtTransformer2DModel",
}


@dataclass(frozen=True)
class Teacher:
    """transformer: its folder.  pipeline: that of the whole pipeline, None where the transformer lies alone.  config:
    the transformer's, defaults of its class filled in.  index: the pipeline's, empty where there is none.  adapter: the
    module that knows the architecture."""

    transformer: Path
    pipeline: Path | None
    config: dict
    index: dict
    adapter: ModuleType

    @property
    def architecture(self) -> str:
        return self.adapter.network.__name__


def find(name_or_path: str | Path, whole: bool = True) -> Teacher:
    """The teacher of a folder, a transformer's or a whole pipeline's in diffusers' layout, or of a name on the hub.

    whole: with its weights, which are looked at but not loaded; else its configs are enough.
    Raises InputError for what is no such teacher, CheckpointError for one that is damaged or incomplete.
    """
    folder = Path(name_or_path).expanduser()
    if not folder.is_dir():
        if "/" not in str(name_or_path):  # more likely a folder misspelt than one of the hub's few names without owner
            raise InputError("teacher", str(name_or_path), "a folder that exists, or a hub name such as owner/model")
        folder = download(str(name_or_path), WHOLE if whole else CONFIGS, "teacher")
    pipeline = folder if (folder / PIPELINE).is_file() else None
    transformer = folder / "transformer" if pipeline else folder
    if pipeline is None and (folder.parent / PIPELINE).is_file() and folder.name == "transformer":
        pipeline = folder.parent
    config = _read(transformer / "config.json", folder)
    index = _read(pipeline / PIPELINE, folder) if pipeline else {}
    kind = adapter(LEGACY.get((config.get("_class_name"), config.get("norm_type")), config.get("_class_name")))
    if whole:
        _check_files(transformer)
        for part in sorted(pipeline.iterdir()) if pipeline else ():
            _check_no_pickle(part)
    given = inspect.signature(kind.network.__init__).parameters.values()
    defaults = {one.name: one.default for one in given if one.default is not one.empty}
    return Teacher(transformer, pipeline, defaults | config, index, kind)


def adapter(architecture: str | None) -> ModuleType:
    """What knows the transformers of a class name. Raises InputError for one that nobody knows."""
    if architecture in REFUSED:
        raise InputError("teacher", architecture, f"another: {REFUSED[architecture]}")
    if architecture not in ADAPTERS:
        raise InputError("teacher", architecture, f"a network that can be made linear: {', '.join(ADAPTERS)}")
    return importlib.import_module(f"lit.linearize.adapters.{ADAPTERS[architecture]}")


def _read(file, folder) -> dict:
    try:
        config = json.loads(file.read_text(encoding="utf-8-sig"))
        if not isinstance(config, dict):
            raise ValueError("no JSON object")
    except OSError as error:
        raise InputError("teacher", str(folder), "the folder of a trained transformer, with its config.json") from error
    except ValueError as error:
        raise CheckpointError(f"{file}: damaged ({error}); restore the folder") from error
    return config


def _check_files(folder):
    files = weight_files(folder)
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        _check_no_pickle(folder)
        some = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise CheckpointError(f"{folder}: weights are missing ({some}); restore the folder")
    for file in files:
        check_header(file)


def _check_no_pickle(folder):
    """Raise CheckpointError for the folder of a network that has its weights as pickles alone."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    pickles = [file for file in files if file.suffix in PICKLES]
    if pickles and not any(file.suffix == ".safetensors" for file in files):
        raise CheckpointError(
            f"{pickles[0]}: a pickle, which could run anything; save the network as safetensors first"
        )
