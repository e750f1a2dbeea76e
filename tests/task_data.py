"""Small task selections that several test modules use."""

from pauca.datasets import make_multitask
from pauca.multitask import TaskSelector


def small(kind="skew", seed=0, **kwargs):
    return make_multitask(12, 3, 10, kind=kind, random_state=seed, **kwargs)


def selector(**kwargs):
    parameters = {"n_components": 3, "budget": 900, "random_state": 0, **kwargs}
    return TaskSelector(**parameters)
