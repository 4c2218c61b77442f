"""The compiled backend for NumPy arrays and SciPy CSR matrices."""

from functools import lru_cache

import numpy as np
import scipy.sparse as sp

from sgdkit.backends.base import Backend, EpochReport, Problem, TrainState

__all__ = ("NumbaBackend",)


@lru_cache(maxsize=8)
def _ones(size: int, dtype: str) -> np.ndarray:
    return np.ones(size, dtype)


class NumbaBackend(Backend):
    """Compiled loops on one core, at the speed of the memory bus."""

    name = "numba"

    def run_epoch(self, problem: Problem, state: TrainState, order: np.ndarray, lr: float) -> EpochReport:  # noqa: D102
        # Imported here, so that only a first fit pays for Numba.
        from sgdkit.kernels.csr import csr_epoch, update_mode
        from sgdkit.kernels.dense import dense_epoch
        from sgdkit.kernels.generate import compiled_loss, compiled_rule

        X, dtype = problem.X, state.w.dtype
        rule = compiled_rule(type(problem.rule), dtype)
        loss = compiled_loss(problem.loss, dtype)
        empty = np.empty(0, dtype)
        weight = empty if problem.weight is None else problem.weight
        hyper = np.array(problem.rule.hyper_values(), dtype)
        loss_hyper = np.array(problem.loss.hyper_values(), dtype)
        report = np.zeros(4)
        rows = (problem.y, weight, problem.mean_weight, order, problem.edges, problem.whole_runs, problem.batch_size)
        penalty = (problem.l1, problem.l2, problem.n_outputs, problem.fit_intercept)
        if sp.issparse(X):
            mode = update_mode(problem.rule, problem.l1, problem.l2)
            if problem.rates is None and mode:
                rates, stride = _ones(1, dtype.name), 0
            else:
                rates, stride = self._rates(problem, state), 1
            state.step = csr_epoch(dtype, X.indices.dtype)(
                X.data, X.indices, X.indptr, X.shape[1], *rows,
                state.w, state.slots, hyper, rates, stride, lr, state.step, *penalty, mode,
                loss_hyper, loss.address, *rule.addresses, report,
            )  # fmt: skip
        else:
            state.step = dense_epoch(dtype)(
                X, *rows,
                state.w, state.slots, hyper, self._rates(problem, state), lr, state.step, *penalty,
                loss_hyper, loss.address, rule.addresses[0], report,
            )  # fmt: skip
        loss_sum, square_sum, n_batches, broken = report
        return EpochReport(
            mean_loss=loss_sum / X.shape[0],
            gradient_norm=float(np.sqrt(square_sum / max(n_batches, 1.0))),
            finite=not broken,
        )

    @staticmethod
    def _rates(problem: Problem, state: TrainState) -> np.ndarray:
        if problem.rates is None:
            return _ones(state.w.shape[0], state.w.dtype.name)
        return np.repeat(problem.rates.astype(state.w.dtype), problem.n_outputs)
