"""Training as the command line does it, from Parquet files to pictures, on a small set with small networks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from lit.__main__ import main
from lit.errors import InputError
from lit.models.autoencoder import StickerAutoencoder
from lit.models.evaluator import StickerEvaluator
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.training.loop import CHECKPOINT
from lit.training.models import flow_map, transformer
from lit.training.models.sources import Sources
from lit.training.toml import load_config
from lit.training.train import train as train_network

pytestmark = pytest.mark.slow  # four networks are trained first
ROOT = Path(__file__).parents[2]
RUN = "compile = false\nwarmup_steps = 1\nlog_every = 1\nsave_every = 2\nsheet_every = 100\n"
AUTOENCODER = (
    RUN
    + """
model = "autoencoder"
steps = 2
network = { encoder_channels = [8, 16, 16], decoder_channels = [16, 16, 8], blocks = 1 }
stages = [{ until = 1.0, size = 64, batch_size = 4 }]
"""
)
EVALUATOR = (
    RUN
    + """
model = "evaluator"
steps = 2
network = { widths = [8, 16], inner = [8, 8], depths = [1, 1], feature_dim = 8, image_size = 32 }
stages = [{ until = 1.0, size = 64, batch_size = 4 }]
"""
)
TRANSFORMER = (
    RUN
    + """
model = "transformer"
steps = 3
batches = { composite_pool = 4 }
stages = [
  { until = 0.5, size = 128, batch_size = 4 },
  { until = 1.0, size = 256, batch_size = 4, composites = 0.5 },
]
[network]
num_layers = 1
hidden_size = 32
num_attention_heads = 2
num_cross_attention_heads = 2
token_mixer = "MIXER"
"""
)


FLOW_MAP = (
    RUN
    + """
model = "flow-map"
steps = 3
batches = { composite_pool = 4, ways = 4, way_steps = 2 }
stages = [{ until = 1.0, size = 128, batch_size = 8, composites = 0.5 }]
"""
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the configs, and a cache of rendered pictures of its own."""
    place = tmp_path_factory.mktemp("training")
    texts = {"autoencoder": AUTOENCODER, "evaluator": EVALUATOR, "flow-map": FLOW_MAP}
    texts |= {name: TRANSFORMER.replace("MIXER", mixer) for name, mixer in (("teacher", "softmax"), ("student", "lit"))}
    for name, text in texts.items():
        (place / f"{name}.toml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIT_CACHE", str(place / "cache"))
        patch.setattr(transformer, "SHEET_STEPS", 1)  # sheets take longer than such training
        patch.setattr(flow_map, "STEPS", (1, 2))
        yield place


def train(command, name, place, folder, *more):
    arguments = [command, "--config", str(place / f"{name}.toml"), "--data", str(folder), "--out", str(place / name)]
    assert main([*arguments, *map(str, more)]) == 0
    return place / name / "network"


@pytest.fixture(scope="module")
def networks(place, folder):
    """Each part of a model, trained for two or three steps: name -> folder."""
    made = {name: train("train", name, place, folder) for name in ("autoencoder", "evaluator")}
    coder = ("--autoencoder", made["autoencoder"])
    made["teacher"] = train("train", "teacher", place, folder, *coder)
    made["transformer"] = train("linearize", "student", place, folder, *coder, "--teacher", made["teacher"])
    return made


def test_what_was_trained_ships_and_draws(networks, text_encoder, tmp_path):
    assert main(["ship", "--out", str(tmp_path), *(f"--{name}={folder}" for name, folder in networks.items())]) == 0
    pipe = LiTPipeline.from_pretrained(tmp_path, text_encoder=text_encoder)
    pipe.set_progress_bar_config(disable=True)
    assert pipe("an apple", seed=0, num_inference_steps=1).images[0].size == (256, 256)
    assert pipe.transformer.config.token_mixer == "lit"
    teacher = LiTTransformer2DModel.from_pretrained(tmp_path / "teacher")
    assert teacher.config.token_mixer == "softmax"
    assert "waving hand" in StickerEvaluator.from_pretrained(tmp_path / "evaluator").config.concepts
    # A path of the machine that trained it is nobody else's business.
    assert not [file for file in tmp_path.rglob("*.json") if str(networks["teacher"].parent) in file.read_text()]


