"""What a model's folder holds, found out without loading a weight: what it is, its licence, its size, whether it is
whole and safe. Imports neither torch nor diffusers."""

import importlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType

from lit.errors import CheckpointError, InputError, Phrase
from lit.hub import cached
from lit.models.header import SHARDS, WEIGHTS_NAME, check_header, count_numbers, weight_files
from lit.sampling import registry, tables
from lit.stock import FAMILIES, NETWORK, OURS

INDEX, CONFIG, CARD = "model_index.json", "config.json", "README.md"
OF_TRANSFORMERS = "model.safetensors"  # what that library calls the weights of a network
PICKLES = (".bin", ".pt", ".pth", ".ckpt")
LIBRARIES = ("diffusers", "transformers")
OTHERS = re.compile(r"\w+Scheduler|\w*Tokeniz\w+")  # classes of parts without weights
NOISE, FLOW = ("dpm++", "ddim"), ("dpm++", "flow-euler")  # for what predicts noise, and velocities
OUR_PARTS = {"transformer": (NETWORK,), "autoencoder": ("StickerAutoencoder",)}
DECODED = 160  # bytes that one pixel takes while a picture is decoded
LIBRARY = 0.2 * 2**30  # bytes that are taken besides, by what reads the weights


@dataclass(frozen=True)
class Facts:
    """kind: its pipeline's class; NETWORK for a network of ours alone.  licence: "" where its card says none.
    stored: bytes of its weights' files.  numbers: weights.  configs: of its parts, by name.  index: what its
    model_index.json holds.  mount: the folder of self-attentions that it is drawn with, None for its own."""

    name: str
    folder: Path
    kind: str
    licence: str
    stored: int
    numbers: int
    configs: Mapping[str, Mapping] = field(repr=False)
    index: Mapping = field(default_factory=dict, repr=False)
    mount: Path | None = None

    @cached_property
    def family(self) -> ModuleType | None:
        """Its module, None for a model of ours."""
        return importlib.import_module(f"lit.stock.{FAMILIES[self.kind]}") if self.kind in FAMILIES else None

    @property
    def label(self) -> str:
        """What kind of model it is, in a word."""
        return "LiT" if self.family is None else self.family.LABEL

    @cached_property
    def sizes(self) -> tuple[int, int]:
        """The side that it was trained for, and of what a side is a multiple; 0 where it draws that one alone."""
        return (256, 16) if self.family is None else self.family.sizes(self.configs)

    @property
    def schedulers(self) -> tuple[str, ...]:
        """Those that it can be drawn with, its usual one first."""
        if self.family is None:
            names = registry.names(self.configs["transformer"].get("prediction_type"))
            return tuple(name for name in names if name != tables.NAME)
        own = self.index.get("scheduler")
        names, last = (FLOW, "FlowMatchEulerDiscreteScheduler") if self.family.FLOW else (NOISE, "DDIMScheduler")
        return names[::-1] if isinstance(own, list) and own[-1] == last else names

    def usual(self) -> dict:
        """{name of a setting: value} of what it is drawn with where nothing is said."""
        side, first = self.sizes[0], self.schedulers[0]
        scale = self.configs.get("autoencoder", {}).get("usual_scale", 1)
        usual = {"scheduler": first, "height": side, "width": side, "output_scale": scale}
        if self.family is None:
            return usual | registry.usual(first, self.configs["transformer"].get("guidance_range"))
        family = self.family
        return usual | {"style": None, "num_inference_steps": family.STEPS, "guidance_scale": family.GUIDANCE}

    def needed(self, itemsize: int) -> int:
        """Bytes that it takes to draw a picture of its usual size with numbers of so many bytes: its weights, and what
        decoding takes; of activations the most are there."""
        return int(self.numbers * itemsize + DECODED * self.sizes[0] ** 2 + LIBRARY * (self.family is not None))


