#include "pauca/screening/sample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace pauca::screening {

Moments moments(const double* v, Index n) {
  Moments m;
  if (n == 0) return m;
  const Eigen::Map<const Eigen::ArrayXd> x(v, n);
  m.mean = x.mean();
  const double variance = (x - m.mean).square().mean();
  const double sd = std::sqrt(variance), rounding = 16.0 * std::numeric_limits<double>::epsilon() * std::abs(m.mean);
  m.sd = sd > rounding ? sd : 0.0;
  return m;
}

double robust_scale(const double* v, Index n, double sd, double& center, std::vector<double>& work) {
  // The cells of a histogram that hold the quartiles; only those are sorted.
  constexpr int cells = 128;
  const auto [low, high] = std::minmax_element(v, v + n);
  const double start = *low, per_unit = cells / (*high - *low);
  std::array<double, 2> quartile{};
  std::array<Index, 2> rank{(n - 1) / 4, n - 1 - (n - 1) / 4};
  std::array<int, 2> cell{};
  if (std::isfinite(per_unit) && per_unit > 0.0) {  // a range that overflows has no cells
    std::array<Index, cells> count{};
    auto cell_of = [&](double x) { return std::min(static_cast<int>((x - start) * per_unit), cells - 1); };
    for (Index i = 0; i < n; ++i) ++count[cell_of(v[i])];
    Index below = 0;
    for (int c = 0, q = 0; c < cells && q < 2; below += count[c++])
      for (; q < 2 && rank[q] < below + count[c]; ++q) {
        cell[q] = c;
        rank[q] -= below;
      }
    work.resize(static_cast<std::size_t>(n));
    for (int q = 0; q < 2; ++q) {
      if (q > 0 && cell[q] == cell[q - 1]) {  // `work` still holds this cell
        std::nth_element(work.begin(), work.begin() + rank[q], work.begin() + count[cell[q]]);
      } else {
        Index size = 0;
        for (Index i = 0; i < n; ++i) {
          work[size] = v[i];
          size += cell_of(v[i]) == cell[q];
          if (size == count[cell[q]]) break;
        }
        std::nth_element(work.begin(), work.begin() + rank[q], work.begin() + size);
      }
      quartile[q] = work[rank[q]];
    }
  }
  center = 0.5 * (quartile[0] + quartile[1]);
  const double iqr = (quartile[1] - quartile[0]) / 1.349;
  return iqr > 0.0 ? std::min(sd, iqr) : sd;
}

void sort_order(const double* v, Index n, std::vector<int>& order) {
  std::vector<std::pair<double, int>> items(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) items[i] = {v[i], static_cast<int>(i)};
  std::sort(items.begin(), items.end());
  order.resize(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) order[i] = items[i].second;
}

int encode(const double* v, Index n, int limit, std::vector<int>& codes) {
  std::vector<double> distinct;
  if (limit > 0) {
    for (Index i = 0; i < n; ++i) {
      const auto at = std::lower_bound(distinct.begin(), distinct.end(), v[i]);
      if (at != distinct.end() && *at == v[i]) continue;
      if (static_cast<int>(distinct.size()) == limit) return 0;
      distinct.insert(at, v[i]);
    }
  } else {
    distinct.assign(v, v + n);
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  }
  codes.resize(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i)
    codes[i] = static_cast<int>(std::lower_bound(distinct.begin(), distinct.end(), v[i]) - distinct.begin());
  return static_cast<int>(distinct.size());
}

NormalScores::NormalScores(Index n) : table_(n > 0 ? static_cast<std::size_t>(2 * n - 1) : 0) {
  // The upper half by Newton's method on Phi, which converges from below where Phi is concave.
  double z = 0.0;
  for (Index k = n - 1; k < 2 * n - 1 && n > 0; ++k) {
    const double tail = 1.0 - (1.0 + 0.5 * static_cast<double>(k)) / static_cast<double>(n + 1);
    for (int step = 0; step < 60; ++step) {
      const double density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
      const double move = (0.5 * std::erfc(z / std::sqrt(2.0)) - tail) / density;
      z += move;
      if (std::abs(move) < 1e-14) break;
    }
    table_[k] = z;
    table_[2 * n - 2 - k] = -z;
  }
}

void NormalScores::apply(double* v, Index n, std::vector<int>& order) const {
  sort_order(v, n, order);
  for (Index i = 0; i < n;) {
    Index j = i + 1;
    while (j < n && v[order[j]] == v[order[i]]) ++j;
    const double score = table_[i + j - 1];  // mid-rank (i + 1 + j) / 2
    for (; i < j; ++i) v[order[i]] = score;
  }
}

}  // namespace pauca::screening
