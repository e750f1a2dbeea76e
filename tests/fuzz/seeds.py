"""Small calls of every function of the core, as fits and the functions beside them make them."""

from __future__ import annotations

import warnings

import numpy as np
from recording import Call, recording
from scipy import sparse

from pauca import (
    _core,
    dag,
    datasets,
    decomposition,
    graph,
    inference,
    label_shift,
    linear_model,
    metrics,
    mixed_model,
    moments,
    multitask,
    penalties,
    screening,
    solvers,
)
from pauca.bayes import SBL, KroneckerOMP, KroneckerOperator, KroneckerSBL


def _linear(X: np.ndarray, y: np.ndarray) -> None:
    fit = linear_model.SparseRegressor
    for penalty in ("l1", "mcp", penalties.L0(), penalties.Box(-0.5, 0.5), penalties.GroupL2(groups=np.arange(8) // 2)):
        fit(penalty=penalty, alpha=0.1).fit(X, y)
    fit(alpha=0.1).fit(sparse.csc_array(X), y)
    fit(alpha=0.1).fit(X.astype(np.float32), y)
    fit(alpha=0.1, solver=solvers.GreedyBCD(block_size=2, selection="gs")).fit(X, y)
    for solver in (solvers.AcceleratedProximalGradient(), solvers.ProximalCG()):
        fit(alpha=0.1, solver=solver).fit(X, y)
    fit(penalty="mcp", alpha=0.1, solver=solvers.LLA()).fit(X, y)
    fit(penalty=penalties.L0(), alpha=0.1, solver=solvers.IHT(2)).fit(X, y)
    for penalty in (
        penalties.Slope(), penalties.FusedL1(), penalties.SparseGroup(groups=np.arange(8) // 2),
        penalties.KSupport(2), penalties.Nuclear(shape=(2, 4)), penalties.CompositeMCP(groups=np.arange(8) // 2),
    ):  # fmt: skip
        fit(penalty=penalty, alpha=0.1, solver=solvers.AcceleratedProximalGradient()).fit(X, y)
        penalty.value(y[:8])
        penalty.prox(y[:8], 0.3)
    for penalty in (penalties.L1(), penalties.MCP(), penalties.Box(-1.0, 1.0)):
        penalty.value(y[:8])
        penalty.prox(y[:8], 0.3)
    linear_model.path(X, y, penalty="mcp", alphas=4)
    linear_model.MultiTaskSparseRegressor(alpha=0.1).fit(X, np.c_[y, -y])
    linear_model.SparseClassifier(alpha=0.1).fit(X, y > 0)
    linear_model.SparseClassifier(alpha=0.1).fit(X, np.digitize(y, [-1, 1]))
    event = np.c_[np.exp(y), np.arange(y.size) % 3 > 0]
    cox = linear_model.SparseCoxRegressor(alpha=0.05).fit(X, event)
    cox.predict_survival_function(X[:3]) if hasattr(cox, "predict_survival_function") else None
    metrics.concordance_index(event, cox.predict(X))
    inference.DebiasedLasso().fit(X, y)


def _others(X: np.ndarray, y: np.ndarray) -> None:
    classes = np.where(np.arange(y.size) % 2, y > 0, -1)
    for method in ("red-black", "tree", "greedy-forest", "tree-cg"):
        graph.GraphPropagationClassifier(n_neighbors=3, solver=method).fit(X, classes)
    sample = datasets.make_linear_dag(60, 5, degree=2, random_state=0)
    for noise in ("equal", "unequal"):
        fitted = dag.CoLiDE(noise).fit(sample.X)
    quick = dag.PathFollowing(warm_iter=20, max_iter=20)
    dag.CoLiDE(criterion="colide", solver=quick, threshold=0.1).fit(sample.X)
    dag.CoLiDE(criterion="colide").fit(sample.X)
    dag.topological_order(fitted.adjacency_)
    SBL().fit(X, y)
    rng = np.random.default_rng(0)
    factors = [rng.standard_normal((3, 4)) + 1j * rng.standard_normal((3, 4)), rng.standard_normal((2, 3))]
    received = rng.standard_normal((2, 3, 2)) + 0j
    KroneckerSBL(factors=factors, noise_variance=0.01).fit(received[:1])
    KroneckerSBL(factors=factors).fit_batch(received[:, None])
    KroneckerOMP(factors, 2).fit(received[:1])
    KroneckerOperator(*factors) @ np.ones(12)
    counts = datasets.make_anchored_counts(20, 12, 3, random_state=0).counts
    for solver in ("em", "hals", "minvol"):
        decomposition.SimplexNMF(3, solver=solver, random_state=0).fit(counts).transform(counts)
    for loss in ("frobenius", "kullback-leibler"):
        for data in (np.abs(X), sparse.csr_array(np.abs(X)), np.abs(X).astype(np.float32)):
            decomposition.NMF(2, beta_loss=loss, random_state=0).fit(data).transform(data)
    screening.MutualInformationScreener(k=3).fit(X, y)
    screening.MutualInformationScreener(k=3, criterion="knn").fit(X.astype(np.float32), y > 0)
    mixed_model.StudentMixedRegressor().fit(X[:, :3], y, cluster=np.arange(y.size) // 4)
    task = np.arange(y.size) % 3
    multitask.MultiTaskRepresentation(2).fit(X, y, task=task)
    multitask.MultiTaskRepresentation(2, loss="logistic").fit(X, y > 0, task=task)
    half = moments.Moments().update(X, y)
    half.merge(moments.Moments().update(X.astype(np.float32), y))
    shifted = datasets.make_latent_label_shift(200, n_classes=2, n_domains=3, random_state=0)
    label_shift.LatentLabelShift(2, random_state=0).fit(shifted.X, shifted.domain)
    Q = 4 * np.eye(6) - np.eye(6, k=1) - np.eye(6, k=-1)
    problem = solvers.BlockProblem
    for partition in ("variable", "tree"):
        solvers.minimize_blocks(problem("graph", sparse.csr_array(Q), np.ones(6)), partition=partition)
    for update in ("matrix", "prox-newton", "two-metric"):
        solvers.minimize_blocks(problem("least_squares", X, y, l1=0.1), update=update, block_size=2)
    solvers.minimize_blocks(problem("logistic", X, y > 0, lower=-1.0, upper=1.0), partition="sort", selection="cyclic")
    grouped = problem("least_squares", X, y, group=0.1, groups=np.arange(8) // 2)
    solvers.minimize_blocks(grouped, partition="groups", update="exact-group")
    solvers.minimize_blocks(problem("softmax", X, np.digitize(y, [-1, 1]), ridge=0.1))


def _direct(X: np.ndarray, y: np.ndarray) -> None:
    """What fits do not call, or only with figures too large."""
    ones, Q = np.full(y.size, 1 / y.size), 4 * np.eye(6) - np.eye(6, k=1) - np.eye(6, k=-1)
    _core.build_info()
    _core.loss_conjugate("logistic", [], np.sign(y), ones, -0.1 * np.sign(y) * ones)
    _core.loss_evaluate("huber", [1.0], y, ones, y)
    _core.loss_hessian("logistic", [], np.sign(y), ones, y, np.asfortranarray(X[:, :2]))
    _core.project_simplex(y, 1.0)
    _core.project_l1_ball(y, 1.0)
    S = np.asfortranarray(X[:, :4].T @ X[:, :4])
    _core.path_following_pieces(S, np.ones((4, 4), order="F"), np.zeros((4, 4), order="F"), 1.0, True, False)
    rows = sparse.csr_array(Q)
    q = _core.make_graph(rows.data, rows.indices.astype(np.int64), rows.indptr.astype(np.int64))
    _core.graph_colouring(q)
    _core.graph_forests(q)
    _core.greedy_forest(q, np.arange(6))
    _core.forest_solve(q, np.arange(6), np.ones((6, 2), order="F"))
    _core.column_moments(_core.dense_design(np.asfortranarray(X)), ones)
    codes = np.asfortranarray(np.abs(np.round(X)).astype(np.int8))
    means, absent = _core.genotype_means(codes, 3)
    rows = np.arange(0, 24, 2)
    _core.column_moments(_core.genotype_design(codes, 3, means, absent, None), ones)
    _core.column_moments(_core.genotype_design(codes, 3, means, absent, rows), ones[:12])
    counts = sparse.csr_array(np.abs(np.round(X)))
    table = (counts.data, counts.indices.astype(np.int32), counts.indptr.astype(np.int64))
    halves = np.full((2, X.shape[1]), 1 / X.shape[1], order="F"), np.full((2, y.size), 0.5, order="F")
    _core.simplex_held_out(
        table[0], table[0], *table[1:], X.shape[1], *halves,
        smoothing=0.0, n_threads=2, max_iter=5, max_time=1.0, callback=None,
    )  # fmt: skip
    _core.simplex_log_likelihood(*table, X.shape[1], *halves)
    _core.mixture_weights(*table, halves[0], 1e-6, 2)
    _core.mixture_weights_one(np.abs(y), np.asfortranarray(np.abs(np.c_[y, y**2].T)), 1e-6)
    _core.loss_center("logistic", [], np.sign(y), ones, np.zeros(y.size))
    _core.simplex_least_squares(np.asfortranarray(X[:, :3].T @ X[:, :3]), np.ones((3, 2), order="F"))
    grams = np.stack([X[:12].T @ X[:12], X[12:].T @ X[12:]])
    cross = np.asfortranarray(np.c_[X[:12].T @ y[:12], X[12:].T @ y[12:]])
    two = np.ones(2)
    _core.multitask_heads(grams, cross, two, two, two, np.asfortranarray(np.eye(8)[:, :2]))
    _core.nmf_reconstruction(_core.dense_rows(np.abs(X)), np.ones((24, 2)), np.ones((8, 2)), True)
    _core.logistic_head(np.asfortranarray(X[:, :2]), (y > 0) * 1.0, ones, 0.1, True)


def seeds(per_function: int = 12) -> dict[str, list[Call]]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((24, 8))
    y = X[:, 0] - X[:, 1] + 0.3 * rng.standard_normal(24)
    with warnings.catch_warnings(), recording(per_function) as calls:
        warnings.simplefilter("ignore")
        _linear(X, y)
        _others(X, y)
        _direct(X, y)
    return calls
