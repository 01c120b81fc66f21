"""The text encoder: what a prompt becomes, whoever stands beside it."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from lit.errors import CheckpointError
from lit.models.text import MAX_TOKENS, TextEncoder, check_sha256, packaged_folder

LONG = "seven red dragons and " * 12


def test_shapes_are_fixed_and_padding_is_zero(text_encoder):
    embeddings, mask = text_encoder(["a blue dragon", LONG])
    assert embeddings.shape == (2, MAX_TOKENS, 384) and embeddings.dtype == torch.float32
    assert mask.sum(1).tolist() == [5, MAX_TOKENS]  # with the marks of both ends
    assert not embeddings[0, 5:].any() and embeddings[0, :5].abs().sum(1).all()


def test_an_embedding_does_not_depend_on_its_neighbours(text_encoder):
    together, _ = TextEncoder(text_encoder.model, text_encoder.tokenizer)(["a cat", LONG, "a blue dragon"])
    alone, _ = TextEncoder(text_encoder.model, text_encoder.tokenizer)(["a blue dragon"])
    assert torch.equal(together[2], alone[0])


def test_the_batched_path_agrees(text_encoder):
    prompts = ["a cat", LONG, "", "a blue dragon"]
    embeddings, mask = text_encoder(prompts)
    batched, batched_mask = text_encoder.encode_batch(prompts, batch_size=3)
    assert torch.equal(mask, batched_mask)
    torch.testing.assert_close(batched, embeddings, atol=1e-5, rtol=1e-4)
    assert text_encoder.encode_batch(prompts, dtype=torch.bfloat16)[0].dtype == torch.bfloat16


def test_remembered_embeddings_can_meet_a_gradient(text_encoder):
    encoder = TextEncoder(text_encoder.model, text_encoder.tokenizer)
    with torch.inference_mode():
        encoder(["a cat"])
    weight = torch.ones(384, requires_grad=True)
    (encoder(["a cat"])[0] * weight).sum().backward()
    assert weight.grad.isfinite().all()


def test_only_the_last_prompts_are_remembered(text_encoder, monkeypatch):
    monkeypatch.setattr("lit.models.text.CACHED_PROMPTS", 2)
    encoder = TextEncoder(text_encoder.model, text_encoder.tokenizer)
    encoder(["a", "b", "a", "c"])
    asked = []
    hook = encoder.model.register_forward_hook(lambda *_: asked.append(1))
    try:
        encoder(["a", "c"])  # those that were asked for last
        assert not asked
        encoder(["b"])
        assert len(asked) == 1
    finally:
        hook.remove()


def test_truncated_words_are_named(text_encoder):
    assert text_encoder.truncated("a blue dragon") == ""
    exact = " ".join(["dog"] * 30)
    assert text_encoder.truncated(exact) == ""
    assert text_encoder.truncated(exact + " cat on Mars ") == "cat on Mars"
    # A word cut in the middle is named whole: "unbelievableness" is two tokens, the first of them the 30th.
    assert text_encoder.truncated(" ".join(["dog"] * 29) + " unbelievableness cat") == "unbelievableness cat"


def test_what_is_said_to_be_truncated_has_no_effect(text_encoder):
    dropped = text_encoder.truncated(LONG)
    a, _ = text_encoder([LONG])
    b, _ = text_encoder([LONG.rstrip().removesuffix(dropped) + "a green house with trees"])
    assert torch.equal(a, b)


def test_pooled_is_the_normalised_mean_over_tokens(text_encoder):
    sentences = ["a blue dragon", "cat", LONG]
    pooled = text_encoder.pooled(sentences)
    torch.testing.assert_close(pooled.norm(dim=1), torch.ones(3))
    for sentence, vector in zip(sentences, pooled):
        ids = torch.tensor([text_encoder.tokenizer.encode(sentence).ids])
        mean = text_encoder.model(input_ids=ids).last_hidden_state[0].mean(0)
        torch.testing.assert_close(vector, mean / mean.norm(), atol=1e-5, rtol=1e-4)


@pytest.fixture
def folder(tmp_path):
    for name in ("config.json", "tokenizer.json", "vocab.txt"):
        shutil.copy(packaged_folder() / name, tmp_path)
    state = load_file(packaged_folder() / "model.safetensors")
    save_file(
        {name: t.half() if t.is_floating_point() else t for name, t in state.items()},
        tmp_path / "model.safetensors",
    )
    return tmp_path


def test_a_folder_in_half_precision_and_with_a_vocabulary_alone_loads(text_encoder, folder):
    (folder / "tokenizer.json").unlink()
    encoder = TextEncoder.from_pretrained(folder)
    assert encoder.model.dtype == torch.float32
    torch.testing.assert_close(
        encoder(["A blue, café dragon"])[0], text_encoder(["A blue, café dragon"])[0], atol=0.02, rtol=0
    )


def test_damaged_folders_are_named(folder, tmp_path):
    with pytest.raises(CheckpointError, match="SHA-256"):
        check_sha256(folder / "model.safetensors")
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="damaged"):
        TextEncoder.from_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    shutil.copy(packaged_folder() / "model.safetensors", folder)
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 192}))
    with pytest.raises(CheckpointError, match="does not fit"):
        TextEncoder.from_pretrained(folder)
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "t5"}))
    with pytest.raises(CheckpointError, match="only bert"):
        TextEncoder.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="missing"):
        TextEncoder.from_pretrained(folder)
