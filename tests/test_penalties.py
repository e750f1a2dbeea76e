"""Every penalty: prox against brute force, thresholds, derivatives, limits, invariances, misuse."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.isotonic import isotonic_regression

from pauca import penalties as pen
from pauca._certify import _derivative

SCALAR = {
    "l1": pen.L1(0.7),
    "elasticnet": pen.ElasticNet(0.7, l1_ratio=0.4),
    "mcp": pen.MCP(0.7, gamma=3.0),
    "mcp-steep": pen.MCP(0.7, gamma=0.5),
    "scad": pen.SCAD(0.7, gamma=3.7),
    "scad-steep": pen.SCAD(0.7, gamma=2.1),
    "firm": pen.Firm(0.7, ratio=2.0),
    "capped": pen.CappedL1(0.7, threshold=0.9),
    "logsum": pen.LogSum(0.7, eps=0.3),
    "logsum-flat": pen.LogSum(0.7, eps=5.0),
    "transformed": pen.TransformedL1(0.7, theta=1.0),
    "transformed-steep": pen.TransformedL1(0.7, theta=0.05),
    "l0": pen.L0(0.7),
    "l1/2": pen.Lp(0.7, p=0.5),
    "l2/3": pen.Lp(0.7, p=2 / 3),
    "lp": pen.Lp(0.7, p=0.3),
    "lp-near-1": pen.Lp(0.7, p=0.95),
    "box": pen.Box(-0.4, 0.6),
    "mcp-ridge": pen.MCP(0.7, gamma=3.0, ridge=0.5),
    "mcp-nonnegative": pen.MCP(0.7, gamma=3.0, nonnegative=True),
    "scad-nonnegative": pen.SCAD(0.7, nonnegative=True, ridge=0.2),
}
# Steps below, at and beyond the weak-convexity limit of each penalty.
STEPS = [0.05, 0.5, 1.0, 1.1, 2.0, 2.7, 3.0, 3.1, 4.7, 9.0]


def scalar_value(penalty, x):
    """The penalty's value from its definition, for arrays."""
    a, lam = np.abs(x), penalty.alpha
    out = np.zeros_like(a)
    if isinstance(penalty, pen.L1):
        out = lam * a
    elif isinstance(penalty, pen.ElasticNet):
        out = lam * (penalty.l1_ratio * a + (1 - penalty.l1_ratio) * a**2 / 2)
    elif isinstance(penalty, pen.MCP | pen.Firm):
        g = penalty.gamma if isinstance(penalty, pen.MCP) else penalty.ratio
        out = np.where(a <= g * lam, lam * a - a**2 / (2 * g), g * lam**2 / 2)
    elif isinstance(penalty, pen.SCAD):
        s = penalty.gamma
        middle = (2 * s * lam * a - a**2 - lam**2) / (2 * (s - 1))
        out = np.where(a <= lam, lam * a, np.where(a <= s * lam, middle, lam**2 * (s + 1) / 2))
    elif isinstance(penalty, pen.CappedL1):
        out = lam * np.minimum(a, penalty.threshold)
    elif isinstance(penalty, pen.LogSum):
        out = lam * np.log1p(a / penalty.eps)
    elif isinstance(penalty, pen.TransformedL1):
        out = lam * (1 + penalty.theta) * a / (penalty.theta + a)
    elif isinstance(penalty, pen.L0):
        out = lam * (a > 0)
    elif isinstance(penalty, pen.Lp):
        out = lam * a**penalty.p
    elif isinstance(penalty, pen.Box):
        out = np.where((x < penalty.lower) | (x > penalty.upper), np.inf, 0.0)
    out = out + lam * getattr(penalty, "ridge", 0.0) * a**2 / 2
    return np.where((x < 0) & penalty.nonnegative, np.inf, out)


def grid(v):
    reach = max(1.5 * abs(v), 2.0)
    return np.unique(np.concatenate([np.linspace(-reach, reach, 20001), [0.0, v]]))


