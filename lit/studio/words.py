"""What the page says of errors and pictures: sentences with the names that people read there."""

from lit.errors import InputError, LiTError
from lit.settings import SETTINGS, GenerationSettings
from lit.settings.declaration import Number, Setting, Words
from lit.studio.languages import language, number, plural, t
from lit.styles import STYLE_LABELS


def in_words(error: LiTError) -> str:
    """The error as a sentence that uses the names on the page."""
    sentence = _whole(t(str(error)))
    if isinstance(error, InputError):
        setting = SETTINGS.get(error.argument)
        name = called(setting) if setting else error.argument.capitalize()
        if isinstance(setting, Words) and setting.example and not str(error.got or "").strip():
            sentence = t("Type what to draw, for example '{words}'.", words=setting.example)
        else:
            got = t("nothing") if error.got in ("", None) else error.got
            sentence = t("{name}: got {got}; {expected}.", name=name, got=got, expected=_expected(setting, error))
    # What came may be what no page can show: half a character.
    return sentence.encode("utf-8", "backslashreplace").decode()


def called(setting: Setting) -> str:
    """A setting's name, in the middle of a sentence."""
    return t(setting.label).rstrip("?？ \u00a0\u202f")


def seconds(value: float) -> str:
    """A time as people say it: "0.4 s", "12 s", "3 min"."""
    if value < 9.95:
        return t("{n} s", n=number(max(value, 0.1), 1))
    return t("{n} s", n=number(value)) if value < 90 else t("{n} min", n=number(value / 60))


def _whole(sentence: str) -> str:
    end = "。" if language() in ("ja", "zh") and not sentence.isascii() else "."
    return sentence if sentence.endswith((".", "。")) else sentence + end


def _expected(setting: Setting | None, error: InputError) -> str:
    """What would do. That of numbers is known in the page's language; what has other words of its own is English."""
    if not isinstance(setting, Number) or error.expected != setting.expected:
        return error.expected
    if setting.kind is float:
        text = t("a number from {low} to {high}", low=f"{setting.low:g}", high=f"{setting.high:g}")
    elif setting.step > 1:
        text = t("a multiple of {step} from {low} to {high}", step=setting.step, low=setting.low, high=setting.high)
    else:
        text = t("a whole number from {low} to {high}", low=setting.low, high=setting.high)
    return f"{text} {t(setting.unit)}" if setting.unit else text


def caption(settings: GenerationSettings, provenance: dict) -> str:
    """What a picture's file says about it, in one line for under the picture."""
    style = STYLE_LABELS.get(settings.style or "") or t("any style")
    steps = plural(settings.num_inference_steps, "{n} step", "{n} steps")
    if "stopped_after" in provenance:
        steps = t("stopped after {step} of {steps}", step=provenance["stopped_after"], steps=steps)
    return f"{settings.prompt} · {style} · {t('seed {seed}', seed=settings.seed)} · {steps}"
