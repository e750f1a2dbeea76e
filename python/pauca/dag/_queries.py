"""What a fitted graph can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._sklearn_compat import validate_data
from .._validation import FloatArray
from ._checks import coded
from ._constraints import listed, positions
from ._cpdag import cpdag
from ._graph import IntArray
from ._problem import lagged
from ._sampling import fixed_values, gaussian_noise, propagate, resampled_noise, stationary_means

EDGE_FIELDS = [
    ("source", object),
    ("target", object),
    ("lag", np.intp),
    ("weight", np.float64),
    ("low", np.float64),
    ("high", np.float64),
    ("frequency", np.float64),
    ("reversed_frequency", np.float64),
    ("compelled", np.bool_),
]


class GraphQueries:
    """Predictions, samples, effects and tables of a fitted linear structural equation model."""

    adjacency_: FloatArray
    lagged_adjacency_: FloatArray
    intercept_: FloatArray
    noise_variances_: FloatArray
    order_: IntArray
    lags: int
    exogenous: Any
    _categories: dict[str, list[Any]]
    _known: npt.NDArray[np.bool_] | None = None
    _marginal_variances: FloatArray

    def _names(self) -> list[str]:
        names = getattr(self, "feature_names_in_", None)
        d = self.adjacency_.shape[1]
        return [f"x{j}" for j in range(d)] if names is None else [str(n) for n in names]

    def _position(self, feature: Any) -> int:
        if isinstance(feature, (int, np.integer)):
            if not 0 <= feature < self.adjacency_.shape[1]:
                raise ValueError(f"feature: got {feature}, expected 0 <= feature < {self.adjacency_.shape[1]}")
            return int(feature)
        names = self._names()
        if feature not in names:
            raise ValueError(f"feature: {feature!r} is none of {names}")
        return names.index(feature)

    def _rows(self, X: Any) -> tuple[FloatArray, FloatArray]:
        """Current values and lagged ones (no columns without lags)."""
        check_is_fitted(self)
        if self.lags == 0:
            current = np.asarray(validate_data(self, coded(X, self._categories), dtype=np.float64, reset=False))
            return current, np.empty((current.shape[0], 0))
        series = X if isinstance(X, (list, tuple)) else [X]
        return lagged(
            [np.asarray(validate_data(self, x, dtype=np.float64, reset=False)) for x in series], int(self.lags)
        )

    def predict(self, X: Any) -> FloatArray:
        """Predict each column from its parents: ``intercept_ + X @ adjacency_``, plus lags if there are any.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data; with lags a series or a list of series.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Predictions; with lags, those of the rows after the first ``lags`` of each series.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> model = CoLiDE(tiers=[[0], [1]]).fit_moments([[1.0, 2.0], [2.0, 5.0]], n_samples=200)
        >>> model.predict([[3.0, 7.0]]).round(6)  # the first has no parents, the second is twice the first
        array([[0., 6.]])
        """
        current, past = self._rows(X)
        predicted = current @ self.adjacency_ + self.intercept_
        if past.shape[1]:
            predicted = predicted + past @ self.lagged_adjacency_.reshape(past.shape[1], -1)
        return np.asarray(predicted)

    def score(self, X: Any, y: Any = None) -> float:
        """Mean Gaussian log-likelihood of a row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data; with lags a series or a list of series.
        y : None
            Ignored.

        Returns
        -------
        float
            ``-1/2 sum_j [ log(2 pi v_j) + mean squared residual_j / v_j ]`` with v the noise variances, bounded below
            by ``1e-12`` of each variable's own variance.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> model = CoLiDE(tiers=[[0], [1]]).fit_moments([[1.0, 2.0], [2.0, 5.0]], n_samples=200)
        >>> model.score([[1.0, 2.0]]) > model.score([[1.0, -2.0]])
        True
        """
        current, _ = self._rows(X)
        residual = current[-self.predict(X).shape[0] :] - self.predict(X)
        v = np.maximum(self.noise_variances_, np.maximum(1e-12 * self._marginal_variances, 1e-300))
        return float(-0.5 * np.sum(np.log(2.0 * np.pi * v) + (residual**2).mean(axis=0) / v))

    def sample(
        self,
        n_samples: int = 1,
        random_state: int | np.random.RandomState | None = None,
        do: Mapping[Any, Any] | None = None,
        *,
        data: Any = None,
    ) -> FloatArray:
        """Draw from the fitted model, possibly under interventions.

        Noise is Gaussian with variances ``noise_variances_``, exogenous features included; columns of two categories
        are 1 with their share in the data. The estimate needs no Gaussian noise, and where it is not Gaussian draws
        have the right means and covariances only: ``data`` resamples what was observed.

        Parameters
        ----------
        n_samples : int, default=1
            Rows. With lags they form one series, started at the stationary means where those exist, else at zero.
        random_state : int, RandomState or None, default=None
            Seed.
        do : dict or Series, default=None
            {feature name or position: value or array of n_samples values}: these variables are set, not drawn. A
            column of two categories takes one of them, or 0 and 1.
        data : array-like of shape (n_rows, n_features), default=None
            Data, usually those of ``fit``, whose residuals are drawn with replacement in place of Gaussian noise: of
            each feature by itself, of exogenous features row by row, so that their joint distribution stays.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Draws, columns in the order of the features.

        Raises
        ------
        ValueError
            If ``do`` names no feature, or a value is not finite or of another shape.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> model = CoLiDE(tiers=[[0], [1]]).fit_moments([[1.0, 2.0], [2.0, 5.0]], n_samples=200)
        >>> draws = model.sample(1000, random_state=0, do={0: 3.0})
        >>> draws.shape, float(draws[:, 1].mean().round())
        ((1000, 2), 6.0)
        """
        check_is_fitted(self)
        rng, n = check_random_state(random_state), int(n_samples)
        names = self._names()
        levels = {names.index(name): pair for name, pair in self._categories.items()}
        fixed = fixed_values(do, n, self._position, levels)
        if data is None:
            X = gaussian_noise(rng, n, self.noise_variances_, self.intercept_, list(levels))
        else:
            current, _ = self._rows(data)
            residual = current - self.predict(data)
            outside = sorted(
                {j for key in listed(self.exogenous) for j in positions("exogenous", key, names)} | set(levels)
            )
            X = resampled_noise(rng, n, residual, self.intercept_, outside)
        history = np.zeros(X.shape[1])
        if self.lagged_adjacency_.size:
            history = stationary_means(self.adjacency_, self.lagged_adjacency_, self.intercept_)
        return propagate(X, fixed, self.order_, self.adjacency_, self.lagged_adjacency_, history)

    def total_effect(self, source: Any, target: Any) -> float:
        """Change of ``target`` for a unit change of ``source`` by intervention: the sum over directed paths.

        Parameters
        ----------
        source, target : str or int
            Features, by name or position.

        Returns
        -------
        float
            ``[(I - W)^{-1}]_{source, target}``; instantaneous with lags.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> chain = [[1.0, 2.0, 6.0], [2.0, 5.0, 15.0], [6.0, 15.0, 46.0]]  # x1 = 2 x0 + e, x2 = 3 x1 + e
        >>> model = CoLiDE(tiers=[[0], [1], [2]]).fit_moments(chain, n_samples=200)
        >>> round(model.total_effect("x0", "x2"), 6)
        6.0
        """
        check_is_fitted(self)
        i, j = self._position(source), self._position(target)
        effect = np.zeros(self.adjacency_.shape[1])
        effect[i] = 1.0
        for k in self.order_:
            if k != i:
                effect[k] = effect @ self.adjacency_[:, k]
        return float(effect[j])

    @property
    def cpdag_(self) -> npt.NDArray[np.intp]:
        """What is settled of the directions: ``[i, j] = 1`` and ``[j, i] = 0`` compelled, both 1 undirected.

        The Markov equivalence class, without the graphs that contradict what was known (tiers, exclude, include,
        exogenous), that interventions in the data rule out, or that lagged causes rule out.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> moments = [[1.0, 2.0], [2.0, 5.0]]
        >>> CoLiDE().fit_moments(moments, n_samples=200).cpdag_  # one edge, of either direction
        array([[0, 1],
               [1, 0]])
        >>> CoLiDE(tiers=[[0], [1]]).fit_moments(moments, n_samples=200).cpdag_
        array([[0, 1],
               [0, 0]])
        """
        check_is_fitted(self)
        d, L = self.adjacency_.shape[0], self.lagged_adjacency_.shape[0]
        known = np.zeros((d, d), dtype=bool) if self._known is None else self._known
        if not self.lagged_adjacency_.any():
            return cpdag(self.adjacency_, known)
        whole = np.zeros((d * (L + 1), d * (L + 1)))
        whole[:d, :d] = self.adjacency_
        whole[d:, :d] = self.lagged_adjacency_.reshape(L * d, d)
        settled = np.zeros(whole.shape, dtype=bool)
        settled[:d, :d], settled[d:, :d] = known, True
        return np.asarray(cpdag(whole, settled)[:d, :d])

    @property
    def edges_(self) -> npt.NDArray[np.void]:
        """The edges as a structured array (``pandas.DataFrame(model.edges_)`` reads it), strongest first.

        Fields: source, target, lag, weight, low and high (percentile interval of the bootstrap weights), frequency and
        reversed_frequency (share of resamples with this edge, and with its reverse), compelled (directed in
        ``cpdag_``). What needs the bootstrap is NaN without it; a lagged edge has no reverse.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> model = CoLiDE(tiers=[[0], [1]]).fit_moments([[1.0, 2.0], [2.0, 5.0]], n_samples=200)
        >>> [(e["source"], e["target"], float(e["weight"].round(6)), bool(e["compelled"])) for e in model.edges_]
        [('x0', 'x1', 2.0, True)]
        """
        check_is_fitted(self)
        names, compelled = self._names(), self.cpdag_
        rows = []
        frequency = getattr(self, "edge_frequency_", None)
        interval = getattr(self, "edge_interval_", None)
        for i, j in np.argwhere(self.adjacency_ != 0.0):
            low, high = (np.nan, np.nan) if interval is None else interval[:, i, j]
            there, back = (np.nan, np.nan) if frequency is None else (frequency[i, j], frequency[j, i])
            directed = bool(compelled[i, j] and not compelled[j, i])
            rows.append((names[i], names[j], 0, self.adjacency_[i, j], low, high, there, back, directed))
        frequency = getattr(self, "lagged_frequency_", None)
        interval = getattr(self, "lagged_interval_", None)
        for k, i, j in np.argwhere(self.lagged_adjacency_ != 0.0):
            low, high = (np.nan, np.nan) if interval is None else interval[:, k, i, j]
            there = np.nan if frequency is None else frequency[k, i, j]
            weight = self.lagged_adjacency_[k, i, j]
            rows.append((names[i], names[j], k + 1, weight, low, high, there, np.nan, True))
        rows.sort(key=lambda row: -abs(row[3]))
        return np.array(rows, dtype=EDGE_FIELDS)

    def to_networkx(self) -> Any:
        """The graph as a ``networkx.DiGraph`` with feature names as nodes and ``weight`` on the edges.

        Examples
        --------
        >>> from pauca.dag import CoLiDE
        >>> model = CoLiDE(tiers=[[0], [1]]).fit_moments([[1.0, 2.0], [2.0, 5.0]], n_samples=200)
        >>> list(model.to_networkx().edges)
        [('x0', 'x1')]
        """
        from ._convert import to_networkx

        check_is_fitted(self)
        return to_networkx(self.adjacency_, self._names())
