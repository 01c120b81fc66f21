"""Models of the hub, brought here: looked at first, and then what is drawn with and nothing else."""

from fnmatch import fnmatch
from pathlib import Path

from lit.checkpoint import HUB_FILES
from lit.errors import CheckpointError, InputError
from lit.hub import download, first_line
from lit.stock import FAMILIES, OURS
from lit.stock.facts import CARD, INDEX, PICKLES, check_kind, is_hub_name, licence_of

LOOKED_AT = (INDEX, CARD, "*/config.json")
ENDS = ("json", "safetensors", "model", "txt")  # of files of parts: never a pickle, never a program
VARIANTS = ("*.fp16.*", "*.bf16.*", "*.fp32.*")  # the same weights again


def fetch(name: str) -> Path:
    """The folder of OWNER/MODEL in the hub's cache, fetched if need be. Raises InputError for what is no model that is
    drawn with here, before its weights are fetched, and where it is not to be had."""
    _, index = _looked_at(name)
    return download(name, _patterns(index), "model", without=VARIANTS)


def describe(name: str) -> str:
    """What would be fetched, in one line: kind, licence, size. Raises as `fetch`."""
    from huggingface_hub import HfApi

    folder, index = _looked_at(name)
    patterns = _patterns(index)
    try:
        files = HfApi().model_info(name, files_metadata=True).siblings or []
    except Exception as error:  # the hub has many kinds of errors, and all mean: not to be had
        raise InputError("model", name, f"a model that the hub tells of ({first_line(error)})") from error
    wanted = [
        file
        for file in files
        if any(fnmatch(file.rfilename, one) for one in patterns)
        and not any(fnmatch(file.rfilename, one) for one in VARIANTS)
    ]
    if not any(file.rfilename.endswith(".safetensors") for file in wanted):
        pickles = [file.rfilename for file in files if file.rfilename.endswith(PICKLES)]
        raise CheckpointError(f"{name}: no safetensors there, and {next(iter(pickles), 'nothing else')} is not loaded")
    size = sum(file.size or 0 for file in wanted) / 1e9
    return f"{name}: {index['_class_name']}, licence {licence_of(folder) or 'not said'}, {size:.1f} GB"


def _looked_at(name: str) -> tuple[Path, dict]:
    if not is_hub_name(name):
        raise InputError("model", name, "a name of the hub, such as owner/model")
    folder = download(name, LOOKED_AT, "model")
    return folder, check_kind(folder)


def _patterns(index: dict) -> list[str]:
    kind = index["_class_name"]
    if kind == OURS:
        return [*HUB_FILES, CARD]
    assert kind in FAMILIES  # as has been checked
    parts = [part for part, entry in index.items() if isinstance(entry, list) and entry != [None, None]]
    return [INDEX, CARD, *(f"{part}/*.{end}" for part in parts for end in ENDS)]
