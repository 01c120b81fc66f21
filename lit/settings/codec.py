"""Settings as a record of plain values, for PNG, SQLite and JSON alike, and back from every version's record.

A record is {"format": 3, "settings": {field: value}}. Format 0 is the list of jobs of version 0.1.0: the fields alone.
"""

from dataclasses import asdict

from lit.errors import InputError, Phrase
from lit.reading.blend import as_text
from lit.settings.generation import SETTINGS, GenerationSettings

FORMAT = 3
# What records of each format mean by a field that they do not have. Never changed: where a field's default changes,
# or a new field's default draws another image than before, a new format begins here.
_FIRST = {
    "style": None,
    "negative_prompt": "",
    "num_inference_steps": 20,
    "guidance_scale": 4.0,
    "height": 256,
    "width": 256,
    "seed": 0,
    "num_images_per_prompt": 1,
    "scheduler": "flow-euler",
    "output_scale": 1,
}
_FLOW_MAP = _FIRST | {"num_inference_steps": 8, "scheduler": "flow-map"}
_SHARP = _FLOW_MAP | {"output_scale": 2}
DEFAULTS_OF = {0: _FIRST, 1: _FIRST, 2: _FLOW_MAP, 3: _SHARP}
MARKS_SINCE = 2  # before, "(blue:1.3)" and "a cat:0.3 | a robot:0.7" were text like any other


def to_record(settings: GenerationSettings) -> dict:
    """The settings as plain values that JSON knows."""
    return {"format": FORMAT, "settings": asdict(settings)}


def from_record(record: object) -> GenerationSettings:
    """The settings that a record of this or an older version describes, checked as far as types and limits go.

    Raises InputError for no record, one without a prompt, of a newer format, with a field that this version does not
    know, or with a value that no model can draw.
    """
    if not isinstance(record, dict):
        raise InputError("settings", _short(record), "a JSON object with at least a prompt")
    number = record.get("format", 0)
    if type(number) is not int or number not in DEFAULTS_OF:
        expected = Phrase(
            "one of {names}; a newer version of LiT Studio may have written it", names=", ".join(map(str, DEFAULTS_OF))
        )
        raise InputError("format of the settings", _short(number), expected)
    values = record.get("settings") if "format" in record else record
    if not isinstance(values, dict) or "prompt" not in values:
        raise InputError("settings", _short(values), "a JSON object with at least a prompt")
    if unknown := sorted(set(values) - set(SETTINGS)):
        expected = Phrase(
            "one of {names}; a newer version of LiT Studio may have written it", names=", ".join(SETTINGS)
        )
        raise InputError("settings", unknown[0], expected)
    values = DEFAULTS_OF[number] | values
    if number < MARKS_SINCE:
        words = {name: values[name] for name in ("prompt", "negative_prompt") if isinstance(values[name], str)}
        values |= {name: as_text(text) for name, text in words.items()}
    settings = GenerationSettings(**{name: SETTINGS[name].from_json(value) for name, value in values.items()})
    # A model's own styles and multiple of a side are checked when it draws.
    styles = (settings.style,) if isinstance(settings.style, str) else None
    return settings.validate(styles=styles, multiple=1)


def _short(value, length=60):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"
