"""Too little memory: none to be had for a drawing, killed for it, and pages that look at everything."""

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx

from lit.reliability.faults.bench import Bench, Broke, Fault, Unavailable, Visitor, started
from lit.reliability.process import Studio, resident, until

LITTLE = 48 * 2**20  # bytes that the process may still ask the system for
VAST = {"width": 1024, "height": 1024, "output_scale": 2, "num_inference_steps": 1}
LIMIT = 2 * 2**30  # bytes that the studio takes at most where nothing is said
GROUPS = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))  # of version 1 and of version 2


def no_memory_to_be_had(bench: Bench) -> str:
    """The system gives the process no more than a little; a drawing that needs far more is asked for."""
    try:
        from resource import RLIM_INFINITY, RLIMIT_AS, prlimit
    except ImportError as error:
        raise Unavailable("no limits of other processes here") from error
    visitor = Visitor(bench)
    with started(bench) as studio:
        visitor.ask(studio)
        visitor.ended(studio)
        prlimit(studio.process.pid, RLIMIT_AS, (_virtual(studio.process.pid) + LITTLE, RLIM_INFINITY))
        vast = visitor.ask(studio, **VAST)
        said = visitor.ended(studio)[vast]["said"]
        prlimit(studio.process.pid, RLIMIT_AS, (RLIM_INFINITY, RLIM_INFINITY))
        visitor.ask(studio)
        return f"said: {said[:160]}; then {visitor.account(studio, cut_short=1)}"


def killed_for_memory(bench: Bench) -> str:
    """A control group of the kernel's ends it as soon as it takes more than it has now."""
    visitor = Visitor(bench)
    with _group() as (group, limit), started(bench) as studio:
        for _ in range(3):
            visitor.ask(studio)
        (group / "cgroup.procs").write_text(str(studio.process.pid), encoding="ascii")
        (group / limit).write_text(str(LITTLE), encoding="ascii")
        with contextlib.suppress(Broke, httpx.HTTPError):
            visitor.ask(studio, **VAST)
        if not until(lambda: studio.process.poll() is not None, 120):
            raise Broke("it was not killed: the group's limit did not hold")
    with started(bench) as studio:
        return "killed by the kernel; " + visitor.account(studio, cut_short=1, seconds=300)


def pictures_at_many_steps(bench: Bench) -> str:
    """A page of LinearScope opens picture after picture and looks at every step of each."""
    most, steps = 0, 0
    with started(bench) as studio:
        page = Scope(studio)
        for seed in range(3):
            opened = page.result("open", prompt="a fox", seed=str(seed), style="")
            for step in range(len(opened["steps"])):
                page.ask("look", drawing=opened["id"], step=step, box=[96, 96, 112, 112])
                most, steps = max(most, resident(studio.process.pid)), steps + 1
            page.result("words", drawing=opened["id"], step=0)
            most = max(most, resident(studio.process.pid))
        page.ask("look", drawing=opened["id"], step=0, box=[10, 10, 20, 20])
    if most > LIMIT:
        raise Broke(f"{most / 2**30:.2f} GiB")
    return f"3 pictures, {steps} steps: {most / 2**30:.2f} GiB at most"


class Scope:
    """LinearScope as its page asks it."""

    def __init__(self, studio: Studio):
        self._http = httpx.Client(base_url=studio.url, timeout=300)
        components = self._http.get("/config").raise_for_status().json()["components"]
        self._id = next(one["id"] for one in components if one["props"].get("elem_id") == "scope")
        self._session = uuid.uuid4().hex

    def ask(self, name: str, **fields) -> dict:
        told = {"session_hash": self._session, "component_id": self._id, "fn_name": name, "data": fields}
        found = self._http.post("gradio_api/component_server", json=told).raise_for_status().json()
        if "error" in found:
            raise Broke(f"{name}: {found['error']}")
        return found

    def result(self, name: str, **fields) -> dict:
        task = self.ask(name, **fields)["task"]
        while "result" not in (found := self.ask("progress", task=task)):
            time.sleep(0.2)
        return found["result"]


@contextlib.contextmanager
def _group() -> Iterator[tuple[Path, str]]:
    """A control group for memory, and the name of its limit."""
    for root, limit in zip(GROUPS, ("memory.limit_in_bytes", "memory.max"), strict=True):
        group = root / f"lit-{os.getpid()}"
        with contextlib.suppress(OSError):
            group.mkdir()
            try:
                if (group / limit).exists():
                    yield group, limit
                    return
            finally:
                until(lambda group=group: _removed(group), 5)
    raise Unavailable("no control group for memory can be made here")


def _removed(group: Path) -> bool:
    with contextlib.suppress(OSError):
        group.rmdir()
    return not group.exists()


def _virtual(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")


FAULTS = (
    Fault("no memory to be had", "it is said, and smaller pictures are drawn", no_memory_to_be_had),
    Fault("killed for memory", "what was answered is there", killed_for_memory),
    Fault("pictures at many steps", "LinearScope stays within 2 GiB", pictures_at_many_steps),
)
