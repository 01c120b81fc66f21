"""The tabs of the page. A new one is a folder here, with `build(studio)` in its tab.py, and a line in TABS."""

# folder: what the tab is called, in the order of the page
TABS = {
    "generate": "Generate",
    "canvas": "Draw over",
    "mix": "Mix",
    "library": "Library",
    "compare": "Compare",
    "sweep": "Sweep",
    "dream": "Dream",
    "scope": "LinearScope",
}
