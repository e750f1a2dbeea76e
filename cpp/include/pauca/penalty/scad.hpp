#pragma once

#include <cmath>
#include <vector>

#include "pauca/core/errors.hpp"

namespace pauca {

/// Smoothly clipped absolute deviation, with A = gamma: p_l(a) = l a for a <= l, (2 A l a - a^2 - l^2) / (2 (A - 1))
/// for l < a <= A l, and l^2 (A + 1) / 2 beyond.
struct Scad {
  static constexpr const char* name = "scad";
  static constexpr bool convex = false;
  static constexpr bool homogeneous = false;
  static constexpr bool infinite_slope = false;
  static constexpr bool splits = true;

  double gamma;

  explicit Scad(const std::vector<double>& shape) : gamma(shape.at(0)) {
    require(gamma > 2.0, "SCAD: gamma must exceed 2");
  }

  double value(double a, double l) const {
    if (a <= l) return l * a;
    if (a > gamma * l) return 0.5 * l * l * (gamma + 1.0);
    return (2.0 * gamma * l * a - a * a - l * l) / (2.0 * (gamma - 1.0));
  }
  double derivative(double a, double l) const {
    if (a <= l) return l;
    return a < gamma * l ? (gamma * l - a) / (gamma - 1.0) : 0.0;
  }
  double curvature(double a, double l) const { return a > l && a < gamma * l ? -1.0 / (gamma - 1.0) : 0.0; }
  double concavity(double) const { return 1.0 / (gamma - 1.0); }
  double critical(double z, double) const { return z; }

  double prox(double a, double l, double t) const {
    const double soft = a > t * l ? a - t * l : 0.0;
    if (t < gamma - 1.0) {
      if (a <= l * (1.0 + t)) return soft;
      if (a > gamma * l) return a;
      const double x = ((gamma - 1.0) * a - gamma * l * t) / (gamma - 1.0 - t);
      return x < soft ? soft : x < a ? x : a;  // both bounds against rounding where t is nearly gamma - 1
    }
    if (t < gamma + 1.0) return a <= 0.5 * l * (t + gamma + 1.0) ? soft : a;
    return a <= l * std::sqrt(t * (gamma + 1.0)) ? 0.0 : a;
  }
};

}  // namespace pauca
