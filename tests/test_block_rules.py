"""Partitions, selection rules and block updates: the same iterates as plain numpy, decrease, degenerate data."""

import numpy as np
import pytest
from bcd_reference import Penalty, Reference, Smooth
from block_rule_cases import PENALTIES, RULES, SMOOTH_UPDATES, data, impossible
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from pauca.linear_model import SparseClassifier, SparseRegressor
from pauca.penalties import L1, ElasticNet
from pauca.solvers import BlockProblem, GreedyBCD, minimize_blocks

PROX_UPDATES = ["gradient", "diagonal", "matrix", "prox-newton", "backtracking", "two-metric"]


def compare(loss, X, y, penalty=None, iterations=12, rtol=1e-7, atol=1e-7, groups=None, **rules):
    """The core and the reference make the same iterates: same objectives, same last point."""
    f = Smooth(loss, X, y, ridge=0.0 if loss == "graph" else 0.2)
    arguments = dict(penalty or {})
    g = Penalty(f.size, **arguments)
    labels = None
    if groups is not None:
        labels = np.empty(f.size, dtype=int)
        for k, b in enumerate(groups):
            labels[b] = k
    reference = Reference(
        f, g, rules["partition"], rules["block_size"], rules["selection"], rules["update"],
        rules.get("diagonal"), rules.get("random_state", 0), groups,
    )  # fmt: skip
    design = sparse.csr_array(X) if loss == "graph" else X
    problem = BlockProblem(loss, design, y, ridge=f.ridge, groups=labels, **arguments)
    start = np.zeros(f.size)
    path, x = reference.run(start, iterations)
    result = minimize_blocks(problem, max_iter=iterations, x0=start, **rules)
    np.testing.assert_allclose(result.objective_path, path, rtol=rtol, atol=1e-10 * max(abs(path[0]), 1))
    np.testing.assert_allclose(result.x, x, rtol=0, atol=atol)
    return result


@pytest.mark.parametrize(
    "partition", ["variable", "order", "random", "sort", "average", "gershgorin", "gershgorin-average"]
)
@pytest.mark.parametrize("selection", ["cyclic", "random", "gs", "gs-q"])
def test_partitions(partition, selection):
    X, y = data("least_squares")
    compare("least_squares", X, y, partition=partition, block_size=3, selection=selection, update="gradient")


@pytest.mark.parametrize("loss", ["least_squares", "logistic", "squared_hinge", "softmax", "graph"])
@pytest.mark.parametrize("selection", RULES)
@pytest.mark.parametrize("partition", ["variable", "sort"])
def test_selection(loss, selection, partition):
    quadratic = loss in ("least_squares", "graph")
    if selection == "max-improvement" and not quadratic:
        selection = "gsd"  # refused: see test_refusals
    if selection == "cubic" and loss == "squared_hinge":
        selection = "gsq"
    X, y = data(loss)
    size = 1 if selection == "gsl" and partition == "variable" else 3
    compare(loss, X, y, partition=partition, block_size=size, selection=selection, update="matrix", random_state=4)


@pytest.mark.parametrize("loss", ["least_squares", "logistic", "squared_hinge", "softmax"])
@pytest.mark.parametrize("update", SMOOTH_UPDATES)
@pytest.mark.parametrize("partition", ["variable", "average"])
def test_smooth_updates(loss, update, partition):
    if update == "cubic" and loss == "squared_hinge":
        update = "newton"
    X, y = data(loss)
    compare(loss, X, y, partition=partition, block_size=3, selection="gs", update=update)


@pytest.mark.parametrize("diagonal", ["scaled", "gershgorin", "coordinate"])
@pytest.mark.parametrize("partition", ["variable", "order"])
@pytest.mark.parametrize("selection", ["gsd", "gs-r", "gsl-r", "gs-q"])
def test_diagonals(diagonal, partition, selection):
    X, y = data("logistic")
    compare(
        "logistic", X, y, partition=partition, block_size=3, selection=selection, update="diagonal", diagonal=diagonal
    )


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("update", PROX_UPDATES)
@pytest.mark.parametrize("loss", ["least_squares", "logistic"])
def test_proximal_updates(penalty, update, loss):
    X, y = data(loss)
    # After an exact step scores of the block are zero up to rounding, which would decide between it and held bounds.
    selection = "gs-q" if update in ("gradient", "diagonal", "backtracking") else "permutation"
    compare(loss, X, y, PENALTIES[penalty], partition="variable", block_size=3, selection=selection, update=update)


