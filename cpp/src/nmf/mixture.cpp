#include "pauca/nmf/mixture.hpp"

#include <cmath>
#include <limits>

namespace pauca::nmf {

MixtureWeights::MixtureWeights(Index k, double tol, Index max_steps)
    : k_(k),
      tol_(tol),
      max_steps_(max_steps),
      qp_(k),
      gradient_(k),
      candidate_(k),
      target_(k),
      direction_(k),
      hessian_(k, k) {}

/// The log-likelihood at h, the gradient, and with `curvature` the negative Hessian (lower triangle).
double MixtureWeights::evaluate(const double* h, bool curvature) {
  const Eigen::Map<const Vector> weights(h, k_);
  gradient_.setZero();
  if (curvature) hessian_.setZero();
  double value = 0.0;
  for (Index j = 0; j < n_; ++j) {
    if (f_[j] <= 0.0) continue;
    const Eigen::Map<const Vector> v(components_ + (idx_ ? idx_[j] : j) * stride_, k_);
    const double p = v.dot(weights);
    if (p <= 0.0) {
      if (v.maxCoeff() > 0.0) value = -std::numeric_limits<double>::infinity();
      continue;
    }
    const double r = f_[j] / p;
    value += f_[j] * std::log(p);
    gradient_.noalias() += r * v;
    if (curvature) {
      const double c = r / p;
      for (Index k = 0; k < k_; ++k) hessian_.col(k).tail(k_ - k) += (c * v[k]) * v.tail(k_ - k);
    }
  }
  return value;
}

double MixtureWeights::solve(const double* f, const std::int32_t* idx, Index n, const double* components, Index stride,
                             double* h) {
  f_ = f, idx_ = idx, components_ = components, n_ = n, stride_ = stride;
  Eigen::Map<Vector> now(h, k_);
  double total = 0.0;
  for (Index j = 0; j < n; ++j) {
    const Eigen::Map<const Vector> v(components + (idx ? idx[j] : j) * stride, k_);
    if (f[j] > 0.0 && v.maxCoeff() > 0.0) total += f[j];
  }
  if (total <= 0.0) return 0.0;
  double bound = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 3; ++round) {
    evaluate(h, false);
    bound = gradient_.maxCoeff() / total - 1.0;
    if (bound <= tol_) return bound;
    now.array() *= gradient_.array();
    now /= now.sum();
  }
  for (Index step = 0; step < max_steps_; ++step) {
    const double value = evaluate(h, true);
    bound = gradient_.maxCoeff() / total - 1.0;
    if (bound <= tol_) break;
    for (Index k = 0; k < k_; ++k) hessian_.row(k).tail(k_ - k) = hessian_.col(k).tail(k_ - k).transpose();
    // The model 1/2 (z-h)' H (z-h) - g' (z-h); H h = g since v_j' h = p_j.
    qp_.set_gram(hessian_);
    target_ = 2.0 * gradient_;
    candidate_ = now;
    qp_.solve(target_.data(), candidate_.data(), true);
    const double slope = gradient_.dot(candidate_ - now);
    if (!(slope > 1e-16 * total)) break;
    double size = 1.0;
    bool accepted = false;
    direction_ = candidate_ - now;
    for (int halving = 0; halving < 40; ++halving, size *= 0.5) {
      candidate_ = now + size * direction_;
      if (evaluate(candidate_.data(), false) >= value + 1e-4 * size * slope - 1e-15 * std::abs(value)) {
        accepted = true;
        break;
      }
    }
    if (!accepted) break;
    now = candidate_.cwiseMax(0.0);
    now /= now.sum();
  }
  return bound;
}

}  // namespace pauca::nmf
