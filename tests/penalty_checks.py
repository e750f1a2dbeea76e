"""What the tests of scalar and of structured penalties share."""

import pickle

import numpy as np
from sklearn.base import clone

from pauca import penalties as pen

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


def check_value_object(penalty):
    """Pickles, clones and its own repr give an equal penalty; another strength an unequal one."""
    assert pickle.loads(pickle.dumps(penalty)) == penalty
    assert clone(penalty, safe=False) == penalty
    assert eval(repr(penalty), {k: getattr(pen, k) for k in pen.__all__}) == penalty
    if "alpha" in penalty.get_params():
        assert clone(penalty, safe=False).set_params(alpha=0.123) != penalty
