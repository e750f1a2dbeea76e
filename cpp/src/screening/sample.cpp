#include "pauca/screening/sample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace pauca::screening {

Moments moments(const double* v, Index n) {
  Moments m;
  if (n == 0) return m;
  const Eigen::Map<const Eigen::ArrayXd> x(v, n);
  m.mean = x.mean();
  const double variance = (x - m.mean).square().mean();
  const bool constant = variance <= 64.0 * std::numeric_limits<double>::epsilon() * m.mean * m.mean;
  m.sd = constant ? 0.0 : std::sqrt(variance);
  return m;
}

double robust_scale(const double* v, Index n, double sd, double& center, std::vector<double>& work) {
  // Quartiles from 256 counts, linear within a cell. Where a far outlier squeezes the sample into few cells, sort.
  constexpr int cells = 256;
  const auto [low, high] = std::minmax_element(v, v + n);
  const double start = *low, per_unit = cells / (*high - *low), total = static_cast<double>(n);
  std::array<double, 3> quartile{};
  bool coarse = n < 64 || !std::isfinite(per_unit);
  if (!coarse) {
    std::array<int, cells> count{};
    for (Index i = 0; i < n; ++i) ++count[std::min(static_cast<int>((v[i] - start) * per_unit), cells - 1)];
    double below = 0.0;
    for (int c = 0, q = 0; c < cells && q < 3; ++c) {
      const double inside = count[c];
      for (; q < 3 && below + inside >= 0.25 * (q + 1) * total; ++q) {
        coarse = coarse || inside > 0.1 * total;
        quartile[q] = start + (c + (0.25 * (q + 1) * total - below) / inside) / per_unit;
      }
      below += inside;
    }
  }
  if (coarse) {
    work.assign(v, v + n);
    auto from = work.begin();
    for (int q = 0; q < 3; ++q) {
      const auto at = work.begin() + (n * (q + 1)) / 4;
      std::nth_element(from, at, work.end());
      quartile[q] = *at;
      from = at;
    }
  }
  center = quartile[1];
  const double iqr = (quartile[2] - quartile[0]) / 1.349;
  return iqr > 1e-3 * sd ? std::min(sd, iqr) : sd;
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
      const double density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * M_PI);
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
