#include "pauca/bcd/quasi_newton.hpp"

#include <algorithm>
#include <cmath>

namespace pauca::bcd {
namespace {

constexpr std::size_t memory = 10;  // pairs kept
constexpr double decrease = 1e-4;   // share of the promised decrease that a step has to bring
constexpr double flatness = 0.9;    // slope left along a step, relative to the first
constexpr double rounding = 1e-14;  // relative error of an objective
constexpr double flattest = 1e-5;   // smallest mean curvature of a class

double inner(const Matrix& a, const Matrix& b) { return a.cwiseProduct(b).sum(); }

}  // namespace

bool QuasiNewton::applies(const BlockProblem& problem) {
  if (!problem.loss.is_softmax() || !problem.penalty.convex() || problem.penalty.lambda() != 0.0) return false;
  for (std::size_t b = 0; b < problem.blocks.size(); ++b)
    if (!(problem.penalty.ridge(static_cast<Index>(b)) > 0.0)) return false;
  return true;
}

void QuasiNewton::prepare(const BlockState& s) {
  const BlockProblem& p = objective_.problem();
  const Vector& weights = p.loss.weights();
  const double total = weights.sum();
  const Index columns = p.design.cols();
  if (means_.size() == 0) {
    means_.setZero(columns);
    variances_.resize(columns);
    ridge_.resize(columns);
    for (Index j = 0; j < columns; ++j) {
      variances_[j] = p.design.weighted_square(j, weights.data());
      if (!p.fit_intercept) continue;
      means_[j] = p.design.dot(j, weights.data()) / total;
      variances_[j] = std::max(variances_[j] - total * means_[j] * means_[j], 0.0);
    }
    variances_ /= total;
    for (std::size_t b = 0; b < p.blocks.size(); ++b)
      for (Index j : p.blocks[b]) ridge_[j] = p.penalty.ridge(static_cast<Index>(b));
  }
  Matrix shares;
  p.loss.prepare_hessian(s.eta, shares);
  const Eigen::RowVectorXd curvature =
      (weights.transpose() * (shares.array() * (1.0 - shares.array())).matrix()).cwiseMax(flattest * total);
  scale_.resize(columns + (p.fit_intercept ? 1 : 0), s.b.cols());
  scale_.topRows(columns) = (variances_ * curvature).colwise() + ridge_;
  if (p.fit_intercept) scale_.row(columns) = curvature;
  scale_ = scale_.cwiseInverse();
}

void QuasiNewton::slope(const BlockState& s, Matrix& g) const {
  g.resize(scale_.rows(), scale_.cols());
  g.topRows(s.b.rows()) = s.gradient + ridge_.asDiagonal() * s.b;
  if (!objective_.problem().fit_intercept) return;
  const Eigen::RowVectorXd sums = s.u.colwise().sum();
  g.topRows(s.b.rows()).noalias() -= means_ * sums;
  g.row(s.b.rows()) = sums;
}

double QuasiNewton::gap(const Matrix& g) const {
  const Index columns = ridge_.size();
  double total = (ridge_.cwiseInverse().asDiagonal() * g.topRows(columns)).cwiseProduct(g.topRows(columns)).sum();
  if (g.rows() > columns) total += g.row(columns).cwiseAbs2().cwiseProduct(scale_.row(columns)).sum();
  return 0.5 * total;
}

void QuasiNewton::direction(const Matrix& g, Matrix& d) {
  d = -g;
  std::vector<double> shares(pairs_.size());
  auto newest = [&](std::size_t k) -> Pair& { return pairs_[(oldest_ + pairs_.size() - 1 - k) % pairs_.size()]; };
  for (std::size_t k = 0; k < pairs_.size(); ++k) {
    const Pair& pair = newest(k);
    shares[k] = inner(pair.s, d) / pair.sy;
    d -= shares[k] * pair.y;
  }
  d = d.cwiseProduct(scale_);
  if (!pairs_.empty()) d *= newest(0).sy / inner(newest(0).y.cwiseAbs2(), scale_);
  for (std::size_t k = pairs_.size(); k-- > 0;) {
    const Pair& pair = newest(k);
    d += (shares[k] - inner(pair.y, d) / pair.sy) * pair.s;
  }
}

/// F along s + t d is convex: a slope that is small enough ends the search, its sign says which way to go on.
double QuasiNewton::line_search(BlockState& s, const Matrix& g, const Matrix& d, double first, Monitor& monitor) {
  const BlockProblem& p = objective_.problem();
  const Index columns = s.b.rows();
  const auto change = d.topRows(columns);
  p.design.multiply(change, predictor_, monitor);
  if (monitor.stop_requested()) return 0.0;
  if (p.fit_intercept) predictor_.rowwise() += (d.row(columns) - means_.transpose() * change).eval();
  const double start = inner(g, d), bend = (ridge_.asDiagonal() * change).cwiseProduct(change).sum();
  const double drift = (ridge_.asDiagonal() * s.b).cwiseProduct(change).sum();
  if (!(start < 0.0)) return 0.0;
  double low = 0.0, high = 0.0, low_slope = start, t = first;
  if (t == 0.0) {  // the minimiser of the second-order model
    Matrix z = predictor_, state;
    p.loss.prepare_hessian(s.eta, state);
    p.loss.apply_hessian(state, z);
    t = -start / (inner(z, predictor_) + bend);
  }
  for (int trial = 0; trial < 30 && monitor.keep_going(); ++trial) {
    eta_ = s.eta + t * predictor_;
    const double value = p.loss.value_and_gradient(eta_, u_);
    const double penalty = t * (drift + 0.5 * t * bend), whole = s.objective + penalty + value - smooth_;
    const double slope = inner(u_, predictor_) + drift + t * bend;
    const bool lower = whole <= s.objective + decrease * t * start + rounding * std::abs(s.objective);
    if (lower && std::abs(slope) <= -flatness * start) {
      s.eta.swap(eta_);
      s.u.swap(u_);
      s.b += t * change;
      if (p.fit_intercept) s.intercept += t * (d.row(columns).transpose() - change.transpose() * means_);
      s.objective = whole;
      smooth_ = value;
      return t;
    }
    if (lower && slope < 0.0) {
      // Too short: the secant of the slopes, at most four times as far.
      const double guess = slope > low_slope ? t + (t - low) * slope / (low_slope - slope) : 4.0 * t;
      low_slope = slope;
      low = t;
      t = high > 0.0 ? 0.5 * (low + high) : std::clamp(guess, 1.5 * t, 4.0 * t);
    } else {
      high = t;
      const double guess = slope > low_slope ? low - (t - low) * low_slope / (slope - low_slope) : 0.5 * (low + t);
      t = std::isfinite(guess) ? std::clamp(guess, low + 0.1 * (high - low), low + 0.9 * (high - low))
                               : 0.5 * (low + high);
    }
  }
  return 0.0;
}

void QuasiNewton::remember(Matrix s, Matrix y) {
  const double sy = inner(s, y);
  if (!(sy > 0.0)) return;
  if (pairs_.size() < memory) {
    pairs_.push_back({std::move(s), std::move(y), sy});
  } else {
    pairs_[oldest_] = {std::move(s), std::move(y), sy};
    oldest_ = (oldest_ + 1) % memory;
  }
}

bool QuasiNewton::run(BlockState& s, double level, Index limit, Report& report, Monitor& monitor) {
  prepare(s);
  smooth_ = objective_.problem().loss.value(s.eta);
  Matrix g, d, next;
  slope(s, g);
  bool moved = false;
  for (Index iteration = 0; iteration < limit && !monitor.stop_requested(); ++iteration) {
    direction(g, d);
    const double t = line_search(s, g, d, pairs_.empty() ? 0.0 : 1.0, monitor);
    if (t == 0.0) {
      if (pairs_.empty() || monitor.stop_requested()) break;
      pairs_.clear();
      oldest_ = 0;
      continue;
    }
    moved = true;
    objective_.problem().design.transpose_multiply(s.u, s.gradient, monitor);
    if (monitor.stop_requested()) break;
    slope(s, next);
    remember(t * d, next - g);
    g.swap(next);
    const double figure = gap(g);
    if (figure <= level || iteration + 1 == limit) break;
    report.objective_path.push_back(s.objective);
    if (!monitor.next_iteration({++report.n_iter, s.objective, figure, report.threshold})) break;
  }
  return moved;
}

}  // namespace pauca::bcd
