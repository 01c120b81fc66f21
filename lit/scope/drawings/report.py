"""What was found about one region, as files: pictures, the numbers as JSON, and one HTML page with both."""

import base64
import html
import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw

from lit.errors import InputError
from lit.scope.drawings.answers import ImpulseResponse, ModeImages, ReceptiveField, RegionSum, WordImage
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region, signed_image

STYLE = """
:root{color-scheme:light dark;--bar:#b2182b;--minus:#2166ac}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
figure{display:inline-block;margin:0 1rem 1rem 0;vertical-align:top;max-width:16rem}
img{width:16rem;max-width:100%;image-rendering:pixelated;background:#fff;border:1px solid #8888}
figcaption{font-size:.85rem} table{border-collapse:collapse;width:100%} td,th{text-align:left;padding:.15rem .5rem}
td.n{text-align:right;font-variant-numeric:tabular-nums} tr{border-top:1px solid #8884}
.b{display:inline-block;height:.8rem;background:var(--bar)} .b.m{background:var(--minus)} td.w{width:50%}
"""


@dataclass
class Report:
    """Answers about one region of an opened drawing. where: the map in words, such as "step 12 of 20".

    provenance: of the model, as the pipeline gives it.  Pictures that were not asked for stay None or empty.
    """

    opened: OpenedDrawing
    region: Region
    where: str
    sums: RegionSum
    field: ReceptiveField
    impulse: ImpulseResponse | None = None
    words: list[WordImage] = field(default_factory=list)
    modes: ModeImages | None = None
    path: str = "value"
    provenance: dict = field(default_factory=dict)

    def pictures(self) -> dict[str, tuple[Image.Image, str]]:
        """File stem -> (picture, caption)."""
        size = self.opened.size
        found = {
            "picture": (marked(self.opened.image, self.region), "The drawing, and the region that is asked about."),
            "receptive-field": (
                self.field.image, "What the region read: how strongly it depends on each place of the latents.",
            ),
            "reads": (
                signed_image(self.field.reads, size),
                f"What each place gave: red adds, blue takes away; all together {self.field.reads.sum().item():+.4f}.",
            ),
        }  # fmt: skip
        if self.impulse is not None:
            caption = f"What the latents at {self.impulse.cell} draw, amplified {self.impulse.gain:.0f} times."
            found["impulse-response"] = (self.impulse.image, caption)
        for number, word in enumerate(self.words, 1):
            name = f"{'without: ' * word.label.negative}{word.label.piece}"
            found[f"word-{number}"] = (word.image, f"What “{name}” adds, amplified {word.gain:.1f} times.")
        if self.modes is not None:
            values = self.modes.modes.singular_values.tolist()
            pairs = zip(values, self.modes.inputs, self.modes.outputs, strict=True)
            for number, (value, reads, draws) in enumerate(pairs, 1):
                found[f"mode-{number}-reads"] = (reads, f"Mode {number}, singular value {value:.4g}: what it reads.")
                found[f"mode-{number}-draws"] = (draws, f"Mode {number}: what it draws.")
        return found

    def numbers(self) -> dict:
        """Everything as plain values."""
        result = {
            "settings": asdict(self.opened.settings),
            "provenance": self.provenance,
            "map": {"where": self.where, "attention_path": self.path, "notice": self.opened.notice},
            "region": asdict(self.region),
            "value": self.sums.value,
            "sum": sum(part.amount for part in self.sums.parts),
            "parts": [{"kind": p.kind, "label": p.label, "amount": p.amount} for p in self.sums.parts],
            "receptive_field": {"magnitude": self.field.magnitude.tolist(), "reads": self.field.reads.tolist()},
            "words": [{"piece": w.label.piece, "negative": w.label.negative, "rms": w.strength} for w in self.words],
        }
        if self.modes is not None:
            modes = self.modes.modes
            result["singular_values"] = modes.singular_values.tolist()
            result["residuals"] = modes.residuals.tolist()
        return result

    def page(self) -> str:
        """One HTML page that needs nothing else: pictures inside, a table with a bar for every part."""
        settings, top = self.opened.settings, max((abs(p.amount) for p in self.sums.parts), default=0.0) or 1.0
        figures = "".join(
            f'<figure><img alt="{html.escape(text)}" src="{_data(image)}"><figcaption>{html.escape(text)}</figcaption>'
            "</figure>"
            for image, text in self.pictures().values()
        )
        rows = "".join(
            f"<tr><td>{html.escape(p.kind)}</td><td>{html.escape(p.label)}</td><td class=n>{p.amount:+.5f}</td>"
            f'<td class=w><span class="b{" m" * (p.amount < 0)}" style="width:{100 * abs(p.amount) / top:.1f}%"></span>'
            "</td></tr>"
            for p in self.sums.parts
        )
        total = sum(p.amount for p in self.sums.parts)
        title = html.escape(f"What made this: {settings.prompt}")
        region = f"{self.region.channel} of ({self.region.left}, {self.region.top}) to "
        region += f"({self.region.right}, {self.region.bottom})"
        style = html.escape(settings.style or "no style")
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
            f"<h1>{title}</h1><p>{style}, seed {settings.seed}, {html.escape(self.where)}, attention by "
            f"{self.path}. Mean {region}: <b>{self.sums.value:.5f}</b>. {html.escape(self.opened.notice)}</p>"
            f"<table><tr><th>kind</th><th>part</th><th>amount</th><th></th></tr>{rows}"
            f"<tr><th colspan=2>sum</th><td class=n>{total:+.5f}</td><td></td></tr></table>{figures}</html>"
        )

    def write(self, folder: Path) -> list[Path]:
        """Write NAME.png for each picture, numbers.json and scope.html. Raises InputError where that cannot be."""
        written = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, (image, _) in self.pictures().items():
                image.save(folder / f"{name}.png")
                written.append(folder / f"{name}.png")
            for name, text in (("numbers.json", json.dumps(self.numbers(), indent=1)), ("scope.html", self.page())):
                (folder / name).write_text(text, encoding="utf-8")
                written.append(folder / name)
        except OSError as error:
            raise InputError("--out", str(folder), f"a folder that can be written ({error.strerror})") from error
        return written


def marked(image: Image.Image, region: Region) -> Image.Image:
    """The picture over white with a frame around the region, black in white so that it shows on any colour."""
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image.convert("RGBA"))
    box = (region.left - 2, region.top - 2, region.right + 1, region.bottom + 1)
    pen = ImageDraw.Draw(paper)
    for grow, color in ((2, "white"), (0, "black")):
        pen.rectangle((box[0] - grow, box[1] - grow, box[2] + grow, box[3] + grow), outline=color, width=2)
    return paper.convert("RGB")


def _data(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
