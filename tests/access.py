"""What every page has to keep: nobody is shut out, and nothing is wider than the window."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def barriers(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds, by its rules: the elements that shut somebody out."""
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def too_wide(page: Page) -> int:
    """By how many pixels a page goes beyond its window, 0 or less where it fits."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")
