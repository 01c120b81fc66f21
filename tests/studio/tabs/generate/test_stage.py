"""What the stage says of a drawing under way."""

import json
from pathlib import Path

import pytest

from lit.settings import GenerationSettings, to_record
from lit.studio.tabs.generate.stage import progress
from lit.studio.work.jobs import Job
from lit.studio.work.worker import View


def said(step, steps, files=0, **settings) -> str:
    record = json.dumps(to_record(GenerationSettings(prompt="a fox", **settings)))
    job = Job(1, "id", "ann", "running", record, step, steps, tuple([Path("a.png")] * files), "", 0.0, 0.0, None)
    shown = progress(View(job, None, 0, (b"RIFF",), "ready", False, ""))
    assert shown["share"] == step / steps and shown["title"] == "a fox"
    return shown["said"]


@pytest.mark.parametrize("scheduler, steps, evaluations", [("flow-euler", 8, 8), ("flow-heun", 8, 15)])
def test_progress_counts_evaluations_of_the_sticker_under_way(scheduler, steps, evaluations):
    how = {"scheduler": scheduler, "num_inference_steps": steps}
    assert said(5, evaluations, **how) == f"Step 5 of {evaluations}"
    three = {"num_images_per_prompt": 3} | how
    assert said(5, 3 * evaluations, **three) == f"Sticker 1 of 3, step 5 of {evaluations}"
    assert said(evaluations, 3 * evaluations, **three) == f"Sticker 1 of 3, step {evaluations} of {evaluations}"
    assert said(evaluations + 2, 3 * evaluations, files=1, **three) == f"Sticker 2 of 3, step 2 of {evaluations}"


def test_of_several_at_once_all_are_at_the_same_step():
    how = {"num_images_per_prompt": 12, "num_inference_steps": 8, "scheduler": "flow-euler"}
    assert said(3, 16, **how) == "Sticker 1 of 12, step 3 of 8"
    assert said(8, 16, **how) == "Sticker 1 of 12, step 8 of 8"
    assert said(9, 16, files=8, **how) == "Sticker 9 of 12, step 1 of 8"
