"""Start LiT Studio: python app.py, then open http://127.0.0.1:7860."""

import argparse
import socket
import sys
import time


def main(arguments: list[str] | None = None) -> int:
    began = time.monotonic()
    parser = argparse.ArgumentParser(prog="python app.py", description="LiT Studio in the browser.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=7860, help="port (default: %(default)s)")
    parser.add_argument("--model", metavar="DIR", help="a checkpoint's folder instead of the embedded one")
    options = parser.parse_args(arguments)

    try:
        # Taken first: a port that is in use is said at once, and a browser that comes early waits.
        listener = socket.create_server((options.host, options.port))
    except OSError as error:
        print(f"port: got {options.host}:{options.port}; {error.strerror}; try --port 7861", file=sys.stderr)
        return 2

    import uvicorn

    from lit.errors import LiTError
    from lit.studio.shell.app import create_app, load_embedded

    try:
        # Whoever listens on all addresses wants to be reached by all names.
        hosts = ("*",) if options.host in ("0.0.0.0", "::") else (options.host,)
        app = create_app(lambda: load_embedded(options.model), hosts=hosts)
    except LiTError as error:
        print(error, file=sys.stderr)
        return 2

    url = f"http://{options.host}:{listener.getsockname()[1]}"
    print(f"LiT Studio is at {url} ({time.monotonic() - began:.1f} s). Ctrl+C ends it.", flush=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
