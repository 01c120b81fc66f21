"""A disk that is full, and one that nothing can be written to. Both need a mount of their own (unshare)."""

import contextlib
import shutil
import subprocess
from pathlib import Path

from lit.reliability.faults.bench import Bench, Broke, Fault, Unavailable, Visitor, refuses, started
from lit.reliability.process import until

# Inside, the studio's folder is a file system of 16 MiB; or it is the one that is there, to be read only.
SMALL = 'mount -t tmpfs -o size=16m lit "$LIT_HOME" && exec "$@"'
READ_ONLY = 'mount --bind "$LIT_HOME" "$LIT_HOME" && mount -o remount,bind,ro "$LIT_HOME" && exec "$@"'


def full_disk(bench: Bench) -> str:
    visitor = Visitor(bench)
    with started(bench, before=_mounted(SMALL)) as studio:
        visitor.ask(studio)
        visitor.ended(studio)
        inside = Path(f"/proc/{studio.process.pid}/root{bench.home.resolve()}")
        job = visitor.ask(studio, pictures=4)  # taken on while there is room
        until(lambda: any(one["state"] == "running" for one in visitor.look(studio)["active"]), 30)
        with contextlib.suppress(OSError), (inside / "filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(65536)):
                pass
        said = ""

        def told():
            nonlocal said
            found = visitor.look(studio)
            ended = [one["said"] for one in found["ended"] if one["id"] == job]
            said = found["trouble"] or " ".join(ended)
            return said

        until(told, 60)
        refused = studio.post("drawings", visitor=visitor.name, values=bench.values()[0]).get("error", "")
        (inside / "filler").unlink()
        if not until(lambda: not visitor.look(studio)["trouble"], 60):
            raise Broke("it goes on saying that the disk is full")
        visitor.ask(studio)
        ended = visitor.ended(studio)
        shown = [one["said"] for one in ended.values()]
        if not (said or refused):
            raise Broke(f"nobody was told: {shown}")
        if any("Traceback" in one for one in shown):
            raise Broke(f"{shown}")
        shutil.copytree(inside / "pictures", bench.home / "pictures")  # as the account reads them
        return f"said: {said or refused}; then {visitor.account(studio, cut_short=1)}"


def read_only_home(bench: Bench) -> str:
    return refuses(bench, naming="LIT_HOME", before=_mounted(READ_ONLY))


def _mounted(script: str) -> list[str]:
    """A command in front of a studio that mounts something first, which nobody else sees."""
    before = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    tried = (
        subprocess.run([*before[:3], "true"], capture_output=True, text=True, check=False) if _has(before[0]) else None
    )
    if tried is None or tried.returncode:
        raise Unavailable(f"nothing can be mounted here: {tried.stderr.strip() if tried else 'no unshare'}")
    return before


def _has(program: str) -> bool:
    return shutil.which(program) is not None


FAULTS = (
    Fault("full disk", "it is said, and all goes on once there is room", full_disk),
    Fault("read-only folder", "exit code 2 and one line that says so", read_only_home),
)
