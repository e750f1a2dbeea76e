#pragma once

#include "pauca/core/types.hpp"

namespace pauca::dag {

/// Inverse, log-determinant and test of a candidate M-matrix A (off-diagonal entries <= 0) without pivoting: A is a
/// nonsingular M-matrix exactly if all pivots are positive. By blocks,
///
///   B = A_11^{-1},  S = A_22 - A_21 B A_12,  A^{-1} = [ B + B A_12 S^{-1} A_21 B, -B A_12 S^{-1}; -S^{-1} A_21 B,
///   S^{-1} ],
///
/// and S is an M-matrix if A is. Everything is done in place.
class MMatrixInverse {
 public:
  explicit MMatrixInverse(Index n);

  /// Replaces a by its inverse; false, with a undefined, if a is not a nonsingular M-matrix.
  bool invert(Matrix& a);
  double log_determinant() const { return log_det_; }

 private:
  bool invert_block(MatrixRef a);

  Matrix left_, right_;
  double log_det_ = 0.0;
};

}  // namespace pauca::dag
