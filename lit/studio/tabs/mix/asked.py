"""What a page asks of the Mix tab, typed and checked."""

from lit.errors import InputError, LiTError
from lit.explore.blends import FRAMES, MIXED, mixed, morph
from lit.settings import SETTINGS, GenerationSettings
from lit.studio.shell.bodies import UNCLEAR
from lit.studio.tabs.compare.axes import Refused
from lit.studio.tabs.generate.asked import settings_in
from lit.studio.tabs.generate.readings import understood
from lit.studio.tabs.generate.templates import NO_LISTS, Lists
from lit.studio.words import in_words


def mix_in(fields: dict, lists: Lists = NO_LISTS) -> GenerationSettings:
    """The mix among the fields, checked as far as no model is needed.

    "values": {"sides": [{name of a setting in MIXED: value of its control}, two to four], "shares": [a number each],
    "others": {name of another setting: value of its control}}.

    Raises Refused for a value that does not fit, with the field "SIDE NAME" from "0 prompt" on, "shares", or the
    setting's name where it is of no side alone; LiTError for anything else. lists: for prompts that are templates.
    """
    values = _values(fields)
    shares = values.get("shares")
    if not isinstance(shares, list):
        raise LiTError(UNCLEAR)
    return _refused(lambda: mixed(_sides(values, lists), shares).validate())


def way_in(fields: dict, lists: Lists = NO_LISTS) -> list[GenerationSettings]:
    """The way from the first side to the second, of "frames" pictures with both ends; all else as `mix_in` takes it."""
    sides = _sides(_values(fields), lists)
    frames = fields.get("frames", FRAMES)
    return _refused(lambda: [one.validate() for one in morph(sides[0], sides[1], frames)])


def _values(fields) -> dict:
    values = fields.get("values")
    if not isinstance(values, dict) or not isinstance(values.get("sides"), list) or len(values["sides"]) < 2:
        raise LiTError(UNCLEAR)
    return values


def _sides(values, lists) -> list[GenerationSettings]:
    others = values.get("others", {})
    if not isinstance(others, dict) or set(others) - set(SETTINGS) - set(MIXED):
        raise LiTError(UNCLEAR)
    sides = []
    for number, side in enumerate(values["sides"]):
        if not isinstance(side, dict) or set(side) - set(MIXED):
            raise LiTError(UNCLEAR)
        try:
            sides.append(understood(settings_in({"values": others | side}), lists)[0])
        except InputError as error:
            field = f"{number} {error.argument}" if error.argument in MIXED else error.argument
            raise Refused(in_words(error), field) from error
    return sides


def _refused(make):
    try:
        return make()
    except InputError as error:
        raise Refused(in_words(error), error.argument) from error
