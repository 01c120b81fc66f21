"""The transformer: shapes, grids, conditions, teacher and student, storage."""

import pytest
import torch

from lit.errors import InputError
from lit.linearize.inherit import inherit
from lit.models.transformer import LiTTransformer2DModel


def tiny(token_mixer="lit", seed=0, **kwargs):
    torch.manual_seed(seed)
    network = LiTTransformer2DModel(
        num_layers=2,
        hidden_size=32,
        num_attention_heads=2,
        num_cross_attention_heads=2,
        caption_channels=24,
        token_mixer=token_mixer,
        **kwargs,
    ).eval()
    for parameter in network.parameters():  # zero-initialised gates would hide the blocks
        torch.nn.init.normal_(parameter, std=0.1)
    return network


def inputs(batch=2, height=8, width=8):
    generator = torch.Generator().manual_seed(1)
    return {
        "hidden_states": torch.randn(batch, 8, height, width, generator=generator),
        "timestep": torch.tensor([100.0, 700.0])[:batch],
        "encoder_hidden_states": torch.randn(batch, 5, 24, generator=generator),
        "encoder_attention_mask": torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])[:batch],
        "style_ids": torch.tensor([0, 3])[:batch],
    }


@pytest.mark.parametrize("mixer", ["lit", "softmax"])
@pytest.mark.parametrize("height, width", [(8, 8), (6, 10), (2, 14)])
def test_any_grid(mixer, height, width):
    assert tiny(mixer)(**inputs(height=height, width=width)).sample.shape == (2, 8, height, width)


@pytest.mark.parametrize("mixer", ["lit", "softmax"])
@torch.no_grad()
def test_a_sample_does_not_see_the_others(mixer):
    network, both = tiny(mixer), inputs()
    alone = network(**{name: value[:1] for name, value in both.items()}).sample
    torch.testing.assert_close(network(**both).sample[:1], alone)


@torch.no_grad()
def test_masked_words_do_not_count_and_the_others_do():
    network, given = tiny(), inputs()
    before = network(**given).sample
    given["encoder_hidden_states"][0, 3:] += 5
    torch.testing.assert_close(network(**given).sample, before)
    given["encoder_hidden_states"][0, 2] += 5
    assert (network(**given).sample[0] - before[0]).abs().max() > 1e-4


@pytest.mark.parametrize("name", ["timestep", "style_ids"])
@torch.no_grad()
def test_conditions_matter(name):
    network, given = tiny(), inputs()
    before = network(**given).sample
    given[name] = given[name] + 1
    assert (network(**given).sample - before).abs().max() > 1e-5


@torch.no_grad()
def test_places_of_a_picture_at_half_the_resolution_are_kept():
    from lit.models.transformer import position_embedding

    fine = position_embedding((16, 16), 32, 16)[0].view(8, 2, 8, 2, 32).mean((1, 3))
    coarse = position_embedding((8, 8), 32, 16)[0].view(8, 8, 32)
    assert (fine - coarse).abs().max() < 0.15


@torch.no_grad()
def test_a_student_with_its_teachers_mixers_back_is_the_teacher():
    teacher, student = tiny("softmax"), tiny("lit", seed=5)
    fresh = inherit(student, teacher)
    assert fresh and all(".attn." in name for name in fresh)
    for mine, taught in zip(student.blocks, teacher.blocks, strict=True):
        mine.attn = taught.attn
    torch.testing.assert_close(student(**inputs()).sample, teacher(**inputs()).sample)


def test_a_teacher_of_another_size_is_refused():
    with pytest.raises(ValueError, match="teacher: "):
        inherit(tiny("lit"), tiny("softmax", in_channels=4))


def test_every_parameter_learns():
    network = tiny(text_layers=1)
    network(**inputs()).sample.square().sum().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hidden_states": torch.zeros(2, 8, 7, 8)}, r"hidden_states: got \(2, 8, 7, 8\); .* multiples of 2"),
        ({"hidden_states": torch.zeros(2, 3, 8, 8)}, r"hidden_states: got \(2, 3, 8, 8\); \(batch, 8, "),
        ({"hidden_states": torch.zeros(8, 8, 8)}, r"hidden_states: got \(8, 8, 8\)"),
        ({"encoder_hidden_states": torch.zeros(2, 5, 25)}, r"encoder_hidden_states: got .*; \(2, words, 24\)"),
        ({"encoder_hidden_states": torch.zeros(1, 5, 24)}, "encoder_hidden_states: got"),
        ({"encoder_attention_mask": torch.ones(2, 4)}, r"encoder_attention_mask: got \(2, 4\); \(2, 5\)"),
        ({"style_ids": torch.zeros(3).long()}, r"style_ids: got \(3,\); \(2,\)"),
    ],
)
def test_what_does_not_fit_is_named(change, words):
    with pytest.raises(InputError, match=words):
        tiny()(**inputs() | change)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"prediction_type": "score"}, "prediction_type: got 'score'; flow, epsilon or flow-map"),
        ({"hidden_size": 30}, "hidden_size: got 30; a multiple of 4"),
        ({"hidden_size": "wide"}, "hidden_size: got 'wide'; a whole number from 1"),
        ({"num_cross_attention_heads": 3}, "num_cross_attention_heads: got 3; a divisor of 32"),
        ({"patch_size": 0}, "patch_size: got 0; a whole number from 1"),
        ({"num_layers": 2.0}, "num_layers: got 2.0"),
        ({"text_layers": -1}, "text_layers: got -1; a whole number from 0"),
        ({"text_layers": 2, "caption_channels": 25}, "num_cross_attention_heads: got 2; a divisor of 25"),
    ],
)
def test_a_config_that_makes_no_network_is_named(config, words):
    tiny = {"num_layers": 2, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2}
    with pytest.raises(InputError, match=words):
        LiTTransformer2DModel(**tiny | config)


