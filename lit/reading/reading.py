"""A prompt as the model will understand it, and what has to be said about that."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lit.data.captions import words as set_of_words
from lit.errors import InputError
from lit.minilm import MAX_TOKENS
from lit.reading.blend import enclosed, spans_of
from lit.reading.emoji import Emoji, emoji_in
from lit.reading.english import compose, is_english, names, words_of_names
from lit.reading.foreign import Item, candidates, parse
from lit.reading.languages import LANGUAGES
from lit.reading.script import WORD, normal
from lit.reading.tokens import LOOKED_AT, MARKS_OF_ENDS, encodable, whole_words, words_of
from lit.reading.weights import Weighted, escaped, parse_weights
from lit.reading.wording import Segment, in_english_prompt, joined
from lit.styles import split_style

TRANSLATED = 600  # characters that are looked at for another language: more than the limit of tokens holds
LEAST_SHARE = 0.5  # of a prompt's words that a language has to know before it is read as that language
STRANGE_LETTER = 0.9  # what is left of that for each letter that the language does not have: "sól" is no Spanish
LATIN_LETTERS = frozenset("".join(language.letters for language in LANGUAGES.values()))
IN_ONE_PIECE = 0.5  # how much of an English word it is that the tokenizer has a word whole: it has "rouge", too
SHORTEST_PART = 3  # letters of a piece that is a word by itself
WORD_ENDINGS = set_of_words("s es ed er ers ing ly ness less ful y ish est like man men")
SPOKEN = 40  # characters of a word that a sentence repeats

# What notes say.
EMOJI = "{emoji} is read as “{name}”."
FOREIGN = "Read as {language}: “{english}”."
NOT_UNDERSTOOD = "“{word}” is not understood; it stays as it is."
IN_PIECES = "“{word}” is no word that the text encoder knows; it is read in pieces: {pieces}."
NOT_READ = "“{word}” is no word that the text encoder knows; it is not read at all."
CUT = "Too long: nothing after “{word}” is read."
ALL_CUT = "Too long: nothing of it is read."
SENTENCES = (EMOJI, FOREIGN, NOT_UNDERSTOOD, IN_PIECES, NOT_READ, CUT, ALL_CUT)


@dataclass(frozen=True)
class Note:
    """Something to be said about a prompt.

    kind: "emoji" (read by its name), "language" (read as another one), "unknown" (a word that the text encoder does
    not know), "cut" (what lies beyond the tokens) or "syntax" (a weight that cannot be one).  spans: (start, end) of
    the prompt that it is about.  text, values: for people, a sentence with {names} and what they stand for, so that it
    can be said in another language.  english: what emoji and other languages were read as.
    """

    kind: str
    spans: tuple[tuple[int, int], ...]
    text: str
    values: dict[str, str]
    english: str = ""

    @property
    def sentence(self) -> str:
        return self.text.format(**self.values)


@dataclass(frozen=True)
class Reading:
    """How a prompt is read.

    text: what the model is to be given: the prompt itself where it is English.  language: the code of the one that it
    was read from.  tokens: how many it has, of `limit` (of its first 4,000 characters); of a blend its longest prompt.
    """

    prompt: str
    text: str
    notes: tuple[Note, ...]
    language: str
    tokens: int
    limit: int = MAX_TOKENS


def read(prompt: str) -> Reading:
    """How a prompt is read; of a blend each of its prompts by itself. Raises nothing, whatever the string; takes
    milliseconds after the first call."""
    spans = spans_of(prompt)
    if not spans:
        return _read(prompt)
    text, notes, at = "", [], 0
    readings = [_read(prompt[start:end]) for start, end in spans]
    for (start, end), one in zip(spans, readings, strict=True):
        text += encodable(prompt[at:start]) + (one.text if one.text == one.prompt else enclosed(one.text))
        notes += [replace(note, spans=tuple((start + a, start + b) for a, b in note.spans)) for note in one.notes]
        at = end
    language = next((one.language for one in readings if one.language != "en"), "en")
    longest = max(one.tokens for one in readings)
    return Reading(prompt, text + encodable(prompt[at:]), tuple(notes), language, longest)


def _read(prompt: str) -> Reading:
    head, style = split_style(prompt)
    head = prompt[: prompt.rindex(",")] if style else prompt
    notes: list[Note] = []
    try:
        weighted = parse_weights(head)
    except InputError as error:
        notes.append(Note("syntax", ((0, len(head)),), "{error}.", {"error": error.words}))
        weighted = Weighted(head, (), tuple(range(len(head) + 1)))
    plain = weighted.text

    def place(start: int, end: int) -> tuple[int, int]:
        """A span of the text as one of the prompt."""
        return weighted.origin[start], weighted.origin[end - 1] + 1 if end > start else weighted.origin[start]

    emoji = emoji_in(plain[:LOOKED_AT])
    language, items = _language(plain[:TRANSLATED], [one for one in emoji if one.end <= TRANSLATED])
    if language != "en":
        pieces = joined(compose(items, language))
        segments = [*pieces, Segment(plain[TRANSLATED:], TRANSLATED, len(plain))]
    elif emoji:
        segments = in_english_prompt(plain, emoji)
    else:
        segments = [Segment(encodable(plain), 0, len(plain))]
    english = "".join(segment.text for segment in segments)
    text = _marked(segments, weighted) if language != "en" or emoji else encodable(head)
    notes += [
        Note(
            "emoji",
            (place(one.start, one.end),),
            EMOJI,
            {"emoji": plain[one.start : one.end], "name": one.name},
            one.name,
        )
        for one in emoji
    ]
    if language != "en":
        values = {"language": LANGUAGES[language].label, "english": english.strip()[:300]}
        notes.append(Note("language", ((0, len(head)),), FOREIGN, values, english.strip()))
    words = words_of(english)
    tokens = sum(len(word.pieces) for word in words) + MARKS_OF_ENDS
    reach = next((word.start for word in words if word.last >= MAX_TOKENS - 1), None)
    if reach is None and len(english) > LOOKED_AT and tokens >= MAX_TOKENS:
        reach = min(LOOKED_AT, len(english))
    unknown = _not_understood(items) if language != "en" else _unknown(plain, emoji)
    notes += [Note("unknown", (place(start, end),), text, values) for start, end, text, values in unknown]
    if reach is not None:
        notes.append(_cut(english, words, reach, segments, place))
    return Reading(prompt, text + encodable(prompt[len(head) :]), tuple(notes), language, tokens)


def _language(text: str, emoji: list[Emoji]) -> tuple[str, list[Item]]:
    """The language that explains the most of a text, and the text as that reads it; English and nothing if none.

    English first: another language has to know more of the words, one thing among them, and half of all.
    """
    bare = text
    for one in emoji:
        bare = bare[: one.start] + " " * (one.end - one.start) + bare[one.end :]
    words = [match.group() for match in WORD.finditer(bare)]
    if not words or all(is_english(word) for word in words) or bare.strip() in names():
        return "en", []
    as_english = sum(_as_english(word) for word in words)
    known = [Item("thing", one.name, one.start, one.end, 0, 0, one.name) for one in emoji]
    best, found = (0.0, 0), ("en", [])
    for code in candidates(bare):
        items = parse(text, code, known)
        told = [item for item in items if item.weight]
        if not any(item.thing for item in told):
            continue
        score = sum(item.weight * item.words for item in told)
        letters = sum(item.end - item.start for item in items if item.kind == "unknown" or item.weight)
        share = sum(item.weight * (item.end - item.start) for item in told) / letters
        if strange := set(bare.lower()) & LATIN_LETTERS - set(LANGUAGES[code].letters):
            share *= STRANGE_LETTER ** len(strange)
        # The same share in fewer pieces is the better reading: 科学家 is one word of Chinese.
        if share >= LEAST_SHARE and score > as_english and (share, -len(told)) > best:
            best, found = (share, -len(told)), (code, items)
    return found


def _as_english(word: str) -> float:
    """How much of an English word it is, 0 to 1. Single letters but "a" are words of other languages: "y", "e", "z"."""
    if len(word) == 1:
        return float(word in "aAI" or word.isdigit())
    return 1.0 if is_english(word) else IN_ONE_PIECE * (word.isascii() and normal(word) in whole_words())


def _marked(segments: list[Segment], weighted: Weighted) -> str:
    """The English with the weights that the prompt had, as it would be written."""
    out: list[str] = []
    group: list[str] = []
    current = 1.0
    for text, weight in _weighed(segments, weighted):
        if weight is not None and weight != current:
            out.append(_weight("".join(group), current))
            group, current = [], weight
        group.append(text)
    return encodable("".join([*out, _weight("".join(group), current)]))


def _weighed(segments: list[Segment], weighted: Weighted) -> Iterator[tuple[str, float | None]]:
    """Texts and their weights; None for spaces that only join."""
    for segment in segments:
        spans = [span for span in weighted.spans if span[0] < segment.end and segment.start < span[1]]
        if segment.start == segment.end:
            yield segment.text, None if segment.text.isspace() else 1.0
        elif segment.text != weighted.text[segment.start : segment.end]:
            yield segment.text, spans[0][2] if spans else 1.0
        else:  # as it stands: a weight may begin and end within
            at = segment.start
            for start, end, weight in spans:
                start, end = max(start, segment.start), min(end, segment.end)
                yield weighted.text[at:start], 1.0 if at < start else None
                yield weighted.text[start:end], weight
                at = end
            yield weighted.text[at : segment.end], 1.0 if at < segment.end else None


def _weight(text: str, weight: float) -> str:
    if weight == 1 or not text.strip():
        return escaped(text)
    inside = text.strip()
    before, after = text.split(inside, 1)
    return f"{before}({escaped(inside)}:{weight:g}){after}"


def _not_understood(items: list[Item]) -> list[tuple[int, int, str, dict]]:
    """The words that neither the language's tables nor the text encoder know: (start, end, text, values)."""
    return [
        (item.start, item.end, NOT_UNDERSTOOD, {"word": _short(item.english)})
        for item in items
        if item.kind == "unknown" and not _known(item.english, words_of(item.english))
    ]


