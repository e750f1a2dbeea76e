#include "pauca/bcd/quasi_newton.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pauca::bcd {
namespace {

constexpr std::size_t memory = 10;   // pairs kept
constexpr double decrease = 1e-4;    // share of the promised decrease that a step has to bring
constexpr double rounding = 1e-14;   // relative error of an objective
constexpr double shortest = 10.0;    // iterations by which the pace is judged, at least
constexpr double share = 0.125;      // and as a share of those that are worth a solution by Newton steps
constexpr double unknown = -1.0;     // variance of a column that was not measured yet
constexpr double flattest = 1e-5;    // smallest mean curvature of a class
constexpr double curvature = 1e-10;  // of a pair in the free entries, relative to |Y|^2, below which it is left out

double inner(const Matrix& a, const Matrix& b) { return a.cwiseProduct(b).sum(); }

Vector pick(const Vector& from, const std::vector<Index>& rows) {
  Vector to(static_cast<Index>(rows.size()));
  for (Index i = 0; i < to.size(); ++i) to[i] = from[rows[static_cast<std::size_t>(i)]];
  return to;
}

}  // namespace

bool QuasiNewton::applies(const BlockProblem& problem) {
  const BlockPenalty& penalty = problem.penalty;
  if (!problem.loss.is_softmax() || !penalty.convex()) return false;
  if (penalty.lambda() > 0.0 && penalty.absolute_strength(0) < 0.0) return false;
  for (Index b = 0; b < static_cast<Index>(problem.blocks.size()); ++b)
    if (!(penalty.ridge(b) > 0.0 || (penalty.lambda() > 0.0 && penalty.weight(b) > 0.0))) return false;
  return true;
}

QuasiNewton::QuasiNewton(const BlockObjective& objective) : objective_(objective), panel_(objective.problem().design) {
  const BlockProblem& p = objective.problem();
  const Index columns = p.design.cols();
  all_means_.setZero(columns);
  all_variances_.setConstant(columns, unknown);
  all_lambda_.setZero(columns);
  all_ridge_.resize(columns);
  smooth_ = p.penalty.lambda() == 0.0;
  for (std::size_t b = 0; b < p.blocks.size(); ++b)
    for (Index j : p.blocks[b]) {
      all_ridge_[j] = p.penalty.ridge(static_cast<Index>(b));
      if (!smooth_) all_lambda_[j] = p.penalty.absolute_strength(static_cast<Index>(b));
    }
}

/// Means and variances of columns that are at work for the first time, in two passes: a difference of squares would
/// leave nothing of the variance of a column far from zero.
void QuasiNewton::measure(const std::vector<Index>& columns, Monitor& monitor) {
  const BlockProblem& p = objective_.problem();
  const double total = p.loss.weights().sum();
  Vector shares;
  for (Index j : columns) {
    if (all_variances_[j] != unknown) continue;
    if (!monitor.keep_going()) return;
    if (shares.size() == 0) shares = p.loss.weights() / total;
    double mean = 0.0, variance = 0.0;
    p.design.column_moments(j, shares.data(), mean, variance);
    mean *= p.design.scale(j);
    variance *= p.design.scale(j) * p.design.scale(j);
    if (p.fit_intercept)
      all_means_[j] = mean;
    else
      variance += mean * mean;
    all_variances_[j] = variance;
  }
}

double QuasiNewton::worth_of_newton() const {
  const Design& x = objective_.problem().design;
  if (!smooth_ || x.is_sparse()) return std::numeric_limits<double>::infinity();  // there the other ways are slow
  constexpr double steps = 6.0;  // with a Gram and a factorisation each
  const double n = static_cast<double>(x.rows()), p = static_cast<double>(x.cols()),
               tasks = static_cast<double>(objective_.problem().loss.tasks());
  const double newton = n * p * p / 2.0 + p * p * p / 6.0, own = 2.0 * n * p * tasks;
  return steps * newton / own;
}

