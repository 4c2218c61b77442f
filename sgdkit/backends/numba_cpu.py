"""The compiled backend for NumPy arrays and SciPy CSR matrices."""

import numpy as np
import scipy.sparse as sp

from sgdkit.backends.base import Backend, EpochReport, EpochRunner, Problem, TrainState
from sgdkit.data.order import largest_batch

__all__ = ("NumbaBackend",)


class NumbaBackend(Backend):
    """Compiled loops on one core, at the speed of the memory bus."""

    name = "numba"

    def bind(self, problem: Problem, dtype: np.dtype) -> EpochRunner:  # noqa: D102
        # Imported here, so that only a first fit pays for Numba.
        from sgdkit.kernels.csr import csr_epoch, csr_scratch, update_mode
        from sgdkit.kernels.dense import dense_epoch, dense_scratch
        from sgdkit.kernels.generate import compiled_catch_up, compiled_loss, compiled_update

        X, k = problem.X, problem.n_outputs
        update = compiled_update(type(problem.rule), dtype)
        loss = compiled_loss(type(problem.loss), dtype)
        weight = np.empty(0, dtype) if problem.weight is None else problem.weight
        hyper = np.array(problem.rule.hyper_values(), np.float64)
        loss_hyper = problem.loss.hyper_of_outputs(k).ravel()
        n_targets = problem.y.shape[1]
        rows = (problem.y.reshape(-1), weight, problem.mean_weight)
        order_rules = (problem.edges, problem.whole_runs, problem.batch_size)
        penalty = (problem.l1, problem.l2, k, problem.fit_intercept)
        rates = problem.rate_of_weights().astype(dtype)
        capacity = largest_batch(*order_rules)
        if sp.issparse(X):
            batch_nnz = int(np.sort(np.diff(X.indptr))[-capacity:].sum(dtype=np.int64))
            mode = update_mode(problem.rule, problem.l1, problem.l2, batch_nnz, X.shape[1])
            n_slots = len(problem.rule.slots)
            scratch = csr_scratch(dtype, capacity, batch_nnz, X.shape[1], k, n_targets, n_slots, mode)
            epoch = csr_epoch(dtype, X.indices.dtype)
            catch_up = compiled_catch_up(type(problem.rule), dtype)
            own_rates = problem.rates is not None

            def run(state: TrainState, order: np.ndarray, lr: float, report: np.ndarray) -> int:
                return epoch(
                    X.data, X.indices, X.indptr, X.shape[1], *rows, order, *order_rules,
                    state.w, state.slots, hyper, rates, own_rates, lr, state.step, *penalty, mode,
                    loss_hyper, loss.address, update.address, catch_up.address, report, *scratch,
                )  # fmt: skip
        else:
            scratch = dense_scratch(dtype, capacity, problem.whole_runs, X.shape[1], k, n_targets)
            epoch = dense_epoch(dtype)
            center = np.empty(0, dtype) if problem.center is None else problem.center.astype(dtype)

            def run(state: TrainState, order: np.ndarray, lr: float, report: np.ndarray) -> int:
                return epoch(
                    X, center, *rows, order, *order_rules,
                    state.w, state.slots, hyper, rates, lr, state.step, *penalty,
                    loss_hyper, loss.address, update.address, report, *scratch,
                )  # fmt: skip

        def run_epoch(state: TrainState, order: np.ndarray, lr: float) -> EpochReport:
            report = np.zeros(4)
            state.step = run(state, order, lr, report)
            loss_sum, square_sum, n_batches, broken = report.tolist()
            return EpochReport(loss_sum / X.shape[0], (square_sum / max(n_batches, 1.0)) ** 0.5, not broken)

        return run_epoch
