"""Every config that ships is read, and its run takes two steps, with tiny networks on a small set."""

import json
from dataclasses import replace

import pytest
import torch

from lit.data.compose import KINDS
from lit.data.scenes.planner import SCENES
from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.models.transformer import LiTTransformer2DModel
from lit.styles import DATA_STYLES, STYLES
from lit.training.models.sources import Sources
from lit.training.toml import CONFIGS, load_config
from lit.training.train import train

TINY = {
    "transformer": "{num_layers=1, hidden_size=32, num_attention_heads=2, num_cross_attention_heads=2}",
    "autoencoder": "{encoder_channels=[8, 16, 16], decoder_channels=[16, 16, 8], blocks=1}",
    "evaluator": "{widths=[8, 16], inner=[8, 8], depths=[1, 1], feature_dim=8, image_size=32}",
    "preview-decoder": "{channels=[16, 8, 8], blocks=1}",
}
SHORT = ["steps=2", "compile=false", "log_every=1", "save_every=2"]
PHASED = {file.stem for file in CONFIGS.glob("*.toml") if "[[phases]]" in file.read_text()}  # see test_phases.py
NAMES = sorted(file.stem for file in CONFIGS.glob("*.toml"))
NAMES = [name for name in NAMES if not name.startswith("mountable")]  # tests/linearize/test_run.py runs them
SCENIC = {name for name in NAMES if set(SCENES) & set(getattr(load_config(name).batches, "shares", None) or ())}
ALIKE = SCENIC - {"teacher-wide"}  # their runs of two steps would tell no more than another's