/// Gathers what belongs to the columns; pairs of an earlier set keep the rows both have.
void QuasiNewton::take(const BlockState& s, std::vector<Index> columns, Monitor& monitor) {
  const BlockProblem& p = objective_.problem();
  const Index count = static_cast<Index>(columns.size()), tasks = s.b.cols(), last = p.fit_intercept ? 1 : 0;
  if (columns != columns_) {
    std::vector<Index> place(static_cast<std::size_t>(p.design.cols()), -1);
    for (Index i = 0; i < count; ++i) place[static_cast<std::size_t>(columns[static_cast<std::size_t>(i)])] = i;
    auto rearrange = [&](Matrix& old) {
      Matrix now = Matrix::Zero(count + last, tasks);
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Index row = place[static_cast<std::size_t>(columns_[i])];
        if (row >= 0) now.row(row) = old.row(static_cast<Index>(i));
      }
      if (last) now.row(count) = old.row(old.rows() - 1);
      old.swap(now);
    };
    for (Pair& pair : pairs_) {
      rearrange(pair.s);
      rearrange(pair.y);
    }
    columns_ = std::move(columns);
    measure(columns_, monitor);
    whole_ = count == p.design.cols();
    means_ = pick(all_means_, columns_);
    lambda_ = pick(all_lambda_, columns_);
    ridge_ = pick(all_ridge_, columns_);
    if (!whole_) panel_.gather(columns_, means_, monitor);
  }
  Matrix rows;
  gather_rows(s.b, columns_, rows);
  b_.resize(count + last, tasks);
  b_.topRows(count) = rows;
  const Vector& weights = p.loss.weights();
  p.loss.prepare_hessian(s.eta, state_);
  const Eigen::RowVectorXd bend =
      (weights.transpose() * (state_.array() * (1.0 - state_.array())).matrix()).cwiseMax(flattest * weights.sum());
  scale_.resize(count + last, tasks);
  scale_.topRows(count) = (pick(all_variances_, columns_) * bend).colwise() + ridge_;
  scale_.topRows(count) = scale_.topRows(count).cwiseMax(1e-300);
  if (last) {
    b_.row(count).setZero();  // changes count, not the value
    scale_.row(count) = bend;
  }
  scale_ = scale_.cwiseInverse();
  const double sharp = all_lambda_.dot(s.b.cwiseAbs().rowwise().sum()),
               smooth = 0.5 * all_ridge_.dot(s.b.rowwise().squaredNorm());
  value_ = s.objective - sharp - smooth;
}

void QuasiNewton::multiply(const Matrix& d, Matrix& z, Monitor& monitor) const {
  const Index count = means_.size();
  const bool constants = d.rows() > count;
  const Matrix change = d.topRows(count);
  if (whole_) {
    objective_.problem().design.multiply(change, z, monitor);
    if (constants) z.rowwise() += (d.row(count) - means_.transpose() * change).eval();
  } else {
    panel_.multiply(change, z);
    if (constants) z.rowwise() += d.row(count).eval();
  }
}

void QuasiNewton::slope(const BlockState& s, Matrix& g, Monitor& monitor) const {
  const Index count = means_.size();
  Matrix product;
  if (whole_)
    objective_.problem().design.transpose_multiply(s.u, product, monitor);
  else
    panel_.transpose_multiply(s.u, product);
  product += ridge_.asDiagonal() * b_.topRows(count);
  g.resize(b_.rows(), b_.cols());
  if (b_.rows() > count) {
    const Eigen::RowVectorXd sums = s.u.colwise().sum();
    if (whole_) product.noalias() -= means_ * sums;
    g.row(count) = sums;
  }
  g.topRows(count) = product;
}

double QuasiNewton::steepest(const Matrix& g) {
  const Index count = means_.size();
  least_ = g;
  free_.setOnes(g.rows(), g.cols());
  Index fixed = 0;
  if (!smooth_)
    for (Index k = 0; k < g.cols(); ++k)
      for (Index i = 0; i < count; ++i) {
        double& value = least_(i, k);
        if (b_(i, k) != 0.0) {
          value += std::copysign(lambda_[i], b_(i, k));
          continue;
        }
        value = std::abs(value) > lambda_[i] ? value - std::copysign(lambda_[i], value) : 0.0;
        if (value == 0.0) {
          free_(i, k) = 0.0;
          ++fixed;
        }
      }
  all_free_ = fixed == 0;
  return least_.cwiseAbs().maxCoeff();
}

/// Of a pure ridge: ||P||^2 / 2 in the metric of the ridge.
double QuasiNewton::gap() const {
  const Index count = means_.size();
  double total = inner(ridge_.cwiseInverse().asDiagonal() * least_.topRows(count), least_.topRows(count));
  if (least_.rows() > count) total += least_.row(count).cwiseAbs2().cwiseProduct(scale_.row(count)).sum();
  return 0.5 * total;
}

void QuasiNewton::direction(Matrix& d) const {
  d = -least_;
  const std::size_t count = pairs_.size();
  std::vector<double> shares(count), bends(count, 0.0);
  auto newest = [&](std::size_t k) -> const Pair& { return pairs_[(oldest_ + count - 1 - k) % count]; };
  double gamma = 0.0;
  Matrix y(d.rows(), d.cols());
  for (std::size_t k = 0; k < count; ++k) {
    const Pair& pair = newest(k);
    if (all_free_)
      y = pair.y;
    else
      y = pair.y.cwiseProduct(free_);
    const double bend = inner(pair.s, y);
    if (!(bend > curvature * y.squaredNorm())) continue;
    bends[k] = bend;
    shares[k] = inner(pair.s, d) / bend;
    d -= shares[k] * y;
    if (gamma == 0.0) gamma = bend / inner(y.cwiseAbs2(), scale_);
  }
  d = d.cwiseProduct(scale_);
  if (gamma > 0.0) d *= gamma;
  for (std::size_t k = count; k-- > 0;) {
    if (bends[k] == 0.0) continue;
    const Pair& pair = newest(k);
    const double by = shares[k] - inner(pair.y, d) / bends[k];
    if (all_free_)
      d += by * pair.s;
    else
      d += by * pair.s.cwiseProduct(free_);
  }
  if (smooth_) return;
  for (Index k = 0; k < d.cols(); ++k)
    for (Index i = 0; i < means_.size(); ++i)
      if (b_(i, k) == 0.0 && d(i, k) * least_(i, k) >= 0.0) d(i, k) = 0.0;
}

