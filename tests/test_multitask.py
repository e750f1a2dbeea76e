"""Shared representations and relevance: against brute force, closed forms and linear programs."""

import pickle
import signal
import threading
import time
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pauca.datasets import make_corrupted_digits, make_multitask
from pauca.moments import Moments
from pauca.multitask import MultiTaskRepresentation, RelevanceLasso, TaskHead, TaskSelectionWarning


def subspace_distance(A, B):
    A, B = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    return np.linalg.norm(A - B @ (B.T @ A), 2)


@contextmanager
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TaskSelectionWarning)
        yield


# -- relevance ---------------------------------------------------------------------------------------------------------


def linear_program(W, w):
    M = W.shape[1]
    found = optimize.linprog(np.ones(2 * M), A_eq=np.hstack([W, -W]), b_eq=w, bounds=(0, None), method="highs-ipm")
    assert found.status == 0
    return found.fun


@pytest.mark.parametrize("kind", ["generic", "skew", "single"])
@pytest.mark.parametrize("seed", range(3))
def test_relevance_tends_to_the_linear_program(kind, seed):
    data = make_multitask(kind=kind, random_state=seed)
    value = linear_program(data.task_coef, data.target_coef)
    lasso = RelevanceLasso("1e-7max").fit(data.task_coef, data.target_coef)
    assert abs(np.abs(lasso.relevance_).sum() - value) <= 1e-6 * value
    bp = RelevanceLasso(norm="bp").fit(data.task_coef, data.target_coef)
    assert abs(np.abs(bp.relevance_).sum() - value) <= 1e-9 * value
    assert np.abs(data.task_coef @ bp.relevance_ - data.target_coef).max() <= 1e-10
    assert bp.selected_.size <= data.task_coef.shape[0]


def test_l2_is_the_pseudo_inverse_and_norms_obey_cauchy_schwarz():
    data = make_multitask(random_state=1)
    W, w = data.task_coef, data.target_coef
    nu2 = RelevanceLasso(norm="l2").fit(W, w).relevance_
    np.testing.assert_allclose(nu2, np.linalg.pinv(W) @ w, rtol=1e-10)
    nu1 = RelevanceLasso(norm="bp").fit(W, w).relevance_
    assert np.abs(nu1).sum() <= np.abs(nu2).sum() <= np.sqrt(W.shape[1]) * np.linalg.norm(nu2)


@pytest.mark.parametrize("shape", [(3, 8), (8, 3)])
@pytest.mark.parametrize("alpha", [0.0, 1e-300, 1e-30, "1e-12max"])
def test_a_strength_lost_in_rounding_is_basis_pursuit(shape, alpha):
    """No duality gap shows there when to stop: the lasso ran all its iterations, and warned of a gap below tol."""
    rng = np.random.default_rng(0)
    W, w = rng.standard_normal(shape), rng.standard_normal(shape[0])
    with quiet():
        found, bp = RelevanceLasso(alpha).fit(W, w), RelevanceLasso(norm="bp").fit(W, w)
        few = RelevanceLasso(alpha, max_sources=2).fit(W, w)
        near = RelevanceLasso("1e-8max").fit(W, w) if shape == (3, 8) else RelevanceLasso(norm="l2").fit(W, w)
    assert found.norm_ == "bp"
    np.testing.assert_array_equal(found.relevance_, bp.relevance_)
    assert 1 <= few.selected_.size <= 2
    np.testing.assert_allclose(found.relevance_, near.relevance_, atol=1e-6)


@pytest.mark.parametrize("size", [1e140, 1e-160, 1e300])
def test_basis_pursuit_of_any_units(size):
    rng = np.random.default_rng(0)
    W, w = rng.standard_normal((3, 8)), rng.standard_normal(3)
    plain, scaled = (RelevanceLasso(norm="bp").fit(s * W, s * w) for s in (1.0, size))
    np.testing.assert_allclose(scaled.relevance_, plain.relevance_, atol=1e-12)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 8), st.sampled_from(["l1", "l2", "bp"]))
