"""CoLiDE as users meet it: recovery, certificates, constraints, degenerate data, series, interventions, queries."""

import threading
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from pauca import dag
from pauca.dag import CoLiDE, PathFollowing, colide_path
from pauca.datasets import make_linear_dag
from pauca.metrics import (
    noise_variance_error,
    shd_cpdag,
    structural_hamming_distance,
    weight_error,
)
from pauca.moments import Moments

QUICK = PathFollowing(warm_iter=400, max_iter=800, learning_rate=3e-3, checkpoint=100)


def certified(model):
    A = model.adjacency_[np.ix_(model.order_, model.order_)]
    return not np.any(np.tril(A)) and sorted(model.order_) == list(range(len(A))) and model.is_dag()


@pytest.mark.parametrize("d", [20, 50])
@pytest.mark.parametrize("seed", range(4))
def test_equal_variances_are_recovered(d, seed):
    data = make_linear_dag(1000, d, random_state=seed)
    model = CoLiDE("equal", threshold=0.3).fit(data.X)
    assert structural_hamming_distance(data.adjacency, model.adjacency_) == 0
    assert weight_error(data.adjacency, model.adjacency_) < 0.05
    assert noise_variance_error(data.noise_variances, model.noise_variances_) < 0.05
    assert np.ptp(model.noise_variances_) == 0.0
    assert certified(model)


def test_unequal_variances_are_nearly_recovered():
    distances, base = [], []
    for seed in range(6):
        data = make_linear_dag(1000, 30, variance="unequal", random_state=seed)
        model = CoLiDE().fit(data.X)
        distances.append(structural_hamming_distance(data.adjacency, model.adjacency_))
        base.append(structural_hamming_distance(data.adjacency, dag.sort_and_regress(data.X)))
        assert certified(model)
    assert np.mean(distances) <= 4.0 < np.mean(base)


@pytest.mark.parametrize("criterion", ["bic", "colide"])
def test_permuting_columns_permutes_the_graph(criterion):
    data = make_linear_dag(500, 12, degree=2, variance="unequal", random_state=3)
    p = np.random.RandomState(0).permutation(12)
    a = CoLiDE(criterion=criterion, n_starts=6).fit(data.X)
    b = CoLiDE(criterion=criterion, n_starts=6).fit(data.X[:, p])
    assert b.objective_ == pytest.approx(a.objective_, rel=1e-6)
    assert shd_cpdag(a.adjacency_[np.ix_(p, p)], b.adjacency_) <= 1


def test_units_do_not_matter_to_bic_and_scale_alpha():
    data = make_linear_dag(800, 10, degree=2, variance="unequal", random_state=1)
    scale = 10.0 ** np.random.RandomState(0).uniform(-3, 3, 10)
    a, b = CoLiDE().fit(data.X), CoLiDE(init=CoLiDE().fit(data.X).order_).fit(data.X * scale)
    assert b.bic_ - 2 * 800 * np.log(scale).sum() == pytest.approx(a.bic_, abs=1e-3)
    # The CoLiDE score is homogeneous: the data term of degree one in X, so that alpha goes with the unit.
    small, large = (CoLiDE(criterion="colide").fit(f * data.X) for f in (1.0, 3.0))
    first = CoLiDE(criterion="colide", alpha=0.05, init=small.order_, solver="topdown").fit(data.X)
    scaled = CoLiDE(criterion="colide", alpha=0.15, init=small.order_, solver="topdown").fit(3.0 * data.X)
    assert scaled.weights_raw_ == pytest.approx(first.weights_raw_, abs=1e-6)
    assert large.objective_ <= 3.0 * small.objective_


