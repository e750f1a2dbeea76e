#include "pauca/bcd/solve_by_rules.hpp"

#include <algorithm>

#include "pauca/bcd/rules/linear_smooth.hpp"
#include "pauca/bcd/solve.hpp"
#include "pauca/bcd/support_watch.hpp"

namespace pauca::bcd {

namespace {

/// Lets a nested solve be interrupted without touching the outer clock.
class Nested final : public Monitor {
 public:
  explicit Nested(Monitor& outer) : outer_(outer) {}

 protected:
  bool poll(const Progress&) override { return outer_.keep_going(); }

 private:
  Monitor& outer_;
};

}  // namespace

RulesSolution solve_by_rules(const Problem& problem, const std::string& penalty, const std::vector<double>& shape,
                             const Rules& rules, const Options& options, const Settings& settings, const Start& start,
                             Monitor& monitor) {
  require(penalty == "l1", "solver: explicit rules need an L1 or elastic-net penalty, not '" + penalty + "'");
  monitor.start(settings.max_time);
  Nested nested(monitor);
  // solve() without iterations certifies its starting point.
  Options plain = options;
  plain.continuation = 1.0;
  Settings none = settings;
  none.max_iter = 0;
  none.max_time = std::numeric_limits<double>::infinity();
  RulesSolution out;
  out.solution = solve(problem, penalty, shape, plain, none, start, nested);
  Problem fixed = problem;
  fixed.strength.alpha = out.solution.alpha;
  fixed.strength.relative = false;

  const Index p = problem.design.cols();
  const double lambda = fixed.strength.alpha * fixed.strength.lambda_share;
  const double ridge = fixed.strength.alpha * fixed.strength.ridge_share;
  const double* weights = problem.penalty.weights;
  const double infinity = std::numeric_limits<double>::infinity();
  Vector l = Vector::Constant(p, lambda), r = Vector::Constant(p, ridge), lower, upper;
  const bool excluded = weights != nullptr && !std::isfinite(*std::max_element(weights, weights + p));
  if (problem.penalty.nonnegative)
    lower.setZero(p);
  else if (excluded)
    lower.setConstant(p, -infinity);
  if (excluded) upper.setConstant(p, infinity);
  for (Index j = 0; j < p && weights != nullptr; ++j) {
    const bool out_of_play = !std::isfinite(weights[j]);
    l[j] = out_of_play ? 0.0 : lambda * weights[j];
    r[j] = out_of_play ? 0.0 : ridge * weights[j];
    if (out_of_play) lower[j] = upper[j] = 0.0;
  }
  const rules::L1Box g(std::move(l), std::move(lower), std::move(upper));
  rules::LinearSmooth f(problem.design, problem.loss, std::move(r),
                        {problem.fit_intercept, problem.offset, options.gram_bytes}, monitor);
  Iteration iteration(f, g, rules, out.solution.coef, monitor);
  const Index epoch = iteration.epoch();
  out.block_size = std::min(rules.block_size, p);

  Report& report = out.solution.report;
  auto certify = [&] {
    const Start here{iteration.x(), f.intercept()};
    const Solution now = solve(fixed, penalty, shape, plain, none, here, nested);
    std::vector<double> path = std::move(report.objective_path);
    const Index passes = report.n_iter;
    out.solution.coef = now.coef;
    out.solution.intercept = now.intercept;
    report = now.report;
    report.objective_path = std::move(path);
    report.n_iter = passes;
    return report.status == Status::converged;
  };
  bool done = report.status == Status::converged;
  double certified_at = iteration.greedy() ? iteration.violation() : 0.0;
  Index idle = 0;
  SupportWatch support;
  support.look(iteration.x(), 0);
  while (!done && report.n_iter < settings.max_iter) {
    ++report.n_iter;
    report.status = Status::max_iter;
    for (Index k = 0; k < epoch && !done; ++k) {
      const double before = iteration.objective();
      if (!monitor.next_iteration({report.n_iter - 1, before, report.criterion, report.threshold}) ||
          !iteration.update()) {
        report.status = monitor.reason();
        done = true;
        break;
      }
      ++out.updates;
      idle = iteration.objective() < before ? 0 : idle + 1;
      if (!iteration.greedy() || k + 1 == epoch) continue;
      const double violation = iteration.violation();
      if (violation > 0.5 * certified_at) continue;
      certified_at = violation;
      done = certify();
    }
    report.objective_path.push_back(iteration.objective());
    support.look(iteration.x(), report.n_iter);
    const Status why = report.status;
    if (done && why != Status::converged) {
      certify();
      report.status = why;
    } else if (!done) {
      done = certify();
      if (!done && idle > 4 * epoch + 10) {
        report.status = Status::stalled;
        done = true;
      }
    }
  }
  out.fallbacks = iteration.fallbacks();
  report.seconds = monitor.seconds();
  out.solution.support_identified_at = support.changed_at();
  report.engine = "rules";
  return out;
}

}  // namespace pauca::bcd
