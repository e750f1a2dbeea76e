"""
What to believe of a sparse fit: stability selection, false discoveries, intervals
=====================================================================================

Ten measurements of diabetes patients among 190 permuted copies that mean nothing: which method tells them apart.
"""

# %%
# Whatever is found beyond the first ten columns is false.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes

from pauca.inference import DebiasedLasso, StabilitySelection, bootstrap_coefficients, local_fdr, mfdr
from pauca.linear_model import SparseRegressor, SparseRegressorCV, path
from pauca.plotting import StabilityDisplay

real, y = load_diabetes(return_X_y=True, as_frame=True)
rng = np.random.default_rng(0)
decoys = np.hstack([rng.permutation(real.to_numpy()) for _ in range(19)])
X = pd.concat([real, pd.DataFrame(decoys, columns=[f"decoy{j}" for j in range(190)])], axis=1)
X = (X - X.mean()) / X.std()


def report(label, names):
    false = sum(name.startswith("decoy") for name in names)
    print(f"{label:32s} {len(names) - false} real, {false} decoys")


lasso = SparseRegressorCV().fit(X, y)
report("lasso, cross-validated", X.columns[lasso.coef_ != 0])

# %%
# Stability selection: at most one false selection expected, whatever the model.
stable = StabilitySelection(max_false_selections=1.0, random_state=0).fit(X, y)
report("stability selection", X.columns[stable.get_support()])
print(f"bound on false selections: {stable.error_bound_:.2f}; {stable.n_selected_} features may enter on each half")

# %%
# Marginal false discovery rate along the lasso path, beside what is false in fact.
lasso_path = path(X, y, alphas=60, eps=0.05)
rates = mfdr(lasso_path, X, y)
coefs = lasso_path.coefs_.toarray()
actual = np.array([np.mean(np.flatnonzero(c) >= 10) if c.any() else 0.0 for c in coefs.T])
allowed = np.flatnonzero((rates.mfdr <= 0.1) & (rates.n_selected > 0))[-1]
report("lasso at mFDR <= 10 %", X.columns[coefs[:, allowed] != 0])
local = local_fdr(lasso_path, X, y, alpha=lasso.alpha_)
report("local fdr <= 20 %", X.columns[local.fdr <= 0.2])

# %%
# De-biased lasso: an interval for every coefficient, here those of the measurements; the bootstrap of the lasso beside
# it carries the lasso's shrinkage.
debiased = DebiasedLasso().fit(X, y)
report("de-biased p <= .05 / 200", X.columns[debiased.p_values_ <= 0.05 / 200])
low, high = debiased.confidence_intervals().T
print(f"95 % intervals of decoys that contain 0: {np.mean((low < 0) & (high > 0), where=np.arange(200) >= 10):.3f}")
bootstrap = bootstrap_coefficients(SparseRegressor(alpha=lasso.alpha_, tol=1e-6), X, y, n_resamples=200, random_state=0)

figure, axes = plt.subplots(1, 3, figsize=(12.5, 4), layout="constrained")
StabilityDisplay.from_estimator(stable, ax=axes[0])
axes[0].legend(frameon=False, fontsize="small", loc="upper left")
axes[0].set_title("stability selection (grey: not selected)")
axes[1].plot(lasso_path.alphas_, rates.mfdr, label="estimated")
axes[1].plot(lasso_path.alphas_, actual, label="actual", color="0.5")
axes[1].axvline(lasso_path.alphas_[allowed], color="black", linestyle=":", linewidth=1)
axes[1].set(xscale="log", xlabel="alpha", ylabel="false discovery rate", title="lasso path")
axes[1].invert_xaxis()
axes[1].xaxis.set_minor_formatter(plt.NullFormatter())
axes[1].legend(frameon=False)
place = np.arange(10)
axes[2].errorbar(place - 0.15, debiased.coef_[:10], (high - low)[:10] / 2, fmt="o", label="de-biased, 95 %")
ends = bootstrap.confidence_intervals()[:10]
middle = bootstrap.estimate[:10]
axes[2].errorbar(
    place + 0.15, middle, np.abs(ends.T - middle), fmt="s", color="0.5", label="lasso, bootstrap percentiles"
)
axes[2].axhline(0, color="black", linewidth=0.8)
axes[2].set_xticks(place, real.columns)
axes[2].set(ylabel="coefficient", title="intervals", ylim=(-25, 45))
axes[2].legend(frameon=False, loc="upper left")
plt.show()
