"""
Which task to sample next
=========================

A target with sixty samples, and many related tasks that can be sampled at a price: where should the budget go?
"""

# %%
# Is this image a three? The images are scikit-learn's digits, each pixel noisy, and in our images a patch is missing
# (an "occlusion"). Sixty of them are labelled. There are 79 other tasks to learn from, every combination of ten digits
# and eight corruptions but ours. Some see nearly the same as we do (more noise, or no corruption at all), others have
# the pixels shuffled.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import RidgeCV

from pauca.datasets import make_corrupted_digits
from pauca.multitask import TaskSelectionWarning, TaskSelector
from pauca.plotting import TaskAllocationDisplay

shown = ["occlusion", "identity", "noise", "stripe", "mirror", "upside down", "quarter turn", "shuffled"]
data = make_corrupted_digits("occlusion 3", corruptions=shown, random_state=0)
quiet = make_corrupted_digits("occlusion 3", corruptions=shown, noise=0.0, random_state=0)
figure, axes = plt.subplots(2, 8, figsize=(9, 2.6), layout="constrained")
for column, corruption in zip(axes.T, shown, strict=True):
    for ax, problem in zip(column, (quiet, data), strict=True):
        draw = problem.sources.get(f"{corruption} 3", lambda n, seed, p=problem: p.target(n, seed))
        X, y = draw(20, 0)
        ax.imshow(X[y == 1][0].reshape(8, 8), cmap="gray_r", vmin=-0.5, vmax=1.5)
        ax.set_axis_off()
    column[0].set_title(corruption, fontsize="small")
plt.show()

# %%
# Ridge regression on the sixty samples alone is one end of the scale; on twenty thousand samples of the target, the
# other. Excess risk is the mean squared error on new images above the latter.
strengths = np.logspace(-3, 4, 29)
test_X, test_y = data.target_test(8000)


def error(model):
    return np.mean((model.predict(test_X) - test_y) ** 2)


best = error(RidgeCV(strengths).fit(*data.target(20000, random_state=99)))
target = data.target(60, random_state=2)
alone = error(RidgeCV(strengths).fit(*target)) - best
print(f"error of the best linear model {best:.3f}, excess risk of sixty samples alone {alone:.3f}")

# %%
# :class:`~pauca.multitask.TaskSelector` spends half of its budget evenly. It then fits a representation of ten
# dimensions that the tasks share, writes the target as a mix of sources, and spends the rest on the sources in the mix:
# on few of them (``"l1"``), on many (``"l2"``), or half and half.
rules = {
    "uniform": {"n_epochs": 1},
    "nu2": {"norm": "l2"},
    "nu1": {"norm": "l1"},
    "hybrid": {"norm": "hybrid"},
}
budgets = [4000, 16000]
risk, selectors = {}, {}
for name, rule in rules.items():
    for budget in budgets:
        selector = TaskSelector(10, budget, ridge=1e-2, random_state=0, **rule)
        with warnings.catch_warnings():
            # With the smallest budget exploration is too short to tell which few sources matter, and it says so.
            warnings.simplefilter("ignore", TaskSelectionWarning)
            selector.fit(data.sources, target)
        risk[name, budget] = error(selector) - best
        selectors[name, budget] = selector

figure, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
for (name, _), marker in zip(rules.items(), "osd^", strict=True):
    ax.plot(budgets, [risk[name, b] for b in budgets], marker=marker, label=name)
ax.axhline(alone, color="0.5", linestyle=":", label="target alone")
ax.set(xscale="log", xlabel="samples of all sources", ylabel="excess risk", ylim=(0, None))
ax.set_xticks(budgets, [str(b) for b in budgets])
ax.minorticks_off()
ax.legend(frameon=False)
plt.show()

# %%
# With 4000 samples nobody can tell which few sources matter: the selector warns of that, and the three rules end at the
# same point. With 16000 all of them do better than even sampling, the sparse ones best. One draw of the target is
# shown, others rank the rules differently. The run of ``"nu1"`` found the source that sees our images without the
# missing patch:
selector = selectors["nu1", 16000]
display = TaskAllocationDisplay.from_estimator(selector)
display.figure_.set_size_inches(8, 4.2)
plt.show()
