"""Pictures as a table."""

from PIL import Image, ImageDraw

from lit import sheets


def sheet(rows: list[list[Image.Image]], columns: list[str], labels: list[str] | None = None, cell=128) -> Image.Image:
    """Pictures as a table over white, each column and row with its name."""
    left, top, height = (110 if labels else 0), 18, cell + 4
    page = Image.new("RGB", (left + cell * len(columns), top + height * len(rows)), "white")
    pen = ImageDraw.Draw(page)
    for j, text in enumerate(columns):
        pen.text((left + j * cell + 4, 3), text, fill="black")
    for i, text in enumerate(labels or []):
        pen.text((4, top + i * height + cell // 2), text, fill="black")
    small = [[image.convert("RGBA") for image in row] for row in rows]
    for image in (image for row in small for image in row):
        image.thumbnail((cell - 4, cell))
    page.paste(sheets.sheet(small, (cell, height)), (left, top))
    return page
