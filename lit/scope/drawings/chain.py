"""From latents to pixels as one network, and from the first noise to the picture step by step."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn

from lit.sampling.conditioning import Conditioning, predict
from lit.sampling.pictures import Start
from lit.sampling.solvers import Solver
from lit.scope.affine import Affine
from lit.scope.drawings.over import GIVEN, GivenLatents, GivenPixels, Over
from lit.scope.map import Contributions, Watched, Word
from lit.scope.modes import Modes, singular_modes
from lit.scope.tape import Origin


class Guided(nn.Module):
    """Classifier-free guidance: o = o_n + s (o_p - o_n), so F = F_n + s (F_p - F_n), each branch frozen on its own.
    A network with guidance built in is told s, a constant of its map."""

    def __init__(self, transformer: nn.Module, guidance_scale: float):
        super().__init__()
        self.transformer, self.guidance_scale = transformer, guidance_scale

    def forward(
        self,
        latents,
        encoder_hidden_states,
        encoder_attention_mask,
        style_ids,
        guidance=None,
        words_refined=False,
        **times: torch.Tensor,
    ):
        """latents (1, channels, h, w), the other arguments of one image as `Conditioning` and `times` have them -> as
        latents. Words that the network's own layers have refined are the tokens of the map."""
        words = (encoder_hidden_states, encoder_attention_mask, style_ids)
        conditioning = Conditioning(*words, self.guidance_scale, guidance is not None, words_refined)
        return predict(self.transformer, latents, times, conditioning)


class ToUnit(nn.Module):
    """Pixels from [-1, 1] to [0, 1]: half of it is the middle grey that a decoder's zero stands for."""

    def forward(self, pixels):
        return pixels / 2 + 0.5


class Decoded(nn.Module):
    """Latents to premultiplied RGBA in [0, 1], before they are clamped to what a screen shows. start: as below."""

    def __init__(self, autoencoder: nn.Module, output_scale: int = 1, start: Start | None = None):
        super().__init__()
        self.autoencoder, self.output_scale, self.unit = autoencoder, output_scale, ToUnit()
        self.given = GivenPixels(start) if start is not None and start.soft is not None else nn.Identity()

    def forward(self, latents):
        return self.given(self.unit(self.autoencoder.decode(latents, self.output_scale)))


class CleanPicture(nn.Module):
    """The latents of one step to the picture that the model sees in them: decode(predict_clean(guided output)).
    start: the picture that is drawn over, of which parts stay where it has a mask."""

    def __init__(self, guided: Guided, decoded: Decoded, start: Start | None = None):
        super().__init__()
        self.guided, self.decoded, self.clean = guided, decoded, nn.Identity()
        self.given = GivenLatents(start) if start is not None and start.anew is not None else nn.Identity()

    def forward(self, latents, predict_clean: Callable, **conditioning):
        output = self.guided(latents, **conditioning)
        return self.decoded(self.clean(self.given(predict_clean(output, latents))))


def scheduler_weights(solver: Solver) -> torch.Tensor:
    """What a solver adds up: row i says which sum of (noise, output 0, output 1, ...) evaluation i is given, the last
    row what comes out at the end.  float64 (evaluations + 1, evaluations + 1).

    Solvers are linear and work number by number, so asking one with unit vectors in place of latents and outputs
    reads off its weights, whatever its order.
    """
    unit = torch.eye(len(solver.evaluations) + 1)
    outputs, latents = unit[1:], [unit[0]]
    for index in range(len(solver.evaluations)):
        latents.append(solver.step(index, outputs[: index + 1], latents))
    return torch.stack(latents).double()


