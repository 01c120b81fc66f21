"""The page is there before the model. In a file of its own: Gradio's cache is one folder a process, that of the studio
made last."""

import threading

from conftest import make_pipeline
from playwright.sync_api import expect
from serving import serving


def test_the_page_comes_before_the_model(browser, text_encoder, tmp_path):
    """It says that the model is loading, when it has loaded, and draws what was asked for meanwhile: before its scripts
    are there as well. Elsewhere nothing can be pressed that does not listen yet."""
    loaded = threading.Event()

    def load():
        assert loaded.wait(60)
        return make_pipeline(text_encoder)

    with serving(load, tmp_path) as studio:
        idle, eager = (browser.new_context().new_page() for _ in range(2))
        idle.goto(studio.url)
        expect(idle.locator("#stage")).to_contain_text("The model is loading. You need not wait")
        eager.route("**/start.js", lambda route: None)
        eager.goto(studio.url)
        eager.get_by_role("button", name="Generate").click()
        expect(eager.locator("#stage [inert]")).to_have_count(1)
        eager.unroute("**/start.js")  # lets go what it has held
        expect(eager.locator("#stage")).to_contain_text("The model is loading; yours comes first after that.")
        loaded.set()
        expect(idle.locator("#stage")).to_contain_text("Your sticker appears here")
        expect(eager.locator("#notice")).to_contain_text("Done: 1 sticker")
        idle.context.close()
        eager.context.close()
