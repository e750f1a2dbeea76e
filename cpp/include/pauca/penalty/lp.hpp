#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "pauca/core/errors.hpp"

namespace pauca {

/// Bridge penalty p_l(a) = l a^q with 0 < q < 1; closed forms for q = 1/2 (Xu et al. 2012) and q = 2/3 (Cao et al.
/// 2013), a monotone Newton iteration otherwise.
struct Lp {
  static constexpr const char* name = "lp";
  static constexpr bool convex = false;
  static constexpr bool homogeneous = true;
  static constexpr bool infinite_slope = true;
  static constexpr bool splits = false;

  double q;

  explicit Lp(const std::vector<double>& shape) : q(shape.at(0)) {
    require(q > 0.0 && q < 1.0, "Lp: p must be in (0, 1)");
  }

  double value(double a, double l) const { return a > 0.0 && l > 0.0 ? l * std::pow(a, q) : 0.0; }
  double derivative(double a, double l) const { return l > 0.0 ? l * q * std::pow(a, q - 1.0) : 0.0; }
  double curvature(double a, double l) const { return l > 0.0 ? l * q * (q - 1.0) * std::pow(a, q - 2.0) : 0.0; }
  double concavity(double) const { return std::numeric_limits<double>::infinity(); }

  /// Largest a that the prox with k = t l maps to zero; there the other minimiser is b = (2 k (1 - q))^(1 / (2 - q)).
  double threshold(double k) const { return ratio() * std::pow(2.0 * k * (1.0 - q), 1.0 / (2.0 - q)); }
  double jump(double l, double c) const { return c * threshold(l / c); }
  double critical(double z, double c) const { return c * std::pow(z / c / ratio(), 2.0 - q) / (2.0 * (1.0 - q)); }

  double prox(double a, double l, double t) const {
    const double k = t * l;
    if (k == 0.0) return a;
    const double limit = threshold(k);
    if (a <= limit) return 0.0;
    if (std::isinf(a)) return a;
    if (a < 1e4 * limit) {
      if (q == 0.5) return half(a, k);
      if (q == 2.0 / 3.0) return two_thirds(a, k);
    }
    // x + k q x^(q - 1) = a: convex and increasing beyond b, so that Newton descends to the root from x = a.
    double x = a;
    for (int i = 0; i < 60; ++i) {
      const double slope = k * q * std::pow(x, q - 1.0);
      const double step = (x + slope - a) / (1.0 + (q - 1.0) * slope / x);
      x -= step;
      if (!(std::abs(step) > 1e-16 * x)) break;
    }
    return x;
  }

 private:
  double ratio() const { return (2.0 - q) / (2.0 * (1.0 - q)); }

  static double half(double a, double k) {
    constexpr double third = 2.0943951023931954923;  // 2 pi / 3
    const double s = a / 3.0;
    const double angle = std::acos(std::fmin(1.0, 0.25 * k / (s * std::sqrt(s))));
    return 2.0 * s * (1.0 + std::cos(third - 2.0 / 3.0 * angle));
  }
  static double two_thirds(double a, double k) {
    const double e = a * a / 16.0, d = 8.0 * k * k * k / 729.0;
    const double root = std::cbrt(e + std::sqrt(std::fmax(e * e - d, 0.0)));
    const double z = root + 2.0 * k / 9.0 / root;
    const double m = std::sqrt(2.0 * z);
    const double x = 0.5 * (m + std::sqrt(std::fmax(2.0 * a / m - m * m, 0.0)));
    return x * x * x;
  }
};

}  // namespace pauca
