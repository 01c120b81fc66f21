"""What the libraries below read from the environment once, when they are imported: call this before torch is."""

import os


def prepare(offline: bool):
    """Set what the user has not set. offline: everything needed is on this machine, so no hub is asked."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if offline:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
