"""The steps of a fit: discriminate, discretise, factorise, and look at what came out."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from .._rows import distinct_labels
from .._validation import FloatArray
from .._warnings import warn_user
from ..decomposition import SimplexNMF
from ._discretise import CategoricalCells, ClusterCells
from ._discriminate import Calibration, cross_fit, default_discriminator, fit_discriminator
from ._report import LabelShiftReport, LabelShiftWarning, align_priors, discriminator_gain, misfit

Codes = npt.NDArray[np.intp]


class ShiftSteps:
    """Base of LatentLabelShift: reads its parameters, returns what they make of the data."""

    n_classes: int
    discriminator: Any
    n_clusters: int | str
    discretizer: str
    factorizer: SimplexNMF | None
    cv: Any
    calibrate: bool

    def _discriminate(self, X: Any, codes: Codes, d: int, rng: np.random.RandomState) -> tuple[Any, Any, Any]:
        if self.discretizer == "categorical":
            return None, None, None
        if isinstance(self.discriminator, str):
            f = probabilities(X, d)
            fitted = None
        else:
            model = default_discriminator(X) if self.discriminator is None else clone(self.discriminator, safe=False)
            if not hasattr(model, "predict_proba"):
                raise ValueError(f"discriminator: {model!r} has no predict_proba, expected a probabilistic classifier")
            if hasattr(model, "get_params") and model.get_params().get("random_state", 0) is None:
                model.set_params(random_state=int(rng.randint(np.iinfo(np.int32).max)))
            f = cross_fit(model, X, codes, d, self.cv, rng)
            fitted = fit_discriminator(model, X, codes)
        calibration = Calibration.fit(f, codes, rng) if self.calibrate else None
        return fitted, calibration, f if calibration is None else calibration(f)

    def _discretise(
        self, X: Any, f: FloatArray | None, codes: Codes, d: int, rng: np.random.RandomState
    ) -> tuple[Any, Codes, FloatArray]:
        k = int(self.n_classes)
        cells: Any
        if f is None:
            cells = CategoricalCells(X + 0.0)
        else:
            m = self.n_clusters
            if isinstance(m, str):
                # Two to four clusters a class, the more the better while a cell (cluster, domain) holds ten points.
                m = min(4 * k, max(2 * k, len(codes) // (10 * d)), max(k + 1, len(codes) // 20))
            if m < k:
                warn_user(f"n_clusters={m} is below n_classes={k}, which is used.", LabelShiftWarning)
                m = k
            cells = ClusterCells(f, min(int(m), len(codes)), rng)
        assigned = cells.assign(X, f)
        counts = np.zeros((cells.n_cells, d))
        np.add.at(counts, (assigned, codes), 1.0)
        used = np.flatnonzero(counts.sum(axis=1) > 0.0)
        if len(used) < cells.n_cells:
            cells.keep(used)
            assigned, counts = cells.assign(X, f), counts[used]
        return cells, assigned, counts

    def _factorise(self, counts: FloatArray, k: int, seed: int) -> tuple[FloatArray, FloatArray, Any]:
        model = SimplexNMF() if self.factorizer is None else clone(self.factorizer)
        model.set_params(n_components=k, random_state=seed)
        T = model.fit_transform(counts.T).T
        return np.ascontiguousarray(model.components_.T), np.ascontiguousarray(T), model.anchors_

    def _refits(self, X: Any, f: FloatArray | None, codes: Codes, T: FloatArray, seed: int) -> list[FloatArray]:
        """Priors from other seeds of the clustering, classes in the order of T."""
        if self.discretizer != "kmeans":
            return []
        found = []
        for other in (1, 2):
            cells, _, counts = self._discretise(X, f, codes, T.shape[1], np.random.RandomState((seed + other) % 2**31))
            if cells.n_cells >= len(T):
                found.append(align_priors(T, self._factorise(counts, len(T), seed)[1]))
        return found

    def _assess(
        self,
        f: FloatArray,
        h: FloatArray,
        codes: Codes,
        single: tuple[FloatArray, FloatArray, FloatArray],
        refits: list[FloatArray],
        seed: int,
    ) -> tuple[LabelShiftReport, float]:
        """The report on counts, A, T of the first clustering and priors of the others, and the misfit's p-value."""
        counts, A, T = single
        share = np.bincount(codes) / len(codes)
        chi2_df, p_value = misfit(counts, A, T)
        singular = np.linalg.svd(np.mean([T, *refits], axis=0) * np.sqrt(share), compute_uv=False)
        distances = [float(np.abs(other - T).sum(axis=0).mean()) for other in refits]
        report = LabelShiftReport(
            chi2_per_df=chi2_df,
            fewer_classes_p_value=fewer_classes(counts, len(T) - 1, seed),
            anchors_per_class=(h > 0.95).sum(axis=0),
            least_singular_value=float(singular[-1]),
            condition_number=float(singular[0] / max(singular[-1], 1e-300)),
            discriminator_gain=discriminator_gain(f, codes, share),
            stability=float(np.mean(distances)) if distances else 0.0,
        )
        return report, p_value


def split_domains(X: Any, domain: Any) -> tuple[Any, Codes]:
    """Sorted domains, and the position of each point's; None is one domain."""
    if domain is None:
        return np.zeros(1, dtype=np.intp), np.zeros(X.shape[0], dtype=np.intp)
    values = np.asarray(domain)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape != (X.shape[0],):
        raise ValueError(f"domain: got shape {values.shape}, expected ({X.shape[0]},), one domain a point")
    if values.dtype.kind == "f" and np.isinf(values).any():
        raise ValueError("domain: contains infinity, expected a domain for every point")
    return distinct_labels("domain", values)


def emissions(counts: FloatArray, A: FloatArray, T: FloatArray, rounds: int = 50) -> FloatArray:
    """p(cluster | class) of larger likelihood for given priors T: the rounds of EM that move A alone."""
    A = np.maximum(A, 1e-6 / len(A))
    for _ in range(rounds):
        A = A * ((counts / np.maximum(A @ T, 1e-300)) @ T.T)
        A = A / np.maximum(A.sum(axis=0), 1e-300)
    return A


def fewer_classes(counts: FloatArray, k: int, seed: int) -> float:
    """p-value of the misfit of the maximum-likelihood fit with k classes."""
    if k < 1:
        return 0.0
    model = SimplexNMF(k, init="spa", stopping="converged", random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        T = model.fit_transform(counts.T).T
    return misfit(counts, np.asarray(model.components_.T, dtype=np.float64), np.asarray(T, dtype=np.float64))[1]


def probabilities(X: Any, d: int) -> FloatArray:
    """Checked p(domain | x) given by the user."""
    f = np.asarray(X, dtype=np.float64)
    if f.shape[1] != d or (f < 0.0).any() or not np.allclose(f.sum(axis=1), 1.0, atol=1e-3):
        raise ValueError(
            f"X: got shape {f.shape}; discriminator='precomputed' expects p(domain | x): {d} nonnegative columns, "
            "one a domain, rows that sum to one"
        )
    return np.asarray(f / f.sum(axis=1, keepdims=True))
