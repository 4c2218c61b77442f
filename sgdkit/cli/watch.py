"""Progress on standard error where someone is watching, and text on standard output."""

import sys
from types import TracebackType
from typing import Any, Self

import typer

from sgdkit.runs.watch import Watch

__all__ = ("TerminalWatch",)


class TerminalWatch(Watch):
    """Prints what a run says; a line of progress stands below where standard error is a terminal."""

    def __init__(self) -> None:
        self._progress: Any = None
        self._task: Any = None
        self._text = ""

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            from sgdkit.cli.known_bar import KnownBar

            console = Console(stderr=True)
            text = TextColumn("{task.description}", markup=False)
            parts = (SpinnerColumn(), KnownBar(), TimeElapsedColumn(), text)
            self._progress = Progress(*parts, console=console, transient=True)
            self._progress.start()
            self._begin(None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def say(self, text: str) -> None:
        """Print a piece of text."""
        if self._progress is None:
            typer.echo(text)
        else:  # the line of progress makes room, also where standard output is the same terminal
            self._progress.stop()
            typer.echo(text)
            self._progress.start()

    def step(self, text: str) -> None:
        """Show what is being done now."""
        self._text = text
        self.show(text)

    def count(self, done: int, total: int, text: str) -> None:
        """Show a bar, until all is done."""
        if self._progress is None:
            return
        if done in (0, total):
            self._begin(total if done < total else None)
        self._progress.update(self._task, completed=done)
        self.show(f"{self._text}, {done + 1} of {total}: {text}" if done < total else self._text)

    def _begin(self, total: int | None) -> None:
        """Start a line anew: with a bar where the number of parts is known."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task("starting", total=total)

    def show(self, text: str) -> None:
        """Show a text in the line of progress."""
        if self._progress is not None:
            self._progress.update(self._task, description=f"{text} …")

    @property
    def callbacks(self) -> tuple[Any, ...]:
        """One that counts epochs, where someone is watching."""
        return () if self._progress is None else (_Epochs(self, self._text),)


class _Epochs:
    """scikit-learn callback: shows the number of the epoch."""

    def __init__(self, watch: TerminalWatch, text: str) -> None:
        self.watch = watch
        self.text = text
        self.done = 0

    def setup(self, estimator: Any, context: Any) -> None:
        """Start counting."""
        self.done = 0

    def teardown(self, estimator: Any, context: Any) -> None:
        """Nothing is left to do."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Nothing to show yet."""

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, X: Any = None, y: Any = None, fitted_estimator: Any = None
    ) -> None:
        """Show one more epoch."""
        if context.task_name == "epoch":
            self.done += 1
            self.watch.show(f"{self.text}, epoch {self.done} of at most {estimator.max_iter}")
