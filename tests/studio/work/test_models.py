"""The studio's list of models: put on it, drawn with one at a time, and what goes wrong leaves all as it was."""

from dataclasses import replace

import httpx
import pytest
from linearize import tiny
from serving import serving, wait_until
from stock.making import asked, dit, sana

from lit.errors import LiTError
from lit.settings import read_png
from lit.studio.work import models as listing
from lit.studio.work.fetches import Fetches
from lit.studio.work.memory import Memory
from lit.studio.work.models import Models
from lit.studio.work.orders import Order
from lit.studio.work.verifying import verify
from lit.studio.work.worker import Worker


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("models")
    return {name: tiny.save(make(), home / name) for name, make in (("dit", dit), ("sana", sana))}


@pytest.fixture
def models(tiny_pipeline, tmp_path):
    return Models(tmp_path, lambda: tiny_pipeline, Memory())


def test_the_list_is_kept_and_each_model_stands_on_it_once(models, folders, tiny_pipeline, tmp_path):
    assert models.all() == [] and models.drawing("") is tiny_pipeline
    entry = models.add(str(folders["dit"]))
    assert (entry.name, entry.model) == ("dit", str(folders["dit"])) and models.add(f"{folders['dit']}/") == entry
    models.add(str(folders["sana"]), lent=True)
    again = Models(tmp_path, lambda: tiny_pipeline, Memory())
    assert again.all() == [entry]  # what is lent is not there the next time
    again.forget("dit")
    assert Models(tmp_path, lambda: tiny_pipeline, Memory()).all() == [] and folders["dit"].is_dir()
    with pytest.raises(LiTError, match="The model dit is not in this studio's list"):
        again.drawing("dit")
    (tmp_path / listing.FILE).write_text("{")
    assert Models(tmp_path, lambda: tiny_pipeline, Memory()).all() == []


def test_one_is_in_memory_and_stays_until_another_has_room(models, folders, monkeypatch):
    first, second = (models.add(str(folders[name])).name for name in ("dit", "sana"))
    drawn = models.drawing(first)
    assert models.drawing(first) is drawn
    monkeypatch.setattr(listing, "available_memory", lambda: 1000)
    with pytest.raises(LiTError, match=r"The model sana needs 0\.2 GiB of memory, and 0\.0 are free"):
        models.drawing(second)
    assert models.drawing(first) is drawn
    monkeypatch.undo()
    models._memory.limit = 1
    with pytest.raises(LiTError, match=r"The model sana needs .* GiB of memory, and the studio may take .*--memory"):
        models.drawing(second)
    models._memory.limit = None
    assert models.drawing(first) is drawn  # nothing was given up for what has no room anyway
    other = models.drawing(second)
    assert models._loaded == {second: other} and models.drawing(first) is not drawn


def test_a_folder_that_has_gone_is_said_when_it_is_drawn_with(models, folders, tmp_path):
    folder = tmp_path / "copy"
    folders["dit"].rename(folder)
    try:
        name = models.add(str(folder)).name
        models._facts.clear()
    finally:
        folder.rename(folders["dit"])
    with pytest.raises(LiTError, match="model: got .*copy'; a folder that exists"):
        models.drawing(name)


def test_a_studio_for_strangers_has_its_own_alone(tiny_pipeline, tmp_path, folders):
    public = Models(tmp_path, lambda: tiny_pipeline, Memory(), allowed=False)
    with pytest.raises(LiTError, match="draws with its own model alone"):
        public.add(str(folders["dit"]))


def test_a_job_is_drawn_stopped_and_verified_by_its_model(store, pipeline, folders):
    worker = Worker(store, lambda: pipeline)
    worker.start()
    try:
        name = worker.models.add(str(folders["dit"])).name
        with pytest.raises(LiTError, match="a class of this model"):
            worker.submit("ann", replace(asked("dit"), prompt="no such class"), Order(model=name))
        job = worker.submit("ann", asked("dit"), Order(model=name))
        wait_until(lambda: not worker.view(job.id).job.active, 60)
        done = worker.view(job.id).job
        assert (done.state, done.order.model) == ("done", "dit"), done.message
        settings, recorded = read_png(done.files[0])
        assert settings == asked("dit") and (recorded["model"], recorded["pipeline"]) == ("dit", "DiTPipeline")
        assert recorded["weights_sha256"] == worker.models.drawing(name).weights_sha256

        class Task:
            to_end = False

            def step(self, *told):
                """How far it is."""

        found = verify(Task(), worker.models.drew_with, done.files[0])
        assert found == {"identical": True, "psnr": None, "differs": []}
        worker.models.forget(name)
        with pytest.raises(LiTError, match="The model dit is not in this studio's list. Add it under Model"):
            verify(Task(), worker.models.drew_with, done.files[0])

        worker.models.add(str(folders["sana"]))
        long = worker.submit("ann", asked("sana", num_inference_steps=200), Order(model="sana"))
        wait_until(lambda: worker.view(long.id).job.step >= 2, 60)
        worker.stop(long.id, "ann")
        wait_until(lambda: not worker.view(long.id).job.active)
        stopped = worker.view(long.id).job
        assert stopped.state == "stopped" and read_png(stopped.files[0])[1]["stopped_after"] == stopped.step < 200
        assert verify(Task(), worker.models.drew_with, stopped.files[0])["identical"]
    finally:
        worker.close()