@pytest.mark.parametrize("name", SCALAR)
def test_value_is_the_definition(name):
    x = np.linspace(-5, 5, 201)
    penalty = SCALAR[name]
    expected = scalar_value(penalty, x)
    found = np.array([penalty.value([a]) for a in x])
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)
    inside = x[np.isfinite(expected)]
    np.testing.assert_allclose(penalty.value(inside), scalar_value(penalty, inside).sum(), rtol=1e-13)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", SCALAR)
def test_prox_is_the_global_minimiser(name, step):
    penalty = SCALAR[name]
    rng = np.random.default_rng(3)
    v = np.concatenate([rng.normal(0, 3, 25), [0.0, -0.0, 1e-9, 30.0]])
    x = penalty.prox(v, step)
    for a, b in zip(v, x, strict=True):
        points = grid(a)
        objective = step * scalar_value(penalty, points) + (points - a) ** 2 / 2
        mine = step * scalar_value(penalty, np.array([b]))[0] + (b - a) ** 2 / 2
        assert mine <= objective.min() + 1e-12 * max(1.0, a * a), (a, b, points[objective.argmin()])


@settings(max_examples=150)
@given(
    name=st.sampled_from(sorted(set(SCALAR) - {"box"})),
    v=st.floats(-50, 50),
    step=st.floats(1e-3, 20),
    alpha=st.floats(0.0, 5.0),
)
def test_prox_properties(name, v, step, alpha):
    """Odd, shrinking, monotone, never above the objective at 0 or at v."""
    penalty = clone(SCALAR[name], safe=False).set_params(alpha=alpha)
    x = float(penalty.prox([v], step)[0])
    assert abs(x) <= abs(v) * (1 + 1e-12)
    assert x == 0.0 or np.sign(x) == np.sign(v)
    if not penalty.nonnegative:
        assert float(penalty.prox([-v], step)[0]) == -x
    for other in (0.0, v):
        if penalty.nonnegative and other < 0:
            continue
        best = step * scalar_value(penalty, np.array([other]))[0] + (other - v) ** 2 / 2
        mine = step * scalar_value(penalty, np.array([x]))[0] + (x - v) ** 2 / 2
        assert mine <= best + 1e-12 * (1 + v * v)
    above = float(penalty.prox([v + 0.1], step)[0])
    assert above >= x - 1e-12
    if alpha == 0.0:
        assert x == (max(v, 0.0) if penalty.nonnegative else v)


def jump(penalty, step):
    """The largest v that the prox maps to zero, by bisection to the last bit."""
    lo, hi = 0.0, 1e3
    while True:
        middle = 0.5 * (lo + hi)
        if middle in (lo, hi):
            return lo
        if penalty.prox([middle], step)[0] == 0.0:
            lo = middle
        else:
            hi = middle


