"""Who may take which part of a scene: the stickers at hand by role, where it can be told how they look."""

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from lit.data.captions import countability, split_head
from lit.data.palette import GREYS
from lit.data.pools import Pool
from lit.data.sampling import Sampling
from lit.data.scenes.anchors import Anchors
from lit.data.scenes.faces import MOODS
from lit.data.scenes.roles import ROLES, Role
from lit.data.scenes.sentences import SAID
from lit.data.stickers import Sticker

ARTICLES = frozenset(("a", "an", "the"))
COLORLESS = 0.8  # of a style's stickers: its pictures are silhouettes, of which one hides the other
WIDE = 0.5  # of a container's width its opening, so that a boat's sail is none
WEATHER = {
    "rain": (("droplet",), ("cloud with rain",)),
    "snow": (("snowflake",), ("cloud with snow",)),
    "stars": (("star",), ()),
}  # what is scattered; what stands above
# Whose anchors are needed.
MEASURED = tuple(
    ROLES[role]
    for role in (
        *("animals", "people", "characters", "smileys"),
        *("mounts", "cycles", "boards", "cars", "containers", "big_hiders"),
    )
)


class Cast:
    """images: uint8 (N, 4, S, S).  stickers: list of N.  box: (N, 4) of their opaque pixels.  word: the colour of each
    one (N,).  indices: those that may take part.  sampling: how often each of them does.

    pairs: by the name of a part, who may take it, with what.  effects, faces: (style, name) -> stickers.
    opened: containers seen from above.  unpainted: what keeps its colour.
    """

    def __init__(
        self,
        images: Tensor,
        stickers: Sequence[Sticker],
        box: np.ndarray,
        word: np.ndarray,
        indices: Sequence[int],
        sampling: Sampling,
    ):
        self.stickers, self.box, self.sampling = list(stickers), box, sampling
        self._known: dict[tuple[int, str], bool] = {}
        self._colorless = _colorless_styles(self.stickers, word, indices)
        named = [i for i in indices if _is_whole(self.stickers[i].name)]
        without_face = [i for i in named if not self.stickers[i].name.endswith(" face")]
        faceless = self._fitting(ROLES["food"], ROLES["faceless"], within=without_face)
        self.anchors = Anchors(images, box, self._fitting(*MEASURED, within=named), faceless)
        self.pairs = self._cast(named)
        self.effects = self._find(indices, [name for both in WEATHER.values() for names in both for name in names])
        self.faces = self._find(indices, [name for names in MOODS.values() for name in names])

    def aspect(self, index: int) -> float:
        """Width over height of the opaque part of an image."""
        x0, y0, x1, y1 = self.box[index]
        return (x1 - x0) / (y1 - y0)

    def _fitting(self, *some: Role, within: Sequence[int]) -> np.ndarray:
        """Those that fit one of some roles; each name is looked up once."""

        def fits(role: Role, name: str) -> bool:
            if (id(role), name) not in self._known:
                self._known[id(role), name] = role.fits(name)
            return self._known[id(role), name]

        names = ((i, self.stickers[i].name) for i in within)
        return np.array([i for i, name in names if any(fits(role, name) for role in some)], dtype=np.int64)

    def _cast(self, named: list[int]) -> dict[str, "Pair"]:
        anchors = self.anchors

        def fitting(*some: Role, where: Callable[[int], bool] = lambda i: True) -> list[int]:
            return [i for i in self._fitting(*some, within=colored).tolist() if where(i)]

        def without(indices: list[int], *some: Role) -> list[int]:
            left_out = set(self._fitting(*some, within=indices).tolist())
            return [i for i in indices if i not in left_out]

        colored = [i for i in named if self.stickers[i].style not in self._colorless]
        beings = fitting(ROLES["animals"], ROLES["people"], ROLES["characters"])
        smileys, hiders = fitting(ROLES["smileys"]), fitting(ROLES["big_hiders"])
        bare = without(beings, ROLES["dressed"])
        facing = [i for i in bare + smileys if anchors.front[i] and self.aspect(i) < 1.5]
        faces = without(
            [i for i in facing if anchors.head[i][2] * self.aspect(i) > 0.3 and anchors.crown[i] < 0.5],
            ROLES["no_head"],
        )
        seeing = without([i for i in faces if 0.25 < anchors.eyes[i] < 0.62], ROLES["hidden_eyes"])
        people = set(fitting(ROLES["people"]))
        tall = fitting(ROLES["high_headed"], where=lambda i: not anchors.front[i] and anchors.peak[i][1] < 0.5)
        riders = without(
            [i for i in beings if self.aspect(i) < 1.3 and (anchors.front[i] or i in people)], ROLES["no_neck"]
        )
        ridden = {
            "mount": fitting(ROLES["mounts"], where=self._is_mount),
            "cycle": fitting(ROLES["cycles"]),
            "board": fitting(ROLES["boards"], where=lambda i: self.aspect(i) > 0.8),
            "car": fitting(ROLES["cars"], where=lambda i: self.aspect(i) > 0.9),
        }
        small = fitting(ROLES["animals"], ROLES["people"], ROLES["characters"], ROLES["food"], where=self._is_compact)
        things = [i for i in named if countability(self.stickers[i].name) == "count"]
        faceless = fitting(ROLES["food"], ROLES["faceless"], where=lambda i: bool(anchors.room[i][2] > 0))
        self.opened = frozenset(fitting(ROLES["open"]))
        self.unpainted = frozenset(fitting(ROLES["with_water"]))
        pairs = {
            "hat": (faces + tall, fitting(ROLES["hats"])),
            "glasses": (seeing, fitting(ROLES["glasses"], where=lambda i: self.aspect(i) > 1.7)),
            "scarf": (without(faces, ROLES["no_neck"]), fitting(ROLES["scarves"])),
            "holding": (facing, fitting(ROLES["held"])),
            **{how: (riders, members) for how, members in ridden.items()},
            "inside": (small, fitting(ROLES["containers"], where=lambda i: anchors.mouth[i] > WIDE)),
            "behind": (beings, hiders + [i for i in beings if anchors.front[i]]),
            "peeking": (
                [i for i in facing if self.aspect(i) < 1.3],
                [i for i in hiders if anchors.mouth[i] > WIDE / 2],
            ),
            "sizes": (things, things),
            "things": (things, things),
        }
        alone = {
            "face": faceless, "any": named, "counted": things, "afloat": fitting(ROLES["waterfolk"]),
            "placed": fitting(ROLES["animals"], ROLES["people"], ROLES["characters"], ROLES["food"], ROLES["faceless"]),
        }  # fmt: skip
        return {name: Pair(self.stickers, self.sampling, *both) for name, both in pairs.items()} | {
            name: Pair(self.stickers, self.sampling, members, members, alike=True) for name, members in alone.items()
        }

    def _is_compact(self, index: int) -> bool:
        return 0.5 < self.aspect(index) < 1.5

    def _is_mount(self, index: int) -> bool:
        name = self.stickers[index].name
        whole = self.anchors.legs[index] or ROLES["legless"].fits(name)
        return (
            not name.endswith((" face", " head"))
            and whole
            and self.aspect(index) > 0.85
            and not self.anchors.front[index]
        )

    def _find(self, indices: Sequence[int], names: list[str]) -> dict[tuple[str, str], list[int]]:
        """(style, name) -> stickers."""
        wanted, found = set(names), {}
        for i in indices:
            sticker = self.stickers[i]
            if sticker.name in wanted:
                found.setdefault((sticker.style, sticker.name), []).append(int(i))
        return found


