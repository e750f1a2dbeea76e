"""Penalties of groups of features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray, match_features
from ._structured import Spec, StructuredPenalty, spec

GroupSpec = npt.ArrayLike | Mapping[str, Any] | Callable[[Sequence[str]], Any] | None


def resolve_groups(
    groups: GroupSpec, n_features: int, feature_names: Sequence[str] | None
) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Group number of every feature and the groups' names.

    ``groups`` is one label a feature, a list of lists of feature positions or names, or ``{group: feature names or
    globs}`` (features that are in none are groups of their own); a callable of the feature names returns one of these.
    """
    names = [f"x{j}" for j in range(n_features)] if feature_names is None else [str(f) for f in feature_names]
    if callable(groups):
        groups = groups(names)
    if groups is None:
        return np.arange(n_features), list(range(n_features))
    if isinstance(groups, Mapping):
        members = {}
        for key, patterns in groups.items():
            listed = [patterns] if isinstance(patterns, str) else list(patterns)
            hits = [match_features("penalty.groups", str(p), names) for p in listed]
            members[key] = sorted({j for found in hits for j in found})
        return _from_lists(list(members.values()), list(members), n_features)
    if isinstance(groups, str) or not hasattr(groups, "__len__"):
        raise ValueError(f"penalty.groups: got {groups!r}, expected a label for each of {n_features} features")
    sequence: Any = groups
    if len(sequence) > 0 and all(isinstance(g, Sequence | np.ndarray) and not isinstance(g, str) for g in sequence):
        return _from_lists([_columns(g, names) for g in sequence], list(range(len(sequence))), n_features)
    labels = np.asarray(sequence)
    if labels.shape != (n_features,):
        raise ValueError(
            f"penalty.groups: got shape {labels.shape}, expected one label for each of {n_features} features"
        )
    unique, first, numbers = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(first)  # groups in the order of their first feature
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[numbers].astype(np.int64), unique[order].tolist()


def _columns(group: Sequence[Any], names: Sequence[str]) -> list[int]:
    """Positions of the features of a group, which are positions, names or globs."""
    found = [match_features("penalty.groups", f, names) if isinstance(f, str) else [int(f)] for f in group]
    return [j for hits in found for j in hits]


def _from_lists(members: list[list[int]], names: list[Any], n_features: int) -> tuple[npt.NDArray[np.int64], list[Any]]:
    labels = np.full(n_features, -1, dtype=np.int64)
    for number, (name, columns) in enumerate(zip(names, members, strict=True)):
        if not columns:
            raise ValueError(f"penalty.groups: group {name!r} is empty")
        for j in columns:
            if not 0 <= j < n_features:
                raise ValueError(f"penalty.groups: group {name!r} has feature {j}, expected 0 to {n_features - 1}")
            if labels[j] >= 0:
                both = f"{names[labels[j]]!r} and {name!r}"
                raise ValueError(f"penalty.groups: feature {j} is in two groups, {both}; groups must not overlap")
            labels[j] = number
    alone = np.flatnonzero(labels < 0)
    labels[alone] = len(members) + np.arange(len(alone))
    return labels, [*names, *alone.tolist()]


class GroupPenalty(StructuredPenalty):
    """Base class: not for users."""

    groups: GroupSpec
    group_weights: npt.ArrayLike | Mapping[Any, float] | None
    _name = ""
    _root_size_weights = True

    def _parameters(self) -> list[float]:
        return []

    def _group_weights(self, labels: npt.NDArray[np.int64], names: list[Any]) -> FloatArray:
        size = np.bincount(labels, minlength=len(names))
        default = np.sqrt(size) if self._root_size_weights else np.ones(len(names))
        if self.group_weights is None:
            return np.asarray(default, dtype=np.float64)
        if isinstance(self.group_weights, Mapping):
            weights = default.astype(np.float64)
            for key, number in self.group_weights.items():
                if key not in names:
                    raise ValueError(f"penalty.group_weights: {key!r} is no group")
                weights[names.index(key)] = number
        else:
            weights = np.asarray(self.group_weights, dtype=np.float64)
        if weights.shape != (len(names),):
            raise ValueError(f"penalty.group_weights: got shape {weights.shape}, expected one number a group")
        if not (np.isfinite(weights).all() and (weights >= 0.0).all()):
            raise ValueError("penalty.group_weights: expected finite numbers >= 0")
        return weights

    def _spec(self, n_features: int, feature_names: Sequence[str] | None = None) -> Spec:
        labels, names = resolve_groups(self.groups, n_features, feature_names)
        weights = self._group_weights(labels, names)
        return spec(self._name, self._parameters(), sequence=weights, labels=labels)

    def _number(self, name: str, low: float) -> float:
        value = float(getattr(self, name))
        if not (np.isfinite(value) and value > low):
            raise ValueError(f"{type(self).__name__}: {name} is {value!r}, expected a number > {low:g}")
        return value


