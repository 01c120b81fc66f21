"""LiT Studio on a Hugging Face Space: the same page, open to strangers."""

import os
import sys
from functools import partial
from pathlib import Path

from lit.environment import prepare
from lit.serve import zero
from lit.serve.beside import beside
from lit.studio.shell.app import create_app, load_embedded
from lit.studio.shell.ending import Ending
from lit.studio.shell.launch import listen, serve

# A Space is reached under its own name, which it puts into SPACE_HOST, and by the host's health checks.
# With the variable missing, only this machine is let in.
hosts = tuple(host.strip() for host in os.environ.get("SPACE_HOST", "").split(",") if host.strip())

MEMORY = 8 * 2**30  # bytes: half of the smallest Space; the rest is for the system and for what is computed

# Persistent storage, where a Space has it, is at /data; without it pictures last until the next restart.
storage = "/data" if os.access("/data", os.W_OK) else "/tmp"
home = os.environ.get("LIT_HOME") or f"{storage}/lit-studio"

port = int(os.environ.get("GRADIO_SERVER_PORT") or 7860)

prepare(offline=True)
# The Space's page at huggingface.co shows this one in a frame.
framed_by = ("https://huggingface.co",)
stands, drawing = beside, {}
if (gpu := zero.lent(Path(home))) is not None:
    # Drawings get a GPU of ZeroGPU, each for as long as it takes. All else stays on the processors, where torch now
    # says that there is a GPU.
    painter = zero.Zero(gpu, load_embedded, port)
    drawing = {"painter": painter, "load_pipeline": partial(load_embedded, device="cpu")}
    stands = lambda studio: painter.around(beside(studio))  # noqa: E731
    zero.announce()
app = create_app(
    home=Path(home),
    hosts=hosts,
    public=True,
    memory=MEMORY,
    beside=stands,
    framed_by=framed_by,
    **drawing,
)

if __name__ == "__main__":
    with Ending() as ending:
        # Behind the Space's proxy: links have to say https.
        sys.exit(serve(app, listen("0.0.0.0", port), ending, forwarded_allow_ips="*"))
