"""The page of a model that knows more styles than the first eight: the others are folded away until they are wanted."""

import pytest
from access import barriers, too_wide
from conftest import make_pipeline
from playwright.sync_api import expect
from serving import Paced, serving

from lit.settings import use_styles
from lit.styles import DATA_STYLES, STYLES, in_use, offered


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    before = in_use()
    use_styles(offered(DATA_STYLES))
    pipeline = Paced(make_pipeline(text_encoder, styles=DATA_STYLES))
    with serving(lambda: pipeline, tmp_path_factory.mktemp("home")) as studio:
        yield studio
    use_styles(before)


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (375, "dark")])
def test_more_styles_unfold_and_the_chosen_one_stays_in_sight(browser, served, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(served.url)
    more = page.get_by_role("button", name="Show more styles")
    expect(more).to_have_attribute("aria-expanded", "false")
    seen = page.locator("#style-picker label:has(input)").locator("visible=true")
    expect(seen).to_have_count(1 + len(STYLES))  # and "any style"
    more.press("Enter")
    fewer = page.get_by_role("button", name="Show fewer styles")
    expect(seen).to_have_count(1 + len(offered(DATA_STYLES)))
    assert not barriers(page)
    assert too_wide(page) <= 0
    page.get_by_role("radio", name="Kawaii").check()
    fewer.click()
    expect(seen).to_have_count(2 + len(STYLES))
    expect(page.get_by_role("radio", name="Kawaii")).to_be_checked()
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("#caption")).to_contain_text("Kawaii")
    context.close()
