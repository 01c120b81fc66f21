"""The studio as one ASGI application: page, worker, and the guards in front of them."""

import os
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

from lit.studio.shell.guards import RefuseForeignSites, allowed_hosts
from lit.studio.work.jobs import JobStore

HEADER = """
<header class="lit-header">
  <svg class="lit-logo" viewBox="0 0 48 48" aria-hidden="true">
    <path class="lit-logo-edge"
      d="M24 2a22 22 0 1 0 22 22c0-2-.3-4-.8-6C38 20 28 10 30 2.800 28 2.300 26 2 24 2z"/>
    <path class="lit-logo-sun" d="M24 5a19 19 0 1 0 19 19l-.1-2.200C34 23 25 14 26.200 5.100z"/>
    <circle cx="17" cy="24" r="2.600"/><circle cx="28" cy="26" r="2.600"/>
    <path class="lit-logo-smile" d="M15 31c3 5 10 6 14 2"/>
  </svg>
  <div>
    <h1>LiT Studio</h1>
    <p>Say what you would like. A small model on this machine draws it as a sticker.</p>
  </div>
</header>
"""


# The page follows the system's light or dark until the button says otherwise; that choice is kept.
RECALL_MODE = """() => {
  const choice = localStorage.getItem("lit-studio-mode");
  if (choice) document.body.classList.toggle("dark", choice === "dark");
}"""
SWITCH_MODE = """() => {
  const dark = document.body.classList.toggle("dark");
  localStorage.setItem("lit-studio-mode", dark ? "dark" : "light");
}"""


def default_home() -> Path:
    """Where jobs and pictures are kept: LIT_HOME, else the user's data folder."""
    if home := os.environ.get("LIT_HOME"):
        return Path(home)
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or "~/.local/share"
    return Path(base).expanduser() / "lit-studio"


def load_embedded(directory: str | None = None):
    """LiTPipeline from a folder, or the one in this repository. Imports torch, so call it behind the page."""
    # torch's threads wait for each other by spinning, on cores that the browser beside them needs: a tenth of a
    # drawing's time on two cores. Spun a thirtieth as long, they are no slower when alone. Read when torch is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    from lit.pipeline import LiTPipeline

    pipeline = LiTPipeline.from_pretrained(directory)
    pipeline.set_progress_bar_config(disable=True)  # the page shows the progress, not the terminal
    return pipeline


def create_app(
    load_pipeline: Callable[[], object] = load_embedded,
    home: Path | None = None,
    hosts: tuple[str, ...] = (),
    public: bool = False,
):
    """Build the FastAPI application; drawing starts with its lifespan.

    load_pipeline: gives the pipeline; called once, in the worker's thread.
    home: folder of jobs and pictures, `default_home()` if None. Raises LiTError if it cannot be used.
    hosts: names under which the studio may be reached, beside this machine's own.
    public: strangers share it, so that everyone sees only their own pictures.
    """
    home = Path(home or default_home()).expanduser()
    # Before Gradio is imported: no telemetry, and its copies of pictures stay in our folder.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["GRADIO_TEMP_DIR"] = str(home / "cache")
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from lit.studio.shell.scripts import MOUNT, Scripts, preloading
    from lit.studio.shell.theme import ASSETS, studio_css, studio_theme
    from lit.studio.tabs.generate.tab import Studio, build_generate
    from lit.studio.tabs.scope.tab import build_scope
    from lit.studio.work.worker import Worker

    tabs = (  # a new tab: one file, and one entry here
        ("Generate", build_generate),
        ("LinearScope", build_scope),
    )

    store = JobStore(home)
    studio = Studio(store, Worker(store, load_pipeline), public)
    with gr.Blocks(title="LiT Studio", analytics_enabled=False, delete_cache=(3600, 7 * 86400)) as blocks:
        with gr.Row(elem_id="top"):
            gr.HTML(HEADER, elem_id="header")
            mode = gr.Button("Light or dark", size="sm", elem_id="mode")
        mode.click(None, js=SWITCH_MODE, api_visibility="private")
        if len(tabs) == 1:
            tabs[0][1](studio)
        else:
            with gr.Tabs():
                for name, build in tabs:
                    with gr.Tab(name):
                        build(studio)

    @asynccontextmanager
    async def lifespan(app):
        studio.worker.start()
        yield
        studio.worker.close()
        store.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(RefuseForeignSites)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts(hosts))
    app.state.studio = studio
    app.mount(MOUNT, Scripts())  # before Gradio, which takes every address
    return gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        theme=studio_theme(),
        css=studio_css(),
        js=RECALL_MODE,
        head=preloading(),
        footer_links=["api"],
        favicon_path=str(ASSETS / "favicon.png"),
        run_history=False,
        enable_monitoring=False,
        max_file_size="20mb",
        ssr_mode=False,
        allowed_paths=[],
        show_error=True,
        mcp_server=False,
    )
