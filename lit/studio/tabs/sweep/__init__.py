"""The Sweep tab: one drawing with one to three of its settings varied, over a grid or where the picture changes."""
