#pragma once

#include "pauca/loss/loss.hpp"

namespace pauca {

/// Asymmetric least squares, r = eta - y: (1 - q) r^2 for r > 0, q r^2 below; q = 1/2 is the quadratic loss.
class ExpectileLoss final : public Loss {
 public:
  ExpectileLoss(Vector y, Vector weights, double expectile);

  const char* name() const override { return "expectile"; }
  double value(const Vector& eta) const override;
  void gradient(const Vector& eta, Vector& u) const override;
  void curvature(const Vector& eta, Vector& h) const override;
  double curvature_bound() const override { return 2.0 * (expectile_ > 0.5 ? expectile_ : 1.0 - expectile_); }
  bool has_conjugate() const override { return true; }
  /// sum_i v_i y_i + v_i^2 / (4 c_i s_i), c_i = 1 - q where v_i > 0 and q elsewhere
  double conjugate(const Vector& v) const override;
  double center(Vector& eta, Vector& u) const override;

 private:
  double side(double r) const { return r > 0.0 ? 1.0 - expectile_ : expectile_; }

  Vector y_;
  double expectile_;
};

}  // namespace pauca
