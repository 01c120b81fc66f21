"""python -m docs.reading --names names.parquet: of CLDR's names in fifteen languages, how many are read back as the
concept they name. Prints the table of docs/reading.md.

A name is given alone, behind or before the colour that the language says so ("blauer Schmetterling"), and behind the
number three. It is read back if the English has the concept's name, with the colour or the number asked for.
"""

import argparse
from pathlib import Path

from lit.data.captions import plural, spoken
from lit.reading.build import rows
from lit.reading.languages import LANGUAGES
from lit.reading.lexicon import shipped
from lit.reading.reading import read
from lit.reading.script import normal

# How a colour and a number are said of a name: unbent, for the name's gender is not known.
COLOURED = {
    "de": "grüner {}", "fr": "{} vert", "es": "{} verde", "it": "{} verde", "pt": "{} verde", "nl": "groene {}",
    "pl": "zielony {}", "ru": "зеленый {}", "tr": "yeşil {}", "id": "{} hijau", "ar": "{} أخضر", "hi": "हरा {}",
    "ko": "초록 {}", "ja": "緑の{}", "zh": "绿色的{}",
}  # fmt: skip
COUNTED = {
    "de": "drei {}", "fr": "trois {}", "es": "tres {}", "it": "tre {}", "pt": "três {}", "nl": "drie {}",
    "pl": "trzy {}", "ru": "три {}", "tr": "üç {}", "id": "tiga {}", "ar": "ثلاثة {}", "hi": "तीन {}",
    "ko": "세 {}", "ja": "三つの{}", "zh": "三个{}",
}  # fmt: skip


def shares(names: Path) -> dict[str, tuple[int, float, float, float]]:
    """Language -> names asked, and the shares of them read back alone, with a colour and with a number."""
    known = {key: spoken(name) for key, name, _ in shipped()["concepts"]}
    foreign: dict[str, list[tuple[str, str]]] = {code: [] for code in LANGUAGES}
    for row in rows(names, ["key", "lang", "name"]):
        if row["key"] in known and row["lang"] in foreign:
            foreign[row["lang"]].append((row["name"], known[row["key"]]))
    return {code: (len(pairs), *_shares(code, pairs)) for code, pairs in foreign.items()}


def misread(code: str, pairs: list[tuple[str, str]], way: str = "{}", said: str = "") -> list[tuple[str, str, str]]:
    """Those not read back: (the prompt, what it was read as, the concept)."""
    out = []
    for name, concept in pairs:
        prompt = way.format(name)
        text = read(prompt).text
        plain = normal(text)
        if not any(normal(form) in plain for form in (concept, plural(concept))) or said not in plain:
            out.append((prompt, text, concept))
    return out


def _shares(code, pairs):
    for way, said in (("{}", ""), (COLOURED[code], "green"), (COUNTED[code], "three")):
        yield 1 - len(misread(code, pairs, way, said)) / len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=Path, metavar="PATH", required=True, help="the Parquet file of CLDR's names")
    print("| language | names | alone | with a colour | with a number |\n| --- | --- | --- | --- | --- |")
    for code, (count, *three) in shares(parser.parse_args().names).items():
        print(f"| {LANGUAGES[code].label} | {count:,} | {' | '.join(f'{share:.1%}' for share in three)} |")


if __name__ == "__main__":
    main()
