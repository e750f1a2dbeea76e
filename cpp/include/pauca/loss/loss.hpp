#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "pauca/core/types.hpp"
#include "pauca/loss/coupling.hpp"

namespace pauca {

/// f(eta) = sum_i s_i l(y_i, eta_i) with sample weights s that sum to one: the 1/n of scikit-learn's objectives. A loss
/// may couple rows (Cox): `curvature` is then a diagonal that majorises the Hessian, `coupling` what is taken off it.
///
/// Everything here works on whole vectors, so a virtual call costs nothing beside it.
class Loss {
 public:
  virtual ~Loss() = default;

  virtual const char* name() const = 0;
  /// True if f is quadratic, so that its curvature does not depend on eta.
  virtual bool is_quadratic() const { return false; }
  Index size() const { return weights_.size(); }
  const Vector& weights() const { return weights_; }

  virtual double value(const Vector& eta) const = 0;
  /// u_i = s_i l'(eta_i)
  virtual void gradient(const Vector& eta, Vector& u) const = 0;
  /// h_i = s_i l''(eta_i), or an upper bound where l is not twice differentiable
  virtual void curvature(const Vector& eta, Vector& h) const = 0;
  /// Curvature of the quadratic that touches f at eta and lies above it, of iteratively reweighted least squares; false
  /// for a loss without one. Where l has straight pieces, models need some of it: the curvature there is zero.
  virtual bool touching_curvature(const Vector& /*eta*/, Vector& /*h*/) const { return false; }
  /// True if f is no sum over rows.
  virtual bool couples_rows() const { return false; }
  /// The Hessian's part that is not diagonal, diag(h) - R'R, of a loss that couples rows; null otherwise.
  virtual std::unique_ptr<Coupling> coupling(const Vector& /*eta*/) const { return nullptr; }
  /// Largest second and third derivative of l in magnitude; infinite where there is no bound.
  virtual double curvature_bound() const { return std::numeric_limits<double>::infinity(); }
  virtual double third_bound() const { return std::numeric_limits<double>::infinity(); }

  /// True if the two functions below exist: f's share of the listed rows, and u on these rows only, which is what a
  /// step on a sparse column costs.
  virtual bool has_rows() const { return false; }
  virtual double row_value(const Vector& /*eta*/, const std::vector<Index>& /*rows*/) const { return 0.0; }
  virtual void row_gradient(const Vector& /*eta*/, const std::vector<Index>& /*rows*/, Vector& /*u*/) const {}

  /// Smallest l'' that quadratic models of f use, so that they stay bounded where l is flat.
  virtual double curvature_floor() const { return 1e-8; }
  /// What rounding alone can leave of a duality gap or a gradient.
  virtual double rounding() const { return 0.0; }

  /// Convex conjugate f*(v); NaN for a loss that has none in closed form.
  virtual double conjugate(const Vector&) const { return std::numeric_limits<double>::quiet_NaN(); }
  virtual bool has_conjugate() const { return false; }
  /// The best scale a <= limit of the dual point a u; `offset` shifts the linear predictor.
  virtual double dual_scale(const Vector& /*u*/, const Vector* /*offset*/, double limit) const {
    return limit < 1.0 ? limit : 1.0;
  }

  /// Adds the constant that minimises f(eta + c) to eta and returns it: exact, by Newton steps with bisection guard.
  virtual double center(Vector& eta, Vector& u) const;

 protected:
  explicit Loss(Vector weights) : weights_(std::move(weights)) {}
  /// `center` by bisection-guarded Newton steps between shifts lo <= hi that bracket the minimiser.
  double center_between(Vector& eta, Vector& u, double lo, double hi) const;
  Vector weights_;
};

}  // namespace pauca
