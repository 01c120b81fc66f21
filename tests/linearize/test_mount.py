"""Mounting on a stock pipeline: it draws with other self-attentions, and afterwards is what it was."""

import json
import re

import numpy as np
import pytest
import torch
from linearize import tiny

from lit.errors import CheckpointError, InputError
from lit.linearize.mount import mount, put_on, take_off, unmount
from lit.linearize.processors import MixerProcessor, SanaProcessor
from lit.linearize.self_attentions import SelfAttentions, fewest_heads, fingerprint
from lit.models.storage import WEIGHTS_NAME


@pytest.fixture(params=tiny.TEACHERS)
def pipe(request):
    return tiny.TEACHERS[request.param]()


@pytest.fixture
def folder(pipe, tmp_path):
    torch.manual_seed(2)
    SelfAttentions.of(pipe.transformer).save(tmp_path / "network")
    return tmp_path / "network"


def processors(transformer):
    return {name: one.processor for name, one in transformer.named_modules() if hasattr(one, "processor")}


def test_its_weights_may_be_read_by_whoever_may_read_its_config(folder):
    assert len({file.stat().st_mode for file in folder.iterdir()}) == 1


def test_what_is_mounted_draws_and_what_is_unmounted_leaves_no_trace(pipe, folder):
    transformer = pipe.transformer
    before, drawn, names = processors(transformer), tiny.draw(pipe), list(transformer.state_dict())
    mount(pipe, folder)
    changed = {name for name, one in processors(transformer).items() if one is not before.get(name)}
    assert changed and all(re.fullmatch(r"transformer_blocks\.\d\.attn1", name) for name in changed)
    assert np.abs(tiny.draw(pipe) - drawn).max() > 1e-4
    mount(pipe, folder)  # in place of the former
    unmount(pipe)
    after = processors(transformer)
    assert after.keys() == before.keys() and all(after[name] is before[name] for name in before)
    assert not transformer._forward_pre_hooks and list(transformer.state_dict()) == names
    assert tiny.draw(pipe).tobytes() == drawn.tobytes()
    with pytest.raises(InputError, match="pipe: got .*; one on which something is mounted"):
        unmount(pipe)


def test_a_block_computes_what_its_mixer_does_on_the_latents_grid(pipe, folder):
    """A convolution on a wrong grid would make something else of the tokens."""
    mount(pipe, folder)
    attention = pipe.transformer.transformer_blocks[0].attn1
    assert isinstance(attention.processor, MixerProcessor)
    given = {}
    attention.register_forward_hook(lambda _, args, made: given.update(x=args[0], made=made))
    tiny.draw(pipe)
    alone = SelfAttentions.load(folder).layers[0](given["x"], (2, 2))
    torch.testing.assert_close(given["made"], alone)


@torch.no_grad()
def test_pictures_need_not_be_square():
    pipe = tiny.pixart()
    put_on(pipe.transformer, SelfAttentions.of(pipe.transformer))
    words = torch.zeros(1, 3, 16), torch.ones(1, 3)
    told = {"encoder_hidden_states": words[0], "encoder_attention_mask": words[1], "timestep": torch.tensor([5])}
    told["added_cond_kwargs"] = {"resolution": None, "aspect_ratio": None}
    pipe.transformer(torch.randn(1, 4, 4, 12), **told)  # by place
    assert pipe.transformer.transformer_blocks[1].attn1.processor.grid.sides == (2, 6)
    pipe.transformer(hidden_states=torch.randn(1, 4, 8, 2), **told)
    assert pipe.transformer.transformer_blocks[0].attn1.processor.grid.sides == (4, 1)


def test_a_student_starts_with_the_teachers_way_out_and_nothing_else(pipe):
    made = SelfAttentions.of(pipe.transformer)
    for layer, block in zip(made.layers, pipe.transformer.transformer_blocks, strict=True):
        assert torch.equal(layer.proj.weight, block.attn1.to_out[0].weight)
        assert torch.equal(layer.proj.bias, block.attn1.to_out[0].bias)
        q, _, v = layer.qkv.weight.chunk(3)
        assert not any(torch.equal(*pair) for pair in ((q, block.attn1.to_q.weight), (v, block.attn1.to_v.weight)))
        bound = (6 / (32 + 3 * 32)) ** 0.5  # Xavier's
        assert 0.9 * bound < layer.qkv.weight.abs().max() <= bound and not layer.qkv.bias.any()


