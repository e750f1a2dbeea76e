"""Fitted estimators that later versions must still be able to load: one or two a family, on small made-up data."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from pauca.bayes import OMP, SBL, DecomposedSBL, KroneckerOMP, KroneckerSBL
from pauca.channel import ComplexToReal, IRSChannelEstimator, simulate_irs_mimo
from pauca.dag import CoLiDE
from pauca.datasets import make_anchored_counts, make_latent_label_shift, make_linear_dag, make_multitask
from pauca.decomposition import NMF, SimplexNMF
from pauca.graph import GraphPropagationClassifier, GraphPropagationRegressor
from pauca.inference import DebiasedLasso, StabilitySelection
from pauca.label_shift import LatentLabelShift
from pauca.linear_model import (
    MultiTaskSparseRegressor,
    MultiTaskSparseRegressorCV,
    SparseClassifier,
    SparseClassifierCV,
    SparseCoxRegressor,
    SparseCoxRegressorCV,
    SparseRegressor,
    SparseRegressorCV,
    path,
)
from pauca.losses import Huber, Poisson
from pauca.mixed_model import StudentMixedRegressor
from pauca.multitask import MultiTaskRepresentation, RelevanceLasso, TaskSelector
from pauca.penalties import MCP, GroupL2
from pauca.screening import MutualInformationScreener
from pauca.solvers import GreedyBCD

Case = tuple[Any, Callable[[Any], np.ndarray]]


def _table(n: int = 40, p: int = 12, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    return X, X[:, :3] @ [1.0, -2.0, 0.5] + 0.3 * rng.standard_normal(n)


X, Y = _table()
CLASSES = np.where(Y > 1, "high", np.where(Y < -1, "low", "mid"))


def _predict(model: Any) -> np.ndarray:
    return np.asarray(model.predict(X))


def _lasso() -> Case:
    return SparseRegressor(alpha="0.1max", tol=1e-10, solver=GreedyBCD()).fit(X, Y), _predict


def _sparse_mcp() -> Case:
    return SparseRegressor(loss=Huber(1.0), penalty=MCP(gamma=4.0), alpha="0.2max").fit(
        sparse.csc_array(X), Y
    ), _predict


def _poisson() -> Case:
    return SparseRegressor(loss=Poisson(), alpha="0.1max").fit(X, np.round(np.exp(0.3 * Y))), _predict


def _groups() -> Case:
    penalty = GroupL2(groups=np.arange(12) // 3)
    return SparseRegressor(penalty=penalty, alpha="0.1max").fit(X, Y), _predict


def _classifier() -> Case:
    return SparseClassifier(alpha="0.1max").fit(X, CLASSES), lambda model: model.predict_proba(X)


def _multitask() -> Case:
    return MultiTaskSparseRegressor(alpha="0.1max").fit(X, np.c_[Y, 2 * Y + X[:, 5]]), _predict


def _path() -> Case:
    return path(X, Y, penalty="mcp", alphas=10), lambda result: result.predict(X, result.alphas_[4])


def _regressor_cv() -> Case:
    return SparseRegressorCV(alphas=10, cv=3).fit(X, Y), _predict


def _classifier_cv() -> Case:
    return SparseClassifierCV(alphas=10, cv=3).fit(X, Y > 0), lambda model: model.predict_proba(X)


def _graph_classifier() -> Case:
    return GraphPropagationClassifier(n_neighbors=5).fit(X, np.where(np.arange(40) % 2, Y > 0, -1)), _predict


def _graph_regressor() -> Case:
    return GraphPropagationRegressor(n_neighbors=5).fit(X, np.where(np.arange(40) % 2, Y, np.nan)), _predict


def _colide() -> Case:
    data = make_linear_dag(200, 6, degree=2, random_state=0)
    return CoLiDE("equal").fit(data.X), lambda model: model.adjacency_


def _sbl() -> Case:
    return SBL().fit(X, Y), _predict


def _received() -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(0)
    factors = [rng.standard_normal((m, n)) + 1j * rng.standard_normal((m, n)) for m, n in [(6, 8), (5, 7)]]
    return factors, np.einsum("i,j->ij", factors[0][:, 2], factors[1][:, 3])[None]


def _kronecker() -> Case:
    factors, received = _received()
    return KroneckerSBL(factors=factors, noise_variance=0.01).fit(received), lambda model: np.abs(model.coef_)


def _channel() -> Case:
    sim = simulate_irs_mimo(4, 8, 2, n_patterns=6, n_pilots=4, n_grid=8, random_state=0)
    model = IRSChannelEstimator(sim.patterns, sim.pilots, 8, axes=sim.axes, refine=0, floor_target=None)
    return model.fit(sim.received), lambda fitted: np.abs(fitted.cascade_)


def _simplex_nmf() -> Case:
    counts = make_anchored_counts(30, 20, 3, random_state=0).counts
    return SimplexNMF(3, random_state=0).fit(counts), lambda model: model.transform(counts)


def _nmf() -> Case:
    return NMF(3, random_state=0).fit(np.abs(X)), lambda model: model.transform(np.abs(X))


def _nmf_seeded() -> Case:
    return NMF(3, init="random", random_state=0).fit(np.abs(X)), lambda model: model.transform(np.abs(X))


def _nmf_identified() -> Case:
    """Pure rows and columns: one factorisation but for scales, which every way there ends in."""
    rng = np.random.default_rng(0)
    W = np.r_[np.eye(3), rng.random((37, 3)) * (rng.random((37, 3)) < 0.6)]
    data = W @ np.c_[np.eye(3), rng.random((3, 5))]
    model = NMF(3, random_state=0, tol=1e-9, max_iter=5000).fit(data)
    return model, lambda model: model.transform(data) * model.components_.max(axis=1)


def _label_shift() -> Case:
    data = make_latent_label_shift(900, n_classes=3, n_domains=4, concentration=0.2, random_state=0)
    return LatentLabelShift(3, random_state=0).fit(data.X, data.domain), lambda model: model.predict_proba(data.X[:40])


def _screener() -> Case:
    return MutualInformationScreener(k=3).fit(X, Y), lambda model: model.scores_


def _mixed() -> Case:
    return StudentMixedRegressor().fit(X[:, :3], Y, cluster=np.arange(40) // 5), lambda model: model.predict(X[:, :3])


def _survival() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.c_[rng.exponential(np.exp(-Y)), rng.random(40) < 0.7]


def _cox() -> Case:
    return SparseCoxRegressor(alpha="0.2max").fit(X, _survival()), _predict


def _debiased() -> Case:
    return DebiasedLasso().fit(X, Y), lambda model: model.coef_


def _representation() -> Case:
    task = np.arange(40) % 4
    model = MultiTaskRepresentation(2).fit(X[:, :5], Y, task=task)
    return model, lambda fitted: np.abs(fitted.transform(X[:, :5]))


def _complex_to_real() -> Case:
    return ComplexToReal().fit(X[:, :3] + 1j * X[:, 3:6]), lambda model: model.transform(X[:, 6:9] - 1j * X[:, 9:])


def _decomposed_sbl() -> Case:
    factors, received = _received()
    return DecomposedSBL(factors=factors).fit(received), lambda model: np.abs(model.coef_)


def _kronecker_omp() -> Case:
    factors, received = _received()
    return KroneckerOMP(factors=factors, n_nonzero_coefs=1).fit(received), lambda model: np.abs(model.coef_)


def _omp() -> Case:
    return OMP(n_nonzero_coefs=3).fit(X, Y), _predict


def _multitask_cv() -> Case:
    return MultiTaskSparseRegressorCV(alphas=10, cv=3).fit(X, np.c_[Y, 2 * Y + X[:, 5]]), _predict


def _relevance() -> Case:
    return RelevanceLasso().fit(X[:6], Y[:6]), _predict


def _cox_cv() -> Case:
    return SparseCoxRegressorCV(alphas=10, cv=3).fit(X, _survival()), _predict


def _stability() -> Case:
    return StabilitySelection(n_pairs=5, random_state=0).fit(X, Y), lambda model: model.transform(X)


def _task_selector() -> Case:
    data = make_multitask(12, 3, 10, kind="generic", random_state=0)
    rows, _ = data.target(20, 1)
    model = TaskSelector(3, budget=900, random_state=0).fit(data.sources, data.target(40))
    return model, lambda fitted: fitted.predict(rows)


CASES: dict[str, Callable[[], Case]] = {
    make.__name__[1:]: make
    for make in (
        _lasso, _sparse_mcp, _poisson, _groups, _classifier, _multitask, _path, _regressor_cv, _classifier_cv,
        _graph_classifier, _graph_regressor, _colide, _sbl, _kronecker, _channel, _simplex_nmf, _nmf, _nmf_seeded,
        _nmf_identified, _label_shift,
        _screener, _mixed, _cox, _debiased, _representation, _complex_to_real, _decomposed_sbl, _kronecker_omp, _omp,
        _multitask_cv, _relevance, _cox_cv, _stability, _task_selector,
    )
}  # fmt: skip
