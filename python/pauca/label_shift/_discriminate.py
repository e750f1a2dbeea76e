"""p(domain | x): cross-fitted, so that no point is counted by a model that saw its domain, and calibrated."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse
from scipy.special import log_softmax, softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .._validation import FloatArray
from ..linear_model import SparseClassifier
from ..penalties import ElasticNet

RIDGE = 33.0  # of the summed loss: a prior of variance 0.03 on each coefficient
MANY = 20_000
FLOOR = 1e-4  # of a probability whose logarithm is taken


def default_discriminator(X: Any) -> Any:
    """Multinomial logistic regression on scaled features, with a ridge that suits some thousand points."""
    scaler = StandardScaler(with_mean=not sparse.issparse(X))
    n = X.shape[0]
    if n > MANY:  # the same model: second-order steps cost more than they save where the rows are many
        return make_pipeline(scaler, LogisticRegression(C=1.0 / RIDGE, tol=1e-3, max_iter=200))
    return make_pipeline(scaler, SparseClassifier(penalty=ElasticNet(l1_ratio=0.0), alpha=RIDGE / n, tol=1e-4))


@dataclass(frozen=True)
class Calibration:
    """Temperature with a bias for each domain: softmax(scale * log f + bias)."""

    scale: float
    bias: FloatArray

    def __call__(self, f: FloatArray) -> FloatArray:
        """Calibrated probabilities."""
        return np.asarray(softmax(self.scale * np.log(np.maximum(f, FLOOR)) + self.bias, axis=1))

    @classmethod
    def fit(cls, f: FloatArray, codes: npt.NDArray[np.intp], rng: np.random.RandomState) -> Calibration:
        """By multinomial likelihood on out-of-fold scores (at most 20,000 of them)."""
        if len(f) > 20_000:
            rows = rng.choice(len(f), 20_000, replace=False)
            f, codes = f[rows], codes[rows]
        n, d = f.shape
        logits = np.log(np.maximum(f, FLOOR))
        at = (np.arange(n), codes)

        def objective(v: FloatArray) -> tuple[float, FloatArray]:
            logp = log_softmax(v[0] * logits + v[1:], axis=1)
            residual = np.exp(logp)
            residual[at] -= 1.0
            ridge = 1e-3 / n
            gradient = np.r_[
                (residual * logits).sum() / n + ridge * (v[0] - 1.0), residual.mean(axis=0) + ridge * v[1:]
            ]
            value = -float(logp[at].mean()) + 0.5 * ridge * float((v[0] - 1.0) ** 2 + v[1:] @ v[1:])
            return value, gradient

        found = optimize.minimize(objective, np.r_[1.0, np.zeros(d)], jac=True, method="L-BFGS-B").x
        return cls(float(max(found[0], 1e-3)), np.asarray(found[1:] - found[1:].mean()))


def repeated_rows(X: Any) -> npt.NDArray[np.intp] | None:
    """Group numbers in order of appearance if some rows are identical, else None: copies of a row must share a fold."""
    if sparse.issparse(X):
        X = X.tocsr()
        spans = (slice(a, b) for a, b in zip(X.indptr[:-1], X.indptr[1:], strict=True))
        rows = (X.indices[s].tobytes() + X.data[s].tobytes() for s in spans)
    else:
        rows = (row.tobytes() for row in np.ascontiguousarray(X))
    # Digests, as Python's own hash of bytes is another in every process.
    known: dict[bytes, int] = {}
    groups = [known.setdefault(blake2b(row, digest_size=16).digest(), len(known)) for row in rows]
    return np.array(groups, dtype=np.intp) if len(known) < len(groups) else None


def aligned_proba(model: Any, X: Any, n_domains: int) -> FloatArray:
    """Columns of ``predict_proba`` at the codes the model was trained on; zeros for domains absent from its fold."""
    out = np.zeros((X.shape[0], n_domains))
    proba = np.asarray(model.predict_proba(X), dtype=np.float64)
    classes = np.asarray(getattr(model, "classes_", np.arange(n_domains)), dtype=np.intp)
    if proba.shape != (X.shape[0], classes.size) or not np.isfinite(proba).all() or (proba < 0.0).any():
        raise ValueError(
            f"discriminator: predict_proba returned shape {proba.shape}, expected nonnegative numbers of shape "
            f"{(X.shape[0], classes.size)}, one column for each of classes_ (without classes_, for each domain)"
        )
    out[:, classes] = proba
    total = out.sum(axis=1, keepdims=True)
    return np.where(total > 0.0, out / np.where(total > 0.0, total, 1.0), 1.0 / n_domains)


class _Constant:
    """Stands in for a discriminator where a fold holds one domain only."""

    def __init__(self, code: int) -> None:
        self.classes_ = np.array([code])

    def predict_proba(self, X: Any) -> FloatArray:
        return np.ones((X.shape[0], 1))


def fit_discriminator(model: Any, X: Any, codes: npt.NDArray[np.intp]) -> Any:
    """A fitted clone; convergence is not the user's concern, since the fit is calibrated afterwards."""
    if len(np.unique(codes)) < 2:
        return _Constant(int(codes[0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = clone(model, safe=False)
        fitted.fit(X, codes)  # what a network of one's own returns here may be anything
        return fitted


def folds(X: Any, codes: npt.NDArray[np.intp], cv: Any, rng: np.random.RandomState) -> list[tuple[Any, Any]]:
    """Train and test rows; stratified by domain, grouped where rows repeat."""
    if not isinstance(cv, (int, np.integer)):
        return list(cv.split(X, codes)) if hasattr(cv, "split") else list(cv)
    seed = int(rng.randint(np.iinfo(np.int32).max))
    groups = repeated_rows(X)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        if groups is not None and groups.max() >= 1:
            k = min(int(cv), int(groups.max()) + 1)
            split: Any = StratifiedGroupKFold(k, shuffle=True, random_state=seed).split(X, codes, groups)
        else:
            # Domains of one or two points would break stratification: spread what there is.
            k = int(min(cv, len(codes), max(2, np.bincount(codes).max())))
            split = StratifiedKFold(k, shuffle=True, random_state=seed).split(X, codes)
        return [(train, test) for train, test in split if len(test)]


def cross_fit(
    model: Any, X: Any, codes: npt.NDArray[np.intp], n_domains: int, cv: Any, rng: np.random.RandomState
) -> FloatArray:
    """Out-of-fold p(domain | x) of every row."""
    out = np.full((X.shape[0], n_domains), np.nan)
    for train, test in folds(X, codes, cv, rng):
        fitted = fit_discriminator(model, X[train], codes[train])
        out[test] = aligned_proba(fitted, X[test], n_domains)
    if np.isnan(out).any():
        raise ValueError("cv: some rows are in no test fold, expected a partition of the rows")
    return out
