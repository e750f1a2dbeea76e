#pragma once

#include <vector>

#include "pauca/core/types.hpp"

namespace pauca {

/// Replaces x by the non-increasing sequence nearest to it in sum_i (x_i - z_i)^2: pool adjacent violators on a stack,
/// O(n). For a non-decreasing fit negate before and after.
inline void isotonic_decreasing(Vector& x) {
  struct Pool {
    double sum;
    Index count;
    double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Pool> pools;
  pools.reserve(static_cast<std::size_t>(x.size()));
  for (Index i = 0; i < x.size(); ++i) {
    Pool p{x[i], 1};
    while (!pools.empty() && pools.back().mean() <= p.mean()) {
      p.sum += pools.back().sum;
      p.count += pools.back().count;
      pools.pop_back();
    }
    pools.push_back(p);
  }
  Index i = 0;
  for (const Pool& p : pools)
    for (Index k = 0; k < p.count; ++k) x[i++] = p.mean();
}

}  // namespace pauca
