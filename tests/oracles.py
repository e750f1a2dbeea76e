"""Independent numpy versions of what the compiled core computes: slow, plain, and written from the formulas."""

import numpy as np
from scipy import optimize, sparse


def predictor(X, coef, intercept, offset=None):
    eta = np.asarray(X @ np.ravel(coef)) + float(np.ravel(intercept)[0])
    return eta if offset is None else eta + offset


def normalized(sample_weight, n):
    s = np.ones(n) if sample_weight is None else np.asarray(sample_weight, float)
    return s / s.sum()


def quadratic_gap(
    X, y, coef, intercept, alpha, *, l1_ratio=1.0, sample_weight=None, fit_intercept=True, nonnegative=False
):
    """Duality gap of the elastic net with an intercept: the residual, scaled into the dual box (or half-space)."""
    s = normalized(sample_weight, len(y))
    y = np.asarray(y, float)
    if fit_intercept:
        y = y - s @ y
        # The intercept is exact for these coefficients, so that the residual has weighted mean zero.
        residual = y - np.asarray(X @ coef)
        residual = residual - s @ residual
    else:
        residual = y - np.asarray(X @ coef) - float(np.ravel(intercept)[0])
    lam, ridge = alpha * l1_ratio, alpha * (1 - l1_ratio)
    primal = 0.5 * s @ residual**2 + lam * np.abs(coef).sum() + 0.5 * ridge * coef @ coef
    if ridge > 0:
        # Augmented rows sqrt(ridge) I turn the elastic net into a lasso.
        correlation = np.asarray(X.T @ (s * residual)) - ridge * coef
        square = s @ residual**2 + ridge * coef @ coef
    else:
        correlation = np.asarray(X.T @ (s * residual))
        square = s @ residual**2
    largest, smallest = correlation.max(), correlation.min()
    above = lam / largest if largest > 0 else np.inf
    below = lam / -smallest if smallest < 0 else np.inf
    high, low = (above, below) if nonnegative else (min(above, below),) * 2
    a = np.clip((s * y) @ residual / max(square, 1e-300), -low, high)
    dual = a * (s * y) @ residual - 0.5 * a**2 * square
    return primal - dual


def elastic_net_objective(X, y, coef, intercept, alpha, l1_ratio):
    residual = y - predictor(X, coef, intercept)
    return 0.5 * (residual**2).mean() + alpha * (
        l1_ratio * np.abs(coef).sum() + 0.5 * (1 - l1_ratio) * np.square(coef).sum()
    )


def logistic_objective(X, y01, coef, intercept, alpha, sample_weight=None):
    s = normalized(sample_weight, len(y01))
    eta = predictor(X, coef, intercept)
    return s @ (np.logaddexp(0, eta) - y01 * eta) + alpha * np.abs(coef).sum()


def logistic_gap(X, y01, coef, intercept, alpha, *, sample_weight=None, fit_intercept=True):
    """Duality gap of L1 logistic regression after the best intercept for these coefficients."""
    s = normalized(sample_weight, len(y01))
    eta = np.asarray(X @ np.ravel(coef))
    if fit_intercept:
        slope = lambda b: s @ (1 / (1 + np.exp(-(eta + b))) - y01)  # noqa: E731
        intercept = optimize.brentq(slope, -60, 60, xtol=1e-14)
    eta = eta + float(np.ravel(intercept)[0])
    p = 1 / (1 + np.exp(-eta))
    u = s * (p - y01)
    scale = min(1.0, alpha / max(np.abs(np.asarray(X.T @ u)).max(), 1e-300))
    q = y01 + scale * (p - y01)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = np.where(q > 0, q * np.log(q), 0.0) + np.where(q < 1, (1 - q) * np.log1p(-q), 0.0)
    primal = s @ (np.logaddexp(0, eta) - y01 * eta) + alpha * np.abs(coef).sum()
    return primal + s @ entropy


def kkt_violation(gradient, coef, lam, ridge=0.0):
    """Largest distance of the negative gradient to the subdifferential of lam |w| + ridge w^2 / 2."""
    gradient = gradient + ridge * coef
    active = coef != 0
    at_zero = np.maximum(np.abs(gradient) - lam, 0.0)
    return np.where(active, np.abs(gradient + lam * np.sign(coef)), at_zero).max()


def make_regression(n=60, p=20, *, k=5, noise=0.5, seed=0, density=None, offset=1.0):
    rng = np.random.default_rng(seed)
    if density is None:
        X = np.asfortranarray(rng.standard_normal((n, p)) + offset)
    else:
        X = sparse.random(n, p, density, format="csc", random_state=rng, data_rvs=rng.standard_normal)
    w = np.zeros(p)
    w[rng.choice(p, k, replace=False)] = rng.standard_normal(k) + 1
    y = np.asarray(X @ w) + noise * rng.standard_normal(n) + 3.0
    return X, y


def make_classification(n=80, p=15, *, seed=0, density=None):
    X, y = make_regression(n, p, seed=seed, density=density, noise=2.0)
    return X, (y > np.median(y)).astype(int)


def make_survival(n=120, p=8, *, seed=0, strata=False, truncated=False, decimals=1):
    """Rounded times give ties; rows that enter late are seen only if they live that long."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    w = np.zeros(p)
    w[:3] = [1.0, -0.8, 0.5]
    failure = rng.exponential(np.exp(-X @ w)) + 0.2
    censoring = rng.exponential(2.0, n) + 0.2
    time = np.round(np.minimum(failure, censoring), decimals)
    event = (failure <= censoring).astype(float)
    labels = rng.choice(["a", "b", "c"], n) if strata else None
    columns = [time, event]
    if truncated:
        columns.insert(0, np.where(rng.random(n) < 0.6, np.floor(9 * time * rng.random(n)) / 10, -np.inf))
    return X, np.column_stack(columns), labels


# Arguments of make_survival.
SURVIVAL = {
    "plain": {},
    "no ties": {"decimals": 12},
    "strata": {"strata": True},
    "truncated": {"truncated": True},
    "both": {"strata": True, "truncated": True},
}
