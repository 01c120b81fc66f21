"""Previews and drafts: a decoder of their own, or the autoencoder's; the full picture never knows."""

from dataclasses import replace

import pytest
import torch
from conftest import randomised
from PIL import ImageChops

from lit.errors import CheckpointError
from lit.models.preview_decoder import PreviewDecoder
from lit.pipeline import LiTPipeline
from lit.settings import GenerationSettings

OWL = GenerationSettings("an owl", seed=4, num_inference_steps=2, height=64, width=96)


def small(**arguments):
    return randomised(PreviewDecoder(**{"channels": (16, 8, 8), "blocks": 1} | arguments), seed=3)


def with_preview(pipe, decoder):
    """The same networks, and a preview decoder."""
    twin = LiTPipeline(pipe.transformer, pipe.autoencoder, pipe.scheduler, pipe.text_encoder, decoder)
    twin.set_progress_bar_config(disable=True)
    return twin


def drawn(pipe, settings, **how):
    return pipe.start(settings, **how).finish().images[0]


def test_a_draft_is_what_the_preview_decoder_makes_of_the_pictures_latents(tiny_pipeline):
    pipe = with_preview(tiny_pipeline, small())
    draft = drawn(pipe, OWL, draft=True)
    assert draft.size == (96, 64)
    latents = drawn(pipe, OWL, output_type="latent")
    assert draft.tobytes() == pipe.preview(latents[None])[0].tobytes()  # which are too small to be shrunk
    assert draft.tobytes() != drawn(pipe, OWL).tobytes()


def test_the_picture_is_the_same_with_and_without_a_preview_decoder(tiny_pipeline):
    assert drawn(with_preview(tiny_pipeline, small()), OWL).tobytes() == drawn(tiny_pipeline, OWL).tobytes()
    assert with_preview(tiny_pipeline, small()).weights_sha256 == tiny_pipeline.weights_sha256


def test_without_a_preview_decoder_a_draft_is_the_picture(tiny_pipeline):
    as_drawn = replace(OWL, output_scale=1)
    assert drawn(tiny_pipeline, OWL, draft=True).tobytes() == drawn(tiny_pipeline, as_drawn).tobytes()


@pytest.mark.parametrize("decoder", [None, small()])
def test_a_draft_is_never_enlarged(tiny_pipeline, decoder):
    twice = GenerationSettings("an owl", num_inference_steps=1, height=64, width=64, output_scale=2)
    assert drawn(with_preview(tiny_pipeline, decoder), twice, draft=True).size == (64, 64)


def test_previews_of_large_pictures_are_small(tiny_pipeline):
    latents = torch.randn(2, 8, 64, 96)
    sizes = [[image.size for image in with_preview(tiny_pipeline, d).preview(latents)] for d in (None, small())]
    assert sizes == [[(192, 128)] * 2, [(384, 256)] * 2]


def test_a_preview_decoder_is_saved_and_loaded(tiny_pipeline, text_encoder, tmp_path):
    pipe = with_preview(tiny_pipeline, small())
    pipe.save_pretrained(tmp_path)
    loaded = LiTPipeline.from_pretrained(tmp_path, torch_dtype="float32", text_encoder=text_encoder)
    loaded.set_progress_bar_config(disable=True)
    one, other = (drawn(each, OWL, draft=True) for each in (loaded, pipe))
    # On a processor the loaded one lies in another order of memory, and adds up in another.
    assert max(high for _, high in ImageChops.difference(one, other).getextrema()) <= 1


def test_one_of_other_latents_is_refused(tiny_pipeline):
    with pytest.raises(CheckpointError, match="preview decoder has 4"):
        with_preview(tiny_pipeline, small(latent_channels=4))
