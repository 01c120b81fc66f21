"""The page in other languages: as the browser asks, as somebody chooses; no wider than a phone, no English left."""

import pytest
from access import too_wide
from playwright.sync_api import expect

from lit.studio.languages import catalogue
from lit.studio.tabs import TABS

# What people press, and what things are called. A sticker's words and a style's name are no texts of the page.
READ = """() => [...document.querySelectorAll(
    'button:not(.lit-sticker), label, legend, summary, option, h2, h3, a, [role="tab"], [aria-label], [placeholder]')]
  .filter((one) => one.checkVisibility())
  .flatMap((one) => [one.innerText, one.getAttribute("aria-label"), one.getAttribute("placeholder"), one.title])
  .filter(Boolean).flatMap((text) => text.split("\\n")).map((text) => text.trim())"""


def left_over(page, code):
    """English texts that the language has another word for, and that are to be seen."""
    other = {text for text, said in catalogue(code).items() if text != said}
    return {text for text in page.evaluate(READ) if text in other}


@pytest.mark.slow
def test_the_page_speaks_as_chosen_and_is_nowhere_wider_than_a_phone(browser, served):
    context = browser.new_context(locale="en-US", viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(served.url)
    expect(page.get_by_role("button", name="Generate")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    for code, name in (("de", "Deutsch"), ("ja", "日本語")):
        said = catalogue(code)
        page.locator("#language select").select_option(label=name)
        expect(page.locator(f'html[lang="{code}"]')).to_have_count(1)
        for folder, tab in TABS.items():
            page.get_by_role("tab", name=said[tab], exact=True).click()
            expect(page.get_by_role("tab", name=said[tab], exact=True)).to_have_attribute("aria-selected", "true")
            if folder != "generate":
                expect(page.locator(f"#{folder} section").first).to_be_visible()
            assert too_wide(page) == 0, (code, tab)
            assert not left_over(page, code), (code, tab)
    page.reload()
    expect(page.locator('html[lang="ja"]')).to_have_count(1)
    page.get_by_role("button", name=catalogue("ja")["Generate"], exact=True).click()
    expect(page.locator("#notice")).to_contain_text("完成：ステッカー 1 枚")
    context.close()


def test_without_a_choice_the_page_speaks_as_the_browser_does(browser, served):
    context = browser.new_context(locale="es-MX")
    page = context.new_page()
    page.goto(served.url)
    expect(page.get_by_role("button", name="Dibujar", exact=True)).to_be_visible()
    expect(page.locator("#language select")).to_have_value("es")
    expect(page.locator("#stage")).to_contain_text("Aquí aparece el sticker.")
    context.close()
