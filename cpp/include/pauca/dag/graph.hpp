#pragma once

#include <vector>

#include "pauca/dag/constraints.hpp"

namespace pauca::dag {

/// A topological order of {(i, j) : w_ij != 0} by Kahn's algorithm, the smallest free node first; empty if there is a
/// cycle.
std::vector<int> topological_order(ConstMatrixRef w);

/// Support of a DAG inside that of w: edges by falling strength are inserted unless they would close a cycle
/// (incremental reachability). Included edges go first. Entries not kept are zero.
Matrix greedy_repair(ConstMatrixRef w, ConstMatrixRef strength, const Constraints& constraints);

}  // namespace pauca::dag
