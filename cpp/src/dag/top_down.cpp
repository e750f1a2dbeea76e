#include "pauca/dag/top_down.hpp"

#include <Eigen/Householder>
#include <algorithm>
#include <cmath>
#include <limits>

namespace pauca::dag {
namespace {

/// Which nodes may come next, given those taken.
class Eligible {
 public:
  explicit Eligible(const Constraints& constraints)
      : constraints_(constraints), waiting_(static_cast<std::size_t>(constraints.n_nodes()), 0), taken_(waiting_) {
    for (Index j = 0; j < constraints.n_nodes(); ++j) {
      for (Index i = 0; i < constraints.n_nodes(); ++i) waiting_[j] += constraints.included(i, j);
    }
    next_tier();
  }
  bool operator()(Index j) const { return !taken_[j] && waiting_[j] == 0 && constraints_.tier[j] == tier_; }
  void take(Index j) {
    taken_[j] = 1;
    for (Index i = 0; i < constraints_.n_nodes(); ++i) waiting_[i] -= constraints_.included(j, i);
    next_tier();
  }

 private:
  void next_tier() {
    tier_ = std::numeric_limits<int>::max();
    for (std::size_t j = 0; j < taken_.size(); ++j) {
      if (!taken_[j]) tier_ = std::min(tier_, constraints_.tier[j]);
    }
  }

  const Constraints& constraints_;
  std::vector<int> waiting_, taken_;
  int tier_ = 0;
};

}  // namespace

std::vector<int> top_down_order(const Matrix& centered_factor, const Constraints& constraints, Monitor& monitor) {
  const Index d = constraints.n_nodes(), p = constraints.n_variables();
  // Exogenous variables are projected out first.
  Matrix a(centered_factor.rows(), p);
  a.leftCols(p - d) = centered_factor.rightCols(p - d);
  a.rightCols(d) = centered_factor.leftCols(d);
  std::vector<int> remaining(static_cast<std::size_t>(d)), order;
  for (Index j = 0; j < d; ++j) remaining[j] = static_cast<int>(j);
  Eligible eligible(constraints);
  Vector essential(a.rows()), work(p);
  Index row = 0;
  for (Index k = 0; k < p; ++k) {
    Index column = k;
    if (k >= p - d) {
      double least = std::numeric_limits<double>::infinity();
      for (Index c = k; c < p; ++c) {
        if (!eligible(remaining[c - (p - d)])) continue;
        const double norm = row < a.rows() ? a.col(c).tail(a.rows() - row).squaredNorm() : 0.0;
        if (norm < least) least = norm, column = c;
      }
      const Index at = k - (p - d), from = column - (p - d);
      std::swap(remaining[at], remaining[from]);
      a.col(k).swap(a.col(column));
      order.push_back(remaining[at]);
      eligible.take(remaining[at]);
    }
    const Index rows = a.rows() - row;
    if (rows <= 0) continue;
    double beta, tau;
    auto tail = a.col(k).tail(rows);
    if (tail.squaredNorm() == 0.0) continue;
    auto essential_part = essential.head(rows - 1);
    tail.makeHouseholder(essential_part, tau, beta);
    tail.setZero();
    tail[0] = beta;
    if (k + 1 < p) {
      a.bottomRightCorner(rows, p - k - 1).applyHouseholderOnTheLeft(essential_part, tau, work.data());
    }
    ++row;
    if (!monitor.keep_going()) {
      for (Index c = k + 1; c < p; ++c) {
        if (c >= p - d) order.push_back(remaining[c - (p - d)]);
      }
      break;
    }
  }
  return order;
}

std::vector<int> sparse_top_down_order(NodeScore& score, Monitor& monitor) {
  const Constraints& constraints = score.constraints();
  const Index d = constraints.n_nodes(), p = constraints.n_variables();
  NodeScore::Mask mask(static_cast<std::size_t>(p), 0);
  std::fill(mask.begin() + d, mask.end(), std::uint8_t{1});
  std::vector<NodeFit> fits(static_cast<std::size_t>(d));
  std::vector<std::uint8_t> enters(static_cast<std::size_t>(d * p));
  std::vector<int> order;
  Eligible eligible(constraints);
  for (Index j = 0; j < d; ++j) {
    score.fit(j, mask, fits[j]);
    score.would_enter(j, fits[j], &enters[j * p]);
  }
  for (Index k = 0; k < d; ++k) {
    Index best = -1;
    for (Index j = 0; j < d; ++j) {
      if (eligible(j) && (best < 0 || fits[j].residual_variance < fits[best].residual_variance)) best = j;
    }
    order.push_back(static_cast<int>(best));
    eligible.take(best);
    mask[best] = 1;
    const bool on = monitor.keep_going();
    for (Index j = 0; j < d && on; ++j) {
      if (mask[j] || !enters[j * p + best]) continue;
      score.fit(j, mask, fits[j]);
      score.would_enter(j, fits[j], &enters[j * p]);
    }
  }
  return order;
}

std::vector<int> variance_order(const Vector& variance, const Constraints& constraints) {
  const Index d = constraints.n_nodes();
  Eligible eligible(constraints);
  std::vector<int> order;
  for (Index k = 0; k < d; ++k) {
    Index best = -1;
    for (Index j = 0; j < d; ++j) {
      if (eligible(j) && (best < 0 || variance[j] < variance[best])) best = j;
    }
    order.push_back(static_cast<int>(best));
    eligible.take(best);
  }
  return order;
}

}  // namespace pauca::dag
