"""What the page says of errors and pictures: sentences with the names that people read there."""

from lit.errors import InputError, LiTError
from lit.settings import SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Number, Setting, Words
from lit.studio.languages import language, number, plural, t
from lit.styles import label

LONGEST = 60  # characters of what came that are repeated
ONE_OF = "one of "  # how the words of a choice's error begin


def in_words(error: LiTError) -> str:
    """The error as a sentence or two that use the names on the page."""
    said = _of_input(error) if isinstance(error, InputError) else _whole(t(str(error)))
    # What came may be what no page can show: half a character.
    return said.encode("utf-8", "backslashreplace").decode()


def _of_input(error: InputError) -> str:
    setting, got = SETTINGS.get(error.argument), _shown(error.got)
    if isinstance(setting, Words) and setting.example and (not got or not isinstance(error.got, str)):
        return t("Type what to draw, for example '{words}'.", words=setting.example)
    name = called(setting) if setting else t(error.argument.capitalize())
    if setting is None or isinstance(setting, Words):
        needed = {"name": name, "expected": error.expected}
        if not got:
            return t("{name}: nothing is there. Needed: {expected}.", **needed)
        return t("{name}: “{got}” will not do. Needed: {expected}.", got=got, **needed)
    expected = _expected(setting, error)
    if not got:
        return t("{name} cannot be empty. Choose {expected}.", name=name, expected=expected)
    return t("{name} cannot be {got}. Choose {expected}.", name=name, got=got, expected=expected)


def _shown(got: object) -> str:
    """What came, in one short line; "" for nothing."""
    text = " ".join(str("" if got is None else got).split())
    return f"{text[:LONGEST]}…" if len(text) > LONGEST else text


def called(setting: Setting) -> str:
    """A setting's name, in the middle of a sentence."""
    return t(setting.label).strip("?？¿ \u00a0\u202f")


def seconds(value: float) -> str:
    """A time as people say it: "0.4 s", "12 s", "3 min"."""
    if value < 9.95:
        return t("{n} s", n=number(max(value, 0.1), 1))
    return t("{n} s", n=number(value)) if value < 90 else t("{n} min", n=number(value / 60))


def _whole(sentence: str) -> str:
    end = "。" if language() in ("ja", "zh") and not sentence.isascii() else "."
    return sentence if sentence.endswith((".", "。")) else sentence + end


def _expected(setting: Setting, error: InputError) -> str:
    """What would do. That of a choice or a number is known in the page's language; other words are English."""
    if isinstance(setting, Choice) and error.expected.startswith(ONE_OF):
        labels = {str(value): t(label) for value, label in (setting.labels or {}).items()}
        return ", ".join(labels.get(one, one) for one in error.expected.removeprefix(ONE_OF).split(", "))
    if not isinstance(setting, Number) or error.expected != setting.expected:
        return error.expected
    limits = {"low": f"{setting.low:g}" if setting.kind is float else setting.low}
    limits["high"] = f"{setting.high:g}" if setting.kind is float else setting.high
    if setting.kind is float:
        text = t("a number from {low} to {high}", **limits)
    elif setting.step > 1:
        text = t("a multiple of {step} from {low} to {high}", step=setting.step, **limits)
    else:
        text = t("a whole number from {low} to {high}", **limits)
    return f"{text} {t(setting.unit)}" if setting.unit else text


def caption(settings: GenerationSettings, provenance: dict) -> str:
    """What a picture's file says about it, in one line for under the picture."""
    style = label(settings.style) if settings.style else t("any style")
    steps = plural(settings.num_inference_steps, "{n} step", "{n} steps")
    if "stopped_after" in provenance:
        steps = t("stopped after {step} of {steps}", step=provenance["stopped_after"], steps=steps)
    words = settings.prompt
    if typed := provenance.get("template") or provenance.get("typed"):
        words = t("{typed} · drawn as {words}", typed=typed, words=words)
    seed = t("seed {seed}", seed=settings.seed)
    if settings.variation_strength:
        seed = t("seed {seed}, variation {variation}", seed=settings.seed, variation=settings.variation_seed)
    return f"{words} · {style} · {seed} · {steps}"
