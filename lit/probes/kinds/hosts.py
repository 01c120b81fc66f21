"""Names that are not the studio's, as a rebound DNS name would bring them.

Got through: an answer other than a refusal, or the foreign name in the page as its own.
"""

from collections.abc import Iterator

from lit.probes.target import ATTACKER, Probe, Target

FOREIGN = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "evil.example:7860",
    "127.0.0.1@evil.example",
    "evil.example#127.0.0.1",
    "evil.example/127.0.0.1",
    "[::ffff:7f00:1].evil.example",
    "xn--localhost-.example",
    "169.254.169.254.evil.example",
    "localhost.",
)
PATHS = ("", "config", "gradio_api/info", "api", "static-lit/ui.js", "live/speed")
QUESTIONS = {"readings": {"prompt": "a fox"}, "drawings/recent": {"visitor": ATTACKER}}
NAMING = ("X-Forwarded-Host", "X-Forwarded-Server", "X-Gradio-Server", "Forwarded", "X-Original-Host", "X-Host")


def probes(target: Target) -> Iterator[Probe]:
    for host in FOREIGN:
        for path in PATHS:
            yield Probe(
                f"GET /{path} of {host}", lambda path=path, host=host: target.accepted(target.ask(path, host=host))
            )
        for path, fields in QUESTIONS.items():
            yield Probe(
                f"POST /{path} of {host}",
                lambda path=path, fields=fields, host=host: target.accepted(target.ask(path, fields, host=host)),
            )
    yield Probe("no host", lambda: target.accepted(target.ask("", host=None)))
    yield Probe("two hosts", lambda: target.accepted(target.ask("", headers={"Host": "evil.example"})))
    for name in NAMING:
        yield Probe(f"{name}: evil.example", lambda name=name: _named(target, name))
    whole = "http://evil.example/"
    yield Probe("a whole address in the first line", lambda: _named(target, "X-Nothing", whole))


def _named(target, name, path=""):
    value = "host=evil.example" if name == "Forwarded" else "evil.example"
    answer = target.ask(path, headers={name: value})
    return target.wrong(answer) or ("the foreign name in the page" if b"evil.example" in answer.body else "")
