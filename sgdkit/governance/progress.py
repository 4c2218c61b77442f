"""What an audit says while it runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sgdkit.extras import import_extra

__all__ = ("Progress", "show_progress")

Step = Callable[[int, int, str], None]
Progress = bool | Step


@contextmanager
def show_progress(progress: Progress) -> Iterator[Step | None]:
    """Give what is to be called before each check: nothing, the caller's function, or rich's bar."""
    if progress is False:
        yield None
    elif callable(progress):
        yield progress
    else:
        rich = import_extra("rich.progress", "cli", "A bar of progress")
        columns = (
            rich.BarColumn(),
            rich.MofNCompleteColumn(),
            rich.TimeElapsedColumn(),
            rich.TextColumn("{task.description}"),
        )
        with rich.Progress(
            *columns, console=import_extra("rich.console", "cli", "").Console(stderr=True)
        ) as bar:
            task = bar.add_task("audit", total=None)

            def step(done: int, total: int, check_id: str) -> None:
                bar.update(task, completed=done, total=total, description=check_id)

            yield step