@pytest.mark.parametrize("solver", ["auto", "topdown", QUICK])
@pytest.mark.parametrize("case", ["duplicates", "constant", "few", "one", "two", "collinear"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_degenerate_data(case, solver):
    rng = np.random.RandomState(0)
    X = make_linear_dag(60, 6, degree=1, random_state=0).X
    if case == "duplicates":
        X = np.hstack([X, X[:, :2]])
    elif case == "constant":
        X = np.hstack([X, np.full((60, 1), 7.1), np.zeros((60, 1))])
    elif case == "few":
        X = make_linear_dag(8, 20, random_state=0).X
    elif case in ("one", "two"):
        X = X[:, : 1 if case == "one" else 2]
    else:
        X = np.column_stack([X, X @ rng.standard_normal(6)])
    for variance in ("equal", "unequal"):
        criteria = ["colide"] if solver is QUICK else ["colide", "bic"]
        for criterion in criteria:
            model = CoLiDE(variance, criterion=criterion, solver=solver).fit(X)
            assert certified(model)
            for value in (model.adjacency_, model.noise_variances_, model.intercept_, model.predict(X)):
                assert np.isfinite(value).all()
            assert np.isfinite(model.score(X))
            if case == "constant":
                assert not model.adjacency_[6:].any()
                assert not model.adjacency_[:, 6:].any()


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_constraints_are_obeyed(seed):
    rng = np.random.RandomState(seed)
    d = rng.randint(3, 9)
    data = make_linear_dag(120, d, degree=1.5, variance="unequal", random_state=seed)
    tiers = rng.randint(0, 3, d)
    ok = tiers[:, None] <= tiers[None, :]
    order = np.lexsort((rng.uniform(size=d), tiers))
    rank = np.argsort(order)
    include = (rng.uniform(size=(d, d)) < 0.15) & (rank[:, None] < rank[None, :]) & ok
    exclude = (rng.uniform(size=(d, d)) < 0.3) & ~include
    for options in ({}, {"criterion": "colide"}, {"criterion": "colide", "solver": QUICK}):
        with pytest.MonkeyPatch.context():
            import warnings

            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model = CoLiDE(tiers=tiers, include=include, exclude=exclude, n_starts=4, **options).fit(data.X)
        edges = model.adjacency_ != 0.0
        assert edges[include].all()
        assert not edges[exclude].any()
        assert not edges[~ok].any()
        assert certified(model)


def test_constraints_by_name():
    data = make_linear_dag(300, 5, degree=2, random_state=0)
    frame = pd.DataFrame(data.X, columns=["age", "dose_a", "dose_b", "y", "z"])
    model = CoLiDE(exclude=[("dose_*", "dose_*")], include=[("age", "y")], tiers=[["age"], ["dose_*"], ["y", "z"]]).fit(
        frame
    )
    A = pd.DataFrame(model.adjacency_ != 0, index=frame.columns, columns=frame.columns)
    assert not A.loc["dose_a", "dose_b"]
    assert not A.loc["dose_b", "dose_a"]
    assert A.loc["age", "y"]
    assert not A["age"].any()
    outside = CoLiDE(exogenous=["age", "dose_*"]).fit(frame)
    assert not outside.adjacency_[:, :3].any()
    assert certified(outside)
    with pytest.raises(ValueError, match=r"exclude.*matches no feature"):
        CoLiDE(exclude=[("nobody", "y")]).fit(frame)
    with pytest.raises(ValueError, match="is in both"):
        CoLiDE(exclude=[("age", "y")], include=[("age", "y")]).fit(frame)
    with pytest.raises(ValueError, match="cycle"):
        CoLiDE(include=[("age", "y"), ("y", "age")]).fit(frame)
    with pytest.raises(ValueError, match="contradicts tiers"):
        CoLiDE(include=[("y", "age")], tiers=[["age"], ["dose_*", "y", "z"]]).fit(frame)
    with pytest.raises(ValueError, match="'dose_a' is in tier 0 and in tier 1"):
        CoLiDE(tiers=[["age", "dose_a"], ["dose_*", "y", "z"]]).fit(frame)
    with pytest.raises(ValueError, match="no tier"):
        CoLiDE(tiers={"age": 0}).fit(frame)
    with pytest.raises(ValueError, match=r"tiers: got 2 tiers, expected one for each of \d+ features"):
        CoLiDE(tiers=[0, 1]).fit(frame)
    numbers = [0, 0, 0, 1, 1]
    as_list, as_array = (CoLiDE(tiers=t).fit(frame.iloc[:, :5]) for t in (numbers, np.array(numbers)))
    assert np.array_equal(as_list.adjacency_, as_array.adjacency_)
    frame["group"] = pd.Categorical(["a", "b"] * 150)
    with pytest.raises(ValueError, match="exogenous"):
        CoLiDE().fit(frame)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("options", [{}, {"criterion": "colide"}, {"criterion": "colide", "solver": QUICK}])
def test_nonnegative(options):
    data = make_linear_dag(500, 10, degree=2, variance="unequal", random_state=4)
    model = CoLiDE(nonnegative=True, **options).fit(data.X)
    assert model.adjacency_.min() >= 0.0
    assert model.weights_raw_.min() >= 0.0
    assert (model.adjacency_ > 0).any()
    positive = make_linear_dag(500, 10, degree=2, random_state=4)
    X = positive.X @ (np.eye(10) - positive.adjacency) @ np.linalg.inv(np.eye(10) - np.abs(positive.adjacency))
    fit = CoLiDE("equal", nonnegative=True).fit(X)
    assert structural_hamming_distance(positive.adjacency, fit.adjacency_) <= 1


def test_weights_count_rows_and_inputs_stay_untouched():
    data = make_linear_dag(80, 6, degree=1.5, variance="unequal", random_state=2)
    counts = np.random.RandomState(0).randint(0, 4, 80)
    a = CoLiDE().fit(data.X, sample_weight=counts)
    b = CoLiDE().fit(np.repeat(data.X, counts, axis=0))
    assert a.adjacency_ == pytest.approx(b.adjacency_, abs=1e-8)
    X = data.X + 100.0
    X.setflags(write=False)
    before = X.copy()
    model = CoLiDE(criterion="colide", solver=QUICK, threshold=0.1)
    with pytest.warns(ConvergenceWarning):
        model.fit(X)
    assert np.array_equal(X, before)
    assert model.solver.s == (1.0, 0.9, 0.8, 0.7)


def test_moments_in_parts_and_partial_fit():
    data = make_linear_dag(600, 8, degree=2, variance="unequal", random_state=6)
    X = data.X + np.arange(8.0)
    whole = CoLiDE().fit(X)
    parts = Moments().update(X[:100]).merge(Moments().update(X[100:]))
    merged = CoLiDE().fit_moments(parts)
    # An edge that its Markov class leaves undirected may turn with the last digits: score and skeleton do not.
    assert merged.bic_ == pytest.approx(whole.bic_, rel=1e-9)
    skeleton = [(m.adjacency_ != 0) | (m.adjacency_ != 0).T for m in (merged, whole)]
    assert np.array_equal(*skeleton)
    stream = CoLiDE()
    for block in np.array_split(X, 5):
        stream.partial_fit(block)
    assert stream.objective_ <= whole.objective_ + 1e-6 * abs(whole.objective_)
    assert stream.moments_.n_samples_ == 600
    first = CoLiDE().partial_fit(X[:300])
    kept = first.moments_.factor_.copy()
    clone(first).fit(X)
    assert np.array_equal(first.moments_.factor_, kept)
    cov = CoLiDE().fit_moments(np.cov(X.T, bias=True), n_samples=600, mean=X.mean(axis=0))
    assert cov.intercept_ == pytest.approx(whole.intercept_, abs=1e-6)
    assert cov.bic_ == pytest.approx(whole.bic_, rel=1e-9)


def test_predict_score_and_total_effect():
    data = make_linear_dag(2000, 8, degree=2, variance="unequal", random_state=3)
    X = data.X + 5.0
    model = CoLiDE().fit(X)
    residual = X - model.predict(X)
    assert residual.mean(axis=0) == pytest.approx(np.zeros(8), abs=1e-9)
    assert (residual**2).mean(axis=0) == pytest.approx(model.noise_variances_, rel=1e-6)
    from scipy.stats import norm

    expected = norm.logpdf(residual, scale=np.sqrt(model.noise_variances_)).sum(axis=1).mean()
    assert model.score(X) == pytest.approx(expected, rel=1e-9)
    T = np.linalg.inv(np.eye(8) - model.adjacency_)
    for i in range(8):
        for j in range(8):
            assert model.total_effect(i, j) == pytest.approx(T[i, j], abs=1e-9)
    drawn = model.sample(200_000, random_state=0)
    assert np.cov(drawn.T) == pytest.approx(np.cov(X.T), rel=0.05, abs=0.05 * np.var(X))
    source = int(model.order_[0])
    low, high = (model.sample(100_000, random_state=1, do={source: v}).mean(axis=0) for v in (0.0, 1.0))
    assert high - low == pytest.approx(T[source], abs=1e-9)


def test_edges_table_and_resamples():
    data = make_linear_dag(400, 6, degree=1.5, variance="unequal", random_state=0)
    frame = pd.DataFrame(data.X, columns=list("abcdef"))
    one, two = (CoLiDE(n_resamples=12, n_jobs=k).fit(frame) for k in (1, 2))
    assert np.array_equal(one.edge_frequency_, two.edge_frequency_)
    assert np.array_equal(one.edge_interval_, two.edge_interval_)
    table = pd.DataFrame(one.edges_)
    assert len(table) == (one.adjacency_ != 0).sum()
    assert table["frequency"].between(0, 1).all()
    assert (table["low"] <= table["high"]).all()
    strong = one.edge_frequency_[data.adjacency != 0] + one.edge_frequency_.T[data.adjacency != 0]
    assert strong.mean() > 0.9
    stable = CoLiDE(n_resamples=12, resampling="half", threshold="stability", min_frequency=0.7).fit(frame)
    assert (stable.edge_frequency_[stable.adjacency_ != 0] >= 0.7).all()
    assert certified(stable)
    grouped = CoLiDE(n_resamples=4).fit(frame, cluster=np.repeat(np.arange(20), 20))
    blocks = CoLiDE(n_resamples=4, block_length=10).fit(frame)
    assert grouped.edge_frequency_.shape == blocks.edge_frequency_.shape == (6, 6)
    with pytest.raises(ValueError, match="needs n_resamples"):
        CoLiDE(threshold="stability").fit(frame)
    refit = one.set_params(n_resamples=0).fit(frame)
    assert not hasattr(refit, "edge_frequency_")


def test_cluster_resamples_whole_clusters():
    from pauca.dag._resampling import draw_counts

    rng = np.random.RandomState(0)
    cluster = np.repeat(np.arange(7), [1, 5, 2, 8, 3, 3, 1])
    for scheme in ("bootstrap", "half"):
        counts = draw_counts(rng, cluster.size, scheme, cluster, None)
        for c in range(7):
            assert np.ptp(counts[cluster == c]) == 0
    assert draw_counts(rng, 100, "half", None, None).sum() == 50
    assert draw_counts(rng, 100, "bootstrap", None, 7).sum() == 100


@pytest.mark.parametrize("options", [{}, {"criterion": "colide", "solver": QUICK}])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_time_series(options):
    rng = np.random.RandomState(0)
    d = 5
    W = make_linear_dag(5, d, degree=1, random_state=1).adjacency
    A = 0.35 * np.eye(d) + 0.3 * (rng.uniform(size=(d, d)) < 0.15)
    inverse = np.linalg.inv(np.eye(d) - W)
    series = []
    for T in (400, 600):
        X = np.zeros((T, d))
        for t in range(1, T):
            X[t] = (X[t - 1] @ A + rng.standard_normal(d)) @ inverse
        series.append(X)
    model = CoLiDE("equal", lags=1, **options).fit(series)
    assert structural_hamming_distance(W, model.adjacency_) <= (0 if not options else 3)
    assert model.lagged_adjacency_.shape == (1, d, d)
    assert np.abs(model.lagged_adjacency_[0] - A).max() < (0.15 if not options else 0.8)
    assert model.predict(series).shape == (998, d)
    assert certified(model)
    assert set(model.edges_["lag"]) == {0, 1}
    assert model.sample(50, random_state=0).shape == (50, d)
    with pytest.raises(ValueError, match="time points"):
        CoLiDE(lags=3).fit(np.zeros((3, 2)))


def test_interventions_orient_what_observations_cannot():
    rng = np.random.RandomState(0)
    n = 800
    targets = np.zeros((n, 2), dtype=bool)
    targets[: n // 2, 0] = True
    x = rng.standard_normal(n)
    x[targets[:, 0]] = 3.0 * rng.standard_normal(n // 2)
    y = 0.8 * x + rng.standard_normal(n)
    X = np.column_stack([y, x])
    model = CoLiDE().fit(X, intervened=targets[:, ::-1])
    assert model.adjacency_[1, 0] == pytest.approx(0.8, abs=0.1)
    assert model.adjacency_[0, 1] == 0.0
    # The noise of x is that of the rows in which it was left alone.
    assert model.noise_variances_[1] == pytest.approx(1.0, abs=0.15)
    with pytest.raises(ValueError, match="boolean array"):
        CoLiDE().fit(X, intervened=targets.astype(int))
    with pytest.raises(ValueError, match="every row"):
        CoLiDE().fit(X, intervened=np.ones((n, 2), dtype=bool))


def test_lambda_path_alpha_and_adaptive():
    data = make_linear_dag(500, 10, degree=2, variance="unequal", random_state=5)
    path = colide_path(data.X, n_alphas=6)
    edges = [(a != 0).sum() for a in path.adjacencies]
    assert edges[0] == 0 < edges[-1]
    assert np.all(np.diff(path.objectives) <= 1e-9)
    for alpha in ("theory", "bic", "ebic"):
        model = CoLiDE(criterion="colide", alpha=alpha).fit(data.X)
        assert certified(model)
        assert model.alpha_ > 0.0
    assert CoLiDE(criterion="colide", alpha="theory").fit(data.X).alpha_ == pytest.approx(
        np.sqrt(np.log(10) / 500) * data.X.std(axis=0).min()
    )
    adaptive = CoLiDE(criterion="colide", alpha=0.2, adaptive=1.0, threshold=0.0, refit=False).fit(data.X)
    plain = CoLiDE(criterion="colide", alpha=0.2, threshold=0.0, refit=False).fit(data.X)
    assert (adaptive.weights_raw_ != 0).sum() <= (plain.weights_raw_ != 0).sum()
    heavy = CoLiDE(criterion="colide", edge_penalties={("x0", "*"): 1e6}).fit(data.X)
    assert not heavy.adjacency_[0].any()


def test_warnings_and_refusals():
    data = make_linear_dag(300, 6, random_state=0)
    with pytest.warns(UserWarning, match="standardized"):
        CoLiDE("equal").fit(data.X / data.X.std(axis=0))
    with pytest.warns(UserWarning, match="no effect"):
        CoLiDE(alpha=0.1).fit(data.X)
    with pytest.raises(ValueError, match="criterion='colide'"):
        CoLiDE(solver="adam").fit(data.X)
    with pytest.raises(ValueError, match="NaN"):
        CoLiDE().fit(np.where(data.X > 2, np.nan, data.X))
    with pytest.raises(ValueError, match="permutation"):
        CoLiDE(init=[0, 0, 1, 2, 3, 4]).fit(data.X)
    with pytest.raises(ValueError, match="n_samples"):
        CoLiDE().fit_moments(np.eye(3))
    with pytest.raises(ValueError, match="learning_rate"):
        CoLiDE(criterion="colide", solver=PathFollowing(learning_rate=0.0)).fit(data.X)


def test_path_following_defaults_repair_and_threshold():
    data = make_linear_dag(500, 10, degree=2, random_state=2)
    options = {"variance": "equal", "criterion": "colide", "solver": PathFollowing(warm_iter=3000, max_iter=6000)}
    official = CoLiDE(**options, threshold=0.3, repair="threshold", refit=False).fit(data.X)
    W = official.weights_raw_
    assert np.array_equal(official.adjacency_, np.where(np.abs(W) > 0.3, W, 0.0))
    assert structural_hamming_distance(data.adjacency, official.adjacency_) <= 6
    greedy = CoLiDE(**options).fit(data.X)
    assert certified(greedy)
    assert greedy.solver_report_.engine == "adam"


def test_time_limit_and_threads_do_not_hold_the_interpreter():
    data = make_linear_dag(500, 60, variance="unequal", random_state=0)
    with pytest.warns(ConvergenceWarning, match="max_time"):
        model = CoLiDE(criterion="colide", n_starts=50, max_time=0.3).fit(data.X)
    assert certified(model)
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.perf_counter()
    with pytest.warns(ConvergenceWarning):
        CoLiDE(criterion="colide", n_starts=50, max_time=0.5).fit(data.X)
    took = time.perf_counter() - start
    done.set()
    thread.join()
    assert took < 1.5
    assert len(ticks) > 20


def test_displays():
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    from pauca.plotting import AdjacencyDisplay, EdgeConfidenceDisplay, GraphDisplay

    data = make_linear_dag(200, 6, degree=1, random_state=0)
    model = CoLiDE(n_resamples=4).fit(data.X)
    for display in (GraphDisplay, AdjacencyDisplay, EdgeConfidenceDisplay):
        shown = display.from_estimator(model)
        assert shown.figure_ is shown.ax_.figure
    with pytest.raises(ValueError, match="n_resamples"):
        EdgeConfidenceDisplay.from_estimator(CoLiDE().fit(data.X))
    plt.close("all")
