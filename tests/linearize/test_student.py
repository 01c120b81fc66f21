"""A student: whatever the adapter, it has all of its teacher but what its mixers have for their own."""

import json

import pytest
import torch

from lit.errors import CheckpointError, InputError
from lit.linearize.adapters import ADAPTERS
from lit.linearize.student import load_teacher, make_student, moved
from lit.models.transformer import LiTTransformer2DModel

TINY = {"num_layers": 2, "hidden_size": 32, "num_cross_attention_heads": 2, "caption_channels": 16}


@pytest.fixture
def teacher():
    torch.manual_seed(0)
    network = LiTTransformer2DModel(**TINY, token_mixer="softmax", num_attention_heads=4)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network.eval().requires_grad_(False)


def test_a_student_is_its_teacher_but_for_the_mixers_own(teacher):
    student = make_student(teacher, {"token_mixer": "lit", "num_attention_heads": 2})
    taught, state = teacher.state_dict(), student.state_dict()
    fresh = {name for name in state if name not in taught or not torch.equal(state[name], taught[name])}
    assert fresh == {
        f"blocks.{i}.attn.{name}" for i in (0, 1) for name in ("qkv.weight", "qkv.bias", "dwc.weight", "dwc.bias")
    }
    assert student.config.token_mixer == "lit" and student.config.caption_channels == 16
    assert student.training and all(p.requires_grad for p in student.parameters())
    assert not any(p.requires_grad for p in teacher.parameters())


@torch.no_grad()
def test_a_network_that_grows_draws_as_before_and_new_styles_start_as_none(teacher):
    styles = ("new", *reversed(teacher.config.styles), "newer")
    grown = make_student(teacher, {"text_layers": 2, "styles": styles}).eval()
    again = make_student(grown, {"text_layers": 3}).eval()
    torch.manual_seed(1)
    told = {"hidden_states": torch.randn(3, 8, 4, 4), "timestep": torch.full((3,), 300.0)}
    told["encoder_hidden_states"] = torch.randn(3, 5, 16)
    known, none = teacher.config.styles, len(teacher.config.styles)
    expected = teacher(**told, style_ids=torch.tensor([2, none, none])).sample
    for network in (grown, again):
        ids = torch.tensor([styles.index(known[2]), len(styles), styles.index("newer")])
        torch.testing.assert_close(network(**told, style_ids=ids).sample, expected)
    fresh = {name for name in grown.state_dict() if name not in teacher.state_dict()}
    assert fresh and all(name.startswith("text_blocks.") for name in fresh)


def trained_on(network, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


FLOW_MAP = {"prediction_type": "flow-map", "guidance_range": (1.0, 8.0)}


def test_a_flow_map_moves_with_its_teacher(teacher):
    """One that is its teacher still becomes the other one; and what it has learned stays, to the float."""
    grown = {"styles": ("new", *teacher.config.styles), "text_layers": 1}
    after = trained_on(make_student(teacher, grown), 1)
    untaught = moved(make_student(teacher, FLOW_MAP), teacher, after).state_dict()
    expected = make_student(after, FLOW_MAP).state_dict()
    for name, one in untaught.items():
        if not name.startswith(("span.", "guidance.")):  # of which each has its own, and which say nothing yet
            torch.testing.assert_close(one, expected[name])
    taught = trained_on(make_student(teacher, FLOW_MAP), 2)
    there = moved(taught, teacher, after)
    assert there.training and list(there.config.styles) == list(after.config.styles) and len(there.text_blocks) == 1
    back = moved(taught, teacher, teacher).state_dict()
    assert all(torch.equal(one, back[name]) for name, one in taught.state_dict().items())
    learned = taught.blocks[0].mlp[0].weight - teacher.blocks[0].mlp[0].weight
    torch.testing.assert_close(there.blocks[0].mlp[0].weight, after.blocks[0].mlp[0].weight + learned)
    assert torch.equal(there.span.mlp[0].weight, taught.span.mlp[0].weight)


def test_a_flow_map_does_not_move_with_another_kind(teacher):
    flow_map = make_student(teacher, FLOW_MAP)
    linear = make_student(teacher, {"token_mixer": "lit", "num_attention_heads": 2})
    for before, after in ((teacher, linear), (linear, teacher), (linear, linear)):
        with pytest.raises(InputError, match="--init-teacher: got .*attn.*do not fit"):
            moved(flow_map, before, after)


def test_no_layer_and_no_style_is_left_out(teacher):
    with pytest.raises(InputError, match="network.styles: got .*; the teacher's as well: noto"):
        make_student(teacher, {"styles": teacher.config.styles[1:]})
    with pytest.raises(InputError, match="teacher: got .*text_blocks.1.*do not fit"):
        make_student(make_student(teacher, {"text_layers": 2}), {"text_layers": 1})


def test_learning_does_not_reach_the_teachers_weights(teacher):
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    student = make_student(teacher, {"token_mixer": "lit", "num_attention_heads": 2})
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.add_(1)
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())


