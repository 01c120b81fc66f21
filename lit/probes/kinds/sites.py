"""Other sites' pages, in the browser of who has the studio open: uploads, questions, event streams, WebSockets, frames.

Got through: an answer other than a refusal, or one that lets another site's page read it.
"""

from collections.abc import Iterator

from lit.probes.addresses import UPLOADS, all_of
from lit.probes.kinds.pictures import png
from lit.probes.target import ATTACKER, Probe, Target

EVIL = "http://evil.example"
# What a form of another site's page can send without being asked for leave, from a browser that says nothing.
PLAIN = {"Content-Type": "text/plain"}
FOREIGN = {
    "cross-site": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": EVIL},
    "no-cors": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "same-site": {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    "an origin alone": {"Origin": EVIL},
    "no origin": {"Origin": "null"},
    "a posted form": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
}
STREAMS = (f"gradio_api/queue/data?session_hash={ATTACKER}", f"gradio_api/heartbeat/{ATTACKER}", "live/speed", "config")
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def probes(target: Target) -> Iterator[Probe]:
    for address in all_of(target):
        for name, headers in FOREIGN.items():
            yield Probe(
                f"POST /{address.path}, {name}",
                lambda one=address, headers=headers: target.accepted(target.ask(one.path, one.fields, headers=headers)),
            )
        if not address.path.startswith("gradio_api/"):
            yield Probe(
                f"POST /{address.path} as plain text",
                lambda one=address: target.accepted(target.ask(one.path, one.fields, headers=PLAIN)),
            )
    for name, headers in FOREIGN.items():
        for upload in (*UPLOADS, "gradio_api/upload"):
            told = headers | {"Content-Type": "application/octet-stream", "Lit-Visitor": ATTACKER}
            yield Probe(
                f"upload to /{upload}, {name}",
                lambda upload=upload, told=told: target.accepted(target.ask(upload, body=png(), headers=told)),
            )
        if name == "a posted form":
            continue  # by GET that is a link that somebody follows
        for stream in STREAMS:
            yield Probe(
                f"GET /{stream}, {name}",
                lambda stream=stream, headers=headers: target.accepted(target.ask(stream, headers=headers, timeout=2)),
            )
        for path in ("", "gradio_api/queue/join", "gradio_api/ws", "ws"):
            yield Probe(
                f"WebSocket /{path}, {name}",
                lambda path=path, headers=headers: target.accepted(target.ask(path, headers=HANDSHAKE | headers)),
            )
    for path in ("", "config", "readings", "gradio_api/info", "drawings", "gradio_api/queue/join"):
        yield Probe(f"leave to read /{path}", lambda path=path: _leave(target, path))
    yield Probe("the page in another's frame", lambda: _framed(target))


def _leave(target, path):
    asking = {"Origin": EVIL, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for method, headers in (("OPTIONS", asking), ("GET", {"Origin": EVIL})):
        answer = target.ask(path, method=method, headers=headers)
        if answer.headers.get("access-control-allow-origin") in ("*", "null", EVIL):
            return f"leave by {method}"
    return ""


def _framed(target):
    policy = target.ask("").headers.get("content-security-policy", "")
    frames = next((part.split()[1:] for part in policy.split(";") if part.split()[:1] == ["frame-ancestors"]), ["*"])
    return "frame-ancestors " + " ".join(frames) if {"*", "http:", "https:"} & set(frames) else ""
