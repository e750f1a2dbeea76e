"""From relevance to whole numbers of samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .._validation import FloatArray
from ._costs import IntArray, TaskPrices
from ._relevance import RelevanceLasso, TaskSelectionWarning, basis_pursuit, minimum_norm


def shares(norm: str, nu1: FloatArray, nu2: FloatArray, prices: FloatArray) -> FloatArray:
    """Shares of samples: |nu1| / sqrt(price) minimises sum nu^2 / n at a given cost; nu2^2; or half and half."""

    def normalized(v: FloatArray) -> FloatArray:
        return np.asarray(v / v.sum()) if v.sum() > 0.0 else v

    first, second = normalized(np.abs(nu1) / np.sqrt(prices)), normalized(nu2**2)
    if norm == "l1":
        return first
    return second if norm == "l2" else normalized(first + second)


def allocate(
    share: FloatArray,
    drawn: IntArray,
    budget: float,
    prices: TaskPrices,
    capacity: FloatArray,
    floor: int = 0,
    running: npt.NDArray[np.bool_] | None = None,
) -> IntArray:
    """New samples of each task, so that totals come as near to the shares as what is drawn already allows.

    Totals are ``c * share``, c as large as the budget allows; at least ``floor`` in all where the budget lasts. Whole
    batches by largest remainder: what is left of the budget is less than the cheapest batch still to be had, so that
    with unit prices it is spent exactly. ``capacity`` are samples left in each task; tasks ``running`` in this epoch
    have paid their activation.
    """
    share = np.where(capacity > 0, share, 0.0)
    if share.sum() <= 0.0:
        share = (capacity > 0).astype(float)
    paid = np.zeros(len(share), dtype=bool) if running is None else running
    fee = np.where(paid, 0.0, prices.activation)
    unit = prices.per_sample * prices.batch_size
    least = np.where(capacity > 0, np.clip(floor - drawn, 0, capacity), 0.0)
    wanted = (share > 0.0) | (least > 0.0)
    # Fees that leave nothing for samples: the smallest shares go first.
    for m in np.argsort(share, kind="stable"):
        if wanted[m] and (fee[wanted] + unit[wanted]).sum() > budget and wanted.sum() > 1:
            wanted[m] = False
    new = np.zeros(len(share), dtype=np.int64)
    while wanted.any():
        money = budget - float(fee[wanted].sum())
        if money <= 0.0:
            return np.zeros(len(share), dtype=np.int64)
        new = _whole_batches(
            np.where(wanted, share, 0.0), drawn, money, prices, capacity, np.where(wanted, least, 0.0), wanted
        )
        idle = wanted & (new == 0) & (fee > 0.0)  # their fees go to the others
        if not idle.any():
            break
        wanted = wanted & ~idle
    return new


def _whole_batches(
    share: FloatArray,
    drawn: IntArray,
    money: float,
    prices: TaskPrices,
    capacity: FloatArray,
    least: FloatArray,
    wanted: npt.NDArray[np.bool_],
) -> IntArray:
    """Batches of the wanted tasks by largest remainder, until the money buys none."""
    unit = prices.per_sample * prices.batch_size
    ideal = _water_level(share, drawn, money, prices.per_sample, capacity, least)
    units = np.floor(ideal / prices.batch_size + 1e-9)
    most = np.ceil(capacity / prices.batch_size)
    money -= float(units @ unit)
    missing = ideal / prices.batch_size - units
    while True:
        open_ = wanted & (units < most) & (unit <= money * (1.0 + 1e-12))
        if not open_.any():
            return np.asarray(np.minimum(units * prices.batch_size, capacity), dtype=np.int64)
        m = int(np.argmax(np.where(open_, missing, -np.inf)))
        units[m] += 1.0
        missing[m] -= 1.0
        money -= unit[m]


def _water_level(
    share: FloatArray, drawn: IntArray, money: float, price: FloatArray, capacity: FloatArray, least: FloatArray
) -> FloatArray:
    """clip(c * share - drawn, least, capacity) with c such that it costs ``money``."""
    if float(price @ least) >= money:
        return np.asarray(least * (money / float(price @ least)))

    def new(c: float) -> FloatArray:
        return np.asarray(np.clip(c * share - drawn, least, np.maximum(capacity, 0.0)))

    low, high = 0.0, 1.0
    while price @ new(high) < money:
        high *= 2.0
        if high > 1e30:  # everything is bought
            return new(high)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if price @ new(middle) < money:
            low = middle
        else:
            high = middle
    return new(high)


def relevances(
    W: FloatArray, w: FloatArray, *, alpha: float | str, weights: FloatArray, max_tasks: int | None
) -> tuple[FloatArray, FloatArray, float, str]:
    """nu1 and nu2 of estimated coefficients, what nu1 leaves unexplained, and what nu1 is in the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TaskSelectionWarning)
        if alpha == "bp":
            found = RelevanceLasso(norm="bp", weights=weights).fit(W, w)
        else:
            found = RelevanceLasso(alpha, weights=weights, max_sources=max_tasks).fit(W, w)
        if max_tasks is not None and found.selected_.size > max_tasks:
            found = RelevanceLasso("1e-3max", weights=weights, max_sources=max_tasks).fit(W, w)
    nu2 = np.zeros(W.shape[1])
    kept = np.arange(W.shape[1]) if max_tasks is None else found.selected_
    if kept.size:
        nu2[kept] = minimum_norm(W[:, kept], w, weights[kept])
    return found.relevance_, nu2, found.residual_, found.norm_


def drop_expensive(
    W: FloatArray,
    w: FloatArray,
    nu: FloatArray,
    prices: TaskPrices,
    budget: float,
    solve: Callable[[FloatArray, FloatArray, FloatArray], FloatArray] = basis_pursuit,
) -> FloatArray:
    """Drop tasks whose activation is not worth it, as long as the bound (sum sqrt(a) |nu|)^2 / (C - fees) falls.

    A candidate is the relevance without the task; one that no longer explains the target is none.
    """
    root = np.sqrt(prices.per_sample)

    def bound(v: FloatArray) -> float:
        money = budget - float(prices.activation[v != 0.0].sum())
        return float((root @ np.abs(v)) ** 2) / money if money > 0.0 else np.inf

    usable = np.ones(len(nu), dtype=bool)
    best, misfit = bound(nu), float(np.linalg.norm(W @ nu - w))
    while True:
        trials = []
        for m in np.flatnonzero(nu):
            left = usable.copy()
            left[m] = False
            trial = np.zeros(len(nu))
            trial[left] = solve(W[:, left], w, root[left])
            if np.linalg.norm(W @ trial - w) <= misfit + 1e-6 * np.linalg.norm(w):
                trials.append((bound(trial), int(m), trial))
        if not trials:
            return nu
        value, dropped, trial = min(trials, key=lambda t: (t[0], t[1]))
        if not value < best * (1.0 - 1e-12):
            return nu
        best, nu = value, trial
        usable[dropped] = False
