"""A declaration to begin with: every field with what it asks for, filled where a record knows."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sgdkit.governance.checks.statement import PROMPTS
from sgdkit.governance.declaration import CHOICES, DATES, HASHES, PEOPLE, TEXTS

__all__ = ("declaration_template",)

_HEAD = """\
# Declaration about a model{name}, for sgdkit.audit(..., declaration="governance.toml").
#
# Every line is optional: remove the leading "# " and say it in a sentence. What is left out counts as
# missing evidence; what is said counts as a statement, never as a measurement. A statement is attested
# where a reviewer other than the owner, a date and a hash stand beside it.
"""


def declaration_template(record: Mapping[str, Any] | None = None) -> str:
    """Return the TOML text of a declaration in which everything is still to be said.

    Parameters
    ----------
    record : mapping, default=None
        A record as plain types. What it knows is filled in (date, fingerprint of the data, hash of the
        model) or noted beside the field it helps with.

    Returns
    -------
    str
        Reading it gives a valid declaration.

    Examples
    --------
    >>> from sgdkit.governance.declaration_template import declaration_template
    >>> print(declaration_template().splitlines()[7])
    # task = ""
    """
    known = {} if record is None else _known(record)
    notes = {} if record is None else _notes(record)
    name = f" ({record['name']})" if record else ""
    lines = _HEAD.format(name=name.replace("\n", " ")).splitlines()
    asked = {name: text for name, (_, text) in TEXTS.items()}
    asked |= {name: text for name, (text, _) in CHOICES.items()} | PEOPLE | DATES | HASHES
    for field, asks in asked.items():
        if field in ("task", "owner", "data_fingerprint"):
            lines.append("")
        note = f" On record: {notes[field]}." if field in notes else ""
        lines.append(f"# {asks}{note}")
        lines.append(f'{field} = "{known[field]}"' if field in known else f'# {field} = ""')
    lines += ["", "# Statements on other dimensions, each a text, or a table with text, author, reviewer, …"]
    lines.append("[statements]")
    spoken_for = {dimension for dimension, _ in TEXTS.values()}
    for dimension, asks in PROMPTS.items():
        if dimension not in spoken_for:
            lines += [f"# {asks[:1].upper()}{asks[1:]}.", f'# {dimension} = ""']
    return "\n".join(lines) + "\n"


def _known(record: Mapping[str, Any]) -> dict[str, str]:
    known = {"date": datetime.now(UTC).date().isoformat()}
    if record["data"]:
        known["data_fingerprint"] = record["data"][0]["fingerprint"]
    if record["subject"].get("n_parameters"):
        known["model_hash"] = record["subject"]["parameters_hash"]
    return known


def _notes(record: Mapping[str, Any]) -> dict[str, str]:
    """What a record says about a field, each on one line."""
    subject = record["subject"]
    notes = {"task": f"{subject['estimator']}, {subject['task']}"}
    if subject.get("test_score") is not None:
        notes["metric"] = f"{subject['test_score']:.4g} on {subject['n_test']:,} test rows"
    if record["data"]:
        lineage = record["data"][0]
        notes["data_source"] = f"{lineage['n_rows']:,} rows, {lineage['n_columns']:,} columns"
    if subject.get("sensitive_features"):
        notes["groups"] = json.dumps(subject["sensitive_features"], ensure_ascii=False)
    failed = [gate["name"] for gate in record["gates"] if gate["reason"]]
    if failed:
        notes["limits"] = f"failed gates {', '.join(failed)}"
    return notes
