#pragma once

#include "pauca/core/types.hpp"

namespace pauca {

/// The triangular factor R of A = diag(sqrt(s)) [1 X Y], grown by blocks of rows: R'R = A'A without forming A'A.
///
/// Each block is appended below R and triangularised again by Householder reflections, which keeps the accuracy of a QR
/// of all rows where normal equations lose half the digits. Two factors merge the same way, so that rows may live
/// anywhere. With the column of ones first, the trailing block of R is the factor of the centred data.
class MomentsFactor {
 public:
  explicit MomentsFactor(Index columns) : r_(Matrix::Zero(columns, columns)) {}
  explicit MomentsFactor(Matrix r) : r_(std::move(r)) {}

  /// R <- the triangular factor of [R; rows].
  void append(ConstMatrixRef rows);
  const Matrix& factor() const { return r_; }
  Index columns() const { return r_.cols(); }
  /// Rows to append at a time for a balanced cost.
  Index block_rows() const { return std::max<Index>(columns(), 256); }

 private:
  Matrix r_, stacked_;
};

}  // namespace pauca
