#include "pauca/bcd/graph/forest.hpp"

#include <algorithm>
#include <numeric>

#include "pauca/core/errors.hpp"

namespace pauca::bcd::graph {

namespace {

Block by_decreasing_diagonal(const SparseSymmetric& q) {
  Block order(q.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return q.diagonal[a] > q.diagonal[b]; });
  return order;
}

std::vector<Block> gather_blocks(const std::vector<Index>& label, Index count) {
  std::vector<Block> blocks(count);
  for (std::size_t i = 0; i < label.size(); ++i) blocks[label[i]].push_back(static_cast<Index>(i));
  return blocks;
}

}  // namespace

/// Breadth-first order of every tree, with the parent of each node and the weight of the edge to it.
void ForestSolver::plan(const SparseSymmetric& q, const Block& block) {
  const auto n = static_cast<Index>(block.size());
  place_.resize(std::max<std::size_t>(place_.size(), q.size()), -1);
  for (Index k = 0; k < n; ++k) place_[block[k]] = k;
  order_.clear();
  parent_.assign(n, -2);
  edge_.assign(n, 0.0);
  bool cycle = false;
  for (Index root = 0; root < n && !cycle; ++root) {
    if (parent_[root] != -2) continue;
    parent_[root] = -1;
    order_.push_back(root);
    for (std::size_t head = order_.size() - 1; head < order_.size() && !cycle; ++head) {
      const Index k = order_[head], i = block[k];
      for (Index e = q.begin[i]; e < q.begin[i + 1]; ++e) {
        const Index other = place_[q.neighbour[e]];
        if (other < 0 || other == parent_[k]) continue;
        if (parent_[other] != -2) {
          cycle = true;
          break;
        }
        parent_[other] = k;
        edge_[other] = q.weight[e];
        order_.push_back(other);
      }
    }
  }
  for (Index i : block) place_[i] = -1;
  require(!cycle, "block: message passing needs a forest, but the edges within this block close a cycle");
}

void ForestSolver::solve(const SparseSymmetric& q, const Block& block, const Matrix& r, Matrix& x) {
  plan(q, block);
  pivot_.resize(block.size());
  for (std::size_t k = 0; k < block.size(); ++k) pivot_[k] = q.diagonal[block[k]];
  x.resize(r.rows(), r.cols());
  const auto n = static_cast<Index>(order_.size());
  for (Index t = n - 1; t >= 0; --t) {
    const Index k = order_[t];
    if (parent_[k] >= 0) pivot_[parent_[k]] -= edge_[k] * edge_[k] / pivot_[k];
  }
  for (Index c = 0; c < r.cols(); ++c) {
    double* h = x.col(c).data();
    const double* right = r.col(c).data();
    std::copy(right, right + r.rows(), h);
    for (Index t = n - 1; t >= 0; --t) {
      const Index k = order_[t];
      if (parent_[k] >= 0) h[parent_[k]] -= edge_[k] / pivot_[k] * h[k];
    }
    for (Index t = 0; t < n; ++t) {
      const Index k = order_[t];
      h[k] = (h[k] - (parent_[k] >= 0 ? edge_[k] * h[parent_[k]] : 0.0)) / pivot_[k];
    }
  }
}

void ForestSolver::solve(const SparseSymmetric& q, const Block& block, const Vector& r, Vector& x) {
  const Matrix right = r;
  Matrix out;
  solve(q, block, right, out);
  x = out.col(0);
}

std::vector<Block> colouring(const SparseSymmetric& q) {
  std::vector<Index> colour(q.size(), -1), used;
  std::vector<char> taken;
  for (Index i : by_decreasing_diagonal(q)) {
    taken.assign(used.size(), 0);
    for (Index e = q.begin[i]; e < q.begin[i + 1]; ++e)
      if (colour[q.neighbour[e]] >= 0) taken[colour[q.neighbour[e]]] = 1;
    Index best = -1;
    for (std::size_t c = 0; c < used.size(); ++c)
      if (!taken[c] && (best < 0 || used[c] < used[best])) best = static_cast<Index>(c);
    if (best < 0) {
      best = static_cast<Index>(used.size());
      used.push_back(0);
    }
    colour[i] = best;
    ++used[best];
  }
  return gather_blocks(colour, static_cast<Index>(used.size()));
}

std::vector<Block> forests(const SparseSymmetric& q) {
  // Trees of different forests never share a node: one union-find serves all forests.
  UnionFind trees(q.size());
  std::vector<Index> forest(q.size(), -1), touched;
  std::vector<std::pair<Index, Index>> met;
  Index count = 0;
  for (Index i : by_decreasing_diagonal(q)) {
    met.clear();
    for (Index e = q.begin[i]; e < q.begin[i + 1]; ++e) {
      const Index j = q.neighbour[e];
      if (forest[j] >= 0) met.emplace_back(forest[j], trees.find(j));
    }
    std::sort(met.begin(), met.end());
    touched.clear();  // forests where two neighbours are in one tree
    for (std::size_t k = 1; k < met.size(); ++k)
      if (met[k] == met[k - 1]) touched.push_back(met[k].first);
    Index choice = 0;
    for (Index t : touched)
      if (t == choice) ++choice;
    forest[i] = choice;
    count = std::max(count, choice + 1);
    for (const auto& [f, root] : met)
      if (f == choice) trees.unite(i, root);
  }
  return gather_blocks(forest, count);
}

Block greedy_forest(const SparseSymmetric& q, const Block& order) {
  UnionFind trees(q.size());
  std::vector<char> in(q.size(), 0);
  std::vector<Index> roots;
  Block block;
  for (Index i : order) {
    roots.clear();
    for (Index e = q.begin[i]; e < q.begin[i + 1]; ++e)
      if (in[q.neighbour[e]]) roots.push_back(trees.find(q.neighbour[e]));
    std::sort(roots.begin(), roots.end());
    if (std::adjacent_find(roots.begin(), roots.end()) != roots.end()) continue;
    in[i] = 1;
    block.push_back(i);
    for (Index r : roots) trees.unite(i, r);
  }
  std::sort(block.begin(), block.end());
  return block;
}

}  // namespace pauca::bcd::graph
