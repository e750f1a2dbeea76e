#pragma once

#include <vector>

#include "pauca/screening/criterion.hpp"

namespace pauca::screening {

/// Mutual information by k nearest neighbours.
///
/// Two continuous variables, scaled to standard deviation one (Kraskov, Stoegbauer and Grassberger 2004, estimator 1):
///   I = psi(k) + psi(n) - < psi(n_x + 1) + psi(n_y + 1) >,
/// n_x, n_y points strictly nearer than the k-th neighbour in max-norm. Neighbours are found outwards along sorted x,
/// which visits about 2 sqrt(n k) points and counts n_x on the way.
/// One discrete variable (Ross 2014):  I = psi(n) + < psi(k_c) > - < psi(n_c) > - < psi(m) >.
/// Ties of a continuous variable are broken by seeded noise of 1e-10 of its scale.
class NearestInformation final : public Criterion {
 public:
  NearestInformation(const Options& options, const Sample& y);
  double score(const Sample& x, Scratch& scratch) const override;

 private:
  /// Scaled copy of v and its increasing order, ties broken; false if v is constant.
  bool prepare(const double* v, std::uint64_t stream, std::vector<double>& scaled, std::vector<int>& order) const;
  double continuous(Scratch& scratch) const;
  template <int K>
  double continuous(Scratch& scratch) const;
  double mixed(const std::vector<double>& value, const std::vector<int>& order, const int* code, int levels,
               Scratch& scratch) const;

  Options options_;
  Index n_;
  int levels_;
  bool constant_ = false;
  std::vector<int> code_, order_, rank_;
  std::vector<double> value_, sorted_;
  std::vector<double> psi_;  // psi_[m] is the digamma function at m
};

}  // namespace pauca::screening
