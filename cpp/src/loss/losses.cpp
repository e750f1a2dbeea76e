#include <cmath>

#include "pauca/loss/logistic.hpp"
#include "pauca/loss/loss.hpp"

namespace pauca {

double Loss::center(Vector& eta, Vector& u) const {
  Vector h(eta.size());
  gradient(eta, u);
  double slope = u.sum(), total = 0.0;
  const double scale = std::max(u.cwiseAbs().sum(), 1e-300);
  double lo = -std::numeric_limits<double>::infinity(), hi = std::numeric_limits<double>::infinity();
  for (int k = 0; k < 60 && std::abs(slope) > 1e-15 * scale; ++k) {
    (slope > 0.0 ? hi : lo) = total;
    curvature(eta, h);
    const double bend = h.sum();
    // The slope is monotone in the shift: keep inside the bracket, and bound steps where the loss is flat.
    double step = bend > 0.0 ? -slope / bend : (slope > 0.0 ? -1.0 : 1.0);
    step = std::max(-4.0, std::min(4.0, step));
    double next = total + step;
    if (!(next > lo && next < hi)) next = 0.5 * (lo + hi);
    if (next == total || std::abs(next) > 1e3) break;
    eta.array() += next - total;
    total = next;
    gradient(eta, u);
    slope = u.sum();
  }
  return total;
}

double Loss::center_between(Vector& eta, Vector& u, double lo, double hi) const {
  Vector h(eta.size());
  const Vector start = eta;
  gradient(eta, u);
  double total = 0.0;
  for (int k = 0; k < 200; ++k) {
    const double slope = u.sum();
    if (std::abs(slope) <= 1e-16 * u.cwiseAbs().sum() || !(hi > lo)) break;
    (slope > 0.0 ? hi : lo) = total;
    curvature(eta, h);
    const double bend = h.sum();
    double next = bend > 0.0 ? total - slope / bend : lo;
    if (!(next > lo && next < hi)) next = 0.5 * (lo + hi);
    if (next == total || next == lo || next == hi) break;
    total = next;
    eta = start.array() + total;
    gradient(eta, u);
  }
  return total;
}

namespace {
double logistic(double y, double e) { return std::log1p(std::exp(-std::abs(e))) + std::max(e, 0.0) - y * e; }
double sigmoid(double e) {
  if (e >= 0.0) return 1.0 / (1.0 + std::exp(-e));
  const double t = std::exp(e);
  return t / (1.0 + t);
}
}  // namespace

double LogisticLoss::value(const Vector& eta) const {
  double total = 0.0;
  for (Index i = 0; i < eta.size(); ++i) total += weights_[i] * logistic(y_[i], eta[i]);
  return total;
}

double LogisticLoss::row_value(const Vector& eta, const std::vector<Index>& rows) const {
  double total = 0.0;
  for (Index i : rows) total += weights_[i] * logistic(y_[i], eta[i]);
  return total;
}

void LogisticLoss::row_gradient(const Vector& eta, const std::vector<Index>& rows, Vector& u) const {
  for (Index i : rows) u[i] = weights_[i] * (sigmoid(eta[i]) - y_[i]);
}

void LogisticLoss::gradient(const Vector& eta, Vector& u) const {
  u.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) u[i] = weights_[i] * (sigmoid(eta[i]) - y_[i]);
}

void LogisticLoss::curvature(const Vector& eta, Vector& h) const {
  h.resize(eta.size());
  for (Index i = 0; i < eta.size(); ++i) {
    const double p = sigmoid(eta[i]);
    h[i] = weights_[i] * p * (1.0 - p);
  }
}

double LogisticLoss::conjugate(const Vector& v) const {
  auto entropy = [](double q) { return q > 0.0 ? q * std::log(q) : 0.0; };
  double total = 0.0;
  for (Index i = 0; i < v.size(); ++i) {
    if (weights_[i] == 0.0) continue;
    const double q = std::min(1.0, std::max(0.0, v[i] / weights_[i] + y_[i]));
    total += weights_[i] * (entropy(q) + entropy(1.0 - q));
  }
  return total;
}

}  // namespace pauca
