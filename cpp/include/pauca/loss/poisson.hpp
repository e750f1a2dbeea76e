#pragma once

#include "pauca/loss/loss.hpp"

namespace pauca {

/// Half the Poisson deviance with logarithmic link: e^eta - y eta - y + y log y. Beyond eta = 300 the exponential
/// continues as a line, so that no step overflows.
class PoissonLoss final : public Loss {
 public:
  PoissonLoss(Vector y, Vector weights);

  const char* name() const override { return "poisson"; }
  double value(const Vector& eta) const override;
  void gradient(const Vector& eta, Vector& u) const override;
  void curvature(const Vector& eta, Vector& h) const override;
  double rounding() const override { return 1e-14 * magnitude_; }
  bool has_conjugate() const override { return true; }
  /// sum_i s_i [m log m - m + y - y log y] with m_i = v_i / s_i + y_i >= 0
  double conjugate(const Vector& v) const override;
  double center(Vector& eta, Vector& u) const override;

 private:
  Vector y_;
  double magnitude_;  // of the terms that cancel in the deviance
  double saturated_;  // sum_i s_i (y_i log y_i - y_i)
};

}  // namespace pauca
