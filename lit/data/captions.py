"""Captions for stickers, and the little English that composing them needs: articles and plurals.

The names are CLDR's English short names; the word lists below cover those names, not English at large.
"""


def words(text: str) -> frozenset[str]:
    """A set of words written as one string."""
    return frozenset(text.split())


NUMBER_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
MAX_CAPTIONS = 10

IRREGULAR_PLURALS = {
    "person": "people", "child": "children", "mouse": "mice", "foot": "feet", "tooth": "teeth",
    "goose": "geese", "ox": "oxen", "die": "dice", "leaf": "leaves", "sheaf": "sheaves",
    "wolf": "wolves", "elf": "elves",
    "knife": "knives", "loaf": "loaves", "scarf": "scarves", "cactus": "cacti",
    "potato": "potatoes", "tomato": "tomatoes", "mango": "mangoes", "volcano": "volcanoes",
    "tornado": "tornadoes", "mosquito": "mosquitoes", "buffalo": "buffaloes", "hero": "heroes",
    "fish": "fish", "sheep": "sheep", "deer": "deer", "moose": "moose", "bison": "bison",
    "shrimp": "shrimp", "squid": "squid", "blowfish": "blowfish", "jellyfish": "jellyfish",
    "aircraft": "aircraft",
}  # fmt: skip
PLURAL_WORDS = frozenset(IRREGULAR_PLURALS.values()) - frozenset(
    single for single, many in IRREGULAR_PLURALS.items() if single == many
)
# Singular though they end in a single "s".
SINGULAR_S = words("bus minibus trolleybus gas lens iris canvas compass rhinoceros")
MASS_WORDS = words(
    "bacon badminton beans biking bread broccoli bubbles butter coral custard dna fire flatbread fog food "
    "garlic hair ice lacrosse luggage meat money oden popcorn rice sake salt soap spaghetti sushi tea "
    "tennis thread tofu water wood yarn"
)
# Whole names that take no article: states, signs, places and pastimes.
BARE_NAMES = frozenset(
    (
        "american football", "baggage claim", "bald", "biohazard", "bowling", "building construction",
        "camping", "children crossing", "cinema", "cityscape", "construction", "cooking", "copyright",
        "cricket game", "currency exchange", "customs", "dashing away", "divide", "dizzy", "field hockey",
        "foggy",
        "high voltage", "horse racing", "hundred points", "ice hockey", "infinity", "information",
        "input latin letters", "input latin lowercase", "input latin uppercase", "input numbers",
        "input symbols", "left luggage", "light rail", "litter in bin sign", "locked", "locked with key",
        "locked with pen", "milky way", "minus", "mobile phone off", "palms up together",
        "mount fuji", "mrs. claus", "multiply", "mx claus", "no bicycles", "no entry", "no littering",
        "no mobile phones", "no one under eighteen", "no pedestrians", "no smoking", "om",
        "passport control", "performing arts", "ping pong", "plus", "prohibited", "radioactive",
        "registered", "rolling on the floor laughing", "rugby football", "santa claus", "star-struck",
        "thumbs down", "thumbs up", "tokyo tower", "unlocked", "vibration mode", "wireless", "yin yang",
        "zzz",
    )
)  # fmt: skip
PROPER_NAMES = words(
    "aquarius aries cancer capricorn gemini leo libra ophiuchus pisces sagittarius scorpio taurus virgo"
)
NUMERALS = words("one two three four five six seven eight nine ten eleven twelve")
PREPOSITIONS = words("with of in on behind at without over from under wearing showing tilted pointed not for")
TRAILING = words("up down off left right done horizontally vertically")
# Nouns behind which an -ing word is what they do: "man walking", "right arrow curving down".
ACTORS = words("man woman person people men women face leaf hand index arrow globe head page chart")
ING_NOUNS = words("ring wing king string building wedding dumpling seedling")
SAID_WITH_CONSONANT = ("uni", "euro", "ewe", "one", "use", "ufo")  # spelt as vowels, said as "y" or "w"
SILENT_H = ("hour", "honest", "heir", "honour")
SPELLED_WITH_VOWEL = frozenset(("sos", "ng", "x-ray"))


def split_head(name: str) -> tuple[str, str]:
    """Split a name behind its head noun: "man with beard" -> ("man", " with beard")."""
    words = name.split(" ")
    if "“" in name:  # what a Japanese button says is quoted
        return name, ""
    for position, word in enumerate(words):
        if position:
            acts = words[position - 1] in ACTORS and _is_doing(" ".join(words[position:]))
            trails = word in TRAILING and position == len(words) - 1
            if word in PREPOSITIONS or word.startswith("(") or acts or trails:
                cut = len(" ".join(words[:position]))
                return name[:cut], name[cut:]
        if word.endswith(":"):
            cut = len(" ".join(words[: position + 1])) - 1
            return name[:cut], name[cut:]
    return name, ""


def _is_doing(words: str) -> bool:
    """Whether words behind a noun say what it does: "walking", "kneeling: facing right"."""
    first = words.partition(" ")[0].rstrip(":")
    return words.startswith("mountain biking") or (first.endswith("ing") and first not in ING_NOUNS)


