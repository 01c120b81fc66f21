"""The places of drafts: the newest wins, visitors take turns."""

import pytest

from lit.errors import LiTError
from lit.settings import GenerationSettings
from lit.studio.work import drafts as drafts_module
from lit.studio.work.drafts import PAGES, SHOWN, WAITING, Drafts, Page, Picture

FOX, OWL = (GenerationSettings(prompt=words) for words in ("a fox", "an owl"))
ANN, BOB, CAT = (Page(visitor, "1") for visitor in ("ann", "bob", "cat"))


@pytest.fixture
def drafts():
    return Drafts()


def outdated(draft) -> bool:
    return draft.answer.done() and draft.answer.result() is None


def taken(drafts) -> list:
    found = []
    while draft := drafts.take():
        found.append(draft)
    return found


def picture(name) -> Picture:
    return Picture(name, FOX, {}, b"", 0.1, True)


def test_the_newest_of_a_page_wins_and_nothing_is_queued_behind_it(drafts):
    first, second, third = (drafts.ask(ANN, number, FOX) for number in (1, 2, 3))
    assert outdated(first) and outdated(second)
    assert taken(drafts) == [third]


def test_what_is_being_drawn_is_outdated_by_what_its_page_asks_for_next(drafts):
    drawing = drafts.ask(ANN, 1, FOX)
    assert drafts.take() is drawing and drawing.wanted
    drafts.ask(BOB, 1, FOX)
    assert drawing.wanted
    drafts.ask(ANN, 2, OWL)
    assert outdated(drawing)


def test_a_request_that_has_been_overtaken_is_outdated_when_it_comes(drafts):
    newer = drafts.ask(ANN, 7, FOX)
    assert outdated(drafts.ask(ANN, 6, OWL))
    assert taken(drafts) == [newer]
    assert outdated(drafts.ask(ANN, 6, OWL))
    assert not outdated(drafts.ask(ANN, 7, FOX))  # asked for again, as one that has waited for long


def test_visitors_take_turns_however_fast_one_types_and_however_many_pages_are_open(drafts):
    for number in range(3):
        for tab in "abc":
            drafts.ask(Page("ann", tab), number, FOX)
    drafts.ask(BOB, 0, FOX)
    drafts.ask(CAT, 0, FOX)
    order = []
    for number in range(3, 8):
        draft = drafts.take()
        order.append(draft.page.visitor)
        drafts.ask(Page("ann", "a"), number, OWL)  # at once again
    assert order == ["ann", "bob", "cat", "ann", "ann"]


def test_a_draft_that_is_replaced_keeps_its_turn(drafts):
    drafts.ask(ANN, 1, FOX)
    drafts.ask(BOB, 1, FOX)
    newer = drafts.ask(ANN, 2, OWL)
    assert drafts.take() is newer


def test_two_pages_of_a_visitor_do_not_outdate_each_other(drafts):
    one, other = drafts.ask(Page("ann", "1"), 5, FOX), drafts.ask(Page("ann", "2"), 1, OWL)
    assert taken(drafts) == [one, other] and one.wanted and other.wanted


def test_what_gives_way_comes_first_again_unless_there_is_something_newer(drafts):
    draft, behind = drafts.ask(ANN, 1, FOX), drafts.ask(BOB, 1, FOX)
    assert drafts.take() is draft
    drafts.put_back(draft)
    assert drafts.take() is draft
    newer = drafts.ask(ANN, 2, OWL)
    drafts.put_back(draft)
    assert outdated(draft)
    assert taken(drafts) == [newer, behind]


def test_a_draft_that_nobody_waits_for_is_not_drawn(drafts):
    left, stayed = drafts.ask(ANN, 1, FOX), drafts.ask(BOB, 1, FOX)
    left.drop()
    assert taken(drafts) == [stayed]


def test_an_answer_is_given_once(drafts):
    draft = drafts.ask(ANN, 1, FOX)
    draft.drop()
    draft.fail(LiTError("too late"))
    drafts.finish(draft, picture("late"))
    assert draft.answer.result() is None


def test_too_many_pages_are_refused_and_too_many_of_one_visitor_make_room(drafts):
    mine = [drafts.ask(Page("ann", str(tab)), 1, FOX) for tab in range(PAGES + 2)]
    assert [outdated(draft) for draft in mine] == [True] * 2 + [False] * PAGES
    for number in range(WAITING - PAGES):
        drafts.ask(Page(f"visitor {number}", "1"), 1, FOX)
    with pytest.raises(LiTError, match="Too many people draw while they type"):
        drafts.ask(BOB, 1, FOX)
    drafts.ask(Page("ann", "7"), 1, FOX)  # who has a turn anyway
    drafts.ask(Page("visitor 3", "1"), 2, FOX).drop()
    drafts.ask(BOB, 1, FOX)


def test_the_last_pictures_of_a_page_are_remembered_whatever_others_draw(drafts, monkeypatch):
    monkeypatch.setattr(drafts_module, "KEPT", 2)
    drafts.finish(drafts.ask(BOB, 1, FOX), picture("bobs"))
    for name in range(SHOWN + 1):
        drafts.finish(drafts.ask(ANN, name, FOX), picture(str(name)))
    for name in ("bobs", *map(str, range(1, SHOWN + 1))):
        assert drafts.picture(name).id == name
    with pytest.raises(LiTError, match="no longer there"):
        drafts.picture("0")
    drafts.finish(drafts.ask(CAT, 1, FOX), picture("cats"))
    with pytest.raises(LiTError, match="no longer there"):
        drafts.picture("bobs")


def test_closing_answers_everybody(drafts):
    drawing, waiting = drafts.ask(ANN, 1, FOX), drafts.ask(BOB, 1, FOX)
    drafts.take()
    drafts.close()
    assert outdated(drawing) and outdated(waiting)
    with pytest.raises(LiTError, match="closing"):
        drafts.ask(CAT, 1, FOX)
