"""Reading prompts: what the model will be given of what someone typed, and what has to be said about it.

Nothing here draws or needs torch, but for `lit.reading.emphasis`, which weighs embeddings and is imported by its name.
"""

from lit.reading.reading import Note, Reading, read
from lit.reading.weights import Weighted, parse_weights

__all__ = ["Note", "Reading", "Weighted", "parse_weights", "read"]
