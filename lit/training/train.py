"""Training runs from end to end: data in, networks out."""

from pathlib import Path

import torch
from PIL import Image

from lit.data import StickerData
from lit.linearize.inherit import inherit
from lit.models.autoencoder import StickerAutoencoder
from lit.models.text import TextEncoder
from lit.models.transformer import LiTTransformer2DModel
from lit.pixels import bytes_to_pixels, pixels_to_images
from lit.training.batches import LatentBatches, PixelBatches
from lit.training.config import TrainingConfig
from lit.training.loop import fit, make_accelerator
from lit.training.objectives import OBJECTIVES, AutoencoderObjective

SHEET_PROMPTS = (
    "a dragon, fluent 3d",
    "dog face, noto",
    "pizza, twemoji",
    "grinning face, emojione",
    "red heart, fluent flat",
    "rocket, blob",
    "castle, fluent color",
    "octopus, fluent mono",
    "a purple apple, noto",
    "three dogs, fluent 3d",
    "a cat on a blue background, twemoji",
    "a cup to the left of a banana, noto",
    "a frog on top of a car, fluent flat",
    "a green horse, fluent 3d",
    "woman firefighter, fluent 3d",
    "thumbs up, noto",
)


def train_transformer(
    config: TrainingConfig,
    data_path: str,
    out: Path,
    autoencoder: str,
    text_encoder: str | None = None,
    teacher: str | None = None,
    init: str | None = None,
    minutes: float | None = None,
    sheets: bool = True,
) -> LiTTransformer2DModel:
    """Train a transformer on the stickers at `data_path`; returns its EMA, also saved as `out`/network.

    autoencoder, teacher, init: folders of trained networks. With a teacher the network is a student:
    its weights are inherited and the teacher's predictions join the loss. init: weights to start from.
    """
    accelerator = make_accelerator()
    device = accelerator.device
    torch.manual_seed(config.seed)
    torch.set_float32_matmul_precision("high")
    encoder = TextEncoder.from_pretrained(text_encoder).to(device)
    coder = StickerAutoencoder.from_pretrained(autoencoder).to(device).requires_grad_(False)
    with accelerator.main_process_first():  # the first renders, the others read its cache
        data = StickerData.open(data_path, size=256)
    if init:
        network = LiTTransformer2DModel.from_pretrained(init).train()
    else:
        out_channels = coder.config.latent_channels * (2 if config.objective == "epsilon" else 1)
        network = LiTTransformer2DModel(
            in_channels=coder.config.latent_channels,
            out_channels=out_channels,
            prediction_type=config.objective,
            **config.network,
        )
    taught = None
    if teacher:
        taught = LiTTransformer2DModel.from_pretrained(teacher).to(device).requires_grad_(False)
        if not init:
            inherit(network, taught)
    objective = OBJECTIVES[config.objective](network, taught, config.distill_weight, config.variance_weight)
    batches = LatentBatches(
        data,
        coder,
        encoder,
        device,
        config.composite_pool,
        config.seed * 1000 + accelerator.process_index,
        config.text_dropout,
        config.style_dropout,
    )

    def sheet(ema, path):
        from lit.pipeline import LiTPipeline  # only where pictures are drawn

        pipe = LiTPipeline(transformer=ema, autoencoder=coder, text_encoder=encoder)
        pipe.set_progress_bar_config(disable=True)
        save_sheet(pipe(list(SHEET_PROMPTS), seed=0, num_inference_steps=20).images, path)

    ema = fit(
        config,
        objective.to(device),
        lambda stage: batches.draw(stage.batch_size, stage.size, stage.composites),
        out,
        accelerator,
        minutes,
        sheet if sheets else None,
    )
    if accelerator.is_main_process:
        ema.save_pretrained(out / "network")
    return ema


def train_autoencoder(
    config: TrainingConfig, data_path: str, large_path: str, out: Path, minutes: float | None = None
) -> StickerAutoencoder:
    """Train the autoencoder on stickers at 256 px and, from `large_path`, sharp ones at 512 px; measures the
    latents' mean and deviation on the training split. Returns its EMA, also saved as `out`/network."""
    accelerator = make_accelerator()
    device = accelerator.device
    torch.manual_seed(config.seed)
    torch.set_float32_matmul_precision("high")
    with accelerator.main_process_first():
        data, large = StickerData.open(data_path, size=256), StickerData.open(large_path, size=512)
    batches = PixelBatches(data, large, device)
    network = StickerAutoencoder(**config.network)
    objective = AutoencoderObjective(network, config.latent_noise)
    held_out = bytes_to_pixels(torch.from_numpy(data.images[data.subset("test")[:16]])).to(device)

    def sheet(ema, path):
        with torch.no_grad():
            save_sheet(pixels_to_images(held_out) + pixels_to_images(ema.decode(ema.encode(held_out))), path)

    ema = fit(
        config,
        objective.to(device, memory_format=torch.channels_last),
        lambda stage: batches.draw(stage.batch_size, stage.size),
        out,
        accelerator,
        minutes,
        sheet,
    )
    normalise_latents(ema, batches)
    if accelerator.is_main_process:
        ema.save_pretrained(out / "network")
    return ema


@torch.no_grad()
def normalise_latents(network: StickerAutoencoder, batches: PixelBatches, count: int = 4096):
    """Measure each latent channel's mean and deviation over `count` training pictures (of a small set each
    sixteen times at most); write them to the config."""
    rows = torch.multinomial(batches.weights, min(count, 16 * len(batches.weights)), replacement=True)
    parts = [network.squashed(bytes_to_pixels(batches.images[chunk])) for chunk in rows.split(64)]
    latents = torch.cat(parts).transpose(0, 1).flatten(1).double()
    mean, std = latents.mean(1), latents.std(1)
    network.register_to_config(
        latents_mean=[round(v, 5) for v in mean.tolist()], latents_std=[round(v, 5) for v in std.tolist()]
    )
    network.mean.copy_(mean.view(1, -1, 1, 1))
    network.std.copy_(std.view(1, -1, 1, 1))


def save_sheet(images: list[Image.Image], path: Path, columns: int = 8):
    """Pictures of one size in rows of `columns` on white, as one PNG."""
    width, height = images[0].size
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    for i, image in enumerate(images):
        sheet.paste(image, (i % columns * width, i // columns * height), image)
    sheet.save(path)
