"""The page in a browser behind a reverse proxy, below a path."""

from conftest import make_pipeline
from playwright.sync_api import expect
from proxies import through_python
from serving import serving


def test_the_page_works_below_a_path(context, text_encoder, tmp_path):
    """Every request stays below it, pictures follow the words, and both tabs are there."""
    with (
        serving(lambda: make_pipeline(text_encoder), tmp_path, root_path="/studio") as studio,
        through_python(studio.url, "/studio") as url,
    ):
        page, outside, failed = context.new_page(), [], []
        page.on(
            "request",
            lambda request: request.url.startswith((f"{url}/", "data:", "blob:")) or outside.append(request.url),
        )
        page.on("response", lambda response: response.ok or failed.append(f"{response.status} {response.url}"))
        page.goto(f"{url}/")
        page.get_by_role("button", name="Generate").click()
        expect(page.locator("#notice")).to_contain_text("Done: 1 sticker")
        expect(page.locator("#result img").first).to_be_visible()
        page.get_by_role("textbox", name="What should it be?").fill("an owl")
        expect(page.get_by_role("img", name="Live picture: an owl")).to_be_visible()
        assert page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)") == f"{url}/"
        assert page.evaluate("document.querySelector('link[rel=manifest]').href") == f"{url}/manifest.json"
        page.get_by_role("tab", name="LinearScope").click()
        expect(page.locator("#scope img").first).to_be_visible()
        assert not outside and not failed
