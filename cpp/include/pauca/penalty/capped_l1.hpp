#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "pauca/core/errors.hpp"

namespace pauca {

/// Capped l1: p_l(a) = l min(a, threshold). Its concave kink is never a minimiser of a prox.
struct CappedL1 {
  static constexpr const char* name = "capped_l1";
  static constexpr bool convex = false;
  static constexpr bool homogeneous = true;
  static constexpr bool infinite_slope = false;
  static constexpr bool splits = false;

  double threshold;

  explicit CappedL1(const std::vector<double>& shape) : threshold(shape.at(0)) {
    require(threshold > 0.0, "CappedL1: threshold must be positive");
  }

  double value(double a, double l) const { return a < threshold ? l * a : l * threshold; }
  double derivative(double a, double l) const { return a < threshold ? l : 0.0; }
  double curvature(double, double) const { return 0.0; }
  double concavity(double) const { return std::numeric_limits<double>::infinity(); }
  double critical(double z, double) const { return z; }

  double prox(double a, double l, double t) const {
    const double k = t * l;
    if (k >= 2.0 * threshold) return a <= std::sqrt(2.0 * k * threshold) ? 0.0 : a;
    if (a > threshold + 0.5 * k) return a;
    return a <= k ? 0.0 : a - k;
  }
};

}  // namespace pauca
