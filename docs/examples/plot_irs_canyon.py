"""
A channel over a reflecting surface, under patterns never sent
==============================================================

A base station learns the cascaded channel over an intelligent reflecting surface from 64 phase patterns, and predicts
the channel, with its uncertainty, under any other pattern. The channel comes from a ray tracer: a street canyon at
28 GHz, whose paths lie on no grid.
"""

# %%
# The cascade has 16 x 256 x 6 entries; 64 patterns and 6 pilots give 6144 noisy numbers.
import matplotlib.pyplot as plt
import numpy as np

from pauca.bayes import OMP
from pauca.channel import IRSChannelEstimator, load_street_canyon, nmse, simulate_irs_mimo

canyon = load_street_canyon()
sim = simulate_irs_mimo(channels=(canyon.H1, canyon.H2), n_patterns=64, n_pilots=6, snr_db=20.0, random_state=0)
unseen = np.random.default_rng(1).choice([-1.0, 1.0], (256, 50)) / 16.0

# %%
# Four estimates: the surface as a line of 256 elements on the 18 directions of the literature, as a 16 x 16 rectangle
# on the grid of 256 directions, the same with three rounds of off-grid refinement, and matching pursuit.
shared = {"axes": sim.axes, "irs_array": canyon.irs_shape}
models = {
    "18 directions on a line": IRSChannelEstimator(
        sim.patterns, sim.pilots, 18, axes=sim.axes, refine=0, floor_target=None
    ),
    "256 directions": IRSChannelEstimator(sim.patterns, sim.pilots, refine=0, **shared),
    "refined": IRSChannelEstimator(sim.patterns, sim.pilots, **shared),
    "matching pursuit": IRSChannelEstimator(sim.patterns, sim.pilots, solver=OMP(), **shared),
}
print(f"{'':24} {'trained':>9} {'unseen':>9} {'floor of the grid':>18}")
figures = {}
for name, model in models.items():
    model.fit(sim.received)
    figures[name] = [nmse(sim.channel(t), model.predict(t), axis=0) for t in (sim.patterns, unseen)]
    print(f"{name:24} {figures[name][0]:9.4f} {figures[name][1]:9.4f} {model.projection_floor(sim.cascade):18.1e}")

# %%
# Almost all of the cascade lies outside the span of the coarse grid. Refinement moves the directions off the grid,
# which is what unseen patterns ask for. The posterior knows the noise, not the paths that were missed: off the grid its
# deviations are too small, here by half.
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
names = list(figures)
left.bar(np.arange(4) - 0.2, [figures[n][0] for n in names], 0.4, label="trained patterns")
left.bar(np.arange(4) + 0.2, [figures[n][1] for n in names], 0.4, label="unseen patterns")
left.set(yscale="log", ylabel="NMSE", xticks=range(4))
left.set_xticklabels(names, rotation=20, ha="right", rotation_mode="anchor")
left.legend()

H, std = models["refined"].predict(unseen, return_std=True)
error = np.abs(H - sim.channel(unseen))
right.loglog(std.ravel(), error.ravel(), ".", ms=2, alpha=0.5)
ends = np.array([std.min(), std.max()])
right.loglog(ends, ends * np.sqrt(np.log(20)), "k--", label="95 % of errors lie below, says the posterior")
right.set(xlabel="posterior standard deviation", ylabel="error under unseen patterns")
right.legend(loc="lower right", fontsize="small")
inside = np.mean(error**2 <= np.log(20) * std**2)
right.set_title(f"{inside:.0%} of the errors do", fontsize="medium")
plt.show()
