#include "pauca/screening/distance.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace pauca::screening {

namespace {

/// out[i] = sum_j |v_i - v_j| given the increasing order of v; returns sum_ij |v_i - v_j|.
double distance_sums(const double* v, Index n, const std::vector<int>& order, double* out) {
  double total = 0.0, below = 0.0, all = 0.0;
  for (Index i = 0; i < n; ++i) all += v[i];
  for (Index r = 0; r < n; ++r) {
    const double x = v[order[r]];
    out[order[r]] = (2.0 * static_cast<double>(r) - static_cast<double>(n)) * x + all - 2.0 * below;
    total += out[order[r]];
    below += x;
  }
  return total;
}

double squared_distances(const double* v, Index n) {  // sum_ij (v_i - v_j)^2 for centred v
  double square = 0.0;
  for (Index i = 0; i < n; ++i) square += v[i] * v[i];
  return 2.0 * static_cast<double>(n) * square;
}

double dot(const double* a, const double* b, Index n) {
  return Eigen::Map<const Vector>(a, n).dot(Eigen::Map<const Vector>(b, n));
}

}  // namespace

DistanceCorrelation::DistanceCorrelation(const Options& options, const Sample& y)
    : unbiased_(options.bias_correction), n_(y.n), levels_(y.levels) {
  if (unbiased_ ? n_ < 4 : n_ < 2) return;
  row_sums_.resize(static_cast<std::size_t>(n_));
  double squares = 0.0;
  if (y.discrete()) {
    code_.assign(y.code, y.code + y.n);
    std::vector<double> count(static_cast<std::size_t>(levels_), 0.0);
    for (int c : code_) count[c] += 1.0;
    for (Index i = 0; i < n_; ++i) total_ += row_sums_[i] = static_cast<double>(n_) - count[code_[i]];
    squares = total_;
    constant_ = levels_ < 2;
  } else {
    const Moments m = moments(y.value, n_);
    constant_ = !(m.sd > 0.0);
    if (constant_) return;
    value_.resize(row_sums_.size());
    for (Index i = 0; i < n_; ++i) value_[i] = (y.value[i] - m.mean) / m.sd;
    std::vector<int> order;
    sort_order(value_.data(), n_, order);
    rank_.resize(row_sums_.size());
    for (Index r = 0; r < n_; ++r) rank_[order[r]] = static_cast<int>(r) + 1;
    total_ = distance_sums(value_.data(), n_, order, row_sums_.data());
    squares = squared_distances(value_.data(), n_);
  }
  variance_ = combine(squares, dot(row_sums_.data(), row_sums_.data(), n_), total_, total_);
}

double DistanceCorrelation::combine(double products, double row_products, double total_a, double total_b) const {
  const double n = static_cast<double>(n_);
  if (unbiased_)  // U-centred inner product
    return (products - 2.0 * row_products / (n - 2.0) + total_a * total_b / ((n - 1.0) * (n - 2.0))) / (n * (n - 3.0));
  return (products - 2.0 * row_products / n + total_a * total_b / (n * n)) / (n * n);
}

double DistanceCorrelation::score(const Sample& x, Scratch& scratch) const {
  if (constant_) return 0.0;
  const Moments m = moments(x.value, n_);
  if (!(m.sd > 0.0)) return 0.0;
  const std::size_t size = static_cast<std::size_t>(n_);
  scratch.a.resize(size);
  scratch.b.resize(size);
  double *v = scratch.a.data(), *sums = scratch.b.data();
  for (Index i = 0; i < n_; ++i) v[i] = (x.value[i] - m.mean) / m.sd;
  sort_order(v, n_, scratch.order);
  const double total = distance_sums(v, n_, scratch.order, sums);
  double products = 0.0;
  if (levels_ > 0) {
    // sum_ij a_ij [y_i != y_j]: all pairs but those of one class.
    scratch.c.assign(static_cast<std::size_t>(2 * levels_), 0.0);
    double *count = scratch.c.data(), *sum = count + levels_, within = 0.0;
    for (int row : scratch.order) {
      const int c = code_[row];
      within += v[row] * count[c] - sum[c];
      count[c] += 1.0;
      sum[c] += v[row];
    }
    products = total - 2.0 * within;
  } else {
    // Over pairs i < j in the order of x: (x_j - x_i) |y_j - y_i| = +-(x_j - x_i)(y_j - y_i).
    scratch.c.assign(4 * (size + 1), 0.0);
    double* tree = scratch.c.data();
    double rising = 0.0;
    const int n = static_cast<int>(n_);
    for (int row : scratch.order) {
      const double xj = v[row], yj = value_[row];
      std::array<double, 4> s{};
      for (int r = rank_[row]; r > 0; r &= r - 1)
        for (int q = 0; q < 4; ++q) s[q] += tree[4 * static_cast<std::size_t>(r) + q];
      rising += xj * yj * s[0] - xj * s[2] - yj * s[1] + s[3];
      const std::array<double, 4> item{1.0, xj, yj, xj * yj};
      for (int r = rank_[row]; r <= n; r += r & -r)
        for (int q = 0; q < 4; ++q) tree[4 * static_cast<std::size_t>(r) + q] += item[q];
    }
    const double all = static_cast<double>(n_) * dot(v, value_.data(), n_);  // the variables are centred
    products = 2.0 * (2.0 * rising - all);
  }
  const double covariance = combine(products, dot(sums, row_sums_.data(), n_), total, total_);
  const double variance = combine(squared_distances(v, n_), dot(sums, sums, n_), total, total);
  const double scale = std::sqrt(std::max(variance, 0.0) * std::max(variance_, 0.0));
  if (!(scale > 0.0)) return 0.0;
  const double ratio = std::min(covariance / scale, 1.0);
  return unbiased_ ? ratio : std::sqrt(std::max(ratio, 0.0));
}

}  // namespace pauca::screening
