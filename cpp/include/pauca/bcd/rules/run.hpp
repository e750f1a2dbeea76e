#pragma once

#include <vector>

#include "pauca/bcd/rules/block_model.hpp"
#include "pauca/core/rng.hpp"

namespace pauca::bcd::rules {

/// What the policies of one run share.
struct Run {
  Smooth& f;
  const Regularizer& g;
  Monitor& monitor;
  Rng rng;
  Index block_size;               ///< of variable blocks
  double floor;                   ///< smallest curvature used
  std::vector<BlockModel> fixed;  ///< the partition; empty for variable blocks

  bool variable() const { return fixed.empty(); }
  /// Blocks, or coordinates if blocks are variable.
  Index candidates() const { return variable() ? f.size() : static_cast<Index>(fixed.size()); }
};

inline void gather(const Vector& from, const Block& b, Vector& to) {
  to.resize(static_cast<Index>(b.size()));
  for (std::size_t k = 0; k < b.size(); ++k) to[static_cast<Index>(k)] = from[b[k]];
}

}  // namespace pauca::bcd::rules
