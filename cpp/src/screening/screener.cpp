#include "pauca/screening/screener.hpp"

#include <cmath>
#include <string>
#include <thread>

#include "pauca/core/errors.hpp"
#include "pauca/core/parallel.hpp"

namespace pauca::screening {

namespace {

constexpr Index group = 8;  // columns a work item: one cache line of a row-major matrix of doubles
constexpr Index fewest = 4;

/// No score depends on the unit: numbers whose squares would overflow are scaled down.
void tame(double* v, Index n) {
  Eigen::Map<Vector> x(v, n);
  const double top = n > 0 ? x.lpNorm<Eigen::Infinity>() : 0.0;
  if (top > 1e100) x /= top;
}

}  // namespace

Screener::Screener(Vector y, Kind kind, const Options& options) : options_(options), y_(std::move(y)) {
  require(y_.size() >= 1, "y: expected at least one row");
  require(y_.size() <= std::numeric_limits<int>::max(), "y: expected fewer than 2^31 rows");
  require(y_.allFinite(), "y: contains NaN or infinity, expected finite numbers");
  require(options_.grid >= 16 && options_.grid <= 1024, "grid_size: expected 16 to 1024 cells");
  require(options_.bandwidth_factor > 0.0 && std::isfinite(options_.bandwidth_factor),
          "bandwidth: expected a positive factor");
  require(options_.neighbors >= 1, "n_neighbors: expected at least 1");
  require(options_.n_bins == 0 || options_.n_bins >= 2, "bins: expected at least 2");
  if (kind != Kind::continuous)
    levels_ = encode(y_.data(), y_.size(), kind == Kind::discrete ? 0 : options_.max_levels, codes_);
  tame(y_.data(), y_.size());
  whole_ = prepare(y_, codes_);
}

Screener::Prepared Screener::prepare(Vector y, std::vector<int> codes) const {
  Prepared out;
  const Index n = y.size();
  if (options_.ranks) {
    out.ranks = std::make_unique<NormalScores>(n);
    std::vector<int> order;
    if (levels_ == 0) out.ranks->apply(y.data(), n, order);
  }
  out.criterion = make_criterion(options_, {n, y.data(), codes.data(), levels_, 0});
  return out;
}

void Screener::score_column(Vector& column, Kind kind, Index feature, Index k, Scratch& scratch,
                            BlockScores& out) const {
  const Index rows = column.size();
  Index n = 0;
  const bool complete = !column.hasNaN();
  Vector target;
  std::vector<int> target_codes;
  if (complete) {
    n = rows;
  } else {
    target.resize(rows);
    target_codes.resize(codes_.size());
    for (Index i = 0; i < rows; ++i) {
      if (std::isnan(column[i])) continue;
      column[n] = column[i];
      target[n] = y_[i];
      if (!codes_.empty()) target_codes[n] = codes_[i];
      ++n;
    }
    target = Vector(target.head(n));
    target_codes.resize(codes_.empty() ? 0 : static_cast<std::size_t>(n));
  }
  out.observed[k] = n;
  out.levels[k] = 0;
  out.score[k] = 0.0;
  if (n < fewest) return;
  if (!column.head(n).allFinite())
    throw std::invalid_argument("X: feature " + std::to_string(feature) +
                                " contains infinity, expected finite numbers or NaN");
  Prepared own;
  if (!complete) own = prepare(std::move(target), std::move(target_codes));
  const Prepared& prepared = complete ? whole_ : own;

  tame(column.data(), n);
  std::vector<int> codes;
  if (kind != Kind::continuous)
    out.levels[k] = encode(column.data(), n, kind == Kind::discrete ? 0 : options_.max_levels, codes);
  Sample x{n, column.data(), codes.data(), static_cast<int>(out.levels[k]), static_cast<std::uint64_t>(feature)};
  if (prepared.ranks && !x.discrete()) prepared.ranks->apply(column.data(), n, scratch.order);
  out.score[k] = prepared.criterion->score(x, scratch);
  for (Index b = 0; b < out.null.rows() && scratch.keep_going(); ++b) {
    Rng rng(options_.seed, (static_cast<std::uint64_t>(feature) << 24) + static_cast<std::uint64_t>(b) + 1);
    for (Index i = n - 1; i > 0; --i) {
      const Index j = rng.below(i + 1);
      std::swap(column[i], column[j]);
      if (x.discrete()) std::swap(codes[i], codes[j]);
    }
    out.null(b, k) = prepared.criterion->score(x, scratch);
  }
}

template <class T>
BlockScores Screener::score(const Block<T>& x, const Kind* kinds, Index permutations, int n_threads,
                            Monitor& monitor) const {
  require(x.rows == rows(),
          "X: got " + std::to_string(x.rows) + " rows, expected " + std::to_string(rows()) + " as in y");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  BlockScores out{Vector::Constant(x.cols, nan), IndexVector::Zero(x.cols), IndexVector::Zero(x.cols),
                  Matrix::Constant(permutations, x.cols, nan)};
  monitor.start(std::numeric_limits<double>::infinity());
  const auto caller = std::this_thread::get_id();
  parallel_for((x.cols + group - 1) / group, n_threads,
               [&](Index item) {
                 const Index begin = item * group, size = std::min(group, x.cols - begin);
                 Scratch scratch;
                 scratch.monitor = &monitor;
                 scratch.may_poll = std::this_thread::get_id() == caller;
                 // Row by row when rows are contiguous, so that every cache line is read once.
                 Matrix columns(x.rows, size);
                 if (x.row_stride == 1) {
                   for (Index c = 0; c < size; ++c)
                     columns.col(c) = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>>(
                                          x.data + (begin + c) * x.col_stride, x.rows)
                                          .template cast<double>();
                 } else {
                   for (Index i = 0; i < x.rows; ++i)
                     for (Index c = 0; c < size; ++c)
                       columns(i, c) = static_cast<double>(x.data[i * x.row_stride + (begin + c) * x.col_stride]);
                 }
                 Vector column(x.rows);
                 for (Index c = 0; c < size && scratch.keep_going(); ++c) {
                   column = columns.col(c);
                   const Index k = begin + c;
                   score_column(column, kinds ? kinds[k] : Kind::unknown, x.first + k, k, scratch, out);
                   column.resize(x.rows);
                 }
               },
               [&] { return monitor.keep_going(); });
  return out;
}

template BlockScores Screener::score(const Block<float>&, const Kind*, Index, int, Monitor&) const;
template BlockScores Screener::score(const Block<double>&, const Kind*, Index, int, Monitor&) const;

}  // namespace pauca::screening
