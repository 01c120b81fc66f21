"""Who is let in, and how often."""

import base64

import pytest

from lit import environment
from lit.errors import InputError
from lit.serve.callers import OWN_STUDIO, Doors
from lit.serve.errors import Refusal
from lit.serve.limits import NAMES, Allowance

SECRET = "a secret of sixteen or more"


def basic(both: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_an_allowance_is_so_much_at_once_and_as_much_again_in_a_minute():
    clock = Clock()
    allowance = Allowance(6, clock)
    assert [allowance.take("one") for _ in range(6)] == [0] * 6
    assert allowance.take("one") == pytest.approx(10)  # of six a minute, one in ten seconds
    assert allowance.take("another") == 0
    clock.now = 9.9
    assert 0 < allowance.take("one") < 1
    clock.now = 10.1
    assert allowance.take("one") == 0
    clock.now = 10_000
    assert [bool(allowance.take("one")) for _ in range(7)] == [False] * 6 + [True]


def test_what_is_more_than_a_minute_has_waits_for_a_whole_one():
    clock = Clock()
    allowance = Allowance(10, clock)
    assert allowance.take("one", 25) == 0
    assert allowance.take("one", 25) == pytest.approx(60)


def test_names_that_come_and_go_take_no_memory():
    allowance = Allowance(1, Clock())
    for number in range(NAMES + 50):
        allowance.take(str(number))
    assert len(allowance._left) == NAMES


def test_a_studio_of_ones_own_asks_nobody():
    assert Doors(public=False).caller({}, "127.0.0.1").visitor == OWN_STUDIO
    assert Doors(public=False).caller(bearer("sk-anything"), "127.0.0.1").counted == ""


@pytest.mark.parametrize("shown", [{}, bearer(""), bearer("short"), basic("a:short"), {"authorization": "Nonsense"}])
def test_a_shared_studio_wants_a_secret_that_nobody_guesses(shown):
    with pytest.raises(Refusal, match="16 characters or more") as refused:
        Doors(public=True).caller(shown, "1.2.3.4")
    assert refused.value.status == 401 and "WWW-Authenticate" in refused.value.response().headers


def test_a_secret_is_who_one_is_and_is_not_kept():
    doors = Doors(public=True)
    mine, again, others = (doors.caller(bearer(key), "1.2.3.4") for key in (SECRET, SECRET, f"{SECRET}!"))
    assert mine == again and mine.visitor != others.visitor
    assert SECRET not in mine.visitor
    assert mine.counted == others.counted == "1.2.3.4"  # secrets are free to make, addresses are not


@pytest.mark.parametrize("public", [False, True])
def test_keys_and_login_are_compared_whole(public):
    doors = Doors(public, keys=("first", "second"), login="me:word")
    for shown in (bearer("first"), bearer("second"), bearer("me:word"), basic("me:word"), basic("any:second")):
        doors.caller(shown, "")
    assert doors.caller({"x-api-key": "first"}, "") == doors.caller(bearer("first"), "")
    for shown in (
        {},
        bearer("firs"),
        bearer("first "[:-2]),
        bearer("First"),
        basic("me:wor"),
        basic("x:word"),
        bearer("me"),
    ):
        with pytest.raises(Refusal, match="LIT_API_KEY"):
            doors.caller(shown, "")
    assert doors.may_look(basic("me:word")) and not doors.may_look(bearer("first")) and not doors.may_look({})


def test_keys_and_login_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("LIT_API_KEY", " one, two,,")
    monkeypatch.setenv("LIT_LOGIN", "me:with:colons")
    assert environment.api_keys() == ("one", "two") and environment.login() == "me:with:colons"
    monkeypatch.setenv("LIT_LOGIN", "only-a-password")
    with pytest.raises(InputError, match="LIT_LOGIN") as error:
        environment.login()
    assert "only-a-password" not in str(error.value)
