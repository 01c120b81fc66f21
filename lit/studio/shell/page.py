"""The page around the tabs: its header, light or dark, and the tabs one beside the other."""

import importlib

import gradio as gr

from lit.studio.shell.scripts import starting
from lit.studio.shell.visitor import build_visitor
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker

HEADER = """
<header class="lit-header">
  <svg class="lit-logo" viewBox="0 0 48 48" aria-hidden="true">
    <path class="lit-logo-edge"
      d="M24 2a22 22 0 1 0 22 22c0-2-.3-4-.8-6C38 20 28 10 30 2.800 28 2.300 26 2 24 2z"/>
    <path class="lit-logo-sun" d="M24 5a19 19 0 1 0 19 19l-.1-2.200C34 23 25 14 26.200 5.100z"/>
    <circle cx="17" cy="24" r="2.600"/><circle cx="28" cy="26" r="2.600"/>
    <path class="lit-logo-smile" d="M15 31c3 5 10 6 14 2"/>
  </svg>
  <div>
    <h1>LiT Studio</h1>
    <p>Say what you would like. A small model on this machine draws it as a sticker.</p>
  </div>
</header>
"""

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
            mode = gr.Button("Light or dark", size="sm", elem_id="mode")
        mode.click(None, js=SWITCH_MODE, api_visibility="private")
        # Else some hide in a menu where it is narrow, which is no tab list to who listens.
        with gr.Tabs(overflow_behavior="wrap"):
            for folder, name in TABS.items():
                with gr.Tab(name):
                    importlib.import_module(f"lit.studio.tabs.{folder}.tab").build(studio)
    return studio
