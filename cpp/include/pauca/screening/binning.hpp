#pragma once

#include <vector>

#include "pauca/screening/criterion.hpp"

namespace pauca::screening {

/// Number of equal-width bins that maximises  sum_j N_j log(N_j D / n) - (D - 1 + log(D)^2.5),  2 <= D <= n / log n
/// (Birge and Rozenholc 2006), at most 99.
int birge_rozenholc_bins(const double* v, Index n, std::vector<int>& counts, const std::vector<double>& x_log_x);

/// Mutual information of binned variables: equal widths with an adaptive number of bins, or equal frequencies (tied
/// values stay together, so that there only the order of the values matters).
class BinnedInformation final : public Criterion {
 public:
  BinnedInformation(const Options& options, const Sample& y);
  double score(const Sample& x, Scratch& scratch) const override;

 private:
  int bin(const Sample& s, Scratch& scratch, std::vector<int>& codes) const;

  Options options_;
  std::vector<double> x_log_x_;  // k log k
  std::vector<int> code_;
  int levels_;
};

}  // namespace pauca::screening
