"""Linear tasks with a shared representation and sources of unequal worth, with their truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from .._validation import FloatArray
from .._values import ShortRepr

KINDS = ("generic", "skew", "single")


@dataclass(frozen=True, repr=False)
class MultiTaskProblem(ShortRepr):
    """Tasks y = x'B w_m + noise that can be sampled at will; x is standard normal.

    Attributes
    ----------
    basis : ndarray of shape (n_features, n_components)
        B, orthonormal.
    task_coef : ndarray of shape (n_components, n_tasks)
        Heads of the sources.
    target_coef : ndarray of shape (n_components,)
        Head of the target.
    noise : float
        Standard deviation of the noise.

    Examples
    --------
    >>> from pauca.datasets import make_multitask
    >>> problem = make_multitask(n_features=20, n_components=3, n_tasks=10, random_state=0)
    >>> problem.basis.shape, problem.task_coef.shape
    ((20, 3), (3, 10))
    """

    basis: FloatArray
    task_coef: FloatArray
    target_coef: FloatArray
    noise: float

    def _draw(self, coef: FloatArray, n_samples: int, random_state: Any) -> tuple[FloatArray, FloatArray]:
        rng = check_random_state(random_state)
        X = rng.standard_normal((int(n_samples), len(coef)))
        return X, np.asarray(X @ coef + self.noise * rng.standard_normal(int(n_samples)))

    def source(self, m: int) -> Any:
        """A callable ``draw(n_samples, random_state)`` of source m.

        Parameters
        ----------
        m : int
            Number of the source.

        Returns
        -------
        callable
            Returns X and y.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> draw = make_multitask(n_features=20, n_components=3, n_tasks=10, random_state=0).source(2)
        >>> X, y = draw(50, random_state=0)
        >>> X.shape, y.shape
        ((50, 20), (50,))
        """
        coef = self.basis @ self.task_coef[:, m]
        return lambda n_samples, random_state: self._draw(coef, n_samples, random_state)

    @property
    def sources(self) -> list[Any]:
        """All sources, as callables.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> problem = make_multitask(n_features=20, n_components=3, n_tasks=10, random_state=0)
        >>> len(problem.sources), problem.sources[4](7, random_state=0)[0].shape
        (10, (7, 20))
        """
        return [self.source(m) for m in range(self.task_coef.shape[1])]

    def target(self, n_samples: int, random_state: Any = 0) -> tuple[FloatArray, FloatArray]:
        """Samples of the target task.

        Parameters
        ----------
        n_samples : int
            Number of samples.
        random_state : int, RandomState instance or None, default=0
            Source of the draw.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Features.
        y : ndarray of shape (n_samples,)
            Targets.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> X, y = make_multitask(n_features=20, n_components=3, n_tasks=10, random_state=0).target(30)
        >>> X.shape, y.shape
        ((30, 20), (30,))
        """
        return self._draw(self.basis @ self.target_coef, n_samples, random_state)

    def sample(self, n_per_task: Any, random_state: Any = 0) -> tuple[FloatArray, FloatArray, Any]:
        """Samples of all sources, as many from each, or as a list says: X, y and the task of each row.

        Parameters
        ----------
        n_per_task : int or sequence of int of length n_tasks
            Samples of each source.
        random_state : int, RandomState instance or None, default=0
            Source of the draw.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Features.
        y : ndarray of shape (n_samples,)
            Targets.
        task : ndarray of shape (n_samples,)
            Number of the source of each row.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> problem = make_multitask(n_features=20, n_components=2, n_tasks=3, random_state=0)
        >>> X, y, task = problem.sample([2, 1, 3])
        >>> X.shape, task.tolist()
        ((6, 20), [0, 0, 1, 2, 2, 2])
        """
        rng = check_random_state(random_state)
        counts = np.broadcast_to(np.asarray(n_per_task, dtype=int), (self.task_coef.shape[1],))
        drawn = [self.source(m)(n, rng) for m, n in enumerate(counts)]
        task = np.repeat(np.arange(len(counts)), counts)
        return np.vstack([X for X, _ in drawn]), np.concatenate([y for _, y in drawn]), task

    def risk(self, coef: FloatArray) -> float:
        """Excess risk of coefficients for the target: ``||coef - B w||^2``.

        Parameters
        ----------
        coef : ndarray of shape (n_features,)
            Coefficients.

        Returns
        -------
        float
            Expected squared error beyond that of the truth.

        Examples
        --------
        >>> from pauca.datasets import make_multitask
        >>> problem = make_multitask(n_features=20, n_components=3, n_tasks=10, random_state=0)
        >>> truth = problem.basis @ problem.target_coef
        >>> problem.risk(truth), round(problem.risk(truth + 0.1), 6)
        (0.0, 0.2)
        """
        return float(np.sum((np.asarray(coef) - self.basis @ self.target_coef) ** 2))


def make_multitask(
    n_features: int = 50,
    n_components: int = 5,
    n_tasks: int = 50,
    *,
    kind: str = "generic",
    noise: float = 1.0,
    length: float = 2.0,
    random_state: int | np.random.RandomState | None = None,
) -> MultiTaskProblem:
    """Linear source tasks and a target that share a representation.

    Parameters
    ----------
    n_features, n_components, n_tasks : int
        Dimensions d and k, and the number of sources.
    kind : {"generic", "skew", "single"}, default="generic"
        Heads of the sources. "generic": standard normal. "skew": three sources of length one alone carry two of the
        directions, the others the rest; the target has a part in every direction. "single": one source has the
        target's own head, in a direction that no other source has.
    noise : float, default=1.0
        Standard deviation of the noise.
    length : float, default=2.0
        Length of the target's head: its square is the risk of predicting nothing.
    random_state : int, RandomState or None, default=None
        Seed.

    Returns
    -------
    MultiTaskProblem
        Truth, sampling functions, and the excess risk of coefficients.

    References
    ----------
    Wang, Y., Chen, Y., Jamieson, K. and Du, S. (2023). Improved active multi-task representation learning via lasso.
    ICML.

    Examples
    --------
    >>> from pauca.datasets import make_multitask
    >>> data = make_multitask(kind="skew", random_state=0)
    >>> X, y, task = data.sample(10)
    >>> X.shape, data.task_coef.shape
    ((500, 50), (5, 50))
    """
    if kind not in KINDS:
        raise ValueError(f"kind: got {kind!r}, expected one of {list(KINDS)}")
    d, k, tasks = int(n_features), int(n_components), int(n_tasks)
    if not 1 <= k <= min(d, tasks):
        raise ValueError(f"n_components: got {k}, expected 1 to {min(d, tasks)}")
    rare = {"generic": 0, "skew": 2, "single": 1}[kind]
    carriers = {"generic": 0, "skew": 3, "single": 1}[kind]
    if k <= rare or tasks <= carriers + k - rare:
        raise ValueError(f"n_components, n_tasks: {kind!r} needs more than {rare} directions and more tasks")
    rng = check_random_state(random_state)
    basis = np.linalg.qr(rng.standard_normal((d, k)))[0]
    heads = rng.standard_normal((k, tasks))
    target = rng.standard_normal(k)
    if rare:
        heads[:rare, carriers:] = 0.0
        heads[:, :carriers] = 0.0
    if kind == "single":
        heads[0, 0] = length
        target = np.eye(k)[0]
    elif kind == "skew":
        angle = np.pi * (rng.uniform() + np.arange(3) / 3.0)
        heads[:2, :3] = np.cos(angle), np.sin(angle)
    order = rng.permutation(tasks)
    return MultiTaskProblem(basis, heads[:, order], length * target / np.linalg.norm(target), float(noise))