@pytest.mark.parametrize("penalty", ["l1", "box"])
@pytest.mark.parametrize(
    "selection", ["gs-s", "gs-r", "gsl-r", "gs-q", "gsl", "gsd", "gsq", "max-improvement", "random"]
)
def test_proximal_selection(penalty, selection):
    X, y = data("least_squares")
    compare(
        "least_squares", X, y, PENALTIES[penalty], partition="sort", block_size=3, selection=selection,
        update="gradient", iterations=8,
    )  # fmt: skip


@pytest.mark.parametrize("selection", ["cyclic", "gs-s", "gs-r", "gsl-r", "gs-q", "gsq"])
@pytest.mark.parametrize("update", ["gradient", "exact-group", "prox-newton"])
def test_group_penalty(selection, update):
    X, y = data("least_squares")
    groups = [[0, 3], [1, 2, 5], [4], [6]]
    compare(
        "least_squares", X, y, {"group": 5.0}, groups=groups, partition="groups", block_size=1, selection=selection,
        update=update, iterations=8,
    )  # fmt: skip


def test_the_scaled_step_length_does_not_see_units():
    """gsl-r and gs-q choose the same coordinates when columns are scaled, exactly by powers of two; gs-r does not."""
    X, y = data("least_squares")
    units = 2.0 ** np.array([-3, 2, 0, 3, -2, 1, -1])
    rules = {"partition": "variable", "block_size": 1, "update": "gradient", "max_iter": 8}
    paths = {
        selection: [minimize_blocks(BlockProblem("least_squares", Z, y), selection=selection, **rules).objective_path
                    for Z in (X, X * units)]
        for selection in ("gs-r", "gsl-r", "gs-q")
    }  # fmt: skip
    for selection in ("gsl-r", "gs-q"):
        np.testing.assert_allclose(*paths[selection], rtol=1e-12)
    assert not np.allclose(*paths["gs-r"], rtol=1e-6)


def test_softmax_tightens_the_bound_on_few_classes():
    """Where a block touches m of k classes, k becomes m + 1: so does the reference; sizes 1 to 4."""
    X, y = data("softmax")
    for size in (1, 2, 4):
        compare("softmax", X, y, partition="order", block_size=size, selection="gsl", update="matrix")
        compare("softmax", X, y, partition="variable", block_size=size, selection="cubic", update="cubic")


@pytest.mark.parametrize("selection", ["gs", "gs-r", "gsl-r", "gs-q", "gsd"])
@pytest.mark.parametrize("partition", ["variable", "sort"])
@pytest.mark.parametrize("loss", ["least_squares", "logistic", "squared_hinge"])
def test_heap_on_sparse_designs_takes_the_same_steps(selection, partition, loss):
    X, y = data(loss, n=40, p=15, seed=3)
    X = X * (np.random.default_rng(1).random(X.shape) < 0.2)
    problem = {"ridge": 0.1, "l1": 0.05}
    rules = {"partition": partition, "block_size": 2, "selection": selection, "update": "gradient", "max_iter": 60}
    dense = minimize_blocks(BlockProblem(loss, X, y, **problem), **rules)
    rows = minimize_blocks(BlockProblem(loss, sparse.csc_array(X), y, **problem), **rules)
    np.testing.assert_allclose(rows.objective_path, dense.objective_path, rtol=1e-11)
    np.testing.assert_allclose(rows.x, dense.x, atol=1e-9)


def test_gram_cache_changes_nothing():
    X, y = data("least_squares", n=60, p=30)
    problem = BlockProblem("least_squares", X, y, ridge=0.1)
    rules = {"block_size": 4, "selection": "gs-q", "update": "matrix", "max_iter": 80}
    cached = minimize_blocks(problem, **rules)
    plain = minimize_blocks(problem, gram_memory=0, **rules)
    half = minimize_blocks(problem, gram_memory=30 * 8 * 10 / 2**20, **rules)  # ten columns fit, then it gives up
    for other in (plain, half):
        np.testing.assert_allclose(other.objective_path, cached.objective_path, rtol=1e-12)
        np.testing.assert_allclose(other.x, cached.x, atol=1e-9)


def test_intercept_is_exact_after_every_update():
    for loss in ("least_squares", "logistic"):
        X, y = data(loss)
        wide = np.column_stack([X, np.ones(len(X))])
        result = minimize_blocks(
            BlockProblem(loss, X, y, ridge=0.1, fit_intercept=True), block_size=3, selection="gs", update="newton"
        )
        f = Smooth(loss, wide, y)
        x = np.append(result.x, result.intercept)
        assert abs(f.gradient(x)[-1]) < 1e-9
        np.testing.assert_allclose(f.gradient(x)[:-1] + 0.1 * result.x, 0, atol=1e-6)


