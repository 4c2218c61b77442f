"""The console script. typer is imported on use, so that a missing extra is a sentence."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.exceptions import PluginError, SgdkitError

__all__ = ("build_app", "main")

COMMANDS = (
    "train",
    "predict",
    "audit",
    "report",
    "replay",
    "demo",
    "optimizers",
    "losses",
    "plugins",
    "warmup",
)
"""One module each in this package, with a function of the same name."""

GROUPS = ("governance", "ledger")
"""One module each in this package, with an ``app`` of several commands."""


def build_app() -> Any:
    """Return the typer application with every command.

    Raises
    ------
    ImportError
        If typer is not installed.
    """
    import typer

    app = typer.Typer(
        name="sgdkit",
        help="Gradient-descent linear models for scikit-learn, with evidence about how they were trained.",
        epilog="Exit codes: " + ", ".join(f"{code.value} {code.meaning}" for code in ExitCode) + ".",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    def show_version(value: bool) -> None:
        if value:
            import sgdkit

            typer.echo(f"sgdkit {sgdkit.__version__}")
            raise typer.Exit

    @app.callback()
    def options(
        version: bool = typer.Option(
            False, "--version", callback=show_version, is_eager=True, help="Show the version."
        ),
    ) -> None:
        """Take the options that come before a command."""

    for name in COMMANDS:
        module = importlib.import_module(f"sgdkit.cli.{name}")
        app.command(name)(getattr(module, name))
    for name in GROUPS:
        app.add_typer(importlib.import_module(f"sgdkit.cli.{name}").app, name=name)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default=None
        What stands after ``sgdkit``; None takes it from the process.

    Returns
    -------
    int
        One of `ExitCode`.
    """
    try:
        app = build_app()
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "typer":
            raise
        return _fail(
            'The command line needs typer; install it with: pip install "sgdkit[cli]"', ExitCode.MISSING
        )
    try:
        app(args=None if arguments is None else list(arguments), prog_name="sgdkit")
    except SystemExit as leaving:
        if leaving.code == ExitCode.INTERRUPTED:
            return _fail("Interrupted.", ExitCode.INTERRUPTED)
        return leaving.code if isinstance(leaving.code, int) else 0
    except PluginError as error:
        return _fail(str(error), ExitCode.FAULT)
    except ImportError as error:
        if "pip install" not in str(error):
            raise  # a fault of the program, which needs its traceback
        return _fail(str(error), ExitCode.MISSING)
    except (SgdkitError, OSError) as error:
        return _fail(str(error), ExitCode.USAGE)
    except KeyboardInterrupt:
        return _fail("Interrupted.", ExitCode.INTERRUPTED)
    return ExitCode.DONE


def _fail(sentence: str, code: ExitCode) -> int:
    print(f"sgdkit: {sentence}", file=sys.stderr)
    return code
