"""References for the benchmarks: the same iteration in good numpy, and with dense matrices."""

import numpy as np


def multiply_forward(factors, x):
    """Mode products over the leading modes of x (n_1, ..., n_I): one matrix product a mode."""
    for f in factors:
        x = (f @ x.reshape(f.shape[1], -1)).T
    return x.reshape([f.shape[0] for f in factors])


def fast_em_step(factors, y, gs, s2):
    """Posterior on one SVD a factor: whitened mean, Z, cost, residual and sum of Z."""
    us, ss, vs = [], [], []
    for h, g in zip(factors, gs, strict=True):
        u, s, vh = np.linalg.svd(h * np.sqrt(g), full_matrices=False)
        us.append(u)
        ss.append(s)
        vs.append(vh.conj().T)
    lam = ss[0] ** 2
    for s in ss[1:]:
        lam = np.multiply.outer(lam, s**2)
    t = multiply_forward([u.conj().T for u in us], y)
    inverse = 1.0 / (lam + s2)
    energy = t.real**2 + t.imag**2 if np.iscomplexobj(t) else t**2
    cost = -np.log(inverse).sum() + (energy * inverse).sum()
    residual = (energy * (s2 * inverse) ** 2).sum()
    shrink = lam * inverse
    xt = multiply_forward(vs, t * (np.sqrt(lam) * inverse))
    z = multiply_forward([v.real**2 + v.imag**2 if np.iscomplexobj(v) else v**2 for v in vs], shrink)
    return xt, z, cost, residual, shrink.sum()


def mode_sum(t, weights, mode):
    """Contract t with the weights of every mode but one."""
    for _ in range(len(weights) - 1, mode, -1):
        t = t.reshape(-1, t.shape[-1]) @ weights[t.ndim - 1] if t.ndim == 1 else t @ weights[t.ndim - 1]
    for k in range(mode):
        t = weights[k] @ t.reshape(len(weights[k]), -1)
        t = t.reshape([len(w) for w in weights[k + 1 : mode + 1]])
    return t


def fast_mm_step(gs, xt, z):
    """The square-root update of every mode on the whitened moments."""
    power = xt.real**2 + xt.imag**2 if np.iscomplexobj(xt) else xt**2
    up, down = [np.ones(len(g)) for g in gs], [np.ones(len(g)) for g in gs]
    new = []
    for i, g in enumerate(gs):
        a, b = mode_sum(power, up, i), mode_sum(z, down, i)
        rho = np.sqrt(a / np.maximum(b, 1e-300))
        g_new = g * rho
        g_new = np.maximum(g_new, 1e-12 * g_new.max())
        rho = g_new / g
        up[i], down[i] = 1.0 / rho, rho
        new.append(g_new)
    for i in range(len(new) - 1):
        norm = np.linalg.norm(new[i])
        new[i] /= norm
        new[-1] *= norm
    return new


def start(factors, y):
    """The scaling and the starting point that pauca uses."""
    scales = [np.linalg.norm(h) / np.sqrt(h.shape[1]) for h in factors]
    factors = [h / c for h, c in zip(factors, scales, strict=True)]
    unit = np.sqrt(np.mean(np.abs(y) ** 2))
    n = np.prod([h.shape[1] for h in factors])
    gs = [np.full(h.shape[1], 1.0 / np.sqrt(h.shape[1])) for h in factors]
    gs[-1] = np.full(factors[-1].shape[1], 1.0)
    level = max(y.size * 0.9, 0.1 * y.size) / n
    gs[-1] *= level * np.prod([np.sqrt(h.shape[1]) for h in factors[:-1]])
    return factors, y / unit, gs, 0.1, unit / np.prod(scales)


def fit_numpy(factors, y, n_iter):
    """n_iter iterations of method "mm" with learned noise and no pruning -> estimate, cost path."""
    factors, y, gs, s2, back = start(factors, y)
    costs = []
    for _ in range(n_iter):
        xt, z, cost, residual, freedom = fast_em_step(factors, y, gs, s2)
        gs = fast_mm_step(gs, xt, z)
        s2 = (residual + s2 * freedom) / y.size
        costs.append(cost)
    xt, *_ = fast_em_step(factors, y, gs, s2)
    root = np.sqrt(gs[0])
    for g in gs[1:]:
        root = np.multiply.outer(root, np.sqrt(g))
    return back * root * xt, np.array(costs)


def dense_em_step(h, y, g, s2):
    """The same posterior with matrices of size M x M and M x N: mean, variances, cost."""
    sigma = s2 * np.eye(len(h)) + (h * g) @ h.conj().T
    root = np.linalg.cholesky(sigma)
    w = np.linalg.solve(root, np.column_stack([h, y]))
    white, v = w[:, :-1], w[:, -1]
    mean = g * (white.conj().T @ v)
    variance = g - g**2 * np.sum(np.abs(white) ** 2, axis=0)
    cost = 2.0 * np.log(np.diag(root).real).sum() + np.sum(np.abs(v) ** 2)
    return mean, variance, cost
