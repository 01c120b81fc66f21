"""The queue as its visitors steer it: pause and go on, to the front, and what strangers cannot do to each other."""

import pytest
from serving import wait_until
from store_faults import from_outside, reopened

from lit.errors import LiTError
from lit.settings import GenerationSettings
from lit.studio.work.queue import PAUSE, QUEUE, Queue

FOX = GenerationSettings("a fox", num_inference_steps=4)


def queues(store, public=False):
    news = []
    return Queue(store, public, lambda: news.append(1)), news


def added(store, *visitors):
    return [store.add(visitor, FOX).id for visitor in visitors]


def order(store) -> list[str]:
    """What is drawn, in its order, until nothing may be."""
    taken = []
    while job := store.take_next():
        taken.append(job.id)
        store.finish(job.id, "done")
    return taken


def test_a_job_goes_to_the_front_and_the_others_keep_their_order(store):
    queue, news = queues(store)
    running, one, two, three = added(store, "ann", "ann", "bob", "ann")
    assert store.take_next().id == running
    assert queue.to_front("ann", three) and news
    assert [queue.now().before[job] for job in (running, three, one, two)] == [0, 1, 2, 3]
    assert [line.job.id for line in queue.lines("ann")] == [running, three, one, two]
    (late,) = added(store, "bob")
    assert queue.to_front("ann", three)  # which it is already
    assert order(store) == [three, one, two, late]


def test_only_ones_own_waiting_job_goes_to_the_front(store):
    queue, _ = queues(store)
    running, mine, his = added(store, "ann", "ann", "bob")
    store.take_next()
    assert not any(queue.to_front("ann", job) for job in (running, his, "none"))
    store.withdraw(mine)
    assert not queue.to_front("ann", mine)


def test_among_strangers_nobody_overtakes_another(store):
    queue, _ = queues(store, public=True)
    a, b, c, d, e = added(store, "ann", "bob", "ann", "bob", "ann")
    assert queue.to_front("ann", e)
    assert [queue.now().before[job] for job in (e, b, a, d, c)] == [0, 1, 2, 3, 4]
    assert [line.job.id for line in queue.lines("bob")] == [b, d]
    assert order(store) == [e, b, a, d, c]


def test_a_pause_holds_ones_own_jobs_and_they_keep_their_turn(store):
    queue, news = queues(store)
    running, held, other = added(store, "ann", "ann", "bob")
    store.take_next()
    queue.pause("ann")
    store.finish(running, "done")
    assert queue.paused("ann") and not queue.paused("bob")
    assert [(line.job.id, line.held) for line in queue.lines("bob")] == [(held, True), (other, False)]
    assert queue.now().before[other] == 0 and [job.id for job in queue.drawn_next()] == [other]
    (late,) = added(store, "ann")
    assert (store.waiting(), store.waiting(held=True)) == (1, 2)
    assert store.take_next().id == other
    store.finish(other, "done")
    assert store.take_next() is None and not news
    queue.go_on("ann")
    assert news and order(store) == [held, late]


def test_order_and_pause_survive_a_restart(store):
    queue, _ = queues(store)
    one, two = added(store, "ann", "ann")
    queue.to_front("ann", two)
    queue.pause("ann")
    store = reopened(store)
    queue, _ = queues(store)
    assert queue.paused("ann") and store.take_next() is None
    queue.go_on("ann")
    assert order(store) == [two, one]
    store.close()


def test_a_pause_of_a_stranger_ends_by_itself_and_ones_own_does_not(store):
    shared, _ = queues(store, public=True)
    own, _ = queues(store)
    shared.pause("ann")
    own.pause("bob")
    (job, held) = added(store, "ann", "bob")
    assert store.take_next() is None
    with from_outside(store) as database:
        database.execute("UPDATE paused SET until = until - ?", (PAUSE + 1,))
    assert not shared.paused("ann") and order(store) == [job]
    shared.pause("eve")
    with from_outside(store) as database:
        assert database.execute("SELECT visitor FROM paused ORDER BY visitor").fetchall() == [("bob",), ("eve",)]
    assert store.waiting(held=True) == 1 and store.get(held).state == "queued"


def test_a_queue_has_an_end_and_what_is_held_takes_nobodys_place(store):
    queue, _ = queues(store, public=True)
    added(store, *["ann"] * QUEUE)
    with pytest.raises(LiTError, match="The queue is full: .* are waiting"):
        queue.check_room("bob")
    queue.pause("ann")
    queue.check_room("bob")
    with pytest.raises(LiTError, match="held by a pause"):
        queue.check_room("ann")
    added(store, "bob")
    with pytest.raises(LiTError, match="Too much is paused"):
        queue.pause("bob")
    assert not queue.paused("bob")
    queue.pause("ann")  # once more does no harm


def test_strangers_take_turns_however_much_one_asks_for(store):
    queue, _ = queues(store, public=True)

    def press(visitor):
        job = store.add(visitor, FOX)
        queue.place(job)
        return job.id

    greedy = [press("ann") for _ in range(4)]
    bob = press("bob")
    assert [queue.now().before[job] for job in (greedy[0], bob, greedy[1])] == [0, 1, 2]
    assert [store.take_next().id for _ in range(2)] == [greedy[0], bob]
    # Who comes later begins in the round that is under way, not in one that is over.
    cat, second = press("cat"), press("bob")
    assert order(store) == [greedy[1], cat, second, greedy[2], greedy[3]]
    # An empty queue begins anew.
    assert order(store) == [] and (press("ann"), press("bob")) == tuple(order(store))


def test_on_ones_own_studio_the_queue_is_the_order_of_asking(store):
    queue, _ = queues(store)
    jobs = [store.add(visitor, FOX) for visitor in ("ann", "ann", "bob")]
    for job in jobs:
        queue.place(job)
    assert order(store) == [job.id for job in jobs]


def test_the_queue_is_read_once_for_all_who_look_until_it_changes(store):
    queue, _ = queues(store)
    (one,) = added(store, "ann")
    seen = queue.now()
    assert queue.now() is seen and seen.before == {one: 0}
    (two,) = added(store, "bob")
    assert queue.now().before == {one: 0, two: 1}
    store.take_next()
    store.advance(one, 3, 4)
    assert [line.job.step for line in queue.now().lines] == [3, 0]
    queue.pause("bob")
    assert queue.now().lined[two].held
    with from_outside(store) as database:  # as another studio would, which says nothing
        database.execute("DELETE FROM paused")
    wait_until(lambda: not queue.now().lined[two].held)
