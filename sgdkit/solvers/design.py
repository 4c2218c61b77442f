"""The training rows as solvers see them: centred and scaled column by column, which is never formed.

A solver works with ``A = (X - center) / scale`` and ``v = w * scale``. With `scale` the root of what
the loss and the penalty together can curve along a column, every second derivative is near 1 whatever the
units of X, so raw and standardised columns need the same number of iterations.

Dense rows are centred in chunks of 4,096, in float64 whatever the precision of X, and sums are taken chunk by
chunk in a fixed order. Sparse rows are used as they are: ``X u - center.u``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.solvers.rows import ALL, RowWeights, by_chunks, chunks

__all__ = ("Design", "design_of")

# Above this share of non-zeros a dense product of chunks is faster than a sparse one.
DENSE_SHARE = 0.1
# Numbers in the columns that a matrix of rows is added up from at a time.
KERNEL_PART = 1 << 24


class Design(ABC):
    """``A = (X - center) / scale`` as an operator.

    Parameters
    ----------
    X : ndarray, SomeRows or CSR matrix of shape (n, d)
        Training rows.
    weight : RowWeights or ndarray of shape (n,)
        Row weights with sum 1.
    curvature : float
        Largest second derivative of the loss.
    l2 : float
        Strength of the penalty, in the units of raw columns.
    centred : bool
        Whether an intercept is fitted; otherwise `center` is zero.

    Attributes
    ----------
    n, d : int
        Shape of A.
    center, scale : ndarray of shape (d,)
        Of each column.
    """

    def __init__(self, X: Any, weight: RowWeights | np.ndarray, curvature: float, l2: float, centred: bool):
        self.X = X
        self.n, self.d = X.shape
        self.centred = centred
        self.center = np.zeros(self.d)
        self._prepare()
        mean, spread, signal = self._moments(weight)
        self.center = mean if centred else self.center
        # What is left of a constant column is rounding, no signal.
        scale = np.sqrt(np.where(signal, curvature * spread, 0.0) + l2)
        self.scale = np.where(scale > 0.0, scale, 1.0)

    @abstractmethod
    def _prepare(self) -> None:
        """Set up what products need."""

    @abstractmethod
    def _moments(self, weight: RowWeights | np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return each column's mean, its variance (mean square if not centred), and if that is real."""

    @abstractmethod
    def lines(self, v: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield slices of rows and ``A v`` there, shape (n_rows, k), for `v` of shape (d, k)."""

    def forward(self, v: np.ndarray) -> np.ndarray:
        """Return ``A v``, shape (n, k), for `v` of shape (d, k)."""
        out = np.empty((self.n, v.shape[1]))
        for rows, line in self.lines(v):
            out[rows] = line
        return out

    @abstractmethod
    def collect(
        self, change: Callable[[slice, Any], np.ndarray], v: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return ``A' r`` and ``1' r``, of shapes (d, k) and (k,), in one pass over the rows.

        ``change(rows, line)`` gives `r` in a slice of rows, of shape (n_rows, k); `line` is ``A v`` there, or
        None.
        """

    def backward(self, r: np.ndarray) -> np.ndarray:
        """Return ``A' r``, shape (d, k), for `r` of shape (n, k)."""
        return self.collect(lambda rows, _: r[rows])[0]

    @abstractmethod
    def gram_of(
        self, parts: Callable[[slice], tuple[np.ndarray, np.ndarray]], chosen: Any = ALL
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return ``A' diag(q) A`` and ``A' r``, of the `chosen` columns of A alone.

        ``parts(rows)`` gives `q`, of shape (n_rows,) and not negative, and `r`, of shape (n_rows, k).
        """

    def gram(self, q: np.ndarray, r: np.ndarray, chosen: Any = ALL) -> tuple[np.ndarray, np.ndarray]:
        """Return the same for `q` of shape (n,) and `r` of shape (n, k)."""
        return self.gram_of(lambda rows: (q[rows], r[rows]), chosen)

    @abstractmethod
    def square_sums(self, q: np.ndarray) -> np.ndarray:
        """Return the diagonals of ``A' diag(q) A``, shape (d, k), for `q` of shape (n, k)."""

    def rows(self, chosen: np.ndarray) -> np.ndarray:
        """Return some dense rows of A."""
        part = self.X[chosen]
        part = part.toarray() if sp.issparse(part) else part
        return (part - self.center) / self.scale

    @abstractmethod
    def square_norms(self) -> np.ndarray:
        """Return the squared norm of each raw row; less the centre if the rows are dense."""

    @abstractmethod
    def kernel(self, share: np.ndarray | None = None) -> np.ndarray:
        """Return ``(X - center) diag(share) (X - center)'``, shape (n, n); shares of 1 for None."""

    @abstractmethod
    def blocks(self, chosen: Any = ALL) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield slices of rows and the dense rows of A in them, of the `chosen` columns alone."""


class DenseDesign(Design):
    """A over a C-contiguous array."""

    def _prepare(self) -> None:
        self._plain = self.X.dtype == np.float64 and not self.centred
        self._only: np.ndarray | None = None

    def _moments(self, weight: RowWeights | np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # Squares are taken about the mean of the first chunk: about zero they would cancel.
        if self.centred:
            self.center = self.X[next(chunks(self.n))].mean(axis=0, dtype=np.float64)
        mean, square = np.zeros(self.d), np.zeros(self.d)
        for rows, block in self._centred():
            mean += weight[rows] @ block
            square += weight[rows] @ np.square(block)
        self._only = None
        spread = np.maximum(square - mean * mean, 0.0) if self.centred else square
        mean = mean + self.center
        return mean, spread, spread > (1e-14 * mean) ** 2

    def _centred(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield slices of rows and those rows less the centre, in float64."""
        if self._only is not None:
            yield slice(0, self.n), self._only
            return
        buffer: np.ndarray | None = None
        for rows in chunks(self.n):
            block = self.X[rows]
            if not self._plain:
                buffer = np.empty(block.shape) if buffer is None else buffer
                block = np.subtract(block, self.center, out=buffer[: len(block)])
            if len(block) == self.n:
                self._only = block
            yield rows, block

    def blocks(self, chosen: Any = ALL) -> Iterator[tuple[slice, np.ndarray]]:
        for rows, block in self._centred():
            yield rows, block[:, chosen] / self.scale[chosen]

    def lines(self, v: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        u = v / self.scale[:, None]
        for rows, block in self._centred():
            yield rows, block @ u

    def collect(
        self, change: Callable[[slice, Any], np.ndarray], v: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        u = None if v is None else v / self.scale[:, None]
        total: Any = 0.0
        sums: Any = 0.0
        for rows, block in self._centred():
            r = change(rows, None if u is None else block @ u)
            total += block.T @ r
            sums += r.sum(axis=0)
        return total / self.scale[:, None], sums

    def gram_of(
        self, parts: Callable[[slice], tuple[np.ndarray, np.ndarray]], chosen: Any = ALL
    ) -> tuple[np.ndarray, np.ndarray]:
        scale = self.scale[chosen]
        gram: Any = 0.0
        total: Any = 0.0
        work: np.ndarray | None = None
        for rows, block in self._centred():
            part = block[:, chosen]
            q, r = parts(rows)
            work = np.empty_like(part) if work is None else work
            scaled = np.multiply(part, np.sqrt(q)[:, None], out=work[: len(part)])
            gram += scaled.T @ scaled
            total += part.T @ r
        return gram / np.outer(scale, scale), total / scale[:, None]

    def square_sums(self, q: np.ndarray) -> np.ndarray:
        total = np.zeros((self.d, q.shape[1]))
        for rows, block in self._centred():
            total += np.square(block).T @ q[rows]
        return total / self.scale[:, None] ** 2

    def square_norms(self) -> np.ndarray:
        norms = np.empty(self.n)
        for rows, block in self._centred():
            norms[rows] = np.einsum("ij,ij->i", block, block)
        return norms

    def kernel(self, share: np.ndarray | None = None) -> np.ndarray:
        gram = np.zeros((self.n, self.n))
        width = max(1, KERNEL_PART // self.n)
        for start in range(0, self.d, width):
            part = slice(start, start + width)
            block = np.subtract(self.X[:, part], self.center[part], dtype=np.float64)
            if share is not None:
                block *= np.sqrt(share[part])
            gram += block @ block.T
        return gram


class SparseDesign(Design):
    """A over a CSR matrix, which is centred only in the results of products."""

    def _prepare(self) -> None:
        if self.X.dtype != np.float64:
            # Products of a float32 matrix and float64 vectors would convert it each time.
            data = self.X.data.astype(np.float64)
            self.X = sp.csr_matrix((data, self.X.indices, self.X.indptr), shape=self.X.shape)
        self._turned: sp.csr_matrix | None = None

    def _moments(self, weight: RowWeights | np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        whole = weight[ALL]
        per_entry = np.repeat(whole, np.diff(self.X.indptr))
        square = np.bincount(self.X.indices, per_entry * np.square(self.X.data), self.d)
        mean = np.asarray(self.X.T @ whole)
        spread = np.maximum(square - mean * mean, 0.0) if self.centred else square
        return mean, spread, spread > 1e-13 * square

    def blocks(self, chosen: Any = ALL) -> Iterator[tuple[slice, np.ndarray]]:
        X = self.X if chosen is ALL else sp.csr_matrix(self.X[:, chosen])
        for rows in chunks(self.n):
            yield rows, (X[rows].toarray() - self.center[chosen]) / self.scale[chosen]

    def lines(self, v: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        whole = self.forward(v)
        for rows in chunks(self.n):
            yield rows, whole[rows]

    def forward(self, v: np.ndarray) -> np.ndarray:
        u = v / self.scale[:, None]
        product = np.asarray(self.X @ u)
        product -= self.center @ u
        return product

    def collect(
        self, change: Callable[[slice, Any], np.ndarray], v: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        line = None if v is None else self.forward(v)
        r = by_chunks(self.n, lambda rows: change(rows, None if line is None else line[rows]))
        return self._pulled(r), r.sum(axis=0)

    def _pulled(self, r: np.ndarray) -> np.ndarray:
        return (np.asarray(self.X.T @ r) - np.outer(self.center, r.sum(axis=0))) / self.scale[:, None]

    def gram_of(
        self, parts: Callable[[slice], tuple[np.ndarray, np.ndarray]], chosen: Any = ALL
    ) -> tuple[np.ndarray, np.ndarray]:
        both = by_chunks(self.n, lambda rows: np.column_stack(parts(rows)))
        q, r = both[:, 0], both[:, 1:]
        whole = chosen is ALL
        X = self.X if whole else sp.csr_matrix(self.X[:, chosen])
        center, scale = self.center[chosen], self.scale[chosen]
        if X.nnz > DENSE_SHARE * self.n * len(scale):
            gram = np.zeros((len(scale), len(scale)))
            root = np.sqrt(q)[:, None]
            for rows in chunks(self.n):
                block = (X[rows].toarray() - center) * root[rows]
                gram += block.T @ block
        else:
            if self._turned is None and whole:
                self._turned = X.T.tocsr()
            turned = self._turned if whole else X.T.tocsr()
            per_entry = np.repeat(q, np.diff(X.indptr))
            gram = (
                turned @ sp.csr_matrix((X.data * per_entry, X.indices, X.indptr), shape=X.shape)
            ).toarray()
            cross = np.outer(turned @ q, center)
            gram += q.sum() * np.outer(center, center) - cross - cross.T
        total = np.asarray(X.T @ r) - np.outer(center, r.sum(axis=0))
        return gram / np.outer(scale, scale), total / scale[:, None]

    def square_sums(self, q: np.ndarray) -> np.ndarray:
        square = sp.csr_matrix((np.square(self.X.data), self.X.indices, self.X.indptr), shape=self.X.shape)
        center = self.center[:, None]
        total = np.asarray(square.T @ q) - 2.0 * center * (self.X.T @ q) + center**2 * q.sum(axis=0)
        return np.maximum(total, 0.0) / self.scale[:, None] ** 2

    def square_norms(self) -> np.ndarray:
        each = np.repeat(np.arange(self.n), np.diff(self.X.indptr))
        return np.bincount(each, np.square(self.X.data), self.n)

    def kernel(self, share: np.ndarray | None = None) -> np.ndarray:
        X, center = self.X, self.center
        if share is not None:
            root = np.sqrt(share)
            X, center = sp.csr_matrix((X.data * root[X.indices], X.indices, X.indptr), X.shape), center * root
        gram = (X @ X.T).toarray()
        cross = X @ center
        gram += center @ center - cross[:, None] - cross[None, :]
        return gram


def design_of(X: Any, weight: RowWeights | np.ndarray, curvature: float, l2: float, centred: bool) -> Design:
    """Return the design over X, dense or sparse; arguments as for `Design`."""
    kind = SparseDesign if sp.issparse(X) else DenseDesign
    return kind(X, weight, curvature, l2, centred)