def test_a_mixer_may_inherit_queries_keys_and_values():
    transformer = tiny.dit().transformer
    made = SelfAttentions.of(transformer, token_mixer="deltanet", num_attention_heads=2)
    attention, (q, _, v) = transformer.transformer_blocks[1].attn1, made.layers[1].qkv.weight.chunk(3)
    assert torch.equal(q, attention.to_q.weight) and torch.equal(v, attention.to_v.weight)
    with pytest.raises(InputError, match="network.token_mixer: got 'softmax'; one of lit"):
        SelfAttentions.of(transformer, token_mixer="softmax")


def test_heads_are_lits():
    assert [fewest_heads(width) for width in (384, 1152, 32)] == [2, 6, 1]


def test_halves_are_the_same_weights_and_others_are_not(pipe, folder, recwarn):
    made_from = fingerprint(pipe.transformer)
    pipe.transformer.to(torch.float16)
    assert fingerprint(pipe.transformer) == made_from
    mount(pipe, folder)
    assert {p.dtype for p in pipe.transformer.parameters()} == {torch.float16}
    assert not [one for one in recwarn if "other weights" in str(one.message)]
    pipe.transformer.transformer_blocks[1].ff.net[2].weight.data[3, 3] *= -1
    with pytest.warns(UserWarning, match="other weights than this transformer's"):
        mount(pipe, folder)


def test_what_does_not_fit_is_one_line(folder, pipe, tmp_path):
    other = tiny.dit() if type(pipe.transformer).__name__.startswith("PixArt") else tiny.pixart()
    with pytest.raises(InputError, match=r"transformer: got '\w+'; a \w+, which these self-attentions were made for"):
        mount(other, folder)
    pipe.transformer.transformer_blocks = pipe.transformer.transformer_blocks[:1]
    with pytest.raises(InputError, match="got '1 blocks of width 32'; 2 blocks of width 32"):
        mount(pipe, folder)
    with pytest.raises(InputError, match="folder: got .*; the folder `network` of a run"):
        mount(pipe, tmp_path)
    (folder / WEIGHTS_NAME).write_bytes((folder / WEIGHTS_NAME).read_bytes()[:-8])
    with pytest.raises(CheckpointError, match="damaged"):
        mount(pipe, folder)
    (folder / "config.json").write_text(json.dumps({"_class_name": "UNet2DModel"}))
    with pytest.raises(InputError, match="which this is not"):
        mount(pipe, folder)
    with pytest.raises(InputError, match="pipe: got 'object'; a pipeline of diffusers"):
        unmount(object())


SANAS = [{}, {"qk_norm": "rms_norm_across_heads"}, {"attention_bias": True, "sample_size": 6}]


@pytest.mark.parametrize("changes", SANAS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@torch.no_grad()
def test_sana_predicts_what_it_did(changes, dtype):
    network = tiny.sana(**changes).to(dtype)
    side = network.config.sample_size
    torch.manual_seed(3)
    told = torch.randn(2, 4, side, side + 2).to(dtype), torch.randn(2, 5, 16).to(dtype), torch.tensor([30, 900])
    stock = network(*told).sample
    before = processors(network)
    put_on(network, SelfAttentions("SanaTransformer2DModel"))
    attentions = [block.attn1.processor for block in network.transformer_blocks]
    assert all(isinstance(one, SanaProcessor) for one in attentions)
    ours = network(*told).sample
    take_off(network)
    assert processors(network) == before and ours.dtype == dtype
    close = {torch.float32: 1e-5, torch.bfloat16: 3e-2, torch.float16: 4e-3}[dtype] * stock.abs().max().item()
    torch.testing.assert_close(ours, stock, atol=close, rtol=0)


@torch.no_grad()
def test_sanas_token_that_no_key_meets_is_nothing_not_nan():
    attention = tiny.sana(attention_bias=True).transformer_blocks[0].attn1
    stock, x = attention.processor, torch.randn(1, 9, 24)
    attention.to_q.bias.fill_(-100)
    expected = stock(attention, x)
    torch.testing.assert_close(SanaProcessor()(attention, x), expected)
    assert expected.isfinite().all()
