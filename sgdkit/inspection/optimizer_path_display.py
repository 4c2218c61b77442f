"""Several optimizers on one function of two variables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from sgdkit.exceptions import InvalidParameterError
from sgdkit.inspection.drawing import INK, LINES, MUTED, new_axes, plain
from sgdkit.minimization import minimize

__all__ = ("OptimizerPathDisplay",)

RESOLUTION = 160


class OptimizerPathDisplay:
    """Contours of a function of two variables, and the way each optimizer takes over them.

    Steps that an automatic rate took back are left out.

    Parameters
    ----------
    grid : tuple of three ndarrays of shape (n, n)
        First variable, second variable, value.
    results : dict of str to OptimizeResult
        What each optimizer found, with its path.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.

    Examples
    --------
    >>> from scipy.optimize import rosen, rosen_der
    >>> from sgdkit.inspection import OptimizerPathDisplay
    >>> display = OptimizerPathDisplay.from_function(
    ...     rosen, ["momentum", "adam"], [-1.2, 1.0], [(-2, 2), (-1, 3)], jac=rosen_der
    ... )  # doctest: +SKIP
    >>> display.figure_.savefig("paths.png")  # doctest: +SKIP
    """

    def __init__(self, grid: tuple[np.ndarray, np.ndarray, np.ndarray], results: dict[str, Any]):
        self.grid = grid
        self.results = results

    @classmethod
    def from_function(
        cls,
        fun: Callable[..., Any],
        methods: Sequence[Any] | Mapping[str, Any],
        x0: Any,
        bounds: Sequence[tuple[float, float]],
        *,
        ax: Any = None,
        **settings: Any,
    ) -> Self:
        """Run the optimizers from one start and draw their paths.

        Parameters
        ----------
        fun : callable(x) -> float
            The function of an array of shape (2,); with ``jac=True`` it returns value and gradient.
        methods : sequence of str or UpdateRule, or mapping
            Update rules, by name or object. A mapping has what the legend says as keys, and rules or
            dictionaries of arguments of `sgdkit.minimize` as values: ``{"rate 0.1": {"method": "sgd",
            "learning_rate": 0.1}}``.
        x0 : array-like of shape (2,)
            Where they start.
        bounds : sequence of two pairs (low, high)
            The picture's; they do not hold the optimizers back.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure when None.
        **settings : dict
            Arguments of `sgdkit.minimize` for all of them, such as `jac` and `max_iter` (default 200).

        Returns
        -------
        OptimizerPathDisplay

        Raises
        ------
        InvalidParameterError
            Unless there are two variables, finite bounds and at least one optimizer.
        ImportError
            Without Matplotlib.
        """
        start = np.asarray(x0, dtype=np.float64)
        box = np.asarray(bounds, dtype=np.float64)
        if (
            start.shape != (2,)
            or box.shape != (2, 2)
            or not (np.isfinite(box).all() and (box[:, 0] < box[:, 1]).all())
        ):
            raise InvalidParameterError(
                f"x0 of shape {start.shape} and bounds {bounds!r}: a picture needs two variables, and a "
                "finite pair (low, high) for each."
            )
        if isinstance(methods, str) or not methods:
            raise InvalidParameterError(
                f"methods={methods!r} must be a list or mapping of at least one optimizer."
            )
        if isinstance(methods, Mapping):
            runs = dict(methods)
        else:
            runs = {method if isinstance(method, str) else repr(method): method for method in methods}
        shared = {"max_iter": 200} | settings
        results = {}
        for label, given in runs.items():
            own = dict(given) if isinstance(given, Mapping) else {"method": given}
            results[str(label)] = minimize(fun, start, **(shared | own), keep_path=True)
        args = settings.get("args", ())
        args = args if isinstance(args, tuple) else (args,)
        a, b = np.meshgrid(*(np.linspace(low, high, RESOLUTION) for low, high in box))
        pair = settings.get("jac") is True
        with np.errstate(all="ignore"):
            values = [fun(np.array(point), *args) for point in zip(a.ravel(), b.ravel(), strict=True)]
        height = np.array([value[0] if pair else value for value in values], dtype=np.float64)
        return cls((a, b, height.reshape(a.shape)), results).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw, and leave `ax_` and `figure_`.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure when None.

        Returns
        -------
        OptimizerPathDisplay
            Itself.
        """
        if ax is None:
            ax = new_axes(1, 1, (6.4, 5.2), "Drawing paths")[0, 0]
        a, b, height = self.grid
        finite = height[np.isfinite(height)]
        # Levels that crowd near the minimum, where the paths differ.
        least = float(finite.min())
        span = max(float(finite.max()) - least, 1e-300)
        levels = least + span * np.geomspace(1e-5, 1.0, 22)
        ax.contour(a, b, height, levels=levels, colors=MUTED, linewidths=0.6, alpha=0.5)
        start = next(iter(self.results.values())).trace["path"][0]
        for i, (label, result) in enumerate(self.results.items()):
            color = LINES[i % len(LINES)]
            ax.plot(*_kept(result.trace).T, color=color, linewidth=1.3, alpha=0.85, zorder=3)
            text = f"{label}: {result.fun:.2g} in {result.nit} steps"
            ax.plot(
                *result.x, "o", color=color, markersize=7.0, markeredgecolor="white", label=text, zorder=5
            )
        ax.plot(*start, "X", color=INK, markersize=8.0, markeredgecolor="white", label="start", zorder=4)
        ax.set_xlim(a.min(), a.max())
        ax.set_ylim(b.min(), b.max())
        ax.set_xlabel("x[0]", color=INK)
        ax.set_ylabel("x[1]", color=INK)
        # Below the picture: inside it could hide a minimum.
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), frameon=False, fontsize=8.5)
        plain(ax)
        ax.grid(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _kept(trace: dict[str, np.ndarray]) -> np.ndarray:
    """Return the points of a path without those that were taken back."""
    path, kept = trace["path"], [0]
    for k in range(1, len(path)):
        gone = float(np.linalg.norm(path[k] - path[kept[-1]]))
        if not np.isclose(gone, trace["step_norm"][k], rtol=1e-9):  # it started from the best point instead
            best = int(np.nanargmin(trace["fun"][:k]))
            kept = kept[: kept.index(best) + 1]
        kept.append(k)
    return np.asarray(path[kept])