class GroupL2(GroupPenalty):
    """Group lasso: ``alpha * sum_g d_g ||w_g||``, which selects whole groups of features.

    Parameters
    ----------
    groups : array-like of shape (n_features,), list of lists, dict or callable, default=None
        One label a feature, lists of feature positions or names, ``{group: feature names or globs}`` (features in none
        are groups of their own), or a callable of the feature names that returns one of these. None: every feature is
        a group.
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    group_weights : array-like of shape (n_groups,) or dict, default=None
        The numbers ``d_g`` >= 0, 0 for an unpenalised group; None takes the square root of the group's size.

    References
    ----------
    Yuan, M. and Lin, Y. (2006). Model selection and estimation in regression with grouped variables. JRSS B 68, 49-67.

    Examples
    --------
    >>> from pauca.penalties import GroupL2
    >>> GroupL2(groups=[0, 0, 1], group_weights=[1.0, 1.0]).prox([3.0, 4.0, 0.5])
    array([2.4, 3.2, 0. ])
    """

    _name = "group_l2"

    def __init__(
        self,
        groups: GroupSpec = None,
        alpha: float = 1.0,
        group_weights: npt.ArrayLike | Mapping[Any, float] | None = None,
    ) -> None:
        self.groups = groups
        self.alpha = alpha
        self.group_weights = group_weights


class GroupMCP(GroupPenalty):
    """Minimax concave penalty of the group norms, ``sum_g p(||w_g||)`` with strength ``alpha d_g``.

    Parameters
    ----------
    groups : array-like of shape (n_features,), list of lists, dict or callable, default=None
        Groups, see :class:`GroupL2`.
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    gamma : float, default=3.0
        Shape, positive, see :class:`MCP`.
    group_weights : array-like of shape (n_groups,) or dict, default=None
        The numbers ``d_g``, see :class:`GroupL2`.

    References
    ----------
    Breheny, P. and Huang, J. (2015). Group descent algorithms for nonconvex penalized linear and logistic regression
    models with grouped predictors. Statistics and Computing 25, 173-187.

    Examples
    --------
    >>> from pauca.penalties import GroupMCP
    >>> GroupMCP(groups=[0, 0, 1], group_weights=[1.0, 1.0]).prox([3.0, 4.0, 0.5])
    array([3., 4., 0.])
    """

    convex = False
    _name = "group_mcp"

    def __init__(
        self,
        groups: GroupSpec = None,
        alpha: float = 1.0,
        gamma: float = 3.0,
        group_weights: npt.ArrayLike | Mapping[Any, float] | None = None,
    ) -> None:
        self.groups = groups
        self.alpha = alpha
        self.gamma = gamma
        self.group_weights = group_weights

    def _parameters(self) -> list[float]:
        return [self._number("gamma", 0.0)]


class GroupSCAD(GroupPenalty):
    """Smoothly clipped absolute deviation of the group norms, ``sum_g p(||w_g||)`` with strength ``alpha d_g``.

    Parameters
    ----------
    groups : array-like of shape (n_features,), list of lists, dict or callable, default=None
        Groups, see :class:`GroupL2`.
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    gamma : float, default=3.7
        Shape, greater than 2, see :class:`SCAD`.
    group_weights : array-like of shape (n_groups,) or dict, default=None
        The numbers ``d_g``, see :class:`GroupL2`.

    References
    ----------
    Breheny, P. and Huang, J. (2015). Group descent algorithms for nonconvex penalized linear and logistic regression
    models with grouped predictors. Statistics and Computing 25, 173-187.

    Examples
    --------
    >>> from pauca.penalties import GroupSCAD
    >>> GroupSCAD(groups=[0, 0, 1], group_weights=[1.0, 1.0]).prox([3.0, 4.0, 0.5])
    array([3., 4., 0.])
    """

    convex = False
    _name = "group_scad"

    def __init__(
        self,
        groups: GroupSpec = None,
        alpha: float = 1.0,
        gamma: float = 3.7,
        group_weights: npt.ArrayLike | Mapping[Any, float] | None = None,
    ) -> None:
        self.groups = groups
        self.alpha = alpha
        self.gamma = gamma
        self.group_weights = group_weights

    def _parameters(self) -> list[float]:
        return [self._number("gamma", 2.0)]


