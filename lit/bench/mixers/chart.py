"""Curves as a picture."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0")
Curve = Sequence[tuple[float, float]]


def chart(curves: Mapping[str, Sequence[Curve]], title: str, across: str, told: Callable[[float], str]) -> str:
    """An SVG of 720 x 360. curves: (x, y) of each line, several of one name in one colour.  across: what the greatest x
    is called.  told: a y in words."""
    points = [point for lines in curves.values() for line in lines for point in line]
    right = max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    height = max(high - low, 0.01)

    def place(x, y):
        return f"{50 + 500 * x / right:.1f},{330 - 300 * (y - low) / height:.1f}"

    parts = [
        '<path d="M50 30V330H550" fill="none" stroke="#888"/>',
        f'<text x="44" y="334" text-anchor="end">{told(low)}</text>',
        f'<text x="44" y="34" text-anchor="end">{told(low + height)}</text>',
        f'<text x="550" y="350" text-anchor="end">{escape(across)}</text>',
        f'<text x="50" y="20">{escape(title)}</text>',
    ]
    for number, (name, lines) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        parts += [
            f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{" ".join(place(*p) for p in line)}"/>'
            for line in lines
        ]
        parts.append(f'<text x="565" y="{40 + 20 * number}" fill="{colour}">{escape(name)}</text>')
    style = "font: 13px system-ui, sans-serif; background: white"
    inside = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 360" style="{style}">\n{inside}\n</svg>\n'
