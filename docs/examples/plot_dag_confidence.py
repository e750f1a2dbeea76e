"""
A causal graph with edge confidence
===================================

A graph estimated from the diabetes data, how sure its edges are, and what an intervention would do in a graph whose
truth is known.
"""

# %%
# First a graph with truth: twelve nodes, two edges a node, a noise variance for each node.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

from pauca.dag import CoLiDE, sort_and_regress, varsortability
from pauca.datasets import make_linear_dag
from pauca.metrics import structural_hamming_distance
from pauca.plotting import AdjacencyDisplay, EdgeConfidenceDisplay, GraphDisplay

data = make_linear_dag(1000, 12, degree=2, variance="unequal", random_state=3)
model = CoLiDE().fit(data.X)
print("SHD of the order search", structural_hamming_distance(data.adjacency, model.adjacency_))
print("SHD of sort-and-regress", structural_hamming_distance(data.adjacency, sort_and_regress(data.X)))
print(f"varsortability {varsortability(data.X, data.adjacency):.2f}")

# %%
# In the estimated order the weights are strictly upper triangular: that is the certificate.
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
names = [f"x{j}" for j in range(12)]
AdjacencyDisplay(data.adjacency, names, model.order_).plot(ax=axes[0])
axes[0].set_title("truth, in the estimated order")
AdjacencyDisplay.from_estimator(model, ax=axes[1])
axes[1].set_title("estimate")
plt.show()

# %%
# The effect of an intervention, from the graph and by drawing from the fitted model.
source, target = int(data.order[0]), int(data.order[-1])
low, high = (model.sample(5000, random_state=0, do={source: v})[:, target].mean() for v in (0.0, 1.0))
truth = np.linalg.inv(np.eye(12) - data.adjacency)[source, target]
print(f"true effect {truth:.2f}, estimated {model.total_effect(source, target):.2f}, simulated {high - low:.2f}")

# %%
# Now ten measurements of 442 patients and the progression of their disease. Age and sex have no causes among the rest,
# the outcome comes last. No truth is known, and none is claimed: the figures say how often each edge comes back. The
# graph does not depend on units; weights do, so the columns are divided by their standard deviations.
X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
frame = X.assign(outcome=y)
patients = CoLiDE(
    tiers=[["age", "sex"], ["bmi", "bp", "s[1-6]"], ["outcome"]],
    exclude=[("age", "sex"), ("sex", "age")],
    n_resamples=50,
).fit(frame / frame.std())
GraphDisplay.from_estimator(patients, edge_labels=False)  # the next picture has the figures
plt.show()

# %%
EdgeConfidenceDisplay.from_estimator(patients)
plt.show()
