"""Teachers of diffusers as small as they can be, built from configs in code, and the configs of real ones."""

import contextlib
import json

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DiTPipeline,
    DiTTransformer2DModel,
    PixArtSigmaPipeline,
    PixArtTransformer2DModel,
    SanaTransformer2DModel,
)
from PIL import Image
from safetensors.torch import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel

from lit.__main__ import main
from lit.training.batches.encoded import EncodedBatches

BLOCKS = {"num_layers": 2, "num_attention_heads": 2, "attention_head_dim": 16, "sample_size": 4}
XL = {
    "activation_fn": "gelu-approximate", "attention_bias": True, "attention_head_dim": 72, "dropout": 0.0,
    "in_channels": 4, "norm_elementwise_affine": False, "norm_num_groups": 32, "num_attention_heads": 16,
    "num_embeds_ada_norm": 1000, "num_layers": 28, "num_vector_embeds": None, "only_cross_attention": False,
    "out_channels": 8, "patch_size": 2, "upcast_attention": False, "use_linear_projection": False,
}  # fmt: skip
REAL = {
    "DiT-XL-2-256": XL | {
        "_class_name": "Transformer2DModel", "_diffusers_version": "0.12.0.dev0", "cross_attention_dim": None,
        "norm_type": "ada_norm_zero", "sample_size": 32,
    },
    "PixArt-Sigma-XL-2-1024-MS": XL | {
        "_class_name": "PixArtTransformer2DModel", "attention_type": "default", "caption_channels": 4096,
        "cross_attention_dim": 1152, "double_self_attention": False, "interpolation_scale": 2, "norm_eps": 1e-6,
        "norm_type": "ada_norm_single", "sample_size": 128, "use_additional_conditions": False,
    },
    "Sana_600M_1024px": {
        "_class_name": "SanaTransformer2DModel", "attention_bias": False, "attention_head_dim": 32,
        "caption_channels": 2304, "cross_attention_dim": 1152, "cross_attention_head_dim": 72, "dropout": 0.0,
        "in_channels": 32, "interpolation_scale": None, "mlp_ratio": 2.5, "norm_elementwise_affine": False,
        "norm_eps": 1e-6, "num_attention_heads": 36, "num_cross_attention_heads": 16, "num_layers": 28,
        "out_channels": 32, "patch_size": 1, "sample_size": 32,
    },
}  # fmt: skip


def randomised(network):
    """Every weight drawn anew: as built, last layers are zero and no picture would depend on them."""
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.15)
    return network.eval()


def parts():
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8,) * 4, norm_num_groups=4, layers_per_block=1, scaling_factor=0.18215,
    )  # fmt: skip
    return {"vae": vae.eval(), "scheduler": DDIMScheduler(beta_start=1e-4, beta_end=0.02, clip_sample=False)}


def dit():
    transformer = randomised(DiTTransformer2DModel(**BLOCKS, out_channels=8))
    return DiTPipeline(transformer=transformer, **parts(), id2label={0: "tench, Tinca tinca", 1: "goldfish"})


def pixart():
    transformer = randomised(
        PixArtTransformer2DModel(**BLOCKS, out_channels=8, cross_attention_dim=32, caption_channels=16)
    )
    words = {word: number for number, word in enumerate(("<pad>", "</s>", "<unk>", "a", "red", "blue", "square"))}
    tokenizer = Tokenizer(WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    t5 = T5Config(vocab_size=8, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    return PixArtSigmaPipeline(
        tokenizer=PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special),
        text_encoder=randomised(T5EncoderModel(t5)), transformer=transformer, **parts(),
    )  # fmt: skip


def sana(**changes):
    config = {
        "in_channels": 4, "out_channels": 4, "num_attention_heads": 3, "attention_head_dim": 8, "num_layers": 2,
        "num_cross_attention_heads": 2, "cross_attention_head_dim": 12, "cross_attention_dim": 24,
        "caption_channels": 16, "sample_size": 8, "mlp_ratio": 2.0,
    }  # fmt: skip
    return randomised(SanaTransformer2DModel(**config | changes))


TEACHERS = {"dit": dit, "pixart": pixart}


def draw(pipe, seed=0):
    """A picture of a teacher's pipeline, as bytes of numbers."""
    told = (
        {"class_labels": [1]}
        if isinstance(pipe, DiTPipeline)
        else {"prompt": "a red square", "height": 32, "width": 32}
    )
    told |= {} if isinstance(pipe, DiTPipeline) else {"use_resolution_binning": False, "clean_caption": False}
    pipe.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(seed)
    return pipe(**told, num_inference_steps=2, generator=generator, output_type="np").images


def save(pipe, folder):
    """As on the hub: a DiT's index names its classes."""
    pipe.save_pretrained(folder)
    if isinstance(pipe, DiTPipeline):
        index = json.loads((folder / "model_index.json").read_text())
        names = {str(number): name for name, number in pipe.labels.items()}
        (folder / "model_index.json").write_text(json.dumps(index | {"id2label": names}))
    return folder


QUICK = ["compile=false", "warmup_steps=1", "learning_rate=1e-2", "ema_decay=0", "save_every=2"]
QUICK += ["stages=[{ until = 1.0, size = 32, batch_size = 4 }]"]


def pictures(folder):
    """Six pictures in two folders, named by number and by name, three with a text."""
    generator = np.random.default_rng(0)
    for number, kind in enumerate(("png", "jpg", "webp") * 2):
        inside = folder / ("0" if number % 2 else "goldfish")
        inside.mkdir(exist_ok=True)
        Image.fromarray(generator.integers(0, 255, (40, 50, 3), dtype=np.uint8)).save(inside / f"{number}.{kind}")
        if number % 2:
            (inside / f"{number}.txt").write_text("a red square")
    return folder


def run(teacher, data, out, *more):
    """The command line: its exit code. more: values of the config, then other options."""
    paths = ["--teacher", str(teacher), "--data", str(data), "--out", str(out)]
    return main(["linearize", *paths, "--set", *QUICK, *more])


def weights(folder):
    return load_file(folder / "network" / "diffusion_pytorch_model.safetensors")


@contextlib.contextmanager
def cut_before(batch):
    """Ctrl-C in place of a batch, counted from 1."""
    drawn, draw = [], EncodedBatches.draw

    def cut(self, *told, **how):
        drawn.append(told)
        if len(drawn) == batch:
            raise KeyboardInterrupt
        return draw(self, *told, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EncodedBatches, "draw", cut)
        yield
