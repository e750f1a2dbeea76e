"""Signatures of the compiled core, written by python/bindings/make_stub.py."""

# Overloads by dtype overlap for mypy, because arrays convert.
# mypy: disable-error-code=overload-overlap
from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "ClusterLikelihood",
    "Design",
    "Graph",
    "GraphProblem",
    "Rows32",
    "Rows64",
    "Screener",
    "block_solve",
    "blocks_graph",
    "blocks_linear",
    "blocks_softmax",
    "build_info",
    "column_moments",
    "concordance",
    "cox_baseline",
    "csc_design",
    "dense_design",
    "dense_rows",
    "forest_solve",
    "genotype_design",
    "genotype_means",
    "graph_colouring",
    "graph_forests",
    "greedy_forest",
    "kron_multiply",
    "linear_path",
    "linear_solve",
    "linear_solve_rules",
    "logistic_head",
    "loss_center",
    "loss_conjugate",
    "loss_evaluate",
    "loss_hessian",
    "make_graph",
    "mixture_weights",
    "mixture_weights_one",
    "moments_append",
    "moments_merge",
    "multitask_als",
    "multitask_heads",
    "multitask_logistic",
    "multitask_start",
    "nmf_fit",
    "nmf_reconstruction",
    "nmf_solve_left",
    "path_following",
    "path_following_pieces",
    "penalty_prox",
    "penalty_value",
    "project_l1_ball",
    "project_simplex",
    "propagate",
    "proximal_solve",
    "sbl_solve",
    "sbl_solve_batch",
    "simplex_fit",
    "simplex_held_out",
    "simplex_least_squares",
    "simplex_log_likelihood",
    "simplex_start",
    "sparse_rows",
    "structured_prox",
    "structured_value",
    "topological_order",
]

class Design:
    pass

