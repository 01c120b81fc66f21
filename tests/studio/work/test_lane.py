"""Who may compute."""

import threading

from serving import wait_until

from lit.studio.work.lane import Lane


def test_who_gives_up_waiting_costs_nobody_a_turn():
    lane, order, given_up = Lane(), [], threading.Event()

    def take_turn(name):
        with lane:
            order.append(name)

    def give_up():
        assert not lane.enter(unless=given_up.is_set)
        order.append("given up")

    threads = [
        threading.Thread(target=work) for work in (lambda: take_turn("first"), give_up, lambda: take_turn("second"))
    ]
    with lane:
        for thread in threads:
            thread.start()
        given_up.set()
        wait_until(lambda: order == ["given up"])
        assert not lane.free
    for thread in threads:
        thread.join(5)
    assert sorted(order) == ["first", "given up", "second"]
    assert lane.free
    with lane:
        assert not lane.free


def test_who_waits_for_nothing_enters_at_once_whatever_would_end_the_waiting():
    lane = Lane()
    assert lane.enter(unless=lambda: True)
    lane.leave()
    assert lane.free
