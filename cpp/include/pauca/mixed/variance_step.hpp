#pragma once

#include "pauca/core/monitor.hpp"
#include "pauca/mixed/cluster_likelihood.hpp"

namespace pauca::mixed {

struct VarianceOptions {
  bool fit_scale = true;     ///< move s2
  bool fit_degrees = true;   ///< move m
  double max_degrees = 200;  ///< at and beyond it the Gaussian is taken
  int max_iter = 50;         ///< quasi-Newton steps
  double gradient_tol = 1e-9;
};

/// Decreases J over (s2, L, m) for given residuals: BFGS on (log s2, L) with the exact gradient, then a search on m
/// along which s2 is at its minimum. At a vanishing direction of L, where J is always stationary in L, the
/// derivative in L L' decides whether the direction is opened.
Variance variance_step(const ClusterLikelihood& likelihood, const Residuals& residuals, Variance v,
                       const VarianceOptions& options, Monitor& monitor);

/// Minimises J over m, and over s2 too if it is free.
void fit_degrees(const ClusterLikelihood& likelihood, const Vector& quadratic, const VarianceOptions& options,
                 Variance& v);

}  // namespace pauca::mixed
