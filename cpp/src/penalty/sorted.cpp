#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "pauca/core/errors.hpp"
#include "pauca/core/isotonic.hpp"
#include "pauca/core/order.hpp"
#include "pauca/penalty/structured/k_support.hpp"
#include "pauca/penalty/structured/slope.hpp"

namespace pauca {

namespace {

/// Entries of magnitude above `floor`, largest first, with their indices; NaN comes last, as -1.
std::vector<std::pair<double, Index>> by_magnitude(const Vector& v, double floor) {
  std::vector<std::pair<double, Index>> order;
  order.reserve(static_cast<std::size_t>(v.size()));
  for (Index i = 0; i < v.size(); ++i) {
    const double a = std::abs(v[i]);
    if (!(a <= floor)) order.emplace_back(a == a ? a : -1.0, i);
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  return order;
}

}  // namespace

Slope::Slope(Vector sequence) : l_(std::move(sequence)) {
  require(l_.size() > 0 && l_[l_.size() - 1] >= 0.0 && l_[0] > 0.0,
          "Slope: the sequence must be non-negative and start with a positive number");
  for (Index i = 1; i < l_.size(); ++i) require(l_[i] <= l_[i - 1], "Slope: the sequence must not increase");
}

double Slope::value(const Vector& w) const {
  require(w.size() == l_.size(), "Slope: expected as many coefficients as numbers in the sequence");
  std::vector<double> a;
  for (double x : w)
    if (x != 0.0) a.push_back(std::abs(x));
  std::sort(a.begin(), a.end(), exceeds);
  const Index count = static_cast<Index>(a.size());
  return alpha_ * Eigen::Map<const Vector>(a.data(), count).dot(l_.head(count));
}

void Slope::prox(const Vector& v, double step, Vector& out) const {
  require(v.size() == l_.size(), "Slope: expected as many coefficients as numbers in the sequence");
  // Below the smallest threshold the sequence is negative: such entries pool among negative ones alone and end at zero.
  const auto order = by_magnitude(v, step * alpha_ * l_[l_.size() - 1]);
  Vector z(static_cast<Index>(order.size()));
  for (Index i = 0; i < z.size(); ++i) z[i] = std::abs(v[order[i].second]) - step * alpha_ * l_[i];
  isotonic_decreasing(z);
  out.setZero(v.size());
  for (Index i = 0; i < z.size(); ++i) {
    const Index j = order[i].second;
    const double x = std::max(z[i], 0.0);
    out[j] = v[j] < 0.0 ? -x : x;
  }
}

double Slope::critical(const Vector& gradient, double) {
  const auto order = by_magnitude(gradient, -1.0);
  double above = 0.0, below = 0.0, worst = 0.0;
  for (Index i = 0; i < gradient.size(); ++i) {
    above += std::abs(gradient[order[i].second]);
    below += l_[i];
    worst = std::max(worst, above / below);
  }
  return worst;
}

KSupport::KSupport(Groups groups, Index k) : groups_(std::move(groups)), k_(k) {
  require(k >= 1, "KSupport: k must be at least 1");
  for (double d : groups_.weights) require(d > 0.0, "KSupport: group weights must be positive");
}

double KSupport::value(const Vector& w) const {
  std::vector<double> a;
  for (Index g = 0; g < groups_.count(); ++g) {
    const double norm = groups_.norm(g, w);
    if (norm > 0.0) a.push_back(std::sqrt(groups_.weights[g]) * norm);
  }
  std::sort(a.begin(), a.end(), exceeds);
  double tail = std::accumulate(a.begin(), a.end(), 0.0), head = 0.0;
  const Index count = static_cast<Index>(a.size());
  // The r largest have u = 1; the others share k - r in proportion to their size.
  for (Index r = 0; r < count; ++r) {
    if (count > k_ && r < k_) {
      const double mu = tail / static_cast<double>(k_ - r);
      if (mu > a[r] || r == k_ - 1) return 0.5 * alpha_ * (head + mu * tail);
    }
    head += a[r] * a[r];
    tail -= a[r];
  }
  return 0.5 * alpha_ * head;
}

void KSupport::prox(const Vector& v, double step, Vector& out) const {
  const double t = step * alpha_;
  const Index count = groups_.count();
  Vector c(count), e(count);
  Index present = 0;
  for (Index g = 0; g < count; ++g) {
    e[g] = t * groups_.weights[g];
    c[g] = std::sqrt(e[g]) * groups_.norm(g, v);
    if (c[g] > 0.0) ++present;
  }
  out.resize(v.size());
  double nu = std::numeric_limits<double>::infinity();
  auto share = [&](Index g, double at) {
    const double u = c[g] * at - e[g];
    return u > 1e-15 * e[g] ? std::fmin(u, 1.0) : 0.0;  // what rounding leaves of a breakpoint is zero
  };
  if (present > k_ && t > 0.0) {
    std::vector<double> knots;
    for (Index g = 0; g < count; ++g) {
      if (c[g] <= 0.0) continue;
      knots.push_back(e[g] / c[g]);
      knots.push_back((1.0 + e[g]) / c[g]);
    }
    std::sort(knots.begin(), knots.end(), [](double x, double y) { return exceeds(y, x); });
    auto total = [&](double at) {
      double sum = 0.0;
      for (Index g = 0; g < count; ++g)
        if (c[g] > 0.0) sum += share(g, at);
      return sum;
    };
    const double k = static_cast<double>(k_);
    std::size_t lo = 0, hi = knots.size() - 1;  // total(knots[lo]) <= k <= total(knots[hi])
    while (hi - lo > 1) {
      const std::size_t middle = (lo + hi) / 2;
      (total(knots[middle]) <= k ? lo : hi) = middle;
    }
    const double at_lo = total(knots[lo]), at_hi = total(knots[hi]);
    nu = at_hi > at_lo ? knots[lo] + (knots[hi] - knots[lo]) * (k - at_lo) / (at_hi - at_lo) : knots[hi];
  }
  for (Index g = 0; g < count; ++g) {
    const double u = std::isinf(nu) ? 1.0 : share(g, nu);
    groups_.scale(g, v, u > 0.0 ? u / (u + e[g]) : 0.0, out);
  }
}

}  // namespace pauca
