"""Start the studio; lit/serve/start.py calls it with what answers programs.

Exit codes: 0 after Ctrl+C or SIGTERM, for they end it as they should; 2 where it cannot start, with one line that
says why.
"""

import argparse
import contextlib
import errno
import ipaddress
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lit import environment
from lit.errors import InputError, LiTError
from lit.studio.shell.ending import Ending, say
from lit.studio.shell.guards import NEARBY

CONNECTIONS = 65_536  # at most

WEIGHTS = Path(environment.__file__).parent / "weights"

if TYPE_CHECKING:
    from lit.studio.shell.app import Beside
    from lit.studio.studio import Studio
    from lit.studio.work.painters import Painter


def main(arguments: list[str] | None = None, beside: "Callable[[Studio], Beside] | None" = None) -> int:
    """Serve the page until it is told to end. beside: as `create_app` takes it. Returns the exit code."""
    environment.open_streams()
    with Ending() as ending:
        parser = argparse.ArgumentParser(prog=Path(sys.argv[0]).name, description="LiT Studio in the browser.")
        add_options(parser)
        return run(parser.parse_args(arguments), ending, beside)


def run(
    options: argparse.Namespace,
    ending: Ending,
    beside: "Callable[[Studio], Beside] | None" = None,
    painter: "Callable[[], Painter] | None" = None,
    threads: int | None = None,
    drain: float = 0.0,
) -> int:
    """The same with options as `add_options` has them.

    painter: makes who draws the jobs, as `create_app` takes it, once it is sure that there is a port.
    threads: of the pipeline in this process, None for one a core.  drain: seconds that drawings have to end in when a
    signal comes.
    """
    began = time.monotonic()
    try:
        # Taken first: a port that is in use is said at once, and a browser that comes early waits.
        listener = listen(options.host, options.port)
        url = _url(options.host, listener)
        environment.prepare(offline=options.model is None or Path(options.model).is_dir())
        if options.model is not None:
            from lit.settings import use_styles
            from lit.styles import known_to, offered

            use_styles(offered(known_to(options.model)))
        with environment.without_collecting():
            from lit.studio.shell.app import create_app, load_embedded
            from lit.studio.work import memory

            memory.give_back_early()
            app = create_app(
                lambda: load_embedded(options.model, threads),
                compare_with=options.compare_with,
                hosts=_hosts(options, listener),
                public=options.public,
                root_path=_root_path(options.root_path),
                memory=memory.limit_of(options.memory, Path(options.model or WEIGHTS)),
                beside=beside,
                painter=painter() if painter is not None else None,
            )
    except LiTError as error:
        say(" ".join(str(error).split()), sys.stderr)
        return 2
    started = f"LiT Studio is at {url} ({time.monotonic() - began:.1f} s). Ctrl+C ends it."
    return serve(app, listener, ending, started, drain)


def serve(app, listener: socket.socket, ending: Ending, started: str = "", drain: float = 0.0, **options) -> int:
    """Serve `create_app()` on the socket until a signal comes. started: a line for when it answers.  drain: seconds
    that drawings have to end in when a signal comes; a second one ends it at once.

    options: for uvicorn. Returns only if the server ends by itself, with 1.
    """
    import uvicorn

    from lit.studio.shell.connections import config

    _open_many()
    server = uvicorn.Server(config(app, log_level="warning", **options))
    # In a thread of its own, so that this one has nothing to do but listen for signals.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="lit-server", daemon=True)
    thread.start()
    if started:
        say(started)

    def over(seconds: float) -> bool:
        thread.join(seconds)
        return not thread.is_alive()

    worker = app.state.studio.worker

    def close(seconds: float):
        if drain:
            worker.drain(drain)
        # What loads the model cannot be asked to end, nor need it be.
        worker.close(0 if worker.model == "loading" else seconds)

    ending.wait(over, close)
    return 1


def _open_many():
    """As many connections as the system lets this process have: its first limit is often 1,024."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, CONNECTIONS), most))


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. host: a name or address of this machine; `::` hears IPv4 too, where the system can.
    port: 0 for any free one. Raises InputError."""
    if not 0 <= port <= 65535:
        raise InputError("port", port, "a whole number from 0 to 65535, 0 for any that is free")
    host = host.removeprefix("[").removesuffix("]")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError("host", host, f"a name or an address of this machine ({error})") from error
    family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)  # of a name with both, the older kind
    both = family == socket.AF_INET6 and ipaddress.ip_address(str(address[0]).split("%")[0]).is_unspecified
    try:
        listener = socket.create_server(address, family=family, dualstack_ipv6=both and socket.has_dualstack_ipv6())
        # Connections inherit it. asyncio sets it only where a socket names its protocol, which these do not; without
        # it an answer's body waits 40 ms until the browser has acknowledged the head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        if error.errno == errno.EADDRNOTAVAIL:
            raise InputError("host", host, f"an address of this machine ({why})") from error
        raise InputError("port", port, f"one that can be had ({why}); try --port 7861") from error


def add_options(parser: argparse.ArgumentParser):
    """Where the studio listens, what draws, and who may come."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=7860, help="port, 0 for any that is free (default: %(default)s)")
    parser.add_argument(
        "--model", metavar="DIR", type=os.path.expanduser, help="a checkpoint's folder instead of the embedded one"
    )
    parser.add_argument(
        "--compare-with",
        metavar="DIR",
        type=os.path.expanduser,
        action="append",
        default=[],
        help="a further model for Compare and Generate: a folder of ours, also of a network with another token mixer"
        " alone, or of a stock pipeline (docs/models.md); may be repeated",
    )
    parser.add_argument(
        "--memory",
        metavar="GIB",
        type=float,
        default=2,
        help="most that the program may take; what is kept for later makes room (default: %(default)g)",
    )
    parser.add_argument(
        "--allow-host",
        metavar="NAME",
        action="append",
        default=[],
        help="a name under which browsers reach it, such as studio.example behind a reverse proxy; may be repeated",
    )
    parser.add_argument(
        "--root-path", metavar="PREFIX", default="", help="its path behind a reverse proxy, such as /studio"
    )
    parser.add_argument(
        "--public",
        action="store_true",
        help="strangers share it: everyone sees their own pictures only, and programs show a key (docs/api.md)",
    )


def _url(host, listener):
    host = host.removeprefix("[").removesuffix("]")
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def _hosts(options, listener):
    """Who listens on all addresses is reached by all of them, and by the names of its network, beside those given."""
    everywhere = ipaddress.ip_address(listener.getsockname()[0].split("%")[0]).is_unspecified
    if everywhere:
        return (NEARBY, *options.allow_host)
    return (options.host, *options.allow_host)


def _root_path(path):
    if path and (not path.startswith("/") or any(mark in path for mark in "?#: ")):
        raise InputError("root-path", path, "a path such as /studio")
    return path.rstrip("/")