# Every selection with every update, on problems they fit.
@settings(max_examples=150)
@given(
    loss=st.sampled_from(["least_squares", "logistic", "squared_hinge", "softmax", "graph"]),
    penalty=st.sampled_from([None, *PENALTIES]),
    partition=st.sampled_from(["variable", "order", "random", "sort", "average", "gershgorin"]),
    selection=st.sampled_from(RULES),
    update=st.sampled_from(SMOOTH_UPDATES),
    diagonal=st.sampled_from(["auto", "scaled", "gershgorin", "coordinate"]),
    size=st.integers(1, 9),
    seed=st.integers(0, 10**6),
    flaw=st.sampled_from(["none", "duplicate", "zero"]),
)
def test_objective_never_increases(loss, penalty, partition, selection, update, diagonal, size, seed, flaw):
    X, y = data(loss, n=12, p=6, seed=seed)
    if loss != "graph" and flaw == "duplicate":
        X[:, 1] = X[:, 4]
    if loss != "graph" and flaw == "zero":
        X[:, 2] = 0
    problem = BlockProblem(loss, sparse.csr_array(X) if loss == "graph" else X, y, **PENALTIES.get(penalty, {}))
    rules = {"partition": partition, "selection": selection, "update": update, "diagonal": diagonal}
    if impossible(loss, penalty, size=min(size, 6), **rules):
        with pytest.raises(ValueError, match="needs|not known"):
            minimize_blocks(problem, block_size=size, **rules)
        return
    result = minimize_blocks(problem, block_size=size, max_iter=30, random_state=seed, **rules)
    path = result.objective_path
    assert np.isfinite(path).all()
    assert (np.diff(path) <= 1e-12 * np.maximum(np.abs(path[0]), 1)).all()
    lower, upper = (PENALTIES.get(penalty, {}).get(k, s * np.inf) for k, s in (("lower", -1), ("upper", 1)))
    assert (result.x >= lower).all()
    assert (result.x <= upper).all()


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("update", ["gradient", "matrix", "newton", "two-metric"])
@pytest.mark.parametrize("flaw", ["duplicate", "zero", "all zero", "one column"])
def test_degenerate_columns_reach_the_minimum(update, flaw, size):
    X, y = data("least_squares", n=20, p=6)
    if flaw == "duplicate":
        X[:, 5] = X[:, 0]
    elif flaw == "zero":
        X[:, 3] = 0
    elif flaw == "all zero":
        X[:] = 0
    else:
        X = X[:, :1]
    best = 0.5 * np.sum((y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) ** 2)
    for partition in ("variable", "sort"):
        result = minimize_blocks(
            BlockProblem("least_squares", X, y), partition=partition, block_size=size, selection="gs-q", update=update,
            max_iter=3000,
        )  # fmt: skip
        assert result.objective_path[-1] <= best * (1 + 1e-9)


def test_guarantee_rescues_coordinate_steps():
    """Steps 1/L_i on a block of equal columns overshoot; the guarantee makes them gradient steps."""
    x = np.random.default_rng(0).normal(size=(30, 1))
    X, y = np.repeat(x, 5, axis=1), x[:, 0]
    rules = {"block_size": 5, "update": "diagonal", "diagonal": "coordinate", "max_iter": 5}
    wild = minimize_blocks(BlockProblem("least_squares", X, y), guarantee=False, **rules)
    tame = minimize_blocks(BlockProblem("least_squares", X, y), **rules)
    assert wild.objective_path[-1] > wild.objective_path[0]
    assert tame.fallbacks >= 1
    assert tame.objective_path[-1] <= 1e-12


