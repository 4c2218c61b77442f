"""Faults of the record: statements that no longer hold, and stores that were edited."""

import sqlite3

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.governance import GovernanceReport, Ledger
from sgdkit.governance.collect import parameters_hash

from .registry import fault, fitted, split, world


def signed(change, planted, **given):
    """A model and its sign-off, which `change(statement, model)` spoils where the fault is planted."""
    model = make_pipeline(GovernanceReport(), StandardScaler(), LogisticRegression())
    case = fitted(model, *split(*world()))
    statement = {
        "text": "Approved.",
        "author": "A. Author",
        "reviewer": "R. Reviewer",
        "date": "2026-01-01",
        "model_hash": parameters_hash(case.model)[0],
    }
    if planted:
        change(statement, case.model)
    case.given |= {"statements": {"governance_review": statement}, **given}
    return case


def swap(statement, model):
    model[-1].intercept_ = model[-1].intercept_ + 1.0


@fault("statement.governance_review")
def stale_statement(planted, folder):
    return signed(swap, planted)


@fault("statement.governance_review")
def statement_that_expired(planted, folder):
    return signed(lambda statement, model: statement.update(expires="2020-01-01"), planted)


@fault("statement.governance_review")
def statement_about_other_data(planted, folder):
    return signed(lambda statement, model: statement.update(data_fingerprint="sha256:" + "0" * 64), planted)


@fault("governance.sign_off")
def swapped_model(planted, folder):
    return signed(swap, planted)


@fault("governance.sign_off")
def author_who_reviews_himself(planted, folder):
    return signed(lambda statement, model: statement.update(reviewer="A. Author"), planted)


@fault("governance.sign_off", "signed_off")
def high_stakes_without_a_sign_off(planted, folder):
    return signed(lambda statement, model: statement.pop("reviewer"), planted, materiality="high")


@fault("governance.sign_off", "signed_off")
def high_stakes_signed_for_another_model(planted, folder):
    return signed(swap, planted, materiality="high")


def chained(planted, folder, *edits):
    ledger = Ledger(folder / "models.ledger")
    for number in range(4):
        ledger.add({"text": f"entry {number}"}, kind="declaration", name="model")
    if planted:
        with sqlite3.connect(ledger.path) as database:
            for name, kind in database.execute("SELECT name, type FROM sqlite_master").fetchall():
                if kind == "trigger":
                    database.execute(f'DROP TRIGGER "{name}"')
            for edit in edits:
                database.execute(edit)
    case = fitted(LogisticRegression(), *split(*world()))
    case.given["ledger"] = ledger
    return case


@fault("traceability.record_chain", "record_chain_whole")
def edited_record(planted, folder):
    return chained(planted, folder, "UPDATE entries SET content = replace(content, 'entry 1', 'entry 9')")


@fault("traceability.record_chain", "record_chain_whole")
def removed_record(planted, folder):
    return chained(planted, folder, "DELETE FROM entries WHERE number = 2")


@fault("traceability.record_chain", "record_chain_whole")
def reordered_records(planted, folder):
    return chained(
        planted,
        folder,
        "UPDATE entries SET number = 99 WHERE number = 2",
        "UPDATE entries SET number = 2 WHERE number = 3",
        "UPDATE entries SET number = 3 WHERE number = 99",
    )
