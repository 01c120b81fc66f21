"""Clients of a studio: pages, programs and people who type, look closely, read slowly or vanish in the middle.

A kind is a function that does one round of what such a client does; `KINDS` is the table of them. What the studio
has taken on is told to the tally before anything is waited for, and every picture that comes is checked by its own
settings.
"""

import base64
import contextlib
import json
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from lit.reliability.tally import Asked, Drawn, Tally

THINGS = ("fox", "owl", "whale", "robot", "cactus", "crab", "castle", "violin")
PATIENCE = 1200.0  # seconds after which a client gives up what it was promised: then it counts as lost
POLL = 0.4  # seconds between two looks
BUSY = (409, 429, 503)  # statuses that say that there is no room at the moment
SEEDS = 10  # of one request: pictures of it have seeds in a row


@dataclass
class Client:
    """Somebody at the studio. number: gives them seeds of their own.  over: nobody is to begin anything new.

    size: of the pictures asked for, in pixels a side.  steps: of each.
    """

    url: str
    number: int
    kind: str
    tally: Tally
    over: threading.Event
    size: int = 256
    steps: int = 4
    visitor: str = field(default_factory=lambda: uuid.uuid4().hex)
    gradio: Any = None  # its own client of Gradio's API, once it was made
    _asked: int = 0

    def __post_init__(self):
        self.lot = random.Random(self.number)
        self.http = httpx.Client(base_url=self.url, timeout=60, headers={"Accept-Encoding": "identity"})

    def run(self):
        """Round after round until it is over."""
        time.sleep(self.lot.random())  # not all at once
        while not self.over.is_set():
            began = time.monotonic()
            try:
                if KINDS[self.kind](self) is False:
                    return  # there is nothing of that kind here
                self.tally.count(self.tally.rounds, self.kind)
                self.tally.took(self.kind, time.monotonic() - began)
            except Busy as busy:
                self.tally.count(self.tally.refused, f"{self.kind}: {busy}")
                self.over.wait(1 + self.lot.random())
            except Exception as error:
                self.tally.count(self.tally.errors, f"{self.kind}: {type(error).__name__}: {str(error)[:120]}")
                self.over.wait(1)
        self.http.close()

    def values(self, pictures: int = 1) -> tuple[dict, tuple[Drawn, ...]]:
        """Settings that nobody else asks for, and the pictures that they are."""
        seed = (self.number * 100_000 + self._asked) * SEEDS
        self._asked += 1
        prompt = f"a {self.lot.choice(THINGS)}"
        values = {"prompt": prompt, "seed": seed, "num_images_per_prompt": pictures, "num_inference_steps": self.steps}
        values |= {"width": self.size, "height": self.size}
        return values, tuple((prompt, seed + i) for i in range(pictures))

    def post(self, path: str, **fields) -> dict:
        return self.answer(self.http.post(path, json=fields))

    def answer(self, response: httpx.Response) -> dict:
        """Raises Busy where there is no room, httpx.HTTPStatusError for any other refusal."""
        if response.status_code in BUSY:
            raise Busy(str(response.status_code))
        response.raise_for_status()
        return response.json() if response.content else {}

    def promised(self, pictures: tuple[Drawn, ...], at: float) -> Asked:
        return self.tally.taken_on(Asked(self.visitor, self.kind, pictures, at))

    def follow(self, asked: Asked, job: str):
        """Wait for a job, as the page does, and check its pictures."""
        deadline = time.monotonic() + PATIENCE
        while True:
            ended = self.post("drawings/look", jobs=[job], have=[], visitor=self.visitor)["ended"]
            if ended:
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"not drawn in {PATIENCE:.0f} s")
            time.sleep(POLL)
        asked.done = time.monotonic()
        found = [one["id"] for one in ended[0]["pictures"]]
        if len(found) != len(asked.pictures):
            raise ValueError(f"{len(found)} pictures of {len(asked.pictures)}: {ended[0]['said'][:80]}")
        for name, expected in zip(found, asked.pictures, strict=True):
            self.tally.check(self.visitor, expected, self.http.get(f"pictures/{name}").raise_for_status().content)


class Busy(Exception):
    """The studio has no room at the moment, and says so."""


