#pragma once

#include <vector>

#include "pauca/core/monitor.hpp"
#include "pauca/design/design.hpp"

namespace pauca::bcd {

/// Z += X_S D for a set S of columns and several vectors at once; row i of D belongs to column S[i].
void add_columns(const Design& design, const std::vector<Index>& columns, const Matrix& d, Matrix& z, Monitor& monitor);
/// Rows S of out <- X_S' Z.
void columns_transpose(const Design& design, const std::vector<Index>& columns, const Matrix& z, Matrix& out,
                       Monitor& monitor);

/// X_S - 1 m', a set S of columns less given means: gathered side by side where the design is dense, so that products
/// with it run at the speed of a matrix product; by way of the columns where it is sparse.
class ColumnPanel {
 public:
  explicit ColumnPanel(const Design& design) : design_(design) {}

  /// means: one a column of S.
  void gather(const std::vector<Index>& columns, const Vector& means, Monitor& monitor);
  Index size() const { return static_cast<Index>(columns_.size()); }
  Index rows() const { return design_.rows(); }
  /// The gathered columns; null if the design is sparse.
  const Matrix* dense() const { return design_.is_sparse() ? nullptr : &panel_; }
  /// sum_i h_i (x_ij - m_j)^2 for the j-th column of S
  double weighted_square(Index j, const Vector& h) const;
  /// sum_j ||x_j - m_j|| ||d_j||, the largest that the predictor of d can be
  double reach(const Matrix& d) const;
  /// z = (X_S - 1 m') d
  void multiply(const Matrix& d, Matrix& z) const;
  /// out = (X_S - 1 m')' z
  void transpose_multiply(const Matrix& z, Matrix& out) const;

 private:
  const Design& design_;
  std::vector<Index> columns_;
  Vector means_;
  Matrix panel_;
};

}  // namespace pauca::bcd
