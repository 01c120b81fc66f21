"""What the page says of errors and pictures: sentences with the names that people read there."""

from lit.errors import InputError, LiTError
from lit.settings import SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Words
from lit.styles import STYLE_LABELS

LONGEST = 60  # characters of what came that are repeated
ONE_OF = "one of "  # how the words of a choice's error begin


def in_words(error: LiTError) -> str:
    """The error as a sentence or two that use the names on the page."""
    said = _of_input(error) if isinstance(error, InputError) else f"{str(error).rstrip('.')}."
    # What came may be what no page can show: half a character.
    return said.encode("utf-8", "backslashreplace").decode()


def _of_input(error: InputError) -> str:
    setting, got = SETTINGS.get(error.argument), _shown(error.got)
    if isinstance(setting, Words) and setting.example and (not got or not isinstance(error.got, str)):
        return f"Type what to draw, for example '{setting.example}'."
    name = setting.label.rstrip("?") if setting else error.argument.capitalize()
    if setting is None or isinstance(setting, Words):
        return f"{name}: {f'“{got}” will not do' if got else 'nothing is there'}. Needed: {error.expected}."
    expected = error.expected
    if isinstance(setting, Choice) and expected.startswith(ONE_OF):
        labels = {str(value): label for value, label in (setting.labels or {}).items()}
        expected = ", ".join(labels.get(one, one) for one in expected.removeprefix(ONE_OF).split(", "))
    return f"{name} cannot be {got or 'empty'}. Choose {expected}."


def _shown(got: object) -> str:
    """What came, in one short line; "" for nothing."""
    text = " ".join(str("" if got is None else got).split())
    return f"{text[:LONGEST]}…" if len(text) > LONGEST else text


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
