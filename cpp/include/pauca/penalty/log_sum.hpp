#pragma once

#include <cmath>
#include <vector>

#include "pauca/core/errors.hpp"

namespace pauca {

/// Log-sum penalty: p_l(a) = l log(1 + a / eps).
struct LogSum {
  static constexpr const char* name = "log_sum";
  static constexpr bool convex = false;
  static constexpr bool homogeneous = true;
  static constexpr bool infinite_slope = false;
  static constexpr bool splits = true;

  double eps;

  explicit LogSum(const std::vector<double>& shape) : eps(shape.at(0)) {
    require(eps > 0.0, "LogSum: eps must be positive");
  }

  double value(double a, double l) const { return l * std::log1p(a / eps); }
  double derivative(double a, double l) const { return l / (eps + a); }
  double curvature(double a, double l) const { return -l / ((eps + a) * (eps + a)); }
  double concavity(double l) const { return l / (eps * eps); }
  double critical(double z, double) const { return z * eps; }

  /// The larger stationary point (a - eps + sqrt((a + eps)^2 - 4 t l)) / 2 where it beats zero.
  double prox(double a, double l, double t) const {
    if (std::isinf(a)) return std::isinf(l) ? 0.0 : a;
    const double k = t * l;
    if (k == 0.0) return a;
    const double discriminant = (a + eps) * (a + eps) - 4.0 * k;
    if (discriminant < 0.0) return 0.0;
    const double root = std::sqrt(discriminant);
    // The second form is the first one without the cancellation that a < eps brings.
    const double x = a >= eps ? 0.5 * (a - eps + root) : 2.0 * (a * eps - k) / (root + eps - a);
    if (x <= 0.0) return 0.0;
    return k * std::log1p(x / eps) < x * (a - 0.5 * x) ? x : 0.0;
  }
};

}  // namespace pauca
