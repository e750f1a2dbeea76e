"""What is around the solver: converters, protein data, confidence of lagged edges, categories, units, hard graphs."""

import importlib.util
import sys
import types

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

from pauca import dag
from pauca.dag import CoLiDE, PathFollowing
from pauca.datasets import load_sachs, make_linear_dag
from pauca.metrics import edge_scores, structural_hamming_distance

QUICK = PathFollowing(warm_iter=400, max_iter=800, learning_rate=3e-3, checkpoint=100)


# Stand-ins for libraries too heavy to install for tests, after their documented interfaces: causal-learn's endpoint
# matrix has graph[j, i] = 1 (arrow) and graph[i, j] = -1 (tail) for i -> j, and pgmpy's DAG is a networkx graph whose
# edges have a weight, None by default. The benchmark folder repeats the round trips in the libraries themselves.
def stand_in_causal_learn(monkeypatch):
    class GraphNode:
        def __init__(self, name):
            self.name = name

    class Edge:
        def __init__(self, node1, node2, end1, end2):
            self.node1, self.node2, self.end1, self.end2 = node1, node2, end1, end2

    class GeneralGraph:
        def __init__(self, nodes):
            self.nodes = nodes
            self.graph = np.zeros((len(nodes), len(nodes)), dtype=int)

        def add_edge(self, edge):
            i, j = self.nodes.index(edge.node1), self.nodes.index(edge.node2)
            self.graph[i, j], self.graph[j, i] = edge.end1, edge.end2

    endpoint = types.SimpleNamespace(TAIL=-1, ARROW=1)
    parts = {"Edge": Edge, "Endpoint": endpoint, "GeneralGraph": GeneralGraph, "GraphNode": GraphNode}
    for name in ("causallearn", "causallearn.graph"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    for name, part in parts.items():
        module = types.ModuleType(f"causallearn.graph.{name}")
        setattr(module, name, part)
        monkeypatch.setitem(sys.modules, module.__name__, module)


def stand_in_pgmpy(monkeypatch):
    class DAG(nx.DiGraph):
        def add_edge(self, u, v, weight=None):
            super().add_edge(u, v, weight=weight)

    base = types.ModuleType("pgmpy.base")
    base.DAG = DAG
    monkeypatch.setitem(sys.modules, "pgmpy", types.ModuleType("pgmpy"))
    monkeypatch.setitem(sys.modules, "pgmpy.base", base)


@pytest.mark.parametrize("seed", range(4))
def test_every_converter_and_back(seed, monkeypatch):
    if not importlib.util.find_spec("pgmpy"):
        stand_in_pgmpy(monkeypatch)
    if not importlib.util.find_spec("causallearn"):
        stand_in_causal_learn(monkeypatch)
    d = [1, 3, 6, 12][seed]
    W = make_linear_dag(10, d, degree=1.5, random_state=seed).adjacency
    names = [f'a"{j}&' for j in range(d)]
    for there, back in (
        (lambda: dag.to_networkx(W, names), dag.from_networkx),
        (lambda: dag.to_gml(W, names), dag.from_gml),
        (lambda: dag.to_pgmpy(W, names), dag.from_pgmpy),
    ):
        matrix, read = back(there())
        assert np.array_equal(matrix, W)
        assert read == names
    graph = dag.to_causal_learn(W, names)
    assert np.array_equal(dag.from_causal_learn(graph), W != 0)
    for i, j in np.argwhere(W != 0):
        assert (graph.graph[j, i], graph.graph[i, j]) == (1, -1)
    assert np.array_equal(dag.from_lingam(dag.to_lingam(W)), W)
    assert [n.name if hasattr(n, "name") else n.get_name() for n in graph.nodes] == names


def test_converters_refuse_what_has_no_place():
    ends = np.array([[0, -1], [-1, 0]])
    with pytest.raises(ValueError, match="without one direction"):
        dag.from_causal_learn(types.SimpleNamespace(graph=ends))
    plain = nx.DiGraph([("a", "b")])
    plain.add_edge("b", "c", weight=None)
    matrix, _ = dag.from_pgmpy(plain)
    assert matrix.tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_sachs_is_read_from_the_users_copy(tmp_path, monkeypatch):
    rng = np.random.RandomState(0)
    header = ["praf", "pmek", "plcg", "PIP2", "PIP3", "p44/42", "pakts473", "PKA", "PKC", "P38", "pjnk", "condition"]
    values = rng.lognormal(size=(900, 12)).round(4)
    path = tmp_path / "cyto.csv"
    pd.DataFrame(values, columns=header).to_csv(path, index=False)
    data = load_sachs(path)
    assert np.array_equal(data.X, values[:853, :11])
    assert load_sachs(str(path), n_rows=None).X.shape == (900, 11)
    assert data.adjacency.sum() == 17
    assert dag.is_dag(data.adjacency)
    at = {n: k for k, n in enumerate(data.feature_names)}
    assert data.adjacency[at["Raf"], at["Mek"]] == 1.0
    shuffled = tmp_path / "shuffled.csv"
    pd.DataFrame(values, columns=header)[header[::-1]].rename(columns=str.upper).to_csv(shuffled, index=False)
    assert np.array_equal(load_sachs(shuffled).X, data.X)
    pd.DataFrame(values[:, 1:], columns=header[1:]).to_csv(shuffled, index=False)
    with pytest.raises(ValueError, match="no column for Raf"):
        load_sachs(shuffled)
    pd.DataFrame(-values, columns=header).to_csv(shuffled, index=False)
    with pytest.raises(ValueError, match="not positive"):
        load_sachs(shuffled)
    with pytest.raises(ValueError, match="n_rows"):
        load_sachs(path, n_rows=0)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="not shipped"):
        load_sachs()
    installed = tmp_path / "cdt" / "data" / "resources"
    installed.mkdir(parents=True)
    path.rename(installed / "cyto_full_data.csv")
    spec = types.SimpleNamespace(submodule_search_locations=[str(tmp_path / "cdt")])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    assert np.array_equal(load_sachs().X, data.X)


