"""The received tensor: which axis is what."""

from __future__ import annotations

from collections.abc import Sequence

AXES = ("pattern", "pilot", "bs", "subcarrier")


def received_axes(
    axes: str | Sequence[str] | None, shape: tuple[int, ...], sizes: dict[str, int | None]
) -> tuple[list[str], tuple[int, ...]]:
    """Names of the axes of the received tensor, checked against the sizes that are known, and its full shape."""
    if axes is None:
        if len(shape) != 3:
            raise ValueError(f"axes: a received tensor of shape {shape} needs names: 'pattern,pilot,bs,subcarrier'")
        known = [sizes["pattern"], sizes["pilot"]]
        if known[0] == known[1] or any(shape.count(int(k or 0)) > 1 for k in known):
            raise ValueError(
                f"axes: two axes of the received tensor {shape} have equal sizes: name them, e.g. 'pattern,pilot,bs' "
                "(tensors written by MATLAB arrive in reversed order)"
            )
        names = ["pattern" if n == known[0] else "pilot" if n == known[1] else "bs" for n in shape]
    else:
        names = [str(a).strip() for a in (axes.split(",") if isinstance(axes, str) else axes)]
        names = ["subcarrier" if n == "snapshot" else n for n in names]
        names += [n for n in AXES[:3] if n not in names and sizes[n] == 1]
        shape = _with_dropped_axes(names, shape, sizes)
    missing = {"pattern", "pilot", "bs"} - set(names)
    if missing or len(set(names)) != len(names) or not set(names) <= set(AXES) or len(names) != len(shape):
        raise ValueError(
            f"axes: got {axes!r} for a received tensor of shape {shape}, expected one name an axis out of "
            f"{', '.join(AXES)} (the last is optional)"
        )
    owners = {"pattern": "the columns of patterns", "pilot": "the columns of pilots", "bs": "bs_array"}
    for name, n in zip(names, shape, strict=True):
        want = sizes.get(name)
        if want is not None and n != want:
            raise ValueError(f"Y: axis {name!r} has {n} entries, expected {want} as {owners[name]} say")
    return names, shape


def _with_dropped_axes(names: list[str], shape: tuple[int, ...], sizes: dict[str, int | None]) -> tuple[int, ...]:
    """The shape with the axes of one entry that MATLAB (the last ones) or a squeeze has dropped."""
    single = [k for k, name in enumerate(names) if sizes.get(name) == 1]
    n_dropped = len(names) - len(shape)
    if not 0 < n_dropped <= len(single):
        return shape
    full = list(shape)
    for k in single[-n_dropped:]:
        full.insert(k, 1)
    return tuple(full)
