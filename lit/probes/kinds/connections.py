"""Requests that never end, end early, or are larger than they say.

Got through: a page that nobody else can open meanwhile, memory that grows with what is sent, a connection that may stay
open for ever with half a request, a second request smuggled into the first.
"""

import contextlib
import json
import selectors
import socket
import ssl
import time
from collections.abc import Iterator

from lit.probes.addresses import SMALL, UPLOADS, all_of
from lit.probes.target import ATTACKER, BOUND, MEMORY, Probe, Target, bearer

MANY = 300  # connections at once
BIG = 100 * 2**20  # bytes that somebody sends
PATIENCE = 45.0  # seconds after which half a request has to be cut off


def probes(target: Target) -> Iterator[Probe]:
    began = time.monotonic()
    waiting = _open(target, MANY, b"GET / HTTP/1.1\r\nHost: %b\r\nX-A: " % target.name.encode())
    yield Probe(f"{MANY} connections with half a head", target.lives)
    silent = _open(target, MANY, b"")
    yield Probe(f"{MANY} more that say nothing", target.lives)
    body = b"POST /readings HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    slow = _open(target, MANY, body % target.name.encode())
    yield Probe(f"{MANY} more with half a body", target.lives)
    for _ in range(3):
        for one in waiting:
            with contextlib.suppress(OSError):
                one.send(b"x")
        yield Probe("one byte more of each head", target.lives)

    for name, content in _raw(target).items():
        yield Probe(name, lambda content=content: _sent(target, content))
    for name, head in {
        "a line of 200,000 bytes": b"GET /" + b"a" * 200_000,
        "a header of 10 MB": b"GET / HTTP/1.1\r\nHost: %b\r\nX-A: " % target.name.encode() + b"a" * 10_000_000,
        "100,000 headers": b"GET / HTTP/1.1\r\nHost: %b\r\n" % target.name.encode() + b"a: b\r\n" * 100_000,
    }.items():
        yield Probe(name, lambda head=head: _bounded(target, lambda: _sent(target, head)))
    paths = dict.fromkeys([*UPLOADS, *(address.path for address in all_of(target))])
    for path in paths:
        for told in ("more than is said", "endless"):
            yield Probe(f"{told}: /{path}", lambda path=path, told=told: _large(target, path, told == "endless"))
    values = {"visitor": ATTACKER, "page": "p", "number": 2, "settled": True, "values": SMALL}
    for path, fields in {"live/draw": values, "compare/begin": values, "drawings": values}.items():
        yield Probe(f"gone before the answer: /{path}", lambda path=path, fields=fields: _gone(target, path, fields))
    for path in ("gradio_api/heartbeat/a", "gradio_api/queue/data?session_hash=a", "live/speed"):
        yield Probe(f"30 half-closed streams of /{path}", lambda path=path: _half_closed(target, path))

    yield Probe("half a head is cut off", lambda: _cut_off(waiting, began))
    yield Probe("silence is cut off", lambda: _cut_off(silent, began))
    yield Probe("half a body is cut off", lambda: _cut_off(slow, began))
    for one in (*waiting, *silent, *slow):
        one.close()


def _socket(target) -> socket.socket:
    one = socket.create_connection((target.host, target.port), timeout=BOUND)
    return ssl.create_default_context().wrap_socket(one, server_hostname=target.host) if target.secure else one


def _open(target, count, content):
    found = []
    for _ in range(count):
        with contextlib.suppress(OSError):
            one = _socket(target)
            found.append(one)
            if content:
                one.sendall(content)
    return found


def _ready(connections, patience) -> list[socket.socket]:
    """Those of which something can be read within these seconds. select() knows no more than 1,024 files."""
    with selectors.DefaultSelector() as waiting:
        for one in connections:
            waiting.register(one, selectors.EVENT_READ)
        return [key.fileobj for key, _ in waiting.select(patience)]