def test_relevance_does_not_depend_on_order_and_scales(seed, k, M, norm):
    rng = np.random.default_rng(seed)
    W, w = rng.normal(size=(k, M)), rng.normal(size=k)
    weights = rng.uniform(0.5, 2.0, size=M)
    order = rng.permutation(M)

    def fit(W, w, weights):
        with quiet():
            return RelevanceLasso(norm=norm, weights=weights).fit(W, w).relevance_

    nu = fit(W, w, weights)
    np.testing.assert_allclose(fit(W[:, order], w, weights[order]), nu[order], atol=1e-6 * (1 + np.abs(nu).max()))
    np.testing.assert_allclose(fit(3.0 * W, 6.0 * w, weights), 2.0 * nu, atol=1e-5 * (1 + np.abs(nu).max()))


def test_weights_steer_towards_cheap_sources():
    W = np.array([[1.0, 1.0], [1.0, 1.0]])
    nu = RelevanceLasso(norm="bp", weights=[1.0, 5.0]).fit(W, [1.0, 1.0]).relevance_
    np.testing.assert_allclose(nu, [1.0, 0.0], atol=1e-12)


def test_limit_on_sources():
    data = make_multitask(random_state=0)
    for limit in (1, 2, 3):
        with quiet():
            model = RelevanceLasso("1e-4max", max_sources=limit).fit(data.task_coef, data.target_coef)
        assert 1 <= model.selected_.size <= limit
        assert model.residual_ < 1.0


def test_target_orthogonal_to_all_sources_warns():
    W = np.zeros((3, 5))
    W[:2] = np.random.default_rng(0).normal(size=(2, 5))
    for norm in ("l1", "l2", "bp"):
        with pytest.warns(TaskSelectionWarning, match="100%"):
            model = RelevanceLasso(norm=norm).fit(W, [0.0, 0.0, 1.0])
        assert not model.relevance_.any()


def test_an_overstrong_lasso_falls_back_to_the_minimum_norm():
    data = make_multitask(random_state=0)
    model = RelevanceLasso("1max").fit(data.task_coef, data.target_coef)
    assert model.norm_ == "l2"
    assert np.count_nonzero(model.relevance_) == 50


def test_relevance_misuse():
    with pytest.raises(ValueError, match="weights"):
        RelevanceLasso(weights=[1.0, 0.0]).fit(np.eye(2), [1.0, 1.0])
    with pytest.raises(ValueError, match="weights"):
        RelevanceLasso(weights=[1.0]).fit(np.eye(2), [1.0, 1.0])


# -- representation ----------------------------------------------------------------------------------------------------


def naive_als(X, y, task, k, rounds):
    """Alternating least squares by stacked designs, in plain numpy."""
    labels = np.unique(task)
    d = X.shape[1]
    rng = np.random.default_rng(0)
    B = np.linalg.qr(rng.normal(size=(d, k)))[0]
    for _ in range(rounds):
        W = np.stack([np.linalg.lstsq(X[task == m] @ B, y[task == m], rcond=None)[0] for m in labels], axis=1)
        stacked = np.vstack([np.kron(W[:, i], X[task == m]) for i, m in enumerate(labels)])
        vec = np.linalg.lstsq(stacked, np.concatenate([y[task == m] for m in labels]), rcond=None)[0]
        B = np.linalg.qr(vec.reshape(k, d).T)[0]
    loss = 0.0
    for m in labels:
        Z = X[task == m] @ B
        w = np.linalg.lstsq(Z, y[task == m], rcond=None)[0]
        loss += 0.5 * np.sum((y[task == m] - Z @ w) ** 2)
    return B, loss


