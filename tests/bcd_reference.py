"""Block coordinate descent in plain numpy, written from the formulas and not from the core: an oracle for tests."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, log_softmax, softmax

MASK = 2**64 - 1


class Rng:
    """The core's generator, splitmix64."""

    def __init__(self, seed):
        self.state = self.mix(seed) ^ self.mix(0x632BE59BD9B4E019)

    @staticmethod
    def mix(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        return (self.mix(self.state) >> 11) * 2.0**-53

    def below(self, n):
        return int(self.uniform() * n)

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


class Smooth:
    """f, its gradient, Hessian, bound H and third-derivative bound, all dense."""

    def __init__(self, loss, X, y, ridge=0.0):
        self.loss, self.X, self.y, self.ridge = loss, np.asarray(X, float), np.asarray(y, float), ridge
        if loss == "softmax":
            self.k = int(self.y.max()) + 1
            self.size = X.shape[1] * self.k
            self.Y = np.eye(self.k)[self.y.astype(int)]
        else:
            self.size = X.shape[1]

    def value(self, x):
        ridge = 0.5 * self.ridge * x @ x
        if self.loss == "graph":
            return 0.5 * x @ self.X @ x - self.y @ x
        if self.loss == "softmax":
            return -(log_softmax(self.X @ x.reshape(-1, self.k), axis=1) * self.Y).sum() + ridge
        z = self.X @ x
        if self.loss == "least_squares":
            return 0.5 * np.sum((z - self.y) ** 2) + ridge
        m = (2 * self.y - 1) * z
        if self.loss == "logistic":
            return np.logaddexp(0, -m).sum() + ridge
        return 0.5 * np.sum(np.maximum(0, 1 - m) ** 2) + ridge

    def gradient(self, x):
        if self.loss == "graph":
            return self.X @ x - self.y
        if self.loss == "softmax":
            P = softmax(self.X @ x.reshape(-1, self.k), axis=1)
            return (self.X.T @ (P - self.Y)).ravel() + self.ridge * x
        z = self.X @ x
        if self.loss == "least_squares":
            u = z - self.y
        elif self.loss == "logistic":
            u = expit(z) - self.y
        else:
            s = 2 * self.y - 1
            u = -s * np.maximum(0, 1 - s * z)
        return self.X.T @ u + self.ridge * x

    def hessian(self, x, b):
        if self.loss in ("graph", "least_squares"):
            return self.bound(b)
        eye = self.ridge * np.eye(len(b))
        if self.loss == "softmax":
            P = softmax(self.X @ x.reshape(-1, self.k), axis=1)
            j, c = np.array(b) // self.k, np.array(b) % self.k
            same = (c[:, None] == c[None, :]).astype(float)
            weight = P[:, c][:, :, None] * (same[None] - P[:, c][:, None, :])
            return np.einsum("ia,ib,iab->ab", self.X[:, j], self.X[:, j], weight) + eye
        z = self.X @ x
        h = expit(z) * expit(-z) if self.loss == "logistic" else ((2 * self.y - 1) * z < 1).astype(float)
        return (self.X[:, b].T * h) @ self.X[:, b] + eye

    def bound(self, b):
        b = np.array(b)
        if self.loss == "graph":
            return self.X[np.ix_(b, b)]
        eye = self.ridge * np.eye(len(b))
        if self.loss == "softmax":
            j, c = b // self.k, b % self.k
            m = len(set(c))
            share = 1 / (m + 1 if m < self.k else self.k)
            return (self.X[:, j].T @ self.X[:, j]) * 0.5 * ((c[:, None] == c[None, :]) - share) + eye
        factor = 0.25 if self.loss == "logistic" else 1.0
        return factor * self.X[:, b].T @ self.X[:, b] + eye

    def lipschitz(self):
        return np.array([self.bound([i])[0, 0] for i in range(self.size)])

    def third(self, b):
        b = np.array(b)
        if self.loss in ("least_squares", "graph"):
            return 0.0
        if self.loss == "softmax":
            j, c = b // self.k, b % self.k
            norms = np.zeros((len(self.X), self.k))
            for jj, cc in zip(j, c, strict=True):
                norms[:, cc] += self.X[:, jj] ** 2
            worst = norms.max(axis=1)
            factor = 2 * np.sqrt(2) if len(set(c)) > 1 else 1.0
        else:
            worst, factor = (self.X[:, b] ** 2).sum(axis=1), 1.0
        return factor / (6 * np.sqrt(3)) * np.sum(worst**1.5)


class Penalty:
    """l1 and bounds, or a group norm."""

    def __init__(self, size, l1=0.0, lower=-np.inf, upper=np.inf, group=None):
        self.l1, self.group = l1, group
        self.lower, self.upper = np.full(size, lower), np.full(size, upper)

    @property
    def zero(self):
        return self.group is None and self.l1 == 0 and np.isinf(self.lower).all() and np.isinf(self.upper).all()

    def value(self, b, v):
        if self.group is not None:
            return self.group * np.linalg.norm(v)
        return self.l1 * np.abs(v).sum()

    def step(self, b, v, G, D):
        """argmin_d G'd + d'Dd / 2 + g(v + d)"""
        if self.group is not None:
            top = np.max(D)
            w = v - G / top
            return max(0.0, 1 - self.group / (top * np.linalg.norm(w))) * w - v
        w = v - G / D
        w = np.sign(w) * np.maximum(np.abs(w) - self.l1 / D, 0)
        return np.clip(w, self.lower[b], self.upper[b]) - v

    def subgradient(self, b, v, G):
        if self.group is not None:
            norm = np.linalg.norm(v)
            if norm > 0:
                return G + self.group * v / norm
            return max(0.0, 1 - self.group / np.linalg.norm(G)) * G
        s = np.where(v != 0, G + self.l1 * np.sign(v), np.sign(G) * np.maximum(np.abs(G) - self.l1, 0))
        s = np.where((v <= self.lower[b]) & (G + self.l1 * np.sign(v) >= 0) & (v == self.lower[b]), np.minimum(s, 0), s)
        return np.where((v >= self.upper[b]) & (v == self.upper[b]), np.maximum(s, 0), s)

    def minimise(self, b, v, G, H):
        """argmin_d G'd + d'Hd / 2 + g(v + d), by many coordinate or proximal gradient steps."""
        d = np.zeros_like(v)
        if self.zero:
            return np.linalg.lstsq(H, -G, rcond=None)[0]
        if self.group is not None:
            L = np.linalg.eigvalsh(H)[-1]
            for _ in range(2000):
                d = d + self.step(b, v + d, G + H @ d, np.full(len(v), L))
            return d
        for _ in range(3000):
            before = d.copy()
            for k in range(len(v)):
                g = G[k] + H[k] @ d
                d[k] += self.step([b[k]], v[k : k + 1] + d[k], np.array([g]), H[k, k])[0]
            if np.abs(d - before).max() <= 1e-15:
                break
        return d


def cubic_step(G, B, M):
    """argmin_d G'd + d'Bd / 2 + M ||d||^3 / 6"""
    eye = np.eye(len(G))
    if M == 0 or not G.any():
        return -np.linalg.solve(B, G)
    gap = lambda r: np.linalg.norm(np.linalg.solve(B + 0.5 * M * r * eye, G)) - r  # noqa: E731
    high = 1.0
    while gap(high) > 0:
        high *= 2
    r = brentq(gap, 0, high, xtol=1e-15, rtol=1e-14)
    return -np.linalg.solve(B + 0.5 * M * r * eye, G)


def top(score, count):
    return sorted(np.lexsort((np.arange(len(score)), -score))[:count])


def make_partition(name, f, size, rng):
    p, L = f.size, f.lipschitz()
    if name == "variable":
        return None
    if name.startswith("gershgorin"):
        L = np.abs(f.bound(np.arange(p))).sum(axis=1)
    if name == "order":
        order = list(range(p))
    elif name == "random":
        order = list(range(p))
        rng.shuffle(order)
    else:
        order = list(np.argsort(L, kind="stable"))
        if name in ("average", "gershgorin-average"):
            low, high, mixed = 0, p - 1, []
            while low <= high:
                mixed.append(order[low])
                if low < high:
                    mixed.append(order[high])
                low, high = low + 1, high - 1
            order = mixed
    return [sorted(order[k : k + size]) for k in range(0, p, size)]


class Reference:
    """The iteration itself; `run` returns the objective path and the last point."""

    def __init__(self, f, g, partition, size, selection, update, diagonal=None, seed=0, groups=None):
        self.f, self.g, self.size, self.selection, self.update = f, g, min(size, f.size), selection, update
        self.rng = Rng(seed)
        self.blocks = groups if partition == "groups" else make_partition(partition, f, size, self.rng)
        self.L = f.lipschitz()
        plain = dict.fromkeys(("gs-r", "gsl-r", "gs-q"), "coordinate")
        default = {"gsl": "block", **plain}.get(selection, "gershgorin")
        if g.group is not None:
            default = "block"
        self.diagonal = diagonal or default
        self.update_diagonal = diagonal or "gershgorin"
        self.count, self.order, self.estimate = 0, [], self.L.copy()

    def candidates(self):
        return [[i] for i in range(self.f.size)] if self.blocks is None else self.blocks

    def D(self, b, kind, single):
        if kind == "block":
            return np.full(len(b), np.linalg.eigvalsh(self.f.bound(b))[-1])
        if kind == "scaled":
            return (self.size if single else len(b)) * self.L[b]
        if kind == "gershgorin":
            if single:
                return np.abs(self.f.bound(np.arange(self.f.size))[b]).sum(axis=1)
            return np.abs(self.f.bound(b)).sum(axis=1)
        return self.L[b]

    def score(self, x, G, b):
        f, g, v = self.f, self.g, x[b]
        single = self.blocks is None
        if self.selection in ("gs", "gs-s"):
            return np.linalg.norm(g.subgradient(b, v, G[b]))
        if self.selection in ("gs-r", "gsl-r", "gs-q", "gsl", "gsd"):
            D = self.D(b, self.diagonal, single)
            d = g.step(b, v, G[b], D)
            if self.selection == "gs-r":
                return np.linalg.norm(d)
            if self.selection == "gsl-r":
                return np.sqrt(d @ (D * d))
            return -(G[b] @ d + 0.5 * d @ (D * d) + g.value(b, v + d) - g.value(b, v))
        if self.selection == "gsq":
            H = f.bound(b)
            d = g.minimise(b, v, G[b], H)
        elif self.selection == "max-improvement":
            d = self.step(x, G, b)
            return f.value(x) + g.value(b, v) - f.value(self.moved(x, b, d)) - g.value(b, v + d)
        else:
            B, M = f.hessian(x, b), f.third(b)
            d = cubic_step(G[b], B, M)
            return -(G[b] @ d + 0.5 * d @ B @ d + M / 6 * np.linalg.norm(d) ** 3)
        return -(G[b] @ d + 0.5 * d @ H @ d + g.value(b, v + d) - g.value(b, v))

    def choose(self, x):
        n = self.f.size if self.blocks is None else len(self.blocks)
        variable, size, rng = self.blocks is None, self.size, self.rng
        if self.selection == "cyclic":
            if not variable:
                self.count += 1
                return self.blocks[(self.count - 1) % n]
            b = sorted((self.count + k) % n for k in range(size))
            self.count += size
            return b
        if self.selection == "permutation":
            if not self.order:
                self.order = list(range(n))
                rng.shuffle(self.order)
            if not variable:
                return self.blocks[self.order.pop(0)]
            b, self.order = self.order[:size], self.order[size:]
            return sorted(b)
        if self.selection == "random":
            if not variable:
                return self.blocks[rng.below(n)]
            self.order = self.order or list(range(n))
            for k in range(size):
                j = k + rng.below(n - k)
                self.order[k], self.order[j] = self.order[j], self.order[k]
            return sorted(self.order[:size])
        if self.selection == "lipschitz":
            if not variable:
                L = np.array([np.linalg.eigvalsh(self.f.bound(b))[-1] for b in self.blocks])
                return self.blocks[min(int(np.searchsorted(np.cumsum(L), rng.uniform() * L.sum(), "right")), n - 1)]
            return top(np.array([np.log(1 - rng.uniform()) / self.L[i] for i in range(n)]), size)
        G = self.f.gradient(x)
        if variable and self.selection == "gsq":
            return self.thresholding(G)
        if variable and self.selection == "max-improvement":
            return self.matching_pursuit(G)
        scores = np.array([self.score(x, G, list(b)) for b in self.candidates()])
        return top(scores, size) if variable else self.blocks[int(np.argmax(scores))]

    def thresholding(self, G):
        H = self.f.bound(np.arange(self.f.size))
        step = 1.001 * np.linalg.eigvalsh(H)[-1]
        b = top(G**2 / self.L, self.size)
        d = np.zeros_like(G)
        d[b] = -G[b] / self.L[b]
        for _ in range(10):
            w = d - (G + H @ d) / step
            b = top(np.abs(w), self.size)
            d = np.zeros_like(G)
            d[b] = w[b]
        return b

    def matching_pursuit(self, G):
        """Adds the coordinate that lowers min_{d on S} G'd + d'Hd / 2 most, by trying all."""
        H, S = self.f.bound(np.arange(self.f.size)), []
        for _ in range(self.size):
            best = {}
            for i in set(range(self.f.size)) - set(S):
                T = [*S, i]
                best[i] = 0.5 * G[T] @ np.linalg.solve(H[np.ix_(T, T)], G[T])
            S.append(max(best, key=best.get))
        return sorted(S)

    @staticmethod
    def moved(x, b, d):
        x = x.copy()
        x[b] += d
        return x

    def objective(self, x):
        if self.g.group is not None:
            return self.f.value(x) + sum(self.g.value(b, x[b]) for b in self.blocks)
        return self.f.value(x) + self.g.value(None, x)

    def step(self, x, G, b):
        f, g, v = self.f, self.g, x[b]
        if self.update == "gradient":
            return g.step(b, v, G[b], np.full(len(b), np.linalg.eigvalsh(f.bound(b))[-1]))
        if self.update == "diagonal":
            return g.step(b, v, G[b], self.D(b, self.update_diagonal, False))
        if self.update in ("matrix", "exact-group"):
            return g.minimise(b, v, G[b], f.bound(b))
        if self.update == "cubic":
            return cubic_step(G[b], f.hessian(x, b), f.third(b))
        if self.update == "backtracking":
            L = self.estimate[b].max()
            while True:
                d = g.step(b, v, G[b], np.full(len(b), L))
                if f.value(self.moved(x, b, d)) <= f.value(x) + G[b] @ d + 0.5 * L * d @ d + 1e-14 * abs(f.value(x)):
                    break
                L *= 2
            self.estimate[b] = L
            return d
        if self.update in ("newton", "prox-newton"):
            d = g.minimise(b, v, G[b], f.hessian(x, b))
            slope = G[b] @ d + g.value(b, v + d) - g.value(b, v)
            t, F = 1.0, f.value(x)
            while slope < 0:
                change = f.value(self.moved(x, b, t * d)) - F + g.value(b, v + t * d) - g.value(b, v)
                if change <= 1e-4 * t * slope + 1e-14 * abs(F):
                    break
                t = min(max(-0.5 * slope * t * t / (change - slope * t), 0.1 * t), 0.5 * t)
            return t * d
        return self.two_metric(x, G, b)

    def two_metric(self, x, G, b):
        f, g, v = self.f, self.g, x[b]
        b = np.array(b)
        low, high, sign = g.lower[b].copy(), g.upper[b].copy(), np.zeros(len(b))
        if g.l1 > 0:
            sign = np.where(v != 0, np.sign(v), np.where(G[b] + g.l1 < 0, 1.0, np.where(G[b] > g.l1, -1.0, 0.0)))
            low = np.where(sign >= 0, np.maximum(low, 0), low)
            high = np.where(sign <= 0, np.minimum(high, 0), high)
        q, total = G[b] + g.l1 * sign, self.L[b].sum()
        near = min(1e-4, np.linalg.norm(v - np.clip(v - q / total, low, high)))
        held = ((v <= low + near) & (q > 0)) | ((v >= high - near) & (q < 0)) | (low == high)
        full = -q / total
        if (~held).any():
            H = f.hessian(x, list(b[~held]))
            full[~held] = np.linalg.lstsq(H, -q[~held], rcond=None)[0]
        t, F = 1.0, f.value(x)
        while True:
            d = np.clip(v + t * full, low, high) - v
            change = f.value(self.moved(x, b, d)) - F + g.value(b, v + d) - g.value(b, v)
            if change <= 1e-4 * (t * q[~held] @ full[~held] + q[held] @ d[held]) + 1e-14 * abs(F):
                return d
            t *= 0.5

    def guarded(self, x, G, b, d):
        """Gives way to the gradient update where the objective decreases by less than that one's model promises."""
        proven = ("gradient", "matrix", "exact-group", "cubic", "backtracking")
        if self.update in proven or (self.update == "diagonal" and self.update_diagonal != "coordinate"):
            return d
        g, v = self.g, x[b]
        L = np.linalg.eigvalsh(self.f.bound(b))[-1]
        plain = g.step(b, v, G[b], np.full(len(b), L))
        promised = -(G[b] @ plain + 0.5 * L * plain @ plain + g.value(b, v + plain) - g.value(b, v))
        change = self.f.value(self.moved(x, b, d)) - self.f.value(x) + g.value(b, v + d) - g.value(b, v)
        return d if -change >= (1 - 1e-10) * promised - 1e-14 * abs(self.objective(x)) else plain

    def run(self, x, iterations):
        path = [self.objective(x)]
        for _ in range(iterations):
            b = list(self.choose(x))
            G = self.f.gradient(x)
            x = self.moved(x, b, self.guarded(x, G, b, self.step(x, G, b)))
            path.append(self.objective(x))
        return np.array(path), x