@torch.no_grad()
def test_storage_round_trips(tmp_path):
    network = tiny(text_layers=1)
    network.save_pretrained(tmp_path / "full")
    network.save_int8(tmp_path / "int8")
    full = LiTTransformer2DModel.from_pretrained(tmp_path / "full")
    int8 = LiTTransformer2DModel.from_pretrained(tmp_path / "int8")
    torch.testing.assert_close(full(**inputs()).sample, network(**inputs()).sample)
    for name, stored in int8.state_dict().items():
        kept = network.state_dict()[name].flatten(1) if stored.ndim > 1 else network.state_dict()[name]
        step = kept.abs().amax(-1, keepdim=True) / 127 if stored.ndim > 1 else torch.zeros(1)
        assert ((stored.view_as(kept) - kept).abs() <= step / 2 + 1e-6).all(), name


@torch.no_grad()
def test_text_layers_read_the_words_once_and_let_them_meet():
    network, given = tiny(text_layers=2), inputs()
    before = network(**given).sample
    words, mask = given["encoder_hidden_states"], given["encoder_attention_mask"]
    refined = network.refine(words, mask)
    found = network(**given | {"encoder_hidden_states": refined}, words_refined=True).sample
    assert torch.equal(found, before)
    moved = words.clone()
    moved[0, 1] += 1  # a word that is there; 3 and 4 are not
    changed = (network.refine(moved, mask) != refined).any(-1)
    assert changed.tolist() == [[True, True, True, True, True], [False] * 5]
    moved = words.clone()
    moved[0, 3] += 1
    assert (network.refine(moved, mask) != refined).any(-1)[0].tolist() == [False, False, False, True, False]
    torch.testing.assert_close(network(**given | {"encoder_hidden_states": moved}).sample, before)
    assert network.refine(words, torch.zeros(2, 5)).isfinite().all()


@torch.no_grad()
def test_text_layers_start_as_the_identity():
    network, words = LiTTransformer2DModel(num_layers=1, text_layers=2), torch.randn(2, 5, 384)
    assert torch.equal(network.refine(words, torch.ones(2, 5)), words)


@pytest.mark.parametrize("more", [{}, {"text_layers": 1}])
@torch.no_grad()
def test_what_stands_behind_a_block_is_what_the_rest_goes_on_from(more):
    network, given = tiny(**more), inputs()
    sample, first = network(**given, hidden_after=1, return_dict=False)
    assert torch.equal(sample, network(**given).sample) and first.shape == (2, 16, 32)
    network.blocks = network.blocks[:1]
    assert torch.equal(network(**given, hidden_after=1).hidden, first)


MAP = {"prediction_type": "flow-map", "guidance_range": (1.0, 8.0)}


@torch.no_grad()
def test_a_flow_map_is_told_how_far_to_go_and_how_strictly():
    network, given = tiny(**MAP), inputs()
    plain = network(**given).sample
    torch.testing.assert_close(network(**given, r_timestep=given["timestep"]).sample, plain)
    torch.testing.assert_close(network(**given, guidance=torch.ones(2)).sample, plain)
    told = {"r_timestep": torch.tensor([100.0, 0.0]), "guidance": torch.tensor([1.0, 4.0])}
    for name, value in told.items():
        found = network(**given, **{name: value}).sample
        torch.testing.assert_close(found[0], plain[0])
        assert (found[1] - plain[1]).abs().max() > 1e-4


@pytest.mark.parametrize("name", ["r_timestep", "guidance"])
def test_only_a_flow_map_is_told_more(name):
    with pytest.raises(InputError, match=f"{name}: got .2,.; None: only a flow map is told it"):
        tiny()(**inputs(), **{name: torch.ones(2)})


@pytest.mark.parametrize(
    "config",
    [{"guidance_range": (1.0, 8.0)}, *(MAP | {"guidance_range": one} for one in (None, (8.0, 1.0), (0.5, 2.0), "48"))],
)
def test_a_guidance_range_that_does_not_fit_is_named(config):
    with pytest.raises(InputError, match="guidance_range: got"):
        tiny(**config)
