#include "pauca/survival/concordance.hpp"

#include <algorithm>
#include <vector>

#include "pauca/core/errors.hpp"

namespace pauca::survival {

namespace {

/// Weights at ranks 0..n-1 with prefix sums in O(log n) (Fenwick 1994).
class PrefixSums {
 public:
  explicit PrefixSums(std::size_t size) : tree_(size + 1, 0.0) {}
  void add(std::size_t rank, double w) {
    total_ += w;
    for (std::size_t k = rank + 1; k < tree_.size(); k += k & (~k + 1)) tree_[k] += w;
  }
  /// Sum over ranks below `rank`.
  double below(std::size_t rank) const {
    double sum = 0.0;
    for (std::size_t k = rank; k > 0; k -= k & (~k + 1)) sum += tree_[k];
    return sum;
  }
  double total() const { return total_; }

 private:
  std::vector<double> tree_;
  double total_ = 0.0;
};

}  // namespace

Concordance concordance(const Vector& target, const Vector& weights, const Vector& risk) {
  const Index n = weights.size();
  require(target.size() == 4 * n && risk.size() == n, "concordance: expected as many risks as rows");
  require(!target.hasNaN() && !risk.hasNaN(), "concordance: the target or the risk contains NaN");
  const auto entry = target.segment(0, n), time = target.segment(n, n);
  const auto event = target.segment(2 * n, n), stratum = target.segment(3 * n, n);
  std::vector<Index> leaving, entering;  // by stratum, then time or entry, latest first
  for (Index i = 0; i < n; ++i)
    if (weights[i] > 0.0) leaving.push_back(i);
  entering = leaving;
  auto latest_first = [&](const auto& when) {
    return [&](Index a, Index b) { return stratum[a] != stratum[b] ? stratum[a] < stratum[b] : when[a] > when[b]; };
  };
  std::sort(leaving.begin(), leaving.end(), latest_first(time));
  std::sort(entering.begin(), entering.end(), latest_first(entry));

  Concordance result;
  std::vector<std::size_t> rank(static_cast<std::size_t>(n));  // of the risk within the stratum
  const std::size_t count = leaving.size();
  for (std::size_t begin = 0, end; begin < count; begin = end) {
    for (end = begin; end < count && stratum[leaving[end]] == stratum[leaving[begin]];) ++end;
    std::vector<double> levels;
    for (std::size_t a = begin; a < end; ++a) levels.push_back(risk[leaving[a]]);
    std::sort(levels.begin(), levels.end());
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
    for (std::size_t a = begin; a < end; ++a) {
      const auto at = std::lower_bound(levels.begin(), levels.end(), risk[leaving[a]]);
      rank[leaving[a]] = static_cast<std::size_t>(at - levels.begin());
    }
    PrefixSums at_risk(levels.size());
    std::size_t gone = begin;
    for (std::size_t a = begin, b; a < end; a = b) {
      const double now = time[leaving[a]];
      for (b = a; b < end && time[leaving[b]] == now; ++b)
        if (event[leaving[b]] == 0.0) at_risk.add(rank[leaving[b]], weights[leaving[b]]);
      // Rows that enter now or later are not yet at risk; they were added when the sweep passed their end.
      for (; gone < end && entry[entering[gone]] >= now; ++gone)
        at_risk.add(rank[entering[gone]], -weights[entering[gone]]);
      for (std::size_t c = a; c < b; ++c) {
        const Index i = leaving[c];
        if (event[i] == 0.0) continue;
        const double lower = at_risk.below(rank[i]), same = at_risk.below(rank[i] + 1) - lower;
        result.concordant += weights[i] * lower;
        result.tied += weights[i] * same;
        result.discordant += weights[i] * (at_risk.total() - lower - same);
      }
      for (std::size_t c = a; c < b; ++c)
        if (event[leaving[c]] != 0.0) at_risk.add(rank[leaving[c]], weights[leaving[c]]);
    }
  }
  return result;
}

}  // namespace pauca::survival
