"""What plots say: axes, names, legends."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from pauca.dag import CoLiDE
from pauca.datasets import make_latent_label_shift, make_linear_dag
from pauca.label_shift import LatentLabelShift
from pauca.plotting import AdjacencyDisplay, EdgeConfidenceDisplay, GraphDisplay, LabelShiftDisplay

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_names_of_nodes():
    W = [[0.0, 1.5], [0.0, 0.0]]
    assert {"x0", "x1"} <= set(texts(GraphDisplay(W).plot().ax_))
    long = GraphDisplay(W, ["age at diagnosis in years", "dose"]).plot()
    assert "age at diagnosis\nin years" in texts(long.ax_)
    with pytest.raises(ValueError, match="names: got 1, expected 2"):
        GraphDisplay(W, ["one"])
    with pytest.raises(ValueError, match="names: got 1, expected 2"):
        AdjacencyDisplay(W, ["one"])


def test_large_graphs_say_that_axes_are_places_and_carry_no_names():
    small, large = (make_linear_dag(5, d, degree=1, random_state=0).adjacency for d in (30, 61))
    assert AdjacencyDisplay(small).plot().ax_.get_xlabel() == "to"
    assert AdjacencyDisplay(large).plot().ax_.get_xlabel() == "to (place in the order)"
    assert texts(GraphDisplay(large).plot().ax_) == []


def test_the_label_of_the_rows_is_on_the_figure():
    display = AdjacencyDisplay(make_linear_dag(5, 10, degree=1, random_state=0).adjacency).plot()
    display.figure_.canvas.draw()
    box = display.ax_.yaxis.label.get_window_extent()
    assert box.x0 >= 0.0


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_lagged_edges_have_their_intervals():
    rng = np.random.default_rng(0)
    X = np.zeros((300, 2))
    for t in range(1, 300):
        X[t, 0] = 0.6 * X[t - 1, 0] + rng.normal()
        X[t, 1] = 0.8 * X[t, 0] + rng.normal()
    model = CoLiDE(lags=1, n_resamples=5).fit(X)
    rows = [t.get_text() for t in EdgeConfidenceDisplay.from_estimator(model).ax_.get_yticklabels()]
    assert "x0 (t - 1) → x0" in rows
    assert "x0 → x1" in rows


def test_two_classes_of_two_domains_lie_on_a_line():
    data = make_latent_label_shift(600, 2, 2, kind="gaussian", random_state=0)
    model = LatentLabelShift(2, random_state=0).fit(data.X, data.domain)
    ax = LabelShiftDisplay.from_estimator(model, data.X).ax_
    assert ax.get_ylabel() == ""
    assert ax.get_ylim() == (-1.5, 1.5)  # no axis of rounding errors
    assert "chance" in ax.get_title()


@pytest.mark.filterwarnings("ignore::pauca.label_shift.LabelShiftWarning")
def test_many_domains_have_upright_names():
    data = make_latent_label_shift(2000, 3, 30, kind="gaussian", random_state=0)
    model = LatentLabelShift(3, random_state=0).fit(data.X, data.domain)
    ax = LabelShiftDisplay.from_estimator(model, data.X, kind="priors").ax_
    assert {t.get_rotation() for t in ax.get_xticklabels()} == {90.0}
