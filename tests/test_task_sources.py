"""Sources of TaskSelector: pools, failures, samples asked for step by step, saved states."""

import io
import pickle
import random
import warnings

import numpy as np
import pandas as pd
import pytest
from fits import count_calls, interrupted
from scipy import sparse
from task_data import selector, small

from pauca.multitask import SourceError, TaskSelectionWarning, TaskSelector


@pytest.fixture(autouse=True)
def _no_short_exploration_warnings():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*samples explored", TaskSelectionWarning)
        yield


def pools(data, sizes):
    return [draw(n, m) for m, (draw, n) in enumerate(zip(data.sources, sizes, strict=True))]


def test_pools_are_drawn_without_replacement_and_run_dry():
    data = small("single")
    carrier = int(np.flatnonzero(np.abs(data.task_coef[0]) > 0)[0])
    sizes = np.full(10, 400)
    sizes[carrier] = 60
    seen = []

    class Watched(TaskSelector):
        def tell(self, task, X=None, y=None, *, exhausted=False):
            seen.append((task, X))
            return super().tell(task, X, y, exhausted=exhausted)

    model = Watched(n_components=3, budget=900, random_state=0).fit(pools(data, sizes), data.target(40))
    assert carrier in model.exhausted_
    assert model.n_samples_per_task_[carrier] == 60
    assert model.n_samples_per_task_.sum() == 900  # the rest of its share went to the others
    rows = np.vstack([X for task, X in seen if task == carrier])
    assert len(np.unique(rows, axis=0)) == 60


@pytest.mark.parametrize("kind", [sparse.csr_array, np.complex128, lambda X: np.char.add(X.astype(str), "x")])
def test_pools_of_other_than_real_numbers_are_refused(kind):
    data = small()
    odd = [(kind(X), y) for X, y in pools(data, [100] * 10)]
    with pytest.raises(SourceError, match="(?s)source 0: the 45 samples asked: X: got .* expected real numbers"):
        selector().fit(odd, data.target(40))


def test_all_pools_dry():
    data = small()
    with pytest.warns(TaskSelectionWarning, match="All sources are exhausted: 300 of 900"):
        model = selector().fit(pools(data, [30] * 10), data.target(40))
    assert model.n_samples_per_task_.tolist() == [30] * 10


def test_a_callable_that_returns_less_has_no_more():
    data = small()
    left = [70]

    def short(n, random_state):
        n = min(n, left[0])
        left[0] -= n
        return data.sources[0](n, random_state)

    model = selector(norm="l2").fit([short, *data.sources[1:]], data.target(40))
    assert model.n_samples_per_task_.sum() == 900
    assert model.n_samples_per_task_[0] <= 70


BAD = {
    "raises": lambda n, rng: 1 / 0,
    "one array": lambda n, rng: np.zeros((n, 12)),
    "features": lambda n, rng: (np.zeros((n, 11)), np.zeros(n)),
    "lengths": lambda n, rng: (np.zeros((n, 12)), np.zeros(n + 1)),
    "nan": lambda n, rng: (np.full((n, 12), np.nan), np.zeros(n)),
    "text": lambda n, rng: ([["a"] * 12] * n, ["b"] * n),
}


@pytest.mark.parametrize("fault", list(BAD))
def test_a_failing_source_loses_nothing(fault):
    data = small()
    target = data.target(40)
    whole = selector().fit(data.sources, target)
    calls = [0]

    def sometimes(n, random_state):
        calls[0] += 1
        return BAD[fault](n, random_state) if calls[0] == 2 else data.sources[4](n, random_state)

    sources = [*data.sources[:4], sometimes, *data.sources[5:]]
    model = selector(min_samples=60)
    whole = selector(min_samples=60).fit(data.sources, target)
    with pytest.raises(SourceError, match="source 4") as caught:
        model.fit(sources, target)
    assert caught.value.source == 4
    assert isinstance(caught.value, ValueError)
    assert vars(model).keys() - model.get_params().keys() == {"_session"}
    drawn = model._session.drawn.sum()
    assert drawn >= 450
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.source == 4
    model.resume(sources)  # mended by now
    np.testing.assert_array_equal(model.n_samples_per_task_, whole.n_samples_per_task_)
    np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-12)


def test_interrupts_lose_nothing_either():
    data = small()
    whole = selector().fit(data.sources, data.target(40))

    def interrupted(n, random_state):
        raise KeyboardInterrupt

    model = selector()
    with pytest.raises(KeyboardInterrupt):
        model.fit([*data.sources[:6], interrupted, *data.sources[7:]], data.target(40))
    assert model._session.drawn.tolist() == [45] * 6 + [0] * 4
    np.testing.assert_allclose(model.resume(data.sources).coef_, whole.coef_, rtol=1e-12)


