"""Plan scenes: who takes part, where everything goes, and the words for it. A plan is the finished Composition."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lit.data.captions import NUMBER_WORDS
from lit.data.composition import Box, Composition, Layer, Part
from lit.data.palette import HUES
from lit.data.scenes import geometry
from lit.data.scenes.cast import WEATHER, Cast
from lit.data.scenes.faces import FEATURE_BOX, HEARTS_CUT, MOODS
from lit.data.scenes.grounds import GROUNDS, HORIZON
from lit.data.scenes.held_out import held_out
from lit.data.scenes.roles import ROLES
from lit.data.scenes.sentences import (
    BIG,
    MOOD_SENTENCES,
    MOOD_WORDS,
    SENTENCES,
    SMALL,
    many,
    noun,
    pick,
    said,
)
from lit.errors import InputError

SCENES = (
    "wearing", "holding", "riding", "inside", "behind", "face", "sizes", "arranged", "weather", "ground", "things",
)  # fmt: skip
TRIES = 4000  # combinations drawn before it is said that there are none
WORN = {"hat": 0.5, "glasses": 0.3, "scarf": 0.2}
RIDDEN = {"mount": 0.4, "cycle": 0.25, "board": 0.15, "car": 0.2}
ARRANGED = {"row": (3, 4, 5), "pile": (3, 6), "ring": (6, 7, 8)}
HATS = {
    "crown": geometry.Fit(0.62, 0.28), "tiara": geometry.Fit(0.6, 0.3), "top hat": geometry.Fit(0.72, 0.22),
    "woman’s hat": geometry.Fit(1.05, 0.45), "graduation cap": geometry.Fit(0.95, 0.42),
    "billed cap": geometry.Fit(0.85, 0.45), "party hat": geometry.Fit(0.45, 0.15),
    "headphone": geometry.Fit(1.06, 0.6), "headphones": geometry.Fit(1.06, 0.6),
    "military helmet": geometry.Fit(0.95, 0.5), "rescue worker’s helmet": geometry.Fit(0.95, 0.5),
}  # fmt: skip
OTHER_HAT = geometry.Fit(0.85, 0.38)


class Planner:
    """cast: who may take part.  word: the colour each sticker has (N,).  recolored: those that may be painted.
    reserved: draw the held-out combinations, and only these; else never one of them.
    """

    def __init__(self, cast: Cast, word: np.ndarray, recolored: frozenset[int], reserved: bool = False):
        self.cast, self.stickers, self.anchors, self.pairs = cast, cast.stickers, cast.anchors, cast.pairs
        self.word, self.recolored, self.reserved = word, recolored - cast.unpainted, reserved

    # Drawing lots

    def plan(self, kind: str, rng: np.random.Generator) -> Composition:
        """A scene of one of SCENES. Raises InputError where the stickers allow none."""
        return getattr(self, f"_{kind}")(rng)

    def _draw(self, kind: str, role: str, rng: np.random.Generator) -> tuple[int, int]:
        pair = self.pairs[role]
        for _ in range(TRIES if pair else 0):
            first, second = pair.draw(self.stickers, rng)
            keys = self._key(first), self._key(second)
            if keys[0] == keys[1] or self.word[first] == self.word[second] == "black":
                continue
            if held_out(kind, *(sorted(keys) if kind == "things" else keys)) == self.reserved:
                return first, second
        raise self._nothing(kind)

    def _draw_one(
        self, kind: str, role: str, words: Callable[[int], Sequence[str]], rng: np.random.Generator
    ) -> tuple[int, str]:
        """A sticker and one of the words that are there for it."""
        pair = self.pairs[role]
        for _ in range(TRIES if pair else 0):
            index = pair.first.draw(rng)
            choices = words(index)
            if choices:
                word = pick(rng, choices)
                if held_out(kind, self._key(index), word) == self.reserved:
                    return index, word
        raise self._nothing(kind)

    def _nothing(self, kind: str) -> InputError:
        which = "held-out " if self.reserved else ""
        return InputError(
            "indices", f"stickers for no {which}scene ({kind})", "stickers that fit, or a share of 0 for it"
        )

    def _some(self, shares: Mapping[str, float], rng: np.random.Generator) -> str:
        """One of those that the stickers allow."""
        there = [name for name in shares if self.pairs[name]]
        if not there:
            raise self._nothing(", ".join(shares))
        weights = np.cumsum([shares[name] for name in there])
        return there[min(int(np.searchsorted(weights, rng.random() * weights[-1], "right")), len(there) - 1)]

    def _key(self, index: int) -> str:
        return self.stickers[index].base_key

    def _color(self, index: int, share: float, rng: np.random.Generator, but: str | None = None) -> str | None:
        if index not in self.recolored or rng.random() >= share:
            return None
        names = [name for name in HUES if name not in (self.word[index], but)]
        return pick(rng, names)

    def _name(self, index: int, rng: np.random.Generator) -> str:
        return said(self.stickers[index].name, rng)

    def _two(self, indices: tuple[int, int], rng: np.random.Generator, first: float = 0.15, second: float = 0.35):
        """Names and colours of both."""
        colors = [self._color(indices[0], first, rng)]
        colors.append(self._color(indices[1], second, rng, but=colors[0]))
        return [self._name(index, rng) for index in indices], colors

    def _scene(
        self,
        kind: str,
        caption: str,
        relation: str,
        indices: Sequence[int],
        names: Sequence[str],
        boxes: Sequence[Box],
        colors: Sequence[str | None],
        layers: Sequence[Layer] = (),
        **rest,
    ) -> Composition:
        parts = tuple(
            Part(index, name, box, color) for index, name, box, color in zip(indices, names, boxes, colors, strict=True)
        )
        style = self.stickers[indices[0]].style_id
        return Composition(
            caption, style, kind, parts, **({"count": len(parts)} | rest), relation=relation, layers=tuple(layers)
        )

    def _said(self, template: str, names: Sequence[str], colors: Sequence[str | None], rng: np.random.Generator) -> str:
        article = rng.random() < 0.8
        nouns = [noun(name, article, color) for name, color in zip(names, colors, strict=True)]
        return pick(rng, SENTENCES[template]).format(**dict(zip("abc", nouns, strict=False)))

    def _layered(self, kind, template, relation, indices, boxes, order, rng) -> Composition:
        """Two things, painted in `order`."""
        names, colors = self._two(indices, rng)
        placed, _ = geometry.settle(boxes, rng)
        layers = [Layer(indices[i], placed[i], colors[i]) for i in order]
        return self._scene(
            kind, self._said(template, names, colors, rng), relation, indices, names, placed, colors, layers
        )

    # The kinds

    def _wearing(self, rng: np.random.Generator) -> Composition:
        what = self._some(WORN, rng)
        wearer, thing = both = self._draw("wearing", what, rng)
        a, b = (self.cast.aspect(i) for i in both)
        anchors, head = self.anchors, self.anchors.head[wearer]
        if what == "hat":
            fit = HATS.get(self.stickers[thing].name, OTHER_HAT)
            front = anchors.front[wearer]
            peak = None if front else anchors.peak[wearer]
            box = geometry.hat(a, b, head, anchors.crown[wearer] if front else 0.02, fit, peak)
        elif what == "glasses":
            box = geometry.glasses(a, b, head, anchors.eyes[wearer])
        else:
            small = ROLES["bows"].fits(self.stickers[thing].name)
            box = geometry.scarf(a, b, head, bool(anchors.figure[wearer]), small)
        return self._layered("wearing", what, what, both, [(0, 0, a, 1), box], (0, 1), rng)

    def _holding(self, rng: np.random.Generator) -> Composition:
        holder, thing = both = self._draw("holding", "holding", rng)
        a = self.cast.aspect(holder)
        box = geometry.held(a, self.cast.aspect(thing), self.anchors.sides[holder], rng)
        return self._layered("holding", "holding", "holding", both, [(0, 0, a, 1), box], (0, 1), rng)

    def _riding(self, rng: np.random.Generator) -> Composition:
        how = self._some(RIDDEN, rng)
        rider, mount = both = self._draw("riding", how, rng)
        a, b = (self.cast.aspect(i) for i in both)
        sunk, most = {"mount": (0.24, 0.85), "cycle": (0.30, 0.95), "board": (0.06, 3.0), "car": (0.34, 0.75)}[how]
        seat = float((self.anchors.seat if how == "mount" else self.anchors.back)[mount])
        box = geometry.rider(b, a, seat, sunk, rng, most)
        words = {"mount": "riding", "cycle": "riding", "board": "standing", "car": "driving"}[how]
        order = (1, 0) if how == "board" else (0, 1)
        return self._layered("riding", words, "riding", both, [box, (0, 0, b, 1)], order, rng)

    def _inside(self, rng: np.random.Generator) -> Composition:
        thing, container = both = self._draw("inside", "inside", rng)
        a, b = (self.cast.aspect(i) for i in both)
        opened = container in self.cast.opened
        box, rim, sag = geometry.inside(b, a, float(self.anchors.back[container]), opened, rng)
        names, colors = self._two(both, rng)
        placed, (scale, _, y) = geometry.settle([box, (0, 0, b, 1)], rng)
        behind = Layer(thing, placed[0], colors[0], rim=(scale * rim + y, scale * sag) if opened else None)
        front = Layer(container, placed[1], colors[1])
        layers = (front, behind) if opened else (behind, front)
        caption = self._said("inside", names, colors, rng)
        return self._scene("inside", caption, "in", both, names, placed, colors, layers)

    def _behind(self, rng: np.random.Generator) -> Composition:
        how = "peeking" if self.pairs["peeking"] and rng.random() < 0.45 else "behind"
        far, near = both = self._draw("behind", how, rng)
        a, b = (self.cast.aspect(i) for i in both)
        if how == "peeking":
            top, sideways = float(self.anchors.back[near]), bool(rng.random() < 0.3)
            box = geometry.peeking(b, a, top, sideways, rng)
            return self._layered("behind", "peeking", "peeking", both, [box, (0, 0, b, 1)], (0, 1), rng)
        boxes = [geometry.behind(b, a, rng), (0.0, 0.0, b, 1.0)]
        if rng.random() < 0.5:
            return self._layered("behind", "behind", "behind", both, boxes, (0, 1), rng)
        return self._layered("behind", "in front of", "in front of", both[::-1], boxes[::-1], (1, 0), rng)

    def _face(self, rng: np.random.Generator) -> Composition:
        def moods(index: int) -> list[str]:
            style = self.stickers[index].style
            there = [mood for mood, names in MOODS.items() if any((style, name) in self.cast.faces for name in names)]
            unseen = self.word[index] in ("red", "pink") or style in HEARTS_CUT  # hearts for eyes
            return [mood for mood in there if mood != "in love" or not unseen]

        thing, mood = self._draw_one("face", "face", moods, rng)
        style = self.stickers[thing].style
        face = pick(rng, [i for name in MOODS[mood] for i in self.cast.faces.get((style, name), [])])
        color = self._color(thing, 0.3 if mood != "in love" else 0, rng)
        name, aspect = self._name(thing, rng), self.cast.aspect(thing)
        (box,), (scale, _, _) = geometry.settle([(0, 0, aspect, 1)], rng)
        x, y, side = self.anchors.room[thing]
        # A disc of which the part with the features fills the room
        left, top, right, bottom = FEATURE_BOX
        disc = side * max(aspect, 1) * scale / (right - left)
        middle = box[0] + x * (box[2] - box[0]), box[1] + y * (box[3] - box[1])
        own = self.cast.aspect(face)
        high = disc / max(own, 1)
        wide = high * own
        corner = middle[0] - (left + right) / 2 * wide, middle[1] - (top + bottom) / 2 * high
        features = Layer(face, (*corner, corner[0] + wide, corner[1] + high), features=True)
        mood_word = pick(rng, MOOD_WORDS[mood])
        template = pick(rng, MOOD_SENTENCES)
        article = rng.random() < 0.8
        caption = template.format(
            mood=noun(name, article, mood_word, color),
            plain=noun(name, article, color),
            face=noun("face", article, mood_word),
        )
        layers = (Layer(thing, box, color), features)
        return self._scene("face", caption, mood, [thing], [name], [box], [color], layers)

    def _sizes(self, rng: np.random.Generator) -> Composition:
        both = self._draw("sizes", "sizes", rng)
        boxes, _ = geometry.settle(list(geometry.big_and_small(*(self.cast.aspect(i) for i in both), rng)), rng)
        names, colors = self._two(both, rng, 0.2, 0.2)
        words = [pick(rng, BIG), pick(rng, SMALL)]
        if rng.random() < 0.25:  # one of them says it
            words[int(rng.integers(2))] = None
        article = rng.random() < 0.85
        nouns = [noun(name, article, *adjectives) for name, *adjectives in zip(names, words, colors, strict=True)]
        caption = pick(rng, SENTENCES["sizes"]).format(a=nouns[0], b=nouns[1])
        return self._scene("sizes", caption, "sizes", both, names, boxes, colors)

    def _arranged(self, rng: np.random.Generator) -> Composition:
        index, how = self._draw_one("arranged", "counted", lambda i: tuple(ARRANGED), rng)
        count = pick(rng, ARRANGED[how])
        boxes = getattr(geometry, how)(count, self.cast.aspect(index), rng)
        boxes, _ = geometry.settle(boxes, rng)
        color, name = self._color(index, 0.25, rng), self._name(index, rng)
        number = NUMBER_WORDS.get(count, str(count))
        caption = pick(rng, SENTENCES[how]).format(many=many(name, color), number=number)
        return self._scene("arranged", caption, how, [index] * count, [name] * count, boxes, [color] * count)

    def _weather(self, rng: np.random.Generator) -> Composition:
        def there(index: int) -> list[str]:
            style = self.stickers[index].style
            return [
                word for word, both in WEATHER.items() if any((style, name) in self.cast.effects for name in both[0])
            ]

        index, word = self._draw_one("weather", "any", there, rng)
        style, aspect = self.stickers[index].style, self.cast.aspect(index)
        scattered, above = (
            [i for name in names for i in self.cast.effects.get((style, name), [])] for names in WEATHER[word]
        )
        color, name = self._color(index, 0.2, rng), self._name(index, rng)
        if above and rng.random() < 0.45:
            cloud = pick(rng, above)
            wide = 1.1 * max(aspect, 0.9)
            high = wide / self.cast.aspect(cloud)
            boxes, _ = geometry.settle(
                [(0, 0, aspect, 1), (aspect / 2 - wide / 2, 0.08 - high, aspect / 2 + wide / 2, 0.08)], rng
            )
            layers = [Layer(cloud, boxes[1]), Layer(index, boxes[0], color)]
        else:
            boxes, _ = geometry.settle([(0, 0, aspect, 1)], rng, rng.uniform(0.6, 0.75))
            around = Layer(pick(rng, scattered), (0, 0, 1, 1), scattered=int(rng.integers(4, 7)))
            layers = [around, Layer(index, boxes[0], color)]
        caption = self._said(word, [name], [color], rng)
        return self._scene("weather", caption, word, [index], [name], boxes[:1], [color], layers)

    def _ground(self, rng: np.random.Generator) -> Composition:
        role = "afloat" if self.pairs["afloat"] and rng.random() < 0.2 else "placed"
        grounds = ("sea",) if role == "afloat" else tuple(GROUNDS)
        index, ground = self._draw_one("ground", role, lambda i: grounds, rng)
        aspect = self.cast.aspect(index)
        high = rng.uniform(0.5, 0.66) * min(1.0, 1.3 / aspect)
        wide = high * aspect
        x, y = 0.5 + rng.uniform(-0.06, 0.06), HORIZON + rng.uniform(0.08, 0.14) - high / 2
        if ground == "night":
            y = 0.5
        box = geometry.about(x, y, wide, high)
        color, name = self._color(index, 0.2, rng), self._name(index, rng)
        subject = noun(name, rng.random() < 0.8, color)
        caption = f"{subject} {pick(rng, GROUNDS[ground].captions)}"
        return self._scene("ground", caption, ground, [index], [name], [box], [color], ground=ground)

    def _things(self, rng: np.random.Generator) -> Composition:
        for _ in range(TRIES):
            indices = list(self._draw("things", "things", rng))
            if rng.random() < 0.35:
                third = self.pairs["things"].second.draw(rng, self.stickers[indices[0]].style)
                pairs = [sorted((self._key(i), self._key(third))) for i in indices]
                if any(a == b or held_out("things", a, b) for a, b in pairs):
                    continue  # of three, too, no two were kept for tests
                indices.append(third)
            break
        boxes, _ = geometry.settle(geometry.together([self.cast.aspect(i) for i in indices], rng), rng)
        colors: list[str | None] = []
        share = 0.75 if rng.random() < 0.6 else 0.0
        for index in indices:
            colors.append(self._color(index, share, rng, but=colors[-1] if colors else None))
        names = [self._name(index, rng) for index in indices]
        caption = self._said("two" if len(indices) == 2 else "three", names, colors, rng)
        return self._scene("things", caption, "and", indices, names, boxes, colors)
