"""What is asked: pairs that match, prompts that can be read."""

import numpy as np

from lit.data.concepts import concept_labels
from lit.evaluation.prompts import UNSEEN_PROMPTS_FILE, matched_train_pairs, read_prompts
from lit.styles import STYLES
from lit.training.models.transformer import SHEET_PROMPTS


def test_train_pairs_match_the_held_out_ones(data):
    held_out = data.subset("test")
    labels = concept_labels(data.stickers)[1]
    matched = matched_train_pairs(data, labels, held_out, np.random.default_rng(0))
    assert all(data.stickers[i].split == "train" for i in matched)
    assert [data.stickers[i].style for i in matched] == [data.stickers[i].style for i in held_out]
    assert len(set(matched.tolist())) == len(matched)
    # what is no concept has no right answer to be judged by
    nameless = labels.clone()
    nameless[matched[:2].tolist()] = -1
    assert set(matched[:2]).isdisjoint(matched_train_pairs(data, nameless, held_out, np.random.default_rng(0)))


def test_the_contact_sheet_has_64_prompts():
    prompts = read_prompts()
    assert len(prompts) == 64 == len(set(prompts))
    assert all(style in STYLES for _, style in prompts)


def test_nobody_looks_at_the_128_prompts_while_tuning():
    unseen = {words for words, _ in read_prompts(UNSEEN_PROMPTS_FILE)}
    looked_at = {words for words, _ in read_prompts()} | {prompt.split(",")[0] for prompt in SHEET_PROMPTS}
    assert len(unseen) == 128 and unseen.isdisjoint(looked_at)
