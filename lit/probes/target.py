"""The studio that is probed: how it is asked, and what none of its answers may hold."""

import http.client
import json
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from lit.errors import InputError

BOUND = 30.0  # seconds after which an answer counts as none
MEMORY = 350 * 2**20  # bytes that one request may take; what a picture of the largest size that is taken needs
LARGEST = 2**26  # bytes of an answer that are read
ATTACKER = "a-stranger"
PROGRAMS = ("api/", "v1/", "sdapi/", "mcp")  # where the addresses for programs begin; who asks is said by a secret
DRAWN = (b"v1/images/", b"sdapi/v1/txt2img", b"mcp", b"api/v1/verify")  # answer when it is drawn: in the queue's turn

TRACEBACK = re.compile(rb'Traceback \(most recent call last|File \\?"[^"\n]+\\?", line \d+|site-packages')
SYSTEM_PATH = re.compile(rb"(?<![\w./:-])/(?:home|root|usr|opt|var|tmp|srv|mnt|data|app|etc)/[\w.+-]+/[\w./+-]*")
# Gradio's clients fetch a drawn file by the path of its copy, which has 256 random bits in it.
COPY = re.compile(rb"/cache/[0-9a-f]{64}/")
CONTENTS = (b"root:x:0:", b"SQLite format 3\0", b"def create_app(")  # of files that are no picture


@dataclass(frozen=True)
class Answer:
    """status: 0 where the connection ended without one.  sent: what the question said, which may come back."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float
    sent: bytes = b""

    @property
    def fields(self) -> dict:
        """The JSON object of the body, {} for anything else. NaN and Infinity are none."""
        try:
            found = json.loads(self.body, parse_constant=_no_json)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def refused(self) -> bool:
        """A status that says no, a sentence that does, or no answer at all."""
        return not 200 <= self.status < 400 or bool(self.fields.get("error"))


@dataclass(frozen=True)
class Probe:
    """run(): what got through, in words; "" for nothing."""

    name: str
    run: Callable[[], str]


@dataclass
class Target:
    """A studio at `url`.

    pid: its process where that is on this machine, so that its memory is seen.  planted: a file beside its own, with
    a mark that no answer may hold.  secrets: what else none may: another visitor's words and ids.
    """

    url: str
    pid: int | None = None
    planted: Path | None = None
    secrets: list[bytes] = field(default_factory=list)

    def __post_init__(self):
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("url", self.url, "an address such as http://127.0.0.1:7860")
        self.secure, self.host, self.name = parts.scheme == "https", parts.hostname, parts.netloc
        self.port = parts.port or (443 if self.secure else 80)
        self.root = parts.path.rstrip("/")
        if self.planted is not None:
            mark = f"planted-{secrets.token_hex(8)}"
            self.planted.write_text(mark)
            self.secrets.append(mark.encode())

    def connect(self, timeout: float = BOUND) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        return kind(self.host, self.port, timeout=timeout)

    def ask(
        self,
        path: str,
        fields: object = None,
        method: str = "",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        host: str | None = "",
        timeout: float = BOUND,
    ) -> Answer:
        """One request, as it stands: the path is not tidied up. fields: a body as JSON.  host: None for no Host."""
        told = {"Content-Type": "application/json"} if fields is not None else {}
        if path.startswith(PROGRAMS):
            told |= bearer(ATTACKER) | {"Accept": "application/json, text/event-stream"}
        told |= headers or {}
        data = json.dumps(fields).encode() if fields is not None else body
        sent = b"\n".join([path.encode(), unquote(path).encode(), data or b"", repr(told).encode(), str(host).encode()])
        connection, began = self.connect(timeout), time.monotonic()

        def answered(status=0, said=None, content=b""):
            told = {key.lower(): value for key, value in said.getheaders()} if said is not None else {}
            return Answer(status, told, content, time.monotonic() - began, sent)

        try:
            method = method or ("GET" if data is None else "POST")
            connection.putrequest(method, f"{self.root}/{_raw(path)}", skip_host=True, skip_accept_encoding=True)
            if host is not None:
                connection.putheader("Host", host or self.name)
            for key, value in told.items():
                connection.putheader(key, value.encode("latin-1", "replace"))
            if data is not None and "Content-Length" not in told and "Transfer-Encoding" not in told:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            said = connection.getresponse()
            return answered(said.status, said, said.read(LARGEST))
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, socket.timeout):
                return Answer(0, {}, b"", float("inf"), sent)
            return answered()
        finally:
            connection.close()

    # What counts as got through

    def wrong(self, answer: Answer) -> str:
        """What no answer may be or hold: a fault that was not caught, a traceback, a place on the disk, a file that is
        no picture, another visitor's words or ids, or one that comes too late. "" for none of it."""
        if answer.seconds > BOUND and not answer.sent.startswith(DRAWN):
            return f"no answer within {BOUND:g} s"
        bare = answer.body == b"Internal Server Error" and answer.sent.startswith(b"gradio_api/")  # so Gradio says no
        if answer.status >= 500 and not answer.fields.get("error") and not bare:
            return f"status {answer.status} without a sentence"
        if TRACEBACK.search(answer.body):
            return "a traceback"
        if any(content in answer.body for content in CONTENTS):
            return "a file's content"
        if any(secret in answer.body and secret not in answer.sent for secret in self.secrets):
            return "what is another's"
        for found in SYSTEM_PATH.findall(answer.body):
            if found.rstrip(b".") not in answer.sent and not COPY.search(found):
                return f"a path: {found.decode('latin-1')[:60]}"
        if answer.body and answer.headers.get("content-type", "").startswith("application/json"):
            try:
                json.loads(answer.body, parse_constant=_no_json)
            except ValueError:
                return "an answer that is no JSON"
        return ""

    def accepted(self, answer: Answer) -> str:
        """The same, and whether it was answered as if nothing were wrong with it."""
        return self.wrong(answer) or ("" if answer.refused else f"status {answer.status}")

    def lives(self) -> str:
        """ "" where the page still answers as it should."""
        answer = self.ask("")
        return self.wrong(answer) or ("" if answer.status == 200 else f"the page is gone: status {answer.status}")

    def grown(self, act: Callable[[], object]) -> int:
        """Bytes by which the studio's memory passed, during the act, what it had before; 0 where nobody can see it."""
        if self.pid is None or not Path(f"/proc/{self.pid}/clear_refs").exists():
            act()
            return 0
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # from now on the peak is counted anew
        before = self._memory("VmRSS")
        act()
        return self._memory("VmHWM") - before

    def _memory(self, line):
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return 2**62  # it has ended
        return next((int(one.split()[1]) * 1024 for one in status.splitlines() if one.startswith(line)), 2**62)


def bearer(name: str) -> dict[str, str]:
    """The header by which a program of that name is known."""
    return {"Authorization": f"Bearer the secret of {name}"}


def each(probes: dict[str, Callable[[], str]]) -> Iterator[Probe]:
    """Probes of {name: run}."""
    return (Probe(name, run) for name, run in probes.items())


def _no_json(name):
    raise ValueError(name)


def _raw(path: str) -> str:
    """What is no ASCII as browsers write it; all else as it stands."""
    return quote(path, safe="".join(chr(code) for code in range(33, 127)))
