"""Ways out of the studio's folders: in addresses, in names of pictures, in names of uploaded files.

Got through: a byte of a file that is no picture of the studio's, or an answer of 200 to what names such a file.
"""

from collections.abc import Iterator
from urllib.parse import quote

from lit.probes.addresses import KNOWN, READ, UPLOADS, all_of, leaves, put, said
from lit.probes.kinds.pictures import png
from lit.probes.target import ATTACKER, Probe, Target

UP = "../" * 12
NAMES = (
    f"{UP}etc/passwd",
    "/etc/passwd",
    "....//" * 8 + "etc/passwd",
    "..\\" * 8 + "windows\\win.ini",
    "%2e%2e%2f" * 8 + "etc%2fpasswd",
    "%252e%252e%252f" * 8 + "etc%252fpasswd",
    "..%c0%af" * 8 + "etc/passwd",
    "file:///etc/passwd",
    "/proc/self/environ",
    "../jobs.sqlite",
    "a.png\0.txt",
    "~/.ssh/id_rsa",
    "..",
    ".",
    "🦊" * 300,
)
MOUNTS = ("static-lit/", "static/", "assets/", "svelte/", "gradio_api/file=", "gradio_api/file/", "pictures/", "")
URLS = ("http://127.0.0.1:1/", "https://example.com/", "//example.com/", "ftp://example.com/", "data:text/html,x")


def probes(target: Target) -> Iterator[Probe]:
    names = [*NAMES, *([str(target.planted), f"../{target.planted.name}"] if target.planted else [])]
    for mount in MOUNTS:
        for name in names:
            for written in dict.fromkeys((_clean(name), quote(name, safe=""))):
                yield Probe(f"GET /{mount}{written}", lambda path=mount + written: _opened(target, path))
    for address in READ:
        for name in names:
            path = address.format(quote(name, safe=""))
            yield Probe(f"GET /{path}", lambda path=path: _opened(target, path))
        path = address.format(KNOWN).rpartition("/")[0] + "/" + quote(UP + "etc/passwd", safe="")
        yield Probe(f"GET /{path}", lambda path=path: _opened(target, path))
    for url in URLS:  # the studio fetches nothing for anybody
        for path in (f"gradio_api/file={url}", f"gradio_api/proxy={url}", f"gradio_api/file={quote(url, safe='')}"):
            yield Probe(f"GET /{path}", lambda path=path: target.accepted(target.ask(path)))
    for address in all_of(target):
        for way, value in leaves(address.fields):
            if isinstance(value, str):
                for name in (NAMES[0], NAMES[1]):
                    asked = put(address.fields, way, name)
                    yield Probe(
                        f"POST /{address.path} {said(way)}={name}",
                        lambda path=address.path, asked=asked: target.wrong(target.ask(path, asked)),
                    )
    for address in UPLOADS:
        for name in names:
            yield Probe(f"upload to /{address} named {name!r}", lambda a=address, n=name: _uploaded(target, a, n))
    for name in (NAMES[0], NAMES[1], "x.pkl"):
        yield Probe(f"Gradio's upload named {name!r}", lambda name=name: _multipart(target, name))


def _clean(name):
    """As it may stand in the first line of a request."""
    return "".join(letter for letter in name if 32 < ord(letter) < 127 and letter not in "\\#?")


def _opened(target, path):
    answer = target.ask(path)
    wrong = target.wrong(answer)
    harmless = answer.headers.get("content-type", "").startswith(("text/html", "image/")) or not answer.body
    return wrong or ("" if answer.refused or path in ("", "/") or harmless else f"status {answer.status}")


def _uploaded(target, address, name):
    kind = "image/png" if address in ("library/inspect", "drawings/settings") else "application/octet-stream"
    headers = {"Content-Type": kind, "Lit-Visitor": ATTACKER}
    return target.wrong(target.ask(f"{address}?name={quote(name, safe='')}", body=png(), headers=headers))


def _multipart(target, name):
    head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    body = head.encode() + png() + b"\r\n--x--\r\n"
    return target.accepted(
        target.ask("gradio_api/upload", body=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    )
