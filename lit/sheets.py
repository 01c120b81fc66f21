"""What stands side by side: pictures on one sheet, figures in one table."""

from collections.abc import Iterable, Sequence

from PIL import Image


def rows_of(images: Sequence, columns: int) -> list[Sequence]:
    """Cut a list into rows of `columns`; the last may be shorter."""
    return [images[start : start + columns] for start in range(0, len(images), columns)]


def sheet(
    rows: Sequence[Sequence[Image.Image]], place: tuple[int, int] | None = None, offset: tuple[int, int] = (0, 0)
) -> Image.Image:
    """Rows of RGBA pictures on white, as one RGB picture.

    place: width and height that each picture has to itself, in pixels; None for the first picture's own.
    offset: where in its place a picture's upper left corner lies.
    """
    width, height = place or rows[0][0].size
    page = Image.new("RGB", (width * max(map(len, rows)), height * len(rows)), "white")
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            page.paste(image, (j * width + offset[0], i * height + offset[1]), image)
    return page


def markdown_row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def markdown_table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    return "\n".join(map(markdown_row, [head, ["---"] * len(head), *rows]))


def filled(page: str, marks: tuple[str, str], *parts: str) -> str:
    """A page of Markdown with these parts, a blank line between them, in the place of what stands between two marks.
    Raises ValueError for a page without them."""
    before, rest = page.split(marks[0])
    return "\n\n".join([before + marks[0], *parts, marks[1] + rest.split(marks[1])[1]])
