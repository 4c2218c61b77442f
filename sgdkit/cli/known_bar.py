"""A bar for work of known length beside a spinner for the rest."""

from rich.progress import BarColumn, Task
from rich.progress_bar import ProgressBar

__all__ = ("KnownBar",)


class KnownBar(BarColumn):
    """rich's bar, of no width while nobody knows how much there is to do."""

    def render(self, task: Task) -> ProgressBar:
        """Return the bar of a task."""
        return ProgressBar(width=0) if task.total is None else super().render(task)