def test_als_reaches_the_minimum_of_plain_numpy():
    data = make_multitask(10, 2, 8, random_state=0)
    X, y, task = data.sample(20)
    B, loss = naive_als(X, y, task, 2, 150)
    model = MultiTaskRepresentation(2, alpha=0.0, fit_intercept=False, tol=1e-14, max_iter=2000).fit(X, y, task=task)
    assert abs(model.objective_path_[-1] - loss) <= 1e-8 * loss
    assert subspace_distance(B, model.components_.T) <= 1e-4
    residual = y - np.einsum("nd,nd->n", X, model.coef_[task])
    assert abs(0.5 * residual @ residual - loss) <= 1e-8 * loss


@pytest.mark.parametrize("n", [4, 15, 60])
@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_the_objective_never_increases(n, loss):
    data = make_multitask(15, 3, 12, random_state=n)
    X, y, task = data.sample(n)
    if loss == "logistic":
        y = (y > 0).astype(float)
    model = MultiTaskRepresentation(3, loss=loss, alpha=1e-2, max_iter=3000, tol=1e-8).fit(X, y, task=task)
    path = model.objective_path_
    assert path.size >= 3
    assert (np.diff(path) <= 1e-12 * path[0]).all()


@pytest.mark.parametrize("solver", ["als", "svd"])
def test_a_planted_subspace_is_recovered(solver):
    data = make_multitask(30, 4, 25, noise=1e-3, random_state=3)
    X, y, task = data.sample(80)
    X = X @ np.diag(np.linspace(0.3, 3.0, 30))  # unequal variances
    B = np.diag(1.0 / np.linspace(0.3, 3.0, 30)) @ data.basis
    model = MultiTaskRepresentation(4, solver=solver).fit(X, y, task=task)
    if solver == "svd":  # one-shot estimates of every task lose some of it
        assert subspace_distance(B, model.components_.T) <= 0.3
        return
    assert subspace_distance(B, model.components_.T) <= 5e-3
    np.testing.assert_allclose(model.components_ @ model.components_.T, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(model.coef_, (B @ data.task_coef).T, atol=5e-3)


def test_fewer_samples_than_features_in_every_task():
    data = make_multitask(40, 2, 60, noise=0.1, random_state=0)
    X, y, task = data.sample(12)
    model = MultiTaskRepresentation(2, max_iter=1000).fit(X, y, task=task)
    assert subspace_distance(data.basis, model.components_.T) < 0.1
    assert model.score(*data.sample(50, random_state=1)[:2], task=data.sample(50)[2]) > 0.9


def test_one_task_is_ridge_regression():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 6)), rng.normal(size=50)
    weights = rng.uniform(0.5, 2.0, size=50)
    alpha = 0.05
    model = MultiTaskRepresentation(alpha=alpha, tol=1e-14).fit(X, y, sample_weight=weights)
    mean = weights @ X / weights.sum()
    level = (weights @ (X - mean) ** 2).sum() / weights.sum() / 6
    ridge = Ridge(alpha * level * weights.sum()).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(model.coef_[0], ridge.coef_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(model.intercept_[0], ridge.intercept_, rtol=1e-6)


def test_as_many_components_as_features_is_least_squares_in_every_task():
    data = make_multitask(5, 2, 8, random_state=0)
    X, y, task = data.sample(40)
    y = y + task  # intercepts
    model = MultiTaskRepresentation(5, alpha=0.0).fit(X, y, task=task)
    for m in range(8):
        own = LinearRegression().fit(X[task == m], y[task == m])
        np.testing.assert_allclose(model.coef_[m], own.coef_, atol=1e-8)
        np.testing.assert_allclose(model.intercept_[m], own.intercept_, atol=1e-8)


def test_logistic_with_all_components_is_a_fit_of_every_task():
    rng = np.random.default_rng(0)
    X, task = rng.normal(size=(600, 3)), np.repeat(np.arange(4), 150)
    theta = rng.normal(size=(4, 3))
    y = (rng.uniform(size=600) < 1 / (1 + np.exp(-np.einsum("nd,nd->n", X, theta[task]) - 0.5))).astype(float)
    model = MultiTaskRepresentation(3, loss="logistic", alpha=1e-2, tol=1e-13).fit(X, y, task=task)
    within = np.concatenate([X[task == m] - X[task == m].mean(axis=0) for m in range(4)])
    level = (within**2).mean()
    for m in range(4):
        own = LogisticRegression(C=1 / (1e-2 * level * 150), tol=1e-10).fit(X[task == m], y[task == m])
        np.testing.assert_allclose(model.coef_[m], own.coef_[0], atol=1e-5)
        np.testing.assert_allclose(model.intercept_[m], own.intercept_[0], atol=1e-5)
    p = model.predict(X, task=task)
    assert (p >= 0).all()
    assert (p <= 1).all()
    assert 0.0 < model.score(X, y, task=task) < 1.0


def test_logistic_recovers_the_subspace():
    data = make_multitask(20, 2, 30, noise=0.5, random_state=0)
    X, y, task = data.sample(150)
    model = MultiTaskRepresentation(2, loss="logistic", alpha=1e-3).fit(X, (y > 0).astype(float), task=task)
    assert subspace_distance(data.basis, model.components_.T) < 0.25
    head = model.adapt(X[task == 0], (y[task == 0] > 0).astype(float))
    np.testing.assert_allclose(head.coef_, model.coef_[0], rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("rank", ["auto", "nuclear", "cv"])
def test_the_number_of_components_is_found(rank):
    for k in (1, 3):
        data = make_multitask(20, k, 25, random_state=k)
        X, y, task = data.sample(60)
        assert MultiTaskRepresentation(rank).fit(X, y, task=task).n_components_ == k


@pytest.mark.parametrize("rank", ["auto", "nuclear"])
def test_noise_alone_has_one_component(rank):
    rng = np.random.default_rng(0)
    X, y, task = rng.normal(size=(1000, 20)), rng.normal(size=1000), np.repeat(np.arange(20), 50)
    assert MultiTaskRepresentation(rank).fit(X, y, task=task).n_components_ == 1


def test_order_of_rows_units_and_rotations():
    data = make_multitask(15, 3, 12, random_state=0)
    X, y, task = data.sample(30)
    model = MultiTaskRepresentation(3, tol=1e-13, max_iter=1000).fit(X, y, task=task)
    order = np.random.default_rng(0).permutation(len(y))
    other = clone(model).fit(X[order], 10.0 * y[order], task=task[order])
    np.testing.assert_allclose(other.coef_, 10.0 * model.coef_, atol=1e-5)
    Q = np.linalg.qr(np.random.default_rng(1).normal(size=(15, 15)))[0]
    turned = clone(model).fit(X @ Q, y, task=task)
    np.testing.assert_allclose(turned.coef_ @ Q.T, model.coef_, atol=1e-5)


def test_moments_give_the_same_fit():
    data = make_multitask(10, 2, 8, random_state=0)
    X, y, task = data.sample(25)
    rows = MultiTaskRepresentation(2, tol=1e-13).fit(X, y, task=task)
    parts = {}
    for m in range(8):
        Xm, ym = X[task == m], y[task == m]
        parts[m] = Moments().update(Xm[:9], ym[:9]).merge(Moments().update(Xm[9:], ym[9:]))
    model = MultiTaskRepresentation(2, tol=1e-13).fit_moments(parts)
    np.testing.assert_allclose(model.coef_, rows.coef_, atol=1e-9)
    np.testing.assert_allclose(model.intercept_, rows.intercept_, atol=1e-9)
    with pytest.raises(ValueError, match="cv"):
        MultiTaskRepresentation("cv").fit_moments(parts)
    with pytest.raises(ValueError, match="moments"):
        MultiTaskRepresentation().fit_moments({0: Moments()})


def test_adapt_is_least_squares_on_the_representation():
    data = make_multitask(12, 3, 15, random_state=0)
    X, y, task = data.sample(40)
    model = MultiTaskRepresentation(3).fit(X, y, task=task)
    Xt, yt = data.target(30)
    head = model.adapt(Xt, yt)
    assert isinstance(head, TaskHead)
    own = LinearRegression().fit(model.transform(Xt), yt)
    np.testing.assert_allclose(head.task_coef_, own.coef_, rtol=1e-4)
    np.testing.assert_allclose(head.predict(Xt), own.predict(model.transform(Xt)), atol=1e-4)
    assert abs(head.score(Xt, yt) - own.score(model.transform(Xt), yt)) < 1e-6
    loo = model.adapt(Xt, yt, alpha="cv")
    ridges = [(model.adapt(Xt, yt, alpha=a), a) for a in np.geomspace(1e-6, 1e2, 25)]

    def left_out(a):
        keep = [np.delete(np.arange(30), i) for i in range(30)]
        # The ridge is relative to the moments, so that leaving one row out moves it a little.
        return sum(
            (yt[i] - model.adapt(Xt[r], yt[r], alpha=a).predict(Xt[i : i + 1])[0]) ** 2 for i, r in enumerate(keep)
        )

    chosen = min(ridges, key=lambda r: np.abs(r[0].coef_ - loo.coef_).max())[1]
    assert left_out(chosen) <= 1.02 * min(left_out(a) for a in np.geomspace(1e-6, 1e2, 25))
    nu = model.source_relevance(Xt, yt, RelevanceLasso(norm="bp"))
    np.testing.assert_allclose(model.task_coef_ @ nu, head.task_coef_, atol=1e-9)


def test_task_column_names_pipelines_and_routing():
    data = make_multitask(6, 2, 5, random_state=0)
    X, y, task = data.sample(40)
    frame = pd.DataFrame(X, columns=[f"f{j}" for j in range(6)]).assign(task=np.array(list("abcde"))[task])
    by_name = MultiTaskRepresentation(2, task_column="task").fit(frame, y)
    assert by_name.tasks_.tolist() == list("abcde")
    assert by_name.feature_names_in_.tolist() == [f"f{j}" for j in range(6)]
    plain = MultiTaskRepresentation(2).fit(X, y, task=task)
    np.testing.assert_allclose(by_name.predict(frame), plain.predict(X, task=task))
    last = np.column_stack([X, task])
    search = GridSearchCV(
        MultiTaskRepresentation(task_column=-1), {"n_components": [1, 2]}, cv=KFold(3, shuffle=True)
    ).fit(last, y)
    assert search.best_params_ == {"n_components": 2}
    with config_context(enable_metadata_routing=True):
        model = MultiTaskRepresentation(2).set_fit_request(task=True).set_score_request(task=True)
        pipe = make_pipeline(StandardScaler(), model).fit(X, y, task=task)
        assert pipe.score(X, y, task=task) > 0.7
    assert plain.set_output(transform="pandas").transform(X).columns.tolist() == [
        "multitaskrepresentation0",
        "multitaskrepresentation1",
    ]


def test_misuse_names_the_argument():
    data = make_multitask(6, 2, 5, random_state=0)
    X, y, task = data.sample(20)
    model = MultiTaskRepresentation(2).fit(X, y, task=task)
    with pytest.raises(ValueError, match="task: 5 tasks"):
        model.predict(X)
    with pytest.raises(ValueError, match="task: '9' was not in fit"):
        model.predict(X, task=9)
    with pytest.raises(ValueError, match="task: got shape"):
        MultiTaskRepresentation().fit(X, y, task=task[:-1])
    with pytest.raises(ValueError, match="task_column"):
        MultiTaskRepresentation(task_column="name").fit(X, y)
    with pytest.raises(ValueError, match="logistic"):
        MultiTaskRepresentation(loss="logistic").fit(X, y, task=task)
    with pytest.warns(ConvergenceWarning, match="Increase max_iter"):
        MultiTaskRepresentation(2, max_iter=1, tol=0.0).fit(X, y, task=task)


def test_pickles_read_only_input_and_degenerate_tasks():
    data = make_multitask(6, 2, 5, random_state=0)
    X, y, task = data.sample([30, 1, 2, 30, 0 + 5])
    y[task == 3] = 1.0  # constant
    X.setflags(write=False)
    y.setflags(write=False)
    model = MultiTaskRepresentation(2).fit(X, y, task=task)
    assert np.isfinite(model.coef_).all()
    np.testing.assert_allclose(model.coef_[3], 0.0, atol=1e-6)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X, task=task), model.predict(X, task=task))
    constant = MultiTaskRepresentation().fit(np.ones((10, 3)), np.arange(10.0))
    np.testing.assert_allclose(constant.predict(np.ones((1, 3))), 4.5)


