"""Errors that a user can act on: each names what was wrong, what came and what would do."""


class LiTError(ValueError):
    """Base of the errors meant for a user: the command line prints the message alone, the page shows it."""


class InputError(LiTError):
    """A value from outside that does not fit.

    argument: its name as the user knows it.  got: the value.  expected: what would do, as words.
    """

    def __init__(self, argument: str, got: object, expected: str):
        self.argument, self.got, self.expected = argument, got, expected
        super().__init__(f"{argument}: got {got!r}; {expected}")


class CheckpointError(LiTError):
    """Weights that are missing, damaged, or of another model."""
