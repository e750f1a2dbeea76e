#pragma once

#include "pauca/core/types.hpp"

namespace pauca::survival {

/// Weights of pairs; a pair (i, j) is comparable if i has an event while j is at risk in the same stratum:
/// entry_j < time_i < time_j, or time_i = time_j and j is censored. It is concordant if i has the larger risk.
struct Concordance {
  double concordant = 0.0, discordant = 0.0, tied = 0.0;
};

/// Harrell's count of pairs, in O(n log n): times are swept downwards over a tree of weights ordered by risk.
/// `target` holds entry, time, event and stratum of all rows, one after the other.
Concordance concordance(const Vector& target, const Vector& weights, const Vector& risk);

}  // namespace pauca::survival
