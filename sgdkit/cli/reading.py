"""Options that say how a file is read, the same in every command that reads one."""

from typing import Annotated

import typer

from sgdkit.exceptions import InvalidParameterError

__all__ = ("Columns", "Format", "Missing", "Separator", "split_names")

Format = Annotated[
    str | None,
    typer.Option("--format", help="csv, parquet or svmlight. Default: by the name of the file."),
]
Columns = Annotated[
    str | None,
    typer.Option(help="Names of the columns, separated by commas, for a CSV file without a header."),
]
Separator = Annotated[str | None, typer.Option(help="Between the values of a CSV file. Default: a comma.")]
Missing = Annotated[
    list[str] | None,
    typer.Option(help="Mark of a missing value, beside an empty cell, NA and NaN; can be repeated."),
]

FORMATS = ("csv", "parquet", "svmlight")


def split_names(columns: str | None) -> tuple[str, ...]:
    """Return the names in a comma-separated text."""
    return () if columns is None else tuple(name.strip() for name in columns.split(","))


def check_choice(flag: str, value: str | None, choices: tuple[str, ...]) -> None:
    """Refuse a value that is none of the choices.

    Raises
    ------
    InvalidParameterError
        Listing the choices and the nearest spelling.
    """
    from sgdkit.runs.spelling import did_you_mean

    if value is not None and value not in choices:
        raise InvalidParameterError(
            f"{flag} is {value!r}; give {', '.join(choices)}.{did_you_mean(value, choices)}"
        )
