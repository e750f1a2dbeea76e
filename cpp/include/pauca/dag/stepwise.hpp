#pragma once

#include <vector>

#include "pauca/dag/node_moments.hpp"

namespace pauca::dag {

/// One regression on a growing set A of variables: a partial Cholesky factorization C_AA = L L' carried along for all
/// variables at once. With V = C_{.A} L^{-T} (so that L = V_A), z = L^{-1} c_A and unit-norm columns,
///
///   residual correlation  c - V z,   variance left of each candidate  1 - sum_k V_{.k}^2,   rss  1 - |z|^2.
///
/// Adding a variable costs |A| multiplications a candidate; the gain of every candidate is then known.
class Stepwise {
 public:
  explicit Stepwise(Index n_variables);

  void start(const NodeMoments& moments, Index target);
  /// False if the variable is (numerically) a combination of those in A.
  bool add(Index variable);
  /// Leaves A without its i-th member: |A| - i rotations of two columns of V.
  void remove(Index position);

  Index size() const { return static_cast<Index>(set_.size()); }
  const std::vector<int>& set() const { return set_; }
  double rss() const { return rss_; }
  const Vector& residual_correlation() const { return correlation_; }
  const Vector& variance_left() const { return left_; }

  /// Coefficients L^{-T}(z - shift), where shift may be null.
  void coefficients(const double* shift, double* out) const;
  /// L^{-1} b.
  void half_solve(const double* b, double* out) const;
  const double* z() const { return z_.data(); }
  /// L' w.
  void half_multiply(const double* w, double* out) const;
  /// Increase of the rss on leaving out each member.
  void removal_costs(double* out);
  /// Improves least-squares coefficients by one step of iterative refinement on the factor and returns their rss,
  /// exact to rounding of the factor rather than of its square.
  double refined_rss(double* coefficients);
  /// rss of these coefficients, from the factor.
  double rss_of(const double* coefficients);

  static constexpr double collinear = 1e-13;

 private:
  double& l(Index i, Index k) { return lower_(i, k); }
  double l(Index i, Index k) const { return lower_(i, k); }
  void reserve(Index columns);

  const NodeMoments* moments_ = nullptr;
  Index target_ = 0;
  std::vector<int> set_;
  Matrix v_, lower_;
  Vector z_, correlation_, left_, residual_, work_;
  double rss_ = 1.0;
};

}  // namespace pauca::dag
