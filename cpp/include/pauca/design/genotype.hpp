#pragma once

#include <cstdint>

#include "pauca/design/design.hpp"

namespace pauca {

/// Where the codes of a genotype matrix are: column-major, one byte an entry, one of the codes for "not observed".
struct GenotypeCodes {
  const std::int8_t* data;
  Index stride;            ///< entries between columns
  int missing;             ///< the code for a missing entry; outside of int8 if there is none
  const double* mean;      ///< what stands for a missing entry, one a column
  const Index* n_missing;  ///< missing entries of each column, at least those of the rows looked at
  const Index* row_index;  ///< rows looked at, in this order and with repetitions; null for all
};

/// A matrix of int8 codes, read where it is: x_ij = code_ij, or the column's mean where the code says missing.
///
/// Conversion happens in registers, or panel by panel for matrix products: no column is ever stored as numbers.
class GenotypeDesign final : public Design {
 public:
  GenotypeDesign(const GenotypeCodes& codes, Index rows, Index cols) : Design(rows, cols), codes_(codes) {}

  bool is_sparse() const override { return false; }
  double entries(const std::vector<Index>& columns) const override {
    return static_cast<double>(columns.size()) * static_cast<double>(rows());
  }

  /// Mean of the observed entries of a column (0 if there are none), and how many are missing.
  static double observed_mean(const std::int8_t* column, Index rows, int missing, Index& n_missing);

 protected:
  double raw_dot(Index j, const double* u) const override;
  void raw_axpy(Index j, double a, double* eta) const override;
  void raw_weighted_axpy(Index j, double a, const double* h, double* eta) const override;
  double raw_weighted_square(Index j, const double* h) const override;
  void raw_moments(Index j, const double* s, double& mean, double& variance) const override;
  void raw_transpose_multiply(const double* u, double* out, Monitor& monitor) const override;
  void raw_transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const override;
  void raw_weighted_gram(const double* h, const std::vector<Index>& a, const std::vector<Index>& b, double* out,
                         Index ld, Monitor& monitor) const override;

 private:
  template <class Use>
  auto with_column(Index j, Index start, const Use& use) const;
  void decode(Index j, Index start, Index len, double* to) const;

  GenotypeCodes codes_;
};

}  // namespace pauca
