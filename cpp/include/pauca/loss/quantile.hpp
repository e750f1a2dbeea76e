#pragma once

#include "pauca/loss/loss.hpp"

namespace pauca {

/// The check loss rho_tau(y - eta) convolved with the uniform density on [-h, h]: with r = y - eta,
/// tau r for r >= h, (tau - 1) r for r <= -h, and tau r + (h - r)^2 / (4 h) between.
class QuantileLoss final : public Loss {
 public:
  QuantileLoss(Vector y, Vector weights, double tau, double bandwidth);

  const char* name() const override { return "quantile"; }
  double value(const Vector& eta) const override;
  void gradient(const Vector& eta, Vector& u) const override;
  void curvature(const Vector& eta, Vector& h) const override;
  bool touching_curvature(const Vector& eta, Vector& h) const override;
  double curvature_bound() const override { return 0.5 / h_; }
  double curvature_floor() const override { return 5e-3 / h_; }
  bool has_conjugate() const override { return true; }
  /// sum_i v_i y_i - s_i h m_i (1 - m_i) with m_i = v_i / s_i + tau in [0, 1]
  double conjugate(const Vector& v) const override;
  double center(Vector& eta, Vector& u) const override;

 private:
  Vector y_;
  double tau_, h_;
};

}  // namespace pauca
