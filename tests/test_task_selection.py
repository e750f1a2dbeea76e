"""TaskSelector: allocations, costs, whole selections, the contract of an estimator."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from sklearn.base import clone
from task_data import selector, small

from pauca.datasets import make_multitask
from pauca.multitask import RelevanceLasso, SamplingCost, SourceError, TaskSelectionWarning, TaskSelector
from pauca.multitask._allocation import allocate, drop_expensive, shares
from pauca.plotting import TaskAllocationDisplay


@pytest.fixture(autouse=True)
def _no_short_exploration_warnings():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*samples explored", TaskSelectionWarning)
        yield


# -- allocation --------------------------------------------------------------------------------------------------------

counts = st.lists(st.integers(0, 40), min_size=1, max_size=8)


@given(counts, st.integers(1, 500), st.integers(0, 10_000), st.integers(0, 5))
def test_unit_prices_spend_the_budget_exactly(drawn, budget, seed, floor):
    rng = np.random.default_rng(seed)
    M = len(drawn)
    prices = SamplingCost()._prices(M)
    capacity = np.where(rng.uniform(size=M) < 0.3, rng.integers(0, 60, size=M).astype(float), np.inf)
    share = rng.uniform(size=M) * (rng.uniform(size=M) < 0.7)
    new = allocate(share, np.array(drawn), float(budget), prices, capacity, floor)
    assert (new >= 0).all()
    assert (new <= capacity).all()
    usable = (capacity > 0) & ((share > 0) | (np.array(drawn) < floor))
    if not ((share > 0) & (capacity > 0)).any():
        usable = capacity > 0
    assert new.sum() == min(budget, capacity[usable].sum())


@given(counts, st.floats(1.0, 800.0), st.integers(0, 10_000))
def test_other_prices_leave_less_than_one_batch(drawn, budget, seed):
    rng = np.random.default_rng(seed)
    M = len(drawn)
    cost = SamplingCost(rng.uniform(0.2, 3.0, M), rng.integers(0, 20, M).astype(float), rng.integers(1, 9, M))
    prices = cost._prices(M)
    share = rng.uniform(size=M)
    new = allocate(share, np.array(drawn), budget, prices, np.full(M, np.inf))
    spent = cost.total(new)
    assert spent <= budget * (1 + 1e-9)
    unit = prices.per_sample * prices.batch_size
    if new.any():
        assert (budget - spent < unit[new > 0] * (1 + 1e-9)).all()
    else:
        assert (unit + prices.activation > budget * (1 - 1e-9)).all() or budget < (unit + prices.activation).max()


def test_totals_follow_the_shares_and_count_what_is_drawn():
    prices = SamplingCost()._prices(3)
    np.testing.assert_array_equal(
        allocate(np.array([3.0, 1.0, 0.0]), np.array([10, 10, 10]), 60.0, prices, np.full(3, np.inf)), [50, 10, 0]
    )
    # A task that has more than its share gets nothing.
    np.testing.assert_array_equal(
        allocate(np.array([0.5, 0.5]), np.array([100, 0]), 40.0, SamplingCost()._prices(2), np.full(2, np.inf)), [0, 40]
    )


def test_linear_prices_minimise_the_bound():
    nu, price, budget = np.array([1.0, 0.5, 2.0]), np.array([1.0, 4.0, 0.25]), 1000.0
    share = shares("l1", nu, nu, price)
    n = share * budget / (price @ share)
    best = optimize.minimize(
        lambda t: np.sum(nu**2 / np.exp(t)), np.zeros(3), method="SLSQP",
        constraints={"type": "eq", "fun": lambda t: price @ np.exp(t) - budget},
        options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    np.testing.assert_allclose(n, np.exp(best.x), rtol=1e-3)
    assert np.isclose(np.sum(nu**2 / n), (np.sqrt(price) @ nu) ** 2 / budget)


def test_activation_fees_drop_tasks_that_are_not_worth_them():
    W = np.array([[1.0, 0.0, 0.9], [0.0, 1.0, 0.9]])
    w = np.array([1.0, 1.0])
    nu = np.array([0.5, 0.5, 0.5 / 0.9])
    cheap = SamplingCost(activation=[0.0, 0.0, 0.0])._prices(3)
    free = drop_expensive(W, w, nu, cheap, 100.0)
    dear = drop_expensive(W, w, nu, SamplingCost(activation=30.0)._prices(3), 100.0)
    np.testing.assert_allclose(W @ free, w, atol=1e-9)
    np.testing.assert_array_equal(np.flatnonzero(dear), [2])
    np.testing.assert_allclose(W @ dear, w, atol=1e-9)


def test_costs_jump_by_batches():
    cost = SamplingCost(per_sample=2.0, activation=5.0, batch_size=4)
    assert [cost.total([n]) for n in (0, 1, 4, 5)] == [0.0, 13.0, 13.0, 21.0]
    for bad in ({"per_sample": 0.0}, {"activation": -1.0}, {"batch_size": 1.5}, {"per_sample": [1.0, 2.0]}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            SamplingCost(**bad).total([1, 1, 1])


# -- whole selections --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["hybrid", "l1", "l2"])
@pytest.mark.parametrize("kind", ["skew", "single", "generic"])
def test_budget_is_spent_and_the_run_repeats(norm, kind):
    data = small(kind)
    target = data.target(40)
    a = selector(norm=norm).fit(data.sources, target)
    b = selector(norm=norm).fit(data.sources, target)
    assert a.n_samples_per_task_.sum() == 900
    assert a.cost_ == 900.0
    np.testing.assert_array_equal(a.n_samples_per_task_, b.n_samples_per_task_)
    np.testing.assert_array_equal(a.coef_, b.coef_)
    assert a.relevance_path_.shape == (3, 10)
    assert [r["cost"] for r in a.history_] == [450.0, 150.0, 300.0]
    assert a.history_[0]["n_samples"].tolist() == [45] * 10
    np.testing.assert_allclose(a.coef_, a.representation_ @ a.target_coef_)
    assert data.risk(a.coef_) < data.risk(np.zeros(12))


def test_it_beats_even_sampling_where_sources_differ():
    def mean_risk(**kwargs):
        risks = []
        for seed in range(6):
            data = make_multitask(kind="single", random_state=seed)
            model = TaskSelector(5, 5000, random_state=seed, **kwargs)
            risks.append(data.risk(model.fit(data.sources, data.target(100, 100 + seed)).coef_))
        return np.mean(risks)

    even = mean_risk(n_epochs=1)
    assert mean_risk(norm="hybrid") < 0.4 * even
    assert mean_risk(norm="l1") < 0.4 * even


def test_l1_samples_fewer_sources_than_l2():
    data = make_multitask(random_state=0)
    target = data.target(100)
    few = TaskSelector(5, 8000, norm="l1", random_state=0).fit(data.sources, target)
    many = TaskSelector(5, 8000, norm="l2", random_state=0).fit(data.sources, target)
    assert few.selected_.size <= 10 < many.selected_.size


def test_known_relevance_is_followed():
    data = small()
    nu = RelevanceLasso(norm="bp").fit(data.task_coef, data.target_coef).relevance_
    model = TaskSelector.from_relevance(nu, n_components=3, budget=1000, random_state=0)
    model.fit(data.sources, data.target(40))
    np.testing.assert_allclose(model.n_samples_per_task_, 1000 * np.abs(nu) / np.abs(nu).sum(), atol=1.0)
    assert model.n_samples_per_task_.sum() == 1000
    np.testing.assert_array_equal(model.selected_, np.flatnonzero(nu))
    square = TaskSelector.from_relevance(nu, norm="l2", n_components=3, budget=1000, random_state=0)
    n = square.fit(data.sources, data.target(40)).n_samples_per_task_
    np.testing.assert_allclose(n, 1000 * nu**2 / (nu @ nu), atol=1.0)


def test_limits_floors_and_prices():
    data = make_multitask(random_state=0)
    target = data.target(100)
    limited = TaskSelector(5, 6000, max_tasks=3, random_state=0).fit(data.sources, target)
    assert limited.selected_.size <= 2 * 3  # three in each of two epochs
    floor = TaskSelector(5, 6000, norm="l1", min_samples=80, random_state=0).fit(data.sources, target)
    assert floor.n_samples_per_task_.min() >= 80
    price = np.where(np.arange(50) % 2 == 0, 1.0, 9.0)
    cost = SamplingCost(per_sample=price, batch_size=5)
    paid = TaskSelector(5, 20000, cost=cost, norm="l1", random_state=0).fit(data.sources, target)
    assert paid.cost_ <= 20000
    assert 20000 - paid.cost_ < 3 * 45
    exploit = sum(r["n_samples"] for r in paid.history_[1:])
    assert exploit[price == 1.0].sum() > exploit[price == 9.0].sum()
    assert (paid.n_samples_per_task_ % 5 == 0).all()
    fees = SamplingCost(activation=20.0)
    fee = TaskSelector(5, 8000, cost=fees, norm="l1", random_state=0).fit(data.sources, target)
    assert fee.cost_ == sum(r["n_samples"].sum() + 20 * np.count_nonzero(r["n_samples"]) for r in fee.history_)


def test_short_exploration_falls_back_with_a_warning():
    data = make_multitask(random_state=0)
    model = TaskSelector(5, 1000, norm="l1", random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(data.sources, data.target(100))
    assert any("fewer than 1250" in str(w.message) for w in caught if w.category is TaskSelectionWarning)
    assert [r["norm"] for r in model.history_] == ["uniform", "l2", "l2"]


@pytest.mark.parametrize("part", ["auto", True, False])
def test_logistic_tasks(part):
    data = small("generic", noise=0.3)

    def binary(draw):
        def labels(n, random_state):
            X, y = draw(n, random_state)
            return X, (y > 0).astype(float)

        return labels

    X, y = data.target(80)
    model = selector(loss="logistic", ridge=1e-3, target_in_basis=part)
    model.fit([binary(s) for s in data.sources], (X, (y > 0).astype(float)))
    Z, t = data.target(2000, 1)
    assert np.mean((model.predict(Z) > 0.5) == (t > 0)) > 0.85
    assert 0.3 < model.score(Z, (t > 0).astype(float)) <= 1.0
    with pytest.raises(ValueError, match="logistic"):
        selector(loss="logistic").fit(data.sources, (X, y))
    with pytest.raises(SourceError, match="source 0"):
        selector(loss="logistic").fit(data.sources, (X, (y > 0).astype(float)))


# -- degenerate --------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:The mix of sources")
def test_a_target_that_no_source_covers_warns():
    data = small("generic")
    X, _ = data.target(60)
    off = np.linalg.svd(data.basis)[0][:, -1]  # orthogonal to the representation
    y = 2.0 * X @ off + np.random.default_rng(0).normal(size=60)
    with pytest.warns(TaskSelectionWarning, match="explains nothing of the target"):
        selector(target_in_basis=False).fit(data.sources, (X, y))


@pytest.mark.filterwarnings("ignore::pauca.multitask.TaskSelectionWarning")
def test_one_task_one_sample_and_constant_targets():
    data = small("generic")
    one = TaskSelector(budget=50, random_state=0).fit(data.sources[:1], data.target(30))
    assert one.n_samples_per_task_.tolist() == [50]
    few = selector(budget=3, n_components=1).fit(data.sources, data.target(5))
    assert few.n_samples_per_task_.sum() == 3
    assert np.isfinite(few.coef_).all()
    X, y = data.target(20)
    constant = selector().fit(data.sources, (X, np.ones_like(y)))
    np.testing.assert_allclose(constant.predict(X), 1.0, atol=1e-8)


# -- the estimator's contract ------------------------------------------------------------------------------------------


def test_misuse_names_the_argument():
    data = small()
    target = data.target(40)
    with pytest.raises(ValueError, match="sources"):
        selector().fit([], target)
    with pytest.raises(ValueError, match="neither a callable"):
        selector().fit([3, *data.sources[1:]], target)
    with pytest.raises(ValueError, match="pool 0 has shapes"):
        selector().fit([(np.zeros((3, 12)), np.zeros(4)), *data.sources[1:]], target)
    with pytest.raises(ValueError, match="target"):
        selector().fit(data.sources, np.zeros(3))
    with pytest.raises(ValueError, match="relevance"):
        selector(relevance=[1.0]).fit(data.sources, target)
    with pytest.raises(ValueError, match="relevance"):
        selector(relevance=np.zeros(10)).fit(data.sources, target)
    with pytest.raises(ValueError, match="No selection is running"):
        selector().ask()
    with pytest.raises(ValueError, match="per_sample"):
        selector(cost=SamplingCost(per_sample=[1.0, 2.0])).fit(data.sources, target)
    running = selector().start(target, 10)
    with pytest.raises(ValueError, match="none of the 10 sources"):
        running.tell(10, *target)
    with pytest.raises(ValueError, match="no samples"):
        running.finish()
    with pytest.raises(ValueError, match="started with"):
        running.resume(data.sources[:3])


REFUSED = [
    ({"alpha": "nope"}, "alpha: got 'nope'"),
    ({"alpha": -1.0}, "alpha"),
    ({"budget": 1}, "budget, explore: the first epoch may spend 0.5, expected at least the 1"),
    ({"budget": 2**63}, "budget: got 9223372036854775808, expected what buys at most"),
    ({"budget": np.inf}, "'budget' parameter .* Got inf"),
    ({"cost": SamplingCost(per_sample=1e-300)}, "budget: got 900, expected what buys"),
    ({"n_epochs": 2**63}, "n_epochs"),
    ({"explore": 1e-300}, "budget, explore"),
    ({"ridge": np.inf}, "'ridge' parameter .* Got inf"),
    ({"relevance": np.ones(3)}, "relevance"),
]


@pytest.mark.parametrize(("parameters", "message"), REFUSED)
@pytest.mark.parametrize("fitted", [False, True])
def test_a_refused_fit_leaves_nothing(parameters, message, fitted):
    data = small()
    model = selector()
    if fitted:
        model.fit(data.sources, data.target(40))
    model.set_params(**parameters)
    before = dict(vars(model))
    for fit in (lambda: model.fit(data.sources, data.target(40)), lambda: model.start(data.target(40), 10)):
        with pytest.raises(ValueError, match=message):
            fit()
        assert vars(model).keys() == before.keys()
        assert all(vars(model)[name] is value for name, value in before.items())


def test_numbers_whose_squares_overflow_or_vanish_are_named():
    data = small()
    X, y = data.target(40)
    for factor in (1e300, 1e-300):
        with pytest.raises(ValueError, match="target: X: got numbers up to"):
            selector().fit(data.sources, (factor * X, y))
        with pytest.raises(ValueError, match="target: y: got numbers up to"):
            selector().fit(data.sources, (X, factor * y))
        odd = [*data.sources[:4], lambda n, rng, factor=factor: (np.full((n, 12), factor), np.zeros(n))]
        with pytest.raises(SourceError, match="source 4: the 90 samples asked: X: got numbers up to"):
            selector().fit(odd, (X, y))


def test_demands_beyond_all_numbers_are_met_as_far_as_the_budget_goes():
    data = small()
    target = data.target(40)
    assert selector(min_samples=2**63).fit(data.sources, target).n_samples_per_task_.sum() == 900
    for growth in (1e300, 1e-300):
        model = selector(n_epochs=40, growth=growth).fit(data.sources, target)
        assert model.n_samples_per_task_.sum() == 900
    with pytest.raises(ValueError, match="sources: none of them gave a sample"):
        selector().fit([lambda n, rng: (np.zeros((0, 12)), np.zeros(0))] * 3, target)


def test_contract_of_an_estimator_whose_input_is_no_table():
    data = small()
    model = selector(norm="l1", cost=SamplingCost(per_sample=2.0))
    copy = clone(model)
    assert copy.get_params()["cost"] == SamplingCost(per_sample=2.0)
    assert copy.set_params(cost__per_sample=1.0).cost == SamplingCost()
    with pytest.raises(ValueError, match="norm"):
        TaskSelector(norm="l3").fit(data.sources, data.target(20))
    parameters = model.get_params()
    model.fit(dict(zip("abcdefghij", data.sources, strict=True)), data.target(40))
    assert model.get_params() == parameters
    assert model.task_names_ == list("abcdefghij")
    again = pickle.loads(pickle.dumps(model))
    X, y = data.target(50, 1)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.score(X, y) == model.score(X, y)
    assert model.n_features_in_ == 12
    with pytest.raises(ValueError, match="features"):
        model.predict(X[:, :3])


def test_display():
    import matplotlib.pyplot as plt

    data = small()
    model = selector().fit(data.sources, data.target(40))
    display = TaskAllocationDisplay.from_estimator(model, max_tasks=6)
    heights = np.array([bar.get_height() for bar in display.ax_.patches]).reshape(3, 6)
    order = np.argsort(-model.n_samples_per_task_, kind="stable")[:6]
    np.testing.assert_array_equal(heights.sum(axis=0), model.n_samples_per_task_[order])
    relevance = display.plot(kind="relevance", max_tasks=None)
    np.testing.assert_allclose(np.sort(relevance.ax_.lines[2].get_ydata()), np.sort(model.relevance_))
    with pytest.raises(ValueError, match="kind"):
        display.plot(kind="pie")
    plt.close("all")
