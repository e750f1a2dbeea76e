"""Penalties that are no sum over coefficients: values, prox against solvers, limits, groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from penalty_checks import check_value_object, scalar_value
from scipy.optimize import minimize
from sklearn.isotonic import isotonic_regression

from pauca import penalties as pen

GROUPS = [0, 0, 1, 1, 1, 2]
STRUCTURED = {
    "slope": pen.Slope(0.6, sequence=[3.0, 2.0, 1.5, 1.0, 0.5, 0.0]),
    "slope-bh": pen.Slope(0.6),
    "oscar": pen.Oscar(0.4, slope=0.3),
    "group": pen.GroupL2(GROUPS, 0.6),
    "group-mcp": pen.GroupMCP(GROUPS, 0.6),
    "group-scad": pen.GroupSCAD(GROUPS, 0.6),
    "sparse-group": pen.SparseGroup(GROUPS, 0.6, l1_ratio=0.3),
    "composite": pen.CompositeMCP(GROUPS, 0.6),
    "composite-steep": pen.CompositeMCP(GROUPS, 0.6, gamma=0.8),
    "k-support": pen.KSupport(2, 0.6),
    "k-support-groups": pen.KSupport(2, 0.6, groups=GROUPS, group_weights=[1.0, 2.0, 0.5]),
    "fused": pen.FusedL1(0.6, l1_ratio=0.3),
    "tv": pen.FusedL1(0.6, l1_ratio=0.0),
    "nuclear": pen.Nuclear(0.6, shape=(2, 3)),
    "nuclear-mcp": pen.NuclearMCP(0.6, shape=(2, 3)),
    "nuclear-scad": pen.NuclearSCAD(0.6, shape=(2, 3)),
}


def mcp(a, lam, g):
    return np.where(a <= g * lam, lam * a - a**2 / (2 * g), g * lam**2 / 2)


def structured_value(penalty, w):
    """Each value from its definition, in plain numpy."""
    alpha, groups = penalty.alpha, np.array(GROUPS)
    norms = np.array([np.linalg.norm(w[groups == g]) for g in range(3)])
    sizes = np.bincount(groups)
    if isinstance(penalty, pen.Slope):
        return alpha * np.sort(np.abs(w))[::-1] @ penalty._sequence(len(w))
    if isinstance(penalty, pen.Oscar):
        pairs = sum(max(abs(w[i]), abs(w[j])) for i in range(len(w)) for j in range(i))
        return alpha * (np.abs(w).sum() + penalty.slope * pairs)
    if isinstance(penalty, pen.GroupL2):
        return alpha * np.sqrt(sizes) @ norms
    if isinstance(penalty, pen.GroupMCP | pen.GroupSCAD):
        scalar = pen.MCP if isinstance(penalty, pen.GroupMCP) else pen.SCAD
        return sum(
            scalar_value(scalar(alpha * np.sqrt(d), gamma=penalty.gamma), np.array([a]))[0]
            for d, a in zip(sizes, norms, strict=True)
        )
    if isinstance(penalty, pen.SparseGroup):
        return alpha * (penalty.l1_ratio * np.abs(w).sum() + (1 - penalty.l1_ratio) * np.sqrt(sizes) @ norms)
    if isinstance(penalty, pen.CompositeMCP):
        lam, g = np.sqrt(alpha), penalty.gamma
        inner = np.array([mcp(np.abs(w[groups == k]), lam, g).sum() for k in range(3)])
        return sum(float(mcp(np.array(s), lam, d * g * lam / 2)) for s, d in zip(inner, sizes, strict=True))
    if isinstance(penalty, pen.KSupport):
        if penalty.groups is None:
            norms, d = np.abs(w), np.ones(len(w))
        else:
            d = np.asarray(penalty.group_weights)
        return alpha / 2 * k_support_by_solver(norms, d, penalty.k)
    if isinstance(penalty, pen.FusedL1):
        return alpha * ((1 - penalty.l1_ratio) * np.abs(np.diff(w)).sum() + penalty.l1_ratio * np.abs(w).sum())
    s = np.linalg.svd(w.reshape(penalty.shape), compute_uv=False)
    if isinstance(penalty, pen.NuclearMCP):
        return scalar_value(pen.MCP(alpha, penalty.gamma), s).sum()
    if isinstance(penalty, pen.NuclearSCAD):
        return scalar_value(pen.SCAD(alpha, penalty.gamma), s).sum()
    return alpha * s.sum()


def k_support_by_solver(norms, d, k):
    """min sum d n^2 / u over 0 <= u <= 1, sum u <= k, by its optimality condition u = clip(c sqrt(d) n, 0, 1)."""
    a = np.sqrt(d) * norms
    a = a[a > 0]
    if len(a) <= k:
        return (a**2).sum()
    lo, hi = 0.0, 1.0
    while np.clip(hi * a, 0, 1).sum() < k:
        hi *= 2
    for _ in range(200):
        middle = (lo + hi) / 2
        lo, hi = (middle, hi) if np.clip(middle * a, 0, 1).sum() < k else (lo, middle)
    return (a**2 / np.clip(hi * a, 0, 1)).sum()


@pytest.mark.parametrize("name", STRUCTURED)
def test_structured_value_is_the_definition(name):
    rng = np.random.default_rng(0)
    for w in (*rng.normal(0, 2, (20, 6)), np.zeros(6), np.array([1.0, -1.0, 1.0, 0.0, 0.0, 2.0])):
        assert STRUCTURED[name].value(w) == pytest.approx(structured_value(STRUCTURED[name], w), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("step", [0.1, 1.0, 2.0, 3.5, 8.0])
@pytest.mark.parametrize("name", STRUCTURED)
def test_structured_prox_is_a_global_minimiser(name, step):
    """No descent method from many starts finds anything lower than the prox."""
    penalty = STRUCTURED[name]
    rng = np.random.default_rng(1)
    for v in rng.normal(0, 2.5, (3, 6)):
        x = penalty.prox(v, step)

        def objective(w, v=v):
            # the k-support value by its definition is slow; it is compared with `value` above
            g = penalty.value(w) if isinstance(penalty, pen.KSupport) else structured_value(penalty, w)
            return step * g + ((w - v) ** 2).sum() / 2

        mine = objective(x)
        starts = [v, np.zeros(6), x + 1e-3, *(v * m for m in rng.integers(0, 2, (6, 6))), *rng.normal(0, 2, (3, 6))]
        for start in starts:
            assert mine <= objective(np.asarray(start)) + 1e-9
        for start in (v, 0.5 * x):
            found = minimize(objective, start, method="Nelder-Mead", options={"maxfev": 400})
            assert mine <= found.fun + 1e-9, (v, x, found.x)
        # convex penalties: no direction goes down
        for d in rng.normal(size=(30, 6)):
            assert objective(x + 1e-4 * d) >= mine - 1e-12


def test_composite_prox_by_a_fine_grid():
    penalty = pen.CompositeMCP([0, 0], 0.8, gamma=1.5)
    axis = np.linspace(0, 4, 401)
    a, b = np.meshgrid(axis, axis, indexing="ij")
    lam = np.sqrt(0.8)
    value = mcp(mcp(a, lam, 1.5) + mcp(b, lam, 1.5), lam, 1.5 * lam)
    rng = np.random.default_rng(5)
    for _ in range(60):
        v, step = rng.uniform(0, 4, 2), rng.uniform(0.2, 6)
        table = step * value + ((a - v[0]) ** 2 + (b - v[1]) ** 2) / 2
        x = penalty.prox(v, step)
        mine = step * penalty.value(x) + ((x - v) ** 2).sum() / 2
        assert mine <= table.min() + 1e-12
        assert mine >= table.min() - 0.02


def test_total_variation_by_a_convex_solver():
    """The dual is a box-constrained least squares problem: its solution certifies the prox."""
    rng = np.random.default_rng(2)
    for n in (1, 2, 3, 50):
        v = rng.normal(0, 1, n).cumsum()
        for lam in (0.0001, 0.3, 2.0, 100.0):
            x = pen.FusedL1(lam, l1_ratio=0.0).prox(v)
            z = np.cumsum(v - x)[:-1]  # dual variables on the edges
            assert abs((v - x).sum()) < 1e-9
            assert (np.abs(z) <= lam + 1e-9).all()
            gaps = np.diff(x)
            np.testing.assert_allclose(z[np.abs(gaps) > 1e-9], -lam * np.sign(gaps[np.abs(gaps) > 1e-9]), atol=1e-8)
    np.testing.assert_allclose(pen.FusedL1(1e9, l1_ratio=0.0).prox([1.0, 2.0, 6.0]), 3.0)


def test_slope_prox_by_isotonic_regression():
    rng = np.random.default_rng(4)
    v = np.concatenate([rng.normal(0, 3, 40), [1.0, -1.0, 1.0]])
    penalty = pen.Slope(0.8, q=0.2)
    order = np.argsort(-np.abs(v), kind="stable")
    z = np.abs(v)[order] - 1.7 * 0.8 * penalty._sequence(43)
    expected = np.zeros(43)
    expected[order] = np.maximum(isotonic_regression(z, increasing=False), 0)
    np.testing.assert_allclose(penalty.prox(v, 1.7), np.sign(v) * expected, atol=1e-12)


def test_structured_limits():
    rng = np.random.default_rng(6)
    v = rng.normal(0, 2, 6)
    lasso = pen.L1(0.6).prox(v, 1.2)
    np.testing.assert_allclose(pen.Slope(0.6, sequence=np.ones(6)).prox(v, 1.2), lasso, atol=1e-14)
    np.testing.assert_allclose(pen.Oscar(0.6, slope=0.0).prox(v, 1.2), lasso, atol=1e-14)
    np.testing.assert_allclose(pen.GroupL2(None, 0.6).prox(v, 1.2), lasso, atol=1e-14)
    np.testing.assert_allclose(pen.SparseGroup(GROUPS, 0.6, l1_ratio=1.0).prox(v, 1.2), lasso, atol=1e-14)
    np.testing.assert_allclose(
        pen.SparseGroup(GROUPS, 0.6, l1_ratio=0.0).prox(v, 1.2), pen.GroupL2(GROUPS, 0.6).prox(v, 1.2), atol=1e-14
    )
    np.testing.assert_allclose(pen.GroupMCP(None, 0.6).prox(v, 1.2), pen.MCP(0.6).prox(v, 1.2), atol=1e-14)
    np.testing.assert_allclose(pen.GroupSCAD(None, 0.6).prox(v, 1.2), pen.SCAD(0.6).prox(v, 1.2), atol=1e-14)
    np.testing.assert_allclose(pen.GroupMCP(GROUPS, 0.6, gamma=1e12).prox(v), pen.GroupL2(GROUPS, 0.6).prox(v))
    np.testing.assert_allclose(pen.KSupport(6, 0.6).prox(v, 1.2), v / (1 + 1.2 * 0.6))
    assert pen.KSupport(6, 0.6).value(v) == pytest.approx(0.3 * v @ v)
    assert pen.KSupport(1, 0.6).value(v) == pytest.approx(0.3 * np.abs(v).sum() ** 2)
    np.testing.assert_allclose(pen.FusedL1(0.6, l1_ratio=1.0).prox(v, 1.2), lasso)
    row = pen.Nuclear(0.6, shape=(1, 6)).prox(v, 1.2)
    np.testing.assert_allclose(row, pen.GroupL2([0] * 6, 0.6, group_weights=[1.0]).prox(v, 1.2), atol=1e-13)
    diagonal = pen.NuclearMCP(0.6).prox(np.diag(v[:3]), 1.2)
    np.testing.assert_allclose(np.diag(diagonal), pen.MCP(0.6).prox(v[:3], 1.2), atol=1e-13)


@settings(max_examples=60)
@given(
    name=st.sampled_from([k for k, p in STRUCTURED.items() if p.convex]),
    seed=st.integers(0, 10**6),
    step=st.floats(0.01, 10),
)
def test_convex_structured_proxes_are_firmly_nonexpansive(name, seed, step):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 3, (2, 6))
    if seed % 3 == 0:
        b[0] = b[1] = a[0]  # ties
    p, q = (STRUCTURED[name].prox(v, step) for v in (a, b))
    d = p - q
    assert d @ d <= d @ (a - b) + 1e-10
    np.testing.assert_allclose(STRUCTURED[name].prox(-a, step), -p, atol=1e-12)


def test_k_support_may_have_more_than_k_nonzeros_and_ties_are_even():
    x = pen.KSupport(2, 1.0).prox([1.0, 1.0, 1.0])
    assert (x == x[0]).all()
    assert x[0] > 0.0
    rng = np.random.default_rng(7)
    v = rng.normal(0, 1, 20)
    x, t = pen.KSupport(3, 0.4).prox(v), 0.4
    # optimality: v - x = t x / u with u in [0, 1], sum u = 3 and equal marginal values where 0 < u < 1
    u = np.divide(t * x, v - x, out=np.zeros(20), where=x != 0)
    assert u.sum() == pytest.approx(3.0)
    inner = (u > 1e-9) & (u < 1 - 1e-9)
    ratio = np.abs(x[inner]) / u[inner]
    np.testing.assert_allclose(ratio, ratio[0])


def test_group_of_zeros_has_no_zero_over_zero():
    for name in ("group", "group-mcp", "group-scad", "sparse-group", "composite", "k-support-groups"):
        x = STRUCTURED[name].prox(np.array([0.0, 0.0, 1.0, 2.0, 0.0, 5.0]))
        assert np.isfinite(x).all()
        assert (x[:2] == 0).all()


def test_groups_by_label_list_name_glob_and_callable():
    from pauca.penalties._groups import resolve_groups

    names = ["a1", "a2", "b", "c"]
    for groups in (["u", "u", "v", "w"], [[0, 1], [2], [3]], {"a": "a*"}, lambda n: [f[0] for f in n]):
        labels, _ = resolve_groups(groups, 4, names)
        assert labels.tolist() == [0, 0, 1, 2]
    with pytest.raises(ValueError, match="two groups"):
        resolve_groups({"a": "a*", "b": ["b", "a1"]}, 4, names)
    with pytest.raises(ValueError, match="matches no feature"):
        resolve_groups({"a": "z*"}, 4, names)
    with pytest.raises(ValueError, match="is empty"):
        resolve_groups([[0, 1], []], 4, names)
    with pytest.raises(ValueError, match="expected one label"):
        resolve_groups([0, 1], 4, names)
    with pytest.raises(ValueError, match="expected 0 to 3"):
        resolve_groups([[0, 9]], 4, names)


@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        (pen.Slope(q=1.0), r"expected a number in \(0, 1\)"),
        (pen.Slope(sequence=[1.0, 2.0]), "non-increasing"),
        (pen.Slope(sequence=[1.0]), "expected one number for each of 2"),
        (pen.Oscar(slope=-1.0), "slope is -1.0"),
        (pen.FusedL1(l1_ratio=2.0), r"expected a number in \[0, 1\]"),
        (pen.SparseGroup(l1_ratio=-0.1), r"expected a number in \[0, 1\]"),
        (pen.GroupMCP(gamma=0.0), "expected a number > 0"),
        (pen.GroupSCAD(gamma=2.0), "expected a number > 2"),
        (pen.GroupL2(group_weights=[1.0]), "expected one number a group"),
        (pen.GroupL2(group_weights=[1.0, -1.0]), "expected finite numbers >= 0"),
        (pen.KSupport(0), "expected a whole number >= 1"),
        (pen.KSupport(1, group_weights=[0.0, 1.0]), "must be positive"),
        (pen.Nuclear(shape=(2, 2)), "product 2"),
    ],
)
def test_misuse_is_named(penalty, message):
    with pytest.raises(ValueError, match=message):
        penalty.prox([1.0, 2.0])
    with pytest.raises(ValueError, match=message):
        penalty.value([1.0, 2.0])


@pytest.mark.parametrize("name", STRUCTURED)
def test_value_objects(name):
    check_value_object(STRUCTURED[name])


def test_large_vectors():
    """Far beyond what an algorithm of quadratic cost could do."""
    rng = np.random.default_rng(0)
    v = rng.normal(size=200_000)
    for penalty in (pen.Slope(0.1), pen.FusedL1(0.1), pen.KSupport(1000, 0.1)):
        assert np.isfinite(penalty.prox(v)).all()
