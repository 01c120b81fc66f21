"""LiT Studio: stickers from words, drawn by a linear diffusion transformer."""

import os

# Before torch starts its threads: how long one spins for the others before it sleeps. With other work on the cores
# the default, 300,000 rounds, makes a step two to four times as long; on idle cores there is no difference.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
