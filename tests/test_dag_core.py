"""The compiled DAG core against independent oracles: brute force, finite differences, eigenvalues, plain numpy."""

import itertools

import numpy as np
import pytest
from scipy import linalg
from sklearn.exceptions import ConvergenceWarning

from pauca import _core
from pauca.dag import CoLiDE, PathFollowing, is_dag, topological_order
from pauca.datasets import make_linear_dag
from pauca.moments import Moments


def small(seed, d=4, n=200, variance="unequal"):
    return make_linear_dag(n, d, degree=1.2, variance=variance, random_state=seed)


def regress(S, j, parents):
    """Residual variance and coefficients of least squares, from the covariance."""
    parents = list(parents)
    w = np.linalg.solve(S[np.ix_(parents, parents)], S[parents, j]) if parents else np.zeros(0)
    return S[j, j] - S[j, parents] @ w, w


def brute_force_bic(X, kappa, equal):
    """Least BIC over all DAGs: for each order, the best subset of predecessors of each node."""
    n, d = X.shape
    S = np.cov(X.T, bias=True)
    subsets = {
        (j, p): regress(S, j, p)[0]
        for j in range(d)
        for k in range(d)
        for p in itertools.combinations([i for i in range(d) if i != j], k)
    }
    best = np.inf
    for order in itertools.permutations(range(d)):
        choices = []
        for k, j in enumerate(order):
            before = sorted(order[:k])
            sets = [p for m in range(k + 1) for p in itertools.combinations(before, m)]
            if equal:
                choices.append([(subsets[j, p], len(p)) for p in sets])
            else:
                choices.append([(n * np.log(subsets[j, p]) + kappa * len(p),) for p in sets])
        if equal:
            for combo in itertools.product(*choices):
                q, edges = np.array(combo).sum(axis=0)
                best = min(best, n * d * np.log(q / d) + kappa * edges)
        else:
            best = min(best, sum(min(c)[0] for c in choices))
    return best


@pytest.mark.parametrize("seed", range(8))
def test_search_finds_the_global_minimum_of_bic(seed):
    X = small(seed).X
    model = CoLiDE(n_starts=6).fit(X)
    kappa = 2.0 * np.log(X.shape[0])
    assert model.objective_ == pytest.approx(brute_force_bic(X, kappa, False), abs=1e-6 * abs(model.objective_))


@pytest.mark.parametrize("seed", range(3))
def test_search_finds_the_global_minimum_of_bic_with_equal_variances(seed):
    X = small(seed, d=3, variance="equal").X
    model = CoLiDE("equal", n_starts=6).fit(X)
    kappa = 2.0 * np.log(X.shape[0])
    assert model.objective_ == pytest.approx(brute_force_bic(X, kappa, True), abs=1e-6 * abs(model.objective_) + 1e-6)


def colide_score(S, W, alpha, equal):
    D = np.eye(len(S)) - W
    q = np.einsum("ij,ik,kj->j", D, S, D)
    data = np.sqrt(len(S) * q.sum()) if equal else np.sqrt(q).sum()
    return data + alpha * np.abs(W).sum(), q


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_colide_weights_are_stationary_in_their_order(seed, equal):
    data = make_linear_dag(300, 12, degree=2, variance="equal" if equal else "unequal", random_state=seed)
    alpha = 0.08
    model = CoLiDE("equal" if equal else "unequal", criterion="colide", alpha=alpha).fit(data.X)
    S, W = np.cov(data.X.T, bias=True), model.weights_raw_
    value, q = colide_score(S, W, alpha, equal)
    assert model.objective_ == pytest.approx(value, rel=1e-9)
    sigma = np.full(len(S), np.sqrt(q.mean())) if equal else np.sqrt(q)
    gradient = -(S @ (np.eye(len(S)) - W)) / sigma
    spread = np.sqrt(np.diag(S))
    for k, j in enumerate(model.order_):
        for i in model.order_[:k]:
            if W[i, j] != 0.0:
                assert gradient[i, j] == pytest.approx(-alpha * np.sign(W[i, j]), abs=2e-5 * spread[i])
            else:
                assert abs(gradient[i, j]) <= alpha + 2e-5 * spread[i]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("variance", ["equal", "unequal"])
