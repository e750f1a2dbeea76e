#include "pauca/dag/order_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pauca::dag {
namespace {

/// Score-equivalent orders are common: differences below this are rounding.
double tie_width(double cost) { return 1e-6 * (1e-3 + std::abs(cost)); }

/// Cost a sample that a slide may climb over with a common noise level.
constexpr double climb = 3.0;

}  // namespace

OrderSearch::OrderSearch(NodeScore& score, Monitor& monitor, const OrderSearchOptions& options)
    : score_(score),
      constraints_(score.constraints()),
      monitor_(monitor),
      options_(options),
      rng_(options.seed),
      d_(constraints_.n_nodes()),
      p_(constraints_.n_variables()),
      position_(static_cast<std::size_t>(d_)),
      fits_(static_cast<std::size_t>(d_)),
      enters_(static_cast<std::size_t>(d_ * p_)),
      mask_(static_cast<std::size_t>(p_)) {}

void OrderSearch::set_prefix(Index end) {
  std::fill(mask_.begin(), mask_.begin() + d_, std::uint8_t{0});
  std::fill(mask_.begin() + d_, mask_.end(), std::uint8_t{1});
  for (Index k = 0; k < end; ++k) mask_[order_[k]] = 1;
}

void OrderSearch::accept(int node, NodeFit& fit) {
  std::swap(fits_[node], fit);
  score_.would_enter(node, fits_[node], &enters_[node * p_]);
}

void OrderSearch::fit_all() {
  for (Index k = 0; k < d_; ++k) position_[order_[k]] = k;
  set_prefix(0);
  for (Index k = 0; k < d_; ++k) {
    trial_.parents.clear(), trial_.weights.clear();
    score_.fit(order_[k], mask_, trial_);
    accept(order_[k], trial_);
    mask_[order_[k]] = 1;
    monitor_.keep_going();
  }
}

void OrderSearch::refit_from_scratch() {
  set_prefix(0);
  for (Index k = 0; k < d_ && monitor_.keep_going(); ++k) {
    const int node = order_[k];
    trial_.parents.clear(), trial_.weights.clear();
    score_.fit(node, mask_, trial_);
    if (trial_.cost < fits_[node].cost) {
      accept(node, trial_);
    } else {  // the noise level may have changed
      trial_ = fits_[node];
      score_.fit(node, mask_, trial_);
      accept(node, trial_);
    }
    mask_[node] = 1;
  }
}

double OrderSearch::scan_left(int node, Index& best_position) {
  const Index start = position_[node];
  const double tie = tie_width(fits_[node].cost);
  double best = 0.0, passed = 0.0;
  best_position = start;
  changes_.clear();
  moving_ = fits_[node];
  set_prefix(start);
  // What the nodes still to be passed could gain at most. With a common noise level a node that has lost its parents
  // costs far more than a few others can gain, and its fits with what is left are the slowest: no need to look on.
  const double limit =
      score_.equal_variance() ? climb * score_.moments().of(node).n : std::numeric_limits<double>::infinity();
  double hope = 0.0;
  for (Index q = 0; q < start; ++q) {
    const int u = order_[q];
    if (enters_[u * p_ + node]) hope += fits_[u].cost - score_.least_cost(u);
  }
  for (Index q = start - 1; q >= 0; --q) {
    const int u = order_[q];
    if (!constraints_.may_swap(u, node)) break;
    if (passed + moving_.cost - fits_[node].cost - std::min(hope, limit) >= best) break;
    if (enters_[u * p_ + node]) hope -= fits_[u].cost - score_.least_cost(u);
    mask_[u] = 0;
    if (std::find(moving_.parents.begin(), moving_.parents.end(), u) != moving_.parents.end()) {
      score_.fit(node, mask_, moving_);
    }
    if (enters_[u * p_ + node]) {
      trial_ = fits_[u];
      trial_.parents.push_back(node);
      trial_.weights.push_back(0.0);
      mask_[node] = 1;
      score_.fit(u, mask_, trial_);
      mask_[node] = 0;
      if (trial_.cost < fits_[u].cost) {
        passed += trial_.cost - fits_[u].cost;
        changes_.push_back({u, q, trial_});
      }
    }
    const double total = passed + moving_.cost - fits_[node].cost;
    if (total < best - tie) best = total, best_position = q, best_moving_ = moving_;
  }
  return best;
}

double OrderSearch::scan_right(int node, Index& best_position) {
  const Index start = position_[node];
  const double tie = tie_width(fits_[node].cost);
  double best = 0.0, passed = 0.0;
  best_position = start;
  changes_.clear();
  moving_ = fits_[node];
  set_prefix(start);
  // While the moving node passes others, it keeps its own table of who would enter.
  std::vector<std::uint8_t> enters(enters_.begin() + node * p_, enters_.begin() + (node + 1) * p_);
  for (Index q = start + 1; q < d_; ++q) {
    const int u = order_[q];
    if (!constraints_.may_swap(node, u)) break;
    if (passed + score_.least_cost(node) - fits_[node].cost >= best) break;
    if (std::find(fits_[u].parents.begin(), fits_[u].parents.end(), node) != fits_[u].parents.end()) {
      trial_ = fits_[u];
      score_.fit(u, mask_, trial_);
      passed += trial_.cost - fits_[u].cost;
      changes_.push_back({u, q, trial_});
    }
    mask_[u] = 1;
    if (enters[u]) {
      trial_ = moving_;
      trial_.parents.push_back(u);
      trial_.weights.push_back(0.0);
      score_.fit(node, mask_, trial_);
      if (trial_.cost < moving_.cost) {
        std::swap(moving_, trial_);
        score_.would_enter(node, moving_, enters.data());
      }
    }
    const double total = passed + moving_.cost - fits_[node].cost;
    if (total < best - tie) best = total, best_position = q, best_moving_ = moving_;
  }
  return best;
}

