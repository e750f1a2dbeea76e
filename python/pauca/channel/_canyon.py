"""The ray-traced street canyon that ships with the package."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from sklearn.utils import Bunch


def load_street_canyon() -> Bunch:
    """Load a ray-traced 28 GHz channel in a street canyon: terminal to surface, surface to base station.

    The surface behaves as a 16 x 16 rectangular array; directions are off any grid, and a few paths carry nearly all
    of the power. ``data/street_canyon.md`` in the package tells how it was made.

    Returns
    -------
    Bunch
        ``H1`` of shape (256, 6), terminal to surface; ``H2`` of shape (16, 256), surface to base station; ``cascade``
        of shape (16, 256, 6), ``H2[b, r] * H1[r, t]``; ``irs_shape``, (16, 16); ``DESCR``.

    Examples
    --------
    >>> from pauca.channel import load_street_canyon
    >>> load_street_canyon().cascade.shape
    (16, 256, 6)
    """
    folder = files(__package__) / "data"
    with (folder / "sionna_rt_street_canyon.npz").open("rb") as handle, np.load(handle) as stored:
        H1, H2 = stored["H1"].astype(np.complex128), stored["H2"].astype(np.complex128)
    return Bunch(
        H1=H1,
        H2=H2,
        cascade=H2[:, :, None] * H1[None],
        irs_shape=(16, 16),
        DESCR=(folder / "street_canyon.md").read_text(encoding="utf-8"),
    )
