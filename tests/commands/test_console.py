"""What commands say reaches whoever listens, and nobody else minds."""

import io
import sys

from lit.commands.console import note, say, steady_streams


class Broken(io.StringIO):
    """A pipe that was closed after its first line."""

    def write(self, text):
        if self.getvalue().count("\n") >= 1:
            raise BrokenPipeError
        return super().write(text)


def test_after_a_closed_pipe_saying_is_silent(monkeypatch):
    pipe = Broken()
    monkeypatch.setattr(sys, "stdout", pipe)
    with steady_streams():
        for number in range(3):
            say(f"line {number}")
    assert pipe.getvalue() == "line 0\n"
    assert sys.stdout is pipe


def test_without_streams_saying_is_silent(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with steady_streams():
        say("a line")
        note("another")
    assert sys.stdout is None


def test_what_the_alphabet_lacks_is_an_escape(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252", errors="strict"))
    with steady_streams():
        say("žába 龍")
    assert raw.getvalue().decode("cp1252") == "žába \\u9f8d\n"
