"""python -m docs.reading NAMES DRAWINGS: the figures of docs/reading.md. NAMES: names.parquet; DRAWINGS: a folder.

Names: of CLDR's names in fifteen languages, how many are read back as the concept that they name: alone, with the
colour green and with the number three, as the language says them. A name is read back if the English has the
concept's name, and what was asked for with it.

Pieces: how often a word is nearer to its own keywords, in the text encoder's space, than to 99 other sets of them; by
the number of pieces that the tokenizer has it in, for words that name drawings and for the same with two letters
exchanged.

Weights: how much of the opaque pixels has a colour, by the weight that its word has in the prompt.
"""

import argparse
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from lit.data.captions import plural, spoken
from lit.data.colors import colored, hue_distance, hue_saturation_value
from lit.data.palette import HUES
from lit.pipeline import LiTPipeline
from lit.reading.build import rows
from lit.reading.emphasis import emphasize, token_weights
from lit.reading.languages import LANGUAGES
from lit.reading.lexicon import shipped
from lit.reading.reading import read
from lit.reading.script import normal
from lit.reading.tokens import words_of
from lit.reading.weights import parse_weights

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
OTHERS = 99
NEAR = 25  # degrees of hue that are one colour
WEIGHTS = (0, 0.5, 1, 1.5, 2)
WEIGHED = (  # what is drawn, and its colour
    ("a (purple:{}) elephant", "purple"),
    ("a (green:{}) crown", "green"),
    ("a (pink:{}) shark", "pink"),
    ("an (orange:{}) whale", "orange"),
    ("a lion on a (green:{}) background", "green"),
)


def read_back(names: Path) -> dict[str, tuple[int, float, float, float]]:
    """Language -> names asked, and the shares of them read back alone, with a colour and with a number."""
    known = {key: spoken(name) for key, name, _ in shipped()["concepts"]}
    foreign: dict[str, list[tuple[str, str]]] = {code: [] for code in LANGUAGES}
    for row in rows(names, ["key", "lang", "name"]):
        if row["key"] in known and row["lang"] in foreign:
            foreign[row["lang"]].append((row["name"], known[row["key"]]))
    return {code: (len(pairs), *_shares(code, pairs)) for code, pairs in foreign.items()}


def _shares(code, pairs):
    for way, said in (("{}", ""), (COLOURED[code], "green"), (COUNTED[code], "three")):
        texts = [normal(read(way.format(name)).text) for name, _ in pairs]
        right = [
            said in text and any(normal(form) in text for form in (concept, plural(concept)))
            for text, (_, concept) in zip(texts, pairs)
        ]
        yield sum(right) / len(right)


def nearer(text_encoder, drawings: Path) -> dict[str, tuple[int, float]]:
    """Kind of word -> how many were asked, and the share that is nearest to its own keywords."""
    lot = random.Random(0)
    tags: dict[str, set[str]] = defaultdict(set)
    stickers = [{"name": name, "keywords": keywords} for _, name, keywords in shipped()["concepts"]]
    for row in [*stickers, *rows(drawings, ["name", "keywords"])]:
        name = row["name"].lower()
        if name.isascii() and name.isalpha():
            tags[name] |= {tag for tag in row["keywords"] if name not in tag.lower() and tag.lower() not in name}
    said = {name: ", ".join(sorted(own)[:6]) for name, own in tags.items() if own}
    vectors = text_encoder.pooled(list(said.values()))
    asked = []  # (kind, word, the number of its keywords)
    for number, name in enumerate(said):
        pieces = len(words_of(name)[0].pieces)
        asked.append((f"{pieces} piece{'s' * (pieces > 1)}", name, number))
        place = lot.randrange(1, max(2, len(name) - 1))
        broken = name[: place - 1] + name[place : place + 1] + name[place - 1] + name[place + 1 :]
        if pieces == 1 and len(name) > 4 and len(words_of(broken)[0].pieces) > 1:
            asked.append(("exchanged letters", broken, number))
    found = defaultdict(list)
    for (kind, _, number), vector in zip(asked, text_encoder.pooled([word for _, word, _ in asked])):
        others = lot.sample([other for other in range(len(vectors)) if other != number], OTHERS)
        found[kind].append(bool(vector @ vectors[number] > (vectors[others] @ vector).max()))
    return {kind: (len(hits), sum(hits) / len(hits)) for kind, hits in sorted(found.items())}


def weighed(pipe: LiTPipeline) -> list[float]:
    """The share of the opaque pixels that has the weighed colour, a weight of WEIGHTS each, over WEIGHED."""
    shares = torch.zeros(len(WEIGHED), len(WEIGHTS))
    for row, (template, colour) in enumerate(WEIGHED):
        prompts = [parse_weights(template.format(weight)) for weight in WEIGHTS]
        embeddings, mask = pipe.text_encoder([prompt.text for prompt in prompts])
        weights = torch.stack([token_weights(prompt.text, prompt.spans) for prompt in prompts])
        images = pipe(
            prompt_embeds=emphasize(embeddings, mask, weights),
            prompt_attention_mask=mask,
            style="fluent-3d",
            seed=0,
            num_inference_steps=8,
        ).images
        shares[row] = torch.tensor([_share(image, colour) for image in images])
    return shares.mean(0).tolist()


def _share(image, colour):
    pixels = torch.from_numpy(np.array(image.convert("RGBA"))).permute(2, 0, 1)[None].flatten(2) / 255
    hue, saturation, value = hue_saturation_value(pixels[:, :3])
    target, _, _ = hue_saturation_value(torch.tensor(HUES[colour])[None, :, None])
    near = colored(saturation, value) * (hue_distance(hue, target) <= NEAR)
    opaque = (pixels[:, 3] > 0.5).float()
    return float((near * opaque).sum() / opaque.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", type=Path, metavar="NAMES")
    parser.add_argument("drawings", type=Path, metavar="DRAWINGS")
    arguments = parser.parse_args()
    print("| language | names | alone | with a colour | with a number |\n| --- | --- | --- | --- | --- |")
    for code, (count, *three) in read_back(arguments.names).items():
        print(f"| {LANGUAGES[code].label} | {count:,} | {' | '.join(f'{share:.1%}' for share in three)} |")
    pipe = LiTPipeline.from_pretrained()
    for kind, (count, share) in nearer(pipe.text_encoder, arguments.drawings).items():
        print(f"{kind}: {share:.0%} of {count:,} words")
    for weight, share in zip(WEIGHTS, weighed(pipe)):
        print(f"weight {weight}: {share:.0%}")


if __name__ == "__main__":
    main()
