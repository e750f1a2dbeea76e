#include "pauca/screening/binning.hpp"

#include <algorithm>
#include <cmath>

namespace pauca::screening {

namespace {

/// Bins of v, scaled to [0, 1), in `bins` cells of equal width.
void count_equal_width(const double* v, Index n, double low, double width, int bins, std::vector<int>& counts) {
  counts.assign(static_cast<std::size_t>(bins), 0);
  const double per_unit = bins / width;
  for (Index i = 0; i < n; ++i) ++counts[std::min(static_cast<int>((v[i] - low) * per_unit), bins - 1)];
}

}  // namespace

int birge_rozenholc_bins(const double* v, Index n, std::vector<int>& counts, const std::vector<double>& x_log_x) {
  const auto [low, high] = std::minmax_element(v, v + n);
  const double total = static_cast<double>(n);
  const int most = std::clamp(static_cast<int>(total / std::log(total)), 2, 99);
  int best = 2;
  double best_value = -std::numeric_limits<double>::infinity();
  for (int bins = 2; bins <= most; ++bins) {
    count_equal_width(v, n, *low, *high - *low, bins, counts);
    double value = total * std::log(static_cast<double>(bins)) - (bins - 1 + std::pow(std::log(bins), 2.5));
    for (int c : counts) value += x_log_x[c];
    if (value > best_value) {
      best_value = value;
      best = bins;
    }
  }
  return best;
}

BinnedInformation::BinnedInformation(const Options& options, const Sample& y) : options_(options) {
  x_log_x_.assign(static_cast<std::size_t>(y.n + 1), 0.0);
  for (Index k = 2; k <= y.n; ++k) x_log_x_[k] = static_cast<double>(k) * std::log(static_cast<double>(k));
  Scratch scratch;
  levels_ = bin(y, scratch, code_);
}

int BinnedInformation::bin(const Sample& s, Scratch& scratch, std::vector<int>& codes) const {
  if (s.discrete()) {
    codes.assign(s.code, s.code + s.n);
    return s.levels;
  }
  codes.assign(static_cast<std::size_t>(s.n), 0);
  if (s.n < 2 || !(moments(s.value, s.n).sd > 0.0)) return 1;
  if (options_.bins == Bins::birge_rozenholc) {
    const int bins = birge_rozenholc_bins(s.value, s.n, scratch.counts, x_log_x_);
    const auto [low, high] = std::minmax_element(s.value, s.value + s.n);
    const double start = *low, per_unit = bins / (*high - *low);
    for (Index i = 0; i < s.n; ++i) codes[i] = std::min(static_cast<int>((s.value[i] - start) * per_unit), bins - 1);
    return bins;
  }
  const double total = static_cast<double>(s.n);
  const int bins = options_.n_bins > 0 ? options_.n_bins : std::max(2, static_cast<int>(std::sqrt(total / 5.0)));
  // The edges alone need to be in order: bin b starts at the value of rank ceil(b n / bins).
  auto& sorted = scratch.a;
  sorted.assign(s.value, s.value + s.n);
  std::sort(sorted.begin(), sorted.end());
  auto& edges = scratch.b;
  edges.clear();
  for (int b = 1; b < bins; ++b) {
    const double edge = sorted[(static_cast<Index>(b) * s.n + bins - 1) / bins];
    if (edge > sorted[0] && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  for (Index i = 0; i < s.n; ++i)
    codes[i] = static_cast<int>(std::upper_bound(edges.begin(), edges.end(), s.value[i]) - edges.begin());
  return static_cast<int>(edges.size()) + 1;
}

double BinnedInformation::score(const Sample& x, Scratch& scratch) const {
  const int levels = bin(x, scratch, scratch.codes);
  if (levels < 2 || levels_ < 2) return 0.0;
  return table_information(scratch.codes.data(), levels, code_.data(), levels_, x.n, options_, scratch);
}

}  // namespace pauca::screening
