"""Pictures as a table."""

from PIL import Image, ImageDraw


def sheet(rows: list[list[Image.Image]], columns: list[str], labels: list[str] | None = None, cell=128) -> Image.Image:
    """Pictures as a table over white, each column and row with its name."""
    left, top = (110 if labels else 0), 18
    page = Image.new("RGB", (left + cell * len(columns), top + (cell + 4) * len(rows)), "white")
    pen = ImageDraw.Draw(page)
    for j, text in enumerate(columns):
        pen.text((left + j * cell + 4, 3), text, fill="black")
    for i, row in enumerate(rows):
        if labels:
            pen.text((4, top + i * (cell + 4) + cell // 2), labels[i], fill="black")
        for j, image in enumerate(row):
            image = image.convert("RGBA")
            image.thumbnail((cell - 4, cell))
            page.paste(image, (left + j * cell, top + i * (cell + 4)), image)
    return page
