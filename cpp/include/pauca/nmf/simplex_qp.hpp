#pragma once

#include <vector>

#include "pauca/core/types.hpp"

namespace pauca::nmf {

/// min_h 1/2 h' G h - b' h over the simplex {h >= 0, sum h = 1}, by a primal active set.
///
/// On a passive set P the minimiser is z = G_P^-1 (b_P - mu 1) with mu such that sum z = 1. The sum is fixed, so that
/// G may be replaced by G + rho 1 1': this keeps G_P positive definite for affinely independent vertices.
/// Finite and exact; one instance serves many right-hand sides without allocation.
class SimplexQP {
 public:
  explicit SimplexQP(Index k);

  /// G (k x k), symmetric positive semidefinite.
  void set_gram(ConstMatrixRef gram);
  /// h: on entry a start on the simplex when `warm`; on return the minimiser.
  void solve(const double* b, double* h, bool warm = false);

 private:
  bool minimise_on_passive(const double* b);

  Index k_;
  double scale_ = 1.0;
  Matrix gram_, factor_;
  Vector z_, ones_, gradient_;
  double mu_ = 0.0;
  std::vector<Index> passive_;
};

/// Columns h_i of H (K x n): argmin over the simplex of ||s_i - V h||^2, from G = V'V and B = V'S (K x n).
void simplex_least_squares(ConstMatrixRef gram, ConstMatrixRef b, MatrixRef h, bool warm = false);

}  // namespace pauca::nmf
