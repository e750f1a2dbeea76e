#include "pauca/bcd/class_sweeps.hpp"

#include <cmath>

namespace pauca::bcd {
namespace {

constexpr double flattest = 1e-5;  // smallest p (1 - p) of a model
constexpr double decrease = 1e-4;  // share of the promised decrease that a step has to bring
constexpr double rounding = 1e-15;
constexpr double same_weights = 0.1;  // change of row weights up to which a Gram is kept, relative to their sum

}  // namespace

bool ClassSweeps::applies(const BlockProblem& problem) {
  return problem.loss.is_softmax() && problem.penalty.absolute_strength(0) >= 0.0;
}

ClassSweeps::ClassSweeps(const BlockObjective& objective) : objective_(objective) {
  const BlockProblem& p = objective.problem();
  weights_.resize(p.design.cols());
  for (Index block = 0; block < objective.count(); ++block)
    for (Index j : p.blocks[block]) weights_[j] = p.penalty.weight(block);
}

bool ClassSweeps::run(BlockState& s, const std::vector<Index>& working, double target, Monitor& monitor) {
  const BlockProblem& p = objective_.problem();
  const PenaltySettings settings{p.penalty.lambda(), p.penalty.ridge(), weights_.data()};
  if (!penalty_ || penalty_->lambda(0) != settings.lambda * weights_[0] ||
      penalty_->ridge(0) != settings.ridge * weights_[0]) {
    penalty_ = std::make_unique<Separable<L1>>(L1{}, settings);
    classes_.clear();
    classes_.resize(static_cast<std::size_t>(s.b.cols()));
  }
  odds_ = (s.eta.colwise() - s.eta.rowwise().maxCoeff()).array().exp();
  totals_ = odds_.rowwise().sum();
  start_ = totals_.cwiseInverse().asDiagonal() * odds_;
  turned_ = active_ = 0;
  bool moved = false;
  std::vector<Index> entries;
  for (Index k = 0; k < s.b.cols() && !monitor.stop_requested(); ++k) {
    entries.clear();
    for (Index block : working)
      for (Index j : p.blocks[block])
        if (s.b(j, k) != 0.0 || std::abs(s.gradient(j, k)) > penalty_->lambda(j)) entries.push_back(j);
    if (!entries.empty()) moved |= move_class(s, k, entries, target, monitor);
  }
  return moved;
}

bool ClassSweeps::move_class(BlockState& s, Index k, const std::vector<Index>& fresh, double target, Monitor& monitor) {
  const BlockProblem& p = objective_.problem();
  const Vector& weights = p.loss.weights();
  const Eigen::ArrayXd own = odds_.col(k).array() / totals_.array();
  // u of this class at the present odds: the other classes' moves changed it, the labels' share did not.
  u_ = s.u.col(k);
  u_.array() += weights.array() * (own - start_.col(k).array());
  Class& own_class = classes_[static_cast<std::size_t>(k)];
  const Vector h = weights.array() * (own * (1.0 - own)).max(flattest);
  if (!own_class.model || (h - own_class.h).lpNorm<1>() > same_weights * h.sum()) {
    own_class.h = h;
    own_class.columns.clear();
    own_class.is_present.assign(static_cast<std::size_t>(s.b.rows()), 0);
    if (!own_class.model) own_class.model = std::make_unique<GramSubproblem<L1>>(p.design, *penalty_, p.fit_intercept);
    own_class.model->set_curvature({&own_class.h, 0.0});
  }
  for (Index j : fresh)
    if (!own_class.is_present[static_cast<std::size_t>(j)]) {
      own_class.is_present[static_cast<std::size_t>(j)] = 1;
      own_class.columns.push_back(j);
    }
  const std::vector<Index>& entries = own_class.columns;
  coef_ = s.b.col(k);
  gradient_.resize(s.b.rows());
  for (Index j : entries) gradient_[j] = p.design.dot(j, u_.data());
  own_class.model->solve(entries, coef_, u_, gradient_, target, monitor);
  if (monitor.stop_requested()) return false;

  predictor_.setZero(s.eta.rows());
  double mean = 0.0, promised = 0.0;
  bool moved = false;
  for (Index j : entries) {
    const double from = s.b(j, k), to = coef_[j];
    if (to == from) continue;
    moved = true;
    p.design.axpy(j, to - from, predictor_.data());
    if (p.fit_intercept) mean += (to - from) * own_class.model->mean(j);
    promised += penalty_->value(j, to) - penalty_->value(j, from);
  }
  if (!moved) return false;
  predictor_.array() -= mean;
  promised += u_.dot(predictor_);
  // sum_i s_i log(1 + p_i (exp(t z_i) - 1)) - t s_i y_i z_i, with s y = s p - u
  const double label = (weights.array() * own - u_.array()).matrix().dot(predictor_);
  Eigen::ArrayXd factor;
  double t = 1.0;
  for (int trial = 0; trial < 12; ++trial, t *= 0.5) {
    factor = (t * predictor_.array()).min(500.0).exp();
    double change = (weights.array() * (own * (factor - 1.0)).log1p()).sum() - t * label;
    for (Index j : entries) {
      const double from = s.b(j, k);
      if (coef_[j] != from) change += penalty_->value(j, from + t * (coef_[j] - from)) - penalty_->value(j, from);
    }
    if (change <= decrease * t * std::min(promised, 0.0) + rounding * std::abs(s.objective)) {
      for (Index j : entries) {
        const double from = s.b(j, k), to = t == 1.0 ? coef_[j] : from + t * (coef_[j] - from);
        turned_ += (from == 0.0) != (to == 0.0);
        active_ += to != 0.0;
        s.b(j, k) = to;
      }
      s.eta.col(k) += t * predictor_;
      if (p.fit_intercept) s.intercept[k] -= t * mean;
      const Eigen::ArrayXd next = odds_.col(k).array() * factor;
      totals_.array() += next - odds_.col(k).array();
      odds_.col(k) = next;
      return true;
    }
  }
  return false;
}

}  // namespace pauca::bcd
