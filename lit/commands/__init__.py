"""The commands of `python -m lit`, one module each, imported when asked for."""
