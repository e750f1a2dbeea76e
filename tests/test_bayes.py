"""Kronecker-structured sparse Bayesian learning against dense linear algebra, and its own invariances."""

import numpy as np
import pytest
from bayes_data import dense, kron_all, make, normal, quiet_fit
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import lsqr
from sklearn.base import clone

from pauca.bayes import (
    SBL,
    KroneckerOperator,
    KroneckerSBL,
    nmse,
    oracle_least_squares,
)

CASES = [
    {"is_complex": True},
    {"is_complex": False, "L": 2},
    {"ms": (7, 5), "ns": (5, 9), "L": 3},  # a tall factor
    {"ms": (7, 8), "ns": (5, 6), "is_complex": False},  # all tall
    {"ms": (12,), "ns": (20,), "snr_db": 25},
    {"ms": (1, 4, 3), "ns": (3, 6, 5)},  # one row
    {"ms": (4, 5), "ns": (6, 1), "k": 1},  # one atom
]


# ---------------------------------------------------------------- operator


@pytest.mark.parametrize("dtype", [np.float64, np.complex128, np.float32, np.complex64])
def test_operator_equals_the_dense_product(dtype):
    rng = np.random.default_rng(0)
    H = [normal(rng, m, n, is_complex=np.issubdtype(dtype, np.complexfloating)).astype(dtype) for m, n in [(2, 3), (4, 2), (3, 5)]]  # fmt: skip # noqa: E501
    op, K = KroneckerOperator(*H), kron_all(H)
    tol = 1e-4 if np.dtype(dtype).itemsize in (4, 8) and dtype != np.float64 else 1e-12
    x, X, y = normal(rng, 30), normal(rng, 30, 4), normal(rng, 24, 3)
    assert op.shape == K.shape
    assert op.dtype == dtype
    np.testing.assert_allclose(op @ x, K @ x, atol=tol)
    np.testing.assert_allclose(op @ X, K @ X, atol=tol)
    np.testing.assert_allclose(op.H @ y, K.conj().T @ y, atol=tol)
    np.testing.assert_allclose(op.rmatmat(y), K.conj().T @ y, atol=tol)
    np.testing.assert_allclose(op.T @ y, K.T @ y, atol=tol)
    np.testing.assert_allclose(op.gram().to_dense(), K.conj().T @ K, atol=10 * tol)
    np.testing.assert_allclose(op.pinv().to_dense(), kron_all([np.linalg.pinv(h) for h in H]), atol=10 * tol)
    np.testing.assert_allclose(op.apply(X.T.reshape(2, 2, 3, 2, 5)).reshape(4, -1), (K @ X).T, atol=tol)
    np.testing.assert_allclose(op.to_dense(), K)


def test_operator_with_mixed_factors_and_solvers():
    rng = np.random.default_rng(1)
    H = [rng.standard_normal((5, 3)), normal(rng, 4, 4), rng.standard_normal((3, 2))]
    op = KroneckerOperator(*H)
    x = normal(rng, 24)
    np.testing.assert_allclose(lsqr(op, op @ x, atol=1e-14, btol=1e-14)[0], x, atol=1e-8)
    with pytest.raises(TypeError, match="slice the factors"):
        op[0]
    assert repr(op) == "KroneckerOperator(5x3 (x) 4x4 (x) 3x2, dtype=complex128)"


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        ((), "got none"),
        ((np.ones(3),), "factors\\[0\\]: got shape"),
        ((np.eye(2), np.array([[np.nan]])), "factors\\[1\\]: contains NaN"),
        ((np.empty((0, 2)),), "rows and columns"),
    ],
)
def test_operator_refuses(factors, words):
    with pytest.raises(ValueError, match=words):
        KroneckerOperator(*factors)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=4), st.integers(1, 3), st.booleans()
)
def test_operator_adjoint_identity(sizes, L, is_complex):
    rng = np.random.default_rng(len(sizes) + L)
    op = KroneckerOperator(*(normal(rng, *s, is_complex=is_complex) for s in sizes))
    x, y = normal(rng, op.shape[1], L), normal(rng, op.shape[0], L)
    assert np.vdot(y, op @ x) == pytest.approx(np.vdot(op.rmatmat(y), x), abs=1e-10)


