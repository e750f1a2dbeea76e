#include <cmath>

#include "pauca/core/errors.hpp"
#include "pauca/loss/huber.hpp"
#include "pauca/loss/quantile.hpp"

namespace pauca {

HuberLoss::HuberLoss(Vector y, Vector weights, double delta)
    : Loss(std::move(weights)), y_(std::move(y)), delta_(delta) {
  require(delta > 0.0, "Huber: delta must be positive");
}

double HuberLoss::value(const Vector& eta) const {
  double total = 0.0;
  for (Index i = 0; i < eta.size(); ++i) {
    const double r = std::abs(eta[i] - y_[i]);
    total += weights_[i] * (r <= delta_ ? 0.5 * r * r : delta_ * (r - 0.5 * delta_));
  }
  return total;
}

void HuberLoss::gradient(const Vector& eta, Vector& u) const {
  u = weights_.array() * (eta - y_).array().max(-delta_).min(delta_);
}

void HuberLoss::curvature(const Vector& eta, Vector& h) const {
  h.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) h[i] = std::abs(eta[i] - y_[i]) <= delta_ ? weights_[i] : 0.0;
}

bool HuberLoss::touching_curvature(const Vector& eta, Vector& h) const {
  h = weights_.array() * delta_ / (y_ - eta).array().abs().max(delta_);
  return true;
}

double HuberLoss::conjugate(const Vector& v) const {
  double total = v.dot(y_);
  for (Index i = 0; i < v.size(); ++i)
    if (weights_[i] > 0.0) total += 0.5 * v[i] * v[i] / weights_[i];
  return total;
}

double HuberLoss::center(Vector& eta, Vector& u) const {
  const Vector r = y_ - eta;
  return center_between(eta, u, r.minCoeff(), r.maxCoeff());
}

QuantileLoss::QuantileLoss(Vector y, Vector weights, double tau, double bandwidth)
    : Loss(std::move(weights)), y_(std::move(y)), tau_(tau), h_(bandwidth) {
  require(tau > 0.0 && tau < 1.0, "Quantile: quantile must be in (0, 1)");
  require(bandwidth > 0.0, "Quantile: bandwidth must be positive");
}

double QuantileLoss::value(const Vector& eta) const {
  double total = 0.0;
  for (Index i = 0; i < eta.size(); ++i) {
    const double r = y_[i] - eta[i], gap = h_ - r;
    const double hinge = r >= h_ ? 0.0 : (r <= -h_ ? -r : 0.25 * gap * gap / h_);
    total += weights_[i] * (tau_ * r + hinge);
  }
  return total;
}

void QuantileLoss::gradient(const Vector& eta, Vector& u) const {
  u.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) {
    const double share = 0.5 * (h_ - (y_[i] - eta[i])) / h_;
    u[i] = weights_[i] * (std::fmin(std::fmax(share, 0.0), 1.0) - tau_);
  }
}

void QuantileLoss::curvature(const Vector& eta, Vector& h) const {
  h.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) h[i] = std::abs(y_[i] - eta[i]) <= h_ ? 0.5 * weights_[i] / h_ : 0.0;
}

bool QuantileLoss::touching_curvature(const Vector& eta, Vector& h) const {
  h = 0.5 * weights_.array() / (y_ - eta).array().abs().max(h_);
  return true;
}

double QuantileLoss::conjugate(const Vector& v) const {
  double total = v.dot(y_);
  for (Index i = 0; i < v.size(); ++i) {
    if (weights_[i] == 0.0) continue;
    const double m = std::fmin(std::fmax(v[i] / weights_[i] + tau_, 0.0), 1.0);
    total -= weights_[i] * h_ * m * (1.0 - m);
  }
  return total;
}

double QuantileLoss::center(Vector& eta, Vector& u) const {
  const Vector r = y_ - eta;
  return center_between(eta, u, r.minCoeff() - h_, r.maxCoeff() + h_);
}

}  // namespace pauca
