"""What a run tells while it runs; silent unless someone listens."""

from typing import Any

__all__ = ("Watch",)


class Watch:
    """Takes what a run says. This one is silent; subclass it to show something.

    Examples
    --------
    >>> from sgdkit.runs.watch import Watch
    >>> Watch().say("nothing comes of it")
    """

    def say(self, text: str) -> None:
        """Take a piece of text for the reader."""

    def step(self, text: str) -> None:
        """Take what is being done now."""

    def count(self, done: int, total: int, text: str) -> None:
        """Take how many parts of the present step are done, of how many, and what comes next."""

    @property
    def callbacks(self) -> tuple[Any, ...]:
        """scikit-learn callbacks for the training."""
        return ()