void OrderSearch::move(int node, Index to) {
  const Index from = position_[node];
  if (to < from) {
    std::rotate(order_.begin() + to, order_.begin() + from, order_.begin() + from + 1);
  } else {
    std::rotate(order_.begin() + from, order_.begin() + from + 1, order_.begin() + to + 1);
  }
  for (Index k = std::min(from, to); k <= std::max(from, to); ++k) position_[order_[k]] = k;
}

bool OrderSearch::slide(int node) {
  Index left_position, right_position;
  const double left = scan_left(node, left_position);
  best_changes_.clear();
  for (auto& c : changes_) {
    if (c.at >= left_position) best_changes_.push_back(std::move(c));
  }
  NodeFit left_fit = std::move(best_moving_);
  const double right = scan_right(node, right_position);
  const double tie = tie_width(fits_[node].cost);
  if (std::min(left, right) >= -10.0 * tie) return false;
  if (right < left - tie) {
    best_changes_.clear();
    for (auto& c : changes_) {
      if (c.at <= right_position) best_changes_.push_back(std::move(c));
    }
    left_fit = std::move(best_moving_);
    left_position = right_position;
  }
  move(node, left_position);
  for (auto& c : best_changes_) accept(c.node, c.fit);
  accept(node, left_fit);
  return true;
}

bool OrderSearch::pass() {
  bool changed = false;
  std::vector<int> sequence = order_;
  shuffle(sequence, rng_);
  for (int node : sequence) {
    if (!monitor_.keep_going()) {
      finished_ = false;
      return false;
    }
    changed |= slide(node);
  }
  return changed;
}

void OrderSearch::improve() {
  // With equal variances, order and common variance in turn, until a round of passes moves nothing.
  double previous = score_.objective(fits_);
  bool moved = options_.move;
  const Index limit = passes_ + options_.max_passes;
  for (int round = 0; round < 30; ++round) {
    if (score_.equal_variance()) {
      score_.set_noise(std::max(mean_residual_variance(fits_), 1e-300));
      refit_from_scratch();
    }
    bool changed = moved;
    moved = false;
    while (changed && monitor_.keep_going()) {
      changed = pass();
      moved |= changed;
      path_->push_back(score_.objective(fits_));
      monitor_.next_iteration({++passes_, path_->back(), 0.0, 0.0});
      if (passes_ >= limit) {
        finished_ = finished_ && !changed;
        break;
      }
    }
    refit_from_scratch();
    const double now = score_.objective(fits_);
    const bool better = now < previous - 1e-9 * (1.0 + std::abs(previous));
    previous = now;
    if (!score_.equal_variance() || !better || !monitor_.keep_going() || passes_ >= limit) break;
  }
  path_->push_back(previous);
}

void OrderSearch::perturb(bool thoroughly) {
  const Index moves = thoroughly ? 2 * d_ : std::max<Index>(2, d_ / 8);
  for (Index k = 0; k < moves; ++k) {
    const int node = order_[rng_.below(d_)];
    Index to = position_[node];
    const Index reach = 1 + rng_.below(std::max<Index>(2, thoroughly ? d_ : d_ / 3));
    if (rng_.uniform() < 0.5) {
      for (Index s = 0; s < reach && to > 0 && constraints_.may_swap(order_[to - 1], node); ++s) --to;
    } else {
      for (Index s = 0; s < reach && to + 1 < d_ && constraints_.may_swap(node, order_[to + 1]); ++s) ++to;
    }
    move(node, to);
  }
}

OrderSolution OrderSearch::snapshot() const { return {order_, fits_, score_.objective(fits_)}; }

void OrderSearch::restore(const OrderSolution& solution) {
  order_ = solution.order;
  for (Index k = 0; k < d_; ++k) position_[order_[k]] = k;
  fits_ = solution.fits;
}

OrderSolution OrderSearch::run(const std::vector<std::vector<int>>& starts, std::vector<double>& path) {
  path_ = &path;
  if (options_.move) score_.prepare_bounds();
  OrderSolution best;
  bool first = true;
  auto attempt = [&] {
    fit_all();
    if (first) path.push_back(score_.objective(fits_));
    improve();
    // Equivalent graphs score alike: the first found stays, whatever the rounding.
    const double now = score_.objective(fits_);
    if (first || now < best.objective - 1e-9 * (1e-3 + std::abs(best.objective))) best = snapshot();
    first = false;
  };
  if (score_.equal_variance()) {
    // A first noise level: marginal variances, then the fits they give.
    order_ = starts.front();
    double total = 0.0;
    for (Index j = 0; j < d_; ++j) total += score_.moments().of(j).scale[j] * score_.moments().of(j).scale[j];
    score_.set_noise(std::max(total / static_cast<double>(d_), 1e-300));
    for (int k = 0; k < 4; ++k) {
      fit_all();
      score_.set_noise(std::max(mean_residual_variance(fits_), 1e-300));
    }
  }
  for (const auto& start : starts) {
    order_ = start;
    attempt();
    if (!monitor_.keep_going()) break;
  }
  int in_vain = 0;
  for (int k = 0; k < options_.n_restarts && options_.move && d_ > 2 && monitor_.keep_going(); ++k) {
    restore(best);
    perturb(k % 2 == 1);
    const double before = best.objective;
    attempt();
    in_vain = best.objective < before - 1e-7 * (1e-3 + std::abs(before)) ? 0 : in_vain + 1;
    if (in_vain >= options_.patience) break;
  }
  if (!monitor_.keep_going()) finished_ = false;
  return best;
}

}  // namespace pauca::dag
