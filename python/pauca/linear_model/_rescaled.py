"""MCP and SCAD with ``rescale="curvature"``: the fixed point of coordinate descent with adaptive rescaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone

from .. import losses, penalties, solvers
from .._validation import FloatArray, as_design
from ..design import GenotypeMatrix
from ._fit import LinearFit, column_scale, fit_linear

_ROUNDS = 200


def fit_rescaled(
    X: Any,
    y: FloatArray,
    weights: FloatArray,
    *,
    loss: losses.Loss,
    penalty: Any,
    alpha: float | str,
    solver: Any,
    standardize: bool | None,
    tol: float,
    offset: FloatArray | None,
    start: Any,
    feature_names: Sequence[str] | None,
    **options: Any,
) -> LinearFit:
    """A point where ``-gradient_j = p'(v_j |w_j|) sign(w_j)``, v_j being the curvature along column j there.

    With v held, that is the stationarity condition of the plain penalty for columns scaled to curvature 1, with
    penalty weights 1 / sqrt(v_j): fits of this kind alternate with updates of v.
    """
    if not isinstance(solver, solvers.GreedyBCD) or solver._explicit:
        raise ValueError(f"rescale='curvature' needs GreedyBCD without explicit rules; got {solver!r}")
    if penalty.ridge != 0.0 or penalty._multiply():
        raise ValueError(
            f"penalty: {penalty!r} rescales curvature, which leaves no room for a ridge or weighting='multiply'"
        )
    if options.pop("variance", None) is not None:
        raise ValueError("rescale='curvature' needs the samples: moments are not enough")
    if isinstance(X, GenotypeMatrix):
        raise ValueError("rescale='curvature' needs columns as numbers: give X.toarray() or take rescale=None")
    p = X.shape[1]
    base = penalty._weights(p, feature_names)
    base = np.ones(p) if base is None else base
    standardize = True if standardize is None else standardize
    scale = column_scale(as_design(X), weights, None, options["fit_intercept"]) if standardize else np.ones(p)
    mean = np.asarray(weights @ X).ravel() if standardize or options["fit_intercept"] else np.zeros(p)
    known = np.zeros(len(weights)) if offset is None else offset
    if start is None:
        eta = known + (_constant(loss, y, known, weights) if options["fit_intercept"] else 0.0)
    else:
        eta = known + np.asarray(X @ start[0]) + start[1]
    curvature = _column_curvature(X, mean, scale, _curvature(loss, y, weights, eta))
    n_iter, share = 0, 1.0
    objectives: list[FloatArray] = []
    best = np.inf
    while True:
        factor = np.where(curvature > 0.0, 1.0 / np.sqrt(np.where(curvature > 0.0, curvature, 1.0)), 1.0)
        plain = clone(penalty).set_params(rescale=None, weights=base * factor)
        found = fit_linear(
            X,
            y,
            weights,
            loss=loss,
            penalty=plain,
            alpha=alpha,
            solver=solver,
            standardize=standardize,
            tol=0.1 * tol,
            offset=offset,
            start=start,
            feature_names=feature_names,
            column_factor=factor,
            **options,
        )
        n_iter += 1
        objectives.append(found.objective_path)
        start, alpha = (found.coef, found.intercept), found.alpha
        eta = known + np.asarray(X @ found.coef) + found.intercept
        there = _column_curvature(X, mean, scale, _curvature(loss, y, weights, eta))
        lam = found.alpha * float(penalty.alpha)
        violation = _violation(
            X,
            scale,
            loss._at(y, eta, weights)[1],
            found.coef,
            there,
            lam * base,
            penalty,
        )
        threshold = tol * (lam if lam > 0.0 else found.alpha_max)
        done = violation <= threshold
        if done or n_iter >= _ROUNDS or found.report.status in ("stopped", "max_time"):
            break
        if violation > 0.9 * best:  # they go round in circles: shorter steps
            share = max(0.5 * share, 0.05)
        best = min(best, violation)
        curvature = curvature + share * (there - curvature)
    status = "converged" if done else found.report.status if found.report.status != "converged" else "max_iter"
    report = replace(
        found.report,
        engine=f"{found.report.engine}, curvature updated {n_iter} times",
        status=status,
        n_iter=n_iter,
        criterion=violation,
        threshold=threshold,
    )
    return replace(
        found,
        dual_gap=float("nan"),
        kkt_violation=violation,
        objective_path=np.concatenate(objectives),
        report=report,
        jumps="",
    )


def _curvature(loss: losses.Loss, y: FloatArray, weights: FloatArray, eta: FloatArray) -> FloatArray:
    """Second derivative of each sample's loss times its weight, as in Breheny and Huang's programs.

    Of the partial likelihood that is the diagonal which majorises its Hessian.
    """
    if isinstance(loss, losses.Quadratic):
        return weights
    if isinstance(loss, losses.Logistic):
        probability = expit(eta)
        return np.asarray(weights * np.maximum(probability * (1.0 - probability), 1e-4))
    if isinstance(loss, losses.Poisson):
        return np.asarray(weights * np.exp(eta))
    if isinstance(loss, losses.Cox):
        return loss._at(y, eta, weights)[2]
    raise ValueError(f"rescale='curvature' is for the quadratic, logistic, Poisson and Cox losses; got {loss!r}")


def _constant(loss: losses.Loss, y: FloatArray, offset: FloatArray, weights: FloatArray) -> float:
    """A constant predictor to start from."""
    if isinstance(loss, losses.Cox):
        return 0.0
    average = float(weights @ y)
    if isinstance(loss, losses.Logistic):
        return float(np.log(average / (1.0 - average)) - weights @ offset)
    if isinstance(loss, losses.Poisson):
        return float(np.log(average) - np.log(weights @ np.exp(offset)))
    return average - float(weights @ offset)


def _column_curvature(X: Any, mean: FloatArray, scale: FloatArray, h: FloatArray) -> FloatArray:
    """sum_i h_i (x_ij - mean_j)^2 for the scaled columns."""
    first = np.asarray(X.T @ h).ravel()
    if sparse.issparse(X):
        square = np.asarray(X.multiply(X).T @ h).ravel()
    else:
        blocks = range(0, X.shape[1], 256)
        square = np.concatenate([np.square(X[:, j : j + 256]).T @ h for j in blocks])
    centred = square - 2.0 * mean * first + mean**2 * h.sum()
    return np.asarray(scale**2 * np.maximum(centred, 0.0))


def _violation(
    X: Any,
    scale: FloatArray,
    slope: FloatArray,
    coef: FloatArray,
    curvature: FloatArray,
    strength: FloatArray,
    penalty: Any,
) -> float:
    """Largest distance to the fixed point's condition, of scaled coefficients."""
    gradient = scale * np.asarray(X.T @ slope).ravel()
    w = np.divide(coef, scale, out=np.zeros_like(coef), where=scale > 0.0)
    a, g = curvature * np.abs(w), float(penalty.gamma)
    finite = np.where(np.isinf(strength), 0.0, strength)
    if isinstance(penalty, penalties.MCP):
        pull = np.maximum(finite - a / g, 0.0)
    else:
        pull = np.where(a <= finite, finite, np.maximum(g * finite - a, 0.0) / (g - 1.0))
    outward: npt.NDArray[Any] = -gradient if penalty.nonnegative else np.abs(gradient)
    distance = np.where(w != 0.0, np.abs(gradient + np.sign(w) * pull), outward - strength)
    return float(np.maximum(distance, 0.0).max(initial=0.0))