def page(client: Client):
    """Open the page with the stream that Gradio holds open, draw one or two pictures, look at the newest ones."""
    began = time.monotonic()
    with _heartbeat(client):
        client.http.get("/").raise_for_status()
        client.post("drawings/open", visitor=client.visitor)
        client.tally.took("page load", time.monotonic() - began)
        _draw(client, client.lot.choice((1, 1, 2)))
        client.post("drawings/recent", visitor=client.visitor)


def greedy(client: Client):
    """Ask for several drawings at once, and wait for all of them."""
    jobs = []
    for _ in range(6):
        values, pictures = client.values()
        at = time.monotonic()
        try:
            job = client.post("drawings", visitor=client.visitor, values=values)["job"]
        except Busy:
            break
        jobs.append((client.promised(pictures, at), job))
    if not jobs:
        raise Busy("503")
    for asked, job in jobs:
        client.follow(asked, job)


def typing(client: Client):
    """Let pictures follow the words; sometimes keep the last one."""
    page, (values, pictures) = uuid.uuid4().hex, client.values()
    words = str(values["prompt"])
    for number, end in enumerate((len(words) - 2, len(words), len(words)), 1):
        fields = values | {"prompt": words[:end]}
        asked = {"visitor": client.visitor, "page": page, "number": number, "settled": number == 3, "values": fields}
        response = client.http.post("live/draw", json=asked)
        if response.status_code in (202, 204):  # others come first
            raise Busy("a draft gave way")
        if response.status_code in BUSY:
            raise Busy(str(response.status_code))
        response.raise_for_status()
    name, expected = response.headers["Lit-Picture"], pictures[0]
    client.tally.check(client.visitor, expected, client.http.get(f"live/pictures/{name}").raise_for_status().content)
    if client.lot.random() < 0.3:
        at = time.monotonic()
        job = client.post("live/keep", visitor=client.visitor, picture=name)["job"]
        client.follow(client.promised(pictures, at), job)


def library(client: Client):
    """Leaf through the library, with thumbnails, and search it."""
    found = client.post("library/ask/page", visitor=client.visitor, words=client.lot.choice(("", *THINGS)))
    client.post("library/ask/choices", visitor=client.visitor)
    for one in found["pictures"][:12]:
        client.http.get(f"library/thumbnails/{one['name']}")  # 404 for one that has been thrown away
    client.over.wait(1 + client.lot.random())


def comparing(client: Client):
    """Compare two ways of drawing, and keep nothing."""
    values, pictures = client.values()
    asked = {"visitor": client.visitor, "values": values, "x": {"name": "num_inference_steps", "values": [2, 4]}}
    begun, seen, deadline = client.post("compare/begin", **asked)["id"], "", time.monotonic() + PATIENCE
    while (found := client.http.get(f"compare/drawn/{begun}", params={"seen": seen}).raise_for_status().json())[
        "active"
    ]:
        seen = str(found["version"])
        if client.over.is_set() or time.monotonic() > deadline:
            client.http.post(f"compare/drawn/{begun}/stop")
            raise Busy("a comparison gave way")
    for cell in found["cells"]:
        png = client.http.get(f"compare/pictures/{cell['id']}.png").raise_for_status().content
        client.tally.check(client.visitor, pictures[0], png)


def program(client: Client):
    """Ask through Gradio's own API, by its own client."""
    from gradio_client import Client as GradioClient

    studio = client.gradio = client.gradio or GradioClient(client.url, verbose=False)
    values, pictures = client.values()
    at = time.monotonic()
    files = studio.predict(**values, api_name="/generate")
    client.promised(pictures, at).done = time.monotonic()
    for file, expected in zip(files, pictures, strict=True):
        with open(file, "rb") as opened:
            client.tally.check(client.visitor, expected, opened.read())


def openai(client: Client):
    """Ask as OpenAI's clients do, where the studio answers them."""
    if client.http.get("v1/models").status_code == 404:
        return False
    values, pictures = client.values(client.lot.choice((1, 2)))
    asked = {"prompt": values["prompt"], "n": len(pictures), "response_format": "b64_json", "seed": values["seed"]}
    asked |= {name: values[name] for name in ("width", "height", "num_inference_steps")}
    at = time.monotonic()
    found = client.answer(client.http.post("v1/images/generations", json=asked, timeout=PATIENCE))["data"]
    client.promised(pictures, at).done = time.monotonic()
    for one, expected in zip(found, pictures, strict=True):
        client.tally.check(client.visitor, expected, base64.b64decode(one["b64_json"]))
    return True


