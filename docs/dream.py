"""python -m docs.dream: the dream that the tab Dream shows before anybody has dreamt, drawn anew by the embedded model.

Some three minutes on two cores; goes on where it was stopped. Its recipe is ORDER.
"""

import argparse
from pathlib import Path

from lit.explore.dreams import Dream
from lit.pipeline import LiTPipeline
from lit.settings import GenerationSettings
from lit.studio.tabs.dream.prepared import FOLDER, ship
from lit.studio.work.dreams import Dreams
from lit.studio.work.dreamt import Order
from lit.studio.work.lane import Lane

# With fresh noise it never rests, and of three prompts in turn each leaves places of its own in the graph.
SETTINGS = GenerationSettings(
    "a yellow cat", style="fluent-3d", seed=7, num_inference_steps=2, scheduler="flow-map", output_scale=1
)
PROMPTS = ("an orange fish", "a blue bird")
DREAM = Dream(SETTINGS, strength=0.85, fresh=True, words="drifting", prompts=PROMPTS, turns=20)
ORDER = Order(DREAM, frames=240)  # four times round


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("outputs/dream"), help="for its frames (outputs/dream)")
    folder = parser.parse_args().folder
    pipe = LiTPipeline.from_pretrained()
    pipe.set_progress_bar_config(disable=True)
    folder = folder / pipe.weights_sha256[:12]  # what other weights have dreamt is another dream
    dreams = Dreams(folder, Lane(), lambda: False, lambda: None)
    known = [one for one in dreams.of("") if one.order.record() == ORDER.record()]
    dreamt = known[0] if known else dreams.begin("", ORDER)
    while dreamt.active:
        dreams.advance(pipe)
        print(f"\r{dreamt.count} of {ORDER.frames} frames", end="", flush=True)
    ship(dreamt)
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    print(f"\n{FOLDER}: {size // 1000} KB, read by {dreamt.read['reader']}, {dreamt.read['bits']}")


if __name__ == "__main__":
    main()
