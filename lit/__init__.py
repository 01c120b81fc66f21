"""LiT Studio: stickers from words, drawn by a linear diffusion transformer."""

import importlib.util
import sys
from pathlib import Path

# In a checkout the kernels are a project of their own beside this package; an installation brings them along.
if importlib.util.find_spec("lit_kernels") is None:
    sys.path.append(str(Path(__file__).resolve().parents[1] / "kernels"))

from lit.environment import prepare_torch  # noqa: E402 (beside what else has to be done first)

prepare_torch()
