#pragma once

#include <vector>

#include "pauca/screening/criterion.hpp"

namespace pauca::screening {

/// Distance correlation (Szekely, Rizzo and Bakirov 2007) of two variables in O(n log n) (Huo and Szekely 2016):
///
///   dCov^2 = S_1 - 2 S_2 + S_3,  S_1 = n^-2 sum_ij a_ij b_ij,  S_2 = n^-3 sum_i a_i. b_i.,  S_3 = n^-4 a.. b..
///
/// with a_ij = |x_i - x_j| and b_ij = |y_i - y_j|, or [y_i != y_j] for a discrete target. S_1 comes from sums over
/// earlier points of lower rank, held in a Fenwick tree. With bias correction the score is the unbiased estimate of
/// the squared distance correlation (Szekely and Rizzo 2014), which may be negative.
class DistanceCorrelation final : public Criterion {
 public:
  DistanceCorrelation(const Options& options, const Sample& y);
  double score(const Sample& x, Scratch& scratch) const override;

 private:
  double combine(double products, double row_products, double total_a, double total_b) const;

  bool unbiased_;
  Index n_;
  int levels_;
  bool constant_ = true;
  std::vector<int> code_, rank_;          // rank_ from 1, for the tree
  std::vector<double> value_, row_sums_;  // centred target; b_i.
  double total_ = 0.0, variance_ = 0.0;
};

}  // namespace pauca::screening
