#pragma once

#include <cstdint>
#include <vector>

#include "pauca/core/monitor.hpp"
#include "pauca/core/rng.hpp"
#include "pauca/core/types.hpp"

namespace pauca::screening {

/// One complete variable. A discrete one has codes in [0, levels); `stream` keys its random numbers.
struct Sample {
  Index n = 0;
  const double* value = nullptr;
  const int* code = nullptr;
  int levels = 0;
  std::uint64_t stream = 0;

  bool discrete() const { return levels > 0; }
};

/// Work space of one thread, reused from feature to feature.
struct Scratch {
  std::vector<double> a, b, c, d;
  std::vector<float> grid, row;
  std::vector<int> order, codes, counts;
  Monitor* monitor = nullptr;
  bool may_poll = false;  ///< true on the calling thread only

  bool keep_going() const {
    if (monitor == nullptr) return true;
    return may_poll ? monitor->keep_going() : !monitor->stop_requested();
  }
};

struct Moments {
  double mean = 0.0, sd = 0.0;  ///< sd is exactly 0 for a column that is constant to rounding
};

Moments moments(const double* v, Index n);

/// min(sd, IQR / 1.349), or sd if the quartiles coincide; `center` becomes the middle of the quartiles.
double robust_scale(const double* v, Index n, double sd, double& center, std::vector<double>& work);

/// order[0..n) such that v[order[i]] increases; ties keep the order of the rows.
void sort_order(const double* v, Index n, std::vector<int>& order);

/// Codes 0, 1, ... of the distinct values in increasing order; their number, or 0 beyond `limit` (0: no limit).
int encode(const double* v, Index n, int limit, std::vector<int>& codes);

/// The normal scores of a sample of n: Phi^{-1}(r / (n + 1)) for the mid-ranks r = 1, 1.5, ..., n.
class NormalScores {
 public:
  explicit NormalScores(Index n);
  /// Replaces v by its scores; ties share the mid-rank.
  void apply(double* v, Index n, std::vector<int>& order) const;

 private:
  std::vector<double> table_;  // table_[2 (r - 1)]
};

}  // namespace pauca::screening
