"""Which weights become the model: the last ones, or their average."""

from typing import Any

from sgdkit.backends.base import Backend, Problem, TrainState
from sgdkit.engine.averaging import Averaging, averaged_state
from sgdkit.engine.objective import objective_at

__all__ = ("choose_solution",)


def choose_solution(
    problem: Problem, backend: Backend, state: TrainState, averaging: Averaging, by_average: bool
) -> tuple[TrainState, dict[str, Any]]:
    """Return the state whose weights are the model, and what the record says about the choice.

    Parameters
    ----------
    problem, backend : Problem, Backend
        What was trained on, and where.
    state : TrainState
        At the end of training.
    averaging : Averaging
        How it was averaged.
    by_average : bool
        Whether the average is the model without comparing objectives, because validation scores were
        taken of it, or because the rows are a chunk of a stream.
    """
    average = averaged_state(state)
    figures: dict[str, Any] = {"points": state.averaged, "start": averaging.start}
    chosen = average
    if not by_average:
        objectives = [objective_at(problem, backend, each.w) for each in (state, average)]
        figures |= {"objective_of_last": objectives[0], "objective_of_average": objectives[1]}
        chosen = average if objectives[1] < objectives[0] else state
    model = "last" if state.average is None or chosen is state else "average"
    entry = {
        "name": averaging.kind, "class": f"{Averaging.__module__}.{Averaging.__qualname__}",
        "params": figures, "model": model,
    }  # fmt: skip
    return chosen, {"averaging": entry}
