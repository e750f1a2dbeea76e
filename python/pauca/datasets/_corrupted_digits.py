"""Binary tasks from scikit-learn's digits: is this corrupted image a three?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.utils import check_random_state

from .._validation import FloatArray
from .._values import ShortRepr

Corruption = Callable[[FloatArray, np.random.RandomState], FloatArray]


def _noise(images: FloatArray, rng: np.random.RandomState) -> FloatArray:
    return images + 0.3 * rng.standard_normal(images.shape)


def _salt(images: FloatArray, rng: np.random.RandomState) -> FloatArray:
    hit = rng.uniform(size=images.shape)
    return np.where(hit < 0.08, 0.0, np.where(hit > 0.92, 1.0, images))


def _blur(images: FloatArray, rng: np.random.RandomState) -> FloatArray:
    return np.asarray(ndimage.gaussian_filter(images, (0, 0.9, 0.9)))


def _motion(images: FloatArray, rng: np.random.RandomState) -> FloatArray:
    return np.asarray(ndimage.uniform_filter1d(images, 3, axis=2, mode="constant"))


def _occlusion(images: FloatArray, rng: np.random.RandomState) -> FloatArray:
    out = images.copy()
    corner = rng.randint(0, 6, size=(len(images), 2))
    for image, (row, column) in zip(out, corner, strict=True):
        image[row : row + 3, column : column + 3] = 0.0
    return out


def _stripe(images: FloatArray, rng: np.random.RandomState) -> FloatArray:
    out = images.copy()
    out[:, 3:5] = 1.0 - out[:, 3:5]
    return out


def _shuffled(images: FloatArray, rng: np.random.RandomState, order: Any) -> FloatArray:
    return np.asarray(images.reshape(len(images), 64)[:, order].reshape(images.shape))


CORRUPTIONS: dict[str, Corruption] = {
    "identity": lambda images, rng: images,
    "noise": _noise,
    "salt": _salt,
    "blur": _blur,
    "motion": _motion,
    "occlusion": _occlusion,
    "stripe": _stripe,
    "contrast": lambda images, rng: 0.5 + 0.3 * (images - 0.5),
    "inverse": lambda images, rng: 1.0 - images,
    "right": lambda images, rng: np.roll(images, 1, axis=2),
    "down": lambda images, rng: np.roll(images, 1, axis=1),
    "mirror": lambda images, rng: images[:, :, ::-1],
    "upside down": lambda images, rng: images[:, ::-1],
    "quarter turn": lambda images, rng: np.rot90(images, axes=(1, 2)),
    "transpose": lambda images, rng: images.transpose(0, 2, 1),
    "shuffled": partial(_shuffled, order=np.random.RandomState(0).permutation(64)),
}


@dataclass(frozen=True, repr=False)
class CorruptedDigits(ShortRepr):
    """Binary tasks that can be sampled: images of one corruption, one digit (1) against the others (0), half of each.

    Attributes
    ----------
    sources : dict of callables
        ``draw(n_samples, random_state)`` for each source, by name: "blur 3".
    target_name : str
        The target.
    noise : float
        Standard deviation of the noise on every pixel.
    train, test : tuple of arrays
        Images and digits to draw from for training and for testing.

    Examples
    --------
    >>> from pauca.datasets import make_corrupted_digits
    >>> data = make_corrupted_digits("noise 8", random_state=0)
    >>> data.target_name, data.noise > 0, "identity 8" in data.sources
    ('noise 8', True, True)
    """

    sources: dict[str, Any]
    target_name: str
    noise: float
    train: tuple[FloatArray, npt.NDArray[np.int64]]
    test: tuple[FloatArray, npt.NDArray[np.int64]]

    def target(self, n_samples: int, random_state: Any = 0) -> tuple[FloatArray, FloatArray]:
        """Training samples of the target.

        Parameters
        ----------
        n_samples : int
            Number of images, half of them of the digit.
        random_state : int, RandomState instance or None, default=0
            Source of the draw.

        Returns
        -------
        X : ndarray of shape (n_samples, 64)
            Images.
        y : ndarray of shape (n_samples,)
            1 for the digit, 0 for the others.

        Examples
        --------
        >>> from pauca.datasets import make_corrupted_digits
        >>> X, y = make_corrupted_digits("blur 7", noise=0.1, random_state=0).target(20)
        >>> X.shape, int(y.sum())
        ((20, 64), 10)
        """
        return _draw(n_samples, check_random_state(random_state), *_parts(self.target_name), self.noise, self.train)

    def target_test(self, n_samples: int = 4000, random_state: Any = 0) -> tuple[FloatArray, FloatArray]:
        """Samples of the target from images that no training sample shows.

        Parameters
        ----------
        n_samples : int, default=4000
            Number of images, half of them of the digit.
        random_state : int, RandomState instance or None, default=0
            Source of the draw.

        Returns
        -------
        X : ndarray of shape (n_samples, 64)
            Images.
        y : ndarray of shape (n_samples,)
            1 for the digit, 0 for the others.

        Examples
        --------
        >>> import numpy as np
        >>> from pauca.datasets import make_corrupted_digits
        >>> data = make_corrupted_digits("identity 3", noise=0.0, random_state=0)
        >>> X, X_test = data.target(500)[0], data.target_test(500)[0]
        >>> set(map(bytes, X)).isdisjoint(map(bytes, X_test))
        True
        """
        return _draw(n_samples, check_random_state(random_state), *_parts(self.target_name), self.noise, self.test)


def _parts(name: str) -> tuple[str, int]:
    corruption, digit = name.rsplit(" ", 1)
    return corruption, int(digit)


def _draw(
    n: int,
    rng: np.random.RandomState,
    corruption: str,
    digit: int,
    noise: float,
    data: tuple[FloatArray, npt.NDArray[np.int64]],
) -> tuple[FloatArray, FloatArray]:
    images, labels = data
    y = rng.permutation(int(n)) % 2
    own, other = np.flatnonzero(labels == digit), np.flatnonzero(labels != digit)
    rows = np.where(y == 1, rng.choice(own, size=len(y)), rng.choice(other, size=len(y)))
    shown = CORRUPTIONS[corruption](images[rows], rng)
    return shown.reshape(len(y), 64) + noise * rng.standard_normal((len(y), 64)), y.astype(np.float64)


def make_corrupted_digits(
    target: str = "occlusion 3",
    *,
    noise: float = 0.5,
    corruptions: Sequence[str] | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> CorruptedDigits:
    """Many binary tasks from scikit-learn's digits, each a corruption and a digit, one of them the target.

    There are 16 corruptions of the 8 x 8 images (noise, blur, mirror images, a fixed shuffle of the pixels, ...) and
    ten digits; the sources are the 159 other tasks, those of the target's corruption or digit among them.

    Parameters
    ----------
    target : str, default="occlusion 3"
        Corruption and digit of the target.
    noise : float, default=0.5
        Standard deviation of Gaussian noise added to every pixel of every task; white is 1, black 0.
    corruptions : list of str, default=None
        Corruptions of the sources, in place of all sixteen.
    random_state : int, RandomState or None, default=None
        Seed of the split of the images into halves for training and testing.

    Returns
    -------
    CorruptedDigits
        Sources, and functions that sample the target.

    References
    ----------
    Wang, Y., Chen, Y., Jamieson, K. and Du, S. (2023). Improved active multi-task representation learning via lasso.
    ICML. (Section on MNIST-C, whose tasks these imitate.)

    Examples
    --------
    >>> from pauca.datasets import make_corrupted_digits
    >>> data = make_corrupted_digits(random_state=0)
    >>> len(data.sources)
    159
    >>> X, y = data.sources["blur 7"](10, 0)
    >>> X.shape, int(y.sum())
    ((10, 64), 5)
    """
    used = list(CORRUPTIONS) if corruptions is None else list(corruptions)
    if not used or not set(used) <= set(CORRUPTIONS):
        raise ValueError(f"corruptions: got {corruptions!r}, expected names of {list(CORRUPTIONS)}")
    names = [f"{corruption} {digit}" for corruption in used for digit in range(10)]
    if target not in [f"{corruption} {digit}" for corruption in CORRUPTIONS for digit in range(10)]:
        raise ValueError(f"target: got {target!r}, expected a corruption of {list(CORRUPTIONS)} and a digit")
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8) / 16.0
    order = check_random_state(random_state).permutation(len(labels))
    half = len(labels) // 2
    train = images[order[:half]], labels[order[:half]]
    test = images[order[half:]], labels[order[half:]]

    def source(name: str) -> Any:
        parts = _parts(name)
        return lambda n_samples, random_state: _draw(
            n_samples, check_random_state(random_state), *parts, float(noise), train
        )

    return CorruptedDigits({name: source(name) for name in names if name != target}, target, float(noise), train, test)