def series(seed, lengths, d=4):
    rng = np.random.RandomState(seed)
    W = make_linear_dag(5, d, degree=1, random_state=seed).adjacency
    A = 0.4 * np.eye(d)
    A[0, d - 1] = 0.4
    out = []
    for T in lengths:
        X = np.zeros((T, d))
        for t in range(1, T):
            X[t] = (X[t - 1] @ A + rng.standard_normal(d)) @ np.linalg.inv(np.eye(d) - W)
        out.append(X)
    return out, W, A


def test_lagged_edges_have_confidence_too():
    data, _, A = series(1, (600, 500))
    model = CoLiDE("equal", lags=2, n_resamples=15, block_length=20).fit(data)
    assert model.lagged_frequency_.shape == (2, 4, 4)
    assert model.lagged_interval_.shape == (2, 2, 4, 4)
    assert (model.lagged_frequency_[0][A != 0] >= 0.9).all()
    assert model.lagged_frequency_[1].mean() < 0.2
    low, high = model.lagged_interval_[:, 0]
    assert (low[A != 0] > 0.2).all()
    assert (high[A != 0] < 0.6).all()
    table = pd.DataFrame(model.edges_)
    lagged = table[table["lag"] > 0]
    assert lagged["frequency"].notna().all()
    assert lagged["reversed_frequency"].isna().all()
    assert (lagged["low"] <= lagged["weight"]).all()
    assert table[table["lag"] == 0]["reversed_frequency"].notna().all()
    plain = model.set_params(n_resamples=0, block_length=None).fit(data)
    assert not hasattr(plain, "lagged_frequency_")
    assert np.isnan(plain.edges_["frequency"]).all()


def test_half_samples_of_series_and_interventions():
    """Resampling goes with everything else that a fit may be given."""
    data, _, _ = series(2, (200,))
    stable = CoLiDE("equal", lags=1, n_resamples=10, resampling="half", threshold="stability", block_length=10)
    stable.fit(data)
    assert stable.is_dag()
    X = make_linear_dag(300, 5, degree=1, variance="unequal", random_state=0).X
    targets = np.zeros(X.shape, dtype=bool)
    targets[:100, 2] = True
    a, b = (CoLiDE(n_resamples=6, n_jobs=k).fit(X, intervened=targets) for k in (1, 2))
    assert np.array_equal(a.edge_frequency_, b.edge_frequency_)


def test_two_categories_are_accepted_as_exogenous():
    data = make_linear_dag(400, 4, degree=1.5, variance="unequal", random_state=1)
    group = np.random.RandomState(0).uniform(size=400) < 0.4
    X = data.X.copy()
    X[:, 0] += 2.0 * group
    numbers = pd.DataFrame(X, columns=list("abcd")).assign(group=group.astype(float))
    words = numbers.assign(group=pd.Categorical(np.where(group, "treated", "control"), ["control", "treated"]))
    coded, named = (CoLiDE(exogenous=["gr*"]).fit(frame) for frame in (numbers, words))
    assert np.array_equal(coded.adjacency_, named.adjacency_)
    assert named.adjacency_[4, 0] == pytest.approx(2.0, abs=0.4)
    assert not named.adjacency_[:, 4].any()
    assert np.array_equal(named.predict(words[:7]), coded.predict(numbers[:7]))
    # Words in sorted order where the column has none, and one level alone is read as at the fit.
    treated = words[words["group"] == "treated"].astype({"group": object})
    assert np.array_equal(named.predict(treated), coded.predict(numbers[group]))
    partial = CoLiDE(exogenous=["group"]).partial_fit(words[:200]).partial_fit(words[200:])
    assert partial.bic_ == pytest.approx(coded.bic_, rel=1e-9)
    with pytest.raises(ValueError, match="'dose'"):
        CoLiDE().fit(words.rename(columns={"group": "dose"}))
    with pytest.raises(ValueError, match="two categories"):
        CoLiDE(exogenous=["group"]).fit(words.assign(group=list("xyz") + ["x"] * 397))
    with pytest.raises(ValueError, match=r"'group' has \['other'\]"):
        named.predict(words.astype({"group": object}).assign(group="other"))


