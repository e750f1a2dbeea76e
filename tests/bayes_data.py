"""Kronecker-structured problems for the tests, and their posterior by matrices of the full size."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning


def normal(rng, *shape, is_complex=True):
    z = rng.standard_normal(shape)
    return (z + 1j * rng.standard_normal(shape)) / np.sqrt(2) if is_complex else z


def kron_all(arrays):
    out = arrays[0]
    for a in arrays[1:]:
        out = np.kron(out, a)
    return out


def make(ms=(4, 5, 6), ns=(6, 7, 5), L=1, is_complex=True, snr_db=20.0, seed=0, k=2):
    rng = np.random.default_rng(seed)
    H = [normal(rng, m, n, is_complex=is_complex) for m, n in zip(ms, ns, strict=True)]
    x = np.zeros((L, *ns), H[0].dtype)
    sets = [np.sort(rng.choice(n, k, replace=False)) for n in ns]
    x[np.ix_(range(L), *sets)] = normal(rng, L, *[k] * len(ns), is_complex=is_complex)
    clean = (x.reshape(L, -1) @ kron_all(H).T).reshape(L, *ms)
    s2 = np.mean(np.abs(clean) ** 2) * 10 ** (-snr_db / 10)
    return H, x, clean + np.sqrt(s2) * normal(rng, *clean.shape, is_complex=is_complex), s2, sets


def dense(H, Y, gamma, s2):
    """Posterior and cost by matrices of the full size."""
    K, g = kron_all(H), kron_all(gamma)
    sigma = s2 * np.eye(len(K)) + (K * g) @ K.conj().T
    inverse = np.linalg.inv(sigma)
    y = Y.reshape(len(Y), -1).T
    mean = g[:, None] * (K.conj().T @ inverse @ y)
    z = np.einsum("ij,ik,kj->j", K.conj(), inverse, K).real
    cost = len(Y) * np.linalg.slogdet(sigma)[1] + np.einsum("il,ij,jl->", y.conj(), inverse, y).real
    covariance = np.diag(g) - (g[:, None] * K.conj().T) @ inverse @ (K * g)
    return mean.T.reshape(len(Y), *[h.shape[1] for h in H]), g - g**2 * z, cost, covariance


def quiet_fit(model, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(*data)
