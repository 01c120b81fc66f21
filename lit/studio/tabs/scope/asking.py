"""What can be asked of an opened picture at a place: the parts of an answer, the words, the modes, the whole way.

Everything here computes, so it runs in the desk's thread; what comes out is plain data for the page.
"""

from lit.studio.languages import t
from lit.studio.tabs.scope import payload
from lit.studio.tabs.scope.opening import Opened
from lit.studio.tabs.scope.prepared import Answers
from lit.studio.tabs.scope.requests import Place, Spot
from lit.studio.work.desk import Stopped, Task

MODES = 16


def find(answers: Answers, opened: Opened, spot: Spot, part: str, view=None) -> dict[str, dict]:
    """Find a part of an answer, one of PARTS, and keep it; returns all parts that are known now.

    view: the map of the spot's place, for those who hold it. Where the spot reads may fall off on the way to its sum.
    """
    import torch

    with torch.inference_mode(False):  # the task in whose midst this is asked may be drawing
        view = opened.view(spot.place) if view is None else view
        region, found = opened.region(spot), {}
        if part == "sum":
            found["sum"] = payload.sum_of(view.contributions(region), region, view)
        if part == "reads" or part == "sum" and view.knows_field(region):
            found["reads"] = payload.reads(view.receptive_field(region))
        if part == "spreads":
            found["spreads"] = payload.spreads(view.response(region), region)
    return answers.add(spot, found)


def words(task: Task, opened: Opened, place: Place) -> dict:
    """What each word adds to the picture, in the order of the sum's words.

    On the way all parts of a step's picture are computed: from then on a spot is a matter of adding up.
    """
    view = opened.view(place, whole_way=True)
    if not place.layer:
        _cancellable(task, t("Making answers instant: part {step} of {all}"), view.prepare)
    images = _cancellable(task, t("Finding words: {step} of {all}"), view.word_images)
    return payload.words(images, view.words, place.channel)


def sweep(task: Task, opened: Opened, spot: Spot) -> dict:
    """All parts of an answer for the whole way from the noise: through all steps, so it takes its time."""
    view, region = opened.view(spot.place, whole_way=True), opened.region(spot)
    amounts = _cancellable(task, t("Adding up: step {step} of {all}"), view.contributions, region)
    field = _cancellable(task, t("Where it reads: step {step} of {all}"), view.receptive_field, region)
    response = _cancellable(task, t("Where it spreads: step {step} of {all}"), view.response, region)
    return payload.sum_of(amounts, region, view) | {
        "reads": payload.reads(field, whole_way=True),
        "spreads": payload.spreads(response, region, whole_way=True),
    }


def modes(task: Task, opened: Opened, place: Place) -> dict:
    """The strongest singular modes of a step; stopped, those found so far."""

    def tell(done, of):
        task.step(done, of, t("Round {step} of at most {all}", step=done, all=of))

    modes = opened.view(place).modes(MODES, on_progress=tell, cancelled=lambda: task.to_end)
    return payload.modes(modes, MODES)


def _cancellable(task: Task, said: str, method, *arguments):
    """Call a method of a view that reports its progress and can be stopped."""
    from lit.scope.modes import Cancelled

    def tell(done, of):
        task.step(done, of, said.format(step=done, all=of))

    try:
        return method(*arguments, on_progress=tell, cancelled=lambda: task.to_end)
    except Cancelled as cancelled:
        raise Stopped from cancelled
