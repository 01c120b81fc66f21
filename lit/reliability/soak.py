"""Many clients at once for a while: what was lost, doubled or another's, memory, fairness, times, errors."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from lit.reliability.clients import MIX, PATIENCE, Client
from lit.reliability.process import resident
from lit.reliability.tally import Tally, fairness, on_disk, spread

FLAT = 0.05  # of memory after warm-up, that it may grow
SHARE = 2.0  # times the share that a visitor may wait
WARM = 0.2  # of the time, after which memory is to be flat
SAMPLE = 1.0  # seconds between two looks at memory


def soak(
    url: str,
    home: Path,
    pid: int,
    clients: int = 50,
    seconds: float = 600.0,
    mix: Sequence[str] = MIX,
    say: Callable[[str], None] = lambda text: None,
    **options,
) -> dict:
    """Let so many clients use a studio for so long. home: its folder of data.  pid: its process.  mix: their kinds, one
    after the other.  options: of each Client. Returns the figures, as `verdicts` reads them."""
    tally, over = Tally(), threading.Event()
    several = [Client(url, number, mix[number % len(mix)], tally, over, **options) for number in range(clients)]
    threads = [threading.Thread(target=client.run, daemon=True) for client in several]
    memory: list[tuple[float, int]] = []
    began = time.monotonic()
    for thread in threads:
        thread.start()
    while (now := time.monotonic() - began) < seconds:
        memory.append((now, resident(pid)))
        if len(memory) % 60 == 0:
            failed, size = sum(tally.errors.values()), memory[-1][1] / 2**20
            say(f"{now:.0f} s: {_pictures(tally)} pictures, {size:.0f} MiB, {failed} errors")
        time.sleep(min(SAMPLE, seconds / 40))
    over.set()
    ended = time.monotonic()
    for number, thread in enumerate(threads):  # what is in the queue by now is drawn first
        thread.join(max(0.0, ended + PATIENCE - time.monotonic()))
        if number % 10 == 0:
            say(f"{time.monotonic() - ended:.0f} s after: {_waiting(tally)} pictures are still waited for")
    drained = time.monotonic() - ended
    found, broken = on_disk(home)
    lost = [one for asked in tally.kept for one in asked.pictures if asked.done is None or one not in found]
    shares = fairness(tally.kept)
    return {
        "clients": clients,
        "seconds": round(ended - began),
        "kinds": dict(sorted(tally.rounds.items())),
        "pictures": _pictures(tally),
        "drained": round(drained),
        "lost": len(lost),
        "doubled": sum(count - 1 for count in found.values()),
        "others": len(tally.others),
        "broken": len(broken),
        "memory": _flatness(memory, seconds),
        "fairness": {"visitors": len(shares), "most": round(max(shares.values(), default=0.0), 2)},
        "latencies": {kind: spread(times) for kind, times in sorted(tally.latencies.items())},
        "waits": spread([one.done - one.at for one in tally.kept if one.done is not None] or [0.0]),
        "refused": dict(tally.refused.most_common()),
        "errors": dict(tally.errors.most_common()),
    }


def verdicts(found: dict) -> list[tuple[str, str, bool]]:
    """(what must hold, what was found, whether it held) of `soak`'s figures."""
    memory, fair = found["memory"], found["fairness"]
    return [
        ("nothing that was taken on is lost", f"{found['lost']} of {found['pictures']} pictures", not found["lost"]),
        ("nothing is drawn twice", f"{found['doubled']}", not found["doubled"]),
        ("nobody gets another's picture", f"{found['others']}", not found["others"]),
        ("no broken file", f"{found['broken']}", not found["broken"]),
        (
            f"memory is flat: {FLAT:.0%} at most",
            f"{memory['warm']:.0f} MiB after warm-up, {memory['end']:.0f} at the end, {memory['most']:.0f} at most",
            memory["growth"] <= FLAT,
        ),
        (
            f"nobody waits more than {SHARE:g} times their share",
            f"{fair['most']:.2f} times, of {fair['visitors']} visitors",
            fair["most"] <= SHARE,
        ),
        ("no errors", f"{sum(found['errors'].values())}", not found["errors"]),
    ]


def _pictures(tally: Tally) -> int:
    return sum(len(asked.pictures) for asked in tally.kept)


def _waiting(tally: Tally) -> int:
    return sum(len(asked.pictures) for asked in tally.kept if asked.done is None)


def _flatness(memory: list[tuple[float, int]], seconds: float) -> dict:
    """Medians in MiB of a tenth of the time after warm-up and of the last tenth, and the growth between them."""

    def part(since: float, until: float) -> float:
        return median([size for at, size in memory if since <= at / seconds <= until] or [0]) / 2**20

    warm, end = part(WARM, WARM + 0.1), part(0.9, 1.0)
    most = max(size for _, size in memory) / 2**20
    return {"warm": round(warm), "end": round(end), "most": round(most), "growth": round(end / max(1.0, warm) - 1, 4)}
