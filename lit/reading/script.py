"""Words of any script: found in a text, and brought to one form in which two spellings of a word are the same."""

import re
import unicodedata

# Letters and digits with the marks written on them (vowel signs of Devanagari among them, which \w leaves out).
MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u200c\u200d"
)
WORD = re.compile(f"[^\\W_](?:[^\\W_]|[{MARKS}])*")
UNSPACED = re.compile("[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9f]")
# Marks that do not tell words apart here: accents, nukta, harakat; tatweel only stretches a line.
LOOSE = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640\u093c\u200c\u200d]")
SAME_LETTERS = str.maketrans("łøđıأإآٱىة", "lodiاااايه")


def normal(text: str) -> str:
    """A text in small letters without accents: "Äpfel" -> "apfel", "أحمر" -> "احمر"; kana and hangul stay whole."""
    folded = text.translate(SAME_LETTERS).casefold()
    return unicodedata.normalize("NFC", LOOSE.sub("", unicodedata.normalize("NFKD", folded))).translate(SAME_LETTERS)


def words(text: str) -> list[str]:
    """The words of a text in normal form."""
    return [normal(match.group()) for match in WORD.finditer(text)]
