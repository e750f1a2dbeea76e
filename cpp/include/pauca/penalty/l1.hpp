#pragma once

namespace pauca {

/// p_l(a) = l a.
struct L1 {
  static constexpr const char* name = "l1";
  static constexpr bool convex = true;
  static constexpr bool homogeneous = true;
  static constexpr bool infinite_slope = false;
  static constexpr bool splits = true;

  double value(double a, double l) const { return l * a; }
  double derivative(double, double l) const { return l; }
  double curvature(double, double) const { return 0.0; }
  double concavity(double) const { return 0.0; }
  double critical(double z, double) const { return z; }
  double prox(double a, double l, double t) const { return a > t * l ? a - t * l : 0.0; }
};

}  // namespace pauca