def test_interrupted_anywhere_it_goes_on_as_if_it_had_not_been():
    data = small()
    target = data.target(40)
    whole = selector(n_epochs=2).fit(data.sources, target)
    calls = count_calls(lambda: selector(n_epochs=2).fit(data.sources, target))
    rng, resumed = random.Random(0), 0
    for at in sorted(rng.sample(range(1, calls + 1), 40)):
        model = selector(n_epochs=2)
        if not interrupted(lambda model=model: model.fit(data.sources, target), at):
            continue
        kept = vars(model).keys() - model.get_params().keys()
        assert kept <= {"_session"}, f"call {at} of {calls}"
        if kept:
            resumed += 1
            np.testing.assert_array_equal(model.resume(data.sources).coef_, whole.coef_, err_msg=f"call {at}")
            np.testing.assert_array_equal(model.n_samples_per_task_, whole.n_samples_per_task_)
    assert resumed > 20


# -- steps and files ---------------------------------------------------------------------------------------------------


def laboratory(model, data, names, portion=None):
    """Measure what is asked, at most so many at a time, with the random numbers that fit would use."""
    while asked := model.ask():
        for name, n in asked.items():
            m = names.index(name)
            rng = np.random.RandomState([model._session.seed, m, int(model._session.drawn[m])])
            model.tell(name, *data.sources[m](n if portion is None else min(n, portion), rng))
            if portion is not None:
                break
    return model.finish()


def test_steps_are_what_fit_does():
    data = small()
    names = [f"site {m}" for m in range(10)]
    whole = selector().fit(data.sources, data.target(40))
    model = laboratory(selector().start(data.target(40), names), data, names)
    np.testing.assert_array_equal(model.n_samples_per_task_, whole.n_samples_per_task_)
    np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-12)
    assert model.task_names_ == names


def test_what_was_asked_is_asked_again_until_told():
    data = small()
    model = selector().start(data.target(40), 10)
    first = model.ask()
    assert first == dict.fromkeys(range(10), 45)
    assert model.ask() == first
    model.tell(3, *data.sources[3](20, 0))
    assert model.ask()[3] == 25
    model.tell(3, *data.sources[3](30, 1))  # more than asked: counted, and paid for
    assert 3 not in model.ask()
    model.tell(5, exhausted=True)
    assert 5 not in model.ask()
    done = laboratory(model, data, list(range(10)), portion=17)
    assert done.n_samples_per_task_.sum() == 900
    assert done.n_samples_per_task_[5] == 0


def test_more_budget_goes_on():
    data = small()
    model = selector().fit(data.sources, data.target(40))
    before = model.n_samples_per_task_.copy()
    model.set_params(budget=1500).resume(data.sources)
    assert model.n_samples_per_task_.sum() == 1500
    assert (model.n_samples_per_task_ >= before).all()
    assert len(model.history_) == 4


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("how", ["file", "pickle"])
def test_a_saved_state_continues_as_if_nothing_had_happened(loss, how, tmp_path):
    data = small()

    def binary(draw):
        def labels(n, random_state):
            X, y = draw(n, random_state)
            return X, (y > 0).astype(float) if loss == "logistic" else y

        return labels

    sources = [binary(s) for s in data.sources]
    target = binary(data.target)(40, 0)
    parameters = {"loss": loss, "ridge": 1e-3}
    whole = selector(**parameters).fit(sources, target)
    model = selector(**parameters).start(target, sources)
    for _ in range(2):  # one epoch and a part of the second
        for name, n in list(model.ask().items())[:12]:
            rng = np.random.RandomState([model._session.seed, name, int(model._session.drawn[name])])
            model.tell(name, *sources[name](n, rng))
            if model._session.epoch == 1:
                break
    assert model._session.epoch == 1
    if how == "file":
        model.save_state(tmp_path / "state.npz")
        other = selector(**parameters).load_state(tmp_path / "state.npz")
        assert other.ask() == model.ask()
        with pytest.raises(ValueError, match="loss"):
            selector(loss="squared" if loss == "logistic" else "logistic").load_state(tmp_path / "state.npz")
    else:
        other = pickle.loads(pickle.dumps(model))
    other.resume(sources)
    np.testing.assert_array_equal(other.n_samples_per_task_, whole.n_samples_per_task_)
    np.testing.assert_allclose(other.coef_, whole.coef_, rtol=1e-9)
    assert len(other.history_) == 3
    for mine, theirs in zip(other.history_, whole.history_, strict=True):
        np.testing.assert_array_equal(mine["n_samples"], theirs["n_samples"])


def test_a_file_of_something_else_is_refused():
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(2))
    buffer.seek(0)
    with pytest.raises(ValueError, match="file"):
        TaskSelector().load_state(buffer)


def test_a_state_keeps_names_of_columns_and_is_found_without_its_ending(tmp_path):
    data = small()
    X, y = data.target(40)
    names = [f"f{j}" for j in range(X.shape[1])]
    running = selector(budget=600).start((pd.DataFrame(X, columns=names), y), len(data.sources))
    running.save_state(tmp_path / "state")
    loaded = selector(budget=600).load_state(tmp_path / "state")
    assert loaded.ask() == running.ask()
    assert loaded.feature_names_in_.tolist() == names
    rows = pd.DataFrame(X, columns=names[::-1])
    with pytest.raises(SourceError, match="columns are not those of before"):
        loaded.tell(0, rows, y)


def test_more_components_than_sources_warn_once():
    data = small()
    with pytest.warns(UserWarning, match="n_components=99 is more than"):
        selector(n_components=99, budget=600).start(data.target(40), len(data.sources))
