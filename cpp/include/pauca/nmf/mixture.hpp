#pragma once

#include <cstdint>
#include "pauca/nmf/simplex_qp.hpp"

namespace pauca::nmf {

/// max_h sum_j f_j log(v_j' h) over the simplex: maximum-likelihood weights of a mixture of known components.
///
/// A few rounds of EM, then Newton steps whose quadratic model is minimised exactly by SimplexQP, with a line search.
/// With g = sum_j f_j v_j / (v_j' h), the log-likelihood is within max_k g_k - sum_j f_j of its maximum: that bound,
/// relative to sum_j f_j, is the stopping rule.
class MixtureWeights {
 public:
  MixtureWeights(Index k, double tol, Index max_steps = 100);

  /// v_j: `components` + idx[j] * stride (or + j * stride where idx is null). h: start (interior) and solution.
  /// Entries that no component with weight can produce are ignored. Returns the relative bound.
  double solve(const double* f, const std::int32_t* idx, Index n, const double* components, Index stride, double* h);

 private:
  double evaluate(const double* h, bool curvature);

  Index k_;
  double tol_;
  Index max_steps_;
  SimplexQP qp_;
  Vector gradient_, candidate_, target_, direction_;
  Matrix hessian_;
  // The problem being solved.
  const double* f_ = nullptr;
  const std::int32_t* idx_ = nullptr;
  const double* components_ = nullptr;
  Index n_ = 0, stride_ = 0;
};

}  // namespace pauca::nmf
