"""Regularisation paths: solutions along a list of strengths, each started from the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_consistent_length

from .. import _core, losses, penalties, solvers
from .._monitor import SolverCallback
from .._sklearn_compat import check_array, check_X_y
from .._survival import survival_target
from .._validation import (
    FloatArray,
    as_design,
    check_genotypes,
    check_vector,
    iteration_limit,
    normalized_weights,
    parse_strength,
    quiet_idle_rows,
    seconds_or_inf,
)
from ..design import GenotypeMatrix
from ..losses._names import LOSS_NAMES, resolve_loss
from ..moments import Rows
from ._far_columns import near_zero, of_path
from ._fit import absorb_offset, column_scale, core_penalty, refuse_infinite, resolve_penalty, resolve_solver
from ._local_convexity import locally_convex
from ._matrix_losses import MatrixLoss, MultinomialLoss, MultiTaskLoss
from ._regularization_path import RegularizationPath, warn_of_missed
from ._stepwise_path import needs_steps, stepwise_points
from ._tall import pays, restore_intercepts, rows_of


def alpha_grid(
    alphas: int | npt.ArrayLike, eps: float | None, n_samples: int, n_features: int
) -> tuple[list[float], bool]:
    """Strengths in decreasing order, and whether they count in units of alpha_max."""
    if isinstance(alphas, str):
        raise ValueError(f"alphas: got {alphas!r}, expected how many strengths, or a list such as ['0.5max', '0.1max']")
    if isinstance(alphas, int | np.integer):
        if alphas < 1:
            raise ValueError(f"alphas: got {alphas}, expected at least one")
        share = (1e-3 if n_samples > n_features else 5e-2) if eps is None else float(eps)
        if not 0.0 < share < 1.0:
            raise ValueError(f"eps: got {eps!r}, expected a number in (0, 1)")
        return np.geomspace(1.0, share, int(alphas)).tolist(), True
    given = np.asarray(alphas, dtype=object).ravel().tolist()
    parsed = [parse_strength(a, "alphas") if isinstance(a, str) else (a, False) for a in given]
    relative = any(share for _, share in parsed)
    if relative and not all(share for _, share in parsed):
        raise ValueError(f"alphas: got {alphas!r}, expected numbers, or fractions of alpha_max, but not both")
    grid = np.unique(np.array([value for value, _ in parsed], dtype=np.float64))[::-1]
    if grid.size == 0 or not np.isfinite(grid).all() or grid[-1] < 0.0:
        raise ValueError(f"alphas: got {alphas!r}, expected a number of strengths or finite strengths >= 0")
    return grid.tolist(), relative


def path(
    X: Any,
    y: npt.ArrayLike,
    *,
    loss: str | losses.Loss = "quadratic",
    penalty: Any = "l1",
    alphas: int | npt.ArrayLike = 100,
    eps: float | None = None,
    sample_weight: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
    strata: npt.ArrayLike | None = None,
    solver: Any = "auto",
    fit_intercept: bool = True,
    standardize: bool | None = None,
    tol: float = 1e-8,
    max_iter: int = 1000,
    max_time: float | None = None,
) -> RegularizationPath:
    """Solve along a list of strengths, each started from the last.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Data. F-ordered float64 or float32 arrays, CSC matrices and a :class:`~pauca.design.GenotypeMatrix` are
        used without a copy. Columns whose mean is 1e5 standard deviations or more (timestamps) are centred,
        in a copy.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Target; 0 and 1 for the logistic loss and the squared hinge, class numbers for the multinomial loss. Several
        columns are targets of :class:`MultiTaskSparseRegressor`.
    loss : str or Loss, default="quadratic"
        Loss, by name or from :mod:`pauca.losses`; "multinomial" for the symmetric model of several classes.
    penalty : str or Penalty, default="l1"
        A penalty, by name or from :mod:`pauca.penalties`. Separable ones have an engine of their own, with screening;
        others are fitted strength by strength, each started from the last.
    alphas : int or array-like, default=100
        Strengths, numbers or fractions of ``alpha_max`` as in ``["0.5max", "0.1max"]``, or how many to place
        geometrically between ``alpha_max`` and ``eps * alpha_max``.
    eps : float, default=None
        Smallest strength relative to ``alpha_max``; None is 1e-3, or 5e-2 with more features than samples.
    sample_weight, offset : array-like of shape (n_samples,), default=None
        Weights >= 0, and a known part of the linear predictor.
    strata : array-like of shape (n_samples,), default=None
        Labels of strata for the Cox loss.
    solver : "auto" or solver, default="auto"
        Solver, from :mod:`pauca.solvers`.
    fit_intercept, standardize, tol, max_iter, max_time
        As in :class:`SparseRegressor`; ``max_iter`` for each strength, ``max_time`` for the whole path.

    Returns
    -------
    RegularizationPath
        Solutions, certificates, criteria.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names which.

    Warns
    -----
    ConvergenceWarning
        If strengths did not reach ``tol``; the message has the largest violation among them.

    Notes
    -----
    Concave penalties are flat far out. Once the features of a small strength separate the classes, or order the events
    of a Cox model, coefficients would grow without limit: such a path ends before, with fewer strengths than asked for.

    References
    ----------
    Tibshirani, R. et al. (2012). Strong rules for discarding predictors in lasso-type problems. JRSS B 74, 245-266.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from pauca.linear_model import path
    >>> X, y = load_diabetes(return_X_y=True)
    >>> p = path(X, y, alphas=[1.0, 0.5, 0.1])
    >>> p.df_.tolist(), bool((p.dual_gaps_ <= 1e-8 * y.var()).all())
    ([3, 4, 7], True)
    """
    found = solve_path(
        **path_data(X, y, loss, sample_weight, offset, strata),
        penalty=penalty,
        alphas=alphas,
        eps=eps,
        solver=solver,
        fit_intercept=fit_intercept,
        standardize=standardize,
        tol=tol,
        max_iter=max_iter,
        max_time=max_time,
    )
    warn_of_missed("path", found, tol)
    return found


def check_response(loss: losses.Loss, target: FloatArray) -> None:
    """Refuse labels that are not 0 and 1, both present, where the loss needs them."""
    if isinstance(loss, losses.Logistic | losses.SquaredHinge):
        labels = np.unique(target)
        if not np.array_equal(labels, (0.0, 1.0)):
            found = ", ".join(f"{v:g}" for v in labels[:4]) + (" alone" if labels.size == 1 else "")
            raise ValueError(f"y: got {found}, expected 0 and 1 (or loss='multinomial' and classes 0, 1, 2, ...)")


def path_data(
    X: Any,
    y: npt.ArrayLike,
    loss: str | losses.Loss,
    sample_weight: npt.ArrayLike | None,
    offset: npt.ArrayLike | None,
    strata: npt.ArrayLike | None = None,
) -> dict[str, Any]:
    """What the user gave, validated, as arguments of :func:`solve_path`."""
    names = [str(c) for c in X.columns] if hasattr(X, "columns") else getattr(X, "feature_names", None)
    if loss == "cox" or isinstance(loss, losses.Cox):
        if not isinstance(X, GenotypeMatrix):
            X = check_array(X, accept_sparse="csc", dtype=[np.float64, np.float32], order="F")
        survival = survival_target(y, strata)
        check_consistent_length(X, survival.time)
        known = None if offset is None else check_vector("offset", offset, X.shape[0])
        X, packed, weights, known = quiet_idle_rows(X, survival.pack(), normalized_weights(sample_weight, X), known)
        return {
            "X": X,
            "y": packed,
            "weights": weights,
            "loss": losses.Cox() if isinstance(loss, str) else loss,
            "offset": known,
            "feature_names": names,
        }
    if strata is not None:
        raise ValueError(f"strata: {loss!r} knows none, expected the Cox loss")
    if isinstance(X, GenotypeMatrix):
        X, y = check_genotypes(X, y, y_numeric=True, multi_output=True)
    else:
        X, y = check_X_y(
            X, y, accept_sparse="csc", dtype=[np.float64, np.float32], order="F", y_numeric=True, multi_output=True
        )
    target = np.ascontiguousarray(y, dtype=np.float64)
    if target.ndim == 2 and target.shape[1] == 1:
        target = target.reshape(-1)
    resolved: losses.Loss | MatrixLoss
    if isinstance(loss, str) and loss == "multinomial":
        resolved = MultinomialLoss()
        if (
            target.ndim != 1
            or (target != np.floor(target)).any()
            or set(np.unique(target)) != set(range(int(target.max()) + 1))
        ):
            raise ValueError("y: expected class numbers 0, 1, ... for the multinomial loss, each of them present")
        if not target.any():
            raise ValueError("y: got class 0 alone, expected at least two classes")
    elif target.ndim == 2:
        resolved = MultiTaskLoss()
        if not (loss == "quadratic" or isinstance(loss, losses.Quadratic)):
            raise ValueError(f"loss: got {loss!r} for {target.shape[1]} targets, expected 'quadratic'")
    else:
        if not (isinstance(loss, losses.Loss) or (isinstance(loss, str) and loss in LOSS_NAMES)):
            expected = [*LOSS_NAMES, "multinomial"]
            raise ValueError(f"loss: got {loss!r}, expected one of {expected} or an object of pauca.losses")
        resolved = resolve_loss(loss)
        check_response(resolved, target)
    if offset is not None and isinstance(resolved, MatrixLoss):
        raise ValueError("offset: got one number a sample, but there are several linear predictors")
    weights = normalized_weights(sample_weight, X)
    known = None if offset is None else check_vector("offset", offset, X.shape[0])
    X, target, weights, known = quiet_idle_rows(X, target, weights, known)
    return {
        "X": X,
        "y": target,
        "weights": weights,
        "loss": resolved,
        "offset": known,
        "feature_names": names,
    }


@near_zero(of_path)
def solve_path(
    X: Any,
    y: FloatArray,
    weights: FloatArray,
    *,
    loss: losses.Loss | MatrixLoss,
    penalty: Any,
    alphas: int | npt.ArrayLike,
    eps: float | None,
    offset: FloatArray | None,
    solver: Any,
    fit_intercept: bool,
    standardize: bool | None,
    tol: float,
    max_iter: int,
    max_time: float | None,
    feature_names: Sequence[str] | None = None,
    callback: SolverCallback | None = None,
    diagnose: bool = True,
    rows: Rows | None = None,
) -> RegularizationPath:
    """The path for validated X (F-ordered or CSC), float64 y and weights that sum to one.

    ``diagnose``: with ``locally_convex_``, which costs a Hessian of the support at every strength. ``rows``: what the
    engine fits instead of X and y, which then tell the number of features and samples only.
    """
    matrix = isinstance(loss, MatrixLoss)
    penalty = penalties.GroupL2() if matrix and isinstance(penalty, str) and penalty == "l21" else penalty
    penalty = resolve_penalty(penalty)
    solver = resolve_solver(solver, penalty)
    solver._check()
    if matrix and not isinstance(solver, solvers.GreedyBCD):
        raise ValueError(f"solver: got {solver!r}, expected 'auto' or GreedyBCD for several outputs")
    if getattr(solver, "_explicit", False):
        raise ValueError("path: explicit rules have no path engine; leave partition, selection and update alone")
    if isinstance(penalty, penalties.Box):
        raise ValueError(f"path: {penalty!r} has no strength to vary")
    grid, relative = alpha_grid(alphas, eps, X.shape[0], X.shape[1])
    if relative and isinstance(penalty, penalties.ElasticNet):
        refuse_infinite("alphas", alphas, penalty, float(penalty.l1_ratio))
    if isinstance(solver, solvers.IHT) and solver.n_nonzero is not None and grid != [0.0]:
        raise ValueError(
            f"solver: {solver!r} keeps {solver.n_nonzero} features whatever the strength; expected IHT(), and for a "
            "cross-validated number of features param_grid={'n_nonzero': [1, 2, 3, ...]} of SparseRegressorCV"
        )
    if needs_steps(penalty, solver, loss):
        n_outputs = 1 if not matrix else int(y.max()) + 1 if isinstance(loss, MultinomialLoss) else y.shape[1]
        points, alpha_max, null_objective = stepwise_points(
            X,
            y,
            weights,
            loss=loss,
            penalty=penalty,
            grid=grid,
            relative=relative,
            n_outputs=n_outputs,
            offset=offset,
            solver=solver,
            fit_intercept=fit_intercept,
            standardize=standardize,
            tol=tol,
            max_iter=max_iter,
            max_time=max_time,
            feature_names=feature_names,
            callback=callback,
        )
        own = float(getattr(penalty, "alpha", 1.0))
        n_events = None
        if isinstance(loss, losses.Cox):
            n_events = _drop_intercepts(points, y, weights)
        path = RegularizationPath(
            points=points,
            n_features=X.shape[1],
            scale=None,
            shift=0.0,
            own=own if own > 0.0 else 1.0,
            alpha_max=alpha_max,
            null_objective=null_objective,
            loss=loss,
            n_samples=int(np.count_nonzero(weights)),
            feature_names=None if feature_names is None else [str(f) for f in feature_names],
            n_outputs=n_outputs,
            penalty=penalty,
            standardize=(not penalty.convex) if standardize is None else standardize,
            fit_intercept=bool(fit_intercept),
            n_events=n_events,
        )
        if diagnose:
            path.locally_convex_ = locally_convex(X, y, weights, path, offset)
        return path
    path = _engine_path(
        X,
        y,
        weights,
        loss=loss,
        penalty=penalty,
        grid=grid,
        relative=relative,
        offset=offset,
        solver=solver,
        fit_intercept=fit_intercept,
        standardize=standardize,
        tol=tol,
        max_iter=max_iter,
        max_time=max_time,
        feature_names=feature_names,
        callback=callback,
        rows=rows,
    )
    if diagnose:
        path.locally_convex_ = locally_convex(X, y, weights, path, offset)
    return path


def takes_rows(loss: losses.Loss | MatrixLoss, solver: Any, X: Any, n_strengths: int) -> bool:
    """Whether a path is cheaper on the rows of a factor."""
    automatic = isinstance(solver, solvers.GreedyBCD) and solver.engine == "auto"
    return isinstance(loss, losses.Quadratic) and automatic and pays(X, n_strengths)


def _drop_intercepts(points: list[dict[str, Any]], y: FloatArray, weights: FloatArray) -> int:
    """The Cox loss has none: what centring left there changes nothing. Returns the number of events."""
    for point in points:
        point["intercept"] = 0.0
    return int(np.count_nonzero(y.reshape(4, -1)[2] * weights))


def _engine_path(
    X: Any,
    y: FloatArray,
    weights: FloatArray,
    *,
    loss: Any,
    penalty: Any,
    grid: list[float],
    relative: bool,
    offset: FloatArray | None,
    solver: Any,
    fit_intercept: bool,
    standardize: bool | None,
    tol: float,
    max_iter: int,
    max_time: float | None,
    feature_names: Sequence[str] | None,
    callback: SolverCallback | None,
    rows: Rows | None,
) -> RegularizationPath:
    """The path by the compiled engine for separable penalties."""
    loss._check_target(y, weights)
    core, wrappers = core_penalty(penalty, X.shape[1], feature_names)
    wrappers.pop("penalty")
    own = float(penalty.alpha)
    design = as_design(X)
    if standardize is None:
        standardize = not penalty.convex
    n_samples, shift = int(np.count_nonzero(weights)), 0.0
    if rows is None:
        y, offset, shift = absorb_offset(loss.core_name, y, weights, offset, fit_intercept)
        if takes_rows(loss, solver, X, len(grid)):
            rows = rows_of(X, y, weights, fit_intercept)
    known = None if rows is None else rows.variance
    scale = column_scale(design, weights, known, fit_intercept) if standardize else None
    if rows is not None:
        design, y, weights, offset = as_design(rows.X), rows.y[:, 0], rows.weights, None
    found = _core.linear_path(
        design,
        loss=loss.core_name,
        loss_shape=loss._shape(),
        y=np.ascontiguousarray(y),
        sample_weight=weights,
        offset=offset,
        penalty=core.name,
        shape=core.shape,
        alphas=[a * own for a in grid] if not relative else grid,
        relative=relative,
        lambda_share=core.lambda_share,
        ridge_share=core.ridge_share,
        fit_intercept=(bool(fit_intercept) and rows is None) or loss.task == "survival",
        scale=scale,
        engine=solver.engine,
        gram_bytes=float(solver.gram_memory) * 2.0**20,
        tol=float(tol),
        max_iter=iteration_limit(max_iter),
        max_time=seconds_or_inf(max_time),
        callback=callback,
        **wrappers,
    )
    if rows is not None:
        restore_intercepts(found["points"], rows.means, scale)
    n_events = _drop_intercepts(found["points"], y, weights) if loss.task == "survival" else None
    return RegularizationPath(
        points=found["points"],
        n_features=X.shape[1],
        scale=scale,
        shift=float(shift),
        own=own if own > 0.0 else 1.0,
        alpha_max=float(found["alpha_max"]),
        null_objective=float(found["null_objective"]),
        loss=loss,
        penalty=penalty,
        standardize=bool(standardize),
        fit_intercept=bool(fit_intercept),
        n_events=n_events,
        n_samples=n_samples,
        feature_names=None if feature_names is None else [str(f) for f in feature_names],
    )
