"""The LinearScope tab of a studio in which two pictures have been drawn."""

import pytest
from playwright.sync_api import Page
from scope_tab import opened, studio_with_pictures


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    with studio_with_pictures(text_encoder, tmp_path_factory) as studio:
        yield studio


@pytest.fixture
def page(context, served) -> Page:
    """The tab; whatever is done there, the browser has nothing to complain of."""
    complaints = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield opened(context, served)
    assert not complaints
