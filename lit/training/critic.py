"""A critic of few-step pictures: what a frozen flow sees in them, judged by small heads that learn."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from lit.models.transformer import LiTTransformer2DModel

DEPTHS = 4  # blocks looked at, an equal way from each other, the last one among them
STEP = 0.05  # of the latents, over which a head's answers are compared for their steepness


class Critic(nn.Module):
    """Scores of latents with some noise on them, one a token and depth: high for what the teacher drew, low for what
    the student did (latent adversarial distillation, arXiv 2403.12015).

    flow: the teacher that sees; its weights stay as they are, the heads' are what is trained.
    """

    def __init__(self, flow: LiTTransformer2DModel):
        super().__init__()
        blocks = len(flow.blocks)
        watched = {math.ceil(blocks * (depth + 1) / DEPTHS) - 1 for depth in range(DEPTHS)}
        # In a shell of its own, since the same weights also draw, where nobody looks inside.
        self.flow = copy.deepcopy(flow, {id(weight): weight for weight in flow.parameters()}).eval()
        self.flow.blocks = nn.ModuleList(
            Watched(block) if number in watched else block for number, block in enumerate(self.flow.blocks)
        )
        self.patch = flow.config.patch_size
        self.heads = nn.ModuleList(Head(flow.config.hidden_size) for _ in watched)

    def see(self, latents, noise, t, words, mask, style_ids) -> list[torch.Tensor]:
        """Latents (n, c, h, w), their noise and its time t (n,) in [0, 1], words and style -> what each watched block
        gives, (n, width, rows, columns)."""
        noisy = torch.lerp(latents, noise, t.view(-1, 1, 1, 1))
        self.flow(noisy, 1000 * t, words, mask, style_ids, return_dict=False)
        grid = [side // self.patch for side in latents.shape[-2:]]
        seen = [block.seen for block in self.flow.blocks if isinstance(block, Watched)]
        return [tokens.transpose(1, 2).unflatten(2, grid) for tokens in seen]

    def score(self, seen: list[torch.Tensor]) -> torch.Tensor:
        """-> (n, depths, rows, columns), in float32."""
        return torch.stack([head(one) for head, one in zip(self.heads, seen, strict=True)], dim=1).float()

    def train(self, mode: bool = True):
        """What sees stays as it is."""
        super().train(mode)
        self.flow.eval()
        return self


class Watched(nn.Module):
    """A block whose last output is kept as `seen`."""

    def __init__(self, block: nn.Module):
        super().__init__()
        self.block, self.seen = block, None

    def forward(self, *inputs):
        self.seen = self.block(*inputs)
        return self.seen


class Head(nn.Module):
    """Features (n, width, rows, columns) -> scores (n, rows, columns), each of its place and the places around."""

    def __init__(self, width, inner=96):
        super().__init__()
        self.inward, self.around = nn.Conv2d(width, inner, 1), nn.Conv2d(inner, inner, 3, padding=1)
        self.outward = nn.Conv2d(inner, 1, 1)

    def forward(self, x):
        x = F.layer_norm(x.movedim(1, -1), x.shape[1:2]).movedim(-1, 1)  # blocks' outputs differ in size by far
        x = F.gelu(self.inward(x))
        return self.outward(F.gelu(x + self.around(x))).squeeze(1)


def hinge(real: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """What the heads want to be small: scores above 1 for the teacher's pictures and below -1 for others."""
    return F.relu(1 - real).mean() + F.relu(1 + drawn).mean()
