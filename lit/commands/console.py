"""What commands say. Saying never ends the work: no closed pipe, no missing output, no alphabet too small for words."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator


class Steady:
    """A stream of text that takes everything. What its alphabet lacks is written as an escape, such as \\u9f8d; where
    nobody listens any more, as behind `| head -1`, what is said is dropped."""

    def __init__(self, stream):
        """stream: a text stream, or None, as Python has it where a standard stream is closed."""
        self._stream = _nowhere() if stream is None else stream

    def write(self, text: str) -> int:
        try:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                alphabet = self._stream.encoding
                self._stream.write(text.encode(alphabet, "backslashreplace").decode(alphabet))
        except (OSError, ValueError):  # the latter where it has been closed
            self._drop()
        return len(text)

    def flush(self):
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._drop()

    def _drop(self):
        # What the stream still holds goes there too, or Python would complain about it when it ends.
        nowhere = _nowhere()
        with contextlib.suppress(OSError, ValueError):  # a stream without a file
            os.dup2(nowhere.fileno(), self._stream.fileno())
        self._stream = nowhere

    def __getattr__(self, name):
        return getattr(self._stream, name)


def _nowhere():
    return open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (as long as the process)


@contextlib.contextmanager
def steady_streams() -> Iterator[None]:
    """Both standard streams as Steady ones, until the block ends."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (Steady(stream) for stream in before)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def say(text: str):
    """A line of the command's result, at once, around a progress bar."""
    from tqdm.auto import tqdm

    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


def note(text: str):
    """Something to know that is no error."""
    print(f"Note: {text}.", file=sys.stderr)


@contextlib.contextmanager
def progress(name: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal, fed by calls of (done, total); nothing is drawn into a file or a pipe."""
    from tqdm.auto import tqdm

    with tqdm(desc=name, unit=unit, leave=False, disable=None, file=sys.stderr) as bar:

        def tell(done, total):
            bar.total = total
            bar.update(done - bar.n)

        yield tell


@contextlib.contextmanager
def ending_on_ctrl_c(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, Ctrl-C calls `stop` and lets the work come to its end; a second one does not wait for it."""

    def first(*_):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
