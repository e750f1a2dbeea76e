#pragma once

#include "pauca/loss/loss.hpp"

namespace pauca {

/// l(y, eta) = max(0, 1 - m)^2 / 2 with the margin m = (2 y - 1) eta, y in {0, 1};  l'' = 1[m < 1].
class SquaredHingeLoss final : public Loss {
 public:
  SquaredHingeLoss(Vector y, Vector weights) : Loss(std::move(weights)), sign_(2.0 * y.array() - 1.0) {}

  const char* name() const override { return "squared_hinge"; }
  double value(const Vector& eta) const override {
    return 0.5 * (weights_.array() * (1.0 - sign_.array() * eta.array()).max(0.0).square()).sum();
  }
  void gradient(const Vector& eta, Vector& u) const override {
    u = -(weights_.array() * sign_.array() * (1.0 - sign_.array() * eta.array()).max(0.0)).matrix();
  }
  void curvature(const Vector& eta, Vector& h) const override {
    h = (sign_.array() * eta.array() < 1.0).select(weights_.array(), 0.0).matrix();
  }
  double curvature_bound() const override { return 1.0; }
  double curvature_floor() const override { return 1e-3; }
  bool has_rows() const override { return true; }
  double row_value(const Vector& eta, const std::vector<Index>& rows) const override {
    double total = 0.0;
    for (Index i : rows) {
      const double slack = std::max(1.0 - sign_[i] * eta[i], 0.0);
      total += 0.5 * weights_[i] * slack * slack;
    }
    return total;
  }
  void row_gradient(const Vector& eta, const std::vector<Index>& rows, Vector& u) const override {
    for (Index i : rows) u[i] = -weights_[i] * sign_[i] * std::max(1.0 - sign_[i] * eta[i], 0.0);
  }
  bool has_conjugate() const override { return true; }
  /// sum_i s_i (b_i + b_i^2 / 2) with b_i = sign_i v_i / s_i <= 0
  double conjugate(const Vector& v) const override {
    double total = 0.0;
    for (Index i = 0; i < v.size(); ++i) {
      if (weights_[i] == 0.0) continue;
      const double b = std::min(sign_[i] * v[i] / weights_[i], 0.0);
      total += weights_[i] * (b + 0.5 * b * b);
    }
    return total;
  }

 private:
  Vector sign_;
};

}  // namespace pauca
