#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "pauca/core/types.hpp"

namespace pauca {

/// Where a penalty's strength comes from, and the run-time wrappers every penalty gets without a class of its own.
///
///   g(w) = sum_j p_{lambda_j}(|w_j|) + (ridge_j / 2) w_j^2  (+ infinity where w_j < 0 if nonnegative)
///   lambda_j = lambda * weights_j, ridge_j = ridge * weights_j.
struct PenaltySettings {
  double lambda = 0.0;
  double ridge = 0.0;
  const double* weights = nullptr;  ///< one non-negative number a feature, or null for ones
  bool nonnegative = false;
};

/// A scalar penalty P made into a separable one.
///
/// P works on magnitudes a >= 0 with strength l: value(a, l), derivative(a, l) (the right limit at 0), curvature(a, l)
/// and prox(a, l, t), the global minimiser x >= 0 of t p_l(x) + (x - a)^2 / 2; `convex` says whether p_l is.
template <class P>
class Separable {
 public:
  Separable(P p, const PenaltySettings& s) : p_(p), s_(s) {}

  double lambda(Index j) const { return s_.weights ? s_.lambda * s_.weights[j] : s_.lambda; }
  double ridge(Index j) const { return s_.weights ? s_.ridge * s_.weights[j] : s_.ridge; }
  bool nonnegative() const { return s_.nonnegative; }
  const P& scalar() const { return p_; }

  double value(Index j, double w) const {
    if (w == 0.0) return 0.0;
    if (w < 0.0 && s_.nonnegative) return std::numeric_limits<double>::infinity();
    const double a = std::abs(w);
    return p_.value(a, lambda(j)) + 0.5 * ridge(j) * w * w;
  }

  /// argmin_x g_j(x) + (x - v)^2 / (2 step)
  double prox(Index j, double v, double step) const {
    const double r = ridge(j);
    if (r > 0.0) {
      const double shrink = 1.0 / (1.0 + step * r);
      v *= shrink;
      step *= shrink;
    }
    if (v > 0.0) return p_.prox(v, lambda(j), step);
    if (v < 0.0) return s_.nonnegative ? 0.0 : -p_.prox(-v, lambda(j), step);
    return 0.0;
  }

  /// Derivative of g_j at w != 0.
  double slope(Index j, double w) const {
    const double d = p_.derivative(std::abs(w), lambda(j));
    return (w < 0.0 ? -d : d) + ridge(j) * w;
  }
  double curvature(Index j, double w) const { return p_.curvature(std::abs(w), lambda(j)) + ridge(j); }

  /// Distance of -gradient to the subdifferential of g_j at w: zero exactly at a stationary point.
  double violation(Index j, double w, double gradient) const {
    if (w != 0.0) return std::abs(gradient + slope(j, w));
    const double limit = p_.derivative(0.0, lambda(j));
    if (s_.nonnegative) return std::max(-gradient - limit, 0.0);
    return std::max(std::abs(gradient) - limit, 0.0);
  }

  /// True if a coordinate at zero stays there, judged without a prox.
  bool stays_zero(Index j, double gradient) const {
    return P::convex && (s_.nonnegative ? -gradient : std::abs(gradient)) <= p_.derivative(0.0, lambda(j));
  }

 private:
  P p_;
  PenaltySettings s_;
};

}  // namespace pauca