# ---------------------------------------------------------------- the exact posterior


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("method", ["mm", "am", "svd"])
def test_posterior_equals_the_dense_one(case, method):
    H, _, Y, s2, _ = make(**case)
    model = quiet_fit(KroneckerSBL(factors=H, method=method, noise_variance=s2, prune=0.0, max_iter=8), Y)
    mean, variance, cost, covariance = dense(H, Y, model.gamma_, s2)
    np.testing.assert_allclose(model.coef_, mean, atol=1e-10 * np.abs(mean).max())
    np.testing.assert_allclose(model.variance_.ravel(), variance, atol=1e-10 * variance.max())
    assert model.objective_path_[-1] == pytest.approx(cost, rel=1e-10)
    p = model.posterior_
    np.testing.assert_allclose(p.mean(Y), mean, atol=1e-10 * np.abs(mean).max())
    np.testing.assert_allclose(p.variance().ravel(), variance, atol=1e-10 * variance.max())
    K = kron_all(H)
    predictive = np.diag(K @ covariance @ K.conj().T).real
    np.testing.assert_allclose(p.predictive_variance().ravel(), predictive, atol=1e-10 * predictive.max())


@pytest.mark.parametrize("is_complex", [True, False])
def test_pruned_fit_is_the_posterior_of_what_is_left(is_complex):
    H, x, Y, s2, sets = make((8, 9, 7), (12, 10, 11), L=2, is_complex=is_complex, snr_db=25, seed=3)
    model = KroneckerSBL(factors=H, noise_variance=s2).fit(Y)
    for found, true in zip(model.active_, sets, strict=True):
        np.testing.assert_array_equal(found, true)
    mean, variance, cost, _ = dense(H, Y, model.gamma_, s2)
    np.testing.assert_allclose(model.coef_, mean, atol=1e-10)
    np.testing.assert_allclose(model.variance_.ravel(), variance, atol=1e-10)
    assert model.objective_path_[-1] == pytest.approx(cost, rel=1e-10)
    assert nmse(x, model.coef_) < 1.5 * nmse(x, oracle_least_squares(H, Y, sets)) + 1e-4
    assert len(model.active_path_) == len(model.objective_path_)
    assert model.active_path_[-1] == 8


def test_variances_survive_high_snr():
    H, _, Y, s2, _ = make((3, 4), (5, 6), snr_db=120, is_complex=False)
    model = quiet_fit(KroneckerSBL(factors=H, noise_variance=s2, max_iter=30, prune=0.0), Y)
    assert (model.variance_ >= 0).all()
    assert np.isfinite(model.objective_path_).all()


def test_cost_gradient_by_finite_differences():
    # dC/dG_j = L z_j - sum_l |mu_jl / G_j|^2, through the returned mean and variances.
    H, _, Y, s2, _ = make((3, 4), (4, 5), L=2)
    model = quiet_fit(KroneckerSBL(factors=H, noise_variance=s2, prune=0.0, max_iter=3), Y)
    G = kron_all(model.gamma_)
    z = (1 - model.variance_.ravel() / G) / G
    gradient = 2 * z - np.sum(np.abs(model.coef_.reshape(2, -1) / G) ** 2, axis=0)
    K, y = kron_all(H), Y.reshape(2, -1).T

    def cost(g):
        sigma = s2 * np.eye(len(K)) + (K * g) @ K.conj().T
        return 2 * np.linalg.slogdet(sigma)[1] + np.vdot(y, np.linalg.solve(sigma, y)).real

    for j in range(0, len(G), 3):
        h = 1e-5 * G.max()
        e = np.zeros_like(G)
        e[j] = h
        slope = (cost(G + e) - cost(G - e)) / (2 * h)
        assert slope == pytest.approx(gradient[j], rel=1e-5, abs=1e-6 * np.abs(gradient).max())


# ---------------------------------------------------------------- iterations


@pytest.mark.parametrize("coupling", [None, (0.5, 0.0, 0.8)])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("method", "n_inner"), [("mm", 1), ("am", 1), ("am", 20)])
def test_cost_never_rises(method, n_inner, known, coupling):
    if coupling and method == "am":
        coupling = None  # the published coupled step claims no monotonicity
    H, _, Y, s2, _ = make(L=2, snr_db=15)
    model = KroneckerSBL(
        factors=H, method=method, n_inner=n_inner, noise_variance=s2 if known else None, prune=0.0, tol=0.0,
        max_iter=300, coupling=coupling,
    )  # fmt: skip
    path = quiet_fit(model, Y).objective_path_
    assert np.diff(path).max() <= 1e-9 * np.abs(path).max()
    assert path[-1] < path[0] - 1.0


