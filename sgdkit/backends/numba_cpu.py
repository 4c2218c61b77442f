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
        from sgdkit.backends.moves import common_step, move_of, note_steps
        from sgdkit.kernels.csr import Move, csr_epoch, csr_scratch
        from sgdkit.kernels.dense import dense_epoch, dense_scratch
        from sgdkit.kernels.generate import (
            compiled_catch_up,
            compiled_loss,
            compiled_update,
            compiled_update_touched,
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
            batch_nnz = len(centred) + int(np.sort(np.diff(X.indptr))[-capacity:].sum(dtype=np.int64))
            move = move_of(problem, batch_nnz)
            n_slots = len(problem.rule.slots)
            scratch = csr_scratch(
                dtype, capacity, batch_nnz, problem.whole_runs, X.shape[1], k, n_targets, n_slots, move
            )
            epoch = csr_epoch(dtype, X.indices.dtype)
            kind, decays = type(problem.rule), decay > 0.0
            listed = 0
            if move is not Move.EVERY_COORDINATE:
                listed = compiled_update_touched(kind, dtype, decays).address
            catch_up = compiled_catch_up(kind, dtype, decays).address if move.replays else 0
            stride = 0 if problem.rates is None else 2
            step = common_step(problem.rule)

            cells = scratch[-2].reshape((X.shape[1] + 1) * k, -1)
            owed = cells[: X.shape[1] * k, -1] if move is Move.TOUCHED_WITH_PENALTY_OWED else None

            def run(state: TrainState, order: np.ndarray, lr: float, report: np.ndarray) -> int:
                if owed is not None:
                    note_steps(problem.rule, state, lr * common, units, owed)
                return epoch(
                    X.data, X.indices, X.indptr, X.shape[1], centred, center, *rows, order, *order_rules,
                    state.w, state.slots, hyper, pairs, stride, lr * common, state.step, *penalty, move, step,
                    loss_hyper, loss.address, update.address, listed, catch_up, clip, report,
                    *scratch,
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