def test_latents_are_normalised_by_constants_in_the_config(networks):
    config = StickerAutoencoder.from_pretrained(networks["autoencoder"]).config
    assert len(config.latents_mean) == len(config.latents_std) == config.latent_channels
    assert all(deviation > 0 for deviation in config.latents_std)


def test_a_run_leaves_its_figures_and_a_sheet(networks):
    out = networks["transformer"].parent
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert [line["size"] for line in lines] == [128, 128, 256]
    assert all(line["distill"] > 0 and line["images_per_second"] >= 0 for line in lines)
    assert [file.name for file in out.glob("sheet-*.png")] == ["sheet-000003.png"]
    with Image.open(out / "sheet-000003.png") as sheet:  # sixteen prompts in two rows, and the teacher's below each
        assert sheet.size == (8 * 256, 4 * 256)
    scores = json.loads((networks["evaluator"].parent / "held_out.json").read_text())
    assert scores.keys() == {"top-1", "top-5", "style"}
    assert all("Noto Emoji" in (folder.parent / "data.md").read_text() for folder in networks.values())


def test_the_student_starts_from_its_teachers_weights(networks, place, folder):
    """At a learning rate of zero all that is not the mixer's own is the teacher's to the bit."""
    config = load_config(str(place / "student.toml"), ["learning_rate=0.0", "steps=1"])
    coder, teacher, out = networks["autoencoder"], networks["teacher"], place / "still"
    train_network(config, Sources(folder, autoencoder=coder, teacher=teacher), out, sheets=False)
    taught = LiTTransformer2DModel.from_pretrained(teacher).state_dict()
    student = LiTTransformer2DModel.from_pretrained(out / "network").state_dict()
    same = {name for name in student if name in taught and torch.equal(student[name], taught[name])}
    fresh = ("qkv.weight", "qkv.bias", "dwc.weight", "dwc.bias")
    assert set(student) - same == {f"blocks.0.attn.{name}" for name in fresh}


def test_a_flow_map_starts_as_its_teacher_and_draws_in_one_step(networks, place, folder, text_encoder, tmp_path):
    coder = ("--autoencoder", networks["autoencoder"])
    taught, told = networks["transformer"], ("--teacher", networks["transformer"])
    still = train("distill", "flow-map", place, folder, *coder, *told, "--set", "learning_rate=0.0")
    flow, made = (LiTTransformer2DModel.from_pretrained(one) for one in (taught, still))
    x, t, words = torch.randn(2, 8, 8, 8), torch.tensor([900.0, 300.0]), torch.randn(2, 5, 384)
    expected = flow(x, t, words).sample
    found = made(x, t, words, r_timestep=t / 2, guidance=torch.tensor([1.0, 6.0])).sample
    torch.testing.assert_close(found, expected)
    assert made.config.prediction_type == "flow-map" and tuple(made.config.guidance_range) == (1.0, 8.0)
    assert (still.parent / "sheet-000003.png").is_file()
    # It goes on from its own weights, as its own teacher too.
    parts = {"transformer": still, "autoencoder": networks["autoencoder"]}
    assert main(["ship", "--out", str(tmp_path / "model"), *(f"--{name}={one}" for name, one in parts.items())]) == 0
    out = tmp_path / "again"
    more = ["--data", str(folder), "--out", str(out), "--init", str(still), "--teacher", str(still), "--set", "steps=1"]
    assert main(["distill", "--config", str(place / "flow-map.toml"), *map(str, coder), *more]) == 0
    pipe = LiTPipeline.from_pretrained(tmp_path / "model", text_encoder=text_encoder)
    pipe.set_progress_bar_config(disable=True)
    assert pipe.schedulers[0] == "flow-map"
    assert pipe("an apple", seed=0, num_inference_steps=1).images[0].size == (256, 256)


