#pragma once

#include "pauca/design/design.hpp"

namespace pauca {

/// A column-major matrix of float or double with any column stride.
template <class T>
class DenseDesign final : public Design {
 public:
  DenseDesign(const T* data, Index rows, Index cols, Index stride) : Design(rows, cols), data_(data), stride_(stride) {}

  bool is_sparse() const override { return false; }
  double entries(const std::vector<Index>& columns) const override {
    return static_cast<double>(columns.size()) * static_cast<double>(rows());
  }

 protected:
  double raw_dot(Index j, const double* u) const override;
  void raw_axpy(Index j, double a, double* eta) const override;
  void raw_weighted_axpy(Index j, double a, const double* h, double* eta) const override;
  double raw_weighted_square(Index j, const double* h) const override;
  void raw_moments(Index j, const double* s, double& mean, double& variance) const override;
  void raw_transpose_multiply(const double* u, double* out, Monitor& monitor) const override;
  void raw_transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const override;
  void raw_multiply(const Matrix& d, Matrix& z, Monitor& monitor) const override;
  void raw_weighted_gram(const double* h, const std::vector<Index>& a, const std::vector<Index>& b, double* out,
                         Index ld, Monitor& monitor) const override;

 private:
  /// visit(first row, first column, block) over all blocks, as doubles.
  template <class Visit>
  void in_blocks(Monitor& monitor, Visit visit) const;
  const T* col(Index j) const { return data_ + j * stride_; }

  const T* data_;
  Index stride_;
};

extern template class DenseDesign<float>;
extern template class DenseDesign<double>;

}  // namespace pauca
