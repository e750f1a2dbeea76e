#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "pauca/core/types.hpp"

namespace pauca::bcd::rules {

/// Binary max-heap over {0, ..., n - 1} whose scores may change: update O(log n), the best k in O(k log k).
/// Equal scores are ordered by index, smallest first.
class IndexedMaxHeap {
 public:
  void build(const Vector& scores) {
    score_ = scores;
    const Index n = score_.size();
    heap_.resize(n);
    place_.resize(n);
    for (Index i = 0; i < n; ++i) heap_[i] = place_[i] = i;
    for (Index k = n / 2 - 1; k >= 0; --k) sift_down(k);
  }
  Index size() const { return static_cast<Index>(heap_.size()); }
  double score(Index item) const { return score_[item]; }

  void update(Index item, double score) {
    const bool up = score > score_[item];
    score_[item] = score;
    if (up)
      sift_up(place_[item]);
    else
      sift_down(place_[item]);
  }
  Index top() const { return heap_[0]; }

  /// The k items of largest score, best first.
  void best(Index k, std::vector<Index>& out) const {
    out.clear();
    if (k <= 0 || heap_.empty()) return;
    auto after = [&](Index a, Index b) { return before(heap_[b], heap_[a]); };
    frontier_.assign(1, 0);
    while (static_cast<Index>(out.size()) < std::min(k, size())) {
      std::pop_heap(frontier_.begin(), frontier_.end(), after);
      const Index node = frontier_.back();
      frontier_.pop_back();
      out.push_back(heap_[node]);
      for (Index child = 2 * node + 1; child <= 2 * node + 2 && child < size(); ++child) {
        frontier_.push_back(child);
        std::push_heap(frontier_.begin(), frontier_.end(), after);
      }
    }
  }

 private:
  bool before(Index a, Index b) const { return score_[a] > score_[b] || (score_[a] == score_[b] && a < b); }
  void exchange(Index k, Index l) {
    std::swap(heap_[k], heap_[l]);
    place_[heap_[k]] = k;
    place_[heap_[l]] = l;
  }
  void sift_up(Index k) {
    for (Index up; k > 0 && before(heap_[k], heap_[up = (k - 1) / 2]); k = up) exchange(k, up);
  }
  void sift_down(Index k) {
    for (;;) {
      Index best = k;
      for (Index child = 2 * k + 1; child <= 2 * k + 2 && child < size(); ++child)
        if (before(heap_[child], heap_[best])) best = child;
      if (best == k) return;
      exchange(k, best);
      k = best;
    }
  }

  Vector score_;
  std::vector<Index> heap_, place_;
  mutable std::vector<Index> frontier_;
};

}  // namespace pauca::bcd::rules
