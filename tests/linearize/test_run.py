"""Teachers of diffusers through the command line: taught, saved, mounted, drawn from, unmounted."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DiffusionPipeline, PixArtTransformer2DModel
from linearize import tiny
from linearize.tiny import cut_before, pictures, run, weights
from PIL import Image

from lit.__main__ import main
from lit.data.pictures import read_pictures
from lit.linearize.exchange import exchange
from lit.linearize.host import Host
from lit.linearize.methods import METHODS
from lit.linearize.mount import mount, unmount
from lit.linearize.self_attentions import SelfAttentions
from lit.linearize.teacher import adapter
from lit.training.batches.encoded import EncodedBatches
from lit.training.models import mountable
from lit.training.objectives import OBJECTIVES


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def dit(tmp_path_factory):
    return tiny.save(tiny.dit(), tmp_path_factory.mktemp("dit"))


@pytest.fixture(scope="module", params=tiny.TEACHERS)
def teacher(request, tmp_path_factory):
    return tiny.save(tiny.TEACHERS[request.param](), tmp_path_factory.mktemp(request.param))


def test_a_student_is_taught_mounts_and_draws(teacher, data, tmp_path, monkeypatch):
    monkeypatch.setattr(mountable, "STEPS", 2)
    assert run(teacher, data, tmp_path / "whole", "steps=4") == 0
    lines = [json.loads(line) for line in (tmp_path / "whole" / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4]
    assert all(line["distill"] > 0 and line["distill_variance"] > 0 for line in lines)
    with Image.open(tmp_path / "whole" / "sheet-000004.png") as sheet:
        assert sheet.size == (6 * 32, 2 * 32)
        pixels = np.asarray(sheet)
    assert (pixels[:32] != pixels[32:]).any()  # teacher above, student below

    # Cut in its third step and begun again, it comes to the same.
    monkeypatch.setattr(mountable.MountableModel, "_check_memory", lambda *told: None)  # a second each
    with cut_before(3):
        assert run(teacher, data, tmp_path / "cut", "steps=4") == 130
    assert run(teacher, data, tmp_path / "cut", "steps=4") == 0
    made, again = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert made.keys() == again.keys() and all(torch.equal(made[name], again[name]) for name in made)

    # A small folder: what stands in attn1 and no more, and no path of this machine.
    assert {name.split(".")[2] for name in made} == {"qkv", "proj", "dwc"}
    assert str(teacher) not in (tmp_path / "whole" / "network" / "config.json").read_text()
    pipe = DiffusionPipeline.from_pretrained(teacher, use_safetensors=True)
    before = tiny.draw(pipe)
    mount(pipe, tmp_path / "whole" / "network")
    assert np.abs(tiny.draw(pipe) - before).max() > 1e-4
    unmount(pipe)
    assert tiny.draw(pipe).tobytes() == before.tobytes()


@pytest.fixture
def taught():
    """A method with teacher and student of a DiT, and a batch."""
    transformer = tiny.dit().transformer.requires_grad_(False)
    host = Host(transformer, adapter("DiTTransformer2DModel"))
    network = SelfAttentions.of(transformer)
    hosted = OBJECTIVES["hosted-epsilon"]
    objective = hosted(network, hosted.Arguments(), host.with_mounted(network))
    method = METHODS["hybrid"](objective, host, METHODS["hybrid"].Arguments(0.5, 0.05)).train()
    torch.manual_seed(4)
    return method, (torch.randn(3, 4, 4, 4), torch.tensor([0, 7, 1000]))


def test_the_loss_is_the_papers_sum(taught):
    method, batch = taught
    torch.manual_seed(5)
    loss, parts = method(*batch)
    torch.manual_seed(5)
    (noisy, t, labels), truth = method.objective.noised(*batch)
    theirs = method.teacher.transformer(noisy, t, labels).sample
    ours = method.objective.host.transformer(noisy, t, labels).sample
    simple, own = (ours[:, :4] - truth[0]).square().mean(), method.objective.loss(ours, truth)[0]
    epsilon, sigma = ((ours - theirs).square()[:, part].mean() for part in (slice(4), slice(4, 8)))
    torch.testing.assert_close(parts["simple"], simple)
    torch.testing.assert_close(loss, own + 0.5 * epsilon + 0.05 * sigma)


def test_only_the_self_attentions_learn(taught):
    method, batch = taught
    teacher, student = method.teacher.transformer, method.objective.host.transformer
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    optimizer = torch.optim.SGD([one for one in method.parameters() if one.requires_grad], lr=0.1)
    method(*batch)[0].backward()
    assert all(one.grad is None for one in teacher.parameters())
    assert all(one.grad is not None for one in method.network.parameters())
    optimizer.step()
    assert all(torch.equal(tensor, before[name]) for name, tensor in teacher.state_dict().items())
    # All else of the student is the teacher's own memory, and neither forgets classes while it learns.
    assert student.proj_out_1.weight is teacher.proj_out_1.weight
    assert student.transformer_blocks[1].ff.net[2].weight is teacher.transformer_blocks[1].ff.net[2].weight
    assert not (student.training or teacher.training)


@torch.no_grad()
def test_pixart_alpha_is_told_its_size_as_its_pipeline_tells_it():
    torch.manual_seed(6)
    config = dict(tiny.pixart().transformer.config) | {"use_additional_conditions": True, "num_attention_heads": 3}
    transformer = tiny.randomised(PixArtTransformer2DModel.from_config(config | {"cross_attention_dim": 48}))
    noisy, words, mask, t = torch.randn(2, 4, 4, 6), torch.randn(2, 3, 16), torch.ones(2, 3), torch.tensor([3.0, 700.0])
    told = {"resolution": torch.tensor([[32.0, 48.0]] * 2), "aspect_ratio": torch.tensor([[32 / 48]] * 2)}
    expected = transformer(noisy, words, t, told, encoder_attention_mask=mask).sample
    host = Host(transformer, adapter("PixArtTransformer2DModel"))
    torch.testing.assert_close(host(noisy, t, words, mask)[0], expected)


def test_nothing_is_told_of_some_pictures(data):
    pipe, found = tiny.dit(), read_pictures(data)
    numbers, tables = adapter("DiTTransformer2DModel").told(
        pipe, [one.label for one in found], [one.caption for one in found]
    )
    assert numbers.tolist() == [0, 0, 0, 1, 1, 1, 1000]
    parts = numbers, tables, pipe.vae, torch.device("cpu")
    held = EncodedBatches(found, [32], *parts, EncodedBatches.Arguments(0.0), held_out=[4])
    for held_out, rows in ((False, {0, 1, 2, 3, 5}), (True, {4})):
        drawn = held.draw(64, 32, held_out)[1]
        assert set(drawn.tolist()) == {numbers[row].item() for row in rows}
    for dropout, seen in ((0.0, {0, 1}), (1.0, {1000})):
        source = EncodedBatches(found, [32], *parts, EncodedBatches.Arguments(dropout))
        latents, labels = source.draw(16, 32)
        assert latents.shape == (16, 4, 4, 4) and set(labels.tolist()) == seen
    # Mean and deviation are of the scaled latents, whose picture the decoder gives back.
    pixels = torch.from_numpy(found[0].pixels(32)).permute(2, 0, 1)[None] / 127.5 - 1
    expected = pipe.vae.encode(pixels).latent_dist.mean * pipe.vae.config.scaling_factor
    torch.testing.assert_close(source.moments[32][:1, :4].float(), expected, atol=2e-3, rtol=2e-3)


WRONG = [
    ("empty", "none ends in .png"),
    ("label", "got 'no fish'; folders named by the teacher's classes, 0 to 999, or one of its names such as"),
    ("broken", "broken.png'; a picture that can be read"),
    ("nowhere", "a folder of pictures"),
]


@pytest.mark.parametrize("kind, words", WRONG)
def test_pictures_that_do_not_fit_are_one_line(kind, words, dit, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(mountable.MountableModel, "_check_memory", lambda *told: None)
    folder = tmp_path / "data"
    if kind != "nowhere":
        (folder / "no fish").mkdir(parents=True)
    if kind == "label":
        Image.new("RGB", (9, 9)).save(folder / "no fish" / "one.png")
    if kind == "broken":
        (folder / "broken.png").write_bytes(b"no picture")
    capsys.readouterr()
    assert run(dit, folder, tmp_path / "out", "steps=1") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


@pytest.mark.parametrize(
    "more, words",
    [
        (
            ["--config", "mountable", "--set", "network.token_mixer=softmax"],
            "network.token_mixer: got 'softmax'; one of",
        ),
        (["--config", "student"], "for one of diffusers: --config mountable"),
        (["--set", "stages=[{ until = 1, size = 20, batch_size = 1 }]"], "stages.size: got 20; a multiple of 16"),
        (["--set", "stages=[{ until = 1, size = 4096, batch_size = 4096 }]"], "memory: got"),
        (["--set", "data.share_alike=false"], "data: got"),
        (["--set", "network.token_mixer=['softmax', 'softmax']"], "network.token_mixer: got 'softmax in all layers'"),
        (["--set", "network={ token_mixer = 'liger', num_attention_heads = 1 }"], "num_attention_heads: got 1; 2, as"),
        (["--method", "lit", "--keep-softmax", "0.25"], "keep-softmax: got 0.25; 0 here: it needs phases"),
        (["--lora", "4"], "lora: got 4; none: this method's new mixers"),
    ],
)
def test_what_a_run_cannot_do_is_one_line(more, words, dit, data, tmp_path, capsys):
    capsys.readouterr()
    paths = ["--data", str(data), "--out", str(tmp_path / "out")]
    assert main(["linearize", "--teacher", str(dit), *paths, *more]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_a_teacher_of_another_schedule_is_refused(data, tmp_path, capsys):
    pipe = tiny.dit()
    pipe.scheduler = DDIMScheduler(beta_start=1e-4, beta_end=0.02, beta_schedule="scaled_linear")
    teacher = tiny.save(pipe, tmp_path / "teacher")
    capsys.readouterr()
    assert run(teacher, data, tmp_path / "out", "steps=1") == 2
    assert "linear betas from 0.0001 to 0.02" in capsys.readouterr().err
    assert run(teacher, data, tmp_path / "out", "--method", "lolcats", "--resume") == 2
    assert "--resume: got" in capsys.readouterr().err
    (teacher / "model_index.json").unlink()
    assert run(teacher / "transformer", data, tmp_path / "out", "steps=1") == 2
    assert "a whole pipeline: its autoencoder encodes" in capsys.readouterr().err
    assert main(["linearize", "--teacher", str(teacher / "transformer")]) == 2
    assert "--data: got None; a path; only --dry-run needs none" in capsys.readouterr().err


def test_sana_is_exchanged_timed_and_mounts(tmp_path, capsys):
    network = tiny.sana()
    network.save_pretrained(tmp_path / "sana")
    assert main(["linearize", "--teacher", str(tmp_path / "sana"), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    for option in (["--method", "liger"], ["--keep-softmax", "0.5"], ["--lora", "2"]):
        assert main(["linearize", "--teacher", str(tmp_path / "sana"), *option]) == 2
        assert f"{option[0]}: got" in capsys.readouterr().err
    assert "linear already" in said and "s before" in said and "s after" in said
    _, found = exchange(
        SimpleNamespace(adapter=adapter("SanaTransformer2DModel"), architecture="SanaTransformer2DModel"), network, 8
    )
    assert found.difference < 1e-5 and found.before > 0 and found.after > 0
    pipe = SimpleNamespace(transformer=network)
    mount(pipe, tmp_path / "out" / "network")
    assert {type(block.attn1.processor).__name__ for block in network.transformer_blocks} == {"SanaProcessor"}
    unmount(pipe)
    assert {type(block.attn1.processor).__name__ for block in network.transformer_blocks} == {
        "SanaLinearAttnProcessor2_0"
    }
