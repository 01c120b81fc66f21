"""Weights at one byte a number: how the models that ship in the repository are stored.

A matrix W (rows, ...) is stored as int8 W8 with a scale a row, W ~ W8 * scale, scale = max|row| / 127; vectors
stay as they are. Loading gives the dense network back: int8 is a way to ship it, not to run it.
"""

import json
from pathlib import Path

import torch
from diffusers.models.modeling_utils import ModelMixin
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from lit.errors import CheckpointError, LiTError

WEIGHTS_NAME = "diffusion_pytorch_model.safetensors"
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


class Int8ModelMixin(ModelMixin):
    """A diffusers model that can be saved at one byte a weight, and loads either form by itself."""

    def save_int8(self, directory: str | Path):
        """Write config.json and the weights as int8 into `directory`."""
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

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, **kwargs):
        """As in diffusers. Raises CheckpointError where a local folder's weights are missing, damaged or of another
        model."""
        folder = Path(pretrained_model_name_or_path) / (kwargs.get("subfolder") or "")
        if not folder.is_dir():
            return super().from_pretrained(pretrained_model_name_or_path, **kwargs)
        _check_class(folder, cls.__name__)
        file = folder / WEIGHTS_NAME
        if not file.is_file() or not (folder / "config.json").is_file():
            raise CheckpointError(f"{folder}: config.json or {WEIGHTS_NAME} is missing; restore the folder")
        try:
            with safe_open(file, framework="pt") as weights:
                if (weights.metadata() or {}).get(STORAGE_KEY) != "int8":
                    options = kwargs | {"output_loading_info": True}
                    return _complete(folder, *super().from_pretrained(pretrained_model_name_or_path, **options))
                stored = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118 (no mapping)
        except LiTError:
            raise
        except (SafetensorError, OSError, ValueError, RuntimeError) as error:  # the last two: shapes that do not fit
            raise CheckpointError(f"{file}: damaged ({error}); restore the file") from error
        model = cls.from_config(cls.load_config(folder))
        try:
            model.load_state_dict(dequantize_state(stored))
        except RuntimeError as error:
            raise CheckpointError(f"{file}: its tensors do not fit {folder / 'config.json'}; restore both") from error
        # nn.Module's `to`: diffusers' own warns of every cast, naming no module.
        return torch.nn.Module.to(model, kwargs.get("torch_dtype") or torch.float32).eval()


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


def _complete(folder, model, info):
    """The model that diffusers loaded, which only warns of missing weights and then works with random numbers."""
    unfit = [name for kind in ("missing_keys", "unexpected_keys", "mismatched_keys") for name in info[kind]]
    if unfit:
        raise CheckpointError(f"{folder}: its weights and its config.json do not fit ({unfit[0]}); restore both")
    return model
