"""The Compare tab: the same noise drawn in several ways, side by side."""
