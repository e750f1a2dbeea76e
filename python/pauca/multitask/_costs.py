"""What samples cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray
from .._values import ValueObject

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TaskPrices:
    """The cost of samples of each task, as arrays."""

    per_sample: FloatArray
    activation: FloatArray
    batch_size: IntArray

    def of(self, n_samples: npt.ArrayLike) -> FloatArray:
        """Cost of so many samples of each task in one epoch."""
        n = np.asarray(n_samples)
        batches = -(-n // self.batch_size)
        return np.asarray(self.per_sample * self.batch_size * batches + np.where(n > 0, self.activation, 0.0))


class SamplingCost(ValueObject):
    """Cost of samples: ``activation + per_sample * batch_size * ceil(n / batch_size)`` for n > 0 samples in an epoch.

    Parameters
    ----------
    per_sample : float or array-like of shape (n_tasks,), default=1.0
        Price of a sample, positive.
    activation : float or array-like of shape (n_tasks,), default=0.0
        Fee for every epoch in which a task is sampled (setting up a run), >= 0.
    batch_size : int or array-like of shape (n_tasks,), default=1
        Samples are sold in batches of this size: the cost jumps from one to the next.

    References
    ----------
    Wang, Y., Chen, Y., Jamieson, K. and Du, S. (2023). Improved active multi-task representation learning via lasso.
    ICML.

    Examples
    --------
    >>> from pauca.multitask import SamplingCost
    >>> SamplingCost(per_sample=2.0, activation=10.0, batch_size=8).total([0, 5, 9])
    68.0
    """

    def __init__(
        self,
        per_sample: npt.ArrayLike = 1.0,
        activation: npt.ArrayLike = 0.0,
        batch_size: npt.ArrayLike = 1,
    ) -> None:
        self.per_sample = per_sample
        self.activation = activation
        self.batch_size = batch_size

    def _prices(self, n_tasks: int) -> TaskPrices:
        arrays = {}
        for name in ("per_sample", "activation", "batch_size"):
            given = np.asarray(getattr(self, name), dtype=np.float64)
            if given.shape not in ((), (n_tasks,)):
                raise ValueError(f"{name}: got shape {given.shape}, expected a number or shape ({n_tasks},)")
            least = {"per_sample": 0.0, "activation": 0.0, "batch_size": 1.0}[name]
            low = given.min() if given.size else least
            if not np.isfinite(given).all() or low < least or (name == "per_sample" and low <= 0.0):
                raise ValueError(f"{name}: got {getattr(self, name)!r}, expected finite numbers, positive for prices")
            arrays[name] = np.ascontiguousarray(np.broadcast_to(given, (n_tasks,)))
        if (arrays["batch_size"] % 1.0 != 0.0).any():
            raise ValueError(f"batch_size: got {self.batch_size!r}, expected whole numbers")
        return TaskPrices(arrays["per_sample"], arrays["activation"], arrays["batch_size"].astype(np.int64))

    def total(self, n_samples: npt.ArrayLike) -> float:
        """Cost of one epoch.

        Parameters
        ----------
        n_samples : array-like of shape (n_tasks,)
            Samples of each task.

        Returns
        -------
        float
            Their cost.

        Examples
        --------
        >>> from pauca.multitask import SamplingCost
        >>> SamplingCost(per_sample=[1.0, 3.0], activation=10.0).total([5, 0])  # the second task is not used
        15.0
        """
        n = np.asarray(n_samples, dtype=np.int64)
        return float(self._prices(n.size).of(n).sum())
