#pragma once

#include "pauca/design/design.hpp"

namespace pauca {

/// A compressed-sparse-column matrix. Row indices need not be sorted; duplicates must have been summed.
template <class T, class I>
class CscDesign final : public Design {
 public:
  CscDesign(const T* values, const I* indices, const I* indptr, Index rows, Index cols)
      : Design(rows, cols), values_(values), indices_(indices), indptr_(indptr) {}

  bool is_sparse() const override { return true; }
  double entries(const std::vector<Index>& columns) const override {
    double total = 0.0;
    for (Index j : columns) total += static_cast<double>(indptr_[j + 1] - indptr_[j]);
    return total;
  }

 protected:
  double raw_dot(Index j, const double* u) const override;
  void raw_axpy(Index j, double a, double* eta) const override;
  void raw_weighted_axpy(Index j, double a, const double* h, double* eta) const override;
  double raw_weighted_square(Index j, const double* h) const override;
  void raw_entries(Index j, std::vector<std::pair<Index, double>>& out) const override {
    out.clear();
    for (I k = indptr_[j]; k < indptr_[j + 1]; ++k)
      if (values_[k] != T(0)) out.emplace_back(static_cast<Index>(indices_[k]), static_cast<double>(values_[k]));
  }
  void raw_moments(Index j, const double* s, double& mean, double& variance) const override;
  void raw_transpose_multiply(const double* u, double* out, Monitor& monitor) const override;
  void raw_transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const override;
  void raw_multiply(const Matrix& d, Matrix& z, Monitor& monitor) const override;
  void raw_weighted_gram(const double* h, const std::vector<Index>& a, const std::vector<Index>& b, double* out,
                         Index ld, Monitor& monitor) const override;

 private:
  const T* values_;
  const I* indices_;
  const I* indptr_;
};

extern template class CscDesign<float, std::int32_t>;
extern template class CscDesign<float, std::int64_t>;
extern template class CscDesign<double, std::int32_t>;
extern template class CscDesign<double, std::int64_t>;

}  // namespace pauca
