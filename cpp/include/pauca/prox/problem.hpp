#pragma once

#include "pauca/bcd/problem.hpp"
#include "pauca/penalty/vector_penalty.hpp"

namespace pauca::prox {

/// minimise  F(w, b) = f(offset + b + X w) + g(w),  alpha relative: in units of alpha_max.
struct Problem {
  const Design& design;
  const Loss& loss;
  VectorPenalty& penalty;
  double alpha = 1.0;
  bool relative = false;
  bool fit_intercept = true;
  const Vector* offset = nullptr;
};

/// The null model and the smallest alpha with an all-zero penalised part.
struct Null {
  bcd::NullModel model;
  double alpha_max = 0.0;
};

struct Solution {
  Vector coef;
  double intercept = 0.0;
  double alpha = 0.0;
  double alpha_max = 0.0;
  double null_objective = 0.0;
  Index gradients = 0;  ///< products with X', which is what an iteration costs
  Index restarts = 0;
  Report report;
};

/// The null model of a penalty that leaves some columns alone; alpha_max from VectorPenalty::critical.
Null null_model(const Problem& problem, Monitor& monitor);

/// Fits the listed columns (and the intercept) without any penalty: all others stay zero.
bcd::NullModel fit_columns(const Problem& problem, const std::vector<bool>& in, Monitor& monitor);

}  // namespace pauca::prox