def find(name_or_path: str | Path, mount: str | Path | None = None) -> Facts:
    """What the folder holds, or the model of this name on the hub that has been fetched before.

    mount: a folder that `python -m lit linearize` made, to be mounted on it.
    Raises InputError for what is no such model, CheckpointError for one that is incomplete, damaged or a pickle.
    """
    asked = str(name_or_path).strip()
    folder = Path(asked).expanduser()
    if not asked or not folder.is_dir():
        found = cached(asked) if is_hub_name(asked) else None
        if found is None:
            expected = "a folder that exists"
            if is_hub_name(asked):
                expected = Phrase("a folder that exists, or a model of the hub that is here: fetch it first")
            raise InputError("model", asked, expected)
        return replace(_of_folder(found, mount), name=asked)
    return _of_folder(folder.resolve(), mount)


def mounted_mixer(mount: Path) -> str:
    """The name of the token mixer in a folder of self-attentions; of several the first, with dots."""
    found = (_read(mount / CONFIG) or {}).get("token_mixer")
    names = list(dict.fromkeys(found)) if isinstance(found, list) else [str(found)]
    return " · ".join(map(str, names))


def is_stock(folder: Path) -> bool:
    """Whether a folder holds something else than a whole model of ours."""
    index = _read(folder / INDEX)
    return (index or {}).get("_class_name") != OURS if index is not None else (folder / CONFIG).is_file()


