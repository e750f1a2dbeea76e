#pragma once

#include <vector>

#include "pauca/core/monitor.hpp"
#include "pauca/design/design.hpp"
#include "pauca/loss/coupling.hpp"

namespace pauca::bcd {

/// The curvature a quadratic model is built with: h_i, or the same number for all rows if `rows` is null. A coupling
/// makes it diag(h) - R'R; engines without a Gram leave it out, which bends the model up.
struct Curvature {
  const Vector* rows = nullptr;
  double constant = 0.0;
  const Coupling* coupling = nullptr;

  double sum(Index n) const { return rows ? rows->sum() : constant * static_cast<double>(n); }
};

/// K = X_W' H X_W over a growing set W of columns, with the H-weighted column means removed if `center`. A coupled H
/// has no need of that: constants are in its null space.
///
/// Only the products of new columns are computed, and only half of those among themselves.
class WorkingGram {
 public:
  WorkingGram(const Design& design, bool center) : design_(design), center_(center) {}

  /// Starts over with this curvature.
  void reset(const Curvature& h);
  /// Adds the columns that are not there yet. The Gram is of no use once the monitor asks to stop.
  void include(const std::vector<Index>& columns, Monitor& monitor);

  Index size() const { return size_; }
  Index column(Index k) const { return columns_[static_cast<std::size_t>(k)]; }
  /// Row of column j, -1 if it was not included.
  Index position(Index j) const { return position_[j]; }
  const double* data(Index k) const { return gram_.data() + k * gram_.rows(); }
  /// Curvature of row k; exactly zero for a column that is constant (or zero) as far as rounding can tell.
  double diagonal(Index k) const { return gram_(k, k); }
  double operator()(Index a, Index b) const { return gram_(a, b); }
  Eigen::Map<const Matrix, 0, Eigen::OuterStride<>> columns(Index first, Index count) const {
    return {data(first), size_, count, Eigen::OuterStride<>(gram_.rows())};
  }
  /// H-weighted mean of column j; zero without centring.
  double mean(Index j) const { return centers() ? means_[j] : 0.0; }

 private:
  bool centers() const { return center_ && !h_.coupling; }
  void couple(const std::vector<Index>& fresh, Index old, Monitor& monitor);

  const Design& design_;
  bool center_;
  Curvature h_;
  double h_sum_ = 0.0;
  Matrix coupled_;  // R X_W
  Matrix gram_;     // capacity x capacity, the leading size_ x size_ part in use
  Index size_ = 0;
  std::vector<Index> columns_;
  IndexVector position_;
  Vector means_;
};

}  // namespace pauca::bcd
