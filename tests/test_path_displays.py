"""What PathDisplay and CVDisplay draw."""

import matplotlib as mpl
import numpy as np
import pytest
from oracles import make_regression

mpl.use("Agg")
import matplotlib.pyplot as plt

from pauca.linear_model import MultiTaskSparseRegressorCV, SparseRegressor, SparseRegressorCV, path
from pauca.plotting import CVDisplay, PathDisplay


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_profiles_names_and_the_nonconvex_region():
    X, y = make_regression(60, 100, k=5, noise=2.0)
    p = path(X, y, penalty="mcp", alphas=40)
    assert not p.locally_convex_.all()
    display = PathDisplay.from_path(p, feature_names=[f"f{j}" for j in range(100)], n_labels=3)
    assert len(display.lines_) == np.count_nonzero(np.abs(p.coefs_.toarray()).max(axis=1))
    last = np.abs(p.coef_at(39))
    named = {t.get_text() for t in display.ax_.texts}
    assert {f"f{j}" for j in np.argsort(-last)[:3]} <= named
    assert "not locally convex" in named
    shaded = list(display.ax_.patches)
    assert len(shaded) == 1
    first = p.alphas_[np.flatnonzero(~p.locally_convex_)[0]]
    x = shaded[0].get_extents().transformed(display.ax_.transData.inverted()).intervalx
    assert np.allclose(sorted(x), [p.alphas_[-1], first])
    np.testing.assert_allclose(display.lines_[0].get_ydata(), p.coefs_.toarray()[np.argmax(last)])
    again = display.plot(ax=plt.subplots()[1])
    assert again is display


def test_display_of_an_estimator_marks_what_it_chose():
    X, y = make_regression(60, 8, noise=1.0)
    model = SparseRegressorCV(alphas=15, cv=3).fit(X, y)
    axes = plt.subplots(1, 2)[1]
    display = PathDisplay.from_estimator(model, ax=axes[0])
    assert display.ax_ is axes[0]
    assert any(np.allclose(line.get_xdata(), model.alpha_) for line in display.ax_.lines)
    assert not display.ax_.patches
    curve = CVDisplay.from_estimator(model, ax=axes[1], folds=True)
    np.testing.assert_allclose(curve.fold_scores, -model.cv_scores_)
    labels = {line.get_label(): line for line in curve.ax_.lines}
    assert np.allclose(labels["alpha_min"].get_xdata(), model.alpha_min_)
    assert np.allclose(labels["alpha_1se"].get_xdata(), model.alpha_1se_)
    band = curve.ax_.collections[0].get_paths()[0].vertices[:, 1]
    mean = -model.cv_mean_score_
    assert band.max() == pytest.approx((mean + model.cv_standard_error_).max())
    assert CVDisplay.from_estimator(model.set_params(scoring="r2").fit(X, y)).ax_.get_ylabel() == "r2"


def test_outputs_and_misuse():
    X, y = make_regression(60, 8, noise=1.0)
    model = MultiTaskSparseRegressorCV(alphas=10, cv=3).fit(X, np.c_[y, -2 * y])
    one, two = (PathDisplay.from_estimator(model, output=t) for t in (0, 1))
    np.testing.assert_allclose(-2 * one.coefs, two.coefs, atol=1e-6)
    with pytest.raises(ValueError, match="output: got 2"):
        PathDisplay.from_estimator(model, output=2)
    with pytest.raises(ValueError, match="expected a cross-validated one"):
        PathDisplay.from_estimator(SparseRegressor().fit(X, y))
    with pytest.raises(ValueError, match="got 1 names, expected 8"):
        PathDisplay.from_path(path(X, y, alphas=3), feature_names=["a"])