def test_colide_search_is_never_worse_than_its_starts(seed, variance):
    data = make_linear_dag(300, 15, degree=3, variance=variance, random_state=seed)
    rng = np.random.RandomState(seed)
    options = {"variance": variance, "criterion": "colide"}
    searched = CoLiDE(**options, init=rng.permutation(15)).fit(data.X).objective_
    for start in (data.order, np.random.RandomState(seed).permutation(15)):
        fixed = CoLiDE(**options, init=start, solver="topdown").fit(data.X).objective_
        again = CoLiDE(**options, init=start).fit(data.X).objective_
        assert again <= fixed * (1 + 1e-9)
    path = CoLiDE(**options).fit(data.X).objective_path_
    assert searched <= path[0] * (1 + 1e-9)


def pieces(W, s=1.0, equal=False, nonnegative=False, alpha=0.1, seed=0):
    rng = np.random.RandomState(seed)
    A = rng.standard_normal((40, len(W)))
    S = np.asfortranarray(A.T @ A / 40)
    P = np.full(W.shape, alpha, order="F")
    return _core.path_following_pieces(S, P, np.asfortranarray(W), s, equal, nonnegative)


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("nonnegative", [False, True])
def test_gradients_by_differences(equal, nonnegative):
    rng = np.random.RandomState(3)
    W = 0.12 * rng.uniform(0.2, 1.0, (7, 7)) * (1.0 if nonnegative else rng.choice([-1.0, 1.0], (7, 7)))
    _, gradient, _, h_gradient = pieces(W, equal=equal, nonnegative=nonnegative)
    step = 1e-6
    for i, j in itertools.product(range(7), repeat=2):
        E = np.zeros_like(W)
        E[i, j] = step
        up, down = (pieces(W + e, equal=equal, nonnegative=nonnegative) for e in (E, -E))
        assert gradient[i, j] == pytest.approx((up[0] - down[0]) / (2 * step), abs=1e-6)
        assert h_gradient[i, j] == pytest.approx((up[2] - down[2]) / (2 * step), abs=1e-6)


@pytest.mark.parametrize("d", [1, 2, 5, 24, 25, 61, 100])
def test_barrier_and_domain_against_eigenvalues(d):
    rng = np.random.RandomState(d)
    for share in (0.6, 0.97, 1.03, 2.0):
        W = rng.standard_normal((d, d))
        s = 0.9
        radius = np.abs(linalg.eigvals(W * W)).max()
        W *= np.sqrt(share * s / radius)
        _, _, h, gradient = pieces(W, s=s)
        if share > 1.0:
            assert h is None
            continue
        A = s * np.eye(d) - W * W
        assert h == pytest.approx(d * np.log(s) - np.linalg.slogdet(A)[1], rel=1e-9, abs=1e-9)
        assert gradient == pytest.approx(2.0 * W * np.linalg.inv(A).T, rel=1e-7, abs=1e-9)
    dag = make_linear_dag(5, d, degree=1, random_state=0).adjacency
    assert pieces(dag, s=0.5)[2] == pytest.approx(0.0, abs=1e-9)