def test_alternating_minimisation_reaches_uniform_marginals():
    # At the minimiser of the M-step every mode-marginal mean of Lambda / G is one: run one EM iteration with many
    # inner sweeps from the known start, and recompute Lambda densely.
    H, _, Y, s2, _ = make((4, 5, 6), (6, 7, 5), is_complex=True)
    first = quiet_fit(KroneckerSBL(factors=H, method="am", noise_variance=s2, prune=0.0, max_iter=1, n_inner=500, inner_tol=0.0), Y)  # fmt: skip # noqa: E501
    scale = np.prod([np.linalg.norm(h) ** 2 for h in H])
    energy = np.sum(np.abs(Y) ** 2)
    start = max(energy - Y.size * s2, 0.1 * energy) / scale
    gamma0 = [np.ones(6), np.ones(7), np.full(5, start)]
    mean, variance, _, _ = dense(H, Y, gamma0, s2)
    ratio = (np.abs(mean[0]) ** 2 + variance.reshape(mean[0].shape)) / np.einsum("i,j,k->ijk", *first.gamma_)
    for axes in [(1, 2), (0, 2), (0, 1)]:
        np.testing.assert_allclose(ratio.mean(axis=axes), 1.0, atol=1e-9)


def test_one_factor_is_classic_sparse_bayesian_learning():
    H, _, Y, s2, _ = make((12,), (20,), seed=5)
    model = quiet_fit(KroneckerSBL(factors=H, method="am", noise_variance=s2, prune=0.0, tol=0.0, max_iter=10), Y)
    y = Y[0]
    g = np.full(20, max(np.sum(np.abs(y) ** 2) - 12 * s2, 0.1 * np.sum(np.abs(y) ** 2)) / np.linalg.norm(H[0]) ** 2)
    for _ in range(10):
        mean, variance, _, _ = dense(H, Y, [g], s2)
        g = np.abs(mean[0]) ** 2 + variance
    np.testing.assert_allclose(model.gamma_[0], g, rtol=1e-8)


def test_dense_model_equals_one_factor_and_shares_hyperparameters():
    H, _, Y, s2, _ = make((12,), (20,), L=3, seed=5)
    a = KroneckerSBL(factors=H, noise_variance=s2, prune=1e-3).fit(Y)
    b = SBL(noise_variance=s2).fit(H[0], Y.T)
    np.testing.assert_allclose(a.coef_, b.coef_, atol=1e-12)
    assert b.coef_.shape == (3, 20)
    np.testing.assert_allclose(b.predict(H[0]), H[0] @ b.coef_.T)
    assert b.score(H[0], Y.T) > 10


def test_learned_noise_is_near_the_truth():
    H, _, Y, s2, _ = make((10, 11, 9), (14, 13, 12), snr_db=15, seed=2)
    for method in ("mm", "svd"):
        model = quiet_fit(KroneckerSBL(factors=H, method=method), Y)
        assert model.noise_variance_ == pytest.approx(s2, rel=0.15)


def test_block_sparsity_helps_on_blocks():
    better = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        H = [normal(rng, 6, 18), normal(rng, 8, 18)]
        x = np.zeros((18, 18), complex)
        x[4:8, 10:14] = normal(rng, 4, 4)
        clean = H[0] @ x @ H[1].T
        Y = clean + np.sqrt(np.mean(np.abs(clean) ** 2) / 10) * normal(rng, 6, 8)
        plain = nmse(x, quiet_fit(KroneckerSBL(factors=H), Y).coef_)
        coupled = nmse(x, quiet_fit(KroneckerSBL(factors=H, coupling=0.8), Y).coef_)
        nnls = nmse(x, quiet_fit(KroneckerSBL(factors=H, coupling=0.8, method="am"), Y).coef_)
        assert np.isfinite(nnls)
        better += coupled < plain
    assert better >= 4


# ---------------------------------------------------------------- invariances


