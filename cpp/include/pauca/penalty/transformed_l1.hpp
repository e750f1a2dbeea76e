#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "pauca/core/errors.hpp"

namespace pauca {

/// Transformed L1 penalty: p_l(a) = l (1 + theta) a / (theta + a), between a count (theta -> 0) and L1 (-> infinity).
struct TransformedL1 {
  static constexpr const char* name = "transformed_l1";
  static constexpr bool convex = false;
  static constexpr bool homogeneous = true;
  static constexpr bool infinite_slope = false;
  static constexpr bool splits = true;

  double theta;

  explicit TransformedL1(const std::vector<double>& shape) : theta(shape.at(0)) {
    require(theta > 0.0, "TransformedL1: theta must be positive");
  }

  double value(double a, double l) const {
    return std::isinf(a) ? l * (1.0 + theta) : l * (1.0 + theta) * (a / (theta + a));
  }
  double derivative(double a, double l) const {
    const double share = theta / (theta + a);
    return l * (1.0 + theta) / theta * share * share;
  }
  double curvature(double a, double l) const { return -2.0 * derivative(a, l) / (theta + a); }
  double concavity(double l) const { return 2.0 * l * (1.0 + theta) / (theta * theta); }
  double critical(double z, double) const { return z * theta / (1.0 + theta); }

  /// With y = x + theta the stationary points solve y^2 (a + theta - y) = k, k = t l theta (1 + theta): the largest
  /// root is (A / 3) (1 + 2 cos(acos(1 - 27 k / 2 A^3) / 3)), A = a + theta; it is taken where it beats zero.
  double prox(double a, double l, double t) const {
    if (std::isinf(a)) return std::isinf(l) ? 0.0 : a;
    const double k = t * l * theta * (1.0 + theta);
    if (k == 0.0) return a;
    const double A = a + theta;
    const double c = 1.0 - 13.5 * k / (A * A * A);
    if (!(c >= -1.0)) return 0.0;
    double y = A / 3.0 * (1.0 + 2.0 * std::cos(std::acos(c) / 3.0));
    // A Newton step restores the digits that the cosine loses.
    const double slope = y * (2.0 * A - 3.0 * y);
    if (slope < 0.0) y -= (y * y * (A - y) - k) / slope;
    const double x = std::min(y - theta, a);
    if (!(x > 0.0)) return 0.0;
    return t * l * (1.0 + theta) / (theta + x) < a - 0.5 * x ? x : 0.0;
  }
};

}  // namespace pauca
