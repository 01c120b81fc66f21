"""The sets that the data are gathered from: whose they are, under which licence, and what it asks."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from lit.data.stickers import Sticker
from lit.sheets import markdown_table

ASKED = {
    "CC-BY-SA": "name the authors, link the licence, say what was changed; what is derived keeps the licence",
    "CC-BY": "name the authors, link the licence, say what was changed",
    "CC-PDDC": "do nothing (public domain)",
    "CC0": "do nothing (public domain)",
    "MIT": "keep the copyright notice",
    "Apache-2.0": "keep the licence and its notices, say what was changed",
}


NAMES = "Names and keywords of emoji: Unicode CLDR, copyright © 1991-2025 Unicode, Inc., licence Unicode-3.0."


@dataclass(frozen=True)
class Source:
    """title: of the set.  authors: to be named.  origin: where it comes from.  changed: beyond cropping and drawing at
    one size."""

    title: str
    authors: str
    origin: str
    changed: str = ""


_FLUENT = Source("Fluent Emoji", "Microsoft", "microsoft/fluentui-emoji")
_OPENCLIPART = Source("Openclipart", "the artists of Openclipart", "Debian's openclipart-svg", "titles translated")


def _icons(changed: str) -> Source:
    return Source("Game-icons.net", "Lorc, Delapouite and contributors", "game-icons/icons", changed)


SOURCES = {
    "noto": Source("Noto Emoji", "Google", "googlefonts/noto-emoji"),
    "twemoji": Source("Twemoji", "Twitter, Inc and other contributors", "twitter/twemoji"),
    "blob": Source("Blobmoji", "Google, C1710 and contributors", "C1710/blobmoji"),
    "emojione": Source("EmojiOne 2", "EmojiOne", "joypixels/emojione"),
    "fluent-3d": _FLUENT,
    "fluent-color": _FLUENT,
    "fluent-flat": _FLUENT,
    "fluent-mono": _FLUENT,
    "mulberry": Source("Mulberry Symbols", "Steve Lee, Mulberry Symbols", "mulberrysymbols/mulberry-symbols"),
    "openmoji": Source("OpenMoji", "OpenMoji, HfG Schwäbisch Gmünd and contributors", "hfg-gmuend/openmoji"),
    "openclipart": _OPENCLIPART,
    "openclipart-ink": _OPENCLIPART,
    "pixel-crawl": Source("Dungeon Crawl tiles", "the Dungeon Crawl Stone Soup artists", "crawl/tiles", "enlarged"),
    "pixel-ultica": Source(
        "UltimateCataclysm", "UltiCa contributors, CleverRaven", "I-am-Erk/CDDA-Tilesets", "enlarged"
    ),
    "streamline-emoji": Source("Streamline Emojis", "Streamline", "webalys-hq/streamline-vectors"),
    "streamline": Source("Streamline Ultimate Color", "Streamline", "webalys-hq/streamline-vectors"),
    "stickies": Source("Streamline Stickies Color", "Streamline", "webalys-hq/streamline-vectors"),
    "scratch": Source("Scratch sprite library", "Scratch Foundation, MIT Media Lab", "rubiidev18alt/codewhirl"),
    "bigheads": Source("Big Heads", "Robert Broersma", "RobertBroersma/bigheads", "composed from its parts"),
    "kawaii": Source("React Kawaii", "Elizabet Oliveira", "miukimiu/react-kawaii", "composed from its parts"),
    "bioicons": Source("Bioicons", "Servier Medical Art, DBCLS and others", "duerrsimon/bioicons"),
    "glitch": Source("Glitch", "Tiny Speck", "ChildrenOfUr/coUclient"),
    "crops": Source("Open crop icons", "OpenFarm", "openfarmcc/open-crop-icons"),
    "blobfox": Source("Blobfox", "Feuerfuchs, adri326", "adri326/blobfox", "captioned by hand"),
    "gopher": Source("Gophers", "Egon Elbre; the character: Renee French", "egonelbre/gophers", "captioned by hand"),
    "game-icons": _icons("backgrounds removed, made black"),
    "game-icons-color": _icons("backgrounds removed, painted in two tones of a colour"),
}  # fmt: skip


def used(stickers: Iterable[Sticker]) -> str:
    """How many drawings there are of each set and licence, as lines for a terminal."""
    counts = Counter((one.style, one.license or "licence not given") for one in stickers)
    lines = [f"{count:7,}  {style}, {licence}" for (style, licence), count in sorted(counts.items())]
    licences = Counter()
    for (_, licence), count in counts.items():
        licences[licence] += count
    whole = ", ".join(f"{licence} {count:,}" for licence, count in licences.most_common())
    return "\n".join([f"{sum(counts.values()):,} drawings", *lines, f"by licence: {whole}"])


def card_table(stickers: Iterable[Sticker]) -> str:
    """A model card's table of the sets that these are from: drawings, authors, licence and what it asks, Markdown."""
    counts = Counter((SOURCES[one.style], one.license) for one in stickers)
    rows = [
        (
            source.title, f"{count:,}", source.authors, source.origin, licence or "not given", asked(licence),
            source.changed or "cropped, drawn at one size",
        )
        for (source, licence), count in sorted(counts.items(), key=lambda item: (item[0][0].title, item[0][1]))
    ]  # fmt: skip
    table = markdown_table(("set", "drawings", "authors", "from", "licence", "it asks to", "changed"), rows)
    return f"{table}\n\n{NAMES}"


def asked(licence: str) -> str:
    """What a licence asks of those who use a work, by its SPDX id."""
    return next((asks for name, asks in ASKED.items() if licence.startswith(name)), "see the set")
