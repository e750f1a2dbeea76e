#pragma once

#include <algorithm>
#include <vector>

#include "pauca/core/errors.hpp"
#include "pauca/core/types.hpp"

namespace pauca {

/// A partition of the features: members of group g are order[start[g]], ..., order[start[g + 1] - 1].
struct Groups {
  std::vector<Index> order, start;
  std::vector<double> weights;  ///< one a group

  /// From the group (0, 1, ...) of every feature.
  Groups(const std::vector<Index>& labels, std::vector<double> group_weights) : weights(std::move(group_weights)) {
    const Index count = labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end()) + 1;
    require(static_cast<Index>(weights.size()) == count, "groups: expected one weight a group");
    start.assign(count + 1, 0);
    for (Index g : labels) ++start[g + 1];
    for (Index g = 0; g < count; ++g) start[g + 1] += start[g];
    order.resize(labels.size());
    std::vector<Index> next(start.begin(), start.end() - 1);
    for (std::size_t j = 0; j < labels.size(); ++j) order[next[labels[j]]++] = static_cast<Index>(j);
  }
  Index count() const { return static_cast<Index>(weights.size()); }
  Index size(Index g) const { return start[g + 1] - start[g]; }

  double norm(Index g, const Vector& v) const {
    double top = 0.0, total = 0.0;
    for (Index k = start[g]; k < start[g + 1]; ++k) top = std::max(top, std::abs(v[order[k]]));
    if (!(top > 0.0) || std::isinf(top)) return top;
    for (Index k = start[g]; k < start[g + 1]; ++k) total += (v[order[k]] / top) * (v[order[k]] / top);
    return top * std::sqrt(total);
  }
  /// out = factor * v on group g
  void scale(Index g, const Vector& v, double factor, Vector& out) const {
    for (Index k = start[g]; k < start[g + 1]; ++k) out[order[k]] = factor == 0.0 ? 0.0 : factor * v[order[k]];
  }
};

}  // namespace pauca
