"""A generator run in a loop: draw, add noise, draw again; and what an almost-linear RNN reads from that."""

from lit.explore.dreams.loop import Dream, Dreamer, Frames
from lit.explore.dreams.reading import Reading, in_order, medoids, read, sketch
from lit.explore.dreams.rest import Settled, settled

__all__ = ["Dream", "Dreamer", "Frames", "Reading", "Settled", "in_order", "medoids", "read", "settled", "sketch"]
