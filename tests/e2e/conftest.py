"""A real browser for tests: Chromium, wherever it is. Without one they are skipped, in CI they fail."""

import os
import shutil
from pathlib import Path

import pytest
from conftest import make_pipeline
from serving import PATIENCE, Paced, serving

from lit.studio.work.live import Speed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def pytest_collection_modifyitems(items):
    """All in this folder drive a browser; `make quick` leaves them out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


def chromium(playwright) -> str:
    """The browser's path: env CHROMIUM, the system's own, or playwright's; without one the test ends here."""
    if path := os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None):
        return path
    if Path(own := playwright.chromium.executable_path).exists():
        return own
    reason = "no Chromium: install it (Debian: apt install chromium), or name one in CHROMIUM"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture(scope="session")
def playwright():
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium_path(playwright) -> str:
    return chromium(playwright)


@pytest.fixture(scope="session")
def browser(playwright, chromium_path):
    # Without a sandbox, as root and containers have none to offer; only our own page is opened.
    browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture(autouse=True)
def no_page_stays(request):
    """A test that fails half-way leaves no page behind that asks on and slows down those after it."""
    yield
    if "browser" in request.fixturenames:
        for context in request.getfixturevalue("browser").contexts:
            context.close()


@pytest.fixture
def context(browser):
    """A visitor: a browser profile of its own. Nothing that a test does may be against the page's own policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(1000 * PATIENCE)
    refused = []
    context.on("console", lambda said: "Content Security Policy" in said.text and refused.append(said.text))
    yield context
    context.close()
    assert not refused


@pytest.fixture
def quick(monkeypatch):
    """Pages draw by themselves, however long a picture takes on a busy machine."""
    monkeypatch.setattr(Speed, "quick", property(lambda speed: not speed.trouble))


@pytest.fixture(scope="module")
def pipeline(text_encoder):
    """Small networks that take as long as a test wants."""
    return Paced(make_pipeline(text_encoder))


@pytest.fixture(scope="module")
def served(pipeline, tmp_path_factory):
    with serving(lambda: pipeline, tmp_path_factory.mktemp("home")) as studio:
        yield studio
