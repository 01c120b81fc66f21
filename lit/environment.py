"""All that this program reads from the environment of its process, and all that it sets there for its libraries.

Read:

    LIT_HOME            the studio's folder of jobs and pictures; else lit-studio in XDG_DATA_HOME, LOCALAPPDATA or
                        ~/.local/share, the first that there is
    LIT_DATABASE        the PostgreSQL database with the list of jobs, for several studios on one LIT_HOME; else it is
                        a file there
    LIT_CACHE           the folder of rendered training data; else ~/.cache/lit-studio
    GRADIO_ROOT_PATH    the page's path behind a reverse proxy, where --root-path says nothing
    LIT_API_KEY         the keys that programs show, with commas between them (lit/serve/callers.py)
    LIT_LOGIN           user:password, without which neither page nor API is shown (lit/serve/callers.py)
    SPACE_HOST          on a Hugging Face Space, its name (spaces/app.py)
    GRADIO_SERVER_PORT  on a Hugging Face Space, its port (spaces/app.py); elsewhere it is of no use
    SPACES_ZERO_GPU     on a Hugging Face Space, true where it is lent a GPU for each drawing (lit/serve/zero.py)
    TRITON_INTERPRET    1 runs the Triton kernels on a processor, for tests (lit_kernels)

Set (when, and why):

    GOMP_SPINCOUNT      `import lit`, unless the user has: see THREADS_SPIN
    USE_TORCH, USE_TF, USE_SAFETENSORS
                        `import lit`: diffusers would leave torch or safetensors out for another program's wish
    TOKENIZERS_PARALLELISM, TRANSFORMERS_VERBOSITY, DIFFUSERS_VERBOSITY
                        `prepare`, unless the user has: what they would say is not for who draws
    HF_HUB_DISABLE_TELEMETRY, GRADIO_ANALYTICS_ENABLED
                        `prepare`: nothing is told to anyone
    HF_HUB_OFFLINE      `prepare`, unless the user has: everything needed is on this machine, so no hub is asked
    ONEDNN_MAX_CPU_ISA, ATEN_CPU_CAPABILITY, MKL_ENABLE_INSTRUCTIONS
                        `python -m lit.bench`, for a process of its own that measures with AVX2 alone
    GRADIO_TEMP_DIR     `prepare_gradio`: the page's copies of pictures stay in the studio's folder
    GRADIO_...          `prepare_gradio` removes the others: the command line says all that they could, and one that
                        is no number, say of GRADIO_SERVER_PORT, would keep the page from starting; and SPACE_ID, by
                        which the page would ask other hosts

Most are read once, when a library is imported: torch's when `lit` is, the others before that library.
"""

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from lit.errors import InputError

# How many rounds a thread of torch spins for the others before it sleeps; libgomp reads it when torch loads it. With
# other work on the cores its default of 300,000 makes a step two to four times as long; on idle cores there is no
# difference.
THREADS_SPIN = "20000"


def prepare_torch():
    """Before torch and diffusers are imported."""
    os.environ.setdefault("GOMP_SPINCOUNT", THREADS_SPIN)
    os.environ |= {"USE_TORCH": "1", "USE_TF": "0", "USE_SAFETENSORS": "1"}


def prepare(offline: bool):
    """Before transformers, diffusers and the hub's client are. offline: everything needed is on this machine."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    os.environ |= {"HF_HUB_DISABLE_TELEMETRY": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    if offline:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


def prepare_gradio(cache: Path):
    """Before Gradio is imported. cache: the folder of its copies of pictures."""
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        if name != "GRADIO_ROOT_PATH":
            del os.environ[name]
    os.environ.pop("SPACE_ID", None)  # by it Gradio's page asks huggingface.co and Google's fonts
    os.environ |= {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "GRADIO_TEMP_DIR": str(cache),
    }


@contextlib.contextmanager
def without_proxies() -> Iterator[None]:
    """Inside, no proxy is named.

    Gradio makes an HTTP client when it is imported, for what the studio never fetches; a proxy that the client does
    not speak (socks5://), or a list of exceptions that it cannot read ([::1]), would end the import. Outside the
    proxies are as the user has set them, for a model that comes from the hub.
    """
    names = ("no_proxy", "NO_PROXY")
    before = {name: os.environ.get(name) for name in names}
    os.environ |= dict.fromkeys(names, "*")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def without_mcp() -> Iterator[None]:
    """Inside, there is no package `mcp`, unless it is imported already.

    Gradio imports it wherever it is installed, for half a second, and the studio has no use of what it makes of it:
    lit.serve imports it when the first assistant asks.
    """
    hidden = "mcp" not in sys.modules
    if hidden:
        sys.modules["mcp"] = None  # type: ignore[assignment]  (which Python takes for a package that is not there)
    try:
        yield
    finally:
        if hidden:
            del sys.modules["mcp"]


def api_keys() -> tuple[str, ...]:
    """The keys of LIT_API_KEY, () for none."""
    return tuple(key for part in os.environ.get("LIT_API_KEY", "").split(",") if (key := part.strip()))


def login() -> str:
    """user:password of LIT_LOGIN, "" for none. Raises InputError for anything else."""
    found = os.environ.get("LIT_LOGIN", "")
    user, colon, password = found.partition(":")
    if found and not (user and colon and password):
        # What came is not repeated: half of it may be the password.
        raise InputError("LIT_LOGIN", "...", "a user's name and a password with a colon between them")
    return found


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Inside, nothing is looked for that could be freed: what the libraries of the page make when they are imported
    stays, and to look through it again and again takes a sixth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def open_streams():
    """Give a process without standard streams (`app.py >&-`, pythonw) empty ones.

    Libraries ask them whether they are a terminal. And the number of a closed one would go to the next file that is
    opened, such as the list of jobs, into which the first warning of a C library would then be written.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 (for as long as the process lives)


def data_folder() -> Path:
    """Where the studio keeps jobs and pictures. Raises InputError where no home is known."""
    return _folder("LIT_HOME", os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or "~/.local/share")


def database_url() -> str:
    """Where the list of jobs is, "" for a file in the data folder."""
    return os.environ.get("LIT_DATABASE", "").strip()


def cache_folder() -> Path:
    """Where rendered training data is kept. Raises InputError where no home is known."""
    return _folder("LIT_CACHE", "~/.cache")


def _folder(variable, base):
    named = os.environ.get(variable)
    try:
        return Path(named).expanduser() if named else Path(base).expanduser() / "lit-studio"
    except RuntimeError as error:  # no HOME, and nobody of this number in the list of users
        raise InputError(variable, named or "", "a folder's path, as this user's home is not known") from error
