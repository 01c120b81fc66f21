"""Stock pipelines of 64 pixels with random weights, built from configs in code."""

import diffusers
from linearize import tiny
from transformers import Gemma2Config, Gemma2Model

from lit.settings import GenerationSettings

SIDE = {"sample_size": 8}  # latents: 64 pixels, which settings begin at


def dit():
    transformer = tiny.randomised(diffusers.DiTTransformer2DModel(**tiny.BLOCKS | SIDE, out_channels=8))
    names = {0: "tench, Tinca tinca", 1: "goldfish"}
    return diffusers.DiTPipeline(transformer=transformer, **tiny.parts(), id2label=names)


def pixart():
    pipe = tiny.pixart()
    config = dict(tiny.BLOCKS | SIDE, out_channels=8, cross_attention_dim=32, caption_channels=16)
    pipe.transformer = tiny.randomised(diffusers.PixArtTransformer2DModel(**config))
    return pipe


def sana():
    words = tiny.pixart()
    gemma = Gemma2Config(
        vocab_size=8, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, pad_token_id=0, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    vae = diffusers.AutoencoderDC(
        latent_channels=4, attention_head_dim=4, scaling_factor=0.41,
        encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4, encoder_layers_per_block=(1,) * 4,
        decoder_layers_per_block=(1,) * 4, encoder_qkv_multiscales=((),) * 4, decoder_qkv_multiscales=((),) * 4,
    )  # fmt: skip
    flow = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": 3.0}
    return diffusers.SanaPipeline(
        tokenizer=words.tokenizer,
        text_encoder=tiny.randomised(Gemma2Model(gemma)),
        vae=vae.eval(),
        transformer=tiny.sana(),
        scheduler=diffusers.DPMSolverMultistepScheduler(**flow),
    )


FAMILIES = {"dit": dit, "pixart": pixart, "sana": sana}
WORDS = {"dit": "goldfish", "pixart": "a red square", "sana": "a red square"}


def asked(family, **changes):
    """Settings that a tiny model draws."""
    told = {"width": 64, "height": 64, "num_inference_steps": 4, "seed": 3, "scheduler": "dpm++", "guidance_scale": 3.0}
    told["output_scale"] = 1
    return GenerationSettings(WORDS[family], **told | changes)