def test_finite_termination_on_the_support():
    """Blocks that hold the support end after it is found: the gap is rounding, and no further update is made."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 200))
    w = np.zeros(200)
    w[:8] = rng.normal(size=8) + 2
    y = X @ w + 0.1 * rng.normal(size=80)
    problem = BlockProblem("least_squares", X, y, l1=60.0)
    exact = minimize_blocks(problem, block_size=30, selection="gs-q", update="matrix", max_iter=30, tol=1e-9)
    assert exact.status == "converged"
    assert exact.n_updates <= 10
    slow = minimize_blocks(problem, block_size=30, selection="gs-q", update="gradient", max_iter=10, tol=1e-9)
    assert slow.objective_path[-1] > exact.objective_path[-1] * (1 + 1e-6)


def test_refusals():
    X, y = data("least_squares")
    labels = (y > 0).astype(float)

    def refuse(match, problem, **rules):
        with pytest.raises(ValueError, match=match):
            minimize_blocks(problem, **rules)

    refuse("needs a smooth problem", BlockProblem("least_squares", X, y, l1=1.0), update="newton")
    refuse("needs a quadratic problem", BlockProblem("logistic", X, labels), selection="max-improvement")
    refuse("third derivative", BlockProblem("squared_hinge", X, labels), update="cubic")
    refuse("not known before", BlockProblem("least_squares", X, y), block_size=2, selection="gsl")
    refuse("needs a quadratic on a graph", BlockProblem("least_squares", X, y), partition="tree")
    refuse("needs its groups", BlockProblem("least_squares", X, y, group=1.0, groups=[0, 0, 1, 1, 2, 2, 2]))
    refuse("needs a group penalty", BlockProblem("least_squares", X, y), update="exact-group")
    refuse("labels 0 and 1", BlockProblem("logistic", X, y))
    refuse("partition: got 'none'", BlockProblem("least_squares", X, y), partition="none")
    refuse("block_size: got 0", BlockProblem("least_squares", X, y), block_size=0)
    refuse("lies above", BlockProblem("least_squares", X, y, lower=1.0, upper=0.0))
    refuse("start: does not satisfy", BlockProblem("least_squares", X, y, lower=0.0), x0=-np.ones(7))


# Estimators: explicit rules stop on the same numbers at the same solution.
@pytest.mark.parametrize(
    "rules",
    [
        {"working_set": False},
        {"selection": "cyclic", "partition": "sort", "block_size": 4},
        {"selection": "gsl", "update": "gradient", "block_size": 3},
        {"selection": "gs-r", "update": "two-metric"},
        {"selection": "random", "update": "backtracking", "block_size": 5},
        {"selection": "gsq", "partition": "average", "block_size": 6, "update": "diagonal"},
    ],
)
@pytest.mark.parametrize("penalty", [L1(), ElasticNet(l1_ratio=0.6), L1(nonnegative=True)])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_regressor_with_rules(rules, penalty, kind):
    X, y = data("least_squares", n=60, p=20, seed=5)
    given = X if kind == "dense" else sparse.csc_array(X)
    weights = np.random.default_rng(2).uniform(0.5, 2, size=60)
    fast = SparseRegressor(penalty=penalty, alpha="0.1max").fit(given, y, sample_weight=weights)
    plain = SparseRegressor(penalty=penalty, alpha="0.1max", solver=GreedyBCD(**rules)).fit(
        given, y, sample_weight=weights
    )
    assert plain.solver_report_.converged
    assert plain.solver_report_.threshold == fast.solver_report_.threshold
    assert plain.dual_gap_ <= plain.solver_report_.threshold
    np.testing.assert_allclose(plain.coef_, fast.coef_, atol=2e-3 * np.abs(fast.coef_).max())
    assert plain.solver_report_.details["n_updates"] >= 1
    assert "," in plain.solver_report_.engine


@pytest.mark.parametrize("rules", [{"working_set": False}, {"selection": "gs", "update": "gradient", "block_size": 5}])
def test_classifier_with_rules(rules):
    X, y = data("logistic", n=80, p=12, seed=6)
    weights = np.where(np.arange(12) == 3, np.inf, 1.0)
    weights[0] = 0.0
    fast = SparseClassifier(penalty=L1(weights=weights)).fit(X, y)
    plain = SparseClassifier(penalty=L1(weights=weights), solver=GreedyBCD(**rules)).fit(X, y)
    assert plain.coef_[0, 3] == 0.0
    assert plain.solver_report_.converged
    assert plain.solver_report_.criterion <= plain.solver_report_.threshold
    np.testing.assert_allclose(plain.coef_, fast.coef_, atol=1e-4)


def test_solver_object():
    solver = GreedyBCD(selection="gsl", block_size=7)
    assert repr(solver) == "GreedyBCD(block_size=7, selection='gsl')"
    assert solver == GreedyBCD(selection="gsl", block_size=7)
    X, y = data("least_squares")
    for bad, match in [
        ({"selection": "best"}, "selection"),
        ({"partition": "groups"}, "partition"),
        ({"block_size": 0}, "block_size"),
        ({"update": "exact-group"}, "group penalty"),
    ]:
        with pytest.raises(ValueError, match=match):
            SparseRegressor(solver=GreedyBCD(**bad)).fit(X, y)
    first = SparseRegressor(solver=GreedyBCD(selection="random", block_size=2)).fit(X, y)
    again = SparseRegressor(solver=GreedyBCD(selection="random", block_size=2)).fit(X, y)
    assert (first.coef_ == again.coef_).all()
    other = SparseRegressor(solver=GreedyBCD(selection="random", block_size=2, random_state=1)).fit(X, y)
    assert (first.objective_path_[:3] != other.objective_path_[:3]).any()
