#pragma once

#include <limits>

#include "pauca/core/types.hpp"

namespace pauca {

/// A penalty g(w) of whole vectors: what proximal gradient methods work with. One virtual call handles a vector.
///
/// `set_strength` gives the number that alpha of the user's problem becomes; everything else is fixed when made.
class VectorPenalty {
 public:
  virtual ~VectorPenalty() = default;

  virtual bool convex() const = 0;
  virtual void set_strength(double alpha) = 0;
  virtual double value(const Vector& w) const = 0;
  /// out = argmin_x step g(x) + ||x - v||^2 / 2; out may not be v.
  virtual void prox(const Vector& v, double step, Vector& out) const = 0;

  /// Whether g = h + c with h convex and c concave and continuously differentiable, given by what follows.
  virtual bool splits() const { return false; }
  virtual void convex_prox(const Vector& v, double step, Vector& out) const { prox(v, step, out); }
  /// h and c themselves (c without any constraint), and c' added to `gradient`.
  virtual double convex_value(const Vector& w) const { return value(w); }
  virtual double concave_value(const Vector& /*w*/) const { return 0.0; }
  virtual void add_concave_gradient(const Vector& /*w*/, Vector& /*gradient*/) const {}
  /// Lipschitz constant of c'.
  virtual double concavity() const { return 0.0; }

  /// How far w is from stationarity of f + g, in units of the gradient. By default the fixed-point residual
  /// ||w - prox(w - step G)||_inf / step; a separable penalty knows its subdifferential.
  virtual double violation(const Vector& w, const Vector& gradient, double step) const {
    Vector out;
    prox(w - step * gradient, step, out);
    return (w - out).cwiseAbs().maxCoeff() / step;
  }
  /// The smallest strength at which w = 0 is stationary for a loss with this gradient at 0 and curvature 1 / step;
  /// infinite if there is none. By default found by bisection on prox(-step G) = 0. Changes the strength.
  virtual double critical(const Vector& gradient, double step);
  /// What tolerances are relative to; NaN means the largest |gradient| of the null model.
  virtual double unit() const { return std::numeric_limits<double>::quiet_NaN(); }
  /// Columns that the penalty leaves alone belong to the null model.
  virtual bool penalises(Index /*j*/) const { return true; }
  /// g at w_j = a and zero elsewhere, of a penalty that is a sum over coordinates; NaN otherwise.
  virtual double coordinate(Index /*j*/, double /*a*/) const { return std::numeric_limits<double>::quiet_NaN(); }
};

}  // namespace pauca
