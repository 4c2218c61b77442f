"""Run the demonstration from start to end, with a short table at each step."""

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from sgdkit.demo.cases import Case, load_cases, load_ranking_case
from sgdkit.demo.train import SEARCH_FOLDS, Outcome, train_case, train_ranking_case
from sgdkit.extras import import_extra
from sgdkit.governance.render import write_report
from sgdkit.text_table import format_table

__all__ = ("run_demo",)

_NEEDED = ("pandas", "fairlearn", "matplotlib", "jinja2")
_METRICS = {"r2": "R²", "accuracy": "accuracy", "score": "NDCG@5"}


def run_demo(out: str | Path = "out", *, say: Callable[[str], None] = print) -> tuple[Path, ...]:
    """Train, tune and audit models on real data, and write the report.

    Parameters
    ----------
    out : str or Path, default="out"
        Folder for the report; made when missing.
    say : callable, default=print
        Takes each piece of text for the reader.

    Returns
    -------
    tuple of Path
        What was written, ``report.html`` first.

    Raises
    ------
    ImportError
        Naming what to install, if a package of the extras is missing.
    OSError
        If the folder cannot be made.
    """
    for module in _NEEDED:
        import_extra(module, "all", "The demo")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    outcomes = []
    for case in load_cases():
        outcomes.append(_step(case, train_case, say))
    outcomes.append(_step(load_ranking_case(), train_ranking_case, say))
    say("Audit on held-out rows\n" + _audit_table(outcomes))
    _progress("writing the report")
    paths = write_report(folder, [outcome.run for outcome in outcomes])
    _progress("")
    say(_closing(outcomes, paths, time.perf_counter() - began))
    return paths


def _step(case: Case, train: Callable[[Case], Outcome], say: Callable[[str], None]) -> Outcome:
    _progress(f"{case.name}: searching, auditing")
    with warnings.catch_warnings():
        # A candidate that the search rejects may well stop early; the audit tells about the chosen one.
        warnings.simplefilter("ignore")
        outcome = train(case)
    _progress("")
    say(_search_text(outcome))
    return outcome


def _search_text(outcome: Outcome) -> str:
    """Say which candidates the search tried: the best of each optimizer, and the chosen one."""
    results, case = outcome.search.cv_results_, outcome.case
    metric = _METRICS[case.metric]
    scores = results[f"mean_test_{case.metric}"]
    rows = []
    for optimizer in dict.fromkeys(params["model__optimizer"] for params in results["params"]):
        own = [i for i, params in enumerate(results["params"]) if params["model__optimizer"] == optimizer]
        best = max(own, key=lambda i: scores[i])
        chosen = "chosen" if best == outcome.search.best_index_ else ""
        spread = float(results[f"std_test_{case.metric}"][best])
        rows.append(
            [optimizer, f"{results['params'][best]['model__alpha']:g}", float(scores[best]), spread, chosen]
        )
    table = format_table(["optimizer", "best alpha", f"{metric}, mean", "std", ""], rows)
    what = type(case.estimator).__name__
    size = f"{case.X.shape[0]} x {case.X.shape[1]}"
    head = f"{case.name}: {what}, {size}, {len(results['params'])} candidates, {SEARCH_FOLDS} folds"
    if case.queries is None:
        return f"{head}\n{table}\n"
    n_queries = len(set(case.queries.tolist()))
    made = f"  Queries: the {n_queries} ages in the data; grades: progression in four steps."
    return f"{head}\n{made}\n{table}\n"


def _audit_table(outcomes: list[Outcome]) -> str:
    rows = []
    for outcome in outcomes:
        record = outcome.run.record
        test = record.subject["test_score"]
        share = f"{record.measured_share:.0%}"
        failed = str(len(record.failed_gates))
        score = "-" if test is None else f"{test:.3f}"
        name = record.name
        rows.append([name, score, f"{record.score:.1f}", f"{record.risk:.1f}", share, failed])
    columns = ["model", "test score", "governance score", "risk", "weight measured", "gates failed"]
    return format_table(columns, rows) + "\n"


def _closing(outcomes: list[Outcome], paths: tuple[Path, ...], seconds: float) -> str:
    gates: dict[str, list[str]] = {}
    for outcome in outcomes:
        for gate in outcome.run.record.failed_gates:
            gates.setdefault(gate.asks, []).append(outcome.case.name)
    lines = ["Gates that failed; the report gives the reason"] if gates else ["No gate failed."]
    for asks, names in gates.items():
        lines.append(
            f"  {asks.removesuffix('.')}: "
            + ("every model" if len(names) == len(outcomes) else "; ".join(names))
        )
    lines += [
        "",
        "Nobody reviewed this example, so one dimension stays without evidence, and the report says so.",
        "",
    ]
    lines.append(
        f"Wrote {len(paths)} files to {paths[0].parent} in {seconds:.0f} s. Open {paths[0]} in a browser."
    )
    return "\n".join(lines)


def _progress(text: str) -> None:
    """Show what is going on, where someone is watching."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}{' …' if text else ''}", end="", file=sys.stderr, flush=True)
