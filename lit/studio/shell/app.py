"""The studio as one ASGI application: page, worker, and the guards in front of them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lit import environment
from lit.studio.languages import Speaking
from lit.studio.shell.guards import BoundedBodies, KnownHosts, OnlyUsed, RefuseForeignSites, allowed_hosts
from lit.studio.shell.headers import SafeHeaders
from lit.studio.work.jobs import JobStore
from lit.studio.work.memory import Memory
from lit.studio.work.painters import Painter
from lit.studio.work.worker import Worker

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline
    from lit.studio.studio import Studio


class Beside(Protocol):
    """What answers on the page's own port beside it, behind the same guards: an ASGI application.

    around(page): the application in front of the page, which passes on what is not its own.
    running(): open for as long as the studio is.
    """

    def around(self, page: Any) -> Any: ...

    def running(self) -> AbstractAsyncContextManager: ...


def load_embedded(directory: str | None = None, threads: int | None = None, device: str | None = None) -> "LiTPipeline":
    """The pipeline from a folder, or the one in this repository. Imports torch, so call it behind the page.
    threads: of a processor, None for one a core; pictures are the same to the byte for the same number alone.
    device: None for what suits this machine."""
    import torch

    from lit.pipeline import LiTPipeline

    if threads is not None:
        torch.set_num_threads(threads)
    pipeline = LiTPipeline.from_pretrained(directory, device=device)
    pipeline.set_progress_bar_config(disable=True)  # the page shows the progress, not the terminal
    return pipeline


class Below:
    """ASGI middleware: the application lies at `root_path`. A path has it in front, as ASGI wants it, also where the
    proxy has taken it off: mounted applications find their own part of the path by it."""

    def __init__(self, app, root_path: str):
        self.app, self.root_path = app, root_path

    async def __call__(self, scope, receive, send):
        if self.root_path and scope["type"] in ("http", "websocket"):
            path = scope["path"]
            inside = path == self.root_path or path.startswith(f"{self.root_path}/")
            path = path if inside else self.root_path + path
            scope = scope | {"root_path": self.root_path, "path": path}
        await self.app(scope, receive, send)


def create_app(
    load_pipeline: Callable[[], "LiTPipeline"] = load_embedded,
    home: Path | None = None,
    hosts: tuple[str, ...] = (),
    public: bool = False,
    root_path: str = "",
    memory: int | None = None,
    beside: "Callable[[Studio], Beside] | None" = None,
    painter: Painter | None = None,
    framed_by: tuple[str, ...] = (),
    compare_with: Sequence[str] = (),
):
    """Build the FastAPI application; drawing starts with its lifespan.

    load_pipeline: gives the pipeline; called once, in the worker's thread.
    home: folder of jobs and pictures, `environment.data_folder()` if None. Raises LiTError if it cannot be used.
    hosts: names under which the studio may be reached, beside this machine's own.
    public: strangers share it, so that everyone sees only their own pictures.
    root_path: the page's path behind a reverse proxy, such as /studio, whether the proxy takes it off or not.
    memory: bytes that the process may take, None for no limit.
    beside: makes what answers programs (lit.serve), of the studio that it is to stand beside; None for the page alone.
    painter: who draws the jobs in another place, as `Worker` takes it.
    compare_with: folders of models that are on the list for as long as this studio runs. Raises LiTError for one that
    is none.
    framed_by: sites that may show the page in a frame, such as https://huggingface.co; else it shows in none.
    """
    # 1. What takes no time and may fail
    allowed = allowed_hosts(hosts)
    store = JobStore(home or environment.data_folder(), environment.database_url())
    worker = Worker(store, load_pipeline, public, Memory(memory), painter)
    for folder in compare_with:
        worker.models.add(folder, lent=True)

    # 2. The libraries of the page, which read their environment when they are imported
    environment.prepare_gradio(store.home / "cache")
    with environment.without_proxies(), environment.without_mcp():
        import gradio as gr
        from fastapi import FastAPI
        from starlette.middleware.gzip import GZipMiddleware
        from starlette.routing import Mount

    from lit.studio.shell import installing
    from lit.studio.shell.bodies import unclear
    from lit.studio.shell.page import RECALL_MODE, build_page
    from lit.studio.shell.scripts import MOUNT, Scripts, before_gradio, preloading
    from lit.studio.shell.theme import ASSETS, studio_css, studio_theme

    # 3. The page
    studio = build_page(store, worker, public)
    head = f"{preloading()}\n{installing.HEAD}"

    # 4. The application, with its guards in front
    others = beside(studio) if beside is not None else None

    @asynccontextmanager
    async def lifespan(app):
        worker.start()
        async with others.running() if others else nullcontext():
            yield
        worker.close()
        store.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    if others is not None:
        app.add_middleware(others.around)
    app.add_middleware(Below, root_path=root_path)
    app.add_middleware(Speaking)
    app.add_middleware(BoundedBodies)
    app.add_middleware(RefuseForeignSites)
    app.add_middleware(KnownHosts, hosts=allowed)
    app.add_middleware(SafeHeaders, framed_by=framed_by, inserted=head, before_gradio=before_gradio())
    app.add_exception_handler(UnicodeError, unclear)
    app.state.studio = studio
    app.mount(MOUNT, GZipMiddleware(Scripts()))  # these before Gradio, which takes every address
    app.routes.extend([*installing.routes(), *studio.routes])
    gr.mount_gradio_app(
        app,
        studio.blocks,
        path="/",
        root_path=root_path or None,
        theme=studio_theme(),
        css=studio_css(),
        js=RECALL_MODE,
        head=head,
        footer_links=[],
        favicon_path=str(ASSETS / "icons" / "icon-192.png"),
        run_history=False,
        enable_monitoring=False,
        max_file_size="20mb",
        ssr_mode=False,
        allowed_paths=[],
        show_error=True,
        mcp_server=False,
    )
    mount = app.routes[-1]
    assert isinstance(mount, Mount)  # as Gradio has just put it there
    mount.app = OnlyUsed(mount.app, store.home / "cache")
    return app
