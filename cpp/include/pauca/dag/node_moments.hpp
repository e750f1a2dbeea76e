#pragma once

#include "pauca/core/types.hpp"

namespace pauca::dag {

/// Second moments of all variables as node regressions need them, from a factor F of the centred data (F'F = n S):
/// unit-norm columns of F, their correlations, and the standard deviations. A constant variable has scale 0 and a zero
/// column, so that it never explains anything.
struct NodeMoments {
  NodeMoments(ConstMatrixRef centered_factor, double n_samples);

  Index size() const { return correlation.cols(); }
  /// Below the rss of each variable on any others: 1 / (C^{-1})_jj, a little less against rounding; zero where C is
  /// too near to singular to tell.
  Vector least_rss() const;

  Matrix factor;
  Matrix correlation;
  Vector scale;
  double n;
};

}  // namespace pauca::dag
