"""Nonnegative factorisation: against scikit-learn, closed forms, and the conditions of optimality."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.decomposition import NMF as SklearnNMF
from sklearn.exceptions import ConvergenceWarning

from pauca import _core
from pauca.decomposition import NMF
from pauca.decomposition._nmf import _rows

KINDS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "csr": sparse.csr_array,
    "csc": sparse.csc_array,
}


def low_rank(n=60, m=40, k=4, noise=0.05, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.gamma(1.0, size=(n, k)) @ (rng.gamma(1.0, size=(k, m)) * (rng.random((k, m)) < 0.6))
    return np.maximum(X + noise * X.mean() * rng.standard_normal(X.shape), 0.0)


def start(X, k, seed=1):
    rng = np.random.default_rng(seed)
    scale = np.sqrt(X.mean() / k)
    return scale * np.abs(rng.standard_normal((X.shape[0], k))), scale * np.abs(rng.standard_normal((k, X.shape[1])))


def naive_hals(X, W, H, n_iter, l1=(0.0, 0.0), l2=(0.0, 0.0)):
    """Textbook HALS: one sweep over the columns of W, one over the rows of H."""
    W, H = W.copy(), H.copy()
    for _ in range(n_iter):
        for k in range(W.shape[1]):
            g = X @ H[k] - W @ (H @ H[k]) - l1[0] - l2[0] * W[:, k]
            W[:, k] = np.maximum(W[:, k] + g / (H[k] @ H[k] + l2[0]), 0.0)
        for k in range(W.shape[1]):
            g = W[:, k] @ X - (W[:, k] @ W) @ H - l1[1] - l2[1] * H[k]
            H[k] = np.maximum(H[k] + g / (W[:, k] @ W[:, k] + l2[1]), 0.0)
    return W, H


def core_fit(X, W, H, n_iter, penalty=(0.0, 0.0, 0.0, 0.0), **options):
    settings = {"sweeps": 1, "extrapolate": False, "n_threads": 1, **options}
    found = _core.nmf_fit(
        _rows(X), None, np.ascontiguousarray(W), np.ascontiguousarray(H.T), kl=False, penalty=penalty, tol=0.0,
        max_iter=n_iter, max_time=np.inf, callback=None, **settings,
    )  # fmt: skip
    return found["left"], found["right"].T, found


@pytest.mark.parametrize("kind", ["C", "csr"])
@pytest.mark.parametrize("k", [1, 3, 4, 7, 29])
def test_one_sweep_is_textbook_hals(kind, k):
    X = np.random.default_rng(0).random((70, 50))  # full rank: no component dies
    W, H = start(X, k)
    mine = core_fit(KINDS[kind](X), W, H, 5)
    theirs = naive_hals(X, W, H, 5)
    np.testing.assert_allclose(mine[0], theirs[0], atol=1e-9)
    np.testing.assert_allclose(mine[1], theirs[1], atol=1e-9)


def test_penalised_sweep_is_textbook_hals():
    X = low_rank(30, 20)
    W, H = start(X, 3)
    mine = core_fit(X, W, H, 7, penalty=(0.4, 1.5, 0.2, 0.7))
    theirs = naive_hals(X, W, H, 7, l1=(0.4, 0.2), l2=(1.5, 0.7))
    np.testing.assert_allclose(mine[0], theirs[0], atol=1e-9)
    np.testing.assert_allclose(mine[1], theirs[1], atol=1e-9)
    R = X - mine[0] @ mine[1]
    value = 0.5 * (R**2).sum() + 0.4 * mine[0].sum() + 0.2 * mine[1].sum()
    value += 0.75 * (mine[0] ** 2).sum() + 0.35 * (mine[1] ** 2).sum()
    assert mine[2]["objective"] == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layouts_and_types_agree(kind, dtype):
    X = low_rank().astype(dtype)
    reference = NMF(4, random_state=0, tol=1e-6, max_iter=1000).fit(low_rank())
    model = NMF(4, random_state=0, tol=1e-6 if dtype == np.float64 else 1e-3, max_iter=1000)
    W = model.fit_transform(KINDS[kind](X))
    assert W.dtype == dtype
    assert model.components_.dtype == dtype
    assert model.reconstruction_err_ == pytest.approx(reference.reconstruction_err_, rel=2e-3)
    direct = np.linalg.norm(X - W @ model.components_)
    assert direct <= model.reconstruction_err_ * (1 + 1e-4)


@pytest.mark.parametrize("loss", ["frobenius", "kullback-leibler"])
@pytest.mark.parametrize("kind", ["C", "csr"])
def test_threads_do_not_change_a_bit(loss, kind):
    X = KINDS[kind](low_rank(400, 30))
    one, two = (NMF(3, beta_loss=loss, random_state=0, tol=1e-3, n_jobs=j).fit(X) for j in (1, 2))
    np.testing.assert_array_equal(one.components_, two.components_)


@pytest.mark.parametrize("loss", ["frobenius", "kullback-leibler"])
def test_optimality_conditions(loss):
    X = low_rank(40, 30, 3)
    model = NMF(3, beta_loss=loss, random_state=0, tol=1e-7, max_iter=20000)
    W = model.fit_transform(X)
    H = model.components_
    residual = W @ H - X if loss == "frobenius" else 1.0 - X / np.maximum(W @ H, 1e-300)
    for factor, gradient in ((W, residual @ H.T), (H, W.T @ residual)):
        projected = np.where(factor > 0.0, np.abs(gradient), np.maximum(-gradient, 0.0))
        assert projected.max() < 2e-4 * np.abs(X).sum() ** 0.5


@pytest.mark.parametrize("loss", ["frobenius", "kullback-leibler"])
@pytest.mark.filterwarnings("ignore:Maximum number of iterations:sklearn.exceptions.ConvergenceWarning")
def test_not_worse_than_scikit_learn(loss):
    gains = []
    for seed in range(5):
        X = low_rank(50, 40, 5, noise=0.3, seed=seed)
        ours = NMF(5, beta_loss=loss, init="random", random_state=seed, tol=1e-6, max_iter=3000).fit(X)
        theirs = SklearnNMF(
            5, beta_loss=loss, solver="cd" if loss == "frobenius" else "mu", init="random", random_state=seed,
            tol=1e-8, max_iter=3000,
        ).fit(X)  # fmt: skip
        gains.append(ours.reconstruction_err_ / theirs.reconstruction_err_)
    assert np.median(gains) < 1.001
    assert max(gains) < 1.03  # local minima differ


def test_divergence_value_and_sign():
    X = low_rank(20, 15, 2, noise=0.3)
    X[X < 0.5] = 0.0
    model = NMF(2, beta_loss="kullback-leibler", init="random", random_state=0, tol=1e-6, max_iter=5000).fit(X)
    W = model.transform(X)
    P = W @ model.components_
    logs = np.where(X > 0.0, X * np.log(np.where(X > 0.0, X, 1.0) / np.maximum(P, 1e-300)), 0.0)
    assert model.reconstruction_err_ == pytest.approx(np.sqrt(2.0 * (logs - X + P).sum()), rel=1e-4)
    assert (np.diff(model.objective_path_) <= 1e-9 * model.objective_path_[0]).all()


def test_objective_falls_without_momentum():
    X = low_rank(noise=0.3)
    W, H = start(X, 4)
    for sweeps in (1, 8):
        path = core_fit(X, W, H, 60, sweeps=sweeps)[2]["objective_path"]
        assert (np.diff(path) <= 1e-12 * path[0]).all()


def test_momentum_returns_the_best_pair():
    X = low_rank(noise=0.3)
    W, H = start(X, 4)
    left, right, found = core_fit(X, W, H, 80, sweeps=8, extrapolate=True)
    assert found["objective"] == pytest.approx(min(found["objective_path"]), rel=1e-12)
    assert 0.5 * np.linalg.norm(X - left @ right) ** 2 == pytest.approx(found["objective"], rel=1e-9)


def test_transform_solves_nonnegative_least_squares():
    from scipy.optimize import nnls

    X = low_rank()
    model = NMF(4, random_state=0, tol=1e-5, max_iter=1000).fit(X)
    new = low_rank(9, 40, seed=5)
    expected = np.array([nnls(model.components_.T, row)[0] for row in new])
    np.testing.assert_allclose(model.transform(new), expected, atol=1e-5 * expected.max())
    np.testing.assert_allclose(model.transform(sparse.csc_array(new)), expected, atol=1e-5 * expected.max())


def test_scaling_equivariance():
    X = low_rank()
    W, H = start(X, 4)
    one = NMF(4, init="custom", tol=1e-5, max_iter=500).fit(X, W=W, H=H)
    big = NMF(4, init="custom", tol=1e-5, max_iter=500).fit(1e6 * X, W=1e6 * W, H=H)
    np.testing.assert_allclose(big.components_, one.components_, rtol=1e-4, atol=1e-6)


def test_degenerate_inputs():
    zero = NMF(2, random_state=0).fit(np.zeros((5, 4)))
    assert zero.reconstruction_err_ == 0.0
    X = low_rank(20, 10, 2)
    X[3], X[:, 4] = 0.0, 0.0
    model = NMF(2, random_state=0, max_iter=1000)
    assert np.isfinite(model.fit_transform(X)).all()
    wide = NMF(5, init="random", random_state=0, max_iter=2000, tol=1e-3).fit(low_rank(6, 4, 2))
    assert wide.components_.shape == (5, 4)


def test_rank_one_has_a_closed_form():
    rng = np.random.default_rng(0)
    X = np.outer(rng.random(30), rng.random(20)) + 0.1 * rng.random((30, 20))
    s = np.linalg.svd(X, compute_uv=False)
    model = NMF(1, init="random", random_state=0, tol=1e-8, max_iter=2000).fit(X)
    assert model.reconstruction_err_ == pytest.approx(np.sqrt((s[1:] ** 2).sum()), rel=1e-6)


def test_inputs_are_not_modified_and_may_be_read_only():
    X = low_rank()
    X.setflags(write=False)
    before = X.copy()
    NMF(3, random_state=0, tol=1e-2).fit(X)
    np.testing.assert_array_equal(X, before)


def test_warns_with_the_figure():
    with pytest.warns(ConvergenceWarning, match="projected gradient is .* Increase max_iter"):
        NMF(4, random_state=0, tol=1e-12, max_iter=3).fit(low_rank())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"init": "custom"}, "'custom' needs both W and H"),
        ({"init": "nndsvd", "n_components": 50}, "n_components <="),
    ],
)
def test_misuse(arguments, message):
    with pytest.raises(ValueError, match=message):
        NMF(**{"n_components": 2, **arguments}).fit(low_rank())
    with pytest.raises(ValueError, match="Negative values"):
        NMF(2).fit(-low_rank())


def test_interrupt_by_time():
    X = low_rank(300, 200)
    model = NMF(8, random_state=0, tol=0.0, max_iter=10**8, max_time=0.2)
    with pytest.warns(ConvergenceWarning, match="max_time"):
        model.fit(X)
    assert model.solver_report_.seconds < 2.0


# -- projections ---------------------------------------------------------------------------------------------------

vectors = hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-50, 50, width=32))


@settings(max_examples=150, deadline=None)
@given(vectors, st.floats(0.01, 20.0))
def test_simplex_projection(v, radius):
    z = _core.project_simplex(v, radius)
    assert (z >= 0.0).all()
    assert z.sum() == pytest.approx(radius, rel=1e-9)
    # Sorted closed form (Held, Wolfe and Crowder).
    u = np.sort(v)[::-1]
    shifts = (np.cumsum(u) - radius) / np.arange(1, len(u) + 1)
    tau = shifts[np.flatnonzero(u > shifts)[-1]]
    np.testing.assert_allclose(z, np.maximum(v - tau, 0.0), atol=1e-9 * (1.0 + np.abs(v).max()))


@settings(max_examples=150, deadline=None)
@given(vectors, st.floats(0.01, 20.0))
def test_l1_ball_projection(v, radius):
    z = _core.project_l1_ball(v, radius)
    assert np.abs(z).sum() <= radius * (1.0 + 1e-9)
    # Variational inequality: <v - z, u - z> <= 0 at the vertices of the ball.
    slack = radius * np.abs(v - z).max() - (v - z) @ z
    assert slack <= 1e-8 * (1.0 + np.abs(v).max()) * radius + 1e-8


def test_habits_from_scikit_learn():
    rng = np.random.default_rng(0)
    X = rng.random((20, 6))
    assert NMF("auto", max_iter=5000, tol=1e-2, random_state=0).fit(X).n_components_ == 6
    W, H = rng.random((20, 3)), rng.random((3, 6))
    model = NMF("auto", init="custom", max_iter=5000)
    model.fit(X, W=W, H=H)
    assert model.n_components_ == 3
    np.testing.assert_allclose(model.inverse_transform(sparse.csr_array(W)), W @ model.components_)
    for wrong in (W[:, :2], W.T):
        with pytest.raises(ValueError, match="expected 3, one a component"):
            model.inverse_transform(wrong)


@pytest.mark.parametrize("beta_loss", ["frobenius", "kullback-leibler"])
@pytest.mark.parametrize("init", ["nndsvda", "nndsvd", "random"])
def test_units_do_not_matter(init, beta_loss):
    """X times s has the factors of X times the root of s: the start too, which would end at once if it were poor."""
    X = np.random.default_rng(0).gamma(0.5, size=(60, 30)) * (np.random.default_rng(1).random((60, 30)) < 0.7)
    options = {"init": init, "beta_loss": beta_loss, "random_state": 0, "max_iter": 500, "tol": 1e-3}
    plain = NMF(4, **options).fit(X)
    assert plain.n_iter_ > 5
    power = 1.0 if beta_loss == "frobenius" else 0.5
    for s in (2.0**-40, 2.0**20, 2.0**60):
        scaled = NMF(4, **options).fit(X * s)
        assert scaled.n_iter_ == plain.n_iter_
        assert scaled.reconstruction_err_ / s**power == pytest.approx(plain.reconstruction_err_, rel=1e-6)


@pytest.mark.parametrize(("dtype", "iterations", "close"), [(np.float32, 100, 5e-5), (np.float64, 100, 1e-6)])
def test_data_of_exactly_that_rank_are_found_in_either_precision(dtype, iterations, close):
    """There the objective is rounding before the factors are: momentum must not take that for a rise."""
    rng = np.random.default_rng(0)
    X = (rng.random((40, 3)) @ rng.random((3, 15))).astype(dtype)
    model = NMF(3, random_state=0, max_iter=iterations)
    W = model.fit_transform(X)
    error = np.linalg.norm(X - W.astype(float) @ model.components_.astype(float))
    assert error < close * np.linalg.norm(X)
    assert 0.0 < model.reconstruction_err_ < close * np.linalg.norm(X)  # no difference of large numbers


@pytest.mark.parametrize(
    ("dtype", "beta_loss", "largest"),
    [
        (np.float32, "frobenius", 1e-30),
        (np.float32, "frobenius", 1e30),
        (np.float64, "frobenius", 1e-200),
        (np.float64, "frobenius", 1e200),
        (np.float64, "kullback-leibler", 1e-30),
    ],
)
def test_units_out_of_range_are_refused(dtype, beta_loss, largest):
    X = (largest * np.eye(4)).astype(dtype)
    with pytest.raises(ValueError, match="its largest entry is .*in other units"):
        NMF(2, beta_loss=beta_loss).fit(X)
