"""What happens to a studio from outside, one function each, with what must hold of it.

`FAULTS` is the table. A fault gets a `Bench`, and returns what it found in a few words; it raises Broke where what must
hold does not, and Unavailable where this machine cannot do that to a process.
"""

import time
from collections.abc import Callable, Iterable

from lit.reliability.faults import clocks, disk, ending, killing, memory, store
from lit.reliability.faults.bench import Bench, Broke, Fault, Unavailable

FAULTS: tuple[Fault, ...] = (
    *killing.FAULTS,
    *ending.FAULTS,
    *disk.FAULTS,
    *store.FAULTS,
    *clocks.FAULTS,
    *memory.FAULTS,
)


def inflict(faults: Iterable[Fault], bench: Bench, say: Callable[[str], None]) -> dict:
    """Try them one after the other. {"faults": [{"name", "holds", "found", "held", "seconds"}], "left_out": [...]}."""
    tried, left_out = [], []
    for fault in faults:
        began, held = time.monotonic(), True
        try:
            found = fault.inflict(bench.of(fault))
        except Unavailable as error:
            left_out.append({"name": fault.name, "why": str(error)})
            say(f"{fault.name}: not tried: {error}")
            continue
        except Exception as error:
            found, held = f"{type(error).__name__}: {error}" if not isinstance(error, Broke) else str(error), False
        found = " ".join(found.replace(f"{bench.folder}/", "").split())
        say(f"{fault.name}: {'held' if held else 'BROKE'}: {found}")
        seconds = round(time.monotonic() - began, 1)
        tried.append({"name": fault.name, "holds": fault.holds, "found": found, "held": held, "seconds": seconds})
    return {"faults": tried, "left_out": left_out}
