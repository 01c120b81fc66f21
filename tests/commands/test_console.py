"""What commands say reaches whoever listens, and nobody else minds."""

import io
import signal
import sys

import pytest

from lit.commands.console import ending_on_ctrl_c, note, say, steady_streams


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


def test_the_first_ctrl_c_asks_for_an_end_and_the_second_does_not_wait_for_it():
    before, asked = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), ending_on_ctrl_c(lambda: asked.append(True)):
        signal.raise_signal(signal.SIGINT)
        assert asked == [True]
        signal.raise_signal(signal.SIGINT)
    assert asked == [True]
    assert signal.getsignal(signal.SIGINT) is before
