"""A clock that is set while the studio draws: by hand, by the network's time, in another zone."""

import os

from lit.reliability.faults.bench import Bench, Broke, Fault, Visitor, started
from lit.reliability.process import ROOT

JUMPS = (86400.0, -365 * 86400.0, 5.0, -3.0)  # seconds by which the clock is off, one after the other

# Python's clock on the wall, set by a file; the clock that only goes forward stays, as the system has it.
PRELUDE = """
import os, time
_real = time.time
def _set():
    try:
        with open(os.environ["LIT_CLOCK"]) as file:
            return _real() + float(file.read())
    except (OSError, ValueError):
        return _real()
time.time = _set
"""


def clock_jumps(bench: Bench) -> str:
    """Drawings are asked for before and behind each jump."""
    (bench.folder / "sitecustomize.py").write_text(PRELUDE, encoding="utf-8")
    clock = bench.folder / "clock"
    variables = {"LIT_CLOCK": str(clock), "PYTHONPATH": f"{bench.folder}{os.pathsep}{ROOT}"}
    visitor = Visitor(bench)
    with started(bench, environment=variables) as studio:
        for jump in JUMPS:
            visitor.ask(studio, pictures=2)
            clock.write_text(str(jump), encoding="utf-8")
            found = studio.post("library/ask/estimate", visitor=visitor.name, values=bench.values()[0])
            for name in ("seconds", "before"):
                if (found.get(name) or 0) < 0 or (found.get(name) or 0) > 3600:
                    raise Broke(f"a picture is said to take {found}")
            visitor.ask(studio)
        said = visitor.account(studio)
        count = studio.post("library/ask/page", visitor=visitor.name)["count"]
    expected = sum(map(len, visitor.jobs.values()))
    if count != expected:
        raise Broke(f"the library shows {count} pictures of {expected}")
    return f"{len(JUMPS)} jumps from a year back to a day ahead; {said}"


FAULTS = (Fault("clock jumps", "all is drawn, and no time is said that cannot be", clock_jumps),)
