"""Paths of many responses on the same data."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import delayed

from .. import losses
from .._parallel import run_all
from .._sklearn_compat import check_array
from ._path import check_response, path_data, solve_path
from ._regularization_path import RegularizationPath

_DEFAULTS: dict[str, Any] = {
    "penalty": "l1",
    "alphas": 100,
    "eps": None,
    "solver": "auto",
    "fit_intercept": True,
    "standardize": None,
    "tol": 1e-8,
    "max_iter": 1000,
    "max_time": None,
}


def paths(
    X: Any,
    Y: npt.ArrayLike,
    *,
    loss: str | losses.Loss = "quadratic",
    sample_weight: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
    n_jobs: int | None = None,
    **options: Any,
) -> list[RegularizationPath]:
    """Paths of many responses, one at a time and each on its own: molecular traits, pixels, products.

    X is validated and, where it must be, converted once. The work goes through joblib: to threads, or to the workers
    of ``joblib.parallel_config("dask")``, to each of which X is sent once (of a
    :class:`~pauca.design.GenotypeMatrix` in a file only the file's name).

    Parameters
    ----------
    X : {array-like, sparse matrix, GenotypeMatrix} of shape (n_samples, n_features)
        Data.
    Y : array-like of shape (n_samples, n_responses)
        Responses.
    loss : str or Loss, default="quadratic"
        Loss of a single response, see :func:`path`.
    sample_weight, offset : array-like of shape (n_samples,), default=None
        Weights >= 0, and a known part of the linear predictor, common to all.
    n_jobs : int, default=None
        Responses at a time.
    **options
        Further arguments of :func:`path`: ``penalty``, ``alphas``, ``eps``, ``solver``, ``fit_intercept``,
        ``standardize``, ``tol``, ``max_iter``, ``max_time`` (of each path).

    Returns
    -------
    list of RegularizationPath
        A path for each response, whatever the number of jobs.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names which.

    References
    ----------
    Shabalin, A. (2012). Matrix eQTL: ultra fast eQTL analysis via large matrix operations. Bioinformatics 28,
    1353-1358, for the setting.

    Examples
    --------
    >>> import numpy as np
    >>> from pauca.linear_model import paths
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((80, 30))
    >>> Y = X[:, :3] + 0.1 * rng.standard_normal((80, 3))
    >>> [p.coef_at(5).argmax().item() for p in paths(X, Y, alphas=20)]
    [0, 1, 2]
    """
    unknown = set(options) - set(_DEFAULTS)
    if unknown:
        raise TypeError(f"paths() got an unexpected keyword argument {sorted(unknown)[0]!r}")
    responses = check_array(Y, dtype=np.float64)
    if loss in ("cox", "multinomial") or isinstance(loss, losses.Cox):
        raise ValueError(f"loss: got {loss!r}, expected the loss of a single numeric response")
    data = path_data(X, responses[:, 0], loss, sample_weight, offset)
    del data["y"]
    for response in responses.T[1:]:
        check_response(data["loss"], response)
    jobs = (delayed(solve_path)(y=np.ascontiguousarray(y), **data, **{**_DEFAULTS, **options}) for y in responses.T)
    return run_all(jobs, n_jobs)
