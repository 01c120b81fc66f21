"""The networks' colour words and their RGB values, straight, in [0, 1]: the eight hues that people name first, and
white, black and grey for backgrounds."""

HUES = {
    "red": (0.87, 0.15, 0.15),
    "orange": (0.98, 0.53, 0.09),
    "yellow": (0.99, 0.83, 0.16),
    "green": (0.22, 0.66, 0.27),
    "blue": (0.17, 0.43, 0.91),
    "purple": (0.54, 0.26, 0.80),
    "pink": (0.97, 0.56, 0.76),
    "brown": (0.51, 0.31, 0.16),
}
GREYS = {"white": (1.0, 1.0, 1.0), "black": (0.06, 0.06, 0.07), "grey": (0.56, 0.57, 0.58)}
COLORS = {**HUES, **GREYS}
COLOR_NAMES = tuple(COLORS)
