#include "pauca/loss/expectile.hpp"

#include "pauca/core/errors.hpp"

namespace pauca {

ExpectileLoss::ExpectileLoss(Vector y, Vector weights, double expectile)
    : Loss(std::move(weights)), y_(std::move(y)), expectile_(expectile) {
  require(expectile > 0.0 && expectile < 1.0, "Expectile: expectile must be in (0, 1)");
}

double ExpectileLoss::value(const Vector& eta) const {
  double total = 0.0;
  for (Index i = 0; i < eta.size(); ++i) {
    const double r = eta[i] - y_[i];
    total += weights_[i] * side(r) * r * r;
  }
  return total;
}

void ExpectileLoss::gradient(const Vector& eta, Vector& u) const {
  u.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) {
    const double r = eta[i] - y_[i];
    u[i] = 2.0 * weights_[i] * side(r) * r;
  }
}

void ExpectileLoss::curvature(const Vector& eta, Vector& h) const {
  h.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) h[i] = 2.0 * weights_[i] * side(eta[i] - y_[i]);
}

double ExpectileLoss::conjugate(const Vector& v) const {
  double total = v.dot(y_);
  for (Index i = 0; i < v.size(); ++i)
    if (weights_[i] > 0.0) total += 0.25 * v[i] * v[i] / (side(v[i]) * weights_[i]);
  return total;
}

double ExpectileLoss::center(Vector& eta, Vector& u) const {
  const Vector r = y_ - eta;
  return center_between(eta, u, r.minCoeff(), r.maxCoeff());
}

}  // namespace pauca
