#pragma once

#include "pauca/loss/loss.hpp"

namespace pauca {

/// max(0, 1 - z eta)^2 / 2 with z = 2 y - 1 for labels y in {0, 1}.
class SquaredHingeLoss final : public Loss {
 public:
  SquaredHingeLoss(Vector y, Vector weights) : Loss(std::move(weights)), z_((2.0 * y.array() - 1.0).matrix()) {}

  const char* name() const override { return "squared_hinge"; }
  double value(const Vector& eta) const override;
  void gradient(const Vector& eta, Vector& u) const override;
  void curvature(const Vector& eta, Vector& h) const override;
  double curvature_bound() const override { return 1.0; }
  double curvature_floor() const override { return 1e-3; }
  bool has_conjugate() const override { return true; }
  /// sum_i v_i z_i + v_i^2 / (2 s_i) where v_i z_i <= 0
  double conjugate(const Vector& v) const override;

 private:
  Vector z_;
};

}  // namespace pauca
