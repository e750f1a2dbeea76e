#include "pauca/dag/graph.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>

namespace pauca::dag {
namespace {

/// Who reaches whom, as bits, kept up to date while edges are inserted.
class Reachability {
 public:
  explicit Reachability(Index d) : d_(d), words_((d + 63) / 64), bits_(static_cast<std::size_t>(d * words_), 0) {
    for (Index i = 0; i < d; ++i) set(i, i);
  }
  bool reaches(Index from, Index to) const { return (row(from)[to / 64] >> (to % 64)) & 1u; }
  void insert(Index from, Index to) {
    if (reaches(from, to)) return;
    for (Index a = 0; a < d_; ++a) {
      if (!reaches(a, from)) continue;
      for (Index w = 0; w < words_; ++w) bits_[a * words_ + w] |= row(to)[w];
    }
  }

 private:
  const std::uint64_t* row(Index i) const { return &bits_[static_cast<std::size_t>(i * words_)]; }
  void set(Index i, Index j) { bits_[static_cast<std::size_t>(i * words_ + j / 64)] |= std::uint64_t{1} << (j % 64); }

  Index d_, words_;
  std::vector<std::uint64_t> bits_;
};

struct Ranked {
  int from, to;
  double strength;
};

/// Nonzero entries of w, included ones first, then by falling strength; ties by position.
std::vector<Ranked> ranked_edges(ConstMatrixRef w, ConstMatrixRef strength, const Constraints& constraints) {
  std::vector<Ranked> edges;
  for (Index j = 0; j < w.cols(); ++j) {
    for (Index i = 0; i < w.rows(); ++i) {
      if (i == j) continue;
      const bool included = constraints.included(i, j);
      if (w(i, j) == 0.0 && !included) continue;
      if (!included && constraints.excluded(i, j)) continue;
      edges.push_back({static_cast<int>(i), static_cast<int>(j),
                       included ? std::numeric_limits<double>::infinity() : strength(i, j)});
    }
  }
  std::stable_sort(edges.begin(), edges.end(),
                   [](const Ranked& a, const Ranked& b) { return a.strength > b.strength; });
  return edges;
}

}  // namespace

std::vector<int> topological_order(ConstMatrixRef w) {
  const Index d = w.cols();
  std::vector<int> waiting(static_cast<std::size_t>(d), 0), order;
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (Index j = 0; j < d; ++j) {
    for (Index i = 0; i < d; ++i) waiting[j] += w(i, j) != 0.0;
    if (waiting[j] == 0) ready.push(static_cast<int>(j));
  }
  while (!ready.empty()) {
    const int i = ready.top();
    ready.pop();
    order.push_back(i);
    for (Index j = 0; j < d; ++j) {
      if (w(i, j) != 0.0 && --waiting[j] == 0) ready.push(static_cast<int>(j));
    }
  }
  if (static_cast<Index>(order.size()) < d) order.clear();
  return order;
}

Matrix greedy_repair(ConstMatrixRef w, ConstMatrixRef strength, const Constraints& constraints) {
  Matrix kept = Matrix::Zero(w.rows(), w.cols());
  Reachability reach(w.cols());
  for (const auto& e : ranked_edges(w, strength, constraints)) {
    if (e.from >= w.cols()) {  // exogenous: closes no cycle
      kept(e.from, e.to) = w(e.from, e.to);
      continue;
    }
    if (constraints.tier[e.from] > constraints.tier[e.to] || reach.reaches(e.to, e.from)) continue;
    kept(e.from, e.to) = w(e.from, e.to);
    reach.insert(e.from, e.to);
  }
  return kept;
}

}  // namespace pauca::dag
