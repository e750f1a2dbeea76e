"""Cross-validation along regularisation paths: what the estimators that choose a strength share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from joblib import delayed
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv

from .._monitor import watch
from .._report import SolverReport
from .._sklearn_compat import Interval, StrOptions, _safe_indexing
from .._validation import FloatArray, checked_weights, quiet_idle_rows
from .._warnings import warn_user
from ..moments import Rows
from ..solvers import IHT
from ._far_columns import without_far_columns
from ._fit import absorb_offset, resolve_penalty, resolve_solver
from ._fold_progress import FoldProgress
from ._fold_scores import FoldScorer, best_of, fold_scorer, summarize
from ._matrix_losses import MultinomialLoss
from ._path import solve_path, takes_rows
from ._regularization_path import RegularizationPath, warn_of_missed
from ._stepwise_path import needs_steps
from ._tall import rows_of_folds


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

    def _candidates(self, penalty: Any) -> list[_Candidate]:
        """Penalty and solver with each combination of shape parameters."""
        model: Any = self
        grid: Mapping[str, Sequence[Any]] = model.param_grid or {}
        known = penalty.get_params(deep=False)
        searches = isinstance(model.solver, IHT)
        for key, values in grid.items():
            if isinstance(values, str) or np.ndim(values) == 0 or len(values) == 0:
                raise ValueError(f"param_grid: got {values!r} for {key!r}, expected a list of values")
            if key == "n_nonzero" and not searches:
                raise ValueError("param_grid: 'n_nonzero' chooses the number of features: it needs solver=IHT()")
            if (key not in known or key == "alpha") and key != "n_nonzero":
                raise ValueError(f"param_grid: {key!r} is no shape parameter of {penalty!r}")
        candidates = []
        for values in itertools.product(*grid.values()):
            params = dict(zip(grid, values, strict=True))
            shape = {key: value for key, value in params.items() if key != "n_nonzero"}
            solver, alphas = model.solver, model.alphas
            if "n_nonzero" in params:  # the strength has no effect
                solver, alphas = clone(solver).set_params(n_nonzero=params["n_nonzero"]), [0.0]
            candidates.append(_Candidate(params, clone(penalty).set_params(**shape), solver, alphas))
        return candidates

    def _cross_validate(
        self,
        X: Any,
        y: Any,
        target: FloatArray,
        weights: FloatArray,
        loss: Any,
        offset: FloatArray | None = None,
        cluster: Any = None,
        sample_weight: Any = None,
    ) -> None:
        """Choose shape and strength, and keep the path of the chosen shape on all data.

        ``weights`` are what is fitted, ``sample_weight`` what the user gave, for a scorer.
        """
        model: Any = self
        penalty = self._path_penalty()
        names = getattr(self, "feature_names_in_", None)
        options: dict[str, Any] = {
            "loss": loss,
            "eps": model.eps,
            "fit_intercept": model.fit_intercept,
            "standardize": model.standardize,
            "tol": model.tol,
            "max_iter": model.max_iter,
            "max_time": model.max_time,
            "feature_names": None if names is None else list(names),
        }
        candidates = self._candidates(penalty)
        fold = self._fold_job()
        splits = _splits(check_cv(model.cv, y, classifier=is_classifier(self)), X, y, cluster)
        _check_training(splits, weights, target if is_classifier(self) else None)
        if model.scoring is None:
            scorer = None
        else:
            given = None if sample_weight is None else checked_weights(sample_weight, X)
            scorer = fold_scorer(model.scoring, self._plain(), given)
        rows = _rows_of_folds(X, target, weights, offset, splits, candidates, options)
        shapes = list(zip(candidates, rows, strict=True))
        with watch(self, X, y, total=len(candidates) * (1 + len(splits)), unit="path") as callback:
            progress = FoldProgress(callback)
            paths: list[RegularizationPath] = []
            whole = quiet_idle_rows(X, target, weights, offset)
            for c, r in shapes:
                paths.append(
                    solve_path(*whole[:3], penalty=c.penalty, solver=c.solver, alphas=c.alphas, offset=whole[3],
                               rows=r[0], **options)
                )  # fmt: skip
                progress.step(1)
                if progress.stopped:
                    break
            shapes = shapes[: len(paths)]
            jobs = [
                delayed(fold)(
                    X, y, target, weights, offset, train, test, c.penalty, full.alphas_,
                    {**options, "solver": c.solver, "rows": r[1][f]}, scorer and replace(scorer, plain=self._plain()),
                )
                for f, (train, test) in enumerate(splits)
                for (c, r), full in zip(shapes, paths, strict=True)
            ]  # fmt: skip
            results = progress.run(jobs, model.n_jobs, least=len(paths))
        self._choose([c for c, _ in shapes], paths, splits, results, X.shape[0], loss)
        if any(r.out_of_time for r in results):
            warn_user(
                f"{type(self).__name__}: max_time={model.max_time} ended paths of "
                f"{sum(r.out_of_time for r in results)} of {len(results)} folds early: their last solutions stand for "
                "smaller strengths. Increase max_time, or raise tol or eps.",
                ConvergenceWarning,
            )

    def _choose(
        self,
        candidates: list[_Candidate],
        paths: list[RegularizationPath],
        splits: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]],
        results: list[FoldResult],
        n_samples: int,
        loss: Any,
    ) -> None:
        """Keep the best of the candidates; results are fold by fold, of all of them in each."""
        model: Any = self
        n, n_folds = len(candidates), len(results) // len(candidates)  # fewer than asked for if a callback stopped
        scores = []
        for c, path in enumerate(paths):
            table = np.full((len(path.alphas_), len(splits)), np.nan)
            table[:, :n_folds] = np.array([results[f * n + c].scores for f in range(n_folds)]).T
            scores.append(table)
        means, errors = summarize(scores, model.scoring)
        tops = [best_of(m) for m in means]
        best = best_of(np.array([m[top] for m, top in zip(means, tops, strict=True)]))
        if model.rule == "1se":
            best = _fewest(candidates, means, errors, best)
        mean, path, error, top = means[best], paths[best], errors[best], tops[best]
        one_se = int(np.flatnonzero(mean >= mean[top] - error[top])[0])
        chosen = top if model.rule == "min" else one_se

        of_best = [results[f * n + best].predictors for f in range(n_folds)]
        out_of_fold = np.full((n_samples, *of_best[0].shape[1:-1]), np.nan)
        for (_, test), predictors in zip(splits[:n_folds], of_best, strict=True):
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
        self.best_params_: dict[str, Any] = candidates[best].params
        self.cv_table_ = [
            {
                **c.params,
                "alpha": float(paths[i].alphas_[tops[i]]),
                "score": float(means[i][tops[i]]),
                "fold_scores": scores[i][tops[i]].tolist(),
            }
            for i, c in enumerate(candidates)
        ]
        self._chosen = chosen

    def _path_penalty(self) -> Any:
        return resolve_penalty(self.penalty)  # type: ignore[attr-defined]

    def _fold_job(self) -> Callable[..., Any]:
        """What computes the result of one fold."""
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
        warn_of_missed(type(self).__name__, path, model.tol)


@dataclass(frozen=True)
class _Candidate:
    """One combination of shape parameters."""

    params: dict[str, Any]
    penalty: Any
    solver: Any
    alphas: Any


def _rows_of_folds(
    X: Any,
    target: FloatArray,
    weights: FloatArray,
    offset: FloatArray | None,
    splits: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]],
    candidates: list[_Candidate],
    options: dict[str, Any],
) -> list[tuple[Rows | None, list[Rows | None]]]:
    """For every candidate what stands for all samples and for each training part: the same rows, where they pay."""
    loss, fit_intercept = options["loss"], options["fit_intercept"]

    def pays(candidate: _Candidate) -> bool:
        single = isinstance(candidate.alphas, int | np.integer)
        n_strengths = int(candidate.alphas) if single else np.size(candidate.alphas)
        solver = resolve_solver(candidate.solver, candidate.penalty)
        return not needs_steps(candidate.penalty, solver, loss) and takes_rows(loss, solver, X, n_strengths)

    taken = [pays(c) for c in candidates]
    nothing: tuple[Rows | None, list[Rows | None]] = (None, [None] * len(splits))
    if not any(taken):
        return [nothing] * len(candidates)
    centred, _, shift = absorb_offset(loss.core_name, target, weights, offset, fit_intercept)
    near, taken_off = without_far_columns(X, weights) if fit_intercept else (X, None)
    found = rows_of_folds(near, centred, weights, splits, fit_intercept)
    if found is None:
        return [nothing] * len(candidates)
    for rows in (found[0], *found[1]):
        rows.means[-1] += shift
        if taken_off is not None:
            rows.means[:-1] += taken_off
    return [(found[0], list(found[1])) if rows_pay else nothing for rows_pay in taken]


def _fewest(candidates: list[_Candidate], means: list[FloatArray], errors: list[FloatArray], best: int) -> int:
    """Of the candidates that differ from the best in their number of features, the smallest within a standard error."""

    def rest(c: _Candidate) -> dict[str, Any]:
        return {key: value for key, value in c.params.items() if key != "n_nonzero"}

    if "n_nonzero" not in candidates[best].params:
        return best
    bar = means[best][0] - errors[best][0]
    able = [i for i, c in enumerate(candidates) if rest(c) == rest(candidates[best]) and means[i][0] >= bar]
    return min(able, key=lambda i: candidates[i].params["n_nonzero"])


def _splits(splitter: Any, X: Any, y: Any, cluster: Any) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Training and test rows of every fold, as positions whatever the splitter gives."""
    everything = np.arange(X.shape[0])
    try:
        return [(everything[train], everything[test]) for train, test in splitter.split(X, y, cluster)]
    except ValueError as error:
        if cluster is None and "groups" in str(error):
            raise ValueError(
                f"cv: {splitter!r} needs to know which rows belong together: fit(X, y, cluster=labels)"
            ) from error
        raise


