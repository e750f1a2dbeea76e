#pragma once

#include "pauca/loss/loss.hpp"

namespace pauca {

/// l(y, eta) = log(1 + e^eta) - y eta, y in {0, 1} (or in between);  l' = sigma(eta) - y, l'' = sigma (1 - sigma).
class LogisticLoss final : public Loss {
 public:
  LogisticLoss(Vector y, Vector weights) : Loss(std::move(weights)), y_(std::move(y)) {}

  const char* name() const override { return "logistic"; }
  double value(const Vector& eta) const override;
  void gradient(const Vector& eta, Vector& u) const override;
  void curvature(const Vector& eta, Vector& h) const override;
  double curvature_bound() const override { return 0.25; }
  double third_bound() const override { return 0.0962250448649376; }  // 1 / (6 sqrt 3)
  bool has_rows() const override { return true; }
  double row_value(const Vector& eta, const std::vector<Index>& rows) const override;
  void row_gradient(const Vector& eta, const std::vector<Index>& rows, Vector& u) const override;
  bool has_conjugate() const override { return true; }
  /// sum_i s_i [q log q + (1 - q) log(1 - q)] with q_i = v_i / s_i + y_i in [0, 1]
  double conjugate(const Vector& v) const override;

 private:
  Vector y_;
};

}  // namespace pauca
