"""What an epoch learns, and how the next one spends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from .._validation import FloatArray, check_vector, parse_strength
from .._warnings import warn_user
from ._allocation import allocate, drop_expensive, relevances, shares
from ._costs import SamplingCost, TaskPrices
from ._estimation import Estimate, Estimator
from ._factors import FitOptions
from ._relevance import TaskSelectionWarning
from ._session import Session

COUNTABLE = 2**53  # the whole numbers up to here are floats


@dataclass(frozen=True)
class Finding:
    """An estimate, and the relevance in it."""

    estimate: Estimate
    nu1: FloatArray
    nu2: FloatArray
    residual: float


@dataclass(frozen=True)
class Planner:
    """The parameters of a TaskSelector, resolved for a number of tasks."""

    budget: float
    n_components: Any
    n_epochs: int
    explore: float
    growth: float
    norm: str
    alpha: Any
    prices: TaskPrices
    min_samples: int
    max_tasks: int | None
    known: FloatArray | None
    loss: str
    options: FitOptions
    join: str | bool

    @classmethod
    def of(cls, selector: Any, n_tasks: int) -> Planner:
        """From an estimator's parameters."""
        known = None
        if selector.relevance is not None:
            known = check_vector("relevance", selector.relevance, n_tasks)
            if not known.any():
                raise ValueError("relevance: all entries are zero, expected a source to sample")
        if selector.alpha != "bp":
            parse_strength(selector.alpha)
        prices = (SamplingCost() if selector.cost is None else selector.cost)._prices(n_tasks)
        if not selector.budget <= COUNTABLE * float(prices.per_sample.min()):
            raise ValueError(f"budget: got {selector.budget!r}, expected what buys at most {COUNTABLE} samples")
        return cls(
            float(selector.budget),
            selector.n_components,
            int(selector.n_epochs),
            float(selector.explore),
            float(selector.growth),
            selector.norm,
            selector.alpha,
            prices,
            min(int(selector.min_samples), COUNTABLE),
            selector.max_tasks,
            known,
            selector.loss,
            FitOptions(alpha=float(selector.ridge), fit_intercept=bool(selector.fit_intercept), tol=1e-6, max_iter=100),
            selector.target_in_basis,
        )

    @property
    def keeps_rows(self) -> bool:
        """Whether moments are not enough."""
        return self.loss == "logistic"

    @property
    def epochs(self) -> int:
        """Epochs in all."""
        return 1 if self.known is not None else self.n_epochs

    def least_unit(self, some: Any = slice(None)) -> float:
        """Price of the cheapest batch, of some sources."""
        return float((self.prices.per_sample * self.prices.batch_size + self.prices.activation)[some].min())

    def planned(self, epoch: int) -> float:
        """What may have been spent by the end of an epoch."""
        if epoch >= self.epochs - 1:
            return self.budget
        # Relative to the largest of them, which is a number whatever the growth.
        largest = self.epochs - 2 if self.growth > 1.0 else 0
        later = self.growth ** (np.arange(self.epochs - 1, dtype=float) - largest)
        done = float(later[:epoch].sum() / later.sum())
        return self.budget * (self.explore + (1.0 - self.explore) * done)

    def check_exploration(self, capacity: FloatArray) -> None:
        """Refuse a first epoch that buys nothing; ``capacity`` are the samples that each source has."""
        some, money = capacity > 0, self.planned(0)
        if some.any() and money < self.least_unit(some):
            raise ValueError(
                f"budget, explore: the first epoch may spend {money:.6g}, expected at least the "
                f"{self.least_unit(some):.6g} of the cheapest batch"
            )

    # -- epochs --------------------------------------------------------------------------------------------------------

    def advance(self, session: Session) -> None:
        """Make sure that something is asked, unless the budget is spent."""
        while not session.asked.any():
            if session.epoch >= 0:
                # What exhausted sources left of this epoch goes to the others.
                left = session.budget - float(self.prices.of(session.epoch_drawn).sum())
                session.asked = self._allocate(session, left)
                if session.asked.any():
                    return
                self.close_epoch(session)
            over = session.epoch >= self.epochs - 1 and self.planned(session.epoch) <= session.budget_end + 1e-9
            if over or not (session.capacity > 0).any():
                return
            self._open_epoch(session)

    def close_epoch(self, session: Session) -> None:
        """Note what an epoch drew, and what is known after it."""
        if session.epoch < 0 or session.closed:
            return
        session.closed = True
        if self.known is None:
            found = self.find(session)
            relevance, residual, k = found.nu1, found.residual, int(found.estimate.basis.shape[1])
            joined = found.estimate.joined
            if self.norm == "l2":
                relevance = found.nu2
        else:
            relevance, residual, k, joined = self.known, float("nan"), 0, False
        session.history.append(
            {
                "epoch": session.epoch,
                "norm": session.norm,
                "n_samples": session.epoch_drawn.copy(),
                "cost": float(self.prices.of(session.epoch_drawn).sum()),
                "relevance": relevance.copy(),
                "residual": residual,
                "n_components": k,
                "target_in_basis": joined,
            }
        )

    def _open_epoch(self, session: Session) -> None:
        session.epoch += 1
        session.closed = False
        session.epoch_drawn = np.zeros(session.n_tasks, dtype=np.int64)
        session.asked = np.zeros(session.n_tasks, dtype=np.int64)
        session.budget_end = self.planned(session.epoch)
        session.budget = max(session.budget_end - session.spent, 0.0)
        if self.known is not None:
            norm = "l2" if self.norm == "l2" else "l1"
            session.norm = f"known {norm}"
            session.share = shares(norm, self.known, self.known, self.prices.per_sample)
        elif session.epoch == 0:
            session.norm, session.share = "uniform", np.ones(session.n_tasks)
        else:
            found = self.find(session)
            session.norm = self._norm(session, int(found.estimate.basis.shape[1]))
            nu1 = found.nu1
            if self.prices.activation.any() and session.norm != "l2":
                nu1 = drop_expensive(found.estimate.heads, found.estimate.target, nu1, self.prices, session.budget)
            session.share = shares(session.norm, nu1, found.nu2, self.prices.per_sample)
        session.asked = self._allocate(session, session.budget)

    def _allocate(self, session: Session, money: float) -> Any:
        floor = 0 if session.epoch == 0 else self.min_samples
        # Shares are of all samples: what was drawn before counts.
        return allocate(
            session.share, session.drawn, money, self.prices, session.capacity, floor, session.epoch_drawn > 0
        )

    def _norm(self, session: Session, k: int) -> str:
        """The norm to use: "l2" where exploration was too short to commit to few sources."""
        needed = 2.5 * k * (session.n_features + session.n_tasks)
        if self.norm == "l2" or session.drawn.sum() >= needed:
            return self.norm
        if "short" not in session.warned:
            session.warned.append("short")
            warn_user(
                f"{int(session.drawn.sum())} samples explored {session.n_tasks} tasks of {session.n_features} features "
                f"in {k} dimensions; fewer than {needed:.0f} do not tell which few sources matter, samples follow the "
                'dense relevance ("l2") until there are as many.',
                TaskSelectionWarning,
            )
        return "l2"

    # -- estimates -----------------------------------------------------------------------------------------------------

    def find(self, session: Session) -> Finding:
        """Fit representation and heads to all samples so far, and find the relevance."""
        if session.finding is None:
            if not session.drawn.any():
                raise ValueError("sources: none of them gave a sample, expected at least one")
            estimator = Estimator(session, self.n_components, self.options, self.loss == "logistic")
            e = estimator.estimate(self.join)
            weights = np.sqrt(self.prices.per_sample)
            nu1, nu2, residual, _ = relevances(
                e.heads, e.target, alpha=self.alpha, weights=weights, max_tasks=self.max_tasks
            )
            session.finding = Finding(e, nu1, nu2, residual)
        return session.finding  # type: ignore[no-any-return]

    def warn_of_target(self, session: Session, found: Finding) -> None:
        """Warn if the representation of the sources explains nothing of the target, or the relevance little of it."""
        e = found.estimate
        n, k = len(session.target_y), e.basis.shape[1]
        free = n - k - int(self.options.fit_intercept)
        if self.loss == "squared" and free > 0:
            y = session.target_y
            null = float(((y - (y.mean() if self.options.fit_intercept else 0.0)) ** 2).sum())
            left = float(((y - session.target_X @ (e.basis @ e.target) - e.intercept) ** 2).sum())
            explained = max(null - left, 0.0)
            p_value = float(stats.f.sf(explained / k / max(left / free, 1e-300), k, free)) if null > 0.0 else 1.0
            if p_value > 0.05:
                warn_user(
                    f"The representation of the sources explains nothing of the target that chance would not (F test: "
                    f"p = {p_value:.2g}, {explained / max(null, 1e-300):.0%} of its variance): the sources do not "
                    "cover the target, or it has too few samples.",
                    TaskSelectionWarning,
                )
                return
        if self.known is None and found.residual > 0.5:
            warn_user(
                f"The mix of sources leaves {found.residual:.0%} of the target unexplained: they do not cover it, or "
                "alpha is too large.",
                TaskSelectionWarning,
            )
