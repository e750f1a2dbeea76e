"""Cross-validation along regularisation paths: what the estimators that choose a strength share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from joblib import delayed
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv

from .._parallel import run_all
from .._report import SolverReport
from .._sklearn_compat import Interval, StrOptions, _safe_indexing
from .._validation import FloatArray
from ._fit import resolve_penalty
from ._matrix_losses import MultinomialLoss
from ._path import solve_path
from ._regularization_path import RegularizationPath, warn_of_missed


class CrossValidatedPath:
    """Base class: not for users."""

    _cv_constraints: ClassVar[dict[str, Any]] = {
        "alphas": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "eps": [Interval(Real, 0, 1, closed="neither"), None],
        "param_grid": [dict, None],
        "cv": ["cv_object"],
        "rule": [StrOptions({"min", "1se"})],
        "scoring": [str, callable, None],
        "n_jobs": [Integral, None],
    }

    def _candidates(self, penalty: Any) -> list[tuple[dict[str, Any], Any]]:
        """The penalty with each combination of shape parameters."""
        grid: Mapping[str, Sequence[Any]] = self.param_grid or {}  # type: ignore[attr-defined]
        known = penalty.get_params(deep=False)
        for key in grid:
            if key not in known or key == "alpha":
                raise ValueError(f"param_grid: {key!r} is no shape parameter of {penalty!r}")
        combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
        return [(c, clone(penalty).set_params(**c)) for c in combinations]

    def _cross_validate(
        self,
        X: Any,
        y: Any,
        target: FloatArray,
        weights: FloatArray,
        loss: Any,
        offset: FloatArray | None = None,
        cluster: Any = None,
    ) -> None:
        """Choose shape and strength, and keep the path of the chosen shape on all data."""
        model: Any = self
        penalty = self._path_penalty()
        names = getattr(self, "feature_names_in_", None)
        options: dict[str, Any] = {
            "loss": loss,
            "eps": model.eps,
            "solver": model.solver,
            "fit_intercept": model.fit_intercept,
            "standardize": model.standardize,
            "tol": model.tol,
            "max_iter": model.max_iter,
            "max_time": model.max_time,
            "feature_names": None if names is None else list(names),
        }
        candidates = self._candidates(penalty)
        fold = self._fold_job()
        splits = list(check_cv(model.cv, y, classifier=is_classifier(self)).split(X, y, cluster))
        scorer = None if model.scoring is None else check_scoring(self._plain(), scoring=model.scoring)
        paths = [
            solve_path(X, target, weights, penalty=p, alphas=model.alphas, offset=offset, **options)
            for _, p in candidates
        ]
        jobs = [
            delayed(fold)(X, y, target, weights, offset, train, test, p, full.alphas_, options, scorer, self._plain())
            for (_, p), full in zip(candidates, paths, strict=True)
            for train, test in splits
        ]
        results = run_all(jobs, model.n_jobs)
        folds = len(splits)
        scores = [np.array([r[0] for r in results[c * folds : (c + 1) * folds]]).T for c in range(len(candidates))]
        means = [s.mean(axis=1) for s in scores]
        best = int(np.argmax([m.max() for m in means]))
        mean, path = means[best], paths[best]
        error = scores[best].std(axis=1, ddof=1) / np.sqrt(folds) if folds > 1 else np.zeros_like(mean)
        top = int(np.argmax(mean))
        one_se = int(np.flatnonzero(mean >= mean[top] - error[top])[0])
        chosen = top if model.rule == "min" else one_se

        of_best = [r[1] for r in results[best * folds : (best + 1) * folds]]
        out_of_fold = np.full((X.shape[0], *of_best[0].shape[1:-1]), np.nan)
        for (_, test), predictors in zip(splits, of_best, strict=True):
            out_of_fold[test] = predictors[..., chosen]
        self.path_: RegularizationPath = path
        self.alphas_ = path.alphas_
        self.cv_scores_: FloatArray = scores[best]
        self.cv_mean_score_: FloatArray = mean
        self.cv_standard_error_: FloatArray = error
        self.oof_predictions_: npt.NDArray[np.floating[Any]] = loss._inverse_link(out_of_fold)
        self.alpha_max_ = path.alpha_max_
        self.alpha_min_ = float(path.alphas_[top])
        self.alpha_1se_ = float(path.alphas_[one_se])
        self.best_params_: dict[str, Any] = candidates[best][0]
        self.cv_table_ = [
            {
                **c,
                "alpha": float(paths[i].alphas_[np.argmax(means[i])]),
                "score": float(means[i].max()),
                "fold_scores": scores[i][int(np.argmax(means[i]))].tolist(),
            }
            for i, (c, _) in enumerate(candidates)
        ]
        self._chosen = chosen

    def _path_penalty(self) -> Any:
        return resolve_penalty(self.penalty)  # type: ignore[attr-defined]

    def _fold_job(self) -> Callable[..., Any]:
        """What computes scores and linear predictors of one fold."""
        return _fold

    def _plain(self) -> Any:
        """The estimator that is fitted at one strength."""
        raise NotImplementedError

    def _keep_point(self) -> None:
        """Set what describes the chosen point of the path."""
        model: Any = self
        k, path = model._chosen, model.path_
        del model._chosen
        model.alpha_, model.alpha_max_ = float(path.alphas_[k]), path.alpha_max_
        model.dual_gap_, model.kkt_violation_ = float(path.dual_gaps_[k]), float(path.kkt_violations_[k])
        model.objective_path_ = path.objectives_[: k + 1]
        model.n_iter_ = int(path.n_iter_[k])
        model.solver_report_ = SolverReport(
            engine="path",
            status="converged" if path.converged_[k] else "max_iter",
            n_iter=model.n_iter_,
            objective=float(path.objectives_[k]),
            criterion=float(path.dual_gaps_[k] if np.isfinite(path.dual_gaps_[k]) else path.kkt_violations_[k]),
            threshold=float("nan"),
            seconds=float("nan"),
            details={},
        )
        warn_of_missed(type(self).__name__, path, model.tol, stacklevel=5)


def _fold(
    X: Any,
    y: Any,
    target: FloatArray,
    weights: FloatArray,
    offset: FloatArray | None,
    train: npt.NDArray[np.intp],
    test: npt.NDArray[np.intp],
    penalty: Any,
    alphas: FloatArray,
    options: dict[str, Any],
    scorer: Any,
    plain: Any,
) -> tuple[FloatArray, FloatArray]:
    """Scores and linear predictors of one fold at every strength."""
    X_train, X_test = _safe_indexing(X, train), _safe_indexing(X, test)
    if isinstance(X_train, np.ndarray):
        X_train = np.asfortranarray(X_train)
    part = weights[train]
    if not part.sum() > 0.0:
        raise ValueError("cv: all samples of a training fold have weight zero")
    loss, known = options["loss"], target[train]
    present = None
    if isinstance(loss, MultinomialLoss):
        present, numbers = np.unique(known, return_inverse=True)
        known = numbers.astype(np.float64)
    path = solve_path(
        X_train,
        known,
        part / part.sum(),
        diagnose=False,
        penalty=penalty,
        alphas=alphas,
        offset=None if offset is None else offset[train],
        **{**options, "eps": None},
    )
    if present is not None:
        path = _with_missing_classes(path, present.astype(int), int(target.max()) + 1, len(train))
    eta = path.predictor(X_test)
    reached, count = len(path.alphas_), len(alphas)
    if reached < count:  # stopped by max_time: the last solution stands for the rest
        eta = np.concatenate([eta, np.repeat(eta[..., -1:], count - reached, axis=-1)], axis=-1)
    shifted = eta if offset is None else eta + offset[test][:, None]
    if scorer is None:
        held = weights[test] if weights[test].sum() > 0.0 else None
        scores = [-loss.value(target[test], np.ascontiguousarray(shifted[..., k]), held) for k in range(count)]
    else:
        scores = []
        for k in range(reached):
            plain._take(path, k, y)
            scores.append(scorer(plain, X_test, _safe_indexing(y, test)))
        scores += scores[-1:] * (count - reached)
    return np.array(scores), shifted


def _with_missing_classes(
    path: RegularizationPath, present: npt.NDArray[np.int_], n_classes: int, n_samples: int
) -> RegularizationPath:
    """The path with predictors for the classes that no training sample has: odds of one in n_samples, everywhere."""
    if len(present) == n_classes:
        return path
    p, k = path.coefs_.shape[0] // path.n_outputs_, len(path.alphas_)
    coo = path.coefs_.tocoo()
    rows = present[coo.row // p] * p + coo.row % p
    path.coefs_ = sparse.csc_array((coo.data, (rows, coo.col)), shape=(n_classes * p, k))
    intercepts = np.full((n_classes, k), -np.log(n_samples))
    intercepts[present] = path.intercepts_
    path.intercepts_, path.n_outputs_ = intercepts, n_classes
    return path