def _check_training(
    splits: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]], weights: FloatArray, codes: FloatArray | None
) -> None:
    """Every fold must have something to learn from; ``codes`` are numbers of classes."""
    for k, (train, _) in enumerate(splits):
        heavy = train[weights[train] > 0.0]
        if heavy.size == 0:
            raise ValueError(f"cv: all samples of the training part of fold {k} have weight zero")
        if codes is not None and np.unique(codes[heavy]).size < 2:
            raise ValueError(
                f"cv: the training part of fold {k} has samples of one class only; expected folds that mix the "
                "classes, as those of StratifiedKFold or KFold(shuffle=True)"
            )


@dataclass(frozen=True)
class FoldResult:
    """What comes out of one fold: scores (n_alphas,), linear predictors of its test rows (..., n_alphas)."""

    scores: FloatArray
    predictors: FloatArray
    out_of_time: bool


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
    scorer: FoldScorer | None,
) -> FoldResult:
    """Scores and linear predictors of one fold at every strength."""
    X_test = _safe_indexing(X, test)
    if options["rows"] is None:
        train = train[weights[train] > 0.0]
    X_train = _safe_indexing(X, train) if options["rows"] is None else X
    if isinstance(X_train, np.ndarray):
        X_train = np.asfortranarray(X_train)
    part = weights[train]
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
    if reached < count:  # ended early: the last solution stands for the rest
        eta = np.concatenate([eta, np.repeat(eta[..., -1:], count - reached, axis=-1)], axis=-1)
    shifted = eta if offset is None else eta + offset[test][:, None]
    held = weights[test] > 0.0  # rows without weight are as good as absent
    if not held.any():
        scores = [np.nan] * count
    elif scorer is None:
        left, share = target[test][held], weights[test][held]
        scores = [-loss.value(left, np.ascontiguousarray(shifted[held][..., k]), share) for k in range(count)]
    else:
        scores = scorer(path, X, y, test[held], offset)
        scores += scores[-1:] * (count - reached)
    return FoldResult(np.array(scores), shifted, path.out_of_time_)


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
