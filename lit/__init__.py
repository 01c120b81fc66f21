"""LiT Studio: stickers from words, drawn by a linear diffusion transformer."""

import importlib.util
import os
import sys
from pathlib import Path

# In a checkout the kernels are a project of their own beside this package; an installation brings them along.
if importlib.util.find_spec("lit_kernels") is None:
    sys.path.append(str(Path(__file__).resolve().parents[1] / "kernels"))

# Before torch starts its threads: how long one spins for the others before it sleeps. With other work on the cores
# the default, 300,000 rounds, makes a step two to four times as long; on idle cores there is no difference.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