def is_hub_name(name: str) -> bool:
    """Whether it can be OWNER/MODEL of the hub."""
    return bool(re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", name)) and not name.startswith(".")


def _of_folder(folder: Path, mount) -> Facts:
    index = _read(folder / INDEX)
    if index is None:
        config = _read(folder / CONFIG)
        if config is None:
            _check_no_pickle(folder)
            raise InputError("model", str(folder), "the folder of a model, with its model_index.json")
        return _network(folder, config, mount)
    check_kind(folder)
    facts = Facts(folder.name, folder, index["_class_name"], licence_of(folder), 0, 0, {})
    parts = OUR_PARTS if facts.family is None else facts.family.PARTS
    configs, stored, numbers = {}, 0, 0
    for part, classes in parts.items():
        configs[part] = _config(folder / part, classes)
        for file in _whole(folder / part):
            stored, numbers = stored + file.stat().st_size, numbers + count_numbers(file)
    facts = replace(facts, configs=configs, stored=stored, numbers=numbers, index=index)
    try:
        _ = facts.sizes
    except (LookupError, TypeError) as error:
        raise CheckpointError(Phrase("{folder}: its config.json lacks {what}", folder=folder, what=error)) from error
    return facts if mount is None else replace(facts, mount=_mounted(facts, Path(mount).expanduser()))


def check_kind(folder: Path) -> dict:
    """What the folder's model_index.json holds. Raises InputError for a pipeline that is not drawn with here, and for
    one with a part of another kind, which might bring a program of its own."""
    index = _read(folder / INDEX)
    if index is None:
        raise InputError("model", str(folder), "the folder of a model, with its model_index.json")
    kind = index.get("_class_name")
    if kind == OURS:
        return index
    if not isinstance(kind, str) or kind not in FAMILIES:
        names = ", ".join([OURS, *FAMILIES])
        raise InputError("model", str(kind), Phrase("one that is drawn with here: {names}", names=names))
    parts = importlib.import_module(f"lit.stock.{FAMILIES[kind]}").PARTS
    for part in {**parts, **index}:
        entry = index.get(part)
        if part not in parts and (not isinstance(entry, list) or entry == [None, None]):
            continue  # no part, or one that is left out
        library, kind = entry if isinstance(entry, list) and len(entry) == 2 else (None, None)
        known = kind in parts[part] if part in parts else bool(OTHERS.fullmatch(str(kind)))
        if library not in LIBRARIES or not known:
            raise InputError(
                "model", f"{part}: {library}.{kind}", "parts of diffusers and transformers alone, as usual for it"
            )
    return index


def _network(folder: Path, config: Mapping, mount) -> Facts:
    kind = config.get("_class_name")
    if config.get("holds"):
        raise InputError(
            "model", str(folder), "a whole model: these self-attentions are mounted on the one that they were made from"
        )
    if kind != NETWORK:
        raise InputError("model", str(kind), "the folder of a model, with its model_index.json")
    if mount is not None:
        raise InputError("mount", str(mount), "nothing: a model of ours has its own self-attentions")
    files = _whole(folder)
    stored, numbers = sum(file.stat().st_size for file in files), sum(map(count_numbers, files))
    return Facts(folder.name, folder, NETWORK, licence_of(folder), stored, numbers, {"transformer": config})


def licence_of(folder: Path) -> str:
    """As the model's card says it, "" where it says nothing."""
    from huggingface_hub import ModelCard

    try:
        data = ModelCard((folder / CARD).read_text("utf-8"), ignore_metadata_errors=True).data
    except Exception:  # no card, or one that cannot be read
        return ""
    named = data.get("license_name") if data.get("license") in (None, "other") else data.get("license")
    return named if isinstance(named, str) else str(data.get("license") or "")


def _read(file: Path) -> dict | None:
    """The object in a JSON file, None where there is none. Raises CheckpointError for a damaged one."""
    try:
        found = json.loads(file.read_text("utf-8-sig"))
    except OSError:
        return None
    except ValueError as error:
        raise CheckpointError(Phrase("{file}: damaged ({why}); restore the folder", file=file, why=error)) from error
    if not isinstance(found, dict):
        raise CheckpointError(Phrase("{file}: damaged ({why}); restore the folder", file=file, why="no JSON object"))
    return found


def _config(folder: Path, classes) -> dict:
    config = _read(folder / CONFIG)
    if config is None:
        _check_no_pickle(folder)
        raise CheckpointError(Phrase("{file} is missing; restore the folder", file=folder / CONFIG))
    kind = config.get("_class_name") or (config.get("architectures") or [None])[0]
    if kind not in (None, *classes):
        raise CheckpointError(Phrase("{folder}: holds a {kind}, which does not fit here", folder=folder, kind=kind))
    return config


def _whole(folder: Path) -> list[Path]:
    """The files with a network's weights, all there and all good. Raises CheckpointError."""
    known = (WEIGHTS_NAME, OF_TRANSFORMERS)
    names = [name for name in known if (folder / name).is_file() or (folder / (name + SHARDS)).is_file()]
    if not names:
        _check_no_pickle(folder)
        raise CheckpointError(
            Phrase("{folder}: weights are missing ({names}); restore the folder", folder=folder, names=WEIGHTS_NAME)
        )
    files = weight_files(folder, names[0])
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        some = ", ".join(missing[:3]) + ("…" if len(missing) > 3 else "")
        raise CheckpointError(
            Phrase("{folder}: weights are missing ({names}); restore the folder", folder=folder, names=some)
        )
    for file in files:
        check_header(file)
    return files


def _check_no_pickle(folder: Path):
    pickles = sorted(file.name for file in folder.iterdir() if file.suffix in PICKLES) if folder.is_dir() else []
    if pickles:
        raise CheckpointError(
            Phrase(
                "{file}: a pickle, which could run anything; save the model as safetensors first",
                file=folder / pickles[0],
            )
        )


def _mounted(facts: Facts, folder: Path) -> Path:
    """The folder, if its self-attentions were made for such a transformer. Raises InputError, CheckpointError."""
    from lit.linearize.self_attentions import FORMAT
    from lit.linearize.teacher import LEGACY

    config = _read(folder / CONFIG)
    if config is None or config.get("holds") != FORMAT:
        raise InputError("mount", str(folder), "a folder of self-attentions that python -m lit linearize made")
    if facts.family is None:
        raise InputError("mount", str(folder), "nothing: a model of ours has its own self-attentions")
    own = facts.configs["transformer"]
    kind = str(own.get("_class_name"))
    there = LEGACY.get((kind, str(own.get("norm_type"))), kind)
    wanted = config.get("architecture")
    if there != wanted:
        raise InputError(
            "mount", str(there), Phrase("a {wanted}, which these self-attentions were made for", wanted=wanted)
        )
    if config.get("depth"):
        size = own.get("num_layers"), own.get("num_attention_heads", 0) * own.get("attention_head_dim", 0)
        wanted = config["depth"], config["width"]
        if size != wanted:
            raise InputError(
                "mount",
                Phrase("{n} blocks of width {width}", n=size[0], width=size[1]),
                Phrase(
                    "{n} blocks of width {width}, which these self-attentions were made for",
                    n=wanted[0],
                    width=wanted[1],
                ),
            )
        check_header(folder / WEIGHTS_NAME)
    return folder.resolve()
