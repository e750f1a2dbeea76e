#pragma once

#include "pauca/bcd/graph/graph.hpp"

namespace pauca::bcd::graph {

using Block = std::vector<Index>;

/// Disjoint sets with path halving and union by size.
class UnionFind {
 public:
  explicit UnionFind(Index n) : parent_(n), size_(n, 1) {
    for (Index i = 0; i < n; ++i) parent_[i] = i;
  }
  Index find(Index i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void unite(Index a, Index b) {
    a = find(a);
    b = find(b);
    if (a == b) return;
    if (size_[a] < size_[b]) std::swap(a, b);
    parent_[b] = a;
    size_[a] += size_[b];
  }

 private:
  std::vector<Index> parent_, size_;
};

/// Q_bb of a block whose edges form a forest, factorised once and solved in O(|b|): Gaussian belief propagation, which
/// on a forest is L D L' without fill.
///
///   leaves to roots:  m = Q_{pi,i} / P_i,  P_pi -= m Q_{i,pi},  h_pi -= m h_i   (P_i = Q_ii, h_i = r_i at the start)
///   roots to leaves:  x_i = (h_i - Q_{i,pi} x_pi) / P_i
class ForestFactor {
 public:
  /// `place` is scratch that holds -1 everywhere, before and after. A cycle is an invalid_argument.
  ForestFactor(const SparseSymmetric& q, const Block& block, std::vector<Index>& place);

  /// The block's nodes, parents before children: the order of h.
  const Block& nodes() const { return nodes_; }
  /// h <- Q_bb^-1 h
  void solve(double* h) const;

 private:
  Block nodes_;
  std::vector<Index> parent_;            // positions in nodes_, -1 for roots
  std::vector<double> ratio_, inverse_;  // Q_{pi,i} / P_i and 1 / P_i
};

/// x = Q_bb^-1 r with r and x in the order of the block.
void solve_forest(const SparseSymmetric& q, const Block& block, const Matrix& r, Matrix& x);

/// Red-black blocks: no edge within a block. Nodes come by decreasing Q_ii and take the colour, of those no neighbour
/// has, that has been used least.
std::vector<Block> colouring(const SparseSymmetric& q);

/// Forest blocks: nodes come by decreasing Q_ii and join the first forest where they touch each tree at most once.
std::vector<Block> forests(const SparseSymmetric& q);

/// One forest, greedily: nodes in this order are taken unless two of their neighbours taken before are in one tree.
Block greedy_forest(const SparseSymmetric& q, const Block& order);

}  // namespace pauca::bcd::graph