def _raw(target) -> dict[str, bytes]:
    name = target.name.encode()
    head = b"POST /readings HTTP/1.1\r\nHost: " + name + b"\r\nContent-Type: application/json\r\n"
    second = b"GET /config HTTP/1.1\r\nHost: " + name + b"\r\nX-Smuggled: yes\r\n\r\n"
    return {
        "a length below zero": head + b"Content-Length: -1\r\n\r\n{}",
        "a length of 10^30": head + b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\n{}",
        "two lengths": head + b"Content-Length: 2\r\nContent-Length: 90\r\n\r\n{}" + second,
        "a length and chunks": head + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second,
        "chunks that are none": head + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + second,
        "a chunk of 2^64": head + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{}",
        "a chunk below zero": head + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}",
        "a header over two lines": b"GET / HTTP/1.1\r\nHost: " + name + b"\r\nX-A: b\r\n c\r\n\r\n",
        "a space before the colon": b"GET / HTTP/1.1\r\nHost : evil.example\r\n\r\n",
        "NUL in a header": b"GET / HTTP/1.1\r\nHost: " + name + b"\r\nX-A: \0\r\n\r\n",
        "lines without returns": b"GET / HTTP/1.1\nHost: evil.example\n\n",
        "HTTP 0.9": b"GET /\r\n",
        "HTTP 2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP 9.9": b"GET / HTTP/9.9\r\nHost: " + name + b"\r\n\r\n",
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 60,
        "noise": bytes(range(256)) * 40,
        "an address of another": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
        "an address with a NUL": b"GET /\0 HTTP/1.1\r\nHost: " + name + b"\r\n\r\n",
        "an address that is no UTF-8": b"GET /%ff%fe%80 HTTP/1.1\r\nHost: " + name + b"\r\n\r\n",
    }


def _sent(target, content):
    """What came back must be one answer at most, and no page under another's name."""
    got = b""
    with contextlib.suppress(OSError), _socket(target) as one:
        one.settimeout(3)
        one.sendall(content)
        while len(got) < 2_000_000 and (more := one.recv(65536)):
            got += more
    if b'"api_prefix"' in got and b"evil.example" in content + got[:0]:
        return "the page under another's name"
    if b"X-Smuggled" in content and got.count(b"HTTP/1.1 200") > 1:
        return "a second request"
    return target.lives()


def _bounded(target, act):
    answers = []
    grown = target.grown(lambda: answers.append(act()))
    return f"{grown / 2**20:,.0f} MB of memory" if grown > MEMORY // 5 else answers[0]


def _large(target, path, endless):
    """Send far more than any picture has, as one length or in chunks without end; until the studio hangs up."""
    kind = "image/png" if path in ("library/inspect", "drawings/settings") else "application/json"
    kind = "application/octet-stream" if path in ("canvas/file", "canvas/carried") else kind
    head = f"POST /{path} HTTP/1.1\r\nHost: {target.name}\r\nContent-Type: {kind}\r\nLit-Visitor: {ATTACKER}\r\n"
    head += "".join(f"{key}: {value}\r\n" for key, value in bearer(ATTACKER).items())
    head += "Transfer-Encoding: chunked\r\n\r\n" if endless else f"Content-Length: {BIG}\r\n\r\n"
    block = b"[" * 2**18
    told = b"%x\r\n%b\r\n" % (len(block), block) if endless else block

    def send():
        with contextlib.suppress(OSError), _socket(target) as one:
            one.settimeout(2)
            one.sendall(head.encode())
            for _ in range(BIG // len(block)):
                one.sendall(told)
                if _ready([one], 0) and not one.recv(65536):
                    return ""
        return ""

    return _bounded(target, send)


def _gone(target, path, fields):
    for _ in range(20):
        with contextlib.suppress(OSError):
            connection = target.connect(0.05)
            connection.request("POST", f"/{path}", json.dumps(fields), {"Content-Type": "application/json"})
            connection.close()
    return target.lives()


def _half_closed(target, path):
    head = f"GET /{path} HTTP/1.1\r\nHost: {target.name}\r\n\r\n".encode()
    open_ones = _open(target, 30, head)
    for one in open_ones:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_WR)
    through = target.lives()
    for one in open_ones:
        one.close()
    return through


def _cut_off(connections, began):
    """Whether the studio has ended each of them, at the latest PATIENCE after it began."""
    left = list(connections)
    while left:
        patience = max(0.0, began + PATIENCE - time.monotonic())
        ready = _ready(left, patience)
        if not ready:
            return f"{len(left)} connections stay open"
        for one in ready:
            try:
                over = not one.recv(65536)
            except OSError:
                over = True
            if over:
                left.remove(one)
    return ""