def assistant(client: Client):
    """Call the tool `draw` by MCP, where the studio has it."""
    values, pictures = client.values()
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "draw", "arguments": values}}
    kinds = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    at = time.monotonic()
    response = client.http.post("mcp/", json=call, headers=kinds, timeout=PATIENCE)
    if response.status_code in (404, 405, 501):
        return False
    if response.status_code in BUSY:
        raise Busy(str(response.status_code))
    lines = response.raise_for_status().text.splitlines()
    told = next((line[5:] for line in lines if line.startswith("data:") and "result" in line), response.text)
    content = json.loads(told)["result"]["content"]
    images = [base64.b64decode(one["data"]) for one in content if one["type"] == "image"]
    if not images:
        raise Busy(str(content)[:80])
    client.promised(pictures, at).done = time.monotonic()
    for png, expected in zip(images, pictures, strict=True):
        client.tally.check(client.visitor, expected, png)
    return True


def slow(client: Client):
    """Read the page and a picture a little at a time."""
    with client.http.stream("GET", "/") as response:
        _sip(client, response)
    values, pictures = client.values()
    at = time.monotonic()
    job = client.post("drawings", visitor=client.visitor, values=values)["job"]
    client.follow(client.promised(pictures, at), job)
    name = client.post("drawings/shown", job=job)["pictures"][0]["id"]
    with client.http.stream("GET", f"pictures/{name}") as response:
        client.tally.check(client.visitor, pictures[0], _sip(client, response))


def vanishing(client: Client):
    """Go away in the middle of a request, then come back as a page that opens and ask what became of it."""
    sent: tuple[Drawn, ...] = ()
    for path in ("live/draw", "gradio_api/queue/join", "drawings"):
        values, sent = client.values()
        fields = {"visitor": client.visitor, "values": values, "page": client.visitor, "number": 1, "settled": True}
        _cut_off(client, path, json.dumps(fields).encode())
    client.over.wait(client.lot.random())
    opened = client.post("drawings/open", visitor=client.visitor)
    if opened["values"] and opened["values"]["seed"] == sent[0][1]:  # it was taken on before they were seen to be gone
        client.follow(client.promised(sent, time.monotonic()), opened["job"])


KINDS: dict[str, Callable[[Client], bool | None]] = {
    "page": page,
    "typing": typing,
    "library": library,
    "program": program,
    "openai": openai,
    "assistant": assistant,
    "comparing": comparing,
    "greedy": greedy,
    "slow": slow,
    "vanishing": vanishing,
}
# How many of ten clients are of which kind, in the order in which they come.
MIX = ("page", "program", "typing", "openai", "slow", "vanishing", "page", "library", "assistant", "comparing")


# In the small


def _draw(client: Client, count: int):
    values, pictures = client.values(count)
    at = time.monotonic()
    job = client.post("drawings", visitor=client.visitor, values=values)["job"]
    client.follow(client.promised(pictures, at), job)


@contextlib.contextmanager
def _heartbeat(client: Client) -> Iterator[None]:
    """The stream of events that Gradio's page holds open for as long as it is there."""
    with client.http.stream("GET", f"gradio_api/heartbeat/{uuid.uuid4().hex[:11]}"):
        yield


def _sip(client: Client, response: httpx.Response, most: int = 40) -> bytes:
    """The body, with pauses, so that it takes some seconds."""
    response.raise_for_status()
    data = bytearray()
    for number, chunk in enumerate(response.iter_raw(4096)):
        data += chunk
        if number < most:
            client.over.wait(0.05)
    return bytes(data)


def _cut_off(client: Client, path: str, body: bytes):
    """Send a request and close without reading, or send half of it."""
    parts = urlsplit(client.url)
    head = f"POST /{path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    sent = request if client.lot.random() < 0.6 else request[: len(request) // 2]
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=30) as connection:
        connection.sendall(sent)
        time.sleep(client.lot.random() * 0.3)
