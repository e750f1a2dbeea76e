#pragma once

#include "pauca/loss/loss.hpp"

namespace pauca {

/// Huber's loss, r = eta - y: r^2 / 2 for |r| <= delta, delta |r| - delta^2 / 2 beyond.
class HuberLoss final : public Loss {
 public:
  HuberLoss(Vector y, Vector weights, double delta);

  const char* name() const override { return "huber"; }
  double value(const Vector& eta) const override;
  void gradient(const Vector& eta, Vector& u) const override;
  void curvature(const Vector& eta, Vector& h) const override;
  bool touching_curvature(const Vector& eta, Vector& h) const override;
  double curvature_bound() const override { return 1.0; }
  double curvature_floor() const override { return 1e-3; }
  bool has_conjugate() const override { return true; }
  /// sum_i v_i^2 / (2 s_i) + v_i y_i where |v_i| <= delta s_i
  double conjugate(const Vector& v) const override;
  double center(Vector& eta, Vector& u) const override;

 private:
  Vector y_;
  double delta_;
};

}  // namespace pauca
