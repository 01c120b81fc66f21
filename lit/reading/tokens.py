"""The text encoder's tokenizer without the encoder: where its tokens lie in a prompt, and which words it knows."""

import re
from dataclasses import dataclass
from functools import cache

from tokenizers import Tokenizer

from lit.minilm import MAX_TOKENS, packaged_folder

SURROGATES = re.compile("[\ud800-\udfff]")
LOOKED_AT = 4_000  # characters of a prompt: a token takes a hundred at most, or else is one that says nothing
MARKS_OF_ENDS = 2


@dataclass(frozen=True)
class Word:
    """A word as the tokenizer has it: its place in the text and its pieces, the later ones with "##"."""

    start: int
    end: int
    pieces: tuple[str, ...]
    last: int  # the token at which it ends, the mark of the start being number 0


@cache
def tokenizer() -> Tokenizer:
    found = Tokenizer.from_file(str(packaged_folder() / "tokenizer.json"))
    found.no_padding()
    found.no_truncation()
    return found


def encodable(text: str) -> str:
    """The text with lone surrogates, which no encoder takes, as U+FFFD: of the same length."""
    return SURROGATES.sub("\ufffd", text)


def words_of(text: str) -> list[Word]:
    """The words of the first LOOKED_AT characters; of all, where those are too few tokens to fill the limit."""
    encoding = tokenizer().encode(encodable(text[:LOOKED_AT]))
    if len(encoding.ids) < MAX_TOKENS and len(text) > LOOKED_AT:
        encoding = tokenizer().encode(encodable(text))
    found: list[Word] = []
    before = None
    for place, (word, piece, (start, end)) in enumerate(zip(encoding.word_ids, encoding.tokens, encoding.offsets)):
        if word is None:
            continue
        if word == before:
            found[-1] = Word(found[-1].start, end, (*found[-1].pieces, piece), place)
        else:
            found.append(Word(start, end, (piece,), place))
        before = word
    return found


@cache
def whole_words() -> frozenset[str]:
    """What the tokenizer has in one piece."""
    return frozenset(word for word in tokenizer().get_vocab() if not word.startswith(("##", "[")))
