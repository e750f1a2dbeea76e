"""
Methods of sparse Bayesian learning against noise
=================================================

A coefficient tensor of 15 x 15 x 15 with 27 nonzeros on a product support, seen through three random factors. How do
the updates of the hyperparameters compare, and how near do they come to least squares on the true support?
"""

# %%
# 1440 numbers are received for 3375 unknowns. ``oracle_least_squares`` is told the support.
import warnings

import matplotlib.pyplot as plt
import numpy as np

from pauca.bayes import DecomposedSBL, KroneckerOMP, KroneckerSBL, nmse, oracle_least_squares

rng = np.random.default_rng(0)


def problem(snr_db):
    factors = [rng.standard_normal((m, 15)) for m in (8, 12, 15)]
    support = [rng.choice(15, 3, replace=False) for _ in range(3)]
    x = np.zeros((15, 15, 15))
    x[np.ix_(*support)] = rng.standard_normal((3, 3, 3))
    clean = np.einsum("ai,bj,ck,ijk->abc", *factors, x)
    noise = np.sqrt(np.mean(clean**2) * 10 ** (-snr_db / 10))
    return factors, support, x, clean + noise * rng.standard_normal(clean.shape)


methods = {
    "majorisation": lambda H: KroneckerSBL(factors=H),
    "alternating EM": lambda H: KroneckerSBL(factors=H, method="am"),
    "SVD": lambda H: KroneckerSBL(factors=H, method="svd"),
    "Kronecker OMP": lambda H: KroneckerOMP(factors=H),
    "decomposed": lambda H: DecomposedSBL(factors=H),
}
levels = [5, 10, 15, 20, 25]
errors = {name: [] for name in [*methods, "oracle"]}
for snr in levels:
    runs = {name: [] for name in errors}
    for _ in range(8):
        H, support, x, y = problem(snr)
        for name, make in methods.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # slow EM, and data that are not of rank one
                runs[name].append(nmse(x, make(H).fit(y).coef_))
        runs["oracle"].append(nmse(x, oracle_least_squares(H, y, support)))
    for name, values in runs.items():
        errors[name].append(np.median(values))

# %%
# The majorisation update follows the oracle from 10 dB on. The decomposition needs coefficients that are a Kronecker
# product themselves, and these are not; matching pursuit with the wrong number of atoms overfits.
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
for name, values in errors.items():
    left.semilogy(levels, values, "k--" if name == "oracle" else "o-", label=name)
left.set(xlabel="SNR (dB)", ylabel="NMSE, median of 8", xticks=levels)
left.legend(ncols=3, fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)

H, _, _, y = problem(20)
for method in ("mm", "am", "svd"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = KroneckerSBL(factors=H, method=method, prune=0.0, tol=0.0, max_iter=200).fit(y)
    right.plot(model.objective_path_, label=method)
right.set(xlabel="iteration", ylabel="type-II cost, nothing pruned")
right.legend()
plt.show()
