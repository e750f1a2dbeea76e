"""Latent label shift: accuracy beside clustering, the factoriser beside the paper's, and time."""

import statistics
import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from common import tables
from common.machine import describe
from common.options import Options
from common.plots import redraw
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF as SklearnNMF
from sklearn.mixture import GaussianMixture

from label_shift.problems import PROBLEMS, discriminator
from pauca.datasets import make_anchored_counts, make_latent_label_shift
from pauca.decomposition import SimplexNMF
from pauca.label_shift import LatentLabelShift
from pauca.metrics import matched_accuracy, prior_l1_error

Rows = list[dict[str, Any]]

# problem, discriminator (None: the default), clusters
METHODS = [
    ("blobs", "forest", 20),
    ("blobs", "forest", "auto"),
    ("overlap", "default", "auto"),
    ("overlap", "perceptron", "auto"),
    ("digits", "default", "auto"),
    ("digits", "perceptron", "auto"),
    ("digits", "default", 30),
    ("digits", "default", 60),
]

# documents (domains), words (clusters), topics (classes), length, anchors
GRID = [
    (10, 30, 5, 500, True),
    (10, 30, 10, 2000, True),
    (20, 100, 10, 500, True),
    (20, 100, 10, 5000, True),
    (20, 100, 10, 500, False),
    (100, 100, 10, 500, True),
    (100, 300, 20, 1000, True),
    (1000, 30, 10, 200, True),
    (1000, 1000, 20, 500, True),
]

COLUMNS = {"cpu": ".1f", "wall": ".1f", "accuracy": ".3f"}


def accuracy(options: Options) -> Rows:
    rows: Rows = []
    before = tables.read_csv(options.folder("label_shift") / "accuracy.csv")

    def note(problem: str, method: str, seed: int, acc: float, l1: float, seconds: float) -> None:
        rows.append({"problem": problem, "method": method, "seed": seed, "accuracy": acc, "l1": l1, "seconds": seconds})

    for name, build in PROBLEMS.items():
        if options.only not in name:  # those of last time
            numbers = ("accuracy", "l1", "seconds")
            rows += [{**r, **{n: float(r[n]) for n in numbers}} for r in before if r["problem"] == name]
            continue
        for seed in options.seeds:
            p = build(seed)
            k = p.prior.shape[0]
            if not np.isnan(p.bayes):
                note(name, "Bayes' rule", seed, p.bayes, 0.0, float("nan"))
            for peer, model in {
                "k-means": KMeans(k, n_init=5, random_state=seed),
                "Gaussian mixture": GaussianMixture(k, reg_covar=1e-3, random_state=seed),
            }.items():
                start = time.process_time()
                train = model.fit(p.X).predict(p.X)
                seconds = time.process_time() - start
                prior = np.array(
                    [[np.mean(train[p.domain == d] == c) for d in range(p.prior.shape[1])] for c in range(k)]
                )
                note(
                    name, peer, seed, matched_accuracy(p.y_test, model.predict(p.X_test)),
                    prior_l1_error(p.prior, prior), seconds,
                )  # fmt: skip
            for prefix, learner, clusters in METHODS:
                if not name.startswith(prefix) or (options.quick and learner != "default"):
                    continue
                model = LatentLabelShift(
                    k, discriminator=discriminator(learner, seed), n_clusters=clusters, random_state=seed
                )
                start = time.process_time()
                model.fit(p.X, p.domain)
                seconds = time.process_time() - start
                note(
                    name, f"LatentLabelShift, {learner}, m={clusters}", seed,
                    matched_accuracy(p.y_test, model.predict(p.X_test, p.domain_test)),
                    prior_l1_error(p.prior, model.class_prior_), seconds,
                )  # fmt: skip
            print(f"   {name}, seed {seed}", flush=True)
    return rows


def papers_factoriser(counts: Any, k: int, seed: int) -> Any:
    """scikit-learn's NMF with its defaults from one random start, factors rescaled afterwards: T (K, D)."""
    model = SklearnNMF(k, init="random", random_state=seed)
    W = model.fit_transform(counts / counts.sum(axis=1, keepdims=True)) * model.components_.sum(axis=1)
    return (W / np.maximum(W.sum(axis=1, keepdims=True), 1e-300)).T


