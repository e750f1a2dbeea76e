#pragma once

#include "pauca/loss/loss.hpp"

namespace pauca {

/// l(y, eta) = (eta - y)^2 / 2;  f*(v) = sum_i v_i^2 / (2 s_i) + v_i y_i.
class QuadraticLoss final : public Loss {
 public:
  QuadraticLoss(Vector y, Vector weights) : Loss(std::move(weights)), y_(std::move(y)) {}

  const char* name() const override { return "quadratic"; }
  bool is_quadratic() const override { return true; }
  double value(const Vector& eta) const override {
    return 0.5 * (weights_.array() * (eta - y_).array().square()).sum();
  }
  void gradient(const Vector& eta, Vector& u) const override { u = weights_.cwiseProduct(eta - y_); }
  void curvature(const Vector&, Vector& h) const override { h = weights_; }
  double curvature_bound() const override { return 1.0; }
  double third_bound() const override { return 0.0; }
  bool has_rows() const override { return true; }
  double row_value(const Vector& eta, const std::vector<Index>& rows) const override {
    double total = 0.0;
    for (Index i : rows) total += 0.5 * weights_[i] * (eta[i] - y_[i]) * (eta[i] - y_[i]);
    return total;
  }
  void row_gradient(const Vector& eta, const std::vector<Index>& rows, Vector& u) const override {
    for (Index i : rows) u[i] = weights_[i] * (eta[i] - y_[i]);
  }
  bool has_conjugate() const override { return true; }
  double conjugate(const Vector& v) const override {
    double total = v.dot(y_);
    for (Index i = 0; i < v.size(); ++i)
      if (weights_[i] > 0.0) total += 0.5 * v[i] * v[i] / weights_[i];
    return total;
  }
  /// Maximises -f*(a u) + a u'offset over |a| <= limit.
  double dual_scale(const Vector& u, const Vector* offset, double limit) const override {
    double square = 0.0;
    for (Index i = 0; i < u.size(); ++i)
      if (weights_[i] > 0.0) square += u[i] * u[i] / weights_[i];
    if (square == 0.0) return 1.0;
    const double linear = (offset ? u.dot(*offset) : 0.0) - u.dot(y_);
    return std::max(-limit, std::min(limit, linear / square));
  }
  double center(Vector& eta, Vector& u) const override {
    gradient(eta, u);
    const double shift = -u.sum() / weights_.sum();
    eta.array() += shift;
    gradient(eta, u);
    return shift;
  }

 private:
  Vector y_;
};

}  // namespace pauca
