#pragma once

#include "pauca/loss/loss.hpp"

namespace pauca {

/// Half the gamma deviance with logarithmic link, y > 0: y e^-eta + eta - 1 - log y. Below eta = -300 the exponential
/// continues as a line, so that no step overflows.
class GammaLoss final : public Loss {
 public:
  GammaLoss(Vector y, Vector weights);

  const char* name() const override { return "gamma"; }
  double value(const Vector& eta) const override;
  void gradient(const Vector& eta, Vector& u) const override;
  void curvature(const Vector& eta, Vector& h) const override;
  double rounding() const override { return 1e-14 * magnitude_; }
  bool has_conjugate() const override { return true; }
  /// sum_i s_i [m log m + (1 - m) (1 + log y_i)] with m_i = 1 - v_i / s_i >= 0
  double conjugate(const Vector& v) const override;
  double center(Vector& eta, Vector& u) const override;

 private:
  Vector y_;
  double magnitude_;  // of the terms that cancel in the deviance
  double saturated_;  // sum_i s_i (1 + log y_i)
};

}  // namespace pauca