def factorisers(options: Options) -> Rows:
    rows: Rows = []
    for d, m, k, length, anchors in GRID[:3] if options.quick else GRID:
        for seed in options.seeds:
            data = make_anchored_counts(d, m, k, length=length, anchors=anchors, random_state=seed)
            case = f"m={m} D={d} K={k} n={length}" + ("" if anchors else ", no anchors")
            start = time.process_time()
            T = papers_factoriser(data.counts, k, seed)
            entry = {"paper's": (prior_l1_error(data.topic_weights.T, T), time.process_time() - start)}
            for name, arguments in {
                "default": {},
                "spa + 20 rounds": {"init": "spa"},
                "spa alone": {"init": "spa", "solver": "none"},
                "anchor words + 20 rounds": {"init": "anchor-words"},
                "spa, converged": {"init": "spa", "stopping": "converged"},
            }.items():
                times = []
                for _ in range(options.repeats):
                    start = time.process_time()
                    model = SimplexNMF(k, random_state=seed, **arguments).fit(data.counts)
                    times.append(time.process_time() - start)
                l1 = prior_l1_error(data.topic_weights.T, model.transform(data.counts).T)
                entry[name] = (l1, min(times))
            for name, (l1, seconds) in entry.items():
                rows.append({"case": case, "factoriser": name, "seed": seed, "l1": l1, "seconds": seconds})
        print(f"   counts {case}", flush=True)
    return rows


def large(options: Options) -> Rows:
    """Time of a fit with the defaults as the data grow."""
    rows: Rows = []
    sizes = [(2000, 16, 10)] if options.quick else [(20_000, 128, 50), (200_000, 128, 50)]
    for n, p, d in sizes:
        data = make_latent_label_shift(
            n, 10, d, kind="gaussian", n_features=p, max_condition=20.0, random_state=options.seeds[0]
        )
        model = LatentLabelShift(10, random_state=0)
        cpu, wall = time.process_time(), time.perf_counter()
        model.fit(data.X, data.domain)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        rows.append(
            {
                "n": n,
                "p": p,
                "domains": d,
                "cpu": cpu,
                "wall": wall,
                "accuracy": matched_accuracy(data.y, model.labels_),
            }
        )
        print(f"   n={n} p={p} D={d}: {cpu:.1f} s of CPU, accuracy {rows[-1]['accuracy']:.3f}", flush=True)
    return rows


def run(options: Options) -> Path:
    warnings.simplefilter("ignore")
    folder = options.folder("label_shift")
    fits = accuracy(options)
    tables.write_csv(folder / "accuracy.csv", fits)
    groups: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in fits:
        groups[row["problem"], row["method"]].append(row)
    first = tables.markdown(
        ["data", "method", "data sets", "accuracy", "lowest", "L1 of the priors", "CPU s"],
        (
            [*key, len(g), f"{np.mean([r['accuracy'] for r in g]):.3f}", f"{min(r['accuracy'] for r in g):.3f}",
             f"{np.mean([r['l1'] for r in g]):.3f}", f"{statistics.median(r['seconds'] for r in g):.2g}"]
            for key, g in groups.items()
        ),
    )  # fmt: skip
    print(first, flush=True)
    second = third = ""
    counts = tables.measured(folder / "factorisers.csv", factorisers, options)
    if counts:
        names = list(dict.fromkeys(r["factoriser"] for r in counts))

        def cell(case: str, name: str) -> str:
            own = [r for r in counts if (r["case"], r["factoriser"]) == (case, name)]
            seconds = statistics.median(float(r["seconds"]) for r in own)
            return f"{np.mean([float(r['l1']) for r in own]):.3f} ({1e3 * seconds:.1f})"

        second = tables.markdown(
            ["counts", *names], ([c, *(cell(c, n) for n in names)] for c in dict.fromkeys(r["case"] for r in counts))
        )
        print(second, flush=True)
    sizes = tables.measured(folder / "large.csv", large, options)
    if sizes:
        third = tables.markdown(
            ["n", "features", "domains", "CPU s", "wall s", "accuracy"],
            ([r["n"], r["p"], r["domains"], *(f"{float(r[c]):{f}}" for c, f in COLUMNS.items())] for r in sizes),
        )
    page = options.output / "label_shift.md"
    page.write_text(
        PAGE.format(
            machine=describe(["pauca", "numpy", "scipy", "scikit-learn"], options),
            first=first,
            second=second,
            third=third,
        ),
        encoding="utf-8",
    )
    return redraw("label_shift", options)


PAGE = """# Latent label shift

{machine}

## Accuracy

Held-out points of known domain, classes matched; the L1 error of the priors is the mean a domain, from 0 to 2. k-means
and the Gaussian mixture see the features only. "default" is the estimator's own discriminator. Seeds from 1001.

{first}
## Factorisation alone

L1 error of the priors a domain, CPU milliseconds in brackets, on counts drawn from a topic model. "paper's" is
scikit-learn's NMF as Roberts et al. (2022) run it: one random start, factors rescaled afterwards.

{second}
## Size

Defaults, 10 classes.

{third}
"""