Matrix QuasiNewton::move(BlockState& s, const Matrix& d, Monitor& monitor) {
  const BlockProblem& p = objective_.problem();
  const Index count = means_.size();
  const double promised = inner(least_, d);
  if (!(promised < 0.0)) return Matrix();
  Matrix change;
  double t = 1.0;
  bool known = false;    // whether along_ is X D
  if (pairs_.empty()) {  // to the minimiser of the second-order model
    multiply(d, along_, monitor);
    known = true;
    if (monitor.stop_requested()) return Matrix();
    predictor_ = along_;
    if (state_.size() == 0) p.loss.prepare_hessian(s.eta, state_);
    p.loss.apply_hessian(state_, predictor_);
    t = -promised / (inner(along_, predictor_) + inner(ridge_.asDiagonal() * d.topRows(count), d.topRows(count)));
  }
  for (int trial = 0; trial < 30; ++trial, t *= 0.5) {
    change = t * d;
    double sharp = 0.0;
    bool clipped = false;
    if (!smooth_)
      for (Index k = 0; k < d.cols(); ++k)
        for (Index i = 0; i < count; ++i) {
          if (change(i, k) == 0.0) continue;
          const double from = b_(i, k);
          if (from * (from + change(i, k)) < 0.0) {
            change(i, k) = -from;
            clipped = true;
          }
          sharp += lambda_[i] * (std::abs(from + change(i, k)) - std::abs(from));
        }
    if (clipped) {
      multiply(change, predictor_, monitor);
      eta_ = s.eta + predictor_;
    } else {
      if (!known) multiply(d, along_, monitor);
      known = true;
      eta_ = s.eta + t * along_;
    }
    if (!monitor.keep_going()) return Matrix();
    const double value = p.loss.value_and_gradient(eta_, u_);
    const auto rows = change.topRows(count);
    const double by = value - value_ + sharp + inner(ridge_.asDiagonal() * rows, b_.topRows(count) + 0.5 * rows);
    if (by <= decrease * std::min(inner(least_, change), 0.0) + rounding * std::abs(s.objective)) {
      s.eta.swap(eta_);
      s.u.swap(u_);
      state_.resize(0, 0);
      b_ += change;
      if (d.rows() > count) s.intercept += change.row(count).transpose() - rows.transpose() * means_;
      s.objective += by;
      value_ = value;
      return change;
    }
  }
  return Matrix();
}

void QuasiNewton::remember(Matrix s, Matrix y) {
  if (pairs_.size() < memory) {
    pairs_.push_back({std::move(s), std::move(y)});
    return;
  }
  pairs_[oldest_] = {std::move(s), std::move(y)};
  oldest_ = (oldest_ + 1) % memory;
}

bool QuasiNewton::run(BlockState& s, const std::vector<Index>& working, double violation, double gap, Index limit,
                      Report& report, Monitor& monitor) {
  std::vector<Index> columns;
  for (Index block : working) {
    const std::vector<Index>& own = objective_.problem().blocks[static_cast<std::size_t>(block)];
    columns.insert(columns.end(), own.begin(), own.end());
  }
  std::sort(columns.begin(), columns.end());
  take(s, std::move(columns), monitor);
  if (monitor.stop_requested()) return false;
  Matrix g, d, next;
  slope(s, g, monitor);
  steepest(g);
  bool moved = false;
  std::vector<double> lowest;  // figure up to each iteration
  for (Index iteration = 0; iteration < limit && !monitor.stop_requested(); ++iteration) {
    direction(d);
    Matrix change = move(s, d, monitor);
    if (change.size() == 0) {
      if (pairs_.empty() || monitor.stop_requested()) break;
      pairs_.clear();
      oldest_ = 0;
      continue;
    }
    moved = true;
    for (Index i = 0; i < means_.size(); ++i) s.b.row(columns_[static_cast<std::size_t>(i)]) = b_.row(i);
    slope(s, next, monitor);
    if (monitor.stop_requested()) break;
    remember(std::move(change), next - g);
    g.swap(next);
    const double worst = steepest(g), figure = smooth_ ? this->gap() : worst;
    if (figure <= (smooth_ ? gap : violation) || iteration + 1 == limit) break;
    lowest.push_back(lowest.empty() ? figure : std::min(figure, lowest.back()));
    const double window = std::max(shortest, share * worth_of_newton());
    if (static_cast<double>(lowest.size()) > window) {
      const double before = lowest[lowest.size() - 1 - static_cast<std::size_t>(window)];
      slow_ = !(std::log(lowest.back() / gap) * window <= std::log(before / lowest.back()) * worth_of_newton());
      if (slow_) break;
    }
    report.objective_path.push_back(s.objective);
    if (!monitor.next_iteration({++report.n_iter, s.objective, figure, report.threshold})) break;
  }
  return moved;
}

}  // namespace pauca::bcd