def test_missing_values_are_refused_with_a_remedy():
    X = make_linear_dag(100, 4, random_state=0).X
    X[3, 1] = np.nan
    frame = pd.DataFrame(X, columns=list("abcd"))
    for model, value in ((CoLiDE(), X), (CoLiDE(lags=1), [X[:50], X[50:]]), (CoLiDE(), frame)):
        with pytest.raises(ValueError, match=r"NaN.*Drop those rows.*impute"):
            model.fit(value)
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        CoLiDE().fit(X)


@pytest.mark.parametrize("alpha", ["theory", "bic", "ebic"])
@pytest.mark.parametrize("variance", ["equal", "unequal"])
def test_chosen_strengths_go_with_the_unit(alpha, variance):
    data = make_linear_dag(300, 8, degree=1.5, variance=variance, random_state=2)
    options = {"variance": variance, "criterion": "colide", "alpha": alpha}
    one, large, small = (CoLiDE(**options).fit(c * data.X) for c in (1.0, 1000.0, 0.01))
    assert large.alpha_ == pytest.approx(1000.0 * one.alpha_, rel=1e-9)
    assert small.alpha_ == pytest.approx(0.01 * one.alpha_, rel=1e-9)
    assert large.adjacency_ == pytest.approx(one.adjacency_, abs=1e-7)
    assert small.adjacency_ == pytest.approx(one.adjacency_, abs=1e-7)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_cyclic_starts_and_symmetric_data_still_give_a_certificate(seed):
    """Dense cyclic weights to start from, and columns that determine each other in circles."""
    rng = np.random.RandomState(seed)
    d = rng.randint(2, 8)
    X = rng.standard_normal((40, d))
    X = X + X @ np.roll(np.eye(d), 1, axis=1) * rng.choice([0.5, 2.0, 1e3])
    start = 0.3 * rng.standard_normal((d, d)) / d
    for options in (
        {"solver": QUICK, "criterion": "colide"},
        {"solver": QUICK, "criterion": "colide", "repair": "threshold", "threshold": 0.0, "refit": False},
        {"solver": QUICK, "criterion": "colide", "threshold": 0.05, "standardized_threshold": True},
        {},
        {"criterion": "colide"},
        {"solver": "topdown"},
    ):
        model = CoLiDE(rng.choice(["equal", "unequal"]), init=start, **options).fit(X)
        ordered = model.adjacency_[np.ix_(model.order_, model.order_)]
        assert not np.tril(ordered).any()
        assert dag.is_dag(model.adjacency_)


def test_path_following_is_exact_where_the_published_code_divides_by_zero():
    """Duplicates make a residual vanish: the bound keeps sigma, and everything, finite."""
    X = make_linear_dag(60, 5, degree=1, random_state=0).X
    X = np.hstack([X, X[:, :1]])
    with pytest.warns(ConvergenceWarning):
        model = CoLiDE(criterion="colide", solver=QUICK).fit(X)
    assert np.isfinite(model.weights_raw_).all()
    assert model.is_dag()


def test_resuming_from_the_published_result_never_ends_higher():
    """The order search started at the published optimiser's order ends no higher than there."""
    for seed in range(3):
        data = make_linear_dag(200, 10, degree=3, variance="unequal", random_state=seed)
        with pytest.warns(ConvergenceWarning):
            first = CoLiDE(criterion="colide", solver=QUICK, threshold=0.0, repair="threshold", refit=False).fit(data.X)
        there = CoLiDE(criterion="colide", init=first.order_, solver="topdown").fit(data.X).objective_
        after = CoLiDE(criterion="colide", init=first.order_).fit(data.X).objective_
        assert after <= there * (1 + 1e-9)


def test_sample_under_do_breaks_the_edges_into_the_target():
    frame = pd.DataFrame(make_linear_dag(500, 5, degree=2, random_state=4).X, columns=list("abcde"))
    model = CoLiDE("equal").fit(frame)
    last = model.feature_names_in_[model.order_[-1]]
    value = np.linspace(0.0, 1.0, 2000)
    drawn = model.sample(2000, random_state=0, do={last: value})
    at = list("abcde").index(last)
    assert np.array_equal(drawn[:, at], value)
    others = np.delete(drawn, at, axis=1)
    free = np.delete(model.sample(2000, random_state=0), at, axis=1)
    assert np.array_equal(others, free)  # nothing is downstream of the last node
    with pytest.raises(ValueError, match="none of"):
        model.sample(3, do={"z": 0.0})


def test_counts_of_the_published_false_positive_rate():
    true = np.zeros((4, 4))
    true[0, 1] = true[1, 2] = 1.0
    guess = np.zeros((4, 4))
    guess[1, 0] = guess[1, 2] = guess[2, 3] = 1.0
    s = edge_scores(true, guess)
    assert s.true_positive_rate == pytest.approx(1 / 2)
    assert s.false_discovery_rate == pytest.approx(2 / 3)
    assert s.false_positive_rate == pytest.approx(2 / (6 - 2))
    assert s.f1 == pytest.approx(2 * 1 / (3 + 2))
    assert structural_hamming_distance(true, guess) == 2.0
