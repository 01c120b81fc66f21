"""Compose stickers: recoloured, counted, side by side, on a background; each with the caption that says so.

1,913 names alone teach a network no grammar. Composites do: "a purple apple", "three dogs", "a cat to the
left of a tree", "a dog on a blue background".
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from lit.data.captions import NUMBER_WORDS, countability, is_action, plural, with_article, words
from lit.data.colors import COLORS, HUES, color_of, main_hue, recolor
from lit.data.layouts import RELATIONS, copies, relation_boxes, single
from lit.data.sampling import USUAL, Sampling, concept_weights
from lit.data.stickers import Sticker
from lit.errors import InputError
from lit.pixels import bytes_to_unit, over
from lit.styles import DATA_STYLES

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
NOT_RECOLORED = words(
    "black white grey gray golden silver rainbow light dark blueberries tangerine rose chocolate teal magenta violet "
    "beige gold puce cyan "
    "person people man men woman women boy girl baby child family couple"
)  # names with a colour in them, and people, who would look ill
PEOPLE = words("person job portrait")  # keywords of these


@dataclass(frozen=True)
class Part:
    """One object of a composite.

    sticker: index of its sticker.  name: its concept as the caption says it, without colour.
    box: (x0, y0, x1, y1) in [0, 1] of its opaque pixels, y down.  color: the word it was recoloured to.
    """

    sticker: int
    name: str
    box: tuple[float, float, float, float]
    color: str | None = None


@dataclass(frozen=True)
class Composition:
    """What a composite shows.

    parts: its objects in the caption's order (a relation holds from the first to the second).
    count: how many objects there are.  relation: one of RELATIONS, or None.  background: colour word or None.
    """

    caption: str
    style_id: int
    kind: str
    parts: tuple[Part, ...]
    count: int = 1
    relation: str | None = None
    background: str | None = None


class _Pool:
    """Stickers to draw from: indices and their cumulative weights, over all styles and in each one."""

    def __init__(self, stickers: list[Sticker], indices: np.ndarray, sampling: Sampling):
        self.groups = {}
        by_style = {style: [i for i in indices if stickers[i].style == style] for style in DATA_STYLES}
        for group, members in [(None, list(indices)), *by_style.items()]:
            if members:
                weights = concept_weights(stickers, members, sampling)
                self.groups[group] = (np.array(members), np.cumsum(weights))

    def draw(self, rng: np.random.Generator, style: str | None = None) -> int:
        members, cumulative = self.groups[style]
        return int(members[min(np.searchsorted(cumulative, rng.random(), "right"), len(members) - 1)])


class Composer:
    """Draws composites from the pixels of stickers, on the device where those are.

    images: uint8 (N, 4, S, S) premultiplied RGBA, on any device; kept as it is, never copied as a whole.
    stickers: list of N.  indices: those that may be used (for training, the train split's).  sampling: how often each
        of them is.
    Raises InputError if some kind of composite would have nothing to draw.
    """

    def __init__(self, images: Tensor, stickers: list[Sticker], indices: np.ndarray, sampling: Sampling = USUAL):
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
            self.pools[name] = _Pool(stickers, np.array(members), sampling)
        self.recolored = frozenset(recolored)

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

        kind: one of KINDS, or None for a mixture of them all.
        Returns premultiplied pixels, float32 (n, 4, S, S) in [0, 1], and what each of them shows.
        """
        if kind is not None and kind not in KINDS:
            raise InputError("kind", kind, f"one of {', '.join(KINDS)}, or None")
        names, shares = list(KINDS), np.cumsum(list(KINDS.values()))
        plans = []
        for _ in range(n):
            chosen = kind or names[min(int(np.searchsorted(shares, rng.random(), "right")), len(names) - 1)]
            plans.append(getattr(self, f"_plan_{chosen}")(rng))
        pixels = torch.zeros(n, 4, self.size, self.size, device=self.images.device)
        batch = GPU_BATCH if pixels.is_cuda else BATCH
        for start in range(0, n, batch):
            self._paint(pixels[start : start + batch], plans[start : start + batch], rng)
        return pixels, plans

    # What to draw: a plan is the finished Composition.

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

    # Drawing it: everything below works on batches.

    def _paint(self, canvas: Tensor, plans: list[Composition], rng: np.random.Generator) -> None:
        """Draw plans onto canvas (n, 4, S, S), from the object that lies lowest up."""
        for row, plan in enumerate(plans):
            if plan.background:
                canvas[row, :3] = torch.from_numpy(_varied(plan.background, rng)[:, None, None]).to(canvas)
                canvas[row, 3] = 1
        for slot in range(max((len(plan.parts) for plan in plans), default=0)):
            placed = [(row, _drawing_order(plan)[slot]) for row, plan in enumerate(plans) if slot < len(plan.parts)]
            rows = torch.tensor([row for row, _ in placed], device=canvas.device)
            drawn = self._objects([part for _, part in placed])
            below = canvas[rows]
            canvas[rows] = over(drawn, below)

    def _objects(self, parts: list[Part]) -> Tensor:
        """Each part alone on a transparent canvas: premultiplied (m, 4, S, S)."""
        device = self.images.device
        index = np.array([part.sticker for part in parts])
        pixels = bytes_to_unit(self.images[torch.from_numpy(index).to(device)])
        painted = [position for position, part in enumerate(parts) if part.color]
        if painted:
            which = index[painted]
            targets = np.array([HUES[parts[position].color] for position in painted], np.float32)
            where = torch.tensor(painted, device=device)
            hue, mean, target = (
                torch.from_numpy(values).to(device) for values in (self.hue[which], self.luma[which], targets)
            )
            pixels[where] = recolor(pixels[where], hue, mean, target)

        boxes, own = np.array([part.box for part in parts]), self.box[index]
        scale = (boxes[:, 2] - boxes[:, 0]) / (own[:, 2] - own[:, 0])
        shift = boxes[:, :2] - own[:, :2] * scale[:, None]  # of the image's corner, in canvas widths
        theta = np.zeros((len(parts), 2, 3), np.float32)
        theta[:, 0, 0] = theta[:, 1, 1] = 1 / scale
        theta[:, :, 2] = (1 - 2 * shift) / scale[:, None] - 1
        theta = torch.from_numpy(theta).to(device)
        # Bilinear sampling sees every pixel down to half size; below it, sample an averaged image.
        level = np.clip(np.floor(-np.log2(scale) + 1e-6), 0, 2).astype(int)
        out = torch.empty_like(pixels)
        for halvings in np.unique(level):
            where = torch.from_numpy(np.flatnonzero(level == halvings)).to(device)
            source = F.avg_pool2d(pixels[where], 2**halvings) if halvings else pixels[where]
            grid = F.affine_grid(theta[where], (len(where), 4, self.size, self.size), align_corners=False)
            out[where] = F.grid_sample(source, grid, padding_mode="zeros", align_corners=False)
        return out


def _drawing_order(plan: Composition) -> tuple[Part, ...]:
    """From the lowest to the highest: what stands on something is drawn over it, what goes with it too."""
    return plan.parts[::-1] if plan.relation == "on top of" else plan.parts


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
        and "flag" not in name
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


def _varied(color: str, rng: np.random.Generator) -> np.ndarray:
    """A shade of a background colour, float32 (3,): a little lighter or darker, the word still fits."""
    rgb = np.array(COLORS[color], np.float32)
    amount = float(rng.uniform(-0.08, 0.08))
    return rgb + (1 - rgb) * amount if amount > 0 else rgb * (1 + amount)
