"""Between the controls of the page and GenerationSettings: one table, read in both directions."""

from lit.errors import InputError, LiTError
from lit.settings import GenerationSettings
from lit.styles import STYLES

ANY_STYLE = "any"

# Order and names of the controls; `style` is None in the settings and "any" on the page.
FIELDS = (
    "prompt",
    "style",
    "negative_prompt",
    "num_inference_steps",
    "guidance_scale",
    "height",
    "width",
    "seed",
    "num_images_per_prompt",
    "scheduler",
    "output_scale",
)

# What a person reads on the page where the code says something else.
LABELS = {
    "prompt": "What should it be?",
    "style": "Style",
    "negative_prompt": "What should not be in it",
    "num_inference_steps": "Steps",
    "guidance_scale": "Guidance",
    "height": "Height",
    "width": "Width",
    "seed": "Seed",
    "num_images_per_prompt": "Pictures",
    "scheduler": "Scheduler",
    "output_scale": "Output size",
}

STYLE_LABELS = {
    "noto": "Noto",
    "twemoji": "Twemoji",
    "blob": "Blob",
    "emojione": "EmojiOne",
    "fluent-3d": "Fluent 3D",
    "fluent-color": "Fluent color",
    "fluent-flat": "Fluent flat",
    "fluent-mono": "Fluent mono",
}

# Errors name some fields by the words of the command line.
ARGUMENTS = {
    "negative prompt": "negative_prompt",
    "steps": "num_inference_steps",
    "guidance": "guidance_scale",
    "number of images": "num_images_per_prompt",
    "scale": "output_scale",
}

WHOLE = ("num_inference_steps", "height", "width", "seed", "num_images_per_prompt", "output_scale")


def to_settings(values: tuple) -> GenerationSettings:
    """The values of the controls, in the order of FIELDS, as checked settings. Raises InputError."""
    fields = dict(zip(FIELDS, values, strict=True))
    fields["prompt"] = (fields["prompt"] or "").strip()
    fields["negative_prompt"] = (fields["negative_prompt"] or "").strip()
    fields["style"] = None if fields["style"] in (None, "", ANY_STYLE) else fields["style"]
    for name in WHOLE:  # the page sends 20.0 for 20
        if isinstance(fields[name], float) and fields[name].is_integer():
            fields[name] = int(fields[name])
    return GenerationSettings(**fields).validate()


def to_values(settings: GenerationSettings) -> list:
    """Settings as values of the controls, in the order of FIELDS."""
    values = [getattr(settings, name) for name in FIELDS]
    style = settings.style if settings.style in STYLES else ANY_STYLE
    values[FIELDS.index("style")] = style
    return values


def in_words(error: LiTError) -> str:
    """The error as a sentence that uses the names on the page."""
    if isinstance(error, InputError):
        name = LABELS.get(ARGUMENTS.get(error.argument, error.argument), error.argument.capitalize())
        got = "nothing" if error.got in ("", None) else error.got
        return f"{name.rstrip('?')}: got {got}; {error.expected}."
    return f"{str(error).rstrip('.')}."


def caption(settings: GenerationSettings, provenance: dict) -> str:
    """What a picture's file says about it, in one line for under the picture."""
    style = STYLE_LABELS.get(settings.style, "any style")
    steps = f"{settings.num_inference_steps} steps"
    if "stopped_after" in provenance:
        steps = f"stopped after {provenance['stopped_after']} of {steps}"
    return f"{settings.prompt} · {style} · seed {settings.seed} · {steps}"
