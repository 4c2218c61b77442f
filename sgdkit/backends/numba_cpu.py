"""The compiled backend for NumPy arrays and SciPy CSR matrices."""

import numpy as np
import scipy.sparse as sp

from sgdkit.backends.base import Backend, EpochReport, EpochRunner, Problem, TrainState
from sgdkit.data.order import LANES, largest_batch

__all__ = ("NumbaBackend",)


class NumbaBackend(Backend):
    """Compiled loops on one core, at the speed of the memory bus."""

    name = "numba"

    def bind(self, problem: Problem, dtype: np.dtype) -> EpochRunner:  # noqa: D102
        # Imported here, so that only a first fit pays for Numba.
        from sgdkit.backends.bounds import coordinate_bounds
        from sgdkit.backends.moves import common_step, move_of
        from sgdkit.kernels.csr import csr_epoch, csr_scratch
        from sgdkit.kernels.dense import dense_epoch, dense_scratch
        from sgdkit.kernels.generate import (
            compiled_catch_up,
            compiled_loss,
            compiled_update,
        )

        X, k = problem.X, problem.n_outputs
        decay = problem.rule.decay()
        update = compiled_update(type(problem.rule), dtype, decay > 0.0)
        loss = compiled_loss(type(problem.loss), dtype)
        weight = np.empty(0, dtype) if problem.weight is None else problem.weight
        hyper = np.array([*problem.rule.hyper_values(), decay], np.float64)
        loss_hyper = problem.loss.hyper_of_outputs(k).ravel()
        n_targets = problem.y.shape[1]
        rows = (problem.y.reshape(-1), weight, problem.mean_weight)
        order_rules = (problem.edges, 0 if problem.whole_runs else LANES, problem.batch_size)
        bounds = coordinate_bounds(problem, dtype)
        penalty = (problem.l1, problem.l2, k, problem.fit_intercept, bounds)
        common, units = problem.common_rate, problem.units()
        pairs = np.column_stack([units, 1.0 / units]).ravel().astype(dtype)
        clip = np.array([problem.clip_norm, problem.clip_value])
        capacity = largest_batch(problem.edges, problem.whole_runs, problem.batch_size)
        center = np.empty(0, dtype) if problem.center is None else problem.center.astype(dtype)
        if sp.issparse(X):
            centred = np.empty(0, np.int64) if problem.center is None else np.flatnonzero(problem.center)
            batch_nnz = int(np.sort(np.diff(X.indptr))[-capacity:].sum(dtype=np.int64))
            move = move_of(problem, len(centred) + batch_nnz)
            scratch = csr_scratch(
                dtype, capacity, batch_nnz, len(centred), problem.whole_runs, X.shape[1], k, n_targets,
                len(problem.rule.slots), move,
            )  # fmt: skip
            epoch = csr_epoch(dtype, X.indices.dtype)
            catch_up = (
                compiled_catch_up(type(problem.rule), dtype, decay > 0.0).address if move.replays else 0
            )
            stride = 0 if problem.rates is None else 2
            step = common_step(problem.rule)

            def run(state: TrainState, order: np.ndarray, lr: float, report: np.ndarray) -> int:
                return epoch(
                    X.data, X.indices, X.indptr, X.shape[1], centred, center, *rows, order, *order_rules,
                    state.w, state.slots, hyper, pairs, stride, lr * common, state.step, *penalty, move, step,
                    loss_hyper, loss.address, update.address, catch_up, clip, report, *scratch,
                )  # fmt: skip
        else:
            scratch = dense_scratch(dtype, capacity, problem.whole_runs, X.shape[1], k, n_targets)
            epoch = dense_epoch(dtype)

            def run(state: TrainState, order: np.ndarray, lr: float, report: np.ndarray) -> int:
                return epoch(
                    X, center, *rows, order, *order_rules,
                    state.w, state.slots, hyper, pairs, lr * common, state.step, *penalty,
                    loss_hyper, loss.address, update.address, clip, report, *scratch,
                )  # fmt: skip

        def run_epoch(state: TrainState, order: np.ndarray, lr: float) -> EpochReport:
            report = np.zeros(4)
            state.step = run(state, order, lr, report)
            loss_sum, square_sum, n_batches, broken = report.tolist()
            return EpochReport(loss_sum / X.shape[0], (square_sum / max(n_batches, 1.0)) ** 0.5, not broken)

        return run_epoch