class GraphProblem:
    def __init__(
        self,
        factors: collections.abc.Sequence[typing.Annotated[numpy.typing.ArrayLike, numpy.float64]],
        counts: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        group_of: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        edge: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
        tier: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        nonnegative: bool,
    ) -> None: ...
    def by_variance(self) -> list[int]: ...
    def refit(self, w: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> dict[str, typing.Any]: ...
    def repair(
        self,
        w: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        strength: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> numpy.typing.NDArray[typing.Any]: ...
    def search(
        self,
        starts: collections.abc.Sequence[collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]],
        restarts: typing.SupportsInt | typing.SupportsIndex,
        patience: typing.SupportsInt | typing.SupportsIndex,
        max_passes: typing.SupportsInt | typing.SupportsIndex,
        move: bool,
        seed: typing.SupportsInt | typing.SupportsIndex,
        max_time: typing.SupportsFloat | typing.SupportsIndex,
        callback: typing.Any,
    ) -> dict[str, typing.Any]: ...
    def sparse_top_down(self) -> list[int]: ...
    def top_down(self, factor: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> list[int]: ...
    def use_bic(
        self,
        equal_variance: bool,
        kappa: typing.SupportsFloat | typing.SupportsIndex,
        max_parents: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    def use_colide(
        self,
        equal_variance: bool,
        penalties: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        noise_bound: typing.SupportsFloat | typing.SupportsIndex,
    ) -> None: ...

class Rows64:
    pass

class Rows32:
    pass

class ClusterLikelihood:
    def __init__(
        self,
        z: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        start: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    ) -> None: ...
    def effects(
        self,
        residual: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        factor: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> numpy.typing.NDArray[typing.Any]: ...
    def radial_value(
        self,
        log_s2: typing.SupportsFloat | typing.SupportsIndex,
        degrees: typing.SupportsFloat | typing.SupportsIndex,
        quadratic: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> float: ...
    def step(
        self,
        residual: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        log_s2: typing.SupportsFloat | typing.SupportsIndex,
        factor: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        degrees: typing.SupportsFloat | typing.SupportsIndex,
        *,
        fit_scale: bool,
        fit_degrees: bool,
        max_degrees: typing.SupportsFloat | typing.SupportsIndex,
    ) -> tuple[typing.Any, ...]: ...
    def value(
        self,
        residual: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        log_s2: typing.SupportsFloat | typing.SupportsIndex,
        factor: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        degrees: typing.SupportsFloat | typing.SupportsIndex,
    ) -> tuple[typing.Any, ...]: ...
    def whiten(
        self,
        x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        factor: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        scale: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ) -> numpy.typing.NDArray[typing.Any]: ...

class Screener:
    def __init__(
        self,
        y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        *,
        kind: typing.SupportsInt | typing.SupportsIndex,
        method: str,
        bandwidth: str,
        bandwidth_factor: typing.SupportsFloat | typing.SupportsIndex,
        grid: typing.SupportsInt | typing.SupportsIndex,
        bins: str,
        n_bins: typing.SupportsInt | typing.SupportsIndex,
        neighbors: typing.SupportsInt | typing.SupportsIndex,
        bias_correction: bool,
        normalize: str,
        ranks: bool,
        max_levels: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
    ) -> None: ...
    @typing.overload
    def score(
        self,
        x: numpy.typing.NDArray[numpy.float64],
        *,
        first: typing.SupportsInt | typing.SupportsIndex,
        kinds: typing.Annotated[numpy.typing.ArrayLike, numpy.int8] | None,
        permutations: typing.SupportsInt | typing.SupportsIndex,
        n_threads: typing.SupportsInt | typing.SupportsIndex,
        callback: typing.Any,
    ) -> dict[str, typing.Any]: ...
    @typing.overload
    def score(
        self,
        x: numpy.typing.NDArray[numpy.float32],
        *,
        first: typing.SupportsInt | typing.SupportsIndex,
        kinds: typing.Annotated[numpy.typing.ArrayLike, numpy.int8] | None,
        permutations: typing.SupportsInt | typing.SupportsIndex,
        n_threads: typing.SupportsInt | typing.SupportsIndex,
        callback: typing.Any,
    ) -> dict[str, typing.Any]: ...
    @property
    def target_levels(self) -> int: ...

class Graph:
    pass

def block_solve(
    x: Design,
    *,
    loss: str,
    loss_shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    sample_weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    offset: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    penalty: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    labels: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    group_weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    alpha: typing.SupportsFloat | typing.SupportsIndex,
    relative: bool,
    lambda_share: typing.SupportsFloat | typing.SupportsIndex,
    ridge_share: typing.SupportsFloat | typing.SupportsIndex,
    fit_intercept: bool,
    scale: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    engine: str,
    continuation: typing.SupportsFloat | typing.SupportsIndex,
    gram_bytes: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    coef: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    intercept: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def blocks_graph(
    q: Graph,
    *,
    c: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    l1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    lower: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    upper: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    group: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    rules: dict[str, typing.Any],
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    updates: typing.SupportsInt | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    target: typing.SupportsFloat | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def blocks_linear(
    x: Design,
    *,
    loss: str,
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ridge: typing.SupportsFloat | typing.SupportsIndex,
    fit_intercept: bool,
    gram_bytes: typing.SupportsFloat | typing.SupportsIndex,
    l1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    lower: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    upper: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    group: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    rules: dict[str, typing.Any],
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    updates: typing.SupportsInt | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    target: typing.SupportsFloat | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def blocks_softmax(
    x: Design,
    *,
    labels: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    n_classes: typing.SupportsInt | typing.SupportsIndex,
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ridge: typing.SupportsFloat | typing.SupportsIndex,
    l1: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    lower: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    upper: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    group: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    rules: dict[str, typing.Any],
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    updates: typing.SupportsInt | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    target: typing.SupportsFloat | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def build_info() -> dict[str, typing.Any]: ...
def column_moments(
    x: Design, weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]
) -> tuple[typing.Any, ...]: ...
def concordance(
    target: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    risk: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[float, float, float]: ...
def cox_baseline(
    target: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    efron: bool,
    eta: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[
    numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[typing.Any], numpy.typing.NDArray[numpy.int64]
]: ...
@typing.overload
def csc_design(
    values: numpy.typing.NDArray[numpy.float64],
    indices: numpy.typing.NDArray[numpy.int32],
    indptr: numpy.typing.NDArray[numpy.int32],
    rows: typing.SupportsInt | typing.SupportsIndex,
) -> Design: ...
@typing.overload
def csc_design(
    values: numpy.typing.NDArray[numpy.float64],
    indices: numpy.typing.NDArray[numpy.int64],
    indptr: numpy.typing.NDArray[numpy.int64],
    rows: typing.SupportsInt | typing.SupportsIndex,
) -> Design: ...
@typing.overload
def csc_design(
    values: numpy.typing.NDArray[numpy.float32],
    indices: numpy.typing.NDArray[numpy.int32],
    indptr: numpy.typing.NDArray[numpy.int32],
    rows: typing.SupportsInt | typing.SupportsIndex,
) -> Design: ...
@typing.overload
def csc_design(
    values: numpy.typing.NDArray[numpy.float32],
    indices: numpy.typing.NDArray[numpy.int64],
    indptr: numpy.typing.NDArray[numpy.int64],
    rows: typing.SupportsInt | typing.SupportsIndex,
) -> Design: ...
@typing.overload
def dense_design(x: numpy.typing.NDArray[numpy.float64]) -> Design: ...
@typing.overload
def dense_design(x: numpy.typing.NDArray[numpy.float32]) -> Design: ...
@typing.overload
def dense_rows(x: numpy.typing.NDArray[numpy.float64]) -> Rows64: ...
@typing.overload
def dense_rows(x: numpy.typing.NDArray[numpy.float32]) -> Rows32: ...
def forest_solve(
    q: Graph,
    block: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    r: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> numpy.typing.NDArray[typing.Any]: ...
def genotype_design(
    codes: numpy.typing.NDArray[numpy.int8],
    missing: typing.SupportsInt | typing.SupportsIndex,
    mean: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    n_missing: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    row_index: typing.Annotated[numpy.typing.ArrayLike, numpy.int64] | None,
) -> Design: ...
def genotype_means(
    codes: numpy.typing.NDArray[numpy.int8], missing: typing.SupportsInt | typing.SupportsIndex
) -> tuple[typing.Any, ...]: ...
def graph_colouring(q: Graph) -> list[typing.Any]: ...
def graph_forests(q: Graph) -> list[typing.Any]: ...
def greedy_forest(
    q: Graph, order: typing.Annotated[numpy.typing.ArrayLike, numpy.int64]
) -> numpy.typing.NDArray[numpy.int64]: ...
def kron_multiply(
    factors: collections.abc.Sequence[numpy.typing.NDArray[typing.Any]],
    x: numpy.typing.NDArray[typing.Any],
    adjoint: bool,
) -> numpy.typing.NDArray[typing.Any]: ...
def linear_path(
    x: Design,
    *,
    loss: str,
    loss_shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    sample_weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    offset: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    penalty: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    alphas: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    relative: bool,
    lambda_share: typing.SupportsFloat | typing.SupportsIndex,
    ridge_share: typing.SupportsFloat | typing.SupportsIndex,
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    nonnegative: bool,
    multiply: bool,
    fit_intercept: bool,
    scale: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    engine: str,
    gram_bytes: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def linear_solve(
    x: Design,
    *,
    loss: str,
    loss_shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    sample_weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    offset: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    penalty: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    alpha: typing.SupportsFloat | typing.SupportsIndex,
    relative: bool,
    lambda_share: typing.SupportsFloat | typing.SupportsIndex,
    ridge_share: typing.SupportsFloat | typing.SupportsIndex,
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    nonnegative: bool,
    multiply: bool,
    fit_intercept: bool,
    scale: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    engine: str,
    continuation: typing.SupportsFloat | typing.SupportsIndex,
    gram_bytes: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    coef: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    intercept: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def linear_solve_rules(
    x: Design,
    *,
    loss: str,
    loss_shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    sample_weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    offset: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    penalty: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    alpha: typing.SupportsFloat | typing.SupportsIndex,
    relative: bool,
    lambda_share: typing.SupportsFloat | typing.SupportsIndex,
    ridge_share: typing.SupportsFloat | typing.SupportsIndex,
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    nonnegative: bool,
    multiply: bool,
    fit_intercept: bool,
    scale: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    gram_bytes: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    coef: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    intercept: typing.SupportsFloat | typing.SupportsIndex,
    rules: dict[str, typing.Any],
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def logistic_head(
    z: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ridge: typing.SupportsFloat | typing.SupportsIndex,
    fit_intercept: bool,
) -> tuple[numpy.typing.NDArray[typing.Any], float]: ...
def loss_center(
    name: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    eta: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> float: ...
def loss_conjugate(
    name: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    v: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> float: ...
def loss_evaluate(
    name: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    eta: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> tuple[float, numpy.typing.NDArray[typing.Any], numpy.typing.NDArray[typing.Any]]: ...
def loss_hessian(
    name: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    eta: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    columns: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> numpy.typing.NDArray[typing.Any]: ...
def make_graph(
    values: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    indices: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    indptr: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
) -> Graph: ...
def mixture_weights(
    values: numpy.typing.NDArray[numpy.float64],
    idx: numpy.typing.NDArray[numpy.int32],
    starts: numpy.typing.NDArray[numpy.int64],
    components: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    tol: typing.SupportsFloat | typing.SupportsIndex,
    n_threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[typing.Any]: ...
def mixture_weights_one(
    f: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    components: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    tol: typing.SupportsFloat | typing.SupportsIndex,
) -> tuple[numpy.typing.NDArray[typing.Any], float]: ...
@typing.overload
def moments_append(
    factor: numpy.typing.NDArray[numpy.float64],
    x: numpy.typing.NDArray[numpy.float64],
    y: numpy.typing.NDArray[numpy.float64],
    weights: numpy.typing.NDArray[numpy.float64],
    callback: typing.Any,
) -> numpy.typing.NDArray[typing.Any]: ...
@typing.overload
def moments_append(
    factor: numpy.typing.NDArray[numpy.float64],
    x: numpy.typing.NDArray[numpy.float32],
    y: numpy.typing.NDArray[numpy.float64],
    weights: numpy.typing.NDArray[numpy.float64],
    callback: typing.Any,
) -> numpy.typing.NDArray[typing.Any]: ...
def moments_merge(
    a: numpy.typing.NDArray[numpy.float64], b: numpy.typing.NDArray[numpy.float64]
) -> numpy.typing.NDArray[typing.Any]: ...
def multitask_als(
    grams: numpy.typing.NDArray[numpy.float64],
    cross: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    squares: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ridge: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    *,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def multitask_heads(
    grams: numpy.typing.NDArray[numpy.float64],
    cross: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    squares: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ridge: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    basis: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> numpy.typing.NDArray[typing.Any]: ...
def multitask_logistic(
    x: numpy.typing.NDArray[numpy.float64],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.int64],
    ridge: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    fit_intercept: bool,
    basis: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    *,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def multitask_start(
    grams: numpy.typing.NDArray[numpy.float64],
    cross: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    squares: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    ridge: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    k: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[typing.Any]: ...
@typing.overload
def nmf_fit(
    x: Rows64,
    xt: Rows64,
    left: numpy.typing.NDArray[numpy.float64],
    right: numpy.typing.NDArray[numpy.float64],
    *,
    kl: bool,
    penalty: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"],
    sweeps: typing.SupportsInt | typing.SupportsIndex,
    extrapolate: bool,
    n_threads: typing.SupportsInt | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
@typing.overload
def nmf_fit(
    x: Rows32,
    xt: Rows32,
    left: numpy.typing.NDArray[numpy.float32],
    right: numpy.typing.NDArray[numpy.float32],
    *,
    kl: bool,
    penalty: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"],
    sweeps: typing.SupportsInt | typing.SupportsIndex,
    extrapolate: bool,
    n_threads: typing.SupportsInt | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
@typing.overload
def nmf_reconstruction(
    x: Rows64, left: numpy.typing.NDArray[numpy.float64], right: numpy.typing.NDArray[numpy.float64], kl: bool
) -> float: ...
@typing.overload
def nmf_reconstruction(
    x: Rows32, left: numpy.typing.NDArray[numpy.float32], right: numpy.typing.NDArray[numpy.float32], kl: bool
) -> float: ...
@typing.overload
def nmf_solve_left(
    x: Rows64,
    left: numpy.typing.NDArray[numpy.float64],
    right: numpy.typing.NDArray[numpy.float64],
    kl: bool,
    l1: typing.SupportsFloat | typing.SupportsIndex,
    l2: typing.SupportsFloat | typing.SupportsIndex,
    n_threads: typing.SupportsInt | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
@typing.overload
def nmf_solve_left(
    x: Rows32,
    left: numpy.typing.NDArray[numpy.float32],
    right: numpy.typing.NDArray[numpy.float32],
    kl: bool,
    l1: typing.SupportsFloat | typing.SupportsIndex,
    l2: typing.SupportsFloat | typing.SupportsIndex,
    n_threads: typing.SupportsInt | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float32]: ...
def path_following(
    *,
    covariances: collections.abc.Sequence[typing.Annotated[numpy.typing.ArrayLike, numpy.float64]],
    group_of: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    penalties: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    edge: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8],
    tier: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    nonnegative: bool,
    equal_variance: bool,
    mask_diagonal: bool,
    s: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    mu: typing.SupportsFloat | typing.SupportsIndex,
    mu_factor: typing.SupportsFloat | typing.SupportsIndex,
    warm_iter: typing.SupportsInt | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    checkpoint: typing.SupportsInt | typing.SupportsIndex,
    learning_rate: typing.SupportsFloat | typing.SupportsIndex,
    beta1: typing.SupportsFloat | typing.SupportsIndex,
    beta2: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    noise_bound: typing.SupportsFloat | typing.SupportsIndex,
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def path_following_pieces(
    covariance: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    penalties: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    w: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    s: typing.SupportsFloat | typing.SupportsIndex,
    equal_variance: bool,
    nonnegative: bool,
) -> tuple[float, numpy.typing.NDArray[typing.Any], typing.Any, typing.Any]: ...
def penalty_prox(
    name: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    lambda_: typing.SupportsFloat | typing.SupportsIndex,
    ridge: typing.SupportsFloat | typing.SupportsIndex,
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    nonnegative: bool,
    multiply: bool,
    v: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    step: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[typing.Any]: ...
def penalty_value(
    name: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    lambda_: typing.SupportsFloat | typing.SupportsIndex,
    ridge: typing.SupportsFloat | typing.SupportsIndex,
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    nonnegative: bool,
    multiply: bool,
    w: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> float: ...
def project_l1_ball(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], arg1: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[typing.Any]: ...
def project_simplex(
    arg0: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], arg1: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[typing.Any]: ...
def propagate(
    q: Graph,
    *,
    c: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    start: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    method: str,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def proximal_solve(
    x: Design,
    *,
    method: str,
    method_options: dict[str, typing.Any],
    penalty: typing.Any,
    name: str,
    shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    loss: str,
    loss_shape: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    sample_weight: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    offset: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    alpha: typing.SupportsFloat | typing.SupportsIndex,
    relative: bool,
    lambda_share: typing.SupportsFloat | typing.SupportsIndex,
    ridge_share: typing.SupportsFloat | typing.SupportsIndex,
    weights: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    nonnegative: bool,
    multiply: bool,
    fit_intercept: bool,
    scale: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    coef: typing.Annotated[numpy.typing.ArrayLike, numpy.float64] | None,
    intercept: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def sbl_solve(
    factors: collections.abc.Sequence[numpy.typing.NDArray[typing.Any]],
    y: numpy.typing.NDArray[typing.Any],
    n_snapshots: typing.SupportsInt | typing.SupportsIndex,
    options: dict[str, typing.Any],
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def sbl_solve_batch(
    factors: collections.abc.Sequence[numpy.typing.NDArray[typing.Any]],
    y: numpy.typing.NDArray[typing.Any],
    n_problems: typing.SupportsInt | typing.SupportsIndex,
    n_snapshots: typing.SupportsInt | typing.SupportsIndex,
    options: dict[str, typing.Any],
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    n_threads: typing.SupportsInt | typing.SupportsIndex,
) -> list[typing.Any]: ...
def simplex_fit(
    values: numpy.typing.NDArray[numpy.float64],
    words: numpy.typing.NDArray[numpy.int32],
    starts: numpy.typing.NDArray[numpy.int64],
    n_words: typing.SupportsInt | typing.SupportsIndex,
    start_words: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    start_topics: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    *,
    solver: str,
    smoothing: typing.SupportsFloat | typing.SupportsIndex,
    accelerate: bool,
    volume: typing.SupportsFloat | typing.SupportsIndex,
    n_threads: typing.SupportsInt | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> dict[str, typing.Any]: ...
def simplex_held_out(
    values: numpy.typing.NDArray[numpy.float64],
    held_out: numpy.typing.NDArray[numpy.float64],
    words: numpy.typing.NDArray[numpy.int32],
    starts: numpy.typing.NDArray[numpy.int64],
    n_words: typing.SupportsInt | typing.SupportsIndex,
    start_words: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    start_topics: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    *,
    smoothing: typing.SupportsFloat | typing.SupportsIndex,
    n_threads: typing.SupportsInt | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    max_time: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> tuple[int, float]: ...
def simplex_least_squares(
    gram: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    b: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> numpy.typing.NDArray[typing.Any]: ...
def simplex_log_likelihood(
    values: numpy.typing.NDArray[numpy.float64],
    words: numpy.typing.NDArray[numpy.int32],
    starts: numpy.typing.NDArray[numpy.int64],
    n_words: typing.SupportsInt | typing.SupportsIndex,
    word_factor: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    topic_factor: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> float: ...
def simplex_start(
    values: numpy.typing.NDArray[numpy.float64],
    words: numpy.typing.NDArray[numpy.int32],
    starts: numpy.typing.NDArray[numpy.int64],
    n_words: typing.SupportsInt | typing.SupportsIndex,
    k: typing.SupportsInt | typing.SupportsIndex,
    init: str,
    seed: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
@typing.overload
def sparse_rows(
    values: numpy.typing.NDArray[numpy.float64],
    idx: numpy.typing.NDArray[numpy.int32],
    starts: numpy.typing.NDArray[numpy.int64],
    cols: typing.SupportsInt | typing.SupportsIndex,
) -> Rows64: ...
@typing.overload
def sparse_rows(
    values: numpy.typing.NDArray[numpy.float32],
    idx: numpy.typing.NDArray[numpy.int32],
    starts: numpy.typing.NDArray[numpy.int64],
    cols: typing.SupportsInt | typing.SupportsIndex,
) -> Rows32: ...
def structured_prox(
    spec: dict[str, typing.Any],
    alpha: typing.SupportsFloat | typing.SupportsIndex,
    v: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
    step: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[typing.Any]: ...
def structured_value(
    spec: dict[str, typing.Any],
    alpha: typing.SupportsFloat | typing.SupportsIndex,
    w: typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
) -> float: ...
def topological_order(w: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> list[int]: ...
