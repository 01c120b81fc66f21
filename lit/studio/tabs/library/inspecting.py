"""A PNG that somebody drops or pastes: what it says, of this studio or of another."""

import io
import tempfile
from pathlib import Path

from lit.errors import InputError
from lit.settings import read_png
from lit.settings.chunks import read_texts
from lit.settings.foreign import Foreign, read_foreign
from lit.settings.png import TEXT_KEY
from lit.studio.languages import t
from lit.studio.tabs.generate.drawings import model_of
from lit.studio.tabs.library.session import values_of
from lit.studio.words import caption
from lit.studio.work.models import Models

OURS = "LiT Studio"


def inspect(models: Models, data: bytes) -> dict:
    """{"source", "said": a sentence, "values": {setting: value of its control}, "ours": whether it can be drawn again}.

    models: the studio's.  values: all settings of a picture of this studio, which says who drew it, too; the words and
    the seed of another's. Raises LiTError for what is no PNG, or says nothing.
    """
    texts = read_texts(io.BytesIO(data))
    if TEXT_KEY in texts:
        with tempfile.TemporaryDirectory(prefix="lit-library-") as folder:
            file = Path(folder) / "picture.png"
            file.write_bytes(data)
            settings, provenance = read_png(file)
        return {
            "source": OURS,
            "said": caption(settings, provenance),
            "values": values_of(settings),
            "ours": True,
            "drawn_by": model_of(models, provenance),
        }
    foreign = read_foreign(texts)
    if foreign is None:
        expected = "one of LiT Studio, A1111, InvokeAI or ComfyUI that carries its prompt; this one says nothing"
        raise InputError("image", "a PNG", expected)
    return {"source": foreign.source, "said": _said(foreign), "values": _values(foreign), "ours": False}


def _said(foreign: Foreign) -> str:
    without = f" · {t('without {words}', words=foreign.negative_prompt)}" if foreign.negative_prompt else ""
    seed = "" if foreign.seed is None else f" · {t('seed {seed}', seed=foreign.seed)}"
    return f"{foreign.prompt}{without}{seed}"


def _values(foreign: Foreign) -> dict:
    values: dict = {"prompt": foreign.prompt, "negative_prompt": foreign.negative_prompt}
    return values if foreign.seed is None else values | {"seed": foreign.seed}
