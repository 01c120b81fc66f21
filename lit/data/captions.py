"""Captions for stickers, and the little English that composing them needs: articles and plurals.

The names are CLDR's English short names and those of the drawings; the word lists below cover those names, not English
at large.
"""

import zlib
from collections.abc import Sequence

from lit.data.names import ACTION


def words(text: str) -> frozenset[str]:
    """A set of words written as one string."""
    return frozenset(text.split())


NUMBER_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
MAX_CAPTIONS = 12
SYNONYMS_KEPT = 2
SHORTEST = 3  # letters of a keyword that names a thing by itself
# How people ask for a picture of something, beside its bare name.
CASUAL = (
    "{phrase} emoji",
    "a sticker of {noun}",
    "{phrase} icon",
    "a drawing of {noun}",
    "{phrase} sticker",
    "emoji of {noun}",
)
CASUAL_KEPT = 2  # of them, a drawing
LONGEST_CASUAL = 3  # words of a name that such words go with
LONGEST_TAGGED = 6  # likewise keywords
CUTE = words("animal pet face food fruit baby toy flower cute")  # keywords of what people ask for a cute one of
UNSAID = frozenset((ACTION, "cute"))  # keywords that tell something, but are none to be read

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
# Of two parts, and one thing: they have no singular.
PAIRS = words(
    "scissors glasses sunglasses goggles binoculars headphones earphones trousers pants jeans shorts tights leggings "
    "pyjamas pajamas pliers tongs tweezers shears clippers clothes stairs briefs knickers overalls dungarees "
    "handcuffs nunchucks maracas castanets bagpipes fries spectacles swimfins trunks pincers loppers"
)
# Plurals of which the singular has the "e": "axe", "cookie", "house".
WITH_E = words(
    "axes cookies brownies movies pies ties zombies smoothies hoodies selfies genies houses horses roses noses vases "
    "nurses purses cases bases phrases prizes mazes sizes aches headaches caches cuisses blouses mousses suitcases "
    "bookcases pickaxes poses hoses doses"
)
# Singular though they end in a single "s".
SINGULAR_S = words(
    "bus minibus trolleybus gas lens iris canvas compass rhinoceros atlas pancreas triceratops cyclops ouroboros gps "
    "vhs christmas mars barracks bellows forceps catoblepas"
)
MASS_WORDS = words(
    "algae allspice archery arugula asparagus backgammon bacon badminton ballet bamboo barley basil beans beef biking "
    "borage bread broccoli bubbles butter camphor cardamom cardboard cash celeriac celery cereal chalk chamomile "
    "champagne charcuterie choy cilantro cinnamon clay clingfilm cloth coffee coleslaw confetti coral corn cotton "
    "cream cumin curry custard dill dirt dna dust dynamite echinacea electricity endive fabric fennel fire flatbread "
    "flax floss flour fluid foam fog food frankincense furniture galangal garlic ginger glitter glue golf grass gravy "
    "hair hairspray hemp hockey honey ice incense ink ivy jam jewellery jewelry judo juice kale ketchup lacrosse "
    "lasagna lasagne laundry lava lavender lemonade lemongrass lettuce licorice lightning linen loot lovage luggage "
    "macaroni margarine marjoram marmite mayonnaise meat milk millet mistletoe money moss muesli music mustard nutmeg "
    "oden oil okra oregano paella parsley pasta playdough pollen popcorn porridge pottery poultry quicksand rain "
    "rhubarb rice rosemary rugby rye saffron sake salami salt sand sandpaper sesame shampoo silk smoke snow soap "
    "soccer spaghetti spinach spätzle steam stevia sugar sunscreen sunshine sushi sweetcorn syrup tea tennis thread "
    "thyme tinsel toast tofu turmeric underwear vinegar water watercress wheat wood wool wormwood yam yarn yeast yoga "
    "zinc"
)
# What a thing is like or where, and no thing: names of some drawings.
QUALITIES = words(
    "across alive all awake backwards barefoot bright broken busy cheerful chinese closed cloudy cold convinced "
    "cooked covered crossed curly dead dirty disabled downstairs dry eyed fancy fast fat female folded forwards "
    "handsome healthy held hidden hot hungry hurt inside internal invisible lost magnetic male noisy normal overhead "
    "pale peeled pretty private quiet ready sadly short sleepy slippery smart spiked spotty sticky strong struck "
    "suspicious tall thirsty unfurled up upstairs usable wet wrapped"
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
ACTORS = words(
    "man woman person people men women face leaf hand index arrow globe head page chart boy girl child baby fox "
    "gopher monkey raccoon dog cat bear bird fingers"
)
ING_NOUNS = words(
    "thing plaything filling lemming lining bunting clothing crossing drawing evening landing lightning marking "
    "meeting morning opening sibling ring wing king string building wedding dumpling seedling ceiling swing sling "
    "spring painting pudding earring keyring awning stocking duckling gosling herring viking bearing fledgling "
    "sapling starling changeling railing wellspring offspring"
)
ED_NOUNS = words("bed led red seed weed reed shed sled steed breed moped biped quadruped seaweed flatbed")
# Spelt with vowels, said with "y" or "w"; words of which this is the whole.
SAID_WITH_CONSONANT = ("uni", "euro", "ewe", "one", "use", "ufo", "uran", "usab", "ukul", "eucal")
LETTERS_WITH_CONSONANT = frozenset(("us", "uk", "usb", "u-turn"))
SILENT_H = ("hour", "honest", "heir", "honour")
SPELLED_WITH_VOWEL = frozenset(("sos", "ng", "x-ray", "mri", "mp3", "led", "lcd", "sms", "fm", "rv"))


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
    if head == lower and is_no_noun(lower):
        return "mass"
    if last in MASS_WORDS or head in ("warning", "breast-feeding"):
        return "mass"
    return "plural" if _is_plural(last) else "count"


def is_no_noun(name: str) -> bool:
    """Whether a name is what something does or is, and no thing: "cycling", "cracked", "rock climbing"."""
    last = name.lower().rsplit(" ", 1)[-1]
    does = last.endswith("ing") and last not in ING_NOUNS
    return does or last in QUALITIES or (last.endswith("ed") and last not in ED_NOUNS)


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
    vowel = lower[:1] in "aeiou" and not lower.startswith(SAID_WITH_CONSONANT) and lower not in LETTERS_WITH_CONSONANT
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


def singular(name: str) -> str:
    """A name of several things for one of them: "mushrooms" -> "mushroom"; others as they are."""
    *before, last = name.split(" ")
    if countability(name) != "plural" or split_head(name)[1] or last in PAIRS or " and " in name:
        return name
    known = {many: one for one, many in IRREGULAR_PLURALS.items()}
    guesses = [known.get(last, ""), *([last[:-1]] if last in WITH_E else []), f"{last[:-3]}y", last[:-2], last[:-1]]
    one = next((guess for guess in guesses if guess and _plural_word(guess) == last), last)
    return " ".join([*before, one])


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


def is_action(sticker) -> bool:
    """Whether a name says what somebody does: "posting a letter"."""
    return ACTION in sticker.keywords and _is_doing(sticker.name)


def captions(sticker, synonyms: Sequence[str] = ()) -> list[str]:
    """All captions of a sticker, the plain name first: at most MAX_CAPTIONS, each once, always in the same order.

    sticker: anything with `name` and `keywords`.  A keyword alone ("face") fits hundreds of stickers, so
    keywords come with the name or several at a time.
    synonyms: other names, of this concept alone.
    """
    name, phrase = sticker.name, spoken(sticker.name)
    acting = is_action(sticker)
    noun = f"someone {phrase}" if acting else with_article(phrase)
    out = [name, noun, phrase]
    if acting:
        out.append(f"a person {phrase}")
    elif len(phrase.split()) <= LONGEST_CASUAL:
        # The name again: which of them a drawing has is by its name and style, so that all of them are heard.
        first = zlib.crc32(f"{name} {getattr(sticker, 'style', '')}".encode())
        forms = [form for form in CASUAL if noun != phrase or "{phrase}" in form or not is_no_noun(phrase)]
        out += [forms[(first + i) % len(forms)].format(phrase=phrase, noun=noun) for i in range(CASUAL_KEPT)]
        out += [f"cute {phrase}"] * (not CUTE.isdisjoint(sticker.keywords))
        out += [one] if (one := singular(phrase)) != phrase else []
    else:
        out.append(f"a sticker of {noun}")
    out += synonyms[:SYNONYMS_KEPT]
    tones = [word for word in sticker.keywords if "skin tone" in word]
    unsaid = UNSAID | {"person"} if acting else UNSAID
    words = _distinct([word for word in sticker.keywords if _is_said(word) and word not in unsaid])
    words = words if len(phrase.split()) <= LONGEST_TAGGED else []
    spoken_words = set(phrase.lower().replace(",", "").split())
    fresh = [word for word in words if word.lower() not in spoken_words and word.lower() != name.lower()]
    if fresh:
        out.append(", ".join([phrase, fresh[0]]))
    if len(fresh) > 1:
        out.append(", ".join([noun, *fresh[-2:]]))
    # Tags alone, where they say what it is: "animal, beach, face" fits half of the animals.
    if len(words) > 2 and not acting and not spoken_words.isdisjoint(" ".join(words[:3]).lower().split()):
        out.append(", ".join(words[:3] + tones))
    return list(dict.fromkeys(out))[:MAX_CAPTIONS]


def lone_keywords(stickers) -> dict[str, list[str]]:
    """For each concept (by `base_key`) the keywords that no other one has for a name or keyword: people's other names
    for it, such as "bunny", and some that say something else of it. Flags and skin tones give none."""
    owners: dict[str, set[str]] = {}
    for sticker in stickers:
        for word in {sticker.name, *sticker.keywords}:
            owners.setdefault(word.lower(), set()).add(sticker.base_key)
    found: dict[str, dict[str, None]] = {}
    for sticker in stickers:
        own = found.setdefault(sticker.base_key, {})
        if sticker.has_skin_tone or sticker.name.startswith("flag:"):
            continue
        for word in sticker.keywords:
            said = word.lower() in sticker.name.lower() or singular(word.lower()) in sticker.name.lower()
            plain = len(word) >= SHORTEST and word.replace(" ", "").isalpha() and not _is_doing(word)
            if len(owners[word.lower()]) == 1 and plain and not said and word not in UNSAID:
                own[word] = None
    return {key: _distinct(list(words)) for key, words in found.items()}


def _is_said(keyword: str) -> bool:
    """Whether a keyword is words: "<3" is none, and a skin tone is said in its own place."""
    return "skin tone" not in keyword and any(letter.isalpha() for letter in keyword)


def _distinct(keywords: list[str]) -> list[str]:
    """Keywords without those that are the plural of another one: CLDR has "dog" and "dogs"."""
    plurals = {_plural_word(word) for word in keywords if not _is_plural(word)}
    return [word for word in keywords if word not in plurals or not _is_plural(word)]
