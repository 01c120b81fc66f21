"""What the rows of a process share: data, latents and the judge; a row trained, judged and drawn with them."""

import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image

from lit import checkpoint
from lit.bench.trials.rows import SIDE, Row, Size, config_of
from lit.bench.trials.smoke import tiny_judge
from lit.bench.trials.trials import Trials
from lit.data import StickerData
from lit.device import choose
from lit.evaluation.evaluate import encode_once
from lit.evaluation.exam import Exam
from lit.evaluation.judge import Judge
from lit.evaluation.metrics import frechet_distance
from lit.evaluation.painter import Painter
from lit.models.autoencoder import StickerAutoencoder
from lit.models.evaluator import StickerEvaluator
from lit.models.text import TextEncoder
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.sheets import sheet
from lit.training.batches.latents import LatentBatches
from lit.training.models.sources import Sources
from lit.training.models.transformer import TransformerModel
from lit.training.train import train

GUIDANCE = 4.0


class Workshop:
    """What the rows of a process share: data, their latents and composed pictures, and the judge."""

    def __init__(self, trials: Trials, size: Size):
        self.trials, self.size, self.device = trials, size, choose()[0]
        self.data = StickerData.open(trials.data, 256)
        self.source: LatentBatches | None = None
        self.encoder = TextEncoder.from_pretrained().to(self.device)
        self.coder = StickerAutoencoder.from_pretrained(checkpoint.EMBEDDED / "autoencoder").to(self.device).eval()
        folder = checkpoint.EMBEDDED / "evaluator"
        evaluator = tiny_judge(self.data) if trials.smoke else StickerEvaluator.from_pretrained(folder)
        self.judge = Judge.make(evaluator.to(self.device).eval(), self.encoder)
        self.exam = Exam.make(self.judge, self.data, 0, size.samples)
        workshop = self

        class Fed(TransformerModel):
            def open(self):
                self.data = workshop.data

            def feed(self):
                workshop.source = workshop.source or LatentBatches(*self._feed())
                self.source = workshop.source

        self.kind = Fed

    def train(self, row: Row, seed: int, out: Path, minutes: float | None) -> Path:
        """The folder of the row's network."""
        config = config_of(row, self.size, seed)
        teacher = None if row.teacher is None else self.trials.teacher_folder(row.teacher)
        sources = Sources(list(self.trials.data), teacher=teacher)
        if self.size.compile:
            torch._dynamo.reset()  # of other rows' blocks; and compile outside the minutes
            warm = replace(self.size, steps=4)
            with tempfile.TemporaryDirectory() as folder:
                train(config_of(row, warm, seed), sources, Path(folder), sheets=False, kind=self.kind)
        train(config, sources, out, minutes, sheets=False, kind=self.kind)
        return out / "network"

    def judged(self, network: LiTTransformer2DModel) -> dict:
        """What the evaluator says of its pictures: shares of right concepts, and the Fréchet distance."""
        exam, judge, questions = self.exam, self.judge, self.exam.questions()
        painter = self.painter(network)
        found: dict = {}
        asked = [*exam.pairs, *(["frechet"] if exam.held_out_features is not None else [])]
        encode_once(painter, [prompt for name in asked for prompt in questions[name].prompts])
        for name, rows in exam.pairs.items():
            pictures = painter.draw(*questions[name])
            found[name] = judge.scores(pictures, exam.labels[rows], exam.styles[rows])
        found["frechet"] = None
        if "frechet" in asked:
            features = judge.features(painter.draw(*questions["frechet"]))
            found["frechet"] = frechet_distance(features, exam.held_out_features)
        return found | {"images_per_second": painter.images / painter.seconds}

    def painter(self, network: LiTTransformer2DModel) -> Painter:
        pipe = LiTPipeline(network.eval(), self.coder, text_encoder=self.encoder)
        pipe.set_progress_bar_config(disable=True)
        return Painter(pipe, self.size.drawing_steps, GUIDANCE, self.size.batch_drawn, side=SIDE)

    def strip(self, network: LiTTransformer2DModel, file: Path):
        """Its drawings of the prompts, in a line."""
        words, styles = (list(column) for column in zip(*self.trials.prompts, strict=True))
        pictures = self.painter(network).draw(words, styles, 0, "the row")
        sheet([[_image(one) for one in pictures]]).save(file)


def _image(picture: torch.Tensor) -> Image.Image:
    """Premultiplied uint8 (4, S, S) on white."""
    color, alpha = picture[:3].int(), picture[3:].int()
    return Image.fromarray((color + 255 - alpha).clamp(0, 255).byte().permute(1, 2, 0).numpy()).convert("RGBA")
