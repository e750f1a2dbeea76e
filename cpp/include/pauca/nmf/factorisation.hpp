#pragma once

#include "pauca/core/monitor.hpp"
#include "pauca/nmf/row_matrix.hpp"

namespace pauca::nmf {

/// Elastic-net penalties of the factors: l1 * sum(W) + l2 / 2 * ||W||^2, the same for H.
struct FactorPenalty {
  double l1_left = 0.0, l2_left = 0.0, l1_right = 0.0, l2_right = 0.0;
};

struct FactorOptions {
  FactorPenalty penalty;
  int n_threads = 1;
  Index sweeps = 8;         ///< at most so many coordinate sweeps a product with the data
  bool extrapolate = true;  ///< momentum on both factors with restarts
};

/// X ~ L' R with L (k x rows) and R (k x cols), nonnegative, k padded with zero rows to a multiple of 4.
template <class T>
struct Factors {
  using M = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  M left, right;
  Index k = 0;  ///< components, without padding
};

/// min 1/2 ||X - W H||^2 + penalties by hierarchical alternating least squares.
///
/// One pass over X an iteration: for a block of rows, X H' is formed, the rows of W are swept several times (rows are
/// independent given H), and W'X and W'W are accumulated while the block is still in cache. Both factors are
/// extrapolated, with a restart whenever the objective rises (Ang and Gillis, 2019). Stops when the projected
/// gradient, summed over entries, is below tol times its first value.
template <class T>
Report frobenius(const RowMatrix<T>& x, Factors<T>& f, const FactorOptions& options, const Settings& settings,
                 Monitor& monitor);

/// min sum X log(X / WH) - X + WH + penalties (generalised Kullback-Leibler) by coordinate-wise Newton steps on one
/// row of W, then one column of H, at a time (Hsieh and Dhillon, 2011), with a multiplicative update in place of a
/// sweep that would raise the objective. `xt` is X transposed.
template <class T>
Report kullback_leibler(const RowMatrix<T>& x, const RowMatrix<T>& xt, Factors<T>& f, const FactorOptions& options,
                        const Settings& settings, Monitor& monitor);

/// The left factor for a fixed right one, to the tolerance: new rows of data. Frobenius or Kullback-Leibler.
template <class T>
void solve_left(const RowMatrix<T>& x, Factors<T>& f, bool kl, const FactorOptions& options, double tol,
                Monitor& monitor);

/// 1/2 ||X - WH||^2, expanded into products with X; entry by entry where dense data leave nothing else to see.
template <class T>
double misfit(const RowMatrix<T>& x, const Factors<T>& f);

/// sum X log(X / WH) - X + WH.
template <class T>
double divergence(const RowMatrix<T>& x, const Factors<T>& f);

}  // namespace pauca::nmf
