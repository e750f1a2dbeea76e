#pragma once

#include "pauca/multitask/task_grams.hpp"

namespace pauca::multitask {

/// Binary tasks, row after row, those of a task together.
struct LogisticTasks {
  using Rows = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

  Rows x;                           ///< n x d
  Eigen::Map<const Vector> y;       ///< 0 or 1
  Eigen::Map<const Vector> weight;  ///< of each row
  std::vector<Index> start;         ///< task m has rows start[m] to start[m + 1] - 1
  Vector ridge;                     ///< a task
  bool fit_intercept = true;

  Index tasks() const { return static_cast<Index>(start.size()) - 1; }
  auto rows(Index m) const { return x.middleRows(start[m], start[m + 1] - start[m]); }
  auto targets(Index m) const { return y.segment(start[m], start[m + 1] - start[m]); }
  auto weights(Index m) const { return weight.segment(start[m], start[m + 1] - start[m]); }
};

/// min over B, w_m, c_m of  sum_m [ sum_i s_i log(1 + e^eta_i) - s_i y_i eta_i ] + r_m / 2 ||w_m||^2,
/// eta = X_m B w_m + c_m, B'B = I. Iteratively reweighted least squares in two steps a round: w_m, c_m by Newton's
/// method for given B; B by conjugate gradients on the reweighted normal equations, intercepts eliminated, never
/// formed: each iteration reads X twice. A step of B that does not lower the objective is halved.
Report logistic_alternating(const LogisticTasks& data, SharedFactors& factors, Vector& intercepts,
                            const Settings& settings, Monitor& monitor);

/// w and c of one task with features Z = X B: Newton's method with step halving; returns the objective.
double logistic_head(ConstMatrixRef z, ConstVectorRef y, ConstVectorRef weight, double ridge, bool fit_intercept,
                     VectorRef w, double& c);

}  // namespace pauca::multitask