def test_ctrl_c_stops_a_fit():
    rng = np.random.default_rng(0)
    X, task = rng.normal(size=(6000, 300)), np.repeat(np.arange(60), 100)
    y = rng.normal(size=6000)
    timer = threading.Timer(0.6, signal.raise_signal, (signal.SIGINT,))
    model = MultiTaskRepresentation(12, tol=0.0, max_iter=10**6)
    timer.start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y, task=task)
    timer.join()
    assert time.perf_counter() - start < 60.0
    assert not hasattr(model, "coef_")


# -- data --------------------------------------------------------------------------------------------------------------


def test_generators():
    skew = make_multitask(kind="skew", random_state=0)
    mostly = np.linalg.norm(skew.task_coef[:2], axis=0) > 0
    assert mostly.sum() == 3
    single = make_multitask(kind="single", random_state=0)
    nu = RelevanceLasso(norm="bp").fit(single.task_coef, single.target_coef)
    assert nu.selected_.size == 1
    assert single.risk(np.zeros(50)) == pytest.approx(4.0)
    with pytest.raises(ValueError, match="kind"):
        make_multitask(kind="other")
    digits = make_corrupted_digits("blur 3", random_state=0)
    assert "blur 3" not in digits.sources
    X, y = digits.target(20)
    Z, _ = digits.target(20)
    np.testing.assert_array_equal(X, Z)
    assert y.sum() == 10
    train = {image.tobytes() for image in digits.train[0]}
    assert not any(image.tobytes() in train for image in digits.test[0])
    with pytest.raises(ValueError, match="target"):
        make_corrupted_digits("blur")


