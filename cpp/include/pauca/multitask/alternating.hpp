#pragma once

#include "pauca/multitask/task_grams.hpp"

namespace pauca::multitask {

/// Alternating least squares for  min 1/2 sum_m ||y_m - X_m B w_m||^2 + r_m ||B w_m||^2  over B (d x k) and w_m:
///
///   w_m = (B' G_m B)^-1 B' b_m,                        one pass over the Grams, which gives the gradient in B as well;
///   H(D) = sum_m G_m D w_m w_m',  B <- B + H^-1(sum_m (b_m - G_m B w_m) w_m'),   by conjugate gradients,
///
/// preconditioned by (pooled covariance)^-1 and (sum_m n_m w_m w_m')^-1, the inverse of H if all tasks had the same
/// covariance. Each iteration reads the Grams once, so that a round costs a few readings whatever d and k are, and
/// lowers the objective however early it stops. Stops when a round lowers the objective by less than tol relative to
/// that of B = 0. `passes` counts readings of the Grams.
Report alternating_least_squares(const TaskGrams& data, SharedFactors& factors, const Settings& settings,
                                 Monitor& monitor, Index* passes = nullptr);

/// w_m for a given basis.
Matrix fit_heads(const TaskGrams& data, ConstMatrixRef basis);

}  // namespace pauca::multitask
