"""What is put together as a model draws as one."""

from conftest import randomised

from lit.__main__ import main
from lit.models.preview_decoder import PreviewDecoder
from lit.models.storage import WEIGHTS_NAME
from lit.pipeline import LiTPipeline


def test_a_preview_decoder_is_added_to_a_model_and_used(tiny_pipeline, text_encoder, tmp_path):
    parts = {"transformer": tiny_pipeline.transformer, "autoencoder": tiny_pipeline.autoencoder}
    parts["preview-decoder"] = randomised(PreviewDecoder(channels=(16, 8, 8), blocks=1), seed=3)
    for name, network in parts.items():
        network.save_pretrained(tmp_path / "runs" / name)
    out = tmp_path / "model"
    whole = [f"--{name}={tmp_path / 'runs' / name}" for name in ("transformer", "autoencoder")]
    assert main(["ship", f"--out={out}", *whole]) == 0
    sha256 = LiTPipeline.from_pretrained(out, text_encoder=text_encoder).weights_sha256
    assert main(["ship", f"--out={out}", f"--preview-decoder={tmp_path / 'runs' / 'preview-decoder'}"]) == 0
    pipe = LiTPipeline.from_pretrained(out, text_encoder=text_encoder)
    assert pipe.preview_decoder is not None and pipe.weights_sha256 == sha256  # no full picture depends on it
    assert (out / "preview_decoder" / WEIGHTS_NAME).stat().st_size < 30_000  # a byte a weight


def test_nothing_to_ship_is_said_with_what_there_could_be(capsys):
    assert main(["ship", "--out=nowhere"]) == 2
    assert "--preview-decoder" in capsys.readouterr().err
