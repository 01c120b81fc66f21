"""The thread beside the drawing: questions in the middle of tasks, an end when asked, the lane shared with others."""

import threading

import pytest
from serving import wait_until

from lit.errors import InputError, LiTError
from lit.studio.work import desk as desk_module
from lit.studio.work.desk import Desk
from lit.studio.work.lane import Lane


class WatchedLane(Lane):
    """Counts who looks whether it is free, and who asks to come in."""

    looks = asked_for = 0

    def __enter__(self):
        self.asked_for += 1
        super().__enter__()

    @property
    def free(self):
        self.looks += 1
        return super().free


@pytest.fixture
def lane():
    return WatchedLane()


@pytest.fixture
def desk(lane):
    closing = threading.Event()
    desk = Desk(lane, closing.is_set)
    yield desk
    closing.set()


def steps(going: threading.Event):
    """Work that takes one small step after the other for as long as `going` is set."""

    def work(task):
        done = 0
        while going.is_set():
            done += 1
            task.step(done, 0, f"step {done}")
            task.end_if_asked()
        return {"steps": done}

    return work


@pytest.fixture
def going():
    event = threading.Event()
    event.set()
    yield event
    event.clear()


def ended(task):
    wait_until(lambda: task.ended)
    return task


def test_a_question_is_answered_in_the_middle_of_a_task_and_in_its_thread(desk, going):
    task = desk.begin(steps(going))
    wait_until(lambda: task.done > 2)
    assert desk.ask(lambda: {"thread": threading.current_thread().name}) == {"thread": "lit-desk"}
    assert not task.ended
    going.clear()
    assert ended(task).result == {"steps": task.done}


def test_a_questions_error_reaches_who_asked_and_the_thread_lives_on(desk):
    with pytest.raises(InputError, match="point: got"):
        desk.ask(lambda: (_ for _ in ()).throw(InputError("point", 1, "another")))
    assert desk.ask(lambda: {"answer": 2}) == {"answer": 2}


def test_a_task_ends_when_it_is_told_to(desk, going):
    task = desk.begin(steps(going))
    wait_until(lambda: task.done > 0)
    desk.task(task.id).stop = True
    assert ended(task).result == {"stopped": True}


def test_a_task_that_waits_can_be_stopped_before_it_begins(desk, going):
    desk.begin(steps(going))
    task = desk.begin(lambda task: {"ran": True})
    task.stop = True
    going.clear()
    assert ended(task).result == {"stopped": True}


def test_a_task_whose_page_is_gone_ends_by_itself(desk, going, monkeypatch):
    monkeypatch.setattr(desk_module, "UNSEEN", 0.2)
    kept, left, hidden = (desk.begin(steps(going)) for _ in range(3))
    desk.task(hidden.id, away=True)
    wait_until(lambda: desk.task(kept.id).done > 0 and left.to_end)
    assert not kept.ended and not hidden.to_end
    going.clear()
    assert ended(left).result == {"stopped": True}


@pytest.mark.parametrize(
    "error, said",
    [
        (InputError("steps", 0, "a whole number"), "Steps: “0” will not do. Needed: a whole number."),
        (KeyError("x"), "That failed: KeyError: 'x'"),
    ],
)
def test_what_goes_wrong_in_a_task_is_a_sentence(desk, error, said):
    def work(task):
        raise error

    assert ended(desk.begin(work)).error == said
    assert ended(desk.begin(lambda task: {"fine": True})).result == {"fine": True}


def test_a_task_that_ends_the_thread_or_says_nothing_leaves_the_desk_at_work(desk):
    def leave(task):
        raise SystemExit(1)

    assert "SystemExit" in ended(desk.begin(leave)).error
    assert ended(desk.begin(lambda task: None)).result == {}

    def no_answer(task):
        yield

    assert ended(desk.begin_ahead(no_answer)).result == {}
    assert desk.ask(lambda: {"answer": 1}) == {"answer": 1}


def pieces(done: list, count: int):
    """Work ahead in so many pieces."""

    def work(task):
        for number in range(count):
            done.append(number)
            yield
        return {"pieces": count}

    return work


def test_work_ahead_lets_tasks_and_questions_go_first(desk, lane):
    done, seen = [], []
    asking = threading.Thread(target=lambda: desk.ask(lambda: seen.append(len(done)) or {}))

    def work(task):
        asking.start()
        while not seen:  # until somebody has asked in the middle of this
            task.step(0, 0, "")
        return {"seen": len(done)}

    with lane:
        ahead = desk.begin_ahead(pieces(done, 3))
        task = desk.begin(work)
        wait_until(lambda: lane.asked_for == 2)
    assert ended(task).result == {"seen": 0}
    asking.join(5)
    assert seen == [0] and ended(ahead).result == {"pieces": 3}


def test_work_ahead_waits_until_nobody_draws(desk, lane):
    done = []
    with lane:
        ahead = desk.begin_ahead(pieces(done, 3))
        wait_until(lambda: lane.looks >= 3)
        lane.pause()  # as a drawing does after each step: nobody stands in line
        assert done == []
    assert ended(ahead).result == {"pieces": 3}


def test_works_ahead_take_turns_and_only_so_many_are_under_way(desk, lane, monkeypatch):
    monkeypatch.setattr(desk_module, "AHEAD", 2)
    with lane:
        dones = [[], [], []]
        oldest, *others = [desk.begin_ahead(pieces(done, 100)) for done in dones]
        assert ended(oldest).result == {"stopped": True} and not any(other.ended for other in others)
    wait_until(lambda: all(other.ended for other in others))
    assert [len(done) for done in dones] == [0, 100, 100]


def test_work_ahead_can_be_stopped_and_its_errors_are_said(desk, lane):
    with lane:
        stopped = desk.begin_ahead(pieces([], 3))
        stopped.stop = True
        assert ended(stopped).result == {"stopped": True}

    def wrong(task):
        yield
        raise InputError("steps", 0, "a whole number")

    assert ended(desk.begin_ahead(wrong)).error == "Steps: “0” will not do. Needed: a whole number."


def test_there_is_an_end_to_waiting(desk, going, monkeypatch):
    monkeypatch.setattr(desk_module, "WAITING", 2)
    desk.begin(steps(going))
    desk.begin(steps(going))
    with pytest.raises(LiTError, match="Too many"):
        desk.begin(steps(going))
    with pytest.raises(LiTError, match="no longer under way"):
        desk.task("nobody knows this")


def test_a_long_task_lets_others_into_the_lane(desk, lane, going):
    task = desk.begin(steps(going))
    wait_until(lambda: task.done > 0)
    for _ in range(3):
        with lane:
            done = task.done
            assert not threading.Event().wait(0.05)
            assert task.done == done  # it waits while somebody else is inside
        wait_until(lambda before=done: task.done > before)
    going.clear()
    ended(task)


def test_closing_ends_the_task_and_refuses_questions(lane, going):
    closing = threading.Event()
    desk = Desk(lane, closing.is_set)
    task = desk.begin(steps(going))
    wait_until(lambda: task.done > 0)
    closing.set()
    assert ended(task).result == {"stopped": True}
    wait_until(lambda: not any(thread.name == "lit-desk" for thread in threading.enumerate()))
    with pytest.raises(LiTError, match="closing"):
        desk.ask(lambda: {})
