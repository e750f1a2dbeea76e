#pragma once

#include "pauca/core/types.hpp"

namespace pauca::dag {

/// Second moments of all variables as node regressions need them, from a factor F of the centred data (F'F = n S):
/// unit-norm columns of F, their correlations, and the standard deviations. A constant variable has scale 0 and a zero
/// column, so that it never explains anything.
struct NodeMoments {
  NodeMoments(ConstMatrixRef centered_factor, double n_samples);

  Index size() const { return correlation.cols(); }

  Matrix factor;
  Matrix correlation;
  Vector scale;
  double n;
};

}  // namespace pauca::dag
