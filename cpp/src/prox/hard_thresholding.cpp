#include "pauca/prox/hard_thresholding.hpp"

#include <algorithm>
#include <cmath>

#include "pauca/core/errors.hpp"
#include "pauca/core/order.hpp"
#include "pauca/prox/smooth.hpp"
#include "pauca/prox/support_search.hpp"
#include "start.hpp"

namespace pauca::prox {

namespace {

/// Keeps the k entries of largest magnitude among those with a price, and all that are free; of equal ones the first.
void keep_largest(Index k, const Vector& prices, Vector& v) {
  std::vector<Index> order;
  for (Index j = 0; j < v.size(); ++j) {
    if (!std::isfinite(prices[j]))
      v[j] = 0.0;
    else if (prices[j] > 0.0)
      order.push_back(j);
  }
  if (k >= static_cast<Index>(order.size())) return;
  std::nth_element(order.begin(), order.begin() + k, order.end(),
                   [&](Index a, Index b) { return ranks_before(std::abs(v[a]), a, std::abs(v[b]), b); });
  for (std::size_t i = static_cast<std::size_t>(k); i < order.size(); ++i) v[order[i]] = 0.0;
}

/// What each nonzero coefficient costs; for a fixed number of them only which of them are free.
struct Prices {
  Vector each;
  bool alone = true;  ///< no ridge, no sign: the penalty counts nonzeros and nothing else
};

Prices prices_of(const Problem& problem, Index n_nonzero, double alpha) {
  Prices prices;
  prices.each.resize(problem.design.cols());
  problem.penalty.set_strength(n_nonzero > 0 ? 1.0 : alpha);
  for (Index j = 0; j < prices.each.size(); ++j) {
    prices.each[j] = problem.penalty.coordinate(j, 1.0);
    prices.alone = prices.alone && problem.penalty.coordinate(j, -2.0) == prices.each[j];
  }
  problem.penalty.set_strength(alpha);
  return prices;
}

}  // namespace

Solution hard_thresholding(const Problem& problem, const Null& null, Index n_nonzero, bool exchange,
                           const Settings& settings, const bcd::Start& start, Monitor& monitor) {
  Solution result = begin(problem, null, settings);
  Report& report = result.report;
  report.threshold = std::max({settings.tol * null.model.gradient_max, problem.loss.rounding(), null.model.floor});
  Smooth f(problem, monitor);
  Vector w = start.coef.size() ? start.coef : null.model.coef, z, z_next, gradient, next;
  f.set_intercept(start.coef.size() ? start.intercept : null.model.intercept);
  f.predictor(w, z);
  const Prices prices = prices_of(problem, n_nonzero, result.alpha);
  auto penalty = [&](const Vector& v) { return n_nonzero > 0 ? 0.0 : problem.penalty.value(v); };
  double objective = f.evaluate(z) + penalty(w), worst = 0.0, lipschitz = f.lipschitz(), intercept = f.intercept();
  auto threshold = [&](const Vector& v, double step, Vector& out) {
    if (n_nonzero == 0) return problem.penalty.prox(v, step, out);
    out = v;
    keep_largest(n_nonzero, prices.each, out);
  };
  auto support = [](const Vector& v) {
    std::vector<bool> in(static_cast<std::size_t>(v.size()));
    for (Index j = 0; j < v.size(); ++j) in[j] = v[j] != 0.0;
    return in;
  };
  // A ridge or a sign constraint is no matter of supports alone.
  exchange = exchange && prices.alone;
  SupportSearch search(problem, prices.each, n_nonzero, monitor);
  int settled = 0;
  bool polished = false;
  if (exchange && search.improve(f, w, objective)) {
    f.predictor(w, z);
    polished = true;
  }
  for (;; ++report.n_iter) {
    const double at = f.evaluate(z);
    intercept = f.intercept();
    f.gradient(gradient);
    for (int trial = 0; trial < 60; ++trial, lipschitz *= 2.0) {
      threshold(w - (0.99 / lipschitz) * gradient, 0.99 / lipschitz, next);
      f.predictor(next, z_next);
      const Vector d = next - w;
      if (f.evaluate(z_next) <= at + gradient.dot(d) + 0.5 * lipschitz * d.squaredNorm() + 1e-12 * std::abs(at)) break;
    }
    if (monitor.stop_requested() && monitor.reason() == Status::stopped) {  // the gradient may be half done
      report.status = Status::stopped;
      break;
    }
    worst = (next - w).cwiseAbs().maxCoeff() * lipschitz / 0.99;
    report.objective_path.push_back(objective);
    if (worst <= report.threshold) {
      f.evaluate(z);
      if (exchange && report.n_iter < settings.max_iter && search.improve(f, w, objective)) {
        f.predictor(w, z);
        polished = true;
        continue;
      }
      report.status = monitor.stop_requested() ? monitor.reason() : Status::converged;  // or the search was cut short
      break;
    }
    if (report.n_iter >= settings.max_iter) {
      report.status = Status::max_iter;
      break;
    }
    if (!monitor.next_iteration({report.n_iter, objective, worst, report.threshold})) {
      report.status = monitor.reason();
      break;
    }
    const std::vector<bool> in = support(next);
    const bool same = in == support(w);
    settled = same ? settled + 1 : 0;
    if (!same) polished = false;
    w.swap(next);
    z.swap(z_next);
    objective = f.evaluate(z) + penalty(w);
    const Index size = static_cast<Index>(std::count(in.begin(), in.end(), true));
    if (settled >= 3 && !polished && size < problem.design.rows()) {
      const bcd::NullModel free = fit_columns(problem, in, monitor);
      if (monitor.stop_requested()) continue;
      const double polished_objective = free.objective + penalty(free.coef);
      if (polished_objective <= objective) {
        w = free.coef;
        f.set_intercept(free.intercept);
        f.predictor(w, z);
        objective = polished_objective;
      }
      polished = true;
    }
  }
  result.coef = w;
  result.intercept = intercept;
  result.gradients = f.gradients();
  report.engine = exchange ? "iterative hard thresholding, exchanges" : "iterative hard thresholding";
  finish(result, objective, worst, monitor);
  return result;
}

}  // namespace pauca::prox