def test_more_components_than_tasks_or_features():
    data = make_multitask(n_features=8, n_components=2, n_tasks=5, random_state=0)
    X, y, task = data.sample(30)
    with pytest.warns(UserWarning, match="n_components=7 is more than 5 tasks of 8 features"):
        assert MultiTaskRepresentation(7).fit(X, y, task=task).n_components_ == 5
    MultiTaskRepresentation(5).fit(X, y, task=task)


def test_adapt_knows_the_task_column():
    data = make_multitask(n_features=6, n_components=2, n_tasks=8, random_state=0)
    X, y, task = data.sample(30)
    frame = pd.DataFrame(X, columns=list("abcdef")).assign(site=[f"s{t}" for t in task])
    model = MultiTaskRepresentation(2, task_column="site").fit(frame, y)
    bare = model.adapt(frame.drop(columns="site")[:40], y[:40])
    np.testing.assert_array_equal(model.adapt(frame[:40], y[:40]).coef_, bare.coef_)
    table = np.column_stack([X, task])
    numbers = MultiTaskRepresentation(2, task_column=-1).fit(table, y)
    np.testing.assert_array_equal(numbers.adapt(table[:40], y[:40]).coef_, numbers.adapt(X[:40], y[:40]).coef_)
    with pytest.raises(ValueError, match="stratify by task"):
        model.predict(frame.assign(site="new"))
