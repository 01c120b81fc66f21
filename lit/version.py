"""The version of LiT Studio: its wheel has it, and every picture records it."""

__version__ = "0.1.0"