def tiny(name):
    """The shipped config with a tiny network, in two steps of small batches; all else as it is."""
    whole = load_config(name)
    overrides = [*SHORT]
    overrides += ["batches.composite_pool=4"] if whole.model in ("transformer", "flow-map", "pi-flow") else []
    overrides += ["batches.shares={color=1, count=1}"] if name in SCENIC else []  # of which a small set has some
    # A flow map has its teacher's shape.
    overrides += ["batches.ways=4", "batches.way_steps=2"] if whole.model == "flow-map" else []
    overrides += ["objective.align_block=1"] if whole.objective.name == "aligned-flow" else []
    overrides += [f"network={TINY[whole.model]}"] if whole.model in TINY else []
    small = load_config(name, overrides)
    network = small.network | {k: v for k, v in whole.network.items() if k not in small.network}
    stages = tuple(replace(stage, batch_size=4, size=min(stage.size, 128)) for stage in whole.loop.stages)
    return replace(small, network=network, loop=replace(small.loop, stages=stages))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A tiny autoencoder and a tiny teacher, and a cache that all runs share."""
    place = tmp_path_factory.mktemp("configs")
    StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1).save_pretrained(
        place / "autoencoder"
    )
    shape = {"num_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2}
    LiTTransformer2DModel(**shape, token_mixer="softmax").save_pretrained(place / "teacher")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIT_CACHE", str(place / "cache"))
        yield place


@pytest.mark.parametrize(
    "name, taught",
    [(name, False) for name in NAMES if name not in ("transfer", *PHASED, *ALIKE)]
    + [(name, True) for name in NAMES if (name.startswith("student") or name == "transfer") and name not in ALIKE],
)
def test_a_shipped_config_runs_two_steps(name, taught, place, folder, tmp_path):
    config = tiny(name)
    sources = Sources(folder)
    if name.startswith("autoencoder-"):
        sources = replace(sources, init=place / "autoencoder")
    if config.model in ("transformer", "flow-map", "pi-flow"):
        teacher = place / "teacher" if taught or config.model != "transformer" else None
        sources = replace(sources, autoencoder=place / "autoencoder", teacher=teacher)
    network = train(config, sources, tmp_path, sheets=False)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2] and ("distill" in lines[0] or "worst_layer" in lines[0]) == taught
    assert (tmp_path / "network" / "config.json").is_file()
    if name == "autoencoder-decoder":
        before = StickerAutoencoder.from_pretrained(place / "autoencoder")
        state = network.state_dict()
        kept = {key for key, value in before.state_dict().items() if torch.equal(value, state[key])}
        encoder = {key for key in state if key.startswith("encoder.")}
        assert encoder <= kept
        assert len(kept - encoder) < len(state.keys() - encoder) / 2  # what has hardly a slope may stay
        assert network.config.latents_std == before.config.latents_std
        assert json.loads((tmp_path / "held_out.json").read_text())["double"].keys() == {"all", "blob"}
    if config.model == "transformer":
        assert network.config.token_mixer == config.network["token_mixer"]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_shipped_config_says_is_what_is_meant(name):
    config = load_config(name)
    ends = [stage.until for stage in config.loop.stages]
    assert ends == sorted(ends) and ends[-1] == 1.0
    known = ("flow", "aligned-flow", "flow-map", "pi-flow", "reconstruction", "recognition", "decoding")
    assert config.objective.name in known


def test_a_run_starts_from_smaller_weights_and_a_teacher_of_fewer_styles(place, folder, tmp_path):
    """The network reads words by layers of its own and knows a style more; its objective trains something beside it."""
    overrides = [
        "network.text_layers=1",
        f"network.styles={json.dumps([*STYLES, 'pixel'])}",
        "ema_decay=0.1",
        "ema_long=0.9998",
    ]
    overrides += ["objective={name='aligned-flow', align_block=1, min_snr=5}"]
    small = load_config("teacher", [*overrides, *SHORT, "batches.composite_pool=4"])
    network = {name: value for name, value in small.network.items() if name in ("text_layers", "styles")}
    stages = (replace(small.loop.stages[-1], batch_size=4, size=128, composites=0.5),)
    config = replace(small, network=network, loop=replace(small.loop, stages=stages))
    teacher, coder = place / "teacher", place / "autoencoder"
    sources = Sources(folder, autoencoder=coder, init=teacher, teacher=teacher)
    grown = train(config, sources, tmp_path, sheets=False)
    assert grown.config.text_layers == 1 and grown.config.styles[-1] == "pixel" and len(grown.style.weight) == 10
    (line, *_) = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert line["aligned"] > 0 and line["weighted"] > 0 and "distill" in line
    assert "beside" in torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    longer = LiTTransformer2DModel.from_pretrained(tmp_path / "long" / "network")
    assert longer.config.text_layers == 1 and not torch.equal(longer.unpatch.weight, grown.cpu().unpatch.weight)


def test_every_drawer_of_both_sets_sees_every_kind_of_scene_and_knows_every_style():
    wide = [name for name in NAMES if "wide" in name and name != "evaluator-wide"]
    assert len(wide) == 8
    for name in wide:
        config = load_config(name)
        assert set(config.batches.shares) == {*KINDS, *SCENES} and min(config.batches.shares.values()) > 0
        assert config.data.breadth == 0.5
        assert ("styles" in config.network) == name.startswith(("teacher", "lit"))  # the others have their teacher's
    for name in ("teacher-wide", "evaluator-wide"):
        assert set(load_config(name).network["styles"]) == set(DATA_STYLES)


def test_a_config_stands_on_others(tmp_path):
    (tmp_path / "mine.toml").write_text('based_on = ["student", "parts/scenes"]\n[batches]\ncomposite_pool = 5\n')
    mine, student = load_config(str(tmp_path / "mine.toml"), ["batches.shares.ground=9"]), load_config("student")
    assert mine.loop == student.loop and mine.network == student.network and mine.method == student.method
    assert mine.batches.composite_pool == 5 and mine.batches.shares["ground"] == 9 and mine.batches.shares["face"] == 4
    (tmp_path / "student.toml").write_text('based_on = ["mine"]\n')  # beside it counts before those that ship
    for text in ('based_on = ["student"]', 'based_on = "student"', 'based_on = ["nothing"]'):
        (tmp_path / "mine.toml").write_text(text)
        with pytest.raises(InputError, match="based_on"):
            load_config(str(tmp_path / "mine.toml"))


def test_a_value_is_set_in_its_table():
    config = load_config("student", ["method.distill_weight=0.25", "batches.text_dropout=0", "network.num_layers=3"])
    assert config.method.arguments.distill_weight == 0.25 and config.method.arguments.variance_weight == 0.05
    assert config.batches.text_dropout == 0 and config.batches.style_dropout == 0.1
    assert config.network == {"token_mixer": "lit", "num_attention_heads": 3, "num_layers": 3}
    assert load_config("student", ["objective.name=epsilon"]).objective.name == "epsilon"
