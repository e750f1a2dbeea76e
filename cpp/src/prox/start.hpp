#pragma once

// What every proximal method does first and last.

#include <cmath>

#include "pauca/core/errors.hpp"
#include "pauca/prox/problem.hpp"

namespace pauca::prox {

inline Solution begin(const Problem& problem, const Null& null, const Settings& settings) {
  Solution s;
  require(!problem.relative || std::isfinite(null.alpha_max),
          "alpha: a fraction of alpha_max was asked for, which is infinite for this penalty; give a number");
  s.alpha = problem.relative ? problem.alpha * null.alpha_max : problem.alpha;
  s.alpha_max = null.alpha_max;
  s.null_objective = null.model.objective;
  problem.penalty.set_strength(s.alpha);
  const double unit = problem.penalty.unit();
  s.report.threshold = std::max(
      {settings.tol * (unit > 0.0 ? unit : null.model.gradient_max), problem.loss.rounding(), null.model.floor});
  return s;
}

inline void finish(Solution& s, double objective, double violation, const Monitor& monitor) {
  s.report.objective = objective;
  s.report.kkt_violation = s.report.criterion = violation;
  s.report.seconds = monitor.seconds();
}

}  // namespace pauca::prox
