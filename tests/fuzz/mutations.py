"""Arguments made wrong in the ways that arguments go wrong. `draw(n)` gives a number in [0, n)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from recording import Call

Draw = Callable[[int], int]

INTEGERS = [-1, 0, 1, 2, 3, 7, 1000, 2**31 - 1, 2**31, -(2**31), 2**62, 2**63 - 1, -(2**63), 2**64]
FLOATS = [float("nan"), float("inf"), -float("inf"), 0.0, -0.0, -1.0, 1.0, 0.5, 1e-300, 5e-324, 1e300, -1e300, 1e9]
STRANGE = [None, "", "x", b"x", [], [[1.0], [2.0, 3.0]], {}, object(), np.float64(2), 1j, (1, 2), True, np.array("a")]
DTYPES = ["f8", "f4", "i8", "i4", "i1", "u1", "u8", "c16", "?", "O", ">f8", "f2", "U3", "M8[s]"]
# Beyond this an argument is an honest demand for memory or time, which no check can tell from a mistake.
LARGEST = {"n_words": 200, "k": 200, "cols": 10**4, "rows": 10**4, "permutations": 50, "n_classes": 50}
LOOPS = {
    "updates": 200,
    "max_iter": 200,
    "warm_iter": 200,
    "restarts": 20,
    "max_passes": 20,
    "n_inner": 20,
    "sweeps": 50,
}


def mutate_array(a: np.ndarray, draw: Draw) -> Any:
    kind = draw(16)
    if kind == 0:
        return a[: draw(a.shape[0] + 1)] if a.ndim else a[None]
    if kind == 1:
        return np.concatenate([a, a]) if a.ndim else a[None]
    if kind == 2:
        return a.T if draw(2) else np.array(a.T, order="F")
    if kind == 3:
        return [a.ravel(), a[None], a[..., None], np.squeeze(a), a.reshape(-1)[:0], np.empty((0, 3)), np.float64(1)][
            draw(7)
        ]
    if kind == 4:
        try:
            return a.astype(DTYPES[draw(len(DTYPES))], copy=True)
        except (OverflowError, TypeError, ValueError):
            return a
    if kind == 5:
        return np.array(a, order="CF"[draw(2)])
    if kind == 6 and a.ndim:
        return [
            a[::-1],
            a[::2],
            np.repeat(a, 2, axis=-1)[..., ::2],
            np.broadcast_to(a.ravel()[:1], a.shape) if a.size else a,
        ][draw(4)]
    if kind == 7 and a.ndim > 1:
        return [a[:, :0], a[:, :1], a[:, 1:], np.concatenate([a, a], axis=1), np.asfortranarray(a[:, ::2])][draw(5)]
    if kind == 8:
        out = a.copy(order="K")
        out.flags.writeable = False
        return out
    if kind == 9 and a.dtype.kind != "O":  # bytes that are not aligned
        raw = np.zeros(a.nbytes + 1, np.uint8)
        raw[1:] = np.frombuffer(np.ascontiguousarray(a).tobytes(), np.uint8)
        return raw[1:].view(a.dtype).reshape(a.shape)
    if kind == 10:
        return STRANGE[draw(len(STRANGE))]
    out = a.copy(order="K")
    if a.size == 0 or a.dtype.kind not in "fciu":
        return out
    flat, count = out.reshape(-1, order="A"), 1 + draw(3)
    for _ in range(count):
        at = draw(a.size) if draw(2) else a.size - 1
        if a.dtype.kind in "fc":
            flat[at] = FLOATS[draw(len(FLOATS))]
        else:
            limits = np.iinfo(a.dtype)
            flat[at] = min(max(INTEGERS[draw(len(INTEGERS))], limits.min), limits.max)
    if draw(6) == 0:
        flat[:] = flat[0]
    return flat.reshape(a.shape, order="F" if a.flags.f_contiguous and not a.flags.c_contiguous else "C")


def mutate(value: Any, name: Any, draw: Draw) -> Any:
    if isinstance(value, np.ndarray):
        return mutate_array(value, draw)
    if isinstance(value, Call):
        return STRANGE[draw(len(STRANGE))] if draw(8) == 0 else value
    if draw(8) == 0:
        return STRANGE[draw(len(STRANGE))]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        top = LARGEST.get(name, LOOPS.get(name))
        drawn = INTEGERS[draw(len(INTEGERS))]
        return drawn if top is None else min(drawn, top)
    if isinstance(value, float):
        return FLOATS[draw(len(FLOATS))]
    if isinstance(value, str):
        return WORDS[draw(len(WORDS))]
    if isinstance(value, list):
        out = list(value)
        what = draw(4)
        if what == 0 or not out:
            return out + out[:1] if draw(2) else []
        if what == 1:
            return out[:-1]
        at = draw(len(out))
        out[at] = mutate(out[at], name, draw)
        return out
    if isinstance(value, dict):
        out = dict(value)
        if out:
            key = list(out)[draw(len(out))]
            if draw(4) == 0:
                del out[key]
            else:
                out[key] = mutate(out[key], key, draw)
        return out
    if value is None:
        return [np.ones(1 + draw(40)), np.ones((3, 2)), 1.0, np.zeros(0), np.full(12, np.nan)][draw(5)]
    return STRANGE[draw(len(STRANGE))]


WORDS = [
    "", "nope", "quadratic", "logistic", "squared_hinge", "poisson", "gamma", "huber", "quantile", "expectile", "cox",
    "multitask", "multinomial", "l1", "mcp", "scad", "capped_l1", "log_sum", "l0", "lp", "transformed_l1", "box",
    "group:l1", "entry:l1", "sparse_group", "auto", "gram", "residual", "gs", "gsl", "gsl-r", "gs-q", "gsq", "cyclic",
    "random", "order", "sort", "variable", "groups", "tree", "red-black", "greedy-forest", "tree-cg", "matrix",
    "prox-newton", "exact-group", "em", "hals", "minvol", "spa", "anchor-words", "slope", "fused", "group_l2",
    "k_support", "nuclear_l1", "accelerated", "iht", "lla", "conjugate_gradient", "kde", "knn", "binning", "isj",
    "entropy", "mm", "am", "svd", "known",
]  # fmt: skip


def mutant(call: Call, draw: Draw) -> Call:
    """The call with one to three arguments changed, and no leave to run for long."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _mutant(call, draw)


def _mutant(call: Call, draw: Draw) -> Call:
    out = call.copy()
    slots = out.slots()
    for _ in range(1 + draw(3) if slots else 0):
        holder, key = slots[draw(len(slots))]
        if key in holder if isinstance(holder, dict) else key < len(holder):
            holder[key] = mutate(holder[key], key, draw)
    for holder, key in out.slots():
        value = holder[key]
        if key == "max_time" and isinstance(value, float | int):
            holder[key] = 0.3 if math.isnan(value) else min(value, 0.3)
        if key in LOOPS and isinstance(value, int) and not isinstance(value, bool):
            holder[key] = min(value, LOOPS[key])
    return out
