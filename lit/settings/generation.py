"""All that decides an image, in one place: checked, and carried by the PNG that was drawn from it."""

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from lit.errors import InputError
from lit.sampling import registry
from lit.styles import STYLES, split_style

SIZES = (64, 1024)
STEPS = (1, 200)
GUIDANCE = (1.0, 20.0)
SEEDS = (0, 2**32 - 1)
IMAGES = (1, 64)
OUTPUT_SCALES = (1, 2)
MULTIPLE = 16  # of a side: the autoencoder shrinks by 8, the transformer's patch is 2
SCHEDULERS = registry.names("flow")  # as the embedded model is
EPSILON_SCHEDULERS = registry.names("epsilon")  # of models that predict noise
VERSION = "0.1.0"  # of LiT Studio, as images record it
FORMAT = 1  # of the JSON in a PNG; a reader refuses what it does not know
TEXT_KEY = "lit"


@dataclass(frozen=True)
class GenerationSettings:
    """What to draw and how. Sizes in pixels, before `output_scale` multiplies them; guidance 1 means none."""

    prompt: str
    style: str | None = None
    negative_prompt: str = ""
    num_inference_steps: int = 20
    guidance_scale: float = 4.0
    height: int = 256
    width: int = 256
    seed: int = 0
    num_images_per_prompt: int = 1
    scheduler: str = "flow-euler"
    output_scale: int = 1

    def validate(
        self,
        styles: tuple[str, ...] = STYLES,
        multiple: int = MULTIPLE,
        schedulers: tuple[str, ...] = tuple(dict.fromkeys(SCHEDULERS + EPSILON_SCHEDULERS)),
    ) -> "GenerationSettings":
        """Return self, or raise InputError naming the first value that a model with these styles, schedulers
        and multiple of a side cannot draw."""
        if not isinstance(self.prompt, str) or not self.prompt.strip():
            raise InputError("prompt", self.prompt, "some words, such as 'a blue dragon'")
        if self.style is not None and self.style not in styles:
            raise InputError("style", self.style, f"one of {', '.join(styles)}")
        if not isinstance(self.negative_prompt, str):
            raise InputError("negative prompt", self.negative_prompt, "words, or nothing")
        _check_number("steps", self.num_inference_steps, STEPS, whole=True)
        _check_number("guidance", self.guidance_scale, GUIDANCE)
        for name in ("height", "width"):
            _check_size(name, getattr(self, name), multiple)
        _check_number("seed", self.seed, SEEDS, whole=True)
        _check_number("number of images", self.num_images_per_prompt, IMAGES, whole=True)
        if self.scheduler not in schedulers:
            raise InputError("scheduler", self.scheduler, f"one of {', '.join(schedulers)}")
        if self.output_scale not in OUTPUT_SCALES or isinstance(self.output_scale, bool):
            raise InputError("scale", self.output_scale, "1 or 2")
        return self

    def resolved(self, styles: tuple[str, ...] = STYLES) -> "GenerationSettings":
        """A style named at the prompt's end moves to `style` where none is given: the same image."""
        if self.style is not None or not isinstance(self.prompt, str):
            return self
        prompt, style = split_style(self.prompt, styles)
        return dataclasses.replace(self, prompt=prompt, style=style)

    def for_image(self, index: int) -> "GenerationSettings":
        """The settings that draw image `index` of these alone: its seed is seed + index."""
        seed = (self.seed + index) % (SEEDS[1] + 1)
        return dataclasses.replace(self, seed=seed, num_images_per_prompt=1)

    @property
    def pixel_evaluations(self) -> int:
        """What drawing costs: the pixels of all images, times how often the model is asked about each."""
        evaluations = registry.evaluations(self.scheduler, self.num_inference_steps)
        return self.width * self.height * self.num_images_per_prompt * evaluations

    def to_json(self) -> str:
        """One JSON object, keys as the fields."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "GenerationSettings":
        """The inverse of `to_json`. Raises InputError for no JSON, no prompt, or unknown keys."""
        try:
            values = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError("settings", _short(text), "JSON as this studio writes it") from error
        return cls._from_dict(values)

    @classmethod
    def _from_dict(cls, values):
        if not isinstance(values, dict) or "prompt" not in values:
            raise InputError("settings", _short(values), "a JSON object with at least a prompt")
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise InputError("settings", unknown[0], "keys this version knows; a newer one may have written it")
        return cls(**values)


def parameters_text(settings: GenerationSettings, provenance: dict) -> str:
    """The settings as other studios write them into `parameters`, for their readers."""
    fields = {
        "Steps": settings.num_inference_steps,
        "Sampler": settings.scheduler,
        "CFG scale": f"{settings.guidance_scale:g}",
        "Seed": settings.seed,
        "Size": f"{settings.width}x{settings.height}",
        "Style": settings.style,
        "Hires upscale": settings.output_scale if settings.output_scale > 1 else None,
        "Model hash": (provenance.get("weights_sha256") or "")[:10] or None,
        "Version": f"LiT Studio {provenance.get('versions', {}).get('lit', '')}".strip(),
    }
    lines = [settings.prompt]
    if settings.negative_prompt:
        lines.append(f"Negative prompt: {settings.negative_prompt}")
    lines.append(", ".join(f"{name}: {value}" for name, value in fields.items() if value is not None))
    return "\n".join(lines)


def to_png_info(settings: GenerationSettings, provenance: dict) -> PngInfo:
    """Text chunks for `image.save(path, pnginfo=...)`: `parameters`, and all of it as JSON under `lit`.

    provenance: what beside the settings decides the bytes, as `LiTPipeline.provenance()` gives it.
    """
    record = {"format": FORMAT, "settings": dataclasses.asdict(settings), "provenance": provenance}
    info = PngInfo()
    # Pillow writes tEXt where Latin-1 suffices and iTXt (UTF-8) otherwise.
    info.add_text("parameters", parameters_text(settings, provenance))
    info.add_text(TEXT_KEY, json.dumps(record, ensure_ascii=False))
    return info


def read_png(path: str | Path) -> tuple[GenerationSettings, dict]:
    """The settings and provenance that `to_png_info` put into a PNG, checked as far as types and limits go.

    Raises InputError for a file that is missing, no PNG, without settings, damaged, or of a newer version.
    """
    text = _read_text(Path(path))
    name = Path(path).name
    try:
        record = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError("image", name, "its settings are damaged: they are no JSON") from error
    if not isinstance(record, dict) or not isinstance(record.get("provenance"), dict):
        raise InputError("image", name, "its settings are damaged: they lack their parts")
    if record.get("format") != FORMAT:
        raise InputError("image", name, f"settings of format {FORMAT}; a newer version may have written it")
    settings = GenerationSettings._from_dict(record.get("settings"))
    # A model's own styles and multiple are checked when it draws; here what no model could draw.
    styles = (settings.style,) if isinstance(settings.style, str) else STYLES
    return settings.validate(styles=styles, multiple=1), record["provenance"]


def read_settings(path: str | Path) -> GenerationSettings:
    """The settings alone, as `read_png` reads them."""
    return read_png(path)[0]


def _read_text(path):
    try:
        with Image.open(path, formats=["PNG"]) as image:
            text = image.text.get(TEXT_KEY)
    except FileNotFoundError as error:
        raise InputError("image", str(path), "a file that exists") from error
    except UnidentifiedImageError as error:
        raise InputError("image", path.name, "a PNG") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError("image", path.name, f"a PNG that can be read ({error})") from error
    if text is None:
        raise InputError("image", path.name, "a PNG drawn by this studio, which carries its settings")
    return str(text)


def _check_number(name, value, limits, whole=False):
    low, high = limits
    kind = "a whole number" if whole else "a number"
    right = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not right or not math.isfinite(value) or not low <= value <= high:
        raise InputError(name, value, f"{kind} from {low:g} to {high if whole else format(high, 'g')}")


def _check_size(name, value, multiple):
    low, high = SIZES
    right = isinstance(value, int) and not isinstance(value, bool)
    if not right or value % multiple or not low <= value <= high:
        of = f"a multiple of {multiple}" if multiple > 1 else "a whole number"
        raise InputError(name, value, f"{of} from {low} to {high} pixels")


def _short(value, length=60):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"
