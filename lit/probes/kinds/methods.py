"""Methods, ranges and headers that an address does not expect.

Got through: a change by a method that is none for it, an answer of 200 where the method is none of the address's, a
fault, or an answer that takes many times the file.
"""

from collections.abc import Iterator

from lit.probes.addresses import READ, all_of
from lit.probes.target import Answer, Probe, Target

OTHER = ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "GET", "post", "X" * 2000)
RANGES = (
    "bytes=0-0",
    "bytes=5-2",
    "bytes=-1",
    "bytes=999999999999-",
    "bytes=0-" + "9" * 400,
    "bytes=" + ",".join("0-" for _ in range(1300)),
    "bytes=" + ",".join(f"{i}-{i + 1}" for i in range(1000)),
    "bytes=--1",
    "lines=1-2",
    "bytes=0x0-",
)
OVERRIDES = ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method")


def probes(target: Target) -> Iterator[Probe]:
    for address in all_of(target):
        for method in OTHER:
            yield Probe(
                f"{method.strip()} /{address.path}",
                lambda one=address, method=method: _by(target, one.path, one.fields, method),
            )
    for path in READ:
        path = path.format("0" * 32)
        yield Probe(f"POST /{path}", lambda path=path: _by(target, path, {}, "POST"))
    for path in ("", "config", "api", "static-lit/ui.js"):
        for name in OVERRIDES:
            for method in ("DELETE", "PUT"):
                yield Probe(
                    f"{name}: {method} /{path}",
                    lambda path=path, name=name, method=method: target.wrong(target.ask(path, headers={name: method})),
                )
    for path in ("static-lit/studio.css", "static-lit/icons/icon-512.png"):
        for wanted in RANGES:
            yield Probe(f"{wanted[:40]} of /{path}", lambda path=path, wanted=wanted: _ranged(target, path, wanted))


def _by(target, path, fields, method):
    answer: Answer = target.ask(path, fields, method=method)
    if method == "GET" and answer.headers.get("content-type", "").startswith("text/html"):
        return target.wrong(answer)  # a page that has this address too
    return target.accepted(answer)


def _ranged(target, path, wanted):
    whole = len(target.ask(path).body)
    answer = target.ask(path, headers={"Range": wanted})
    if len(answer.body) > 2 * whole + 1000:
        return f"{len(answer.body)} bytes of a file of {whole}"
    return target.wrong(answer)
