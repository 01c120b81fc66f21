"""What the page says of errors and pictures: sentences with the names that people read there."""

from lit.errors import InputError, LiTError
from lit.settings import SETTINGS, GenerationSettings
from lit.settings.declaration import Words
from lit.styles import STYLE_LABELS


def in_words(error: LiTError) -> str:
    """The error as a sentence that uses the names on the page."""
    sentence = f"{str(error).rstrip('.')}."
    if isinstance(error, InputError):
        setting = SETTINGS.get(error.argument)
        name = setting.label.rstrip("?") if setting else error.argument.capitalize()
        if isinstance(setting, Words) and setting.example and not str(error.got or "").strip():
            sentence = f"Type what to draw, for example '{setting.example}'."
        else:
            got = "nothing" if error.got in ("", None) else error.got
            sentence = f"{name}: got {got}; {error.expected}."
    # What came may be what no page can show: half a character.
    return sentence.encode("utf-8", "backslashreplace").decode()


def caption(settings: GenerationSettings, provenance: dict) -> str:
    """What a picture's file says about it, in one line for under the picture."""
    style = STYLE_LABELS.get(settings.style or "", "any style")
    steps = f"{settings.num_inference_steps} steps"
    if "stopped_after" in provenance:
        steps = f"stopped after {provenance['stopped_after']} of {steps}"
    words = settings.prompt
    if typed := provenance.get("typed"):
        words = f"{typed} · drawn as {words}"
    variation = f", variation {settings.variation_seed}" if settings.variation_strength else ""
    return f"{words} · {style} · seed {settings.seed}{variation} · {steps}"
