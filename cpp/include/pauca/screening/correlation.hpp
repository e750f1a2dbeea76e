#pragma once

#include <vector>

#include "pauca/screening/criterion.hpp"

namespace pauca::screening {

/// |r| of Pearson. Beside a discrete target the correlation ratio, the square root of the share of the variance that
/// lies between classes; with two classes that is |r| again.
class Correlation final : public Criterion {
 public:
  explicit Correlation(const Sample& y);
  double score(const Sample& x, Scratch& scratch) const override;

 private:
  Index n_;
  int levels_;
  std::vector<int> code_;
  std::vector<double> unit_;  // target with mean 0 and norm 1; empty if constant
};

}  // namespace pauca::screening
