"""Ended as a system does it, and started where another one is."""

import signal
import time

from lit.reliability.faults.bench import Bench, Broke, Fault, Visitor, refuses, started
from lit.reliability.process import until

SOON = 5.0  # seconds: one on a quiet machine


def terminate_while_drawing(bench: Bench) -> str:
    visitor = Visitor(bench)
    with started(bench) as studio:
        visitor.ask(studio, num_inference_steps=200)
        visitor.ask(studio)
        until(lambda: any(one["state"] == "running" for one in visitor.look(studio)["active"]), 30)
        began = time.monotonic()
        studio.process.send_signal(signal.SIGTERM)
        code, took = studio.wait(60), time.monotonic() - began
        if code or took > SOON or "Traceback" in studio.said:
            raise Broke(f"exit code {code} after {took:.1f} s: {studio.said[-200:]}")
    with started(bench) as studio:
        return f"ended in {took:.1f} s; " + visitor.account(studio, cut_short=1)


def port_taken(bench: Bench) -> str:
    with bench.studio() as studio:
        if not until(lambda: studio.url, 60):
            raise Broke("the first studio did not start")
        port = studio.url.rpartition(":")[2]
        return refuses(bench, "--port", port, naming="port")


def two_in_a_folder(bench: Bench) -> str:
    with bench.studio() as studio:
        if not until(lambda: studio.url, 60):
            raise Broke("the first studio did not start")
        found = refuses(bench, naming="another studio already works")
        if "error" in studio.post("drawings/open", visitor="ann"):
            raise Broke("the first studio does not answer any more")
        return found


FAULTS = (
    Fault("SIGTERM while drawing", "exit code 0 at once; what waited is drawn later", terminate_while_drawing),
    Fault("port taken", "exit code 2 and one line that says so", port_taken),
    Fault("two studios in a folder", "the second one says so, the first goes on", two_in_a_folder),
)
