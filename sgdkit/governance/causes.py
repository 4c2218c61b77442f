"""Why a replay may differ from the recorded run: what is other here, and what the run left open."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ("environment_differences", "likely_causes")


def environment_differences(recorded: Mapping[str, Any], here: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what differs between two environments, as far as it can change bits.

    Parameters
    ----------
    recorded, here : mapping
        As `sgdkit.governance.evidence.environment.describe_environment` gives.

    Returns
    -------
    tuple of str
        Phrases, versions first; empty for equal environments.

    Examples
    --------
    >>> from sgdkit.governance.causes import environment_differences
    >>> environment_differences({"packages": {"numpy": "2.3.0"}}, {"packages": {"numpy": "2.4.0"}})
    ('numpy was 2.3.0 and is 2.4.0',)
    """
    found = []
    then, now = recorded.get("packages", {}), here.get("packages", {})
    for name in sorted({*then, *now}):
        # A package that came in since changes nothing by itself.
        if name in then and then[name] != now.get(name):
            found.append(f"{name} was {then[name]} and is {now.get(name, 'not installed')}")
    for name, words in (("python", "Python"), ("implementation", "Python"), ("machine", "the machine")):
        if name in recorded and recorded[name] != here.get(name):
            found.append(f"{words} was {recorded[name]} and is {here.get(name)}")
    if "cpu_features" in recorded:
        gone = sorted(set(recorded["cpu_features"]) - set(here.get("cpu_features", ())))
        new = sorted(set(here.get("cpu_features", ())) - set(recorded["cpu_features"]))
        if gone or new:
            parts = [f"lacks {', '.join(gone)}"] * bool(gone) + [f"adds {', '.join(new)}"] * bool(new)
            found.append(f"the processor here {' and '.join(parts)}")
    kernels, kernels_here = (_libraries(side, "version", "architecture") for side in (recorded, here))
    if "libraries" in recorded and not kernels <= kernels_here:
        found.append(f"numeric libraries were {_listed(kernels)} and are {_listed(kernels_here)}")
    threads, threads_here = (_libraries(side, "num_threads") for side in (recorded, here))
    if "libraries" in recorded and not threads <= threads_here:
        found.append("the number of threads is another, and with it the order of sums")
    return tuple(found)


def likely_causes(record: Mapping[str, Any], differences: Sequence[str]) -> tuple[str, ...]:
    """Say what most likely made a replay differ, most likely first.

    Parameters
    ----------
    record : mapping
        The record, as plain types.
    differences : sequence of str
        What `environment_differences` found.

    Returns
    -------
    tuple of str
        Phrases; never empty.
    """
    causes = [obstacle.rstrip(".") for obstacle in record["recipe"]["obstacles"]]
    causes += differences
    if jobs := _parallel(record["recipe"]["model"]):
        causes.append(f"{', '.join(jobs)} lets several processes or threads add up in another order")
    if not causes:
        causes.append(
            "an earlier fit or partial_fit shaped the recorded model, fit was given more than the record "
            "knows, or code was edited without a new version"
        )
    return tuple(dict.fromkeys(causes))


def _libraries(environment: Mapping[str, Any], *keys: str) -> set[tuple[Any, ...]]:
    kept = ("internal_api", *keys)
    return {tuple(library.get(key) for key in kept) for library in environment.get("libraries", ())}


def _listed(libraries: set[tuple[Any, ...]]) -> str:
    return (
        ", ".join(sorted(" ".join(str(word) for word in library if word) for library in libraries)) or "none"
    )


def _parallel(parts: Any) -> list[str]:
    """Estimators among the parts that ask for more than one job."""
    if isinstance(parts, list):
        return [name for part in parts for name in _parallel(part)]
    if not isinstance(parts, Mapping):
        return []
    if "class" not in parts:
        return _parallel(list(parts.values()))
    jobs = parts["params"].get("n_jobs")
    own = [] if jobs in (None, 1) else [f"{parts['class'].rpartition('.')[2]}(n_jobs={jobs})"]
    return own + _parallel(list(parts["params"].values()))
