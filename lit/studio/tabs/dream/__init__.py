"""The Dream tab: a generator run in a loop, and what its frames have in common."""
