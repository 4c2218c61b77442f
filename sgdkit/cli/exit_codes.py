"""What the exit status of the command line means."""

from enum import IntEnum

__all__ = ("ExitCode",)


class ExitCode(IntEnum):
    """Exit status, with one phrase for the help text."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    MISSING = 3
    DIVERGED = 4
    CHANGED = 5
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What the status says."""
        return {
            ExitCode.DONE: "done",
            ExitCode.FAULT: "a plugin is broken",
            ExitCode.USAGE: "wrong arguments or files",
            ExitCode.MISSING: "an optional package is missing",
            ExitCode.DIVERGED: "training diverged",
            ExitCode.CHANGED: "a model, record or replay is not as recorded, or a gate fails anew",
            ExitCode.INTERRUPTED: "interrupted",
        }[self]
