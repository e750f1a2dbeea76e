"""A fitted graph in the hands of its users: draws, what is settled of directions, labelled matrices, lags."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import skew

from pauca.dag import CoLiDE, cpdag, is_dag, topological_order
from pauca.datasets import make_linear_dag
from pauca.metrics import structural_hamming_distance


def chain_frame(n=800, seed=0):
    """smoke -> tar -> lung -> cough, noise of tar skewed, sex an exogenous category."""
    rng = np.random.default_rng(seed)
    sex = rng.random(n) < 0.8
    smoke = rng.normal(size=n) + sex
    tar = 1.5 * smoke + 4.0 * rng.exponential(size=n)
    lung = 0.8 * tar + rng.normal(size=n)
    return pd.DataFrame({"sex": np.where(sex, "m", "f"), "smoke": smoke, "tar": tar, "lung": lung})


def colliders(A):
    """Pairs of parents without an edge between them, with their child."""
    linked = (A + A.T) != 0
    return {
        (i, j, k)
        for k in range(len(A))
        for i, j in itertools.combinations(np.flatnonzero(A[:, k]), 2)
        if not linked[i, j]
    }


def brute_force(A, known):
    """Union of all graphs of the Markov class that agree with what is known."""
    edges = np.argwhere(A)
    union = np.zeros(A.shape, dtype=int)
    for flips in itertools.product([False, True], repeat=len(edges)):
        B = np.zeros(A.shape, dtype=int)
        for (i, j), flip in zip(edges, flips, strict=True):
            B[(j, i) if flip else (i, j)] = 1
        if is_dag(B) and colliders(B) == colliders(A) and not (B.astype(bool) & known.T).any():
            union |= B
    return union


@pytest.mark.parametrize("seed", range(60))
def test_cpdag_with_knowledge_is_the_union_of_the_graphs_that_agree_with_it(seed):
    rng = np.random.default_rng(seed)
    d = 5 + seed % 2
    order = rng.permutation(d)
    A = np.zeros((d, d), dtype=int)
    A[np.ix_(order, order)] = np.triu(rng.random((d, d)) < 0.7, 1)
    while A.sum() > 10:
        A[tuple(rng.choice(np.argwhere(A)))] = 0
    known = (A != 0) & (rng.random((d, d)) < 0.25)
    assert np.array_equal(cpdag(A, known), brute_force(A, known))
    assert np.array_equal(cpdag(A, np.zeros((d, d), dtype=bool)), cpdag(A))


def test_knowledge_against_the_graph_is_refused():
    with pytest.raises(ValueError, match="0 -> 1 of the graph is against"):
        cpdag([[0, 1], [0, 0]], known=[[0, 0], [1, 0]])
    with pytest.raises(ValueError, match="known: got shape"):
        cpdag([[0, 1], [0, 0]], known=[[1]])


def test_tiers_and_exogenous_settle_directions():
    frame = chain_frame().drop(columns="sex")
    free = CoLiDE().fit(frame)
    assert not free.edges_["compelled"].any()
    model = CoLiDE(tiers={"smoke": 0, "tar": 1, "lung": 1}).fit(frame)
    assert {tuple(e) for e in model.edges_[["source", "target"]]} == {("smoke", "tar"), ("tar", "lung")}
    assert model.edges_["compelled"].all()  # tar -> lung follows: lung -> tar would be a new collider
    assert CoLiDE(exclude=[("tar", "smoke")]).fit(frame).edges_["compelled"].all()
    assert CoLiDE(include=[("smoke", "tar")]).fit(frame).edges_["compelled"].all()
    assert CoLiDE(exogenous=["smoke"]).fit(frame).edges_["compelled"].all()
    back = model.set_params(tiers=None).fit(frame)
    assert not back.edges_["compelled"].any()


def test_interventions_settle_directions():
    rng = np.random.default_rng(1)
    observed = chain_frame(400).drop(columns="sex")
    forced = chain_frame(400, seed=2).drop(columns="sex")
    forced["tar"] = rng.normal(size=400)
    forced["lung"] = 0.8 * forced["tar"] + rng.normal(size=400)
    both = pd.concat([observed, forced], ignore_index=True)
    mask = np.zeros(both.shape, dtype=bool)
    mask[400:, 1] = True
    model = CoLiDE().fit(both, intervened=mask)
    assert {tuple(e) for e in model.edges_[["source", "target"]]} == {("smoke", "tar"), ("tar", "lung")}
    assert model.edges_["compelled"].all()


def test_lagged_causes_settle_directions():
    rng = np.random.default_rng(0)
    X = np.zeros((600, 2))
    for t in range(1, 600):
        X[t, 0] = 0.6 * X[t - 1, 0] + rng.normal()
        X[t, 1] = 0.8 * X[t, 0] + rng.normal()
    model = CoLiDE(lags=1).fit(X)
    assert model.adjacency_[0, 1] != 0
    assert model.lagged_adjacency_[0, 0, 0] != 0
    assert model.cpdag_.tolist() == [[0, 1], [0, 0]]


def test_series_start_at_their_stationary_means():
    rng = np.random.default_rng(0)
    X = np.zeros((500, 2))
    X[0] = 100.0, 50.0
    for t in range(1, 500):
        X[t, 0] = 10.0 + 0.9 * X[t - 1, 0] + rng.normal()
        X[t, 1] = 0.5 * X[t, 0] + rng.normal()
    model = CoLiDE(lags=1).fit(X)
    first = np.array([model.sample(1, random_state=s)[0] for s in range(200)])
    assert first.mean(axis=0) == pytest.approx(X[50:].mean(axis=0), abs=1.0)
    model.lagged_adjacency_ = model.lagged_adjacency_ * 1.2  # explosive: no means, from zero
    assert abs(model.sample(1, random_state=0)[0, 0]) < 20.0


def test_two_categories_are_drawn_as_such():
    frame = chain_frame()
    model = CoLiDE(exogenous=["sex"]).fit(frame)
    drawn = model.sample(20000, random_state=0)
    assert set(np.unique(drawn[:, 0])) == {0.0, 1.0}
    assert drawn[:, 0].mean() == pytest.approx((frame["sex"] == "m").mean(), abs=0.01)
    named = model.sample(5, random_state=0, do={"sex": "m"})
    assert np.array_equal(named, model.sample(5, random_state=0, do={"sex": 1}))
    each = model.sample(2, random_state=0, do={"sex": ["f", "m"]})
    assert each[:, 0].tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match=r"expected one of \['f', 'm'\]"):
        model.sample(5, do={"sex": "x"})


def test_residuals_in_place_of_gaussian_noise():
    frame = chain_frame(2000)
    frame["twin"] = (frame["sex"] == "m") * 1.0 + 0.1 * np.random.default_rng(3).normal(size=2000)
    model = CoLiDE(exogenous=["sex", "twin"]).fit(frame)
    plain, drawn = (model.sample(50000, random_state=0, data=data) for data in (None, frame))
    numbers = frame.assign(sex=(frame["sex"] == "m") * 1.0).to_numpy()
    assert drawn.mean(axis=0) == pytest.approx(numbers.mean(axis=0), abs=0.15)
    assert drawn.std(axis=0) == pytest.approx(numbers.std(axis=0), rel=0.05)
    tar = 2
    assert abs(skew(plain)[tar]) < 0.05
    assert skew(drawn)[tar] == pytest.approx(skew(numbers)[tar], abs=0.1)
    # Exogenous features come from the same rows, noise of the others does not.
    assert np.corrcoef(drawn[:, 0], drawn[:, 4])[0, 1] == pytest.approx(
        np.corrcoef(numbers[:, 0], numbers[:, 4])[0, 1], abs=0.01
    )
    residual = drawn - (drawn @ model.adjacency_ + model.intercept_)
    assert abs(np.corrcoef(residual[:, 1], residual[:, 2])[0, 1]) < 0.02
    moved = model.sample(50000, random_state=0, data=frame, do={"tar": 7.0})
    assert moved[:, 3].mean() == pytest.approx(model.intercept_[3] + 7.0 * model.adjacency_[2, 3], abs=0.05)


@pytest.mark.parametrize(
    ("do", "message"),
    [
        ({"tar": np.nan}, "do: got NaN or infinity for 'tar'"),
        ({"tar": [1.0, 2.0]}, r"do: got shape \(2,\) for 'tar', expected a number or n_samples=3"),
        ({"tar": "high"}, "do: got 'high' for 'tar', expected numbers"),
        (["tar"], r"do: got list, expected a dict \{feature: value\}"),
        ({"tarr": 1.0}, "'tarr' is none of"),
    ],
)
def test_interventions_that_make_no_sense(do, message):
    model = CoLiDE().fit(chain_frame().drop(columns="sex"))
    with pytest.raises(ValueError, match=message):
        model.sample(3, do=do)


def test_an_intervention_may_be_a_series():
    model = CoLiDE().fit(chain_frame().drop(columns="sex"))
    series = model.sample(4, random_state=0, do=pd.Series({"tar": 2.0}))
    assert np.array_equal(series, model.sample(4, random_state=0, do={"tar": 2.0}))


def test_labelled_matrices_are_aligned():
    frame = chain_frame().drop(columns="sex")
    names = list(frame)
    mask = pd.DataFrame(False, index=names[::-1], columns=["lung", "smoke", "tar"])
    mask.loc["smoke", "tar"] = True
    model = CoLiDE(include=mask).fit(frame)
    assert np.array_equal(model.adjacency_, CoLiDE(include=[("smoke", "tar")]).fit(frame).adjacency_)
    penalties = pd.DataFrame(1.0, index=names[::-1], columns=names)
    penalties.loc["tar", "lung"] = 50.0
    weighted = CoLiDE(criterion="colide", alpha=0.1, edge_penalties=penalties).fit(frame)
    pairs = CoLiDE(criterion="colide", alpha=0.1, edge_penalties={("tar", "lung"): 50.0}).fit(frame)
    assert np.array_equal(weighted.adjacency_, pairs.adjacency_)
    with pytest.raises(ValueError, match="exclude: got a data frame of other rows or columns"):
        CoLiDE(exclude=mask.rename(columns={"lung": "liver"})).fit(frame)


def test_distances_align_labelled_matrices():
    data = make_linear_dag(10, 6, degree=1.5, random_state=0)
    names = list("abcdef")
    true = pd.DataFrame(data.adjacency, index=names, columns=names)
    turned = true.loc[names[::-1], names[::-1]]
    assert structural_hamming_distance(true, turned) == 0.0
    assert structural_hamming_distance(true, turned.to_numpy()) > 0.0
    with pytest.raises(ValueError, match="estimate: got a data frame of other rows or columns"):
        structural_hamming_distance(true, turned.rename(columns={"a": "z"}, index={"a": "z"}))
    assert topological_order(turned).size == 6


def test_a_networkx_graph_is_no_matrix():
    networkx = pytest.importorskip("networkx")
    with pytest.raises(ValueError, match="from_networkx"):
        structural_hamming_distance(networkx.DiGraph([("a", "b")]), networkx.DiGraph([("a", "b")]))
