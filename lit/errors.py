"""Errors that a user can act on: each names what was wrong, what came and what would do."""

import re
from collections.abc import Iterable


class Phrase(str):
    """English words with values in them, which keep their template: the page says them in another language.

    Phrase("at most {most} pixels a side", most=512) is the text "at most 512 pixels a side".  values: texts and
    numbers, which stay as they are, and phrases, which are said in that language, too.
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> "Phrase":
        phrase = super().__new__(cls, filled(template, values))
        phrase.template, phrase.values = template, values
        return phrase


def listed(phrases: Iterable[str]) -> str:
    """Texts and phrases with commas between them, as a phrase."""
    said: str = ""
    for one in phrases:
        said = Phrase("{first}, {second}", first=said, second=one) if said else one
    return said


def filled(template: str, values: dict) -> str:
    """The template with its {names} filled in; those that have no value stay."""
    return re.sub(r"\{(\w+)\}", lambda name: str(values.get(name[1], name[0])), template)


class LiTError(ValueError):
    """Base of the errors meant for a user: the command line prints the message alone, the page shows it."""

    @property
    def words(self) -> str:
        """The message; where values are in it a `Phrase`."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class InputError(LiTError):
    """A value from outside that does not fit.

    argument: its name as the user knows it.  got: the value.  expected: what would do, as words; where values are in
    it a `Phrase`, as are an argument and a `got` that are words of the program.
    """

    def __init__(self, argument: str, got: object, expected: str):
        self.argument, self.got, self.expected = argument, got, expected
        super().__init__(
            Phrase("{argument}: got {got}; {expected}", argument=argument, got=repr(got), expected=expected)
        )

    def __reduce__(self):
        return type(self), (self.argument, self.got, self.expected)  # from one process to another


class CheckpointError(LiTError):
    """Weights that are missing, damaged, or of another model."""