def countability(name: str) -> str:
    """What kind of noun a name is: "count" (a dog), "plural" (grapes), "mass" (fire), "name" (Leo)."""
    lower = name.lower()
    head = split_head(lower)[0]
    first, last = head.split(" ")[0], head.split(" ")[-1]
    if lower in PROPER_NAMES or lower in BARE_NAMES or last in ("o’clock", "thirty"):
        return "name"
    if first.partition("-")[0] in NUMERALS and (last.endswith("-thirty") or last == "o’clock"):
        return "name"
    if last in MASS_WORDS or head in ("warning", "breast-feeding"):
        return "mass"
    return "plural" if _is_plural(last) else "count"


def _is_plural(word: str) -> bool:
    if word in PLURAL_WORDS or word == "skis" or word.endswith(("men", "women", "people")):
        return True
    return word.endswith("s") and not word.endswith(("ss", "us", "is", "’s")) and word not in SINGULAR_S


def with_article(name: str) -> str:
    """A name with the article it takes: "a dog", "an apple"; "grapes" and "fire" as they are."""
    if name.startswith("flag of "):
        return f"the {name}"
    if countability(name) != "count":
        return name
    head = name.split(" ")[0]
    lower = head.lower().rstrip(":!")
    vowel = lower[:1] in "aeiou" and not lower.startswith(SAID_WITH_CONSONANT)
    vowel = vowel or lower in SPELLED_WITH_VOWEL or lower.startswith(SILENT_H)
    return f"{'an' if vowel else 'a'} {name}"


def plural(name: str) -> str:
    """The plural of a name, made on its head: "dog" -> "dogs", "man with beard" -> "men with beard"."""
    head, rest = split_head(name)
    if countability(name) in ("plural", "mass", "name"):
        return name
    if " and " in head:
        return " and ".join(_plural_phrase(part) for part in head.split(" and ")) + rest
    return _plural_phrase(head) + rest


def _plural_phrase(phrase: str) -> str:
    words = phrase.split(" ")
    if len(words) > 1 and words[0] in ("man", "woman"):  # "woman pilot" -> "women pilots"
        words[0] = _plural_word(words[0])
    words[-1] = _plural_word(words[-1])
    return " ".join(words)


def _plural_word(word: str) -> str:
    stem, hyphen, last = word.rpartition("-")
    if hyphen and last.isalpha():
        return stem + hyphen + _plural_word(last)
    if _is_plural(word):
        return word
    lower = word.lower()
    for single, many in IRREGULAR_PLURALS.items():
        # "superhero" as "hero", "merperson" as "person"; short words only by themselves ("box" is no "ox")
        if lower == single or (len(single) > 3 and lower.endswith(single)):
            return word[: len(word) - len(single)] + many
    if lower.endswith("man") and not lower.endswith(("human", "shaman", "german")):
        return word[:-3] + "men"
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        return "stomachs" if lower == "stomach" else word + "es"
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def spoken(name: str) -> str:
    """A name with CLDR's colon put into words: "flag: Japan" -> "flag of Japan"."""
    head, colon, detail = name.partition(": ")
    if not colon:
        return name
    if head == "flag":
        return f"flag of {detail}"
    if head == "keycap":
        return f"keycap {detail}"
    details = detail.split(", ")
    if details[0] == "bald":
        return spoken(": ".join([f"bald {head}", *([", ".join(details[1:])] if details[1:] else [])]))
    if details[0] == "facing right":
        tail = f" with {' and '.join(details[1:])}" if details[1:] else ""
        return f"{head} facing right{tail}"
    if details[0] in ("beard", "curly hair", "red hair", "white hair", "blond hair") or "skin tone" in detail:
        return f"{head} with {' and '.join(details)}"
    return f"{head} of {' and '.join(details)}"  # family: man, boy


def captions(sticker) -> list[str]:
    """All captions of a sticker, the plain name first: at most ten, each once, always in the same order.

    sticker: anything with `name` and `keywords`.  A keyword alone ("face") fits hundreds of stickers, so
    keywords come with the name or several at a time.
    """
    name, phrase = sticker.name, spoken(sticker.name)
    noun = with_article(phrase)
    tones = [word for word in sticker.keywords if "skin tone" in word]
    words = _distinct([word for word in sticker.keywords if "skin tone" not in word])
    spoken_words = set(phrase.lower().replace(",", "").split())
    fresh = [word for word in words if word.lower() not in spoken_words and word.lower() != name.lower()]
    out = [name, noun, phrase, f"emoji of {noun}", f"{phrase} emoji", f"a sticker of {noun}"]
    if fresh:
        out.append(", ".join([phrase, fresh[0]]))
        out.append(", ".join([noun, *fresh[-2:]]))
    if len(words) > 1:
        out.append(", ".join(words[:4] + tones))
    if len(words) > 5:
        out.append(" ".join(words[-3:] + tones))
    return list(dict.fromkeys(out))[:MAX_CAPTIONS]


def _distinct(keywords: list[str]) -> list[str]:
    """Keywords without those that are the plural of another one: CLDR has "dog" and "dogs"."""
    plurals = {_plural_word(word) for word in keywords if not _is_plural(word)}
    return [word for word in keywords if word not in plurals or not _is_plural(word)]
