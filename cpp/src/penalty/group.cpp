#include <algorithm>
#include <cmath>
#include <vector>

#include "pauca/core/order.hpp"
#include "pauca/penalty/mcp.hpp"
#include "pauca/penalty/structured/composite_mcp.hpp"
#include "pauca/penalty/structured/sparse_group.hpp"

namespace pauca {

SparseGroup::SparseGroup(Groups groups, double ratio) : groups_(std::move(groups)), ratio_(ratio) {
  require(ratio >= 0.0 && ratio <= 1.0, "SparseGroup: l1_ratio must be in [0, 1]");
}

double SparseGroup::value(const Vector& w) const {
  double total = ratio_ * w.lpNorm<1>();
  for (Index g = 0; g < groups_.count(); ++g) total += (1.0 - ratio_) * groups_.weights[g] * groups_.norm(g, w);
  return alpha_ * total;
}

void SparseGroup::prox(const Vector& v, double step, Vector& out) const {
  const double k = step * alpha_ * ratio_;
  const Vector soft = v.unaryExpr([k](double a) { return a > k ? a - k : (a < -k ? a + k : 0.0 * a); });
  out.resize(v.size());
  for (Index g = 0; g < groups_.count(); ++g) {
    const double limit = step * alpha_ * (1.0 - ratio_) * groups_.weights[g], norm = groups_.norm(g, soft);
    groups_.scale(g, soft, norm > limit ? 1.0 - limit / norm : 0.0, out);
  }
}

CompositeMcp::CompositeMcp(Groups groups, double gamma) : groups_(std::move(groups)), gamma_(gamma) {
  require(gamma > 0.0, "CompositeMCP: gamma must be positive");
}

double CompositeMcp::value(const Vector& w) const {
  const Mcp inner({gamma_});
  double total = 0.0;
  for (Index g = 0; g < groups_.count(); ++g) {
    const double l = std::sqrt(alpha_ * groups_.weights[g]);
    if (l == 0.0 || groups_.size(g) == 0) continue;
    double s = 0.0;
    for (Index k = groups_.start[g]; k < groups_.start[g + 1]; ++k) s += inner.value(std::abs(w[groups_.order[k]]), l);
    total += Mcp({0.5 * static_cast<double>(groups_.size(g)) * gamma_ * l}).value(s, l);
  }
  return total;
}

namespace {

/// The best slope m of one group: phi(m) = sum_k min_x [t m p(x) + (x - a_k)^2 / 2] + t Gamma (l - m)^2 / 2, whose
/// derivative / t is S(m) - Gamma (l - m), S = sum_k p(x_k(m)). Coordinate k leaves the sum at m = bend_k / t, where it
/// becomes zero; between those points S = const - C / (2 gamma D^2) with D = 1 - t m / gamma.
double best_slope(const std::vector<double>& a, double l, double gamma, double outer, double t) {
  const Mcp inner({gamma});
  const double flat = 0.5 * gamma * l * l;
  struct Coordinate {
    double bend, square;  // square = (gamma l - a)^2 where x moves with m, 0 where x = a until it vanishes
  };
  std::vector<Coordinate> members;
  double moving = 0.0, count = 0.0;
  for (double v : a) {
    const bool firm = v <= gamma * l;
    const double gap = gamma * l - v;
    members.push_back({firm ? v / l : v * v / (gamma * l * l), firm ? gap * gap : 0.0});
    moving += members.back().square;
    count += 1.0;
  }
  std::sort(members.begin(), members.end(), [](const auto& x, const auto& y) { return exceeds(y.bend, x.bend); });

  auto phi = [&](double m) {
    double total = 0.5 * t * outer * (l - m) * (l - m);
    for (double v : a) {
      const double x = inner.prox(v, l, t * m);
      total += t * m * inner.value(x, l) + 0.5 * (x - v) * (x - v);
    }
    return total;
  };
  double best = 0.0, lowest = phi(0.0);
  auto consider = [&](double m) {
    const double f = phi(m);
    if (f <= lowest) {
      lowest = f;
      best = m;
    }
  };
  double from = 0.0;
  for (std::size_t k = 0; k < members.size() && from < l; ++k) {
    const double to = std::min(members[k].bend / t, l);
    auto slope = [&](double m) {
      const double d = 1.0 - t * m / gamma;
      return count * flat - (moving > 0.0 ? 0.5 * moving / (gamma * d * d) : 0.0) - outer * (l - m);
    };
    if (to > from) {
      // phi' increases up to the inflection only: a minimiser lies before it.
      const double inflection = moving > 0.0 ? (1.0 - std::cbrt(moving * t / (gamma * gamma * outer))) * gamma / t : to;
      double lo = from, hi = std::min(to, inflection);
      if (hi > lo && slope(lo) <= 0.0 && slope(hi) >= 0.0) {
        for (int i = 0; i < 100 && hi > lo; ++i) {
          const double middle = 0.5 * (lo + hi);
          if (middle == lo || middle == hi) break;
          (slope(middle) <= 0.0 ? lo : hi) = middle;
        }
        consider(0.5 * (lo + hi));
      }
    }
    from = std::max(from, to);
    moving = std::max(moving - members[k].square, 0.0);
    count -= 1.0;
  }
  consider(l);
  return best;
}

}  // namespace

void CompositeMcp::prox(const Vector& v, double step, Vector& out) const {
  const Mcp inner({gamma_});
  out = v;
  std::vector<double> a;
  for (Index g = 0; g < groups_.count(); ++g) {
    const double l = std::sqrt(alpha_ * groups_.weights[g]);
    const Index size = groups_.size(g);
    if (l == 0.0 || size == 0) continue;
    a.clear();
    for (Index k = groups_.start[g]; k < groups_.start[g + 1]; ++k) a.push_back(std::abs(v[groups_.order[k]]));
    const double m = best_slope(a, l, gamma_, 0.5 * static_cast<double>(size) * gamma_ * l, step);
    for (Index k = groups_.start[g]; k < groups_.start[g + 1]; ++k) {
      const Index j = groups_.order[k];
      const double x = inner.prox(std::abs(v[j]), l, step * m);
      out[j] = v[j] < 0.0 ? -x : x;
    }
  }
}

double CompositeMcp::critical(const Vector& gradient, double) {
  double worst = 0.0;
  for (Index g = 0; g < groups_.count(); ++g) {
    if (groups_.weights[g] <= 0.0) continue;
    for (Index k = groups_.start[g]; k < groups_.start[g + 1]; ++k)
      worst = std::max(worst, std::abs(gradient[groups_.order[k]]) / groups_.weights[g]);
  }
  return worst;
}

}  // namespace pauca