CLOSED_THRESHOLD = {
    "l1": lambda p, t: t * p.alpha,
    "mcp": lambda p, t: t * p.alpha if t < p.gamma else p.alpha * np.sqrt(p.gamma * t),
    "mcp-steep": lambda p, t: t * p.alpha if t < p.gamma else p.alpha * np.sqrt(p.gamma * t),
    "scad": lambda p, t: t * p.alpha if t < p.gamma + 1 else p.alpha * np.sqrt(t * (p.gamma + 1)),
    "capped": lambda p, t: t * p.alpha if t * p.alpha < 2 * p.threshold else np.sqrt(2 * t * p.alpha * p.threshold),
    "l0": lambda p, t: np.sqrt(2 * t * p.alpha),
    "l1/2": lambda p, t: 1.5 * (t * p.alpha) ** (2 / 3),
    "l2/3": lambda p, t: 2 * (2 * t * p.alpha / 3) ** 0.75,
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", CLOSED_THRESHOLD)
def test_thresholds_and_both_neighbours(name, step):
    """At the threshold zero is returned (a tie goes to the smaller magnitude), just beyond it is not."""
    penalty = SCALAR[name]
    at = CLOSED_THRESHOLD[name](penalty, step)
    assert jump(penalty, step) == pytest.approx(at, rel=1e-14)
    below, above = at * (1 - 4e-16), at * (1 + 1e-12)
    assert penalty.prox([below], step)[0] == 0.0
    assert penalty.prox([above], step)[0] > 0.0


@pytest.mark.parametrize("name", sorted(set(SCALAR) - {"box", "l0"}))
def test_smaller_magnitude_at_ties_and_continuity_elsewhere(name):
    """Around every jump the two sides have the same objective: the jump is where it must be."""
    penalty = SCALAR[name]
    for step in STEPS:
        at = jump(penalty, step)
        after = np.nextafter(at, np.inf) * (1 + 1e-13)
        x = penalty.prox([after], step)[0]
        value = step * scalar_value(penalty, np.array([x]))[0] + (x - after) ** 2 / 2
        assert value == pytest.approx(after**2 / 2, rel=1e-10)


@pytest.mark.parametrize(("penalty", "limit"), [(pen.MCP(0.7, 3.0), 3.0), (pen.SCAD(0.7, 3.7), 2.7)])
def test_step_exactly_at_the_weak_convexity_limit(penalty, limit):
    """1 - step / gamma = 0 must not be divided by; the prox is continuous in the step there."""
    v = np.linspace(-6, 6, 241)
    at = penalty.prox(v, limit)
    assert np.isfinite(at).all()
    for near in (np.nextafter(limit, 0), np.nextafter(limit, 9)):
        other = penalty.prox(v, near)
        f = [limit * scalar_value(penalty, x) + (x - v) ** 2 / 2 for x in (at, other)]
        np.testing.assert_allclose(f[0], f[1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", SCALAR)
def test_prox_of_nan_infinity_and_float32(name):
    penalty = SCALAR[name]
    assert np.isnan(penalty.prox([np.nan])[0])
    if name not in ("box", "mcp-ridge", "scad-nonnegative", "elasticnet"):
        assert penalty.prox([np.inf])[0] == np.inf
    assert penalty.prox(np.float32([1.0, 2.0])).dtype == np.float32
    assert penalty.prox(np.ones((2, 3))).shape == (2, 3)
    v = np.array([1.0, 2.0])
    v.flags.writeable = False
    penalty.prox(v)


@pytest.mark.parametrize("name", sorted(set(SCALAR) - {"box", "elasticnet"}))
def test_slope_is_the_derivative_of_the_value(name):
    penalty = SCALAR[name]
    h = 1e-6
    for a in (0.11, 0.43, 0.813, 1.3, 2.7, 6.0):
        numeric = (penalty.value([a + h]) - penalty.value([a - h])) / (2 * h)
        slope = _derivative(penalty)(np.array([a]), np.array([penalty.alpha]))[0]
        assert numeric == pytest.approx(slope + penalty.alpha * getattr(penalty, "ridge", 0.0) * a, abs=1e-7)


def test_both_conventions_for_weights():
    v, w = np.array([0.5, 2.0, 4.0]), np.array([0.5, 2.0, 0.0])
    strength, multiply = pen.MCP(0.7, weights=w), pen.MCP(0.7, weights=w, weighting="multiply")
    for k in range(3):
        assert strength.prox(v, 0.8)[k] == pen.MCP(0.7 * w[k]).prox([v[k]], 0.8)[0]
        expected = v[k] if w[k] == 0 else pen.MCP(0.7).prox([v[k]], 0.8 * w[k])[0]
        assert multiply.prox(v, 0.8)[k] == expected
    assert multiply.value(v) == pytest.approx(sum(w[k] * pen.MCP(0.7).value([v[k]]) for k in range(3)))
    assert strength.value(v) == pytest.approx(sum(pen.MCP(0.7 * w[k]).value([v[k]]) for k in range(3)))
    for cls in (pen.L1, pen.L0, pen.CappedL1, pen.LogSum, pen.Lp):
        np.testing.assert_allclose(
            cls(0.7, weights=w).prox(v), [v[k] if w[k] == 0 else cls(0.7 * w[k]).prox([v[k]])[0] for k in range(3)]
        )
    with pytest.raises(ValueError, match="weighting is 'both'"):
        pen.MCP(weighting="both").prox([1.0])


def test_infinite_weight_excludes_and_zero_weight_frees():
    for name, penalty in SCALAR.items():
        if name == "box":
            continue
        free = clone(penalty, safe=False).set_params(weights=[0.0, np.inf])
        np.testing.assert_array_equal(free.prox([2.0, 1e6], 5.0), [2.0, 0.0], err_msg=name)


def test_limits_between_penalties():
    v = np.linspace(-5, 5, 101)
    lasso = pen.L1(0.7).prox(v, 1.3)
    np.testing.assert_allclose(pen.MCP(0.7, gamma=1e12).prox(v, 1.3), lasso, atol=1e-10)
    np.testing.assert_allclose(pen.SCAD(0.7, gamma=1e12).prox(v, 1.3), lasso, atol=1e-10)
    np.testing.assert_allclose(pen.CappedL1(0.7, threshold=1e6).prox(v, 1.3), lasso)
    np.testing.assert_allclose(pen.LogSum(0.7e6, eps=1e6).prox(v, 1.3), lasso, atol=1e-5)
    np.testing.assert_allclose(pen.TransformedL1(0.7, theta=1e7).prox(v, 1.3), lasso, atol=1e-5)
    np.testing.assert_allclose(pen.TransformedL1(0.7, theta=1e-12).prox(v, 1.3), pen.L0(0.7).prox(v, 1.3), atol=1e-9)
    np.testing.assert_allclose(pen.Lp(0.7, p=1 - 1e-9).prox(v, 1.3), lasso, atol=1e-7)
    np.testing.assert_array_equal(pen.Firm(0.7, ratio=2.5).prox(v), pen.MCP(0.7, gamma=2.5).prox(v))
    # gamma -> 0 with alpha^2 gamma fixed: every nonzero costs alpha^2 gamma / 2
    gamma = 1e-8
    np.testing.assert_allclose(pen.MCP(np.sqrt(2 * 0.7 / gamma), gamma=gamma).prox(v), pen.L0(0.7).prox(v))
    for p, tight in ((0.5, pen.Lp(0.7, p=0.5 + 1e-9)), (2 / 3, pen.Lp(0.7, p=2 / 3 + 1e-9))):
        np.testing.assert_allclose(pen.Lp(0.7, p=p).prox(v), tight.prox(v), atol=1e-7)


# ---------------------------------------------------------------------------------------------------- structured

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
        (pen.MCP(gamma=0.0), "gamma is 0.0, expected a number > 0"),
        (pen.MCP(alpha=-1.0), "alpha is -1.0"),
        (pen.MCP(ridge=-1.0), "ridge is -1.0"),
        (pen.SCAD(gamma=2.0), "expected a number > 2"),
        (pen.Firm(ratio=1.0), "expected a number > 1"),
        (pen.CappedL1(threshold=0.0), "threshold is 0.0"),
        (pen.LogSum(eps=np.nan), "eps is nan"),
        (pen.TransformedL1(theta=0.0), "theta is 0.0"),
        (pen.Lp(p=1.0), r"expected a number in \(0, 1\)"),
        (pen.Box(1.0, 0.0), "exceeds its upper bound"),
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


def test_bad_steps_are_refused():
    for penalty in (pen.MCP(), pen.Slope(), pen.Box()):
        for step in (0.0, -1.0, np.nan):
            with pytest.raises(ValueError, match="step"):
                penalty.prox([1.0, 2.0], step)


@pytest.mark.parametrize("name", [*SCALAR, *STRUCTURED])
def test_value_objects(name):
    penalty = {**SCALAR, **STRUCTURED}[name]
    assert pickle.loads(pickle.dumps(penalty)) == penalty
    assert clone(penalty, safe=False) == penalty
    assert eval(repr(penalty), {k: getattr(pen, k) for k in pen.__all__}) == penalty
    if "alpha" in penalty.get_params():
        assert clone(penalty, safe=False).set_params(alpha=0.123) != penalty


def test_large_vectors():
    """Far beyond what an algorithm of quadratic cost could do."""
    rng = np.random.default_rng(0)
    v = rng.normal(size=200_000)
    for penalty in (pen.Slope(0.1), pen.FusedL1(0.1), pen.KSupport(1000, 0.1)):
        assert np.isfinite(penalty.prox(v)).all()
