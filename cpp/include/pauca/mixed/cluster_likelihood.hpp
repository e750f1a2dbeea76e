#pragma once

#include <limits>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca::mixed {

/// Scale matrix and tails of a cluster: S_i = s2 (I + Z_i L L' Z_i'), m degrees of freedom (infinite: Gaussian).
struct Variance {
  double log_s2 = 0.0;
  Matrix factor;  ///< L, lower triangular: the random effects' covariance is s2 L L'
  double degrees = std::numeric_limits<double>::infinity();

  bool gaussian() const { return !(degrees < std::numeric_limits<double>::infinity()); }
};

/// Residuals as the likelihood sees them: r_i'r_i and Z_i'r_i of each cluster. Every row carries a variance of
/// `nugget` beside its residual, for a target of variance one: the likelihood of rows that fit exactly is unbounded.
struct Residuals {
  static constexpr double nugget = 1e-14;

  Vector square;
  Matrix cross;  ///< one column a cluster
};

/// Independent clusters r_i ~ t_m(0, S_i) of n_i rows each, rows of a cluster contiguous (multivariate Student;
/// Pinheiro, Liu and Wu 2001), m = infinity being the linear mixed model:
///
///   J = 1/(2n) sum_i [ n_i log s2 + log|V_i| + 2 c(m, n_i) + (m + n_i) log(1 + d_i / m) ],
///   V_i = I + Z_i L L' Z_i',  d_i = r_i'V_i^-1 r_i / s2.
///
/// All work is on q x q matrices: V^-1 = I - Z K Z', K = L M^-1 L', M = I + L'Z'Z L, |V| = |M|, for any L and Z.
class ClusterLikelihood {
 public:
  /// `start` has one entry a cluster and the number of rows last.
  ClusterLikelihood(Matrix z, std::vector<Index> start);

  Index rows() const { return z_.rows(); }
  Index clusters() const { return static_cast<Index>(start_.size()) - 1; }
  Index effects() const { return z_.cols(); }
  double size(Index i) const { return static_cast<double>(start_[i + 1] - start_[i]); }

  Residuals summarize(ConstVectorRef residual) const;

  /// J. If asked for: a_i = r_i'V_i^-1 r_i, dJ / d log s2, and dJ / d(L L'), a symmetric matrix.
  double value(const Variance& v, const Residuals& r, Vector* quadratic = nullptr, double* d_log_s2 = nullptr,
               Matrix* d_covariance = nullptr) const;

  /// The part of J that depends on s2 and m alone once a_i are known.
  double radial_value(double log_s2, double degrees, const Vector& quadratic) const;

  /// Weight of a cluster in the fixed effects' step, (m + n_i) / (m + d_i); 1 for the Gaussian.
  double weight(Index i, const Variance& v, double quadratic) const;

  /// In place: rows of each cluster become scale_i V_i^{-1/2} x_i.
  void whiten(const Matrix& factor, ConstVectorRef scale, MatrixRef x) const;

  /// Posterior means K_i Z_i'r_i of the random effects, one column a cluster.
  Matrix effects(const Matrix& factor, const Residuals& r) const;

 private:
  auto gram(Index i) const { return gram_.middleCols(i * effects(), effects()); }

  Matrix z_;
  std::vector<Index> start_;
  Matrix gram_;  // Z_i'Z_i side by side
};

}  // namespace pauca::mixed
