"""The page around the tabs: its header, light or dark, and the tabs one beside the other."""

import importlib

import gradio as gr

from lit.studio.export import dialog
from lit.studio.shell.installing import logo
from lit.studio.shell.scripts import starting, translate_controls
from lit.studio.shell.theme import ASSETS
from lit.studio.shell.visitor import build_visitor
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker
from lit.version import __version__

HEADER = f"""
<header class="lit-header">
  {logo()}
  <div>
    <h1>LiT Studio</h1>
    <p>Say what you would like. A small model on this machine draws it as a sticker.</p>
  </div>
</header>
"""

LANGUAGE = """<label class="lit-language"><span class="lit-unseen">Language</span><select></select></label>"""

# The page follows the system's light or dark until the button says otherwise; that choice is kept.
RECALL_MODE = """() => {
  const choice = localStorage.getItem("lit-studio-mode");
  if (choice) document.body.classList.toggle("dark", choice === "dark");
}"""
SWITCH_MODE = """() => {
  const dark = document.body.classList.toggle("dark");
  localStorage.setItem("lit-studio-mode", dark ? "dark" : "light");
}"""


def build_page(store: JobStore, worker: Worker, public: bool) -> Studio:
    """All of the page, as what its tabs were given."""
    with gr.Blocks(title="LiT Studio", analytics_enabled=False, delete_cache=(3600, 7 * 86400)) as blocks:
        studio = Studio(blocks, store, worker, build_visitor(), public)
        with gr.Row(elem_id="top"):
            gr.HTML(HEADER, elem_id="header", js_on_load=starting("keys.js"))
            gr.HTML(LANGUAGE, elem_id="language", js_on_load=starting("choosing.js"))
            mode = gr.Button("Light or dark", size="sm", elem_id="mode")
        mode.click(None, js=SWITCH_MODE, api_visibility="private")
        # Else some hide in a menu where it is narrow, which is no tab list to who listens.
        with gr.Tabs(overflow_behavior="wrap"):
            for folder, name in TABS.items():
                with gr.Tab(name):
                    importlib.import_module(f"lit.studio.tabs.{folder}.tab").build(studio)
        _build_foot()
        dialog.build(studio)
        translate_controls(blocks)
    return studio


def _build_foot():
    """What the studio is, how it works, its keys, and how programs ask; with the script that hears the keys."""
    names = {"library": TABS["library"], "scope": TABS["scope"]}
    gr.HTML(
        "",
        label="About this studio",
        html_template=(ASSETS / "shell" / "foot.html").read_text("utf-8"),
        js_on_load=starting("shell/foot.js", version=__version__, **names),
        elem_id="foot",
    )
