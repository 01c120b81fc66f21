"""kill -9, the way a lost battery or the kernel ends a process."""

from lit.reliability.faults.bench import Bench, Fault, Visitor, nap, started
from lit.reliability.process import until

MOMENTS = 3.0  # seconds after the first drawing is under way, within which it is killed


def kill_at_random(bench: Bench) -> str:
    """Drawings are asked for, two pictures each, and the studio is killed at any moment of drawing, saving or writing
    its list; then it is started again, and so on. What was running when it was killed may be interrupted, nothing else.
    """
    visitor = Visitor(bench)
    for _ in range(bench.times):
        with bench.studio() as studio:
            studio.ready()
            for _ in range(3):
                visitor.ask(studio, pictures=2)
            until(lambda: any(one["state"] == "running" for one in visitor.look(studio)["active"]), 30)
            nap(bench, MOMENTS)
    with started(bench) as studio:
        return f"killed {bench.times} times; " + visitor.account(studio, bench.times, 30.0 * bench.times)


def kill_while_it_starts(bench: Bench) -> str:
    """The same before the model is there, with drawings that wait: none of them is begun, so all are drawn."""
    visitor = Visitor(bench)
    with started(bench) as studio:
        studio.post("drawings/pause", visitor=visitor.name, on=True)
        for _ in range(3):
            visitor.ask(studio)
    for _ in range(max(1, bench.times // 5)):
        with bench.studio():
            nap(bench, 2 * MOMENTS)
    with started(bench) as studio:
        studio.post("drawings/pause", visitor=visitor.name, on=False)
        return visitor.account(studio)


FAULTS = (
    Fault("kill -9", "what was answered is there, nothing twice, no broken picture", kill_at_random),
    Fault("kill -9 at the start", "what waited is drawn", kill_while_it_starts),
)
