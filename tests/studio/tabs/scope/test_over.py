"""A sticker that was drawn over a picture opens as any other, with that picture as a part of its own."""

import base64

import pytest
from PIL import Image
from scope_session import ask, result
from serving import wait_until

from lit.errors import LiTError
from lit.settings import GenerationSettings, Source, read_source, to_png_info
from lit.studio.tabs.scope import payload
from lit.studio.tabs.scope.session import ScopeSession


@pytest.mark.parametrize("masked", [False, True])
def test_what_was_drawn_over_a_picture_opens_from_its_file_and_from_the_recent_ones(
    session, store, worker, tiny_pipeline, tmp_path, masked
):
    picture = Image.effect_noise((64, 64), 90).convert("RGBA")
    mask = Image.new("L", (64, 64))
    mask.paste(255, (16, 16, 48, 48))
    source = Source.of(picture, mask if masked else None)
    settings = source.told(
        GenerationSettings("a fox", num_inference_steps=3, height=64, width=64, seed=5, strength=0.6, output_scale=1)
    )
    store.sources.keep("ann", source)
    job = worker.submit("ann", settings)
    wait_until(lambda: store.get(job.id).state == "done")
    (file,) = store.get(job.id).files
    assert read_source(file, settings) is not None
    bare = tmp_path / "bare.png"  # as where what was drawn over is too large to be inside
    with Image.open(file) as image:
        image.save(bare, pnginfo=to_png_info(settings, tiny_pipeline.provenance()))
    requests = [{"recent": file.relative_to(store.pictures).as_posix()}]
    requests += [{"png": base64.b64encode(one.read_bytes()).decode(), "file": "a.png"} for one in (file, bare)]
    opened = [result(session, ask(session, "open", request))["result"] for request in requests]
    assert len({one["id"] for one in opened}) == 1
    with Image.open(file) as image:
        assert opened[0]["steps"][-1]["picture"] == payload.data_url(image)
    way = {"drawing": opened[0]["id"], "step": 0, "layer": "trajectory", "box": [20, 20, 30, 30]}
    found = result(session, ask(session, "sweep", way))["result"]
    assert [part["kind"] for part in found["parts"][:2]] == ["input", "picture"]
    assert sum(part["value"] for part in found["parts"]) == pytest.approx(found["total"], rel=1e-4, abs=1e-6)
    assert (payload.STAYS in opened[0]["explain"][""]) == masked

    shared = ScopeSession(store, worker, public=True)
    with pytest.raises(LiTError, match="is not kept here"):
        ask(shared, "open", requests[2])
    assert ask(shared, "open", requests[2] | {"visitor": "ann"})["task"]
