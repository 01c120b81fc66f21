"""python -m lit.reading.build --names names.parquet --stickers DIR --drawings DIR: make names.json.xz anew.

What reading prompts needs of the data sets, small enough to ship: the concepts that the model knows with their keys
and keywords, the English words that any drawing is named by, and for each of fifteen languages what its names and
keywords say in English. Names and keywords are CLDR's (Unicode-3.0; see docs/reading.md).

A foreign name is that of the same emoji in English. A keyword belongs to several emoji; it says what the English
name or keyword says that belongs to the same ones: "Tier" and "animal". How well two sets agree is their Jaccard index.
"""

import argparse
import collections
import json
import lzma
from pathlib import Path

from lit.data.captions import UNSAID, spoken
from lit.data.names import cleaned_keywords, cleaned_name
from lit.data.rows import read_rows
from lit.data.sampling import USUAL_WEIGHTS
from lit.data.stickers import without_skin_tones
from lit.errors import InputError
from lit.reading.languages import LANGUAGES, grammar
from lit.reading.lexicon import DATA
from lit.reading.script import WORD, normal, words

AGREEMENT = 0.35  # Jaccard index from which a keyword is taken for an English one
NAMED = 0.1  # what it counts that the English one is in the name of such an emoji: rather "tree" than "forest"
LONGEST = 10  # words of a phrase
LONGEST_NAME = 4  # words of a drawing's name


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, what in (
        ("names", "the Parquet file of CLDR's names in other languages"),
        ("stickers", "the folder of the sticker data"),
        ("drawings", "the folder of the drawing data"),
    ):
        parser.add_argument(f"--{name}", type=Path, metavar="PATH", required=True, help=what)
    parser.add_argument(
        "--learned", action="store_true", help="the model has learned the drawings too: their names are concepts"
    )
    parser.add_argument("--out", type=Path, default=DATA, help="the file to write (default: the one that is shipped)")
    arguments = parser.parse_args(argv)
    found = gather(arguments.names, arguments.stickers, arguments.drawings, arguments.learned)
    text = json.dumps(found, ensure_ascii=False)
    arguments.out.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1000:.0f} kB")


def gather(names: Path, stickers: Path, drawings: Path, learned: bool = False) -> dict:
    """What the file holds, as lit.reading.lexicon says it. learned: the drawings' names are concepts, too."""
    english = {row["key"]: row for row in rows(stickers, ["key", "name", "keywords"])}
    known = {key: row for key, row in sorted(english.items()) if without_skin_tones(key) == key}
    phrases = collections.defaultdict(list)
    for row in rows(names, ["key", "lang", "name", "keywords"]):
        if row["key"] in known:
            phrases[row["lang"]].append(row)
    # Of drawings the names alone: their keywords are in many languages. Of flags none: "verde" is Cape Verde's.
    drawn = [{"name": row["name"], "keywords": []} for row in rows(drawings, ["name"])]
    named = [row for row in [*english.values(), *drawn] if not row["name"].startswith("flag:")]
    texts = [text for row in named for text in [row["name"], *row["keywords"]]]
    return {
        "concepts": [[key, row["name"], list(row["keywords"])] for key, row in known.items()]
        + (drawn_concepts(drawings, known) if learned else []),
        "aliases": {
            without_skin_tones(key): row["name"].split(":")[0]
            for key, row in sorted(english.items())
            if without_skin_tones(key) and without_skin_tones(key) not in known
        },
        "english": sorted({match.group().casefold() for text in texts for match in WORD.finditer(text)}),
        "languages": {language: translations(known, phrases[language], language) for language in sorted(phrases)},
    }


def drawn_concepts(drawings: Path, known: dict[str, dict]) -> list[list]:
    """[key, name, keywords] of what drawings show beside the known concepts, as a generator learns it: the train split
    of sets that count half at least, which leaves out those with captions for names, and short names."""
    usual = [one for one in read_rows(drawings) if one["split"] == "train" and USUAL_WEIGHTS[one["style"]] >= 0.5]
    said = {row["name"].casefold() for row in known.values()}
    found = {}
    for row in usual:
        name = cleaned_name(row["name"], row["style"])
        if row["key"] not in known and name.casefold() not in said and len(name.split(" ")) <= LONGEST_NAME:
            tags = [word for word in cleaned_keywords(row["keywords"], row["style"]) if word not in UNSAID]
            _, _, keywords = found.setdefault(row["key"], [row["key"], name, []])
            keywords += [word for word in tags if word not in keywords]
    return [found[key] for key in sorted(found)]


def rows(path: Path, columns: list[str]) -> list[dict]:
    """The rows of a Parquet file, or of all in a folder."""
    import pyarrow.parquet as parquet  # here: only making the file needs it

    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path] if path.is_file() else []
    if not files:
        raise InputError("path", str(path), "a Parquet file or a folder with *.parquet files")
    return [row for file in files for row in parquet.read_table(file, columns=columns).to_pylist()]


def translations(known: dict[str, dict], foreign: list[dict], code: str) -> list[dict[str, str]]:
    """What a language says in English: its names, its keywords of several emoji, and those of one; each a dict from
    a phrase in normal form to English."""
    rules, spaced = grammar(code), LANGUAGES[code].spaced
    english = {row["key"]: row["name"] for row in known.values()}
    colours = {rules.stem(phrase) for phrase, (kind, _) in rules.phrases.items() if kind == "colour"}
    meant, by_key = collections.defaultdict(set), {}
    for row in known.values():
        by_key[row["key"]] = {row["name"], *row["keywords"]}
        for phrase in by_key[row["key"]]:
            meant[phrase].add(row["key"])
    names, said, forms = {}, collections.defaultdict(set), collections.defaultdict(set)
    for row in sorted(foreign, key=lambda row: row["key"]):
        # Hindi lists names: "घर, भवन".
        for name in dict.fromkeys([row["name"], row["name"].split(", ")[0]]):
            if phrase := _phrase(name):
                names.setdefault(phrase, spoken(english[row["key"]]))
        for phrase in filter(None, map(_phrase, row["keywords"])):
            # The forms of a word are one word.
            stem = " ".join(map(rules.stem, phrase.split(" "))) if spaced else phrase
            said[stem].add(row["key"])
            forms[stem].add(phrase)
    keywords, lone = {}, {}
    for stem, keys in sorted(said.items()):
        own = {english[key] for key in keys}
        own_words = {word for name in own for word in words(name)}

        def agreement(phrase, keys=keys, own=own, own_words=own_words):
            named = phrase in own or normal(phrase) in own_words
            return _jaccard(keys, meant[phrase]) + NAMED * named, phrase in own, -len(phrase), phrase

        best = next(iter(own)) if len(own) == 1 else max(set().union(*(by_key[key] for key in keys)), key=agreement)
        # "roter Drache" is a dragon that is red, whatever it is a keyword of.
        parts = stem.split(" ")
        coloured = len(parts) > 1 and not colours.isdisjoint((parts[0], parts[-1]))
        if (len(own) == 1 or agreement(best)[0] >= AGREEMENT) and not coloured:
            table = keywords if len(keys) > 1 else lone
            table |= {phrase: spoken(best) for phrase in sorted(forms[stem]) if phrase not in names}
    return [names, keywords, lone]


def _jaccard(one: set, other: set) -> float:
    return len(one & other) / len(one | other)


def _phrase(text: str) -> str:
    said = words(text)
    return " ".join(said) if len(said) <= LONGEST else ""


if __name__ == "__main__":
    main()
