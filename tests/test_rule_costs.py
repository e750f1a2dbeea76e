"""Greedy rules stay cheap on sparse problems, and graph rules take the steps that plain numpy takes."""

import numpy as np
import pytest
from bcd_reference import Rng
from scipy import sparse

from pauca.solvers import BlockProblem, minimize_blocks


def thin_design(p, entries=4, seed=0):
    """Square, with the same few entries in every column whatever the size."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(p) for _ in range(entries)])  # as many in every row
    columns = np.tile(np.arange(p), entries)
    return sparse.csc_array((rng.normal(size=p * entries), (rows, columns)), shape=(p, p))


def microseconds_per_update(p, updates=3000, **more):
    X = thin_design(p)
    y = np.random.default_rng(1).normal(size=p)
    problem = BlockProblem("least_squares", X, y, l1=0.1, **more)
    result = minimize_blocks(problem, selection="gs-q", update="gradient", block_size=1, max_iter=updates)
    assert result.n_updates == updates
    return 1e6 * np.median(np.diff(result.cpu_seconds_path[1:]))


def test_updates_of_a_greedy_rule_do_not_grow_with_the_number_of_columns():
    """O(c r log p): sixteen times the columns cost a scan sixteen times as much, the heap next to nothing."""
    small, large = microseconds_per_update(4000), microseconds_per_update(64_000)
    assert large < 5 * small
    # An intercept couples all columns: every score is computed again, which is what the heap saves.
    scan = microseconds_per_update(64_000, updates=30, fit_intercept=True)
    assert scan > 20 * large


def test_updates_of_a_graph_rule_do_not_grow_with_the_number_of_nodes():
    def microseconds(n):
        chain = sparse.diags_array([np.full(n - 1, -1.0), np.full(n, 2.5), np.full(n - 1, -1.0)], offsets=[-1, 0, 1])
        problem = BlockProblem("graph", sparse.csr_array(chain), np.random.default_rng(0).normal(size=n))
        result = minimize_blocks(problem, selection="gs", update="matrix", block_size=1, max_iter=3000)
        return 1e6 * np.median(np.diff(result.cpu_seconds_path[1:]))

    assert microseconds(64_000) < 5 * microseconds(4000)


def random_quadratic(n, seed):
    rng = np.random.default_rng(seed)
    W = np.triu((rng.random((n, n)) < 0.2) * rng.uniform(0.2, 2.0, size=(n, n)), 1)
    W = W + W.T
    return np.diag(W.sum(axis=1) + 0.3) - W, rng.normal(size=n)


class Trees:
    """Which nodes of a block are connected, by relabelling."""

    def __init__(self, n):
        self.label = np.arange(n)

    def joins(self, neighbours):
        """Whether a new node would touch each tree at most once."""
        return len(set(self.label[neighbours])) == len(neighbours)

    def add(self, node, neighbours):
        for j in neighbours:
            self.label[self.label == self.label[j]] = self.label[node]


def neighbours(Q, i, inside):
    return [j for j in inside if j != i and Q[i, j] != 0.0]


def forest_of(Q, order):
    trees, block = Trees(len(Q)), []
    for i in order:
        near = neighbours(Q, i, block)
        if trees.joins(near):
            trees.add(i, near)
            block.append(i)
    return sorted(block)


def colours(Q):
    """Nodes by decreasing diagonal; the admissible colour used least."""
    blocks = []
    for i in np.argsort(-np.diag(Q), kind="stable"):
        free = [b for b in blocks if not neighbours(Q, i, b)]
        if free:
            min(free, key=len).append(i)
        else:
            blocks.append([i])
    return [sorted(b) for b in blocks]


def trees_of(Q):
    """Nodes by decreasing diagonal; the first forest that stays one."""
    blocks, trees = [], []
    for i in np.argsort(-np.diag(Q), kind="stable"):
        for b, t in zip(blocks, trees, strict=True):
            near = neighbours(Q, i, b)
            if t.joins(near):
                break
        else:
            b, t, near = [], Trees(len(Q)), []
            blocks.append(b)
            trees.append(t)
        t.add(i, near)
        b.append(i)
    return [sorted(b) for b in blocks]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("partition", "selection"),
    [
        ("red-black", "cyclic"),
        ("red-black", "gs"),
        ("tree", "cyclic"),
        ("tree", "gs"),
        ("variable", "forest-gs"),
        ("variable", "forest-gsl"),
        ("variable", "forest-random"),
    ],
)
def test_graph_rules_take_the_steps_of_plain_numpy(partition, selection, seed):
    Q, c = random_quadratic(24, seed)
    # After an exact step the gradient on the block is rounding, whose order greedy forests would follow.
    exact = selection not in ("forest-gs", "forest-gsl")
    x, rng, updates = np.zeros(24), Rng(5), 10
    blocks = {"red-black": colours, "tree": trees_of}.get(partition, lambda Q: None)(Q)
    path = [0.0]
    for k in range(updates):
        G = Q @ x - c
        if selection == "cyclic":
            b = blocks[k % len(blocks)]
        elif selection == "gs":
            b = max(blocks, key=lambda block: np.linalg.norm(G[block]))
        elif selection == "forest-random":
            order = list(range(24))
            rng.shuffle(order)
            b = forest_of(Q, order)
        else:
            score = np.abs(G) / (np.sqrt(np.diag(Q)) if selection == "forest-gsl" else 1.0)
            b = forest_of(Q, np.argsort(-score, kind="stable"))
        if exact:
            x[b] -= np.linalg.solve(Q[np.ix_(b, b)], G[b])
        else:
            x[b] -= G[b] / np.linalg.eigvalsh(Q[np.ix_(b, b)])[-1]
        path.append(0.5 * x @ Q @ x - c @ x)
    result = minimize_blocks(
        BlockProblem("graph", sparse.csr_array(Q), c), partition=partition, selection=selection,
        update="message-passing" if exact else "gradient", max_iter=updates, random_state=5,
    )  # fmt: skip
    np.testing.assert_allclose(result.objective_path, path, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(result.x, x, atol=1e-9)