class SparseGroup(GroupPenalty):
    """Sparse group lasso: ``alpha * (r ||w||_1 + (1 - r) sum_g d_g ||w_g||)``, sparse between and within groups.

    Parameters
    ----------
    groups : array-like of shape (n_features,), list of lists, dict or callable, default=None
        Groups, see :class:`GroupL2`.
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    l1_ratio : float, default=0.5
        The share r of the lasso part: 1 is the lasso, 0 the group lasso.
    group_weights : array-like of shape (n_groups,) or dict, default=None
        The numbers ``d_g``, see :class:`GroupL2`.

    References
    ----------
    Simon, N., Friedman, J., Hastie, T. and Tibshirani, R. (2013). A sparse-group lasso. Journal of Computational and
    Graphical Statistics 22, 231-245.

    Examples
    --------
    >>> from pauca.penalties import SparseGroup
    >>> SparseGroup(groups=[0, 0, 1], l1_ratio=0.0, group_weights=[1.0, 1.0]).prox([3.0, 4.0, 0.5])
    array([2.4, 3.2, 0. ])
    """

    _name = "sparse_group"

    def __init__(
        self,
        groups: GroupSpec = None,
        alpha: float = 1.0,
        l1_ratio: float = 0.5,
        group_weights: npt.ArrayLike | Mapping[Any, float] | None = None,
    ) -> None:
        self.groups = groups
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.group_weights = group_weights

    def _parameters(self) -> list[float]:
        if not 0.0 <= self.l1_ratio <= 1.0:
            raise ValueError(f"SparseGroup: l1_ratio is {self.l1_ratio!r}, expected a number in [0, 1]")
        return [float(self.l1_ratio)]


class CompositeMCP(GroupPenalty):
    """Composite (bi-level) MCP: an MCP of the sum of the coefficients' MCPs in each group.

    A member of a group that is in the model is charged less than one of a group that is not, so that it selects
    groups and features within them. With ``l = sqrt(alpha d_g)``, inner and outer penalty have strength l, shapes
    gamma and ``|g| gamma l / 2``, and saturate together; the slope at zero is ``alpha d_g``.

    Parameters
    ----------
    groups : array-like of shape (n_features,), list of lists, dict or callable, default=None
        Groups, see :class:`GroupL2`.
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    gamma : float, default=3.0
        Shape of the inner penalty, positive.
    group_weights : array-like of shape (n_groups,) or dict, default=None
        The numbers ``d_g``; None: ones.

    References
    ----------
    Breheny, P. and Huang, J. (2009). Penalized methods for bi-level variable selection. Statistics and Its Interface
    2, 369-380.

    Examples
    --------
    >>> from pauca.penalties import CompositeMCP
    >>> CompositeMCP(groups=[0, 0, 1]).prox([0.9, 5.0, 0.9]).round(3)
    array([0.664, 5.   , 0.   ])
    """

    convex = False
    _name = "composite_mcp"
    _root_size_weights = False

    def __init__(
        self,
        groups: GroupSpec = None,
        alpha: float = 1.0,
        gamma: float = 3.0,
        group_weights: npt.ArrayLike | Mapping[Any, float] | None = None,
    ) -> None:
        self.groups = groups
        self.alpha = alpha
        self.gamma = gamma
        self.group_weights = group_weights

    def _parameters(self) -> list[float]:
        return [self._number("gamma", 0.0)]


class KSupport(GroupPenalty):
    """Group envelope: the convex envelope of half the squared norm on vectors with at most k nonzero groups.

    ``alpha / 2 * min {sum_g d_g ||w_g||^2 / u_g : 0 <= u <= 1, sum_g u_g <= k}``. With every feature a group this is
    half the squared k-support norm; with k at least the number of groups it is the ridge penalty. The result may have
    more than k nonzero groups.

    Parameters
    ----------
    k : int, default=1
        Number of groups.
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``, which must be a number: like the ridge penalty it
        has no ``alpha_max``.
    groups : array-like of shape (n_features,), list of lists, dict or callable, default=None
        Groups, see :class:`GroupL2`; None: every feature.
    group_weights : array-like of shape (n_groups,) or dict, default=None
        The positive numbers ``d_g``; None: ones.

    References
    ----------
    Argyriou, A., Foygel, R. and Srebro, N. (2012). Sparse prediction with the k-support norm. NeurIPS 25.

    Examples
    --------
    >>> from pauca.penalties import KSupport
    >>> KSupport(k=2).prox([3.0, 2.0, 0.0])
    array([1.5, 1. , 0. ])
    """

    _name = "k_support"
    _root_size_weights = False

    def __init__(
        self,
        k: int = 1,
        alpha: float = 1.0,
        groups: GroupSpec = None,
        group_weights: npt.ArrayLike | Mapping[Any, float] | None = None,
    ) -> None:
        self.k = k
        self.alpha = alpha
        self.groups = groups
        self.group_weights = group_weights

    def _parameters(self) -> list[float]:
        if int(self.k) != self.k or self.k < 1:
            raise ValueError(f"KSupport: k is {self.k!r}, expected a whole number >= 1")
        return [float(self.k)]

    def _group_weights(self, labels: npt.NDArray[np.int64], names: list[Any]) -> FloatArray:
        weights = super()._group_weights(labels, names)
        if not (weights > 0.0).all():
            raise ValueError("KSupport: group_weights must be positive")
        return weights
