#include "pauca/penalty/structured/fused.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "pauca/core/errors.hpp"

namespace pauca {

void total_variation_prox(const Vector& v, double lambda, Vector& out) {
  const Index n = v.size();
  out = v;
  if (n < 2 || lambda <= 0.0) return;
  // The dual variables of a constant x are the cumulated deviations from the mean: within the bound, it is optimal.
  const double mean = v.mean();
  double cumulated = 0.0, largest = 0.0;
  for (Index i = 0; i + 1 < n; ++i) {
    cumulated += v[i] - mean;
    largest = std::max(largest, std::abs(cumulated));
  }
  if (largest <= lambda) {
    out.setConstant(mean);
    return;
  }
  // delta_i(b), the derivative of the optimal value of the first i + 1 terms given x_i = b, is increasing and piecewise
  // linear: its leftmost and rightmost lines and the changes at its knots are kept. Clipping it to [-lambda, lambda]
  // is the minimisation over x_i.
  struct Line {
    double slope, level;
  };
  struct Knot {
    double at;
    Line change;
  };
  std::vector<Knot> knots(static_cast<std::size_t>(2 * n));
  std::vector<double> low(static_cast<std::size_t>(n)), high(static_cast<std::size_t>(n));
  Index first = n, last = n - 1;  // knots in use
  Line left{1.0, -v[0]}, right = left;
  for (Index i = 0; i + 1 < n; ++i) {
    Line a = left;
    for (; first <= last && a.slope * knots[first].at + a.level <= -lambda; ++first) {
      a.slope += knots[first].change.slope;
      a.level += knots[first].change.level;
    }
    low[i] = (-lambda - a.level) / a.slope;
    Line b = right;
    for (; last >= first && b.slope * knots[last].at + b.level >= lambda; --last) {
      b.slope -= knots[last].change.slope;
      b.level -= knots[last].change.level;
    }
    high[i] = (lambda - b.level) / b.slope;
    knots[--first] = {low[i], {a.slope, a.level + lambda}};
    knots[++last] = {high[i], {-b.slope, lambda - b.level}};
    left = {1.0, -lambda - v[i + 1]};
    right = {1.0, lambda - v[i + 1]};
  }
  Line a = left;
  for (; first <= last && a.slope * knots[first].at + a.level <= 0.0; ++first) {
    a.slope += knots[first].change.slope;
    a.level += knots[first].change.level;
  }
  out[n - 1] = -a.level / a.slope;
  for (Index i = n - 2; i >= 0; --i) out[i] = std::min(std::max(out[i + 1], low[i]), high[i]);
}

Fused::Fused(double ratio) : ratio_(ratio) {
  require(ratio >= 0.0 && ratio <= 1.0, "FusedL1: l1_ratio must be in [0, 1]");
}

double Fused::value(const Vector& w) const {
  double variation = 0.0;
  for (Index i = 0; i + 1 < w.size(); ++i) variation += std::abs(w[i + 1] - w[i]);
  return alpha_ * ((1.0 - ratio_) * variation + ratio_ * w.lpNorm<1>());
}

void Fused::prox(const Vector& v, double step, Vector& out) const {
  total_variation_prox(v, step * alpha_ * (1.0 - ratio_), out);
  const double k = step * alpha_ * ratio_;
  if (k > 0.0)
    for (Index i = 0; i < out.size(); ++i) out[i] = out[i] > k ? out[i] - k : (out[i] < -k ? out[i] + k : 0.0);
}

}  // namespace pauca