@pytest.mark.parametrize("method", ["mm", "am", "svd"])
def test_units_do_not_matter(method):
    H, _, Y, s2, _ = make(L=2)
    c, d = 1e6, [3e-4, 50.0, 2e3]
    params = {"method": method, "max_iter": 20}
    a = quiet_fit(KroneckerSBL(factors=H, noise_variance=s2, **params), Y)
    b = quiet_fit(KroneckerSBL(factors=[h * f for h, f in zip(H, d, strict=True)], noise_variance=s2 * c**2, **params), c * Y)  # fmt: skip # noqa: E501
    np.testing.assert_allclose(b.coef_ * np.prod(d) / c, a.coef_, atol=1e-9 * np.abs(a.coef_).max())
    assert b.n_iter_ == a.n_iter_


@pytest.mark.parametrize("method", ["mm", "svd"])
def test_rotations_do_not_matter(method):
    H, _, Y, _, _ = make()
    rng = np.random.default_rng(9)
    Q = [np.linalg.qr(normal(rng, len(h), len(h)))[0] for h in H]
    rotated = np.einsum("ai,bj,ck,lijk->labc", *Q, Y)
    a = quiet_fit(KroneckerSBL(factors=H, method=method, max_iter=30), Y)
    b = quiet_fit(KroneckerSBL(factors=[q @ h for q, h in zip(Q, H, strict=True)], method=method, max_iter=30), rotated)
    np.testing.assert_allclose(a.coef_, b.coef_, atol=1e-8 * np.abs(a.coef_).max())


def test_order_of_atoms_and_rows_does_not_matter():
    H, _, Y, _, _ = make()
    rng = np.random.default_rng(0)
    p = [rng.permutation(h.shape[1]) for h in H]
    a = KroneckerSBL(factors=H).fit(Y)
    b = KroneckerSBL(factors=[h[:, i] for h, i in zip(H, p, strict=True)]).fit(Y)
    np.testing.assert_allclose(b.coef_, a.coef_[:, p[0]][:, :, p[1]][..., p[2]], atol=1e-8)


def test_white_noise_covariance_is_no_covariance_and_coloured_noise_is_whitened():
    H, _, Y, s2, _ = make(L=2)
    a = KroneckerSBL(factors=H, noise_variance=s2).fit(Y)
    eye = KroneckerSBL(factors=H, noise_variance=s2, noise_covariance=[None, np.eye(5), None]).fit(Y)
    np.testing.assert_allclose(a.coef_, eye.coef_, atol=1e-12)
    rng = np.random.default_rng(3)
    A = np.eye(4) + 0.5 * normal(rng, 4, 4)
    coloured = [A @ H[0], *H[1:]]
    C = A @ A.conj().T
    b = KroneckerSBL(factors=coloured, noise_variance=s2, noise_covariance=[C, None, None])
    b.fit(np.einsum("ai,lijk->lajk", A, Y))
    # Whitening by a Cholesky factor differs from undoing A by a rotation only.
    np.testing.assert_allclose(a.coef_, b.coef_, atol=1e-8)
    np.testing.assert_allclose(b.predict(np.einsum("ai,lijk->lajk", A, Y)), b.coef_, atol=1e-8)
    with pytest.raises(ValueError, match="not positive definite"):
        clone(b).set_params(noise_covariance=[-C, None, None]).fit(Y)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 6)), min_size=1, max_size=3),
    st.sampled_from(["mm", "am", "svd"]),
    st.booleans(),
)
def test_any_shape_gives_the_dense_posterior(seed, sizes, method, is_complex):
    ms = [m for m, _ in sizes]
    rng = np.random.default_rng(seed)
    H = [normal(rng, m, n, is_complex=is_complex) for m, n in sizes]
    Y = normal(rng, 1, *ms, is_complex=is_complex)
    model = quiet_fit(KroneckerSBL(factors=H, method=method, noise_variance=0.1, prune=0.0, max_iter=3), Y)
    mean, variance, cost, _ = dense(H, Y, model.gamma_, 0.1)
    np.testing.assert_allclose(model.coef_, mean, atol=1e-9)
    np.testing.assert_allclose(model.variance_.ravel(), variance, atol=1e-9)
    assert model.objective_path_[-1] == pytest.approx(cost, rel=1e-9, abs=1e-9)
