#pragma once

#include <cmath>
#include <limits>

namespace pauca {

/// p_l(a) = l 1[a != 0]: hard thresholding. Every zero is stationary, so that zeros are judged by the prox instead.
struct L0 {
  static constexpr const char* name = "l0";
  static constexpr bool convex = false;
  static constexpr bool homogeneous = true;
  static constexpr bool infinite_slope = true;
  static constexpr bool splits = false;

  double value(double a, double l) const { return a > 0.0 ? l : 0.0; }
  double derivative(double a, double l) const {
    return a > 0.0 || l == 0.0 ? 0.0 : std::numeric_limits<double>::infinity();
  }
  double curvature(double, double) const { return 0.0; }
  double concavity(double) const { return std::numeric_limits<double>::infinity(); }
  /// |gradient| at which a coordinate of curvature c leaves zero, and the strength with that limit.
  double jump(double l, double c) const { return std::sqrt(2.0 * l * c); }
  double critical(double z, double c) const { return 0.5 * z * z / c; }

  double prox(double a, double l, double t) const { return a <= std::sqrt(2.0 * t * l) ? 0.0 : a; }
};

}  // namespace pauca
