#pragma once

#include <algorithm>
#include <iterator>

namespace pauca::bcd {

/// Each strength is solved on the columns that the strong rule keeps, |G_j| >= 2 lambda_{k+1} - lambda_k of the last
/// gradient that covered all of them. The certificates, which need a product with every column, are computed for
/// several strengths at once as one matrix product; where one of them fails, the path goes on from there with all
/// columns in view.
///
/// A concave penalty, flat far out, lets coefficients grow without limit once the support can separate the classes, or,
/// where rows are coupled, order the events. Such a path ends before the first strength that max_iter iterations leave
/// with next to no loss, or far from stationary.
template <class P>
Path Solver<P>::path(const std::vector<double>& alphas, const Settings& settings, Monitor& monitor) {
  constexpr std::size_t batch = 8;
  constexpr double separated = 1e-3;  // loss, as a share of the null model's
  monitor.start(settings.max_time);
  const NullModel null = null_model(monitor);
  const std::vector<Index> everything = all_columns();
  const bool relative = problem_.strength.relative;

  Path result;
  result.lambda_max = null.lambda_max;
  result.null_objective = null.objective;
  Walk walk;
  walk.state = state_at(null.coef, null.intercept);
  Vector known = null_gradient_;  // the last gradient that covers all columns, and its strength
  double known_lambda = null.lambda_max;

  std::vector<Vector> coefs;  // of the batch
  Matrix u, gradients;
  if (P::convex) inner_accuracy_ = 1e-3;  // the strong rule has found most columns
  std::size_t first = 0;                  // of the batch
  bool ended = false;                     // whether the last strength converged
  bool wide = false;                      // after a failed certificate: look at all columns
  auto keep = [&](PathPoint point) {
    point.intercept = walk.state.intercept;
    point.report.objective = walk.state.objective;
    point.report.engine = subproblem_ ? subproblem_->name() : "none";
    point.loss = problem_.loss.value(walk.state.eta);
    for (Index j = 0; j < walk.state.w.size(); ++j)
      if (walk.state.w[j] != 0.0) {
        point.support.push_back(j);
        point.values.push_back(walk.state.w[j]);
      }
    coefs.push_back(walk.state.w);
    u.conservativeResize(walk.state.u.size(), static_cast<Index>(coefs.size()));
    u.col(u.cols() - 1) = walk.state.u;
    result.points.push_back(std::move(point));
  };
  auto runs_away = [&](const PathPoint& point) {
    if (P::convex || problem_.loss.is_quadratic() || point.report.status != Status::max_iter) return false;
    if (problem_.loss.couples_rows()) return walk.worst > 10.0 * point.report.threshold;
    return problem_.loss.value(walk.state.eta) < separated * null.objective;
  };
  std::size_t end = alphas.size();
  for (std::size_t k = 0; k < end && !monitor.stop_requested();) {
    set_strength(relative ? alphas[k] * null.lambda_max / problem_.strength.lambda_share : alphas[k]);
    const double lambda = problem_.penalty.lambda;
    const bool certified = certifiable(null);
    PathPoint point;
    point.alpha = problem_.strength.alpha;
    point.report.threshold = threshold(settings, null, certified);
    // Where the last strength ended the gradient is known on its scope.
    std::vector<Index> covered;
    Vector there;
    if (ended) {
      covered.swap(walk.scope);
      there.swap(walk.state.gradient);
    }
    walk.state.gradient = known;
    walk.scope = wide || lambda <= 0.0 ? everything
                                       : narrow(walk.state, std::max(2.0 - std::max(known_lambda / lambda, 1.0), 0.3));
    walk.gradient_known = ended;
    if (ended) complete_gradient(walk, covered, there, monitor);
    walk.figure = 0.0;
    point.report.status =
        converge(walk, {point.report.threshold, 0.0, certified, wide}, point.report, settings.max_iter, monitor);
    ended = point.report.status == Status::converged;
    if (k > 0 && runs_away(point)) {
      end = k;
      if (coefs.empty()) break;
    } else {
      keep(std::move(point));
      ++k;
    }
    if (coefs.size() < batch && k < end && !wide) continue;

    problem_.design.transpose_multiply(u, gradients, monitor);
    if (monitor.stop_requested()) break;
    for (std::size_t i = 0; i < coefs.size(); ++i) {
      PathPoint& done = result.points[first + i];
      set_strength(done.alpha);
      Walk seen;
      seen.state.w = coefs[i];
      seen.state.u = u.col(static_cast<Index>(i));
      seen.state.gradient = gradients.col(static_cast<Index>(i));
      seen.state.objective = done.report.objective;
      seen.full = true;
      seen.worst = violation(seen.state, everything);
      const bool has_gap = certifiable(null);
      certify(seen, has_gap, done.report, monitor);
      known = seen.state.gradient;
      known_lambda = problem_.penalty.lambda;
      if (done.report.status == Status::converged && done.report.criterion > done.report.threshold && !wide) {
        // A column outside the scope is needed: take this strength again with all of them.
        result.points.resize(first + i);
        k = first + i;
        walk.state = state_at(coefs[i], done.intercept);
        ended = false;
        wide = true;
        break;
      }
      done.report.seconds = monitor.seconds();
      if (i + 1 == coefs.size()) wide = false;
    }
    first = k;
    coefs.clear();
    u.resize(u.rows(), 0);
  }
  return result;
}

/// The gradient on the scope, copied where it was known and computed elsewhere.
template <class P>
void Solver<P>::complete_gradient(Walk& walk, const std::vector<Index>& covered, const Vector& there,
                                  Monitor& monitor) const {
  std::vector<Index> missing;
  std::set_difference(walk.scope.begin(), walk.scope.end(), covered.begin(), covered.end(),
                      std::back_inserter(missing));
  for (Index j : covered) walk.state.gradient[j] = there[j];
  gradient(walk.state, missing, monitor);
}

}  // namespace pauca::bcd
