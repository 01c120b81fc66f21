"""Weights at one byte a number: how the models that ship in the repository are stored.

A matrix W (rows, ...) is stored as int8 W8 with a scale a row, W ~ W8 * scale, scale = max|row| / 127; vectors
stay as they are. Loading gives the dense network back: int8 is a way to ship it, not to run it.
"""

import contextlib
import json
from pathlib import Path

import torch
from diffusers.models.modeling_utils import ModelMixin
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from lit.errors import CheckpointError, InputError
from lit.models.header import SHARDS, WEIGHTS_NAME, check_header, weight_files
from lit.paths import give_usual_rights

SHARDS_NAME = WEIGHTS_NAME + SHARDS
STORAGE_KEY = "lit_storage"  # in the file's metadata
SCALE = ".int8_scale"


def quantize_state(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Each floating-point matrix as int8 and fp32 scales under `name + SCALE`; the rest in fp32."""
    stored = {}
    for name, tensor in state.items():
        tensor = tensor.detach().cpu()
        if not tensor.is_floating_point() or tensor.ndim < 2:
            stored[name] = tensor.float() if tensor.is_floating_point() else tensor
            continue
        rows = tensor.float().flatten(1)
        scale = rows.abs().amax(dim=1).clamp_min(1e-12) / 127
        stored[name] = (rows / scale[:, None]).round().to(torch.int8).view(tensor.shape).contiguous()
        stored[name + SCALE] = scale
    return stored


def dequantize_state(stored: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The inverse of `quantize_state` up to half a step of each row: fp32 tensors under the network's names."""
    state = {}
    for name, tensor in stored.items():
        if name.endswith(SCALE):
            continue
        scale = stored.get(name + SCALE)
        state[name] = tensor if scale is None else tensor.float() * scale.view(-1, *[1] * (tensor.ndim - 1))
    return state


def check_format(safe_serialization: bool = True, variant: str | None = None, use_flashpack: bool = False):
    """Raise InputError for a way of saving that diffusers knows, but nothing here could load."""
    if not safe_serialization:
        raise InputError("safe_serialization", False, "True: weights are loaded from safetensors only, never pickle")
    if variant is not None:
        raise InputError("variant", variant, "None: weights are loaded under their plain names only")
    if use_flashpack:
        raise InputError("use_flashpack", True, "False: weights are loaded from safetensors only")


class Int8ModelMixin(ModelMixin):
    """A diffusers model that can be saved at one byte a weight, and loads either form by itself."""

    def save_pretrained(
        self,
        save_directory: str | Path,
        is_main_process: bool = True,
        save_function=None,
        safe_serialization: bool = True,
        variant: str | None = None,
        max_shard_size: int | str = "10GB",
        push_to_hub: bool = False,
        use_flashpack: bool = False,
        **kwargs,
    ):
        """As in diffusers: weights larger than `max_shard_size` are split into several files.

        Raises InputError for pickle, a variant, a size that is none, or a directory that is a file.
        """
        check_format(safe_serialization, variant, use_flashpack)
        if Path(save_directory).is_file():
            raise InputError("save_directory", str(save_directory), "a folder, which this file is not")
        try:
            pattern = WEIGHTS_NAME.replace(".", "{suffix}.")
            split = split_torch_state_dict_into_shards(
                self.state_dict(), filename_pattern=pattern, max_shard_size=max_shard_size
            )
        except ValueError as error:
            raise InputError("max_shard_size", max_shard_size, "a size such as '5GB' or '200MB'") from error
        super().save_pretrained(
            save_directory,
            is_main_process=is_main_process,
            save_function=save_function,
            max_shard_size=max_shard_size,
            push_to_hub=push_to_hub,
            **kwargs,
        )
        if is_main_process:
            for file in Path(save_directory).glob(WEIGHTS_NAME.replace(".", "*.")):
                give_usual_rights(file)
            # Of a former save in another way: both together would not say which counts.
            former = WEIGHTS_NAME if split.is_sharded else SHARDS_NAME
            (Path(save_directory) / former).unlink(missing_ok=True)

    def save_int8(self, directory: str | Path):
        """Write config.json and the weights as int8 into `directory`, in one file."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.save_config(directory)
        file = directory / "config.json"
        config = json.loads(file.read_text(encoding="utf-8"))
        config.pop("_name_or_path", None)  # where it was loaded from: nobody else's business
        file.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        save_file(
            quantize_state(self.state_dict()),
            directory / WEIGHTS_NAME,
            metadata={"format": "pt", STORAGE_KEY: "int8"},
        )
        give_usual_rights(directory / WEIGHTS_NAME)
        with contextlib.suppress(CheckpointError):  # of a damaged index
            for former in weight_files(directory):
                if former.name != WEIGHTS_NAME:
                    former.unlink(missing_ok=True)
        (directory / SHARDS_NAME).unlink(missing_ok=True)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, **kwargs):
        """As in diffusers. Raises CheckpointError where a local folder's weights are missing, damaged or of another
        model."""
        folder = Path(pretrained_model_name_or_path) / (kwargs.get("subfolder") or "")
        if not folder.is_dir():
            return super().from_pretrained(pretrained_model_name_or_path, **kwargs | {"use_safetensors": True})
        _check_class(folder, cls.__name__)
        files = weight_files(folder)
        for file in files:
            if not file.is_file():
                raise CheckpointError(f"{file} is missing (no other form is read); restore the folder")
            check_header(file)
        stored = {}
        for file in files:
            try:
                tensors = _read_int8(file)
            except (SafetensorError, OSError) as error:
                raise CheckpointError(f"{file}: damaged ({error}); restore the file") from error
            if tensors is None:
                return cls._from_diffusers(folder, pretrained_model_name_or_path, kwargs)
            stored |= tensors
        model = cls.from_config(cls.load_config(folder))
        try:
            model.load_state_dict(dequantize_state(stored))
        except RuntimeError as error:
            raise CheckpointError(f"{folder}: its tensors do not fit its config.json; restore both") from error
        # nn.Module's `to`: diffusers' own warns of every cast, naming no module.
        return torch.nn.Module.to(model, kwargs.get("torch_dtype") or torch.float32).eval()

    @classmethod
    def _from_diffusers(cls, folder, name_or_path, options):
        """Weights in their own precision, whole or in shards. diffusers only warns of missing ones, and then works with
        random numbers."""
        try:
            model, info = super().from_pretrained(
                name_or_path, **options | {"output_loading_info": True, "use_safetensors": True}
            )
        except (ValueError, RuntimeError) as error:
            raise CheckpointError(f"{folder}: its weights and its config.json do not fit; restore both") from error
        unfit = [name for kind in ("missing_keys", "unexpected_keys", "mismatched_keys") for name in info[kind]]
        if unfit:
            raise CheckpointError(f"{folder}: its weights and its config.json do not fit ({unfit[0]}); restore both")
        align(model)
        return (model, info) if options.get("output_loading_info") else model


def align(model: torch.nn.Module):
    """Weights mapped from a file lie anywhere in memory, and a processor adds up in another order where they do not lie
    at a multiple of 64 bytes: one's own copy of them draws the same to the bit as what was saved."""
    for parameter in model.parameters():
        if parameter.data_ptr() % 64:
            parameter.data = parameter.data.clone()


def _check_class(folder, wanted):
    file = folder / "config.json"
    try:
        made_by = json.loads(file.read_text(encoding="utf-8")).get("_class_name", wanted)
    except FileNotFoundError as error:
        raise CheckpointError(f"{file} is missing; restore the folder") from error
    except (OSError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{file}: damaged ({error}); restore the folder") from error
    if made_by != wanted:
        raise CheckpointError(f"{folder}: holds a {made_by}; give the folder of a {wanted}")


def _read_int8(file):
    """The tensors of a file of ours, None for one in another precision."""
    with safe_open(file, framework="pt") as weights:
        if (weights.metadata() or {}).get(STORAGE_KEY) != "int8":
            return None
        return {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118 (no mapping)
