"""What draws, as the page, the command line and what verifies pictures know it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from lit.settings import GenerationSettings

if TYPE_CHECKING:
    from PIL.Image import Image

    from lit.sampling.run import Run


class Draws(Protocol):
    """A model that pictures can be drawn with: our pipeline or a stock one."""

    @property
    def styles(self) -> tuple[str, ...]:
        """Those that it knows, () for a model without any."""
        ...

    @property
    def schedulers(self) -> tuple[str, ...]:
        """Those that it can be drawn with, its usual one first."""
        ...

    @property
    def weights_sha256(self) -> str:
        """What tells these weights from all others."""
        ...

    @property
    def mixer(self) -> str:
        """What its tokens are mixed by, by its name."""
        ...

    def passes(self, settings: GenerationSettings) -> int:
        """How often the network is passed through in an evaluation: two where guidance takes two branches."""
        ...

    def check(self, settings: GenerationSettings) -> GenerationSettings:
        """The settings as they are drawn. Raises InputError for what this model cannot draw."""
        ...

    def start(
        self,
        settings: GenerationSettings | Sequence[GenerationSettings],
        *,
        image: "Image | None" = None,
        mask: "Image | None" = None,
        callback_on_step_end: Callable | None = None,
    ) -> "Run":
        """A run that draws them when it is iterated over. Raises InputError, before anything is drawn."""
        ...

    def provenance(self) -> dict:
        """What beside the settings decides an image's bytes."""
        ...

    def usual(self) -> dict:
        """{name of a setting: value} of what this model is drawn with where nothing is said."""
        ...

    def unread(self, prompt: str) -> str:
        """What of a prompt's words is behind the last token that the model reads, "" for nothing."""
        ...

    def set_progress_bar_config(self, **options: Any) -> None:
        """How progress is shown in a terminal, as tqdm has it."""
        ...
