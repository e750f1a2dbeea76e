#include "pauca/dag/colide_score.hpp"

#include <algorithm>
#include <cmath>

namespace pauca::dag {

ColideScore::ColideScore(const MomentGroups& moments, const Constraints& constraints, bool equal_variance,
                         Matrix penalties, double noise_bound)
    : NodeScore(moments, constraints, equal_variance),
      penalties_(std::move(penalties)),
      bound_(noise_bound),
      step_(constraints.n_variables()),
      level_(constraints.n_variables()),
      gradient_(constraints.n_variables()),
      work_(constraints.n_variables()) {}

double ColideScore::sigma(double rss) const { return equal_ ? fixed_ : std::max(std::sqrt(rss), bound_); }

double ColideScore::current_rss() {
  // |r|^2 = q_ols + |L'w - z|^2
  a_.resize(w_.size());
  step_.half_multiply(w_.data(), a_.data());
  double extra = 0.0;
  for (std::size_t k = 0; k < a_.size(); ++k) extra += (a_[k] - step_.z()[k]) * (a_[k] - step_.z()[k]);
  return step_.rss() + extra;
}

void ColideScore::drop(Index position) {
  w_.erase(w_.begin() + position);
  sign_.erase(sign_.begin() + position);
  l_.erase(l_.begin() + position);
  step_.remove(position);
}

bool ColideScore::solve_active() {
  // True if sigma had its closed form at the end. Minimise on the current support and orthant; leave at its border,
  // drop what reached zero, go on.
  bool closed = true;
  while (!w_.empty()) {
    const std::size_t m = w_.size();
    a_.resize(m), b_.resize(m), c_.resize(m);
    for (std::size_t k = 0; k < m; ++k) a_[k] = l_[k] * sign_[k];
    step_.half_solve(a_.data(), b_.data());
    double s = fixed_;
    if (!equal_) {
      double shrink = 1.0;
      for (double v : b_) shrink -= v * v;
      closed = shrink > 1e-6;
      s = closed ? std::max(std::sqrt(step_.rss() / shrink), bound_) : sigma(current_rss());
    }
    for (double& v : b_) v *= s;
    step_.coefficients(b_.data(), c_.data());
    double step = 1.0;
    Index hit = -1;
    for (std::size_t k = 0; k < m; ++k) {
      if (sign_[k] != 0.0 && c_[k] * sign_[k] < 0.0) {
        const double t = w_[k] / (w_[k] - c_[k]);
        if (t < step || hit < 0) step = std::min(t, step), hit = static_cast<Index>(k);
      }
    }
    if (hit < 0) {
      w_ = c_;
      return closed;
    }
    for (std::size_t k = 0; k < m; ++k) w_[k] += step * (c_[k] - w_[k]);
    if (step <= 0.0) level_[step_.set()[hit]] = -1.0;  // entered in vain: not again
    drop(hit);
  }
  return true;
}

void ColideScore::fit(Index node, const Mask& candidates, NodeFit& fit) {
  const NodeMoments& m = moments_.of(node);
  if (m.scale[node] == 0.0) {
    fit = NodeFit{};
    return;
  }
  const Index p = constraints_.n_variables();
  const double unit = m.scale[node];
  fixed_ = equal_ ? std::sqrt(noise_) / unit : 1.0;
  step_.start(m, node);
  w_.clear(), sign_.clear(), l_.clear();
  // level: penalty on the scale of correlations; negative: not available.
  for (Index c = 0; c < p; ++c) {
    const bool usable = candidates[c] && c != node && m.scale[c] > 0.0 && !constraints_.excluded(c, node);
    level_[c] = usable ? penalties_(c, node) / m.scale[c] : -1.0;
  }
  for (std::size_t i = 0; i < fit.parents.size(); ++i) {
    const int c = fit.parents[i];
    if (level_[c] < 0.0 || fit.weights[i] == 0.0 || !step_.add(c)) continue;
    w_.push_back(fit.weights[i] * m.scale[c] / unit);
    l_.push_back(level_[c]);
    const bool free = level_[c] == 0.0 && !constraints_.nonnegative;
    sign_.push_back(free ? 0.0 : (fit.weights[i] > 0.0 ? 1.0 : -1.0));
  }
  bool closed = solve_active();
  for (Index guard = 0; guard < 20 * p + 100; ++guard) {
    double rss = current_rss();
    // Where the closed form for sigma does not apply, iterate it to a fixed point.
    for (int k = 0; !closed && k < 50; ++k) {
      const double before = rss;
      closed = solve_active();
      rss = current_rss();
      if (std::abs(rss - before) <= 1e-12 * before) break;
    }
    const double s = sigma(rss);
    gradient_ = m.correlation.col(node);
    for (std::size_t k = 0; k < w_.size(); ++k) gradient_ -= w_[k] * m.correlation.col(step_.set()[k]);
    for (int c : step_.set()) gradient_[c] = 0.0;
    Index best = -1;
    double worst = 1e-9;
    for (Index c = 0; c < p; ++c) {
      if (level_[c] < 0.0) continue;
      const double g = constraints_.nonnegative ? gradient_[c] : std::abs(gradient_[c]);
      const double violation = g - level_[c] * s;
      if (violation > worst * (1.0 + level_[c] * s)) worst = violation, best = c;
    }
    if (best < 0) break;
    const double direction = gradient_[best];
    if (!step_.add(best)) {
      level_[best] = -1.0;
      continue;
    }
    w_.push_back(0.0);
    l_.push_back(level_[best]);
    const bool free = level_[best] == 0.0 && !constraints_.nonnegative;
    sign_.push_back(free ? 0.0 : (direction > 0.0 ? 1.0 : -1.0));
    closed = solve_active();
  }
  const double rss = step_.rss_of(w_.data());
  double l1 = 0.0;
  fit.parents.assign(step_.set().begin(), step_.set().end());
  fit.weights.resize(w_.size());
  for (std::size_t k = 0; k < w_.size(); ++k) {
    l1 += l_[k] * std::abs(w_[k]);
    fit.weights[k] = w_[k] * unit / m.scale[fit.parents[k]];
  }
  const double s = sigma(rss);
  fit.cost = unit * (equal_ ? rss / (2.0 * s) + l1 : rss / (2.0 * s) + s / 2.0 + l1);
  fit.residual_variance = rss * unit * unit;
}

void ColideScore::would_enter(Index node, const NodeFit& fit, std::uint8_t* out) {
  const NodeMoments& m = moments_.of(node);
  const Index p = constraints_.n_variables();
  std::fill(out, out + p, std::uint8_t{0});
  if (m.scale[node] == 0.0) return;
  fixed_ = equal_ ? std::sqrt(noise_) / m.scale[node] : 1.0;
  gradient_ = m.correlation.col(node);
  for (std::size_t k = 0; k < fit.parents.size(); ++k) {
    const int c = fit.parents[k];
    gradient_ -= (fit.weights[k] * m.scale[c] / m.scale[node]) * m.correlation.col(c);
  }
  const double s = sigma(fit.residual_variance / (m.scale[node] * m.scale[node]));
  for (Index c = 0; c < p; ++c) {
    if (c == node || m.scale[c] == 0.0 || constraints_.excluded(c, node)) continue;
    const double g = constraints_.nonnegative ? gradient_[c] : std::abs(gradient_[c]);
    out[c] = g > penalties_(c, node) / m.scale[c] * s * (1.0 + 1e-9) + 1e-9;
  }
  for (int c : fit.parents) out[c] = 0;
}

double ColideScore::least_cost(Index node) const {
  const double unit = moments_.of(node).scale[node], rss = least_rss(node);
  if (unit == 0.0) return 0.0;
  if (equal_) return 0.5 * unit * unit * rss / std::sqrt(noise_);
  const double s = std::max(std::sqrt(rss), bound_);
  return 0.5 * unit * (rss / s + s);
}

double ColideScore::objective(const std::vector<NodeFit>& fits) const {
  double total = 0.0;
  if (!equal_) {
    for (const auto& f : fits) total += f.cost;
    return total;
  }
  double rss = 0.0, least = 0.0;
  for (std::size_t j = 0; j < fits.size(); ++j) {
    const NodeMoments& m = moments_.of(static_cast<Index>(j));
    rss += fits[j].residual_variance;
    for (std::size_t k = 0; k < fits[j].parents.size(); ++k) {
      total += penalties_(fits[j].parents[k], static_cast<Index>(j)) * std::abs(fits[j].weights[k]);
    }
    if (m.scale[static_cast<Index>(j)] > 0.0 && (least == 0.0 || m.scale[static_cast<Index>(j)] < least)) {
      least = m.scale[static_cast<Index>(j)];
    }
  }
  const double d = static_cast<double>(fits.size());
  const double s = std::max(std::sqrt(rss / d), bound_ * least);
  return total + (s > 0.0 ? rss / (2.0 * s) + d * s / 2.0 : 0.0);
}

}  // namespace pauca::dag
