#include <cmath>

#include "pauca/core/errors.hpp"
#include "pauca/loss/gamma.hpp"
#include "pauca/loss/poisson.hpp"

namespace pauca {

namespace {

constexpr double cap = 300.0;

double capped_exp(double e) { return std::exp(std::fmin(e, cap)); }
/// exp, continued as its tangent beyond the cap: the integral of capped_exp.
double extended_exp(double e) { return e <= cap ? std::exp(e) : std::exp(cap) * (1.0 + e - cap); }
double x_log_x(double x) { return x > 0.0 ? x * std::log(x) : 0.0; }

/// log sum_i a_i e^{b_i}
double log_sum(const Vector& a, const Vector& b) {
  double top = -std::numeric_limits<double>::infinity(), total = 0.0;
  for (Index i = 0; i < a.size(); ++i)
    if (a[i] > 0.0) top = std::fmax(top, b[i]);
  for (Index i = 0; i < a.size(); ++i)
    if (a[i] > 0.0) total += a[i] * std::exp(b[i] - top);
  return top + std::log(total);
}

}  // namespace

PoissonLoss::PoissonLoss(Vector y, Vector weights)
    : Loss(std::move(weights)), y_(std::move(y)), magnitude_(0.0), saturated_(0.0) {
  for (Index i = 0; i < y_.size(); ++i) {
    require(y_[i] >= 0.0, "Poisson: targets must be >= 0");
    saturated_ += weights_[i] * (x_log_x(y_[i]) - y_[i]);
    magnitude_ += weights_[i] * (std::abs(x_log_x(y_[i])) + y_[i]);
  }
}

double PoissonLoss::value(const Vector& eta) const {
  double total = saturated_;
  for (Index i = 0; i < eta.size(); ++i) total += weights_[i] * (extended_exp(eta[i]) - y_[i] * eta[i]);
  return total;
}

void PoissonLoss::gradient(const Vector& eta, Vector& u) const {
  u.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) u[i] = weights_[i] * (capped_exp(eta[i]) - y_[i]);
}

void PoissonLoss::curvature(const Vector& eta, Vector& h) const {
  h.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) h[i] = weights_[i] * capped_exp(eta[i]);
}

double PoissonLoss::conjugate(const Vector& v) const {
  double total = -saturated_;
  for (Index i = 0; i < v.size(); ++i) {
    if (weights_[i] == 0.0) continue;
    const double m = std::fmax(v[i] / weights_[i] + y_[i], 0.0);
    total += weights_[i] * (x_log_x(m) - m);
  }
  return total;
}

double PoissonLoss::center(Vector& eta, Vector& u) const {
  const double mean = weights_.dot(y_);
  double shift = 0.0;
  if (mean > 0.0) shift = std::log(mean) - log_sum(weights_, eta);
  if (std::isfinite(shift)) eta.array() += shift;
  gradient(eta, u);
  return std::isfinite(shift) ? shift : 0.0;
}

GammaLoss::GammaLoss(Vector y, Vector weights)
    : Loss(std::move(weights)), y_(std::move(y)), magnitude_(0.0), saturated_(0.0) {
  for (Index i = 0; i < y_.size(); ++i) {
    require(y_[i] > 0.0, "Gamma: targets must be > 0");
    saturated_ += weights_[i] * (1.0 + std::log(y_[i]));
    magnitude_ += weights_[i] * (1.0 + std::abs(std::log(y_[i])));
  }
}

double GammaLoss::value(const Vector& eta) const {
  double total = -saturated_;
  for (Index i = 0; i < eta.size(); ++i) total += weights_[i] * (y_[i] * extended_exp(-eta[i]) + eta[i]);
  return total;
}

void GammaLoss::gradient(const Vector& eta, Vector& u) const {
  u.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) u[i] = weights_[i] * (1.0 - y_[i] * capped_exp(-eta[i]));
}

void GammaLoss::curvature(const Vector& eta, Vector& h) const {
  h.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) h[i] = weights_[i] * y_[i] * capped_exp(-eta[i]);
}

double GammaLoss::conjugate(const Vector& v) const {
  double total = 0.0;
  for (Index i = 0; i < v.size(); ++i) {
    if (weights_[i] == 0.0) continue;
    const double q = v[i] / weights_[i];
    total += weights_[i] * (x_log_x(std::fmax(1.0 - q, 0.0)) + q * (1.0 + std::log(y_[i])));
  }
  return total;
}

double GammaLoss::center(Vector& eta, Vector& u) const {
  const double shift = log_sum(weights_.cwiseProduct(y_), -eta) - std::log(weights_.sum());
  if (std::isfinite(shift)) eta.array() += shift;
  gradient(eta, u);
  return std::isfinite(shift) ? shift : 0.0;
}

}  // namespace pauca
