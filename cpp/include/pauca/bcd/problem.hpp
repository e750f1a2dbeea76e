#pragma once

#include "pauca/core/monitor.hpp"
#include "pauca/core/result.hpp"
#include "pauca/design/design.hpp"
#include "pauca/loss/loss.hpp"
#include "pauca/penalty/separable.hpp"

namespace pauca::bcd {

/// The penalty's lambda is alpha * lambda_share, its ridge alpha * ridge_share; relative: alpha counts in units of
/// the smallest alpha with an all-zero solution.
struct Strength {
  double alpha = 1.0;
  bool relative = false;
  double lambda_share = 1.0;
  double ridge_share = 0.0;
};

/// minimise  F(w, b) = f(offset + b + X w) + g(w)
struct Problem {
  const Design& design;
  const Loss& loss;
  PenaltySettings penalty = {};  ///< weights and sign; lambda and ridge come from `strength`
  Strength strength = {};
  bool fit_intercept = true;
  const Vector* offset = nullptr;
};

struct Solution {
  Vector coef;
  double intercept = 0.0;
  double alpha = 0.0;               ///< the strength used
  double lambda_max = 0.0;          ///< as in NullModel
  double null_objective = 0.0;      ///< F0, to which tolerances are relative
  Index support_identified_at = 0;  ///< iteration at which the support last changed
  Report report;
};

/// One strength of a path: the nonzero coefficients and the certificate.
struct PathPoint {
  double alpha = 0.0;
  std::vector<Index> support;
  std::vector<double> values;
  double intercept = 0.0;
  double loss = 0.0;  ///< f at the solution
  Report report;
};

struct Path {
  double lambda_max = 0.0;
  double null_objective = 0.0;
  std::vector<PathPoint> points;
};

enum class Engine { automatic, gram, residual };

struct Options {
  Engine engine = Engine::automatic;
  double continuation = 0.4;            ///< ratio of successive internal strengths; 1 switches it off
  double gram_bytes = 512.0 * 1048576;  ///< largest Gram before the residual engine takes over
};

/// Starting point: the zero vector if coef is empty.
struct Start {
  Vector coef;
  double intercept = 0.0;
};

/// The null model: the intercept and the unpenalised columns alone.
struct NullModel {
  double objective = 0.0;     ///< F0, to which tolerances are relative
  double lambda_max = 0.0;    ///< smallest strength at which an all-zero penalised part is optimal
  double gradient_max = 0.0;  ///< largest |gradient| / weight of the penalised part
  double free_max = 0.0;      ///< largest |gradient| of the unpenalised columns before they were fitted
  double rounding = 0.0;      ///< relative to a column's norm, what its gradient may be off by
  double floor = 0.0;         ///< the same for the columns above: no violation falls far below it
  bool optimal = false;       ///< whether it is the solution at every strength: nothing penalised is correlated
  Vector coef;
  double intercept = 0.0;
};

}  // namespace pauca::bcd
