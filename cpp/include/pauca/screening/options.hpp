#pragma once

#include <cstdint>

namespace pauca::screening {

enum class Method {
  kde,          ///< mutual information of a kernel density estimate on a grid
  binning,      ///< mutual information of binned variables
  nearest,      ///< mutual information by nearest neighbours (Kraskov, Stoegbauer and Grassberger; Ross)
  correlation,  ///< |Pearson correlation|, or the correlation ratio of a discrete target
  distance,     ///< distance correlation
};

/// Rules for the width of the kernel; sigma is a scale of the variable, n the number of observations.
enum class Bandwidth {
  scott,      ///< sigma = standard deviation
  silverman,  ///< sigma = min(standard deviation, interquartile range / 1.349)
  isj,        ///< the improved Sheather-Jones plug-in rule
};

enum class Bins {
  birge_rozenholc,  ///< equal widths, their number by penalised likelihood
  quantile,         ///< equal frequencies
};

enum class Normalize {
  none,
  linfoot,  ///< sqrt(1 - exp(-2 I)): |r| for a bivariate normal
  entropy,  ///< I / sqrt(H(x) H(y)), for binned or discrete pairs
};

struct Options {
  Method method = Method::kde;
  Bandwidth bandwidth = Bandwidth::silverman;
  double bandwidth_factor = 1.0;
  int grid = 64;  ///< cells a side
  Bins bins = Bins::birge_rozenholc;
  int n_bins = 0;     ///< with Bins::quantile; 0 means sqrt(n / 5)
  int neighbors = 3;  ///< k of the nearest-neighbour estimates
  bool bias_correction = true;
  Normalize normalize = Normalize::none;
  bool ranks = false;   ///< replace continuous variables by normal scores of their ranks
  int max_levels = 10;  ///< a column of unknown kind with at most so many distinct values is discrete
  std::uint64_t seed = 0;
};

}  // namespace pauca::screening
