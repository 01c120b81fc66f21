"""Start the studio with all that it answers: `python app.py` in a checkout, `lit-studio` where it is installed.

Imports nothing heavy: a wrong option or a port in use is said at once.
"""

from typing import TYPE_CHECKING

from lit.studio.shell import launch

if TYPE_CHECKING:
    from lit.studio.shell.app import Beside
    from lit.studio.studio import Studio


def main(arguments: list[str] | None = None) -> int:
    """Serve page and API until they are told to end. Returns the exit code."""
    return launch.main(arguments, _beside)


def _beside(studio: "Studio") -> "Beside":
    from lit.serve.beside import beside

    return beside(studio)
