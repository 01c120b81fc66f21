"""Work ahead of time: the answers of all squares of a step, so that a click on one gets everything at once.

It is done in pieces while there is nothing else to do; between two pieces others may compute.
"""

import math
from collections.abc import Iterator

from lit.errors import LiTError
from lit.studio.languages import t
from lit.studio.tabs.scope.asking import find
from lit.studio.tabs.scope.opening import CLOSED, OpenPictures
from lit.studio.tabs.scope.prepared import Answers
from lit.studio.tabs.scope.requests import PARTS, Place, Spot
from lit.studio.work.desk import Stopped, Task

SUMS = 16  # of parts that are known, in a piece
BLANK = 4  # a square with nothing in it is prepared as if it were so many times farther away


def preparing(task: Task, pictures: OpenPictures, answers: Answers, place: Place) -> Iterator[None]:
    """Find all parts of the answers of a step's squares, piece by piece; returns how many there are.

    Before that the steps beside this one are captured. Where the parts of the whole picture are known, sums are but
    for the adding, so that those of all squares come first; then the squares near the hand.
    """
    from lit.scope.drawings.regions import squares

    opened = pictures.use(place)
    view, drawing = opened.view(place), opened.drawing
    spots = [
        Spot(place, (region.left, region.top, region.right, region.bottom))
        for region in squares(drawing.size, drawing.square)
    ]

    def prepare(spot, part):
        if pictures.get(place.drawing) is not opened:
            raise LiTError(CLOSED)
        if not drawing.kept.holds(view):
            raise Stopped  # it had to make room for what somebody asked for
        find(answers, opened, spot, part, view)

    if not place.layer:
        task.said = t("Getting the steps beside this one")
        yield from _neighbours(drawing, place)
    lacking = [spot for spot in spots if len(answers.get(spot)) < len(PARTS)]
    if view.prepared:
        for number, spot in enumerate(lacking):
            if "sum" not in answers.get(spot):
                prepare(spot, "sum")
            if number % SUMS == SUMS - 1:
                yield

    opacity = drawing.image.getchannel("A")
    blank = {spot: opacity.crop(spot.box).getextrema()[1] == 0 for spot in lacking}

    def distance(spot):
        return math.dist(spot.middle, opened.near) * (BLANK if blank[spot] else 1)

    while lacking:
        task.done, task.of = len(spots) - len(lacking), len(spots)
        task.said = t("{n} of {all} squares answer at once", n=task.done, all=task.of)
        spot = min(lacking, key=distance)
        for part in PARTS:
            if part not in answers.get(spot):
                prepare(spot, part)
                yield
        lacking.remove(spot)
    return {"squares": len(spots)}


def _neighbours(drawing, place: Place) -> Iterator[None]:
    """Capture the steps before and after, in pieces: the timeline's next stop is most often one of them.

    That one stays the last to go, and nothing that somebody has asked for makes room for these.
    """
    for beside in (place.step - 1, place.step + 1):
        if not 0 <= beside < drawing.steps or not drawing.kept.roomy():
            continue
        neighbour = drawing.step(beside, path=place.path)
        drawing.step(place.step, path=place.path)
        yield
        neighbour.map.warm()
        yield
