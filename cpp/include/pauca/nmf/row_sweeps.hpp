#pragma once

#include <algorithm>

#include "pauca/core/types.hpp"

namespace pauca::nmf {

/// Coordinate sweeps for many independent nonnegative least-squares problems that share one Gram:
///   min_{w >= 0} 1/2 w' G w - b' w,   w_k <- max(0, w_k + (b_k - g_k' w) / G_kk).
/// Problems are taken 32 at a time and transposed, so that one step serves all of them in vector registers.
template <class T>
class RowSweeps {
 public:
  explicit RowSweeps(Index k) : w_(tile, k), b_(tile, k) {}

  struct Outcome {
    double violation = 0.0;  ///< sum |projected gradient| at the start of the first sweep
    double change = 0.0;     ///< sum of squared changes in the last sweep
  };

  /// b, w: k x n with `stride` numbers a column; gram k x k. Sweeps until one changes a tile by less than `share`
  /// of what the first one did (in norm), at most `sweeps` times.
  Outcome run(const T* b, T* w, Index stride, Index n, const Eigen::Matrix<T, -1, -1>& gram, Index sweeps,
              double share) {
    Outcome total;
    const Index k = w_.cols();
    for (Index at = 0; at < n; at += tile) {
      const Index m = std::min(tile, n - at);
      load(b + at * stride, stride, m, b_);
      load(w + at * stride, stride, m, w_);
      double first = 0.0, change = 0.0;
      for (Index s = 0; s < sweeps; ++s) {
        change = 0.0;
        for (Index j = 0; j < k; ++j) change += step(j, gram, s == 0, m, total.violation);
        if (s == 0) first = change;
        if (change <= share * share * first) break;
      }
      total.change += change;
      for (Index i = 0; i < m; ++i) {
        T* to = w + (at + i) * stride;
        for (Index j = 0; j < k; ++j) to[j] = w_(i, j);
      }
    }
    return total;
  }

 private:
  static constexpr Index tile = 32;
  using Column = Eigen::Array<T, tile, 1>;
  using Tile = Eigen::Array<T, tile, Eigen::Dynamic>;

  void load(const T* from, Index stride, Index m, Tile& to) const {
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < to.cols(); ++j) to(i, j) = from[i * stride + j];
    }
    if (m < tile) to.bottomRows(tile - m).setZero();
  }

  double step(Index j, const Eigen::Matrix<T, -1, -1>& gram, bool first, Index m, double& violation) {
    const T curvature = gram(j, j);
    if (!(curvature > T(0))) return 0.0;
    Column g = b_.col(j);
    const T* column = gram.data() + j * gram.rows();
    const T* w = w_.data();
    for (Index l = 0; l < w_.cols(); ++l) g -= column[l] * Eigen::Map<const Column>(w + l * tile);
    const Column old = w_.col(j);
    if (first) {
      violation += static_cast<double>((old > T(0)).select(g.abs(), g.max(T(0))).head(m).sum());
    }
    const Column now = (old + g * (T(1) / curvature)).max(T(0));
    w_.col(j) = now;
    return static_cast<double>((now - old).head(m).square().sum());
  }

  Tile w_, b_;
};

}  // namespace pauca::nmf
