"""What the page says of errors and pictures: sentences with the names that people read there."""

import json
from collections.abc import Collection

from lit.errors import InputError, LiTError, Phrase
from lit.settings import SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Setting, Words
from lit.studio.languages import language, number, plural, t
from lit.styles import label

MARKS = ("(start)", "(end)", "no style")  # tokens that every text has, as LinearScope calls them
LONGEST = 60  # characters of what came that are repeated
ONE_OF = "one of "  # how the words of a choice's error begin


def in_words(error: LiTError) -> str:
    """The error as a sentence or two that use the names on the page."""
    said = _of_input(error) if isinstance(error, InputError) else whole(t(error.words))
    # What came may be what no page can show: half a character.
    return said.encode("utf-8", "backslashreplace").decode()


def style_name(style: str) -> str:
    """What people read for a style, in the page's language; of one that nobody here knows, its name."""
    return t(label(style))


def word_name(piece: str, style: bool, negative: bool) -> str:
    """What a token of the text is called, which has these letters: "dragon", "style noto", "without: blurry"."""
    name = t(piece) if piece in MARKS else piece
    if style and piece not in MARKS:
        name = t("style {name}", name=piece)
    return t("without: {words}", words=name) if negative else name


def kept(error: LiTError) -> str:
    """The error as the list on the disk keeps it: `told` says it in the language of whoever looks at it."""
    parts = (error.argument, error.got, error.expected) if isinstance(error, InputError) else (error.words,)
    return json.dumps([_recorded(part) for part in parts])


def told(message: str) -> str:
    """`in_words` of what `kept` gave, in the language that is spoken; as `t` says it for any other text."""
    error = recalled(message)
    return in_words(error) if error else t(message)


def recalled(message: str) -> LiTError | None:
    """The error of which `kept` gave this, None for any other text."""
    try:
        parts = [_read(part) for part in json.loads(message)] if message.startswith("[") else []
    except (ValueError, TypeError, KeyError, AttributeError):  # not from here
        return None
    match parts:
        case [str() as words]:
            return LiTError(words)
        case [str() as argument, got, str() as expected]:
            return InputError(argument, got, expected)
    return None


def _recorded(part: object) -> object:
    if isinstance(part, Phrase):
        return {"template": part.template, "values": {name: _recorded(value) for name, value in part.values.items()}}
    return part if part is None or isinstance(part, str | int | float) else str(part)


def _read(part):
    if isinstance(part, dict):
        return Phrase(part["template"], **{name: _read(value) for name, value in part["values"].items()})
    return part


def _of_input(error: InputError) -> str:
    setting, got = SETTINGS.get(error.argument), _shown(error.got)
    if isinstance(setting, Words) and setting.example and (not got or not isinstance(error.got, str)):
        return t("Type what to draw, for example '{words}'.", words=setting.example)
    name = called(setting) if setting else _capital(t(error.argument))
    if setting is None or isinstance(setting, Words):
        needed = {"name": name, "expected": t(error.expected)}
        if not got:
            return t("{name}: nothing is there. Needed: {expected}.", **needed)
        return t("{name}: “{got}” will not do. Needed: {expected}.", got=got, **needed)
    expected = _expected(setting, error)
    if not got:
        return t("{name} cannot be empty. Choose {expected}.", name=name, expected=expected)
    return t("{name} cannot be {got}. Choose {expected}.", name=name, got=got, expected=expected)


def _shown(got: object) -> str:
    """What came, in one short line; "" for nothing."""
    said = t(got) if isinstance(got, Phrase) else "" if got is None else str(got)
    text = " ".join(said.split())
    return f"{text[:LONGEST]}…" if len(text) > LONGEST else text


def called(setting: Setting) -> str:
    """A setting's name, in the middle of a sentence."""
    return t(setting.label).strip("?？¿ \u00a0\u202f")


def seconds(value: float) -> str:
    """A time as people say it: "0.4 s", "12 s", "3 min"."""
    if value < 9.95:
        return t("{n} s", n=number(max(value, 0.1), 1))
    return t("{n} s", n=number(value)) if value < 90 else t("{n} min", n=number(value / 60))


def whole(sentence: str) -> str:
    """The sentence with a full stop, where it has none."""
    end = "。" if language() in ("ja", "zh") and not sentence.isascii() else "."
    return sentence if sentence.endswith((".", "。")) else sentence + end


def _expected(setting: Setting, error: InputError) -> str:
    """What would do; choices by the names that they have on the page."""
    if isinstance(setting, Choice) and error.expected.startswith(ONE_OF):
        labels = {str(value): t(label) for value, label in (setting.labels or {}).items()}
        return ", ".join(labels.get(one, one) for one in error.expected.removeprefix(ONE_OF).split(", "))
    return t(error.expected)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def caption(settings: GenerationSettings, provenance: dict, without: Collection[str] = ()) -> str:
    """What a picture's file says about it, in one line for under the picture. without: settings that are left out."""
    style = style_name(settings.style) if settings.style else t("any style")
    steps = plural(settings.num_inference_steps, "{n} step", "{n} steps")
    if "stopped_after" in provenance:
        steps = t("stopped after {step} of {steps}", step=provenance["stopped_after"], steps=steps)
    words = settings.prompt
    if typed := provenance.get("template") or provenance.get("typed"):
        words = t("{typed} · drawn as {words}", typed=typed, words=words)
    seed = t("seed {seed}", seed=settings.seed)
    if settings.variations:
        way = " → ".join(str(seed) for seed, _ in settings.variations)
        seed = t("seed {seed}, variation {variation}", seed=settings.seed, variation=way)
    if provenance.get("pipeline"):  # a stock model's, which knows no styles
        style = str(provenance.get("model") or provenance["pipeline"])
    told = {"prompt": words, "style": style, "seed": seed, "num_inference_steps": steps}
    return " · ".join(text for name, text in told.items() if name not in without)
