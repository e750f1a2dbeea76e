#include "pauca/dag/bic_score.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include "pauca/core/errors.hpp"

namespace pauca::dag {
namespace {

constexpr double eager = 0.4;        // share of the price at which a fit from nothing adds at first
constexpr double rss_floor = 1e-14;  // of the variance: below it residuals are rounding

}  // namespace

double mean_residual_variance(const std::vector<NodeFit>& fits) {
  double total = 0.0;
  for (const auto& f : fits) total += f.residual_variance;
  return total / static_cast<double>(fits.size());
}

BicScore::BicScore(const MomentGroups& moments, const Constraints& constraints, bool equal_variance, double kappa,
                   Index max_parents)
    : NodeScore(moments, constraints, equal_variance),
      kappa_(kappa),
      max_parents_(max_parents),
      step_(constraints.n_variables()),
      open_(constraints.n_variables()),
      gain_(constraints.n_variables()),
      work_(constraints.n_variables()) {
  require(kappa >= 0.0, "kappa: expected a number >= 0");  // parents for less than nothing would come and go for ever
}

double BicScore::improvement(const NodeMoments& m, Index node, double before, double after) const {
  if (equal_) return m.n * m.scale[node] * m.scale[node] * (before - after) / noise_;
  return m.n * std::log(std::max(before, rss_floor) / std::max(after, rss_floor));
}

double BicScore::cost(const NodeMoments& m, Index node, double rss, std::size_t parents) const {
  const double variance = m.scale[node] * m.scale[node];
  const double edges = kappa_ * static_cast<double>(parents);
  if (equal_) return m.n * variance * rss / noise_ + edges;
  return m.n * std::log(variance * std::max(rss, rss_floor)) + edges;
}

double BicScore::least_cost(Index node) const {
  const NodeMoments& m = moments_.of(node);
  return m.scale[node] == 0.0 ? 0.0 : cost(m, node, least_rss(node), 0);
}

bool BicScore::grow(const NodeMoments& m, Index node, double kappa) {
  bool changed = false;
  while (step_.size() < max_parents_) {
    const auto& c = step_.residual_correlation();
    const auto& left = step_.variance_left();
    gain_ = (left.array() > Stepwise::collinear)
                .select(open_.array() * c.array().square() / left.array().max(Stepwise::collinear), 0.0);
    if (constraints_.nonnegative) gain_ = (c.array() > 0.0).select(gain_, 0.0);
    Index best;
    const double gain = gain_.maxCoeff(&best);
    if (!(improvement(m, node, step_.rss(), step_.rss() - gain) > kappa) || !step_.add(best)) break;
    open_[best] = 0.0;
    changed = true;
    if (constraints_.nonnegative) drop_negative(node);
  }
  return changed;
}

void BicScore::drop_negative(Index node) {
  while (step_.size() > 0) {
    step_.coefficients(nullptr, work_.data());
    Index worst = -1;
    double least = 0.0;
    for (Index i = 0; i < step_.size(); ++i) {
      if (work_[i] < least) least = work_[i], worst = i;
    }
    if (worst < 0) return;
    if (!constraints_.included(step_.set()[worst], node)) open_[step_.set()[worst]] = 0.0;
    step_.remove(worst);
  }
}

bool BicScore::shrink(const NodeMoments& m, Index node) {
  bool changed = false;
  while (step_.size() > 0) {
    step_.removal_costs(work_.data());
    Index least = -1;
    for (Index i = 0; i < step_.size(); ++i) {
      if (constraints_.included(step_.set()[i], node)) continue;
      if (least < 0 || work_[i] < work_[least]) least = i;
    }
    if (least < 0 || improvement(m, node, step_.rss() + work_[least], step_.rss()) >= kappa_) break;
    open_[step_.set()[least]] = 1.0;
    step_.remove(least);
    changed = true;
  }
  return changed;
}

void BicScore::fit(Index node, const Mask& candidates, NodeFit& fit) {
  const NodeMoments& m = moments_.of(node);
  if (m.scale[node] == 0.0) {
    fit = NodeFit{};
    return;
  }
  const Index p = constraints_.n_variables();
  step_.start(m, node);
  for (Index c = 0; c < p; ++c) {
    const bool usable = candidates[c] && c != node && m.scale[c] > 0.0 && !constraints_.excluded(c, node);
    open_[c] = usable ? 1.0 : 0.0;
    if (usable && constraints_.included(c, node) && step_.add(c)) open_[c] = 0.0;
  }
  for (int c : fit.parents) {
    if (open_[c] != 0.0 && step_.size() < max_parents_ && step_.add(c)) open_[c] = 0.0;
  }
  if (constraints_.nonnegative) drop_negative(node);
  // From nothing, additions first go further than they pay: what is needed only jointly gets in, the rest leaves again.
  if (fit.parents.empty()) grow(m, node, eager * kappa_);
  for (int round = 0; round < 20; ++round) {
    const bool grown = grow(m, node, kappa_), shrunk = shrink(m, node);
    if (!shrunk || (!grown && round > 0)) break;
  }
  finish(m, node, fit);
}

void BicScore::finish(const NodeMoments& m, Index node, NodeFit& fit) {
  const auto k = static_cast<std::size_t>(step_.size());
  fit.parents.assign(step_.set().begin(), step_.set().end());
  fit.weights.resize(k);
  step_.coefficients(nullptr, fit.weights.data());
  const double rss = step_.refined_rss(fit.weights.data());
  fit.cost = cost(m, node, rss, k);
  fit.residual_variance = rss * m.scale[node] * m.scale[node];
  for (std::size_t i = 0; i < k; ++i) fit.weights[i] *= m.scale[node] / m.scale[fit.parents[i]];
}

void BicScore::fit_exactly(Index node, const std::vector<int>& parents, NodeFit& fit) {
  const NodeMoments& m = moments_.of(node);
  fit = NodeFit{};
  if (m.scale[node] == 0.0) return;
  step_.start(m, node);
  open_.setZero();
  for (int c : parents) step_.add(c);
  if (constraints_.nonnegative) drop_negative(node);
  finish(m, node, fit);
}

void BicScore::would_enter(Index node, const NodeFit& fit, std::uint8_t* out) {
  const NodeMoments& m = moments_.of(node);
  const Index p = constraints_.n_variables();
  std::fill(out, out + p, std::uint8_t{0});
  if (m.scale[node] == 0.0 || static_cast<Index>(fit.parents.size()) >= max_parents_) return;
  step_.start(m, node);
  for (int c : fit.parents) step_.add(c);
  const auto& c = step_.residual_correlation();
  const auto& left = step_.variance_left();
  // The gain in rss from which on a variable pays.
  const double rss = step_.rss();
  const double needed =
      equal_ ? kappa_ * noise_ / (m.n * m.scale[node] * m.scale[node]) : rss * (1.0 - std::exp(-kappa_ / m.n));
  for (Index v = 0; v < p; ++v) {
    if (v == node || m.scale[v] == 0.0 || left[v] <= Stepwise::collinear || constraints_.excluded(v, node)) continue;
    if (constraints_.nonnegative && c[v] <= 0.0) continue;
    out[v] = c[v] * c[v] > needed * left[v];
  }
}

double BicScore::objective(const std::vector<NodeFit>& fits) const {
  double total = 0.0;
  if (!equal_) {
    for (const auto& f : fits) total += f.cost;
    return total;
  }
  std::size_t edges = 0;
  double samples = 0.0;
  for (std::size_t j = 0; j < fits.size(); ++j) {
    const double n = moments_.of(static_cast<Index>(j)).n;
    total += n * fits[j].residual_variance;
    samples += n;
    edges += fits[j].parents.size();
  }
  return samples * std::log(std::max(total / samples, std::numeric_limits<double>::min())) +
         kappa_ * static_cast<double>(edges);
}

}  // namespace pauca::dag
