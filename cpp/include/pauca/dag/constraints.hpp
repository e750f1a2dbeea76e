#pragma once

#include <cstdint>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca::dag {

enum class Edge : std::uint8_t { free, excluded, included };

/// What the user knows about the graph. Variables [0, n_nodes) are nodes; those after them are exogenous: candidates as
/// parents, never children. Nodes of a lower tier come before those of a higher one in every order.
struct Constraints {
  Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic> edge;  ///< (parent, child), values of Edge
  std::vector<int> tier;                                             ///< one a node
  bool nonnegative = false;

  Index n_nodes() const { return edge.cols(); }
  Index n_variables() const { return edge.rows(); }
  bool excluded(Index parent, Index child) const {
    return edge(parent, child) == static_cast<std::uint8_t>(Edge::excluded);
  }
  bool included(Index parent, Index child) const {
    return edge(parent, child) == static_cast<std::uint8_t>(Edge::included);
  }
  /// Whether `first`, now just before `second`, may change places with it.
  bool may_swap(Index first, Index second) const { return tier[first] == tier[second] && !included(first, second); }
};

}  // namespace pauca::dag
