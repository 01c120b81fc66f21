"""Weights of words: only where they are meant, and a prompt without any is what it was."""

import pytest
import torch

from lit.errors import InputError
from lit.models.text import MAX_TOKENS, TextEncoder
from lit.reading.emphasis import emphasize, token_weights
from lit.reading.weights import escaped, parse_weights


def weights(prompt):
    parsed = parse_weights(prompt)
    return parsed.text, [(parsed.text[start:end], weight) for start, end, weight in parsed.spans]


@pytest.mark.parametrize(
    "prompt, text, spans",
    [
        ("a (blue:1.3) cat", "a blue cat", [("blue", 1.3)]),
        ("(a blue cat:.5)", "a blue cat", [("a blue cat", 0.5)]),
        ("((a:1.5) b:0.5)", "a b", [("a", 0.75), (" b", 0.5)]),
        ("(a:1) b", "a b", []),
        ("(blood type) (x: y) (z:) (:1.2)", "(blood type) (x: y) (z:) (:1.2)", []),
        ("(half (quarter:1.2)", "(half quarter", [("quarter", 1.2)]),
        (r"a \(blue:1.3\) cat", "a (blue:1.3) cat", []),
        (r"a \cat \\ \{", r"a \cat \ {", []),
        ("16:9 (4:3", "16:9 (4:3", []),
        ("((a:1.9) b:1.9)", "a b", [("a", 2.0), (" b", 1.9)]),
    ],
)
def test_what_is_a_weight(prompt, text, spans):
    assert weights(prompt) == (text, spans)


def test_each_character_knows_where_it_stood():
    prompt = r"a (blue:1.3) \(cat\)"
    parsed = parse_weights(prompt)
    assert "".join(prompt[place] for place in parsed.origin[:-1]) == parsed.text
    assert parsed.origin[-1] == len(prompt)


@pytest.mark.parametrize("prompt", ["(a:2.5)", "(a:-1)", "(" * 30 + "a" + ":1.1)" * 30])
def test_a_weight_that_cannot_be_is_said_with_its_place(prompt):
    with pytest.raises(InputError, match="character"):
        parse_weights(prompt)


@pytest.mark.parametrize("text", ["a (b:1.2)", "plain", "(x)", r"\(", "a(b:1.2)c)", "\\"])
def test_an_escaped_text_means_itself(text):
    assert weights(escaped(text)) == (text, [])


@pytest.fixture(scope="module")
def encoded():
    text = "a blue orangutan"
    embeddings, mask = TextEncoder.from_pretrained()([text])
    return text, embeddings, mask


def test_weight_one_changes_nothing_to_the_byte(encoded):
    _, embeddings, mask = encoded
    assert torch.equal(emphasize(embeddings, mask, torch.ones(1, MAX_TOKENS)), embeddings)


def test_only_the_weighted_tokens_move_and_from_the_mean(encoded):
    text, embeddings, mask = encoded
    weights = token_weights(text, [(2, 6, 1.5), (7, 9, 0.0)])
    pieces = int(mask.sum()) - 4  # without the marks of the ends, "a" and "blue"
    assert weights.tolist() == [1, 1, 1.5, *[0] * pieces, *[1] * (MAX_TOKENS - 3 - pieces)]
    moved = emphasize(embeddings, mask, weights[None])
    mean = embeddings[0, mask[0]].mean(0)
    assert torch.equal(moved[0, [0, 1]], embeddings[0, [0, 1]]) and not moved[0, ~mask[0]].any()
    torch.testing.assert_close(moved[0, 2] - mean, 1.5 * (embeddings[0, 2] - mean))
    torch.testing.assert_close(moved[0, 3], mean)


def test_weights_beyond_the_tokens_do_nothing():
    text = "dog " * 60 + "cat"
    assert token_weights(text, [(240, 243, 1.5)]).eq(1).all()
    assert token_weights(text, [(0, len(text), 1.5)])[[0, -1]].eq(1).all()
