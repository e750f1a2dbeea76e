#include "pauca/screening/nearest.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pauca::screening {

namespace {

constexpr std::uint64_t target_stream = ~std::uint64_t{0};

/// First position in [low, high) whose value is nearer to v from below than eps: v - sorted[j] < eps.
Index first_within(const double* sorted, Index low, Index high, double v, double eps) {
  Index size = high - low;
  const double* base = sorted + low;
  while (size > 0) {
    const Index half = size / 2;
    const bool skip = v - base[half] >= eps;
    base += skip ? half + 1 : 0;
    size = skip ? size - half - 1 : half;
  }
  return base - sorted;
}

/// First position in [low, high) with sorted[j] - v >= eps.
Index first_beyond(const double* sorted, Index low, Index high, double v, double eps) {
  Index size = high - low;
  const double* base = sorted + low;
  while (size > 0) {
    const Index half = size / 2;
    const bool skip = base[half] - v < eps;
    base += skip ? half + 1 : 0;
    size = skip ? size - half - 1 : half;
  }
  return base - sorted;
}

/// Number of v[0..n) with |v_j - x| < eps; vectorises.
Index count_within(const double* v, Index n, double x, double eps) {
  std::int64_t count = 0;
  for (Index j = 0; j < n; ++j) count += std::abs(v[j] - x) < eps ? 1 : 0;
  return count;
}

/// Number of points of sorted[low, high), sorted[at] = x left out, with |sorted[j] - x| < eps: chunk by chunk outwards,
/// and by bisection once that has gone far.
Index count(const double* sorted, Index low, Index at, Index high, double x, double eps) {
  constexpr Index chunk = 32, far = 8 * chunk;
  Index total = 0;
  for (Index end = at; end > low;) {
    if (at - end >= far) {
      total += end - first_within(sorted, low, end, x, eps);
      break;
    }
    const Index begin = std::max(low, end - chunk);
    total += count_within(sorted + begin, end - begin, x, eps);
    if (x - sorted[begin] >= eps) break;
    end = begin;
  }
  for (Index begin = at + 1; begin < high;) {
    if (begin - at >= far) {
      total += first_beyond(sorted, begin, high, x, eps) - begin;
      break;
    }
    const Index end = std::min(high, begin + chunk);
    total += count_within(sorted + begin, end - begin, x, eps);
    if (sorted[end - 1] - x >= eps) break;
    begin = end;
  }
  return total;
}

/// The k smallest of the numbers inserted, k known when compiled or, with K = 0, when run.
template <int K>
class Smallest {
 public:
  Smallest(int k, double* storage) : k_(K > 0 ? K : k), values_(K > 0 ? fixed_ : storage) { clear(); }
  void clear() {
    for (int q = 0; q < size(); ++q) values_[q] = std::numeric_limits<double>::infinity();
  }
  void insert(double d) {
    for (int q = size() - 1; q > 0; --q) values_[q] = std::min(values_[q], std::max(values_[q - 1], d));
    values_[0] = std::min(values_[0], d);
  }
  double largest() const { return values_[size() - 1]; }

 private:
  int size() const { return K > 0 ? K : k_; }

  int k_;
  double fixed_[K > 0 ? K : 1];
  double* values_;
};

}  // namespace

NearestInformation::NearestInformation(const Options& options, const Sample& y)
    : options_(options), n_(y.n), levels_(y.levels) {
  psi_.resize(static_cast<std::size_t>(n_ + 2));
  psi_[0] = -std::numeric_limits<double>::infinity();
  psi_[1] = -0.57721566490153286061;
  for (Index m = 1; m <= n_; ++m) psi_[m + 1] = psi_[m] + 1.0 / static_cast<double>(m);
  if (y.discrete()) {
    code_.assign(y.code, y.code + y.n);
    constant_ = levels_ < 2;
    return;
  }
  constant_ = !prepare(y.value, target_stream, value_, order_);
  sorted_.resize(value_.size());
  rank_.resize(value_.size());
  for (std::size_t r = 0; r < order_.size(); ++r) {
    sorted_[r] = value_[order_[r]];
    rank_[order_[r]] = static_cast<int>(r);
  }
}

bool NearestInformation::prepare(const double* v, std::uint64_t stream, std::vector<double>& scaled,
                                 std::vector<int>& order) const {
  const Moments m = moments(v, n_);
  if (!(m.sd > 0.0)) return false;
  scaled.resize(static_cast<std::size_t>(n_));
  for (Index i = 0; i < n_; ++i) scaled[i] = (v[i] - m.mean) / m.sd;
  sort_order(scaled.data(), n_, order);
  for (Index i = 1; i < n_; ++i) {
    if (scaled[order[i]] > scaled[order[i - 1]]) continue;
    Rng rng(options_.seed, stream);
    for (double& s : scaled) s += 1e-10 * (rng.uniform() - 0.5);
    sort_order(scaled.data(), n_, order);
    break;
  }
  return true;
}

double NearestInformation::score(const Sample& x, Scratch& scratch) const {
  if (constant_ || n_ < 3) return 0.0;
  if (x.discrete() && levels_ > 0)
    return table_information(x.code, x.levels, code_.data(), levels_, n_, options_, scratch);
  double information = 0.0;
  if (x.discrete()) {
    information = mixed(value_, order_, x.code, x.levels, scratch);
  } else {
    if (!prepare(x.value, x.stream, scratch.a, scratch.order)) return 0.0;
    information = levels_ > 0 ? mixed(scratch.a, scratch.order, code_.data(), levels_, scratch) : continuous(scratch);
  }
  return finish(information, 0.0, 0.0, 0.0, options_);
}

