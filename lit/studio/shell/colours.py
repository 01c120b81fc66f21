"""The studio's colours, named once as pairs (light, dark), and as variables of a style sheet.

Every pair of text and ground has a contrast of 4.5 or more.
"""

PAPER = ("#fbf7ef", "#16141d")  # behind everything
CARD = ("#ffffff", "#211e2b")  # panels
FIELD = ("#fdfbf6", "#2a2636")  # inputs
LINE = ("#e4dccb", "#3b3649")  # borders
FIELD_LINE = ("#8f8672", "#807896")  # borders of inputs: 3:1 against both sides
INK = ("#231f31", "#f3eff9")  # text
SOFT_INK = ("#5d5769", "#b8b1c6")  # lesser text
SUN = ("#ffc93c", "#ffc93c")  # the one button
SUN_BRIGHT = ("#ffd666", "#ffd666")
SUN_INK = ("#2b2102", "#2b2102")  # text on it
SKY = ("#2458c5", "#9dbcff")  # links, focus, sliders
SKY_SOFT = ("#e6eefc", "#2b3350")  # behind what is chosen
CHECK = ("#f7f5fa", "#77738a")  # the checkerboard under pictures: mid grey at night, for black lines and white
CHECK_ODD = ("#e6e3ee", "#6a667c")
ALARM = ("#a3241c", "#ffb0a8")
ALARM_SOFT = ("#fdecea", "#43211f")


def colours_css(system: bool = False) -> str:
    """The colours as --lit-* variables. Dark where the page says so; with `system`, where the reader's system does."""
    named = {
        "paper": PAPER,
        "card": CARD,
        "field": FIELD,
        "field-line": FIELD_LINE,
        "line": LINE,
        "ink": INK,
        "soft-ink": SOFT_INK,
        "sun": SUN,
        "sun-bright": SUN_BRIGHT,
        "sun-ink": SUN_INK,
        "sky": SKY,
        "sky-soft": SKY_SOFT,
        "alarm": ALARM,
        "alarm-soft": ALARM_SOFT,
        "check": CHECK,
        "check-odd": CHECK_ODD,
    }
    light = "".join(f"--lit-{name}: {pair[0]};" for name, pair in named.items())
    dark = "".join(f"--lit-{name}: {pair[1]};" for name, pair in named.items())
    if system:
        return f":root {{{light}}}\n@media (prefers-color-scheme: dark) {{ :root {{{dark}}} }}\n"
    return f":root {{{light}}}\n:root.dark, .dark {{{dark}}}\n"
