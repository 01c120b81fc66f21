"""A new setting is one declaration: put into a copy of the code, it is there wherever settings are asked for."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import lit

FIELD = """
    sparkle: Annotated[
        int, Whole(label="Sparkles", flag="--sparkle", help="how many stars", hint="They twinkle.", low=0, high=9)
    ] = 3
"""

USE = """
import contextlib, io, sys
from pathlib import Path

from lit.__main__ import main
from lit.errors import InputError
from lit.settings import GenerationSettings, from_record, read_png, schema, to_record, write_picture
from lit.studio.shell.page import build_page
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker
from PIL import Image

home = Path(sys.argv[1])


def said(*arguments):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        try:
            main(["generate", *arguments])
        except SystemExit:
            pass
    return out.getvalue()


# The command line
assert "how many stars; a whole number from 0 to 9 (3)" in " ".join(said("--help").split())
assert said("a cat", "--sparkle", "10") == "--sparkle: got 10; a whole number from 0 to 9\\n"
assert said("a cat", "--sparkle", "x") == "--sparkle: got 'x'; a whole number\\n"

# Validation, schema, records, files
settings = GenerationSettings("a cat", sparkle=4)
assert schema()["properties"]["sparkle"]["maximum"] == 9
assert from_record(to_record(settings)) == settings
assert from_record({"prompt": "of an older version"}).sparkle == 3
assert read_png(write_picture(Image.new("RGBA", (8, 8)), settings, {}, home))[0] == settings

# The page and its endpoint
store = JobStore(home)
page = build_page(store, Worker(store, lambda: None), public=False).blocks
(slider,) = [block for block in page.blocks.values() if getattr(block, "label", "") == "Sparkles"]
assert (slider.minimum, slider.maximum, slider.value, slider.info) == (0, 9, 3, "They twinkle.")
(endpoint,) = page.get_api_info()["named_endpoints"].values()
(parameter,) = [one for one in endpoint["parameters"] if one["parameter_name"] == "sparkle"]
assert parameter["parameter_default"] == 3
store.close()
"""


def test_a_new_setting_is_one_declaration(tmp_path):
    source = Path(lit.__file__).parent
    shutil.copytree(source, tmp_path / "lit", ignore=shutil.ignore_patterns("weights", "__pycache__"))
    file = tmp_path / "lit" / "settings" / "generation.py"
    text, count = re.subn(r"\n(?=    def __post_init__)", FIELD + "\n", file.read_text("utf-8"), count=1)
    assert count == 1
    file.write_text(text, "utf-8")
    (tmp_path / "use.py").write_text(USE, "utf-8")
    (tmp_path / "home").mkdir()
    result = subprocess.run([sys.executable, "use.py", "home"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