double NearestInformation::continuous(Scratch& scratch) const {
  switch (std::min<Index>(options_.neighbors, n_ - 1)) {
    case 1:
      return continuous<1>(scratch);
    case 2:
      return continuous<2>(scratch);
    case 3:
      return continuous<3>(scratch);
    case 4:
      return continuous<4>(scratch);
    case 5:
      return continuous<5>(scratch);
    case 10:
      return continuous<10>(scratch);
    default:
      return continuous<0>(scratch);
  }
}

template <int K>
double NearestInformation::continuous(Scratch& scratch) const {
  constexpr int batch = 8;  // points looked at together on one side: their distances vectorise
  using Batch = Eigen::Array<double, batch, 1>;
  using Points = Eigen::Map<const Batch>;
  const Index n = n_;
  const int k = static_cast<int>(std::min<Index>(options_.neighbors, n - 1));
  const double infinity = std::numeric_limits<double>::infinity();
  // Both variables in the order of x, with unreachable points around them.
  scratch.b.assign(static_cast<std::size_t>(n + 2 * batch), infinity);
  scratch.c.assign(static_cast<std::size_t>(n + 2 * batch), 0.0);
  scratch.d.resize(static_cast<std::size_t>(k));
  std::fill(scratch.b.begin(), scratch.b.begin() + batch, -infinity);
  double *xs = scratch.b.data() + batch, *ys = scratch.c.data() + batch;
  for (Index r = 0; r < n; ++r) {
    xs[r] = scratch.a[scratch.order[r]];
    ys[r] = value_[scratch.order[r]];
  }
  double sum = 0.0;
  for (Index i = 0; i < n; ++i) {
    if ((i & 255) == 0 && !scratch.keep_going()) return 0.0;
    const double x = xs[i], y = ys[i];
    Smallest<K> nearest(k, scratch.d.data());
    auto look = [&](Index from) {
      const Batch d = (Points(xs + from) - x).abs().max((Points(ys + from) - y).abs());
      const double eps = nearest.largest();
      unsigned near = 0;
      for (unsigned q = 0; q < batch; ++q) near |= static_cast<unsigned>(d[q] < eps) << q;
      for (; near != 0; near &= near - 1) nearest.insert(d[std::countr_zero(near)]);
    };
    // Points at positions <= left or >= right have not been looked at.
    Index left = i - 1, right = i + 1;
    for (bool more = true; more;) {
      more = false;
      if (left >= 0 && x - xs[left] < nearest.largest()) {
        look(left - batch + 1);
        left -= batch;
        more = true;
      }
      if (right < n && xs[right] - x < nearest.largest()) {
        look(right);
        right += batch;
        more = true;
      }
    }
    const double eps = nearest.largest();
    const Index nx = count(xs, std::max<Index>(left + 1, 0), i, std::min(right, n), x, eps);
    const Index ny = count(sorted_.data(), 0, rank_[scratch.order[i]], n, y, eps);
    sum += psi_[nx + 1] + psi_[ny + 1];
  }
  return psi_[k] + psi_[n] - sum / static_cast<double>(n);
}

double NearestInformation::mixed(const std::vector<double>& value, const std::vector<int>& order, const int* code,
                                 int levels, Scratch& scratch) const {
  const Index n = n_;
  // Rows by class, each class in increasing order of the value; classes of one row are left out.
  auto& count = scratch.counts;
  count.assign(static_cast<std::size_t>(levels + 1), 0);
  for (Index i = 0; i < n; ++i) ++count[code[i] + 1];
  Index used = 0;
  for (int c = 0; c < levels; ++c)
    if (count[c + 1] > 1) used += count[c + 1];
  if (used < 2) return 0.0;
  for (int c = 0; c < levels; ++c) count[c + 1] += count[c];
  scratch.b.resize(static_cast<std::size_t>(n));
  scratch.c.clear();
  scratch.c.reserve(static_cast<std::size_t>(used));
  std::vector<int> next(count.begin(), count.end() - 1);
  for (Index r = 0; r < n; ++r) {
    const int row = order[r], c = code[row];
    scratch.b[next[c]++] = value[row];
    if (count[c + 1] - count[c] > 1) scratch.c.push_back(value[row]);
  }
  const double* all = scratch.c.data();
  double sum = 0.0;
  for (int c = 0; c < levels; ++c) {
    const Index size = count[c + 1] - count[c];
    if (size < 2) continue;
    const Index k = std::min<Index>(options_.neighbors, size - 1);
    const double* member = scratch.b.data() + count[c];
    sum += static_cast<double>(size) * (psi_[k] - psi_[size]);
    Index left = 0;  // the k nearest are in the window [left, left + k]
    for (Index i = 0; i < size; ++i) {
      if ((i & 1023) == 0 && !scratch.keep_going()) return 0.0;
      const double v = member[i];
      while (left + k < i || (left + k + 1 < size && v - member[left] > member[left + k + 1] - v)) ++left;
      const double eps = std::max(v - member[left], member[left + k] - v);
      sum -= psi_[first_beyond(all, 0, used, v, eps) - first_within(all, 0, used, v, eps)];
    }
  }
  return psi_[used] + sum / static_cast<double>(used);
}

}  // namespace pauca::screening
