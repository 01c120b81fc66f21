"""A studio of one's own to probe: the embedded model, open to strangers, in a process that may not take all memory.

`python -m lit.probes.studio HOME` serves it on a free port of this machine and says where.
"""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from lit.errors import LiTError
from lit.probes.target import Target

MEMORY = 6 * 2**30  # bytes: what gets through is to end this process, not the machine


@contextlib.contextmanager
def own_studio() -> Iterator[Target]:
    """Started, and ended with its folder when the block ends. Raises LiTError if it does not start."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lit-probe-"))
        home = Path(folder) / "home"
        command = [sys.executable, "-m", "lit.probes.studio", str(home)]
        log = stack.enter_context(open(Path(folder) / "log.txt", "w+", encoding="utf-8"))
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None  # as a pipe is
            if not (url := process.stdout.readline().strip()):
                log.seek(0)
                raise LiTError(f"The studio to probe did not start: {log.read()[-2000:]}")
            yield Target(url, process.pid, Path(folder) / "planted.txt")
        finally:
            process.terminate()
            process.wait()


def main(home: str) -> int:
    with contextlib.suppress(ImportError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    from lit import environment

    environment.prepare(offline=True)
    from lit.serve.beside import beside
    from lit.studio.shell.app import create_app
    from lit.studio.shell.ending import Ending
    from lit.studio.shell.launch import listen, serve

    with Ending() as ending:
        listener = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        unlimited = partial(beside, requests=None)  # or most of what programs ask would only be too often
        return serve(create_app(home=Path(home), public=True, beside=unlimited), listener, ending, url)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
