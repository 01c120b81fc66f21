"""Put together the folder of a kernel repository on the Hugging Face Hub: python kernels/assemble.py OUT

Its layout is what the `kernels` package loads (huggingface.co/docs/kernels/kernel-requirements): a build variant for
each kind of torch, here all alike, since Triton compiles on the user's machine and everything else is plain torch. A
build has an id, by which it is imported and under which its custom operators are registered (`_ops.py`), so that
several builds can live in one process; it comes from the files' content.
"""

import argparse
import base64
import hashlib
import json
import shutil
from pathlib import Path

SOURCE = Path(__file__).parent
NAME = "lit-kernels"
VERSION = 0  # of the interface; counts up where it changes in an incompatible way, from 1 on once it is to stay
LICENSE = "apache-2.0"
BACKENDS = ("cuda", "cpu", "rocm", "xpu", "metal")  # Triton on the first, the definitions on the others
CARD = f"""---
library_name: kernels
license: {LICENSE}
tags: [kernel, triton, linear-attention]
---
"""


def sources() -> dict[str, bytes]:
    """The package's modules by their path inside it, all but the bench."""
    package = SOURCE / "lit_kernels"
    names = sorted(path.relative_to(package).as_posix() for path in package.rglob("[!.]*.py"))
    return {name: (package / name).read_bytes() for name in names if not name.startswith("bench/")}


def variant(backend: str, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files of one build variant: those of the package, with its own namespace, and metadata.json."""
    digest = hashlib.sha256(b"".join(name.encode() + b"\0" + data for name, data in files.items())).hexdigest()
    build_id = f"_{NAME.replace('-', '_')}_{backend}_{digest[:10]}"
    ours = b'NAMESPACE = "lit_kernels"'
    assert files["_ops.py"].count(ours) == 1
    files = files | {"_ops.py": files["_ops.py"].replace(ours, f'NAMESPACE = "{build_id}"'.encode())}
    metadata = {
        "name": NAME,
        "id": build_id,
        "version": VERSION,
        "license": LICENSE,
        "python-depends": [],
        "backend": {"type": backend},
        "digest": {"algorithm": "sha256", "files": {name: checksum(data) for name, data in files.items()}},
    }
    return files | {"metadata.json": json.dumps(metadata, indent=2).encode() + b"\n"}


def checksum(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def assemble(out: Path):
    """Fill `out`; an earlier build there goes first, so that what was deleted here does not live on."""
    if SOURCE.resolve().is_relative_to(out.resolve()) or out.resolve().is_relative_to(SOURCE.resolve()):
        raise SystemExit(f"out: got {out}, where the sources are; a folder of its own, such as ../{NAME}")
    shutil.rmtree(out / "build", ignore_errors=True)
    files = sources()
    for backend in BACKENDS:
        for name, data in variant(backend, files).items():
            path = out / "build" / f"torch-{backend}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    (out / "README.md").write_text(CARD + "\n" + (SOURCE / "README.md").read_text("utf-8"), "utf-8")
    shutil.copy(SOURCE.parent / "LICENSE", out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, help="the folder, made if it is not there")
    out = parser.parse_args().out
    assemble(out)
    print(f"{out} is ready: commit and push it to a kernel repository on the Hub, branch v{VERSION}.")