def test_a_flow_map_moves_to_where_its_teacher_was_trained_on(networks, place, folder, tmp_path):
    taught, coder = networks["transformer"], networks["autoencoder"]
    config = load_config(str(place / "flow-map.toml"), ["learning_rate=0.0", "steps=1"])
    told = {"data": folder, "autoencoder": coder}
    train_network(config, Sources(teacher=taught, **told), tmp_path / "map", sheets=False)
    further = LiTTransformer2DModel.from_pretrained(taught)
    torch.nn.init.normal_(further.unpatch.weight, std=0.1)
    further.save_pretrained(tmp_path / "further")
    sources = Sources(teacher=tmp_path / "further", init=tmp_path / "map" / "network", init_teacher=taught, **told)
    made = train_network(config, sources, tmp_path / "moved", sheets=False).cpu()
    x, t, words = torch.randn(2, 8, 8, 8), torch.tensor([900.0, 300.0]), torch.randn(2, 5, 384)
    with torch.no_grad():
        found = made(x, t, words, r_timestep=t / 2, guidance=torch.tensor([1.0, 6.0])).sample
        torch.testing.assert_close(found, further(x, t, words).sample)
    with pytest.raises(InputError, match="--init: got None; beside --init-teacher the flow map"):
        train_network(config, Sources(teacher=taught, init_teacher=taught, **told), tmp_path / "none", sheets=False)


PI_FLOW = FLOW_MAP.replace('"flow-map"', '"pi-flow"').replace(", ways = 4, way_steps = 2", "")


def test_a_policy_is_distilled_goes_on_ships_and_draws(networks, place, folder, text_encoder, tmp_path):
    """From a flow, cut and gone on from its checkpoint; then it ships and draws by the flow map's scheduler."""
    coder, told = ("--autoencoder", networks["autoencoder"]), ("--teacher", networks["transformer"])
    (place / "pi-flow.toml").write_text(PI_FLOW)
    train("distill", "pi-flow", place, folder, *coder, *told, "--set", "steps=1", "network.policy_points=4")
    made = train("distill", "pi-flow", place, folder, *coder, *told, "--set", "steps=2", "network.policy_points=4")
    out = made.parent
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2] and all(line["in_4"] >= 0 for line in lines)
    with Image.open(out / "sheet-000002.png") as sheet:  # sixteen prompts in one and in two steps
        assert sheet.size == (8 * 256, 4 * 256)
    parts = {"transformer": made, "autoencoder": networks["autoencoder"]}
    assert main(["ship", "--out", str(tmp_path / "model"), *(f"--{name}={one}" for name, one in parts.items())]) == 0
    pipe = LiTPipeline.from_pretrained(tmp_path / "model", text_encoder=text_encoder)
    pipe.set_progress_bar_config(disable=True)
    assert pipe.schedulers[0] == "flow-map" and pipe.transformer.config.policy_points == 4
    assert pipe("an apple", seed=0, num_inference_steps=2).images[0].size == (256, 256)
    refused = ["distill", "--config", str(place / "pi-flow.toml"), "--data", str(folder), "--out", str(tmp_path / "x")]
    more = ["--init", str(made), *map(str, coder + told), "--set", "network.policy_points=5"]
    assert main([*refused, *more]) == 2


PROGRAM = """
import sys
from lit.__main__ import main
from lit.training.models import flow_map, transformer
flow_map.STEPS = (1,)  # of its sheet
sys.exit(main(sys.argv[1:]))
"""


def test_two_processes_train_one_network(networks, place, folder):
    """Gradients are exchanged, of a student beside its teacher: the run ends, and its figures count both processes'
    pictures."""
    out, program = place / "two", place / "program.py"
    program.write_text(PROGRAM)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", str(program), "distill", "--config",
        str(place / "flow-map.toml"), "--data", str(folder), "--out", str(out), "--autoencoder",
        str(networks["autoencoder"]), "--teacher", str(networks["transformer"]), "--set", "steps=2",
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    state = torch.load(out / CHECKPOINT, weights_only=True)
    assert state["step"] == 2
    assert f"{2 * 2 * 8} images in" in done.stderr  # two steps of two processes
