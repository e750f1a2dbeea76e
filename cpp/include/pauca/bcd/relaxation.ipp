#pragma once

#include <algorithm>
#include <cmath>

#include "pauca/bcd/residual_subproblem.hpp"

namespace pauca::bcd {

namespace detail {

constexpr int first_sweeps = 5;
constexpr double slow_rate = 0.75;  // of the violation, a sweep

/// Sweeps over s of p columns that cost what working sets cost: some twenty looks at them, the Gram, which needs a
/// twentieth of the time for an operation, and its factors.
inline double sweeps_worth_a_gram(double n, double p, double s) {
  return 10.0 + 5.0 * p / s + s / 20.0 + 0.1 * s * s / n;
}

}  // namespace detail

/// Least squares of a dense design with many more rows than columns: cyclic sweeps over the residual, as long as the
/// rate that they show promises an end before a Gram on the support would have one. If the first ones do not promise
/// it nothing has happened; if later ones break the promise their point is a start. Done: the solution is at hand, or
/// the monitor or `max_iter` ended the sweeps.
template <class P>
typename Solver<P>::Relaxed Solver<P>::relax(Walk& walk, const Goal& goal, double fine, Report& report, Index max_iter,
                                             Monitor& monitor) {
  const Design& x = problem_.design;
  const Walk start = walk;
  State& s = walk.state;
  refresh(s);
  ResidualSubproblem<P> residual(x, separable_, problem_.fit_intercept);
  residual.set_curvature(curvature_of_rows());
  const std::vector<Index> everything = all_columns();
  std::vector<Index> working = everything;
  double target = 0.0, rate = 0.0, slowest = detail::slow_rate;
  int count = detail::first_sweeps, spent = 0;
  walk.gradient_known = false;
  auto done = [&] {
    walk.gradient_known = true;
    return Relaxed::done;
  };
  while (report.n_iter < max_iter) {
    report.objective_path.push_back(s.objective);
    walk.support.look(s.w, report.n_iter);
    const Vector before = s.w;
    const auto progress = residual.relax(working, s.w, s.u, {target, count, slowest}, monitor);
    working.clear();
    for (Index j : everything) {
      if (const double d = s.w[j] - before[j]; d != 0.0) x.axpy(j, d, s.eta.data());
      if (s.w[j] != 0.0) working.push_back(j);
    }
    ++report.n_iter;
    if (monitor.stop_requested()) return Relaxed::done;
    if (spent == 0 && progress.rate > slowest) break;
    refresh(s);
    gradient(s, everything, monitor);
    if (monitor.stop_requested()) return Relaxed::done;
    const double worst = violation(s, everything), gap = dual_gap(s, everything);
    const bool reached = gap <= goal.level;
    if (reached && worst <= fine) return done();
    if (progress.rate > 0.0) rate = progress.rate;
    spent += progress.sweeps + 1;
    // The gap falls with the square of the violation.
    const double factor = reached ? 0.5 * fine / worst : 0.3 * std::sqrt(goal.level / gap);
    const double needed = std::ceil(std::log(factor) / std::log(rate)) + 1.0;
    const double n = static_cast<double>(x.rows()), p = static_cast<double>(x.cols());
    const double affordable = detail::sweeps_worth_a_gram(n, p, static_cast<double>(working.size()));
    if (!(rate < 1.0) || spent + needed > affordable) {
      if (reached) return done();
      if (spent <= detail::first_sweeps + 1) break;
      walk.gradient_known = true;
      return Relaxed::partly;
    }
    if (!monitor.next_iteration({report.n_iter, s.objective, gap, goal.level})) return Relaxed::done;
    count = static_cast<int>(needed);
    slowest = 1.0;
    target = factor * worst;
    for (Index j : everything)
      if (s.w[j] == 0.0 && separable_.violation(j, 0.0, s.gradient[j]) > 0.0) working.push_back(j);
    std::sort(working.begin(), working.end());
  }
  if (report.n_iter >= max_iter) return Relaxed::done;
  walk = start;
  report.objective_path.clear();
  report.n_iter = 0;
  return Relaxed::no;
}

/// Whether sweeps are worth a trial.
template <class P>
bool Solver<P>::relaxes(bool certified) const {
  const Design& x = problem_.design;
  return P::convex && certified && problem_.loss.is_quadratic() && !x.is_sparse() &&
         options_.engine == Engine::automatic && x.rows() >= 2 * x.cols() && x.rows() * x.cols() > 50'000;
}

}  // namespace pauca::bcd