@pytest.mark.parametrize("changes", [{"num_layers": 3}, {"hidden_size": 64}, {"in_channels": 3}])
def test_a_student_of_another_shape_is_refused(teacher, changes):
    with pytest.raises(InputError, match="teacher: got .*do not fit"):
        make_student(teacher, {"token_mixer": "lit", "num_attention_heads": 2} | changes)


def test_a_teacher_is_loaded_by_the_class_its_config_names(teacher, tmp_path):
    teacher.save_pretrained(tmp_path)
    loaded = load_teacher(tmp_path)
    assert type(loaded).__name__ in ADAPTERS and not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"_class_name": "UNet2DModel"}))
    with pytest.raises(InputError, match="teacher: got 'UNet2DModel'; a network that can be made linear: LiT"):
        load_teacher(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match="config.json: damaged"):
        load_teacher(tmp_path)
    with pytest.raises(InputError, match="teacher: got .*a folder that exists"):
        load_teacher(tmp_path / "nowhere")


def asked(network, style):
    """What it predicts in a style, by the number that its own list gives it; None for no style."""
    styles = list(network.config.styles)
    number = len(styles) if style is None else styles.index(style)
    torch.manual_seed(1)
    latents, words = torch.randn(1, 8, 4, 4), torch.randn(1, 3, 16)
    return network(latents, torch.tensor([500.0]), words, style_ids=torch.tensor([number])).sample


def test_new_styles_begin_as_no_style_and_the_known_ones_stay(teacher):
    known = list(teacher.config.styles)
    grown = make_student(teacher, {"styles": ["first", *known, "last"]}).eval()
    with torch.no_grad():
        for style in (*known, None):
            assert torch.equal(asked(grown, style), asked(teacher, style))
        assert torch.equal(asked(grown, "last"), asked(teacher, None))
        assert not torch.equal(asked(grown, known[0]), asked(grown, "first"))


def test_a_student_may_know_more_styles_than_its_teacher(teacher):
    more = [*teacher.config.styles, "mulberry"]
    student = make_student(teacher, {"token_mixer": "lit", "num_attention_heads": 2, "styles": more})
    assert list(student.config.styles) == more and student.style.num_embeddings == len(more) + 1
    assert torch.equal(student.style.weight[-1], teacher.style.weight[-1])


@pytest.mark.parametrize("styles", [["noto"], ["noto", "noto"]])
def test_a_style_list_that_does_not_hold_the_known_is_refused(teacher, styles):
    with pytest.raises(InputError, match="network.styles: got .*the teacher's as well: blob"):
        make_student(teacher, {"styles": styles})


def test_a_style_stands_once(teacher):
    with pytest.raises(InputError, match="each style once"):
        make_student(teacher, {"styles": [*teacher.config.styles, "noto"]})
