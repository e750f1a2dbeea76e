#pragma once

#include <utility>
#include <vector>

#include "pauca/core/monitor.hpp"

namespace pauca {

/// The one way solvers reach data: columns of an (n, p) matrix, optionally rescaled, never copied.
///
/// Coordinates are those of the scaled design X diag(scale); without scale, those of X. Vectors are double
/// whatever the storage. Centring is not a matter of the design: solvers apply it as a rank-one correction.
class Design {
 public:
  virtual ~Design() = default;

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  virtual bool is_sparse() const = 0;
  /// Stored entries in the columns, which is what a pass over them costs.
  virtual double entries(const std::vector<Index>& columns) const = 0;

  /// Multiplies column j by scale[j] from now on; the pointer must outlive the design. Null for none.
  void set_scale(const double* scale) { scale_ = scale; }
  double scale(Index j) const { return scale_ ? scale_[j] : 1.0; }

  double dot(Index j, const double* u) const { return scale(j) * raw_dot(j, u); }
  void axpy(Index j, double a, double* eta) const { raw_axpy(j, a * scale(j), eta); }
  /// eta += a * (h o x_j)
  void weighted_axpy(Index j, double a, const double* h, double* eta) const {
    raw_weighted_axpy(j, a * scale(j), h, eta);
  }
  /// sum_i h_i x_ij^2; h null means one.
  double weighted_square(Index j, const double* h) const { return scale(j) * scale(j) * raw_weighted_square(j, h); }

  /// The nonzero entries of column j as (row, value), in any order.
  void column_entries(Index j, std::vector<std::pair<Index, double>>& out) const {
    raw_entries(j, out);
    for (auto& e : out) e.second *= scale(j);
  }

  /// Weighted mean and variance of the unscaled column j, in two passes; the weights s sum to one.
  void column_moments(Index j, const double* s, double& mean, double& variance) const {
    raw_moments(j, s, mean, variance);
  }

  /// out[j] = x_j' u for all columns. Like weighted_gram it polls the monitor, and what it wrote is of no use once the
  /// monitor asks to stop.
  void transpose_multiply(const double* u, double* out, Monitor& monitor) const {
    raw_transpose_multiply(u, out, monitor);
    if (scale_)
      for (Index j = 0; j < cols_; ++j) out[j] *= scale_[j];
  }
  /// z = X d for several vectors at once, under the same terms.
  void multiply(const Matrix& d, Matrix& z, Monitor& monitor) const;
  /// out(j, t) = x_j' u_t for all columns and several vectors at once.
  void transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const;
  /// out(a, b) = sum_i h_i x_{i,A[a]} x_{i,B[b]}, out is |A| x |B| column-major with leading dimension ld; h null: one.
  void weighted_gram(const double* h, const std::vector<Index>& a, const std::vector<Index>& b, double* out, Index ld,
                     Monitor& monitor) const;

 protected:
  Design(Index rows, Index cols) : rows_(rows), cols_(cols) {}

  virtual double raw_dot(Index j, const double* u) const = 0;
  virtual void raw_axpy(Index j, double a, double* eta) const = 0;
  virtual void raw_weighted_axpy(Index j, double a, const double* h, double* eta) const = 0;
  virtual double raw_weighted_square(Index j, const double* h) const = 0;
  virtual void raw_entries(Index j, std::vector<std::pair<Index, double>>& out) const;
  virtual void raw_moments(Index j, const double* s, double& mean, double& variance) const = 0;
  virtual void raw_transpose_multiply(const double* u, double* out, Monitor& monitor) const = 0;
  virtual void raw_transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const = 0;
  /// z += X d
  virtual void raw_multiply(const Matrix& d, Matrix& z, Monitor& monitor) const;
  virtual void raw_weighted_gram(const double* h, const std::vector<Index>& a, const std::vector<Index>& b, double* out,
                                 Index ld, Monitor& monitor) const = 0;

 private:
  Index rows_, cols_;
  const double* scale_ = nullptr;
};

}  // namespace pauca
