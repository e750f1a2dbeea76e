#pragma once

#include <string>
#include <vector>

#include "pauca/bcd/rules/smooth.hpp"
#include "pauca/core/rng.hpp"

namespace pauca::bcd::rules {

/// Fixed disjoint blocks of `block_size` coordinates, the last one shorter if it does not divide their number.
///
///   order               0, 1, 2, ...
///   random              a random permutation
///   sort                by L_i, smallest first: large constants are kept together, in few blocks
///   average             by L_i, smallest and largest in turn: L_(1), L_(p), L_(2), L_(p-1), ...
///   gershgorin          as sort, with sum_j |H_ij| in place of L_i
///   gershgorin-average  as average, likewise
std::vector<Block> make_partition(const std::string& name, Index block_size, Smooth& f, Rng& rng);

/// The blocks of a labelling 0, ..., m - 1 of the coordinates; every label must occur.
std::vector<Block> blocks_of_labels(const std::vector<Index>& labels);

}  // namespace pauca::bcd::rules
