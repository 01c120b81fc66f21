"""The evaluator: a small convolutional network that says what a sticker shows and how it is drawn.

It embeds pictures into the sentence space of the text encoder (as CLIP does with pairs of pictures and
captions, Radford et al., 2021, here against a fixed text side) and has a head for the drawing style. It
judges generated stickers; it never trains the generator.
"""

import math

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin
from diffusers.configuration_utils import register_to_config
from torch import nn

from lit.models.storage import Int8ModelMixin
from lit.styles import STYLES

LOGIT_SCALE_RANGE = (math.log(5.0), math.log(100.0))


class DropPath(nn.Module):
    """Stochastic depth (Huang et al., 2016): leave a residual branch out, image by image, while training."""

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.rate == 0.0:
            return x
        keep = torch.rand(x.shape[0], 1, 1, 1, device=x.device) >= self.rate
        return x * (keep / (1.0 - self.rate)).to(x.dtype)


class ResidualBlock(nn.Module):
    """Pre-activation bottleneck: norm, 1x1, norm, 3x3, norm, 1x1, added to the input.

    With `inner == width` the two 1x1 convolutions are left out and two 3x3 ones do the work.
    """

    def __init__(self, width: int, inner: int, drop_path: float):
        super().__init__()
        if inner == width:
            shapes = [(width, width, 3), (width, width, 3)]
        else:
            shapes = [(width, inner, 1), (inner, inner, 3), (inner, width, 1)]
        layers: list[nn.Module] = []
        for cin, cout, size in shapes:
            layers += [
                nn.BatchNorm2d(cin),
                nn.SiLU(),
                nn.Conv2d(cin, cout, size, padding=size // 2, bias=False),
            ]
        self.branch = nn.Sequential(*layers)
        self.drop_path = DropPath(drop_path)
        nn.init.zeros_(self.branch[-1].weight)  # every block starts as the identity

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.drop_path(self.branch(x))


class StickerEvaluator(Int8ModelMixin, ConfigMixin):
    """Pictures to a sentence-space vector, a style, and features for a Fréchet distance.

    Pixels are premultiplied RGBA in [-1, 1], (B, 4, H, W), any size: they are padded to a square with
    transparency and resized to `image_size`, averaging over area.

    widths, inner, depths: channels, channels inside the blocks, and blocks of each stage; each stage halves
        the resolution, after a stem of 4x4 patches.
    feature_dim: width of the penultimate features.
    text_dim: width of the text encoder's sentence vectors.
    concepts: names of the concepts it was trained to tell apart, in the order of its training labels.
    """

    @register_to_config
    def __init__(
        self,
        widths: tuple[int, ...] = (64, 128, 256, 384),
        inner: tuple[int, ...] = (64, 128, 128, 176),
        depths: tuple[int, ...] = (2, 2, 4, 2),
        feature_dim: int = 512,
        text_dim: int = 384,
        image_size: int = 128,
        drop_path: float = 0.1,
        dropout: float = 0.1,
        styles: tuple[str, ...] = STYLES,
        concepts: tuple[str, ...] = (),
    ):
        super().__init__()
        self.stem = nn.Conv2d(4, widths[0], 4, stride=4)
        rates = torch.linspace(0.0, drop_path, sum(depths)).tolist()
        stages: list[nn.Module] = []
        for i, (width, middle, depth) in enumerate(zip(widths, inner, depths, strict=True)):
            if i > 0:
                stages += [nn.BatchNorm2d(widths[i - 1]), nn.AvgPool2d(2), nn.Conv2d(widths[i - 1], width, 1)]
            stages += [ResidualBlock(width, middle, rates.pop(0)) for _ in range(depth)]
        self.stages = nn.Sequential(*stages)
        pools = [i for i, module in enumerate(stages) if isinstance(module, nn.AvgPool2d)]
        self.last_pool = pools[-1] if pools else len(stages)
        self.norm = nn.BatchNorm2d(widths[-1])
        self.project = nn.Linear(widths[-1], feature_dim)
        self.feature_dropout = nn.Dropout(dropout)
        self.embed_head = nn.Linear(feature_dim, text_dim)
        self.style_head = nn.Linear(feature_dim, len(styles))
        self.logit_scale = nn.Parameter(torch.tensor(math.log(30.0)))

    def resize(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, 4, H, W) -> (B, 4, image_size, image_size); what lies outside the picture is transparent."""
        size = self.config.image_size
        height, width = pixels.shape[-2:]
        if height != width:
            side = max(height, width)
            left, top = (side - width) // 2, (side - height) // 2
            pixels = F.pad(pixels, (left, side - width - left, top, side - height - top), value=-1.0)
        if pixels.shape[-1] == size:
            return pixels
        if pixels.shape[-1] % size == 0:
            return F.avg_pool2d(pixels, pixels.shape[-1] // size)
        return F.interpolate(pixels, (size, size), mode="bilinear", antialias=True, align_corners=False)

    def places(self, pixels: torch.Tensor) -> torch.Tensor:
        """Normalised features of places, (B, widths[-2], S / 16, S / 16) with S the image_size: those before the last
        stage, of pixels (B, 4, H, W)."""
        return self.stages[: self.last_pool](self.stem(self.resize(pixels.to(self.stem.weight.dtype))))

    def features(self, pixels: torch.Tensor) -> torch.Tensor:
        """Penultimate features (B, feature_dim) of pixels (B, 4, H, W)."""
        x = self.resize(pixels.to(self.stem.weight.dtype))
        x = self.stages(self.stem(x))  # (B, widths[-1], image_size / 32, image_size / 32)
        x = F.silu(self.norm(x)).mean(dim=(2, 3))  # (B, widths[-1])
        return F.silu(self.project(x))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pixels (B, 4, H, W) -> sentence vectors (B, text_dim) of length 1, style logits (B, styles)."""
        features = self.feature_dropout(self.features(pixels))
        return F.normalize(self.embed_head(features).float(), dim=-1), self.style_head(features).float()

    def embed(self, pixels: torch.Tensor) -> torch.Tensor:
        """Sentence-space vectors (B, text_dim) of length 1, to compare with the text encoder's `pooled`."""
        return self(pixels)[0]

    def style_logits(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, styles), in the order of `config.styles`."""
        return self(pixels)[1]

    def concept_logits(self, embeddings: torch.Tensor, concept_vectors: torch.Tensor) -> torch.Tensor:
        """scale * <embedding, vector>: (B, text_dim) x (K, text_dim) -> (B, K), with the learned scale."""
        return self.logit_scale.clamp(*LOGIT_SCALE_RANGE).exp() * embeddings @ concept_vectors.T
