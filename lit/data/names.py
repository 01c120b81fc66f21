"""Names and keywords of gathered drawings as people say them: upstream tags are of many hands and languages."""

from lit.styles import STYLES

# Sets whose keywords are CLDR's, which are clean; of the others' only what is said here is kept.
CLEAN = frozenset((*STYLES, "openmoji", "streamline-emoji"))
ACTION = "action"  # the keyword of what somebody does: its name begins with a gerund
# Upstream tags that people would put behind a comma, and what is said for others.
SAID = (
    "animal bird insect fish reptile dinosaur mammal pet dog cat bear food fruit vegetable dessert drink juice meat "
    "meal snack candy breakfast plant flower tree herb clothes hat jewellery footwear underwear sport baseball "
    "basketball soccer music instrument drum vehicle car truck boat bike building house castle furniture toy tool "
    "weapon computer phone clock robot monster person woman man baby family face body weather winter summer "
    "halloween easter wedding party magic space planet moon shape money medical school office kitchen grooming "
    "science stationery shellfish job fox gopher portrait cute"
)
KINDS = {word: word for word in (*SAID.split(), ACTION)} | {
    "animals": "animal", "mammals": "mammal", "birds": "bird", "bug": "insect", "feline": "cat", "puppy": "puppy",
    "crop": "plant", "plants": "plant", "desserts": "dessert", "icecream": "ice cream", "beverage": "drink",
    "clothing": "clothes", "fashion": "clothes", "sports": "sport", "toys": "toy", "tools": "tool", "vegitable":
    "vegetable", "transport": "vehicle", "transportation": "vehicle", "vehicles": "vehicle", "profession":
    "job", "bodypart": "body part", "xmas": "christmas", "stickmen": "stick figure", "hardware": "computer", "planets":
    "planet", "underwater": "sea animal", "musicstuff": "music", "electronic": "electronics",
}  # fmt: skip


def cleaned_name(name: str, style: str) -> str:
    """A drawing's name without what its style says already."""
    name = " ".join(name.split())
    return name.removesuffix(" silhouette") if style == "openclipart-ink" else name


def cleaned_keywords(keywords: list[str], style: str) -> list[str]:
    """The keywords that say what a drawing is, each once, in their order."""
    if style in CLEAN:
        return list(keywords)
    return list(dict.fromkeys(KINDS[word] for word in keywords if word in KINDS))