class Trajectory(Watched):
    """The whole way as an affine map: y = F_dec (scheduler over F_T ... F_1) noise + words + biases.

    weights: as `scheduler_weights` gives them.  capture(i): the affine map of evaluation i, latents -> output,
    at its own latents.  decoder: clean latents -> picture.  over: the picture that is drawn over, a constant like
    the biases.  A few captures are kept, the others made again when a sweep needs them, so memory does not grow with
    the steps.
    A `Map`: what is asked while it is `watched` tells (done, steps) of each sweep.
    """

    def __init__(
        self, noise, weights, capture: Callable[[int], Affine], decoder: Affine, over: Over | None = None, keep: int = 4
    ):
        self.input, self.decoder, self.value = noise, decoder, decoder.value
        self.input_shape, self.output_shape = noise.shape, decoder.output_shape
        self._weights, self._capture, self._keep = weights.to(noise.dtype), capture, keep
        self._over = over
        self._kept: OrderedDict[int, Affine] = OrderedDict()

    def __len__(self) -> int:
        return len(self._weights) - 1

    @property
    def tokens(self) -> list[Word]:
        return self._step(0).tokens

    def linear(self, u: torch.Tensor) -> torch.Tensor:
        """F u: noise, or a stack of them -> the picture's part."""
        return self.decoder.linear(self._forwards(u, lambda step, i, x: step.linear(x)))

    def __call__(self, u: torch.Tensor) -> torch.Tensor:
        """F u + words + r."""
        return self.decoder(self._forwards(u, lambda step, i, x: step(x), given=True))

    @property
    def bias(self) -> torch.Tensor:
        """r: without noise and words."""
        nothing = torch.zeros_like(self.input)
        return self.decoder(self._forwards(nothing, lambda step, i, x: step.linear(x) + step.bias, given=True))

    def words(self, which=None) -> torch.Tensor:
        """What each token adds over all steps: (tokens, *output shape)."""
        which = list(range(len(self.tokens)) if which is None else which)
        nothing = self.input.new_zeros(len(which), *self.input_shape)
        return self.decoder.linear(self._forwards(nothing, lambda step, i, x: step.linear(x) + step.words(which)))

    def transpose(self, v: torch.Tensor) -> torch.Tensor:
        """F^T v: picture, or a stack of them -> noise."""
        return self._backwards(self.decoder.transpose(v), lambda step, i, g: step.transpose(g))[0]

    def contributions(self, region: torch.Tensor) -> Contributions:
        """As of `Affine`; a word's number is its sum over the steps, and biases know the step that they come from.
        What the picture gives that is drawn over is the one from GIVEN."""
        found = self.decoder.contributions(region)
        biases: dict[Origin, float] = dict(found.biases)
        words: list[float] = []

        def back(step, i, g):
            part = step.contributions(g)
            words[:] = [a + b for a, b in zip(words, part.words, strict=True)] if words else part.words
            biases.update({replace(origin, step=i): amount for origin, amount in part.biases.items()})
            return part.row

        row, of_picture = self._backwards(found.row, back)
        if self._over is not None:
            biases[GIVEN] = biases.get(GIVEN, 0.0) + _inner(of_picture, self._over.clean)
        return Contributions(found.value, _inner(row, self.input), words, biases, row)

    def modes(self, k: int = 8, *, on_progress=None, cancelled=None, steps=None, seed: int = 0) -> Modes:
        """As of `Affine`."""
        return singular_modes(
            self.linear, self.transpose, self.input_shape, self.output_shape, k, like=self.input,
            on_progress=on_progress, cancelled=cancelled, steps=steps, seed=seed,
        )  # fmt: skip

    def _forwards(self, u, apply, given=False):
        """x_i = w_i0 u + sum_j<i w_ij+1 o_j,   o_i = apply(step i, x_i); returns the last x. Over a picture, which is
        in it where `given` says so, as `Over` has it."""
        outputs = []
        for i in range(len(self)):
            outputs.append(apply(self._step(i), i, self._latents(i, u, outputs, given)))
            self._tell(i + 1, len(self))
        return self._latents(len(self), u, outputs, given)

    def _backwards(self, g, apply):
        """The same, transposed: g_i = sum_k>i w_k,i+1 h_k,   h_i = F_i^T g_i, h_last = g; returns sum_k w_k0 h_k, and
        what goes to the picture that is drawn over, which takes its share of every h."""
        found, of_noise, of_picture = {}, 0, 0

        def arrived(i, h):
            nonlocal of_noise, of_picture
            if self._over is not None:
                h, to_noise, to_picture = self._over.back(i, h)
                of_noise, of_picture = of_noise + to_noise, of_picture + to_picture
            found[i] = h

        arrived(len(self), g)
        for i in reversed(range(len(self))):
            gradient = sum(self._weights[k, i + 1] * h for k, h in found.items() if self._weights[k, i + 1] != 0)
            if isinstance(gradient, torch.Tensor):
                arrived(i, apply(self._step(i), i, gradient))
            self._tell(len(self) - i, len(self))
        begun = sum(self._weights[k, 0] * h for k, h in found.items())
        if self._over is None:
            return begun, 0
        to_noise, to_picture = self._over.begun(0, begun)
        return of_noise + to_noise, of_picture + to_picture

    def _latents(self, i, u, outputs, given):
        row, over = self._weights[i], self._over
        clean = None if over is None else over.clean if given else over.nothing
        total = row[0] * (u if over is None else over.noised(0, u, clean))
        for weight, output in zip(row[1:], outputs, strict=False):
            if weight != 0:
                total = total + weight * output
        return total if over is None else over.kept(i, total, u, clean)

    def _step(self, i) -> Affine:
        if i not in self._kept:
            self._kept[i] = self._capture(i)
            while len(self._kept) > self._keep:
                self._kept.popitem(last=False)
        self._kept.move_to_end(i)
        return self._kept[i]


def _inner(a, b):
    return (a.double() * b.double()).sum().item()
