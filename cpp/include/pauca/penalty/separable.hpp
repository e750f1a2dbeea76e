#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "pauca/core/types.hpp"

namespace pauca {

/// Where a penalty's strength comes from, and the run-time wrappers every penalty gets without a class of its own.
///
///   g(w) = sum_j p_{lambda_j}(|w_j|) + (ridge_j / 2) w_j^2  (+ infinity where w_j < 0 if nonnegative)
///   lambda_j = lambda * weights_j, ridge_j = ridge * weights_j;
///
/// with `multiply` the first term is weights_j p_lambda(|w_j|), which differs for MCP and SCAD only.
struct PenaltySettings {
  double lambda = 0.0;
  double ridge = 0.0;
  const double* weights = nullptr;  ///< one non-negative number a feature, or null for ones
  bool nonnegative = false;
  bool multiply = false;
  const double* curvature = nullptr;  ///< of the loss along each column: needed by penalties of infinite slope at 0
};

/// A scalar penalty P made into a separable one.
///
/// P works on magnitudes a >= 0 with strength l: value(a, l), derivative(a, l) (the right limit at 0), curvature(a, l),
/// concavity(l) (the largest -curvature), critical(z, c) (the smallest l at which a zero coordinate with gradient z and
/// curvature c is optimal) and prox(a, l, t), the global minimiser x >= 0 of t p_l(x) + (x - a)^2 / 2, the smaller one
/// of two. `convex` says whether p_l is, `homogeneous` whether p_{wl} = w p_l, `splits` whether p_l(a) - p_l'(0) a is
/// continuously differentiable. With `infinite_slope` (at 0) P has jump(l, c), the |gradient| at which a coordinate of
/// curvature c leaves zero.
template <class P>
class Separable {
 public:
  Separable(P p, const PenaltySettings& s) : p_(p), s_(s) {}

  double lambda(Index j) const {
    if constexpr (!P::homogeneous)
      if (s_.multiply) return s_.lambda;
    return s_.weights ? s_.lambda * s_.weights[j] : s_.lambda;
  }
  double ridge(Index j) const { return s_.weights && s_.ridge > 0.0 ? s_.ridge * s_.weights[j] : s_.ridge; }
  bool nonnegative() const { return s_.nonnegative; }
  const P& scalar() const { return p_; }

  double value(Index j, double w) const {
    if (w == 0.0) return 0.0;
    if (w < 0.0 && s_.nonnegative) return std::numeric_limits<double>::infinity();
    const double a = std::abs(w);
    return factor(j) * p_.value(a, lambda(j)) + 0.5 * ridge(j) * w * w;
  }

  /// argmin_x g_j(x) + (x - v)^2 / (2 step)
  double prox(Index j, double v, double step) const {
    const double r = ridge(j);
    if (r > 0.0) {
      const double shrink = 1.0 / (1.0 + step * r);
      v *= shrink;
      step *= shrink;
    }
    if constexpr (!P::homogeneous) step *= factor(j);
    if (v > 0.0) return p_.prox(v, lambda(j), step);
    if (v < 0.0) return s_.nonnegative ? 0.0 : -p_.prox(-v, lambda(j), step);
    return v;  // zero or NaN
  }

  /// Derivative of g_j at w != 0.
  double slope(Index j, double w) const {
    const double d = factor(j) * p_.derivative(std::abs(w), lambda(j));
    return (w < 0.0 ? -d : d) + ridge(j) * w;
  }
  double curvature(Index j, double w) const { return factor(j) * p_.curvature(std::abs(w), lambda(j)) + ridge(j); }
  double concavity(Index j) const { return std::max(factor(j) * p_.concavity(lambda(j)) - ridge(j), 0.0); }

  /// |gradient| up to which w_j = 0 is optimal along its coordinate.
  double zero_limit(Index j) const {
    if constexpr (P::infinite_slope) {
      const double c = s_.curvature ? s_.curvature[j] : 1.0;
      return c > 0.0 ? p_.jump(lambda(j), c + ridge(j)) : std::numeric_limits<double>::infinity();
    }
    return factor(j) * p_.derivative(0.0, lambda(j));
  }
  /// The smallest lambda at which zero is optimal for a coordinate with this gradient and weight.
  double critical(Index j, double gradient) const {
    const double weight = s_.weights ? s_.weights[j] : 1.0;
    const double z = s_.nonnegative ? std::max(-gradient, 0.0) : std::abs(gradient);
    if (weight <= 0.0 || z == 0.0) return 0.0;
    const double c = P::infinite_slope && s_.curvature ? s_.curvature[j] : 1.0;
    return c > 0.0 ? p_.critical(z, c) / weight : 0.0;
  }

  /// Distance of -gradient to the subdifferential of g_j at w: zero exactly at a stationary point. Where the slope at
  /// zero is infinite, zeros are judged by the prox: the excess over zero_limit.
  double violation(Index j, double w, double gradient) const {
    if (w != 0.0) return std::abs(gradient + slope(j, w));
    const double limit = zero_limit(j);
    if (s_.nonnegative) return std::max(-gradient - limit, 0.0);
    return std::max(std::abs(gradient) - limit, 0.0);
  }

  /// True if a coordinate at zero stays there, judged without a prox.
  bool stays_zero(Index j, double gradient) const {
    return P::convex && (s_.nonnegative ? -gradient : std::abs(gradient)) <= p_.derivative(0.0, lambda(j));
  }

  /// True if g_j is smooth around w, so that a Newton step may move it.
  bool smooth_at(Index, double w) const { return w != 0.0; }
  /// The point nearest to `next` in the piece of g_j that `w` lies in: its orthant.
  double keep_piece(Index, double w, double next) const { return next * w <= 0.0 ? 0.0 : next; }

 private:
  double factor(Index j) const {
    if constexpr (!P::homogeneous)
      if (s_.multiply && s_.weights) return s_.weights[j];
    return 1.0;
  }

  P p_;
  PenaltySettings s_;
};

}  // namespace pauca
