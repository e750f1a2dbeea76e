#include "pauca/bcd/graph/forest.hpp"

#include <algorithm>
#include <numeric>

#include "pauca/core/errors.hpp"
#include "pauca/core/order.hpp"

namespace pauca::bcd::graph {

namespace {

Block by_decreasing_diagonal(const SparseSymmetric& q) {
  Block order(q.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return exceeds(q.diagonal[a], q.diagonal[b]); });
  return order;
}

std::vector<Block> gather_blocks(const std::vector<Index>& label, Index count) {
  std::vector<Block> blocks(count);
  for (std::size_t i = 0; i < label.size(); ++i) blocks[label[i]].push_back(static_cast<Index>(i));
  return blocks;
}

}  // namespace

/// Breadth-first through every tree; children come after their parent.
ForestFactor::ForestFactor(const SparseSymmetric& q, const Block& block, std::vector<Index>& place) {
  const auto n = static_cast<Index>(block.size());
  constexpr Index inside = -2;  // in the block, not reached yet
  if (place.size() < static_cast<std::size_t>(q.size())) place.resize(q.size(), -1);
  for (Index i : block) place[i] = inside;
  nodes_.reserve(n);
  parent_.reserve(n);
  std::vector<double> edge, pivot;
  edge.reserve(n);
  bool cycle = false;
  auto reach = [&](Index i, Index parent, double weight) {
    place[i] = static_cast<Index>(nodes_.size());
    nodes_.push_back(i);
    parent_.push_back(parent);
    edge.push_back(weight);
  };
  for (Index root : block) {
    if (place[root] != inside) continue;
    std::size_t head = nodes_.size();
    reach(root, -1, 0.0);
    for (; head < nodes_.size() && !cycle; ++head) {
      const Index i = nodes_[head], up = parent_[head] >= 0 ? nodes_[parent_[head]] : -1;
      for (Index e = q.begin[i]; e < q.begin[i + 1]; ++e) {
        const Index j = q.neighbour[e];
        if (place[j] == -1 || j == up) continue;
        if (place[j] != inside) {
          cycle = true;
          break;
        }
        reach(j, static_cast<Index>(head), q.weight[e]);
      }
    }
    if (cycle) break;
  }
  for (Index i : block) place[i] = -1;
  require(!cycle, "block: message passing needs a forest, but the edges within this block close a cycle");
  pivot.resize(n);
  ratio_.resize(n);
  inverse_.resize(n);
  for (Index t = 0; t < n; ++t) pivot[t] = q.diagonal[nodes_[t]];
  for (Index t = n - 1; t >= 0; --t) {
    inverse_[t] = 1.0 / pivot[t];
    ratio_[t] = edge[t] * inverse_[t];
    if (parent_[t] >= 0) pivot[parent_[t]] -= ratio_[t] * edge[t];
  }
}

void ForestFactor::solve(double* h) const {
  const auto n = static_cast<Index>(nodes_.size());
  for (Index t = n - 1; t >= 0; --t)
    if (parent_[t] >= 0) h[parent_[t]] -= ratio_[t] * h[t];
  for (Index t = 0; t < n; ++t) h[t] = h[t] * inverse_[t] - (parent_[t] >= 0 ? ratio_[t] * h[parent_[t]] : 0.0);
}

void solve_forest(const SparseSymmetric& q, const Block& block, const Matrix& r, Matrix& x) {
  std::vector<Index> place(q.size(), -1);
  const ForestFactor factor(q, block, place);
  std::vector<Index> at(q.size());
  for (std::size_t k = 0; k < block.size(); ++k) at[block[k]] = static_cast<Index>(k);
  Vector h(r.rows());
  x.resize(r.rows(), r.cols());
  for (Index c = 0; c < r.cols(); ++c) {
    for (Index t = 0; t < h.size(); ++t) h[t] = r(at[factor.nodes()[t]], c);
    factor.solve(h.data());
    for (Index t = 0; t < h.size(); ++t) x(at[factor.nodes()[t]], c) = h[t];
  }
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
