"""Compose stickers: recoloured, counted, side by side, on a background; each with the caption that says so.

1,913 names alone teach a network no grammar. Composites do: "a purple apple", "three dogs", "a cat to the
left of a tree", "a dog on a blue background".
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from lit.data.captions import (
    NUMBER_WORDS,
    NUMERALS,
    countability,
    is_action,
    is_no_noun,
    plural,
    split_head,
    with_article,
    words,
)
from lit.data.colors import color_of, main_hue
from lit.data.composition import Composition, Part
from lit.data.layouts import RELATIONS, copies, relation_boxes, single
from lit.data.painting import Painter
from lit.data.palette import COLORS, HUES
from lit.data.pools import Pool
from lit.data.sampling import APART, USUAL, Sampling
from lit.data.scenes.cast import Cast
from lit.data.scenes.held_out import held_out
from lit.data.scenes.planner import SCENES, Planner
from lit.data.stickers import Sticker
from lit.errors import InputError
from lit.pixels import bytes_to_unit

__all__ = ["COLORS", "KINDS", "NUMBER_WORDS", "RELATIONS", "Composer", "Composition", "Part", "color_of"]

# Shares when kind=None: by how hard they are to learn; recolouring is right long before two things side by side are.
KINDS = {"color": 0.10, "count": 0.22, "relation": 0.58, "background": 0.10}
RELATION_SHARES = {
    "to the left of": 0.15, "to the right of": 0.15, "above": 0.13, "below": 0.13, "on top of": 0.12,
    "next to": 0.10, "with": 0.12, "and": 0.10,
}  # fmt: skip
LONGEST_NAME = 30  # letters; longer ones leave the text encoder no room for a second object
BATCH, GPU_BATCH = 128, 1024  # images drawn at once: bounds the memory that drawing takes
STATISTICS_BATCH = 512
BLACK = ("fluent-mono", "game-icons")  # styles of one colour
APART_WEIGHT = 0.3  # of the sets of APART: of black silhouettes there are many, and a scene of them shows little
NOT_RECOLORED = words(
    "black white grey gray golden silver rainbow light dark blueberries tangerine rose chocolate teal magenta violet "
    "beige gold puce cyan "
    "person people man men woman women boy girl baby child family couple"
)  # names with a colour in them, and people, who would look ill
PEOPLE = words("person job portrait")  # keywords of these


def check_shares(shares: Mapping[str, float], name: str = "shares") -> None:
    """Raise InputError for a kind that there is not, a share below zero, or none above."""
    for kind, share in shares.items():
        if kind not in (*KINDS, *SCENES):
            raise InputError(name, kind, f"some of {', '.join((*KINDS, *SCENES))}")
        if not 0 <= share < float("inf"):
            raise InputError(f"{name}.{kind}", share, "a number from 0")
    if not any(shares.values()):
        raise InputError(name, dict(shares), "at least one share above 0")


class Composer:
    """Draws composites from the pixels of stickers, on the device where those are.

    images: uint8 (N, 4, S, S) premultiplied RGBA, on any device; kept as it is, never copied as a whole.
    stickers: list of N.  indices: those that may be used (for training, the train split's).
    sampling: how often each of them is used.
    shares: how often each kind comes, of KINDS and of SCENES, whatever they add up to.
    reserved: of scenes draw the held-out combinations, which are never drawn without.
    Raises InputError if some kind of composite would have nothing to draw.
    """

    def __init__(
        self,
        images: Tensor,
        stickers: list[Sticker],
        indices: np.ndarray,
        sampling: Sampling = USUAL,
        shares: Mapping[str, float] = KINDS,
        reserved: bool = False,
    ):
        check_shares(shares)
        rarer = {style: APART_WEIGHT * sampling.weight(style) for style in APART}
        sampling = replace(sampling, styles={**sampling.styles, **rarer})
        self.shares, self.reserved = {kind: share for kind, share in shares.items() if share > 0}, reserved
        if images.ndim != 4 or images.shape[1] != 4 or images.dtype != torch.uint8:
            raise InputError("images", f"{images.dtype} {tuple(images.shape)}", "uint8 (N, 4, S, S)")
        if len(images) != len(stickers):
            raise InputError("stickers", len(stickers), f"one for each of the {len(images)} images")
        self.images, self.stickers, self.size = images, stickers, images.shape[-1]
        self._measure(np.asarray(indices, dtype=np.int64))

        tones = {sticker.base_key for sticker in stickers if sticker.has_skin_tone}
        usable = [i for i in indices if self._extent(i) > 0.1]
        plain = [i for i in usable if _is_plain(stickers[i])]
        countable = [i for i in plain if countability(stickers[i].name) == "count"]
        # Hands and people have skin tones: their colour says something else.
        recolored = [i for i in plain if stickers[i].base_key not in tones and self._takes_color(i)]
        counted_color = sorted(set(countable) & set(recolored))
        self.pools = {}
        for name, members in (
            ("any", plain),
            ("color", recolored),
            ("count", countable),
            ("count color", counted_color),
            ("related", _with_company([i for i in plain if " with " not in stickers[i].name], stickers)),
        ):
            if not members:
                raise InputError("indices", f"{len(indices)} stickers", f"some fit for composites ({name})")
            self.pools[name] = Pool(stickers, np.array(members), sampling)
        self.recolored = frozenset(recolored)
        self._plain, self._sampling = plain, sampling
        self._painter = Painter(images, self.box, self.hue, self.luma)

    def _measure(self, indices: np.ndarray) -> None:
        """Measure each used image once, in chunks: the box of its opaque pixels, its main hue, its word."""
        count = len(self.stickers)
        self.box = np.zeros((count, 4))  # x0, y0, x1, y1 in [0, 1]
        self.hue, self.luma = np.zeros(count, np.float32), np.zeros(count, np.float32)
        self.share, self.purity = np.zeros(count), np.zeros(count)
        self.word = np.full(count, "", dtype=object)
        step = max(1, self.size // 64)
        for start in tqdm(range(0, len(indices), STATISTICS_BATCH), desc="Measuring stickers", leave=False):
            rows = indices[start : start + STATISTICS_BATCH]
            chunk = self.images[torch.from_numpy(rows).to(self.images.device)]
            opaque = chunk[:, 3] > 25
            for side, first in ((opaque.any(1), 0), (opaque.any(2), 1)):  # columns, then rows
                self.box[rows, first] = (side.int().argmax(1) / self.size).cpu().numpy()
                self.box[rows, first + 2] = (1 - side.flip(1).int().argmax(1) / self.size).cpu().numpy()
            empty = rows[~opaque.flatten(1).any(1).cpu().numpy()]
            self.box[empty] = 0
            small = bytes_to_unit(chunk[:, :, step // 2 :: step, step // 2 :: step])
            measured = {name: values.cpu().numpy() for name, values in main_hue(small).items()}
            self.hue[rows], self.luma[rows] = measured["hue"], measured["luma"]
            self.share[rows], self.purity[rows] = measured["share"], measured["purity"]
            self.word[rows] = color_of(small)

    def _extent(self, index: int) -> float:
        x0, y0, x1, y1 = self.box[index]
        return min(x1 - x0, y1 - y0)

    def _takes_color(self, index: int) -> bool:
        sticker = self.stickers[index]
        named = words(sticker.name.lower().replace("-", " ")) & (NOT_RECOLORED | set(HUES))
        named |= PEOPLE & set(sticker.keywords)
        return not named and sticker.style not in BLACK and self.share[index] > 0.42 and self.purity[index] > 0.72

    def draw(self, n: int, rng: np.random.Generator, kind: str | None = None) -> tuple[Tensor, list[Composition]]:
        """Draw n composites.

        kind: one of KINDS or SCENES, or None for the mixture.
        Returns premultiplied pixels, float32 (n, 4, S, S) in [0, 1], and what each of them shows.
        """
        if kind is not None and kind not in (*KINDS, *SCENES):
            raise InputError("kind", kind, f"one of {', '.join((*KINDS, *SCENES))}, or None")
        names, shares = list(self.shares), np.cumsum(list(self.shares.values()))
        shares /= shares[-1]
        plans = []
        for _ in range(n):
            chosen = kind or names[min(int(np.searchsorted(shares, rng.random(), "right")), len(names) - 1)]
            plans.append(self.plan(chosen, rng))
        return self.paint(plans, rng), plans

    def paint(self, plans: Sequence[Composition], rng: np.random.Generator) -> Tensor:
        """Plans as premultiplied pixels, float32 (n, 4, S, S) in [0, 1]."""
        n = len(plans)
        pixels = torch.zeros(n, 4, self.size, self.size, device=self.images.device)
        batch = GPU_BATCH if pixels.is_cuda else BATCH
        for start in range(0, n, batch):
            self._painter.paint(pixels[start : start + batch], plans[start : start + batch], rng)
        return pixels

    # What to draw: a plan is the finished Composition.

    @cached_property
    def scenes(self) -> Planner:
        """Made when first asked for: it measures stickers."""
        cast = Cast(self.images, self.stickers, self.box, self.word, self._plain, self._sampling)
        return Planner(cast, self.word, self.recolored, self.reserved)

    def plan(self, kind: str, rng: np.random.Generator) -> Composition:
        """One composite of a kind of KINDS or SCENES, not yet painted."""
        if kind in SCENES:
            return self.scenes.plan(kind, rng)
        plan = getattr(self, f"_plan_{kind}")(rng)
        while self._is_kept(plan):
            plan = getattr(self, f"_plan_{kind}")(rng)
        return plan

    def _is_kept(self, plan: Composition) -> bool:
        """Whether two things meet that the scenes beside it keep for tests."""
        if plan.kind != "relation" or self.shares.keys().isdisjoint(SCENES):
            return False
        return held_out("things", *sorted(self.stickers[part.sticker].base_key for part in plan.parts))

    def _plan_color(self, rng: np.random.Generator) -> Composition:
        index = self.pools["color"].draw(rng)
        color = _choice(rng, HUES, without=self.word[index])
        part = self._part(index, single(rng, 0.94), color)
        return self._composition(_noun(part, rng), "color", [part])

    def _plan_count(self, rng: np.random.Generator, kind="count", background=None) -> Composition:
        painted = rng.random() < (0.25 if kind == "count" else 0)
        index = self.pools["count color" if painted else "count"].draw(rng)
        color = _choice(rng, HUES, without=self.word[index]) if painted else None
        count = int(rng.integers(2, 7))
        parts = [self._part(index, box, color) for box in copies(count, self._aspect(index), rng)]
        many = f"{color} {plural(parts[0].name)}" if color else plural(parts[0].name)
        number = str(count) if rng.random() < 0.25 else NUMBER_WORDS[count]
        return self._composition(f"{number} {many}", kind, parts, count=count)

    def _plan_relation(self, rng: np.random.Generator) -> Composition:
        pool = self.pools["related"]
        first = pool.draw(rng)
        style = self.stickers[first].style
        second = first
        while self.stickers[second].base_key == self.stickers[first].base_key:
            second = pool.draw(rng, style)  # ends: each style in this pool has two concepts at least
        relation = str(rng.choice(list(RELATION_SHARES), p=list(RELATION_SHARES.values())))
        if relation == "with" and style in BLACK:
            relation = "and"  # black over black shows neither
        boxes = relation_boxes(relation, self._aspect(first), self._aspect(second), rng)
        parts = []
        for index, box in zip((first, second), boxes, strict=True):
            painted = index in self.recolored and rng.random() < 0.4
            color = _choice(rng, HUES, without=self.word[index]) if painted else None
            parts.append(self._part(index, box, color))
        article = rng.random() < 0.8
        nouns = [_noun(part, rng, article) for part in parts]
        return self._composition(f"{nouns[0]} {relation} {nouns[1]}", "relation", parts, count=2, relation=relation)

    def _plan_background(self, rng: np.random.Generator) -> Composition:
        roll = rng.random()
        if roll < 0.15:
            plan = self._plan_count(rng, "background")
            noun = plan.caption
        else:
            index = self.pools["color" if roll > 0.8 else "any"].draw(rng)
            color = _choice(rng, HUES, without=self.word[index]) if roll > 0.8 else None
            part = self._part(index, single(rng, 0.80), color)
            noun = _noun(part, rng)
            plan = self._composition(noun, "background", [part])
        shown = plan.parts[0].color or self.word[plan.parts[0].sticker]
        background = _choice(rng, COLORS, without=shown)
        place = f"{background} background"
        caption = f"{noun} on {with_article(place) if rng.random() < 0.8 else place}"
        return Composition(caption, plan.style_id, "background", plan.parts, plan.count, None, background)

    def _aspect(self, index: int) -> float:
        """Width over height of the opaque part of an image."""
        x0, y0, x1, y1 = self.box[index]
        return (x1 - x0) / (y1 - y0)

    def _part(self, index: int, room: tuple, color: str | None) -> Part:
        """A sticker as large as it fits into `room` without enlarging it, its opaque part centred there."""
        x0, y0, x1, y1 = self.box[index]
        left, top, right, bottom = room
        scale = min((right - left) / (x1 - x0), (bottom - top) / (y1 - y0), 1.0)
        width, height = (x1 - x0) * scale, (y1 - y0) * scale
        left, top = (left + right - width) / 2, (top + bottom - height) / 2
        return Part(index, self.stickers[index].name, (left, top, left + width, top + height), color)

    def _composition(self, caption: str, kind: str, parts: list[Part], **rest) -> Composition:
        style_id = self.stickers[parts[0].sticker].style_id
        return Composition(caption, style_id, kind, tuple(parts), **rest)


def _with_company(indices: list[int], stickers: list[Sticker]) -> list[int]:
    """Those whose style draws another concept too: the others have nothing to be related to."""
    concepts: dict[str, set[str]] = {}
    for index in indices:
        concepts.setdefault(stickers[index].style, set()).add(stickers[index].base_key)
    return [index for index in indices if len(concepts[stickers[index].style]) > 1]


def _is_plain(sticker: Sticker) -> bool:
    """Whether a sticker's name fits into a longer caption."""
    name = sticker.name
    return (
        not sticker.has_skin_tone
        and not is_action(sticker)
        and len(name) <= LONGEST_NAME
        and not any(mark in name for mark in (":", "(", "“", " and "))
        and not name[:1].isdigit()
        and name not in NUMERALS
        and "flag" not in name
        and not is_no_noun(split_head(name)[0])
        and countability(name) != "name"
    )


def _noun(part: Part, rng: np.random.Generator, article: bool | None = None) -> str:
    """A part in words, "a red apple", mostly with its article."""
    name = f"{part.color} {part.name}" if part.color else part.name
    if article is None:
        article = rng.random() < 0.75
    return with_article(name) if article else name


def _choice(rng: np.random.Generator, colors: dict, without: str) -> str:
    names = [name for name in colors if name != without]
    return names[int(rng.integers(len(names)))]