def test_the_page_lists_draws_compares_and_takes_settings_back(tiny_pipeline, folders, tmp_path):
    with serving(lambda: tiny_pipeline, tmp_path, compare_with=[str(folders["dit"])]) as studio:
        ask = httpx.Client(base_url=studio.url, timeout=60)

        def post(path, **fields):
            return ask.post(path, json=fields).json()

        (listed,) = post("/models/list")["models"]
        assert listed["name"] == "dit" and listed["values"]["width"] == 64 and not listed["styles"]
        assert "DiT, licence: not said" in listed["said"] and "opaque" in listed["said"]
        assert "a folder that exists" in post("/models/look", model="/nowhere")["error"]
        assert post("/models/add", model=str(folders["sana"]))["name"] == "sana"
        values = listed["values"] | {"prompt": "goldfish", "num_inference_steps": 2, "scheduler": "ddim"}
        assert (
            "a class of this model"
            in post("/drawings", visitor="ann", values=values | {"prompt": "x"}, model="dit")["error"]
        )
        assert "not in this studio's list" in post("/drawings", visitor="ann", values=values, model="other")["error"]
        assert "own model" in post("/drawings/styles", visitor="ann", values=values, model="dit")["error"]
        job = post("/drawings", visitor="ann", values=values, model="dit")["job"]
        wait_until(lambda: not post("/drawings/shown", job=job)["active"], 60)
        (picture,) = post("/drawings/shown", job=job)["pictures"]
        assert "goldfish · dit" in picture["said"]
        told = post("/drawings/settings", picture=picture["id"])
        assert (told["model"], told["lacks"], told["values"]["prompt"]) == ("dit", "", "goldfish")
        assert post("/drawings/open", visitor="ann")["model"] == "dit"
        axis = {"name": "model", "values": ["dit", "own"]}
        base = {"prompt": "goldfish", "width": 64, "height": 64, "num_inference_steps": 2, "seed": 1}
        begun = post("/compare/begin", visitor="ann", values=base, x=axis)
        wait_until(lambda: not ask.get(f"/compare/drawn/{begun['id']}").json()["active"], 60)
        cells = ask.get(f"/compare/drawn/{begun['id']}").json()["cells"]
        assert [cell["state"] for cell in cells] == ["done", "done"], cells
        assert cells[0]["noise"] == cells[1]["noise"] and cells[0]["model"] == "dit (DiT)"
        assert all(cell["seconds"] > 0 and cell["megabytes"] > 0 for cell in cells)
        post("/models/forget", name="dit")
        told = post("/drawings/settings", picture=picture["id"])
        assert told["model"] == "" and "The model dit is not in this studio's list" in told["lacks"]


def test_what_the_hub_is_asked_is_asked_by_a_program_of_its_own(monkeypatch):
    from lit.studio.work import fetches

    with pytest.raises(LiTError, match="no name of the hub"):
        Fetches().begin("../there", looks=True)
    program = "import os, sys; print(os.environ.get('HF_HUB_OFFLINE'), *sys.argv[1:]); sys.exit(len(sys.argv) == 2)"
    monkeypatch.setattr(fetches, "COMMAND", (fetches.sys.executable, "-c", program))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    all_of = Fetches()
    looked = all_of.begin("owner/model", looks=True)
    wait_until(lambda: not looked.active)
    assert (looked.said, looked.failed) == ("None owner/model --dry-run", False)
    fetched = all_of.begin("owner/model", looks=False)
    wait_until(lambda: not fetched.active)
    assert fetched.failed and fetched.here == 0
    slow = "import time; time.sleep(60)"
    monkeypatch.setattr(fetches, "COMMAND", (fetches.sys.executable, "-c", slow))
    stopped = all_of.begin("owner/model", looks=False)
    with pytest.raises(LiTError, match="Another model is being fetched"):
        all_of.begin("owner/other", looks=True)
    all_of.stop()
    wait_until(lambda: not stopped.active)
    assert stopped.failed and stopped.said == ""
