#include "pauca/bcd/rules/regularizer.hpp"

#include <algorithm>

namespace pauca::bcd::rules {

namespace {
double at(const Vector& d, std::size_t k) { return d[static_cast<Index>(k)]; }
double& at(Vector& d, std::size_t k) { return d[static_cast<Index>(k)]; }
// x + (bound - x) may miss the bound by rounding.
bool outside(double v, double lower, double upper) {
  const double slack = 1e-12 * (1.0 + std::abs(v));
  return v < lower - slack || v > upper + slack;
}
}  // namespace

L1Box::L1Box(Vector lambda, Vector lower, Vector upper)
    : lambda_(std::move(lambda)), lower_(std::move(lower)), upper_(std::move(upper)) {
  if (lambda_.size() && lambda_.maxCoeff() == 0.0) lambda_.resize(0);
}

double L1Box::prox(Index i, double v, double step) const {
  const double cut = step * lambda(i);
  const double soft = v > cut ? v - cut : (v < -cut ? v + cut : 0.0);
  return std::min(std::max(soft, lower(i)), upper(i));
}

double L1Box::value(const Vector& x) const {
  double total = 0.0;
  for (Index i = 0; i < x.size(); ++i) {
    if (x[i] != 0.0) total += lambda(i) * std::abs(x[i]);
    if (outside(x[i], lower(i), upper(i))) return std::numeric_limits<double>::infinity();
  }
  return total;
}

double L1Box::change(const Block& b, const Vector& x, const Vector& d) const {
  double total = 0.0;
  for (std::size_t k = 0; k < b.size(); ++k) {
    const double now = at(x, k), next = now + at(d, k);
    if (at(d, k) == 0.0) continue;
    if (outside(next, lower(b[k]), upper(b[k]))) return std::numeric_limits<double>::infinity();
    if (lambda_.size()) total += lambda(b[k]) * (std::abs(next) - std::abs(now));
  }
  return total;
}

double L1Box::snap(Index i, double v) const {
  const double slack = 1e-12 * (1.0 + std::abs(v));
  if (v < lower(i) + slack) return lower(i);
  return v > upper(i) - slack ? upper(i) : v;
}

void L1Box::prox_step(const Block& b, const Vector& x, const Vector& g, const Vector& D, Vector& d) const {
  d.resize(static_cast<Index>(b.size()));
  for (std::size_t k = 0; k < b.size(); ++k)
    at(d, k) = is_zero() ? -at(g, k) / at(D, k) : prox(b[k], at(x, k) - at(g, k) / at(D, k), 1.0 / at(D, k)) - at(x, k);
}

void L1Box::min_subgradient(const Block& b, const Vector& x, const Vector& g, Vector& s) const {
  s.resize(static_cast<Index>(b.size()));
  for (std::size_t k = 0; k < b.size(); ++k) {
    const double l = lambda(b[k]), v = at(x, k);
    // The subdifferential is an interval [low, high], unbounded at an active bound.
    double low = at(g, k) + (v > 0.0 ? l : -l), high = at(g, k) + (v < 0.0 ? -l : l);
    if (v <= lower(b[k])) low = -std::numeric_limits<double>::infinity();
    if (v >= upper(b[k])) high = std::numeric_limits<double>::infinity();
    at(s, k) = low > 0.0 ? low : (high < 0.0 ? high : 0.0);
  }
}

GroupL2::GroupL2(const std::vector<Block>& groups, Vector lambda, Index size)
    : groups_(groups), lambda_(std::move(lambda)), group_of_(size, -1) {
  for (std::size_t k = 0; k < groups.size(); ++k)
    for (Index i : groups[k]) group_of_[i] = static_cast<Index>(k);
}

double GroupL2::value(const Vector& x) const {
  double total = 0.0;
  for (std::size_t k = 0; k < groups_.size(); ++k) {
    double square = 0.0;
    for (Index i : groups_[k]) square += x[i] * x[i];
    total += at(lambda_, k) * std::sqrt(square);
  }
  return total;
}

double GroupL2::change(const Block& b, const Vector& x, const Vector& d) const {
  return lambda(b) * ((x + d).norm() - x.norm());
}

void GroupL2::prox_step(const Block& b, const Vector& x, const Vector& g, const Vector& D, Vector& d) const {
  const double top = D.maxCoeff();
  const Vector v = x - g / top;
  const double norm = v.norm();
  d = (norm > 0.0 ? std::max(0.0, 1.0 - lambda(b) / (top * norm)) : 0.0) * v - x;
}

void GroupL2::min_subgradient(const Block& b, const Vector& x, const Vector& g, Vector& s) const {
  const double norm = x.norm();
  if (norm > 0.0) {
    s = g + (lambda(b) / norm) * x;
  } else {
    const double size = g.norm();
    s = (size > 0.0 ? std::max(0.0, 1.0 - lambda(b) / size) : 0.0) * g;
  }
}

}  // namespace pauca::bcd::rules