class Pair:
    """Two roles of one style: `first` only has stickers whose style has another concept in `second`.

    alike: the second is of no account.
    """

    def __init__(
        self,
        stickers: list[Sticker],
        sampling: Sampling,
        first: Sequence[int],
        second: Sequence[int],
        alike: bool = False,
    ):
        concepts: dict[str, set[str]] = {}
        for i in second:
            concepts.setdefault(stickers[i].style, set()).add(stickers[i].base_key)
        kept = [
            i for i in dict.fromkeys(first) if alike or concepts.get(stickers[i].style, set()) - {stickers[i].base_key}
        ]
        self._there = bool(kept)
        if kept:
            self.first = Pool(stickers, kept, sampling)
            self.second = Pool(stickers, list(dict.fromkeys(second)), sampling)

    def __bool__(self) -> bool:
        return self._there

    def draw(self, stickers: list[Sticker], rng: np.random.Generator) -> tuple[int, int]:
        first = self.first.draw(rng)
        return first, self.second.draw(rng, stickers[first].style)


def _colorless_styles(stickers: list[Sticker], word: np.ndarray, indices: Sequence[int]) -> frozenset[str]:
    grey: dict[str, list[bool]] = {}
    for i in indices:
        grey.setdefault(stickers[i].style, []).append(word[i] in GREYS)
    return frozenset(style for style, marks in grey.items() if np.mean(marks) > COLORLESS)


def _is_whole(name: str) -> bool:
    """Whether a name is a thing or a being that does nothing yet, and has nothing with it: an article in it would be
    another thing's ("raccoon opening a box")."""
    return name in SAID or not (split_head(name)[1] or ARTICLES & set(name.split()) or " and " in name)
