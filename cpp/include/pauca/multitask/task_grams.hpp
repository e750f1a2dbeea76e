#pragma once

#include "pauca/core/monitor.hpp"
#include "pauca/core/types.hpp"

namespace pauca::multitask {

/// Least squares of several tasks, each by its moments: G_m = X_m' S X_m, b_m = X_m' S y_m, y_m' S y_m.
/// `ridge[m]` is added to the diagonal of G_m wherever it is used. The Grams are read in place.
struct TaskGrams {
  const double* grams;  ///< one symmetric d x d matrix after another
  Matrix cross;         ///< d x M, column m is b_m
  Vector squares;       ///< y_m' S y_m
  Vector weight;        ///< total sample weight of each task
  Vector ridge;

  Index features() const { return cross.rows(); }
  Index tasks() const { return cross.cols(); }
  Eigen::Map<const Matrix> gram(Index m) const {
    const Index d = features();
    return {grams + m * d * d, d, d};
  }
  /// G_m v, for one vector at the speed of memory: of a large G_m one triangle alone is read.
  void apply(Index m, ConstVectorRef v, VectorRef out) const;
};

/// y_m ~ X_m B w_m with B'B = I.
struct SharedFactors {
  Matrix basis;  ///< B, d x k
  Matrix heads;  ///< k x M, column m is w_m
};

/// Solves a small symmetric positive semidefinite system, by minimum norm where it is singular.
void solve_semidefinite(const Matrix& a, const Vector& b, Vector& x);

/// The k leading eigenvectors of sum_m n_m t_m t_m', with t_m = (pooled covariance + r)^-1 b_m / n_m: one pass over the
/// Grams and one factorization, where ridge solutions of every task would take M.
Matrix spectral_start(const TaskGrams& data, Index k, Monitor& monitor);

}  // namespace pauca::multitask
