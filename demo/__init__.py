"""``make demo``: every family of pauca on real data, beside what one would use otherwise.

The channel alone is simulated, from a ray-traced street canyon; decoys and corruptions are added to real tables.

A family is a module in ``demo/rows``. Its ``rows()`` returns functions without arguments, each of which fits one
model and returns a :class:`Row`; its ``pictures(folder)``, if it has one, draws and returns the paths written.
"""

from .row import Row

__all__ = ["Row"]