def numpy_reference(X, alpha, equal, s=(1.0, 0.9), warm=300, last=500, rate=3e-3, checkpoint=100, tol=1e-6):
    """The published algorithm, written down plainly; the diagonal moves and sigma has no bound, as published."""
    X = X - X.mean(axis=0)
    n, d = X.shape
    S, eye = X.T @ X / n, np.eye(X.shape[1])
    W, mu, path = np.zeros((d, d)), 1.0, []
    norms = np.linalg.norm(X, axis=0) / np.sqrt(n)
    sigma = np.full(d, norms.min()) if equal else norms

    def noise(W):
        q = np.diag((eye - W).T @ S @ (eye - W))
        return np.full(d, np.sqrt(q.mean())) if equal else np.sqrt(q)

    for k, s_k in enumerate(s):
        m = v = np.zeros((d, d))
        previous = 1e16
        for t in range(1, (last if k == len(s) - 1 else warm) + 1):
            M = np.linalg.inv(s_k * eye - W * W)
            assert (M > -1e-6).all()
            G = -mu * S @ (eye - W) / sigma + mu * alpha * np.sign(W) + 2 * W * M.T
            m, v = 0.99 * m + 0.01 * G, 0.999 * v + 0.001 * G**2
            W = W - rate * (m / (1 - 0.99**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            sigma = noise(W)
            if t % checkpoint == 0:
                q = np.diag((eye - W).T @ S @ (eye - W))
                score = 0.5 * (q / sigma + sigma).sum() + alpha * np.abs(W).sum()
                path.append(score)
                new = mu * score + d * np.log(s_k) - np.linalg.slogdet(s_k * eye - W * W)[1]
                if abs((previous - new) / previous) <= tol:
                    break
                previous = new
        mu *= 0.1
    return W, np.array(path)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("equal", [False, True])
def test_path_following_has_the_published_trajectory(equal):
    data = make_linear_dag(300, 8, degree=1.5, variance="equal" if equal else "unequal", random_state=5)
    schedule = PathFollowing(
        s=(1.0, 0.9),
        warm_iter=300,
        max_iter=500,
        learning_rate=3e-3,
        checkpoint=100,
        mask_diagonal=False,
        noise_bound=0,
    )
    model = CoLiDE("equal" if equal else "unequal", criterion="colide", solver=schedule, alpha=0.05).fit(data.X)
    W, path = numpy_reference(data.X, 0.05, equal)
    assert model.objective_path_ == pytest.approx(path, rel=1e-8)
    assert model.weights_raw_ == pytest.approx(W, abs=1e-7)


def test_path_following_backs_off_when_it_leaves_the_domain():
    data = make_linear_dag(200, 8, degree=2, random_state=1)
    schedule = PathFollowing(s=(0.05, 0.05), warm_iter=200, max_iter=200, learning_rate=0.5, checkpoint=50)
    with pytest.warns(ConvergenceWarning):
        model = CoLiDE(criterion="colide", solver=schedule).fit(data.X)
    assert model.solver_report_.details["s"] > 0.05
    assert np.isfinite(model.weights_raw_).all()
    assert model.is_dag()


def test_kahn_and_greedy_repair():
    rng = np.random.RandomState(0)
    for _ in range(30):
        d = rng.randint(2, 12)
        W = rng.standard_normal((d, d)) * (rng.uniform(size=(d, d)) < 0.5)
        np.fill_diagonal(W, 0.0)
        cyclic = np.abs(np.linalg.matrix_power((W != 0).astype(float) + np.eye(d), d)).trace()
        walks = linalg.expm((W != 0).astype(float)).trace()
        assert is_dag(W) == (walks < d + 1e-9)
        assert cyclic >= d
        core = _core.GraphProblem(
            [np.eye(d, order="F")], [10.0], [], np.zeros((d, d), np.uint8, order="F"), [0] * d, False
        )
        kept = core.repair(np.asfortranarray(W), np.asfortranarray(np.abs(W)))
        topological_order(kept)
        # Greedy: each missing edge, put back into the stronger ones, closes a cycle.
        for i, j in np.argwhere((W != 0) & (kept == 0)):
            stronger = np.where(np.abs(W) > abs(W[i, j]), kept, 0.0)
            stronger[i, j] = 1.0
            assert not is_dag(stronger)


def test_top_down_keeps_digits_that_a_covariance_loses():
    # Equal variances that grow along a chain: the condition number of the covariance is about 1e14.
    rng = np.random.RandomState(0)
    d, n = 12, 400
    order = rng.permutation(d)
    W = np.zeros((d, d))
    for a, b in itertools.pairwise(order):
        W[a, b] = 4.0
    X = np.zeros((n, d))
    for j in order:
        X[:, j] = X @ W[:, j] + rng.standard_normal(n)
    model = CoLiDE("equal").fit(X)
    assert model.order_.tolist() == order.tolist()
    assert (model.adjacency_ != 0).sum() == d - 1
    moments = Moments().update(X[:150]).merge(Moments().update(X[150:]))
    assert CoLiDE("equal").fit_moments(moments).adjacency_ == pytest.approx(model.adjacency_, abs=1e-8)
    with pytest.warns(UserWarning, match="condition number"):
        CoLiDE("equal").fit_moments(np.cov(X.T, bias=True), n_samples=n)
