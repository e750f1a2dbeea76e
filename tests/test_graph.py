"""Graphs: message passing, partitions, and the two estimators against dense linear algebra."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import load_digits, make_moons
from sklearn.exceptions import ConvergenceWarning

from pauca import _core
from pauca.graph import GraphPropagationClassifier, GraphPropagationRegressor
from pauca.solvers import BlockProblem, minimize_blocks
from pauca.solvers._blocks import as_graph


def random_graph(n, density, seed, ridge=0.1):
    rng = np.random.default_rng(seed)
    W = np.triu((rng.random((n, n)) < density) * rng.uniform(0.1, 3, size=(n, n)), 1)
    W = W + W.T
    return W, np.diag(W.sum(axis=1) + ridge) - W


def lattice(rows, columns):
    def chain(k):
        return sparse.diags_array([np.ones(k - 1), np.ones(k - 1)], offsets=[-1, 1])

    return sparse.csr_array(
        sparse.kron(chain(rows), sparse.eye_array(columns)) + sparse.kron(sparse.eye_array(rows), chain(columns))
    )


def is_forest(W, block):
    inside = W[np.ix_(block, block)] != 0
    edges = inside.sum() // 2
    parts, _ = sparse.csgraph.connected_components(sparse.csr_array(inside), directed=False)
    return edges == len(block) - parts


@given(n=st.integers(1, 25), density=st.floats(0, 0.5), seed=st.integers(0, 10**6))
def test_partitions_cover_and_are_acyclic(n, density, seed):
    W, Q = random_graph(n, density, seed)
    graph = as_graph(Q)
    for blocks, check in (
        (_core.graph_colouring(graph), lambda b: not W[np.ix_(b, b)].any()),
        (_core.graph_forests(graph), lambda b: is_forest(W, b)),
    ):
        assert sorted(np.concatenate(blocks)) == list(range(n))
        assert all(check(b) for b in blocks)
    order = np.random.default_rng(seed).permutation(n)
    block = _core.greedy_forest(graph, order)
    assert is_forest(W, block)
    for i in set(range(n)) - set(block):  # maximal: whoever was left out would close a cycle
        assert not is_forest(W, np.append(block, i))


@given(n=st.integers(1, 25), density=st.floats(0, 0.5), seed=st.integers(0, 10**6), k=st.integers(1, 3))
def test_message_passing_is_the_dense_solution(n, density, seed, k):
    _, Q = random_graph(n, density, seed)
    rng = np.random.default_rng(seed)
    block = np.asarray(_core.greedy_forest(as_graph(Q), rng.permutation(n)), dtype=np.int64)
    right = np.asfortranarray(rng.normal(size=(len(block), k)))
    x = _core.forest_solve(as_graph(Q), block, right)
    np.testing.assert_allclose(x, np.linalg.solve(Q[np.ix_(block, block)], right), rtol=1e-9, atol=1e-11)


def test_message_passing_refuses_a_cycle():
    _, Q = random_graph(4, 1.0, 0)
    with pytest.raises(ValueError, match="close a cycle"):
        _core.forest_solve(as_graph(Q), np.arange(4), np.ones((4, 1), order="F"))
    with pytest.raises(ValueError, match="close a cycle"):
        minimize_blocks(
            BlockProblem("graph", sparse.csr_array(Q), np.ones(4)), partition="order", block_size=4, selection="cyclic",
            update="message-passing",
        )  # fmt: skip


def test_long_chain_in_linear_time():
    """A path of 200 000 nodes in one block; recursion or fill would not survive it."""
    n = 200_000
    Q = sparse.diags_array([-np.ones(n - 1), np.full(n, 2.1), -np.ones(n - 1)], offsets=[-1, 0, 1])
    x = np.random.default_rng(0).normal(size=n)
    solution = _core.forest_solve(as_graph(Q), np.arange(n), np.asfortranarray((Q @ x)[:, None]))
    np.testing.assert_allclose(solution[:, 0], x, atol=1e-12)


def test_lattice_partitions():
    W = lattice(12, 12)
    Q = sparse.diags_array(np.full(144, 4.0)) - W
    assert len(_core.graph_colouring(as_graph(Q))) == 2
    assert len(_core.graph_forests(as_graph(Q))) == 2


@pytest.mark.parametrize(
    ("partition", "selection", "update"),
    [
        ("red-black", "cyclic", "matrix"),
        ("red-black", "gs", "message-passing"),
        ("tree", "cyclic", "message-passing"),
        ("tree", "gs", "message-passing"),
        ("variable", "forest-gs", "message-passing"),
        ("variable", "forest-gsl", "message-passing"),
        ("variable", "forest-random", "message-passing"),
        ("variable", "gs", "matrix"),
    ],
)
def test_block_rules_on_graphs(partition, selection, update):
    _, Q = random_graph(30, 0.15, 3, ridge=1.0)
    c = np.random.default_rng(1).normal(size=30)
    result = minimize_blocks(
        BlockProblem("graph", sparse.csr_array(Q), c), partition=partition, block_size=4, selection=selection,
        update=update, max_iter=3000, tol=1e-10,
    )  # fmt: skip
    assert result.status == "converged"
    assert (np.diff(result.objective_path) <= 1e-12).all()
    np.testing.assert_allclose(result.x, np.linalg.solve(Q, c), atol=1e-8)


def test_larger_forests_need_fewer_updates():
    """On a lattice: greedy forests and trees before red-black blocks, those before small exact blocks."""
    W = lattice(20, 20)
    known = np.random.default_rng(0).choice(400, 20, replace=False)
    free = np.setdiff1d(np.arange(400), known)
    Q = sparse.csr_array((sparse.diags_array(np.asarray(W.sum(axis=1)).ravel()) - W)[free][:, free])
    c = W[free][:, known] @ np.random.default_rng(1).normal(size=20)
    best = -0.5 * c @ sparse.linalg.spsolve(Q.tocsc(), c)
    count = {}
    for name, rules in {
        "greedy forest": ("variable", "forest-gs", "message-passing"),
        "tree": ("tree", "cyclic", "message-passing"),
        "red-black": ("red-black", "cyclic", "message-passing"),
        "small": ("variable", "gs", "matrix"),
    }.items():
        partition, selection, update = rules
        result = minimize_blocks(
            BlockProblem("graph", Q, c), partition=partition, selection=selection, update=update, block_size=7,
            max_iter=5000, target=best + 1e-4 * abs(best),
        )  # fmt: skip
        count[name] = result.n_updates
    assert max(count["greedy forest"], count["tree"]) < count["red-black"] < count["small"]


def dense_harmonic(W, known, values):
    W = W.toarray() if sparse.issparse(W) else W
    L = np.diag(W.sum(axis=1)) - W
    F = np.empty((len(W), values.shape[1]))
    F[known] = values
    F[~known] = np.linalg.solve(L[np.ix_(~known, ~known)], W[np.ix_(~known, known)] @ values)
    return F


SOLVERS = ["auto", "tree-cg", "red-black-cg", "tree", "red-black", "greedy-forest", "direct"]


@pytest.mark.parametrize("solver", SOLVERS)
def test_classifier_is_the_harmonic_function(solver):
    W = lattice(9, 7)
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, size=63)
    known = rng.random(63) < 0.2
    model = GraphPropagationClassifier(affinity="precomputed", solver=solver, tol=1e-11).fit(W, np.where(known, y, -1))
    expected = dense_harmonic(W, known, np.eye(3)[y[known]])
    np.testing.assert_allclose(model.label_distributions_, expected, atol=1e-8)
    assert (model.transduction_[known] == y[known]).all()
    assert model.solver_report_.engine == ("red-black-cg" if solver == "auto" else solver)
    assert model.solver_report_.converged


@pytest.mark.parametrize("solver", SOLVERS)
def test_regressor_is_the_harmonic_function(solver):
    W, _ = random_graph(40, 0.2, 5)
    rng = np.random.default_rng(0)
    y = np.where(rng.random(40) < 0.3, rng.normal(size=40) * 10 + 100, np.nan)
    model = GraphPropagationRegressor(affinity="precomputed", solver=solver, tol=1e-11).fit(W, y)
    known = ~np.isnan(y)
    np.testing.assert_allclose(model.transduction_, dense_harmonic(W, known, y[known, None])[:, 0], rtol=1e-8)
    assert (model.transduction_[known] == y[known]).all()
    # Harmonic functions obey a maximum principle.
    assert np.nanmin(y) <= model.transduction_.min()
    assert model.transduction_.max() <= np.nanmax(y)


def test_invariance_to_order_and_scale():
    W, _ = random_graph(40, 0.2, 7)
    y = np.where(np.arange(40) < 12, np.arange(40) % 2, -1)
    base = GraphPropagationClassifier(affinity="precomputed", tol=1e-10).fit(W, y)
    scaled = GraphPropagationClassifier(affinity="precomputed", tol=1e-10).fit(7.5 * W, y)
    np.testing.assert_allclose(scaled.label_distributions_, base.label_distributions_, atol=1e-8)
    order = np.random.default_rng(0).permutation(40)
    moved = GraphPropagationClassifier(affinity="precomputed", tol=1e-10).fit(W[np.ix_(order, order)], y[order])
    np.testing.assert_allclose(moved.label_distributions_, base.label_distributions_[order], atol=1e-8)


def test_parts_without_labels_get_the_prior():
    W = sparse.block_diag([lattice(3, 3), lattice(2, 2), [[0.0]]]).tocsr()
    y = np.full(14, -1)
    y[[0, 4, 8]] = [0, 1, 1]
    model = GraphPropagationClassifier(affinity="precomputed").fit(W, y)
    np.testing.assert_allclose(model.label_distributions_[9:], [[1 / 3, 2 / 3]] * 5)
    target = np.full(14, np.nan)
    target[[0, 8]] = [2.0, 4.0]
    regressor = GraphPropagationRegressor(affinity="precomputed").fit(W, target)
    np.testing.assert_allclose(regressor.transduction_[9:], 3.0)
    # A new node without neighbours gets the prior too.
    assert regressor.predict(np.zeros((1, 14)))[0] == 3.0


@pytest.mark.parametrize("affinity", ["knn", "rbf"])
def test_moons_and_new_points(affinity):
    X, y = make_moons(600, noise=0.08, random_state=0)
    rng = np.random.default_rng(0)
    partly = np.full(500, -1)
    few = np.concatenate([rng.choice(np.flatnonzero(y[:500] == c), 5, replace=False) for c in (0, 1)])
    partly[few] = y[few]
    model = GraphPropagationClassifier(affinity=affinity, n_neighbors=10).fit(X[:500], partly)
    assert np.mean(model.transduction_ == y[:500]) > 0.97
    assert np.mean(model.predict(X[500:]) == y[500:]) > 0.97
    assert model.predict_proba(X[500:]).sum(axis=1) == pytest.approx(1.0)
    assert (abs(model.affinity_matrix_ - model.affinity_matrix_.T)).max() == 0


def test_string_labels_and_one_class():
    X, y = make_moons(60, random_state=0)
    names = np.array(["moon", "other"])[y]
    model = GraphPropagationClassifier().fit(X, names)
    assert (model.transduction_ == names).all()
    assert model.n_iter_ == 1
    # -1 beside one other label is a class, as scikit-learn's checks have it; there is nothing to tell apart otherwise.
    with pytest.warns(UserWarning, match="second class"):
        single = GraphPropagationClassifier().fit(X, np.where(y == 1, 1, -1))
    assert single.classes_.tolist() == [-1, 1]
    assert (GraphPropagationClassifier().fit(X, np.full(60, 2)).transduction_ == 2).all()


def test_digits_accuracy():
    X, y = load_digits(return_X_y=True)
    known = np.random.default_rng(0).random(len(y)) < 0.05
    model = GraphPropagationClassifier(n_neighbors=7).fit(X, np.where(known, y, -1))
    assert np.mean(model.transduction_[~known] == y[~known]) > 0.93


def test_misuse_and_limits():
    W = lattice(30, 30)
    y = np.full(900, np.nan)
    y[[0, 899]] = [0.0, 1.0]
    with pytest.raises(ValueError, match="negative affinity"):
        GraphPropagationRegressor(affinity="precomputed").fit(-W, y)
    with pytest.raises(ValueError, match="square affinity"):
        GraphPropagationRegressor(affinity="precomputed").fit(W[:, :10], y)
    with pytest.raises(ValueError, match="every target is unknown"):
        GraphPropagationRegressor(affinity="precomputed").fit(W, np.full(900, np.nan))
    with pytest.raises(ValueError, match="every sample is unlabelled"):
        GraphPropagationClassifier(affinity="precomputed").fit(W, np.full(900, -1))
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        GraphPropagationRegressor(affinity="precomputed", solver="red-black", max_iter=3).fit(W, y)


def test_inputs_are_not_modified():
    W = lattice(6, 6)
    W.data.setflags(write=False)
    before = W.copy()
    y = np.full(36, -1)
    y[[0, 35]] = [0, 1]
    y.setflags(write=False)
    GraphPropagationClassifier(affinity="precomputed").fit(W, y)
    assert (before != W).nnz == 0


@pytest.mark.parametrize("mark", [None, np.nan, -1, "-1"])
def test_strings_may_be_unlabelled(mark):
    X, y = make_moons(120, noise=0.05, random_state=0)
    known = np.arange(120) % 6 == 0
    numbers = GraphPropagationClassifier().fit(X, np.where(known, y, -1))
    names = np.array(["left", "right"], dtype=object)[y]
    partly = names.copy()
    partly[~known] = mark
    model = GraphPropagationClassifier().fit(X, partly)
    assert model.classes_.tolist() == ["left", "right"]
    assert (model.transduction_ == np.array(["left", "right"])[numbers.transduction_]).all()
    fixed_width = GraphPropagationClassifier().fit(X, np.where(known, names.astype(str), "-1"))
    assert fixed_width.classes_.tolist() == ["left", "right"]
    one = partly.copy()
    one[names == "right"] = mark
    if mark in (-1, "-1"):
        with pytest.warns(UserWarning, match="one other label"):
            assert GraphPropagationClassifier().fit(X, one).classes_.tolist() == ["-1", "left"]
    else:
        assert GraphPropagationClassifier().fit(X, one).classes_.tolist() == ["left"]


def test_missing_numbers_are_unlabelled():
    X, y = make_moons(120, noise=0.05, random_state=0)
    known = np.arange(120) % 6 == 0
    base = GraphPropagationClassifier().fit(X, np.where(known, y, -1)).transduction_
    series = pd.Series(y, dtype="Int64").where(known)
    for labels in (np.where(known, y, np.nan), np.where(known, y.astype(object), None), series):
        model = GraphPropagationClassifier().fit(X, labels)
        assert model.classes_.tolist() == [0, 1]
        assert np.array_equal(model.transduction_, base)
    with pytest.raises(ValueError, match="every sample is unlabelled"):
        GraphPropagationClassifier().fit(X, [None] * 120)