def _unknown(plain: str, emoji: list[Emoji]) -> list[tuple[int, int, str, dict]]:
    """The words that say nothing to the text encoder: (start, end, text, values)."""
    covered = {place for one in emoji for place in range(one.start, one.end)}
    found = []
    for match in re.compile(r"\S+").finditer(plain[:LOOKED_AT]):
        if match.start() in covered:
            continue
        for word in words_of(match.group()):
            start, end = match.start() + word.start, match.start() + word.end
            written = plain[start:end]
            if start in covered or _known(written, [word]):
                continue
            pieces = ", ".join(piece.removeprefix("##") for piece in word.pieces[:8] if piece != "[UNK]")
            found.append((start, end, IN_PIECES if pieces else NOT_READ, {"word": _short(written), "pieces": pieces}))
    return found


def _known(written: str, words) -> bool:
    """Whether the text encoder has learned a word: whole, named by a drawing, or made of words and endings.

    It learned English, so that letters of other scripts, which it has one by one, say nothing to it.
    """
    if not any(sign.isalnum() for sign in written):
        return all("[UNK]" not in word.pieces for word in words)
    if is_english(written) or written.casefold() in words_of_names():
        return True
    if not normal(written).isascii():
        return False
    return all(_learned(word.pieces) for word in words)


def _learned(pieces: tuple[str, ...]) -> bool:
    if len(pieces) == 1:
        return pieces[0] != "[UNK]"
    first, *rest = (piece.removeprefix("##") for piece in pieces)
    return _is_part(first) and all(_is_part(piece) or piece in WORD_ENDINGS for piece in rest)


def _is_part(piece: str) -> bool:
    return piece.isdigit() or (len(piece) >= SHORTEST_PART and is_english(piece))


def _short(word: str) -> str:
    word = encodable(word)
    return word if len(word) <= SPOKEN else f"{word[:SPOKEN]}…"


def _cut(english, words, reach, segments, place) -> Note:
    """What lies beyond the tokens, in the prompt's own words."""
    last = next((english[word.start : word.end] for word in reversed(words) if word.end <= reach), "")
    spans, at = [], 0
    for segment in segments:
        if at + len(segment.text) > reach and segment.end > segment.start:
            inside = max(reach - at, 0) if len(segment.text) == segment.end - segment.start else 0
            spans.append(place(segment.start + inside, segment.end))
        at += len(segment.text)
    return Note("cut", tuple(_merged(spans)), CUT if last else ALL_CUT, {"word": _short(last)})


def _merged(spans):
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
