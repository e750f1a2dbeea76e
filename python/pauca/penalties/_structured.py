"""Penalties of whole coefficient vectors: sorted, fused, spectral and k-support."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from .. import _core
from .._validation import FloatArray
from ._base import Penalty, check_alpha, prox_input

Spec = dict[str, Any]


class StructuredPenalty(Penalty):
    """A penalty that is no sum over coefficients, computed by the compiled core.

    Estimators fit it by :class:`pauca.solvers.AcceleratedProximalGradient`.

    Examples
    --------
    >>> from pauca.penalties import MCP, Slope, StructuredPenalty
    >>> isinstance(MCP(), StructuredPenalty), isinstance(Slope(), StructuredPenalty)
    (False, True)
    """

    convex = True

    def _spec(self, n_features: int, feature_names: Sequence[str] | None = None) -> Spec:
        """How the core calls this penalty; checks the parameters."""
        raise NotImplementedError

    def _unit_spec(self, n_features: int, feature_names: Sequence[str] | None = None) -> Spec:
        check_alpha(self)
        return self._spec(n_features, feature_names)

    def value(self, w: npt.ArrayLike) -> float:
        """Value of the penalty at ``w``.

        Parameters
        ----------
        w : array-like of shape (n_features,)
            Coefficients.

        Returns
        -------
        float
            The penalty.

        Examples
        --------
        >>> from pauca.penalties import GroupL2
        >>> GroupL2(groups=[0, 0, 1], group_weights=[1.0, 1.0]).value([3.0, 4.0, 0.0])  # the norm of the first group
        5.0
        """
        array = np.atleast_1d(np.ascontiguousarray(w, dtype=np.float64)).reshape(-1)
        return float(_core.structured_value(self._unit_spec(array.size), float(self.alpha), array))

    def prox(self, v: npt.ArrayLike, step: float = 1.0) -> npt.NDArray[np.floating[Any]]:
        """Proximal operator: the global minimiser x of ``step * g(x) + ||x - v||^2 / 2``.

        Parameters
        ----------
        v : array-like of shape (n_features,)
            Point; float32 stays float32.
        step : float, default=1.0
            Step length, positive.

        Returns
        -------
        ndarray
            Minimiser, of the shape of ``v``.

        Examples
        --------
        >>> from pauca.penalties import GroupL2
        >>> GroupL2(groups=[0, 0, 1], group_weights=[1.0, 1.0]).prox([3.0, 4.0, 0.9]).round(6)
        array([2.4, 3.2, 0. ])
        """
        array, dtype = prox_input(v, step)
        flat = array.reshape(-1)
        out = _core.structured_prox(self._unit_spec(flat.size), float(self.alpha), flat, float(step))
        return np.asarray(out, dtype=dtype).reshape(array.shape)


def spec(
    name: str,
    shape: Sequence[float] = (),
    sequence: Sequence[float] | FloatArray = (),
    labels: Sequence[int] | npt.NDArray[np.int64] = (),
    rows: int = 0,
    cols: int = 0,
) -> Spec:
    """Build the dictionary that the core takes."""
    return {
        "name": name,
        "shape": [float(s) for s in shape],
        "sequence": np.asarray(sequence, dtype=np.float64).tolist(),
        "labels": np.asarray(labels, dtype=np.int64).tolist(),
        "rows": int(rows),
        "cols": int(cols),
    }


class Slope(StructuredPenalty):
    """Sorted l1 penalty (SLOPE): ``alpha * sum_i l_i |w|_(i)`` with the largest coefficient charged most.

    Coefficients that the data cannot tell apart get the same magnitude, and with the default sequence the false
    discovery rate is controlled for orthogonal designs.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    sequence : array-like of shape (n_features,), default=None
        The non-increasing numbers ``l``; None takes the quantiles ``Phi^-1(1 - q i / (2 p))`` of Benjamini and
        Hochberg, divided by the first.
    q : float, default=0.1
        False discovery rate of the default sequence, in (0, 1).

    References
    ----------
    Bogdan, M., van den Berg, E., Sabatti, C., Su, W. and Candes, E. (2015). SLOPE: adaptive variable selection via
    convex optimization. Annals of Applied Statistics 9, 1103-1140, Algorithm 4.

    Examples
    --------
    >>> from pauca.penalties import Slope
    >>> Slope(sequence=[3.0, 2.0, 1.0]).prox([5.0, -4.5, 0.5])
    array([ 2.25, -2.25,  0.  ])
    """

    def __init__(self, alpha: float = 1.0, sequence: npt.ArrayLike | None = None, q: float = 0.1) -> None:
        self.alpha = alpha
        self.sequence = sequence
        self.q = q

    def _sequence(self, n_features: int) -> FloatArray:
        if self.sequence is None:
            if not 0.0 < self.q < 1.0:
                raise ValueError(f"Slope: q is {self.q!r}, expected a number in (0, 1)")
            quantiles = ndtri(1.0 - self.q * np.arange(1, n_features + 1) / (2.0 * n_features))
            return np.asarray(quantiles / quantiles[0], dtype=np.float64)
        array = np.asarray(self.sequence, dtype=np.float64)
        if array.shape != (n_features,):
            raise ValueError(f"Slope: sequence has shape {array.shape}, expected one number for each of {n_features}")
        if not (np.isfinite(array).all() and (np.diff(array) <= 0.0).all() and array[-1] >= 0.0 and array[0] > 0.0):
            raise ValueError("Slope: sequence must be finite, non-increasing, >= 0 and start with a positive number")
        return array

    def _spec(self, n_features: int, feature_names: Sequence[str] | None = None) -> Spec:
        return spec("slope", sequence=self._sequence(n_features))


class Oscar(StructuredPenalty):
    """OSCAR: ``alpha * (||w||_1 + slope * sum_{j<k} max(|w_j|, |w_k|))``, which clusters correlated features.

    It is :class:`Slope` with the sequence ``l_i = 1 + slope (p - i)``.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    slope : float, default=0.01
        Weight of the pairwise part, >= 0.

    References
    ----------
    Bondell, H. and Reich, B. (2008). Simultaneous regression shrinkage, variable selection, and supervised clustering
    of predictors with OSCAR. Biometrics 64, 115-123.

    Examples
    --------
    >>> from pauca.penalties import Oscar
    >>> Oscar(slope=1.0).value([2.0, 1.0, 1.0])
    9.0
    """

    def __init__(self, alpha: float = 1.0, slope: float = 0.01) -> None:
        self.alpha = alpha
        self.slope = slope

    def _spec(self, n_features: int, feature_names: Sequence[str] | None = None) -> Spec:
        if not (np.isfinite(self.slope) and self.slope >= 0.0):
            raise ValueError(f"Oscar: slope is {self.slope!r}, expected a finite number >= 0")
        return spec("slope", sequence=1.0 + self.slope * np.arange(n_features - 1, -1, -1.0))


class FusedL1(StructuredPenalty):
    """Fused lasso over ordered features: ``alpha * ((1 - r) sum_j |w_{j+1} - w_j| + r ||w||_1)``, r the ``l1_ratio``.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    l1_ratio : float, default=0.5
        Share of the lasso part; 0 is total variation, which leaves a common level unpenalised (``alpha`` of an
        estimator must then be a number, for there is no ``alpha_max``).

    References
    ----------
    Tibshirani, R., Saunders, M., Rosset, S., Zhu, J. and Knight, K. (2005). Sparsity and smoothness via the fused
    lasso. JRSS B 67, 91-108.
    Johnson, N. (2013). A dynamic programming algorithm for the fused lasso and L0-segmentation. Journal of
    Computational and Graphical Statistics 22, 246-260.

    Examples
    --------
    >>> from pauca.penalties import FusedL1
    >>> FusedL1(l1_ratio=0.0).prox([0.0, 0.0, 9.0, 9.0])
    array([0.5, 0.5, 8.5, 8.5])
    """

    def __init__(self, alpha: float = 1.0, l1_ratio: float = 0.5) -> None:
        self.alpha = alpha
        self.l1_ratio = l1_ratio

    def _spec(self, n_features: int, feature_names: Sequence[str] | None = None) -> Spec:
        if not 0.0 <= self.l1_ratio <= 1.0:
            raise ValueError(f"FusedL1: l1_ratio is {self.l1_ratio!r}, expected a number in [0, 1]")
        return spec("fused", [self.l1_ratio])


class Nuclear(StructuredPenalty):
    """Nuclear norm of coefficients that form a matrix: ``alpha`` times the sum of its singular values.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    shape : tuple of two int, default=None
        Rows and columns of the matrix; the coefficient vector holds it in C order. None takes the shape of what is
        given to ``value`` and ``prox``, and one row in an estimator.

    References
    ----------
    Cai, J.-F., Candes, E. and Shen, Z. (2010). A singular value thresholding algorithm for matrix completion. SIAM
    Journal on Optimization 20, 1956-1982, Theorem 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.penalties import Nuclear
    >>> Nuclear(alpha=1.0).prox(np.diag([3.0, 0.5])).round(12)
    array([[2., 0.],
           [0., 0.]])
    """

    _name = "nuclear_l1"

    def __init__(self, alpha: float = 1.0, shape: tuple[int, int] | None = None) -> None:
        self.alpha = alpha
        self.shape = shape

    def _shape_parameters(self) -> list[float]:
        return []

    def _spec(self, n_features: int, feature_names: Sequence[str] | None = None) -> Spec:
        rows, cols = (1, n_features) if self.shape is None else (int(self.shape[0]), int(self.shape[1]))
        if rows < 1 or cols < 1 or rows * cols != n_features:
            raise ValueError(
                f"{type(self).__name__}: shape is {self.shape!r}, "
                f"expected two positive numbers with product {n_features}"
            )
        return spec(self._name, self._shape_parameters(), rows=rows, cols=cols)

    def _with_shape(self, w: npt.ArrayLike) -> Nuclear:
        given = np.shape(w)
        if self.shape is None and len(given) == 2:
            return type(self)(**{**self.get_params(deep=False), "shape": given})
        return self

    def value(self, w: npt.ArrayLike) -> float:
        """Value of the penalty at the matrix (or the vector of its entries) ``w``.

        Parameters
        ----------
        w : array-like of shape (n_targets, n_features) or (n_targets * n_features,)
            Coefficients.

        Returns
        -------
        float
            ``alpha`` times the sum over singular values.

        Examples
        --------
        >>> from pauca.penalties import Nuclear
        >>> round(Nuclear(alpha=0.5).value([[3.0, 0.0], [0.0, -1.0]]), 6)
        2.0
        """
        return StructuredPenalty.value(self._with_shape(w), w)

    def prox(self, v: npt.ArrayLike, step: float = 1.0) -> npt.NDArray[np.floating[Any]]:
        """Proximal operator at the matrix (or the vector of its entries) ``v``: that of its singular values.

        Parameters
        ----------
        v : array-like of shape (n_targets, n_features) or (n_targets * n_features,)
            Point.
        step : float, default=1.0
            Factor of the penalty, positive.

        Returns
        -------
        ndarray of the shape of v
            The minimiser.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.penalties import Nuclear
        >>> int(np.linalg.matrix_rank(Nuclear().prox([[3.0, 0.1, 0.0], [0.0, 2.0, 0.1], [0.1, 0.0, 0.5]])))
        2
        """
        return StructuredPenalty.prox(self._with_shape(v), v, step)


class NuclearMCP(Nuclear):
    """Minimax concave penalty of the singular values: low rank without shrinking the leading ones.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    gamma : float, default=3.0
        Shape, positive, see :class:`MCP`.
    shape : tuple of two int, default=None
        Rows and columns of the matrix, see :class:`Nuclear`.

    References
    ----------
    Zhang, C.-H. (2010). Nearly unbiased variable selection under minimax concave penalty. Annals of Statistics 38,
    894-942.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.penalties import NuclearMCP
    >>> NuclearMCP(alpha=1.0).prox(np.diag([5.0, 0.5])).round(12)
    array([[5., 0.],
           [0., 0.]])
    """

    convex = False
    _name = "nuclear_mcp"

    def __init__(self, alpha: float = 1.0, gamma: float = 3.0, shape: tuple[int, int] | None = None) -> None:
        self.alpha = alpha
        self.gamma = gamma
        self.shape = shape

    def _shape_parameters(self) -> list[float]:
        if not self.gamma > 0.0:
            raise ValueError(f"NuclearMCP: gamma is {self.gamma!r}, expected a number > 0")
        return [float(self.gamma)]


class NuclearSCAD(Nuclear):
    """Smoothly clipped absolute deviation of the singular values.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength; an estimator multiplies it by its own ``alpha``.
    gamma : float, default=3.7
        Shape, greater than 2, see :class:`SCAD`.
    shape : tuple of two int, default=None
        Rows and columns of the matrix, see :class:`Nuclear`.

    References
    ----------
    Fan, J. and Li, R. (2001). Variable selection via nonconcave penalized likelihood and its oracle properties. JASA
    96, 1348-1360.

    Examples
    --------
    >>> from pauca.penalties import NuclearSCAD
    >>> round(NuclearSCAD().value([[3.0, 4.0]]), 4)
    2.35
    """

    convex = False
    _name = "nuclear_scad"

    def __init__(self, alpha: float = 1.0, gamma: float = 3.7, shape: tuple[int, int] | None = None) -> None:
        self.alpha = alpha
        self.gamma = gamma
        self.shape = shape

    def _shape_parameters(self) -> list[float]:
        if not self.gamma > 2.0:
            raise ValueError(f"NuclearSCAD: gamma is {self.gamma!r}, expected a number > 2")
        return [float(self.gamma)]
