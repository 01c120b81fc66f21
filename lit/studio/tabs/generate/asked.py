"""The settings in what the page's scripts ask over HTTP, and how a refusal is answered."""

from starlette.responses import JSONResponse

from lit.errors import InputError, LiTError
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.studio.shell.bodies import UNCLEAR
from lit.studio.tabs.generate.controls import to_settings
from lit.studio.words import in_words


def settings_in(fields: dict) -> GenerationSettings:
    """The settings among the fields: "values", {name of a setting: value of its control}, with defaults for the rest.

    Raises InputError for a value that does not fit, LiTError for anything else.
    """
    values = fields.get("values")
    if not isinstance(values, dict) or set(values) - set(SETTINGS):
        raise LiTError(UNCLEAR)
    pairs = SETTINGS.items()
    return to_settings(tuple(values.get(name, setting.to_page(DEFAULTS.get(name))) for name, setting in pairs))


def refusal(error: LiTError) -> JSONResponse:
    """What went wrong: a sentence, and the setting that it is about, "" for none."""
    wrong = isinstance(error, InputError)
    field = error.argument.partition(",")[0] if wrong else ""  # "prompt, character 3" is about the prompt
    return JSONResponse({"error": in_words(error), "field": field}, 422 if wrong else 503)
