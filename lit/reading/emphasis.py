"""Weights of words in the embeddings that a network is conditioned on."""

from collections.abc import Sequence

import torch

from lit.minilm import MAX_TOKENS
from lit.reading.tokens import words_of


def token_weights(text: str, spans: Sequence[tuple[int, int, float]]) -> torch.Tensor:
    """The weight of each token of a text, float32 (32,): 1 but where a token lies in a span (start, end, weight).

    text, spans: as `lit.reading.weights.parse_weights` gives them. A word that a span reaches into has its weight
    whole: its pieces say nothing by themselves.
    """
    weights = torch.ones(MAX_TOKENS)
    for word in words_of(text):
        own = [weight for start, end, weight in spans if start < word.end and word.start < end]
        first = word.last - len(word.pieces) + 1
        if own and first < MAX_TOKENS - 1:
            weights[first : min(word.last + 1, MAX_TOKENS - 1)] = own[0]
    return weights


def emphasize(embeddings: torch.Tensor, mask: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Embeddings whose tokens count by their weights: e' = m + w (e - m), with m the mean of the prompt's tokens.

    A token at weight 0 is no different from the prompt as a whole; at 2 it stands out twice as far.

    embeddings: (rows, tokens, width).  mask: bool (rows, tokens), true where a token is.  weights: (rows, tokens).
    Returns new embeddings; tokens with weight 1 are the same to the byte.
    """
    weights = weights.to(embeddings)[..., None]
    present = mask.to(embeddings)[..., None]
    mean = (embeddings * present).sum(1, keepdim=True) / present.sum(1, keepdim=True).clamp_min(1)
    moved = mean + weights * (embeddings - mean)
    return torch.where((weights == 1) | (present == 0), embeddings, moved)
