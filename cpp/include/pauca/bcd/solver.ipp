#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pauca/bcd/gram_subproblem.hpp"
#include "pauca/bcd/residual_subproblem.hpp"

namespace pauca::bcd {

namespace detail {

constexpr double keep_fraction = 0.7;   // columns with |gradient| below this share of their limit leave the scope
constexpr double recheck = 0.02;        // share of the figure at the last look at all columns that asks for another
constexpr double rounding = 1e-14;      // relative error of an objective: steps that promise less are not judged by it
constexpr double stage_gap = 1e-2;      // relative gap at which an intermediate strength is left
constexpr double inner_accuracy = 0.2;  // violation left on a working set, relative to the outer violation
constexpr double curvature_floor = 1e-8;  // smallest model curvature of a row, relative to its weight

}  // namespace detail

template <class P>
std::vector<Index> Solver<P>::all_columns() const {
  std::vector<Index> columns(problem_.design.cols());
  std::iota(columns.begin(), columns.end(), Index{0});
  return columns;
}

template <class P>
void Solver<P>::set_lambda(double lambda) {
  PenaltySettings settings = problem_.penalty;
  settings.lambda = lambda;
  separable_ = Separable<P>(scalar_, settings);
}

/// Exact intercept, gradient in the predictor, objective.
template <class P>
void Solver<P>::refresh(State& s) const {
  if (problem_.fit_intercept)
    s.intercept += problem_.loss.center(s.eta, s.u);
  else
    problem_.loss.gradient(s.eta, s.u);
  s.objective = objective(s);
}

template <class P>
double Solver<P>::objective(const State& s) const {
  double total = problem_.loss.value(s.eta);
  for (Index j = 0; j < s.w.size(); ++j)
    if (s.w[j] != 0.0) total += separable_.value(j, s.w[j]);
  return total;
}

template <class P>
void Solver<P>::gradient(State& s, const std::vector<Index>& scope, Monitor& monitor) const {
  const Design& x = problem_.design;
  if (static_cast<Index>(scope.size()) == x.cols()) {
    x.transpose_multiply(s.u.data(), s.gradient.data(), monitor);
  } else {
    for (Index j : scope) {
      s.gradient[j] = x.dot(j, s.u.data());
      if (!monitor.keep_going()) return;
    }
  }
}

template <class P>
double Solver<P>::violation(const State& s, const std::vector<Index>& scope) const {
  double worst = 0.0;
  for (Index j : scope) worst = std::max(worst, separable_.violation(j, s.w[j], s.gradient[j]));
  return worst;
}

template <class P>
bool Solver<P>::certifiable(const NullModel& null) const {
  if (!P::convex || !problem_.loss.has_conjugate()) return false;
  const double* weights = problem_.penalty.weights;
  if (problem_.penalty.lambda <= 0.0 && problem_.penalty.ridge <= 0.0 && null.lambda_max > 0.0) return false;
  return !weights || *std::min_element(weights, weights + problem_.design.cols()) > 0.0;
}

/// F minus the dual objective -f*(a u) + a u'offset - sum_j g_j*(-a G_j), with
/// g_j*(z) = (|z| - lambda_j)_+^2 / (2 ridge_j), or the constraint |z| <= lambda_j without ridge. Two scales a are
/// tried: the best that meets every constraint, and, where a ridge makes constraints soft, 1, which is right at the
/// solution.
template <class P>
double Solver<P>::dual_gap(const State& s, const std::vector<Index>& scope) const {
  const bool one_sided = separable_.nonnegative();
  double hard = std::numeric_limits<double>::infinity(), all = hard;
  for (Index j : scope) {
    const double z = one_sided ? std::max(-s.gradient[j], 0.0) : std::abs(s.gradient[j]);
    if (z == 0.0) continue;
    const double limit = separable_.lambda(j) / z;
    all = std::min(all, limit);
    if (separable_.ridge(j) == 0.0) hard = std::min(hard, limit);
  }
  auto dual = [&](double a) {
    if (one_sided && a < 0.0) return -std::numeric_limits<double>::infinity();
    double total = -problem_.loss.conjugate(a * s.u);
    if (problem_.offset) total += a * s.u.dot(*problem_.offset);
    for (Index j : scope) {
      const double z = a * (one_sided ? std::max(-s.gradient[j], 0.0) : std::abs(s.gradient[j]));
      const double excess = z - separable_.lambda(j);
      if (excess > 0.0 && separable_.ridge(j) > 0.0) total -= 0.5 * excess * excess / separable_.ridge(j);
    }
    return total;
  };
  double best = dual(problem_.loss.dual_scale(s.u, problem_.offset, all));
  if (hard > all) best = std::max(best, dual(std::min(hard, 1.0)));
  return std::max(s.objective - best, 0.0);
}

/// The support and the worst violators. A dense column costs a row of the Gram and joins late; a sparse one is cheap.
template <class P>
std::vector<Index> Solver<P>::working_set(const State& s, const std::vector<Index>& scope) const {
  std::vector<Index> working;
  std::vector<std::pair<double, Index>> violators;
  for (Index j : scope) {
    if (s.w[j] != 0.0) {
      working.push_back(j);
    } else {
      const double v = separable_.violation(j, 0.0, s.gradient[j]);
      if (v > 0.0) violators.emplace_back(-v, j);
    }
  }
  const std::size_t count = problem_.design.is_sparse() ? std::max<std::size_t>(200, 2 * working.size())
                                                        : std::max<std::size_t>(50, working.size() / 3);
  if (violators.size() > count) {
    std::nth_element(violators.begin(), violators.begin() + count, violators.end());
    violators.resize(count);
  }
  for (const auto& v : violators) working.push_back(v.second);
  std::sort(working.begin(), working.end());
  return working;
}

/// Dense working sets go through a Gram while it fits in memory; sparse ones are cheaper by residual passes.
template <class P>
void Solver<P>::choose_engine(std::size_t working) {
  Engine engine = options_.engine;
  if (engine == Engine::automatic) {
    const double bytes = 8.0 * static_cast<double>(working) * static_cast<double>(working);
    engine = problem_.design.is_sparse() || bytes > options_.gram_bytes ? Engine::residual : Engine::gram;
  }
  const char* wanted = engine == Engine::gram ? "gram" : "residual";
  if (subproblem_ && std::string(subproblem_->name()) == wanted) return;
  if (engine == Engine::gram)
    subproblem_ = std::make_unique<GramSubproblem<P>>(problem_.design, separable_, problem_.fit_intercept);
  else
    subproblem_ = std::make_unique<ResidualSubproblem<P>>(problem_.design, separable_, problem_.fit_intercept);
  if (problem_.loss.is_quadratic()) {
    const Vector& weights = problem_.loss.weights();
    const bool uniform = weights.maxCoeff() == weights.minCoeff();
    subproblem_->set_curvature(uniform ? Curvature{nullptr, weights[0]} : Curvature{&weights, 0.0});
  }
}

template <class P>
bool Solver<P>::step(State& s, const std::vector<Index>& working, double target, Monitor& monitor) {
  choose_engine(working.size());
  const Vector before = s.w;
  const bool quadratic = problem_.loss.is_quadratic();
  if (!quadratic) {
    problem_.loss.curvature(s.eta, curvature_);
    curvature_ = curvature_.cwiseMax(detail::curvature_floor * problem_.loss.weights());
    subproblem_->set_curvature({&curvature_, 0.0});
  }
  subproblem_->solve(working, s.w, s.u, s.gradient, target, monitor);
  if (!quadratic) return damped_update(s, before, working);
  bool moved = false;
  for (Index j = 0; j < s.w.size(); ++j) {
    const double d = s.w[j] - before[j];
    if (d == 0.0) continue;
    moved = true;
    problem_.design.axpy(j, d, s.eta.data());
  }
  return moved;
}

/// Halves the model's step until F decreases by a share of what the linearised F promises.
template <class P>
bool Solver<P>::damped_update(State& s, const Vector& before, const std::vector<Index>& working) {
  Vector predictor = Vector::Zero(s.eta.size());
  double mean = 0.0, promised = 0.0;
  bool moved = false;
  for (Index j : working) {
    const double d = s.w[j] - before[j];
    if (d == 0.0) continue;
    moved = true;
    problem_.design.axpy(j, d, predictor.data());
    if (problem_.fit_intercept) mean += d * subproblem_->mean(j);
    promised += separable_.value(j, s.w[j]) - separable_.value(j, before[j]);
  }
  if (!moved) return false;
  predictor.array() -= mean;
  promised += s.u.dot(predictor);
  const double old_objective = s.objective;
  // A full step that promises less than the rounding error of the objective cannot be judged by it.
  const double error = detail::rounding * std::abs(old_objective);
  const double slack = -promised < error ? error : 0.0;
  const Vector old_eta = s.eta, model = s.w;
  double t = 1.0;
  for (int trial = 0; trial < 30; ++trial, t *= 0.5) {
    s.eta = old_eta + t * predictor;
    if (t < 1.0)
      for (Index j : working) s.w[j] = before[j] + t * (model[j] - before[j]);
    s.objective = objective(s);
    if (s.objective <= old_objective + 1e-4 * t * std::min(promised, 0.0) + (t == 1.0 ? slack : 0.0)) {
      s.intercept -= t * mean;
      return true;
    }
  }
  s.w = before;
  s.eta = old_eta;
  s.objective = old_objective;
  return false;
}

template <class P>
NullModel Solver<P>::null_model(Monitor& monitor) {
  const Index n = problem_.design.rows(), p = problem_.design.cols();
  State s;
  s.w.setZero(p);
  s.gradient.setZero(p);
  s.u.setZero(n);
  s.eta = problem_.offset ? *problem_.offset : Vector::Zero(n);
  refresh(s);
  const double* weights = problem_.penalty.weights;
  std::vector<Index> free_columns;
  if (weights)
    for (Index j = 0; j < p; ++j)
      if (weights[j] == 0.0) free_columns.push_back(j);
  if (!free_columns.empty()) {
    gradient(s, free_columns, monitor);
    const double start = violation(s, free_columns);
    for (int k = 0; k < 100; ++k) {
      const double v = violation(s, free_columns);
      if (v <= 1e-10 * start || !step(s, free_columns, 1e-2 * v, monitor)) break;
      refresh(s);
      gradient(s, free_columns, monitor);
    }
  }
  gradient(s, all_columns(), monitor);
  NullModel null;
  null.objective = problem_.loss.value(s.eta);
  for (Index j = 0; j < p; ++j) {
    const double weight = weights ? weights[j] : 1.0;
    if (weight <= 0.0) continue;
    const double z = separable_.nonnegative() ? std::max(-s.gradient[j], 0.0) : std::abs(s.gradient[j]);
    null.lambda_max = std::max(null.lambda_max, z / weight);
  }
  null.coef = s.w;
  null_gradient_ = s.gradient;
  null.intercept = s.intercept;
  return null;
}

template <class P>
Solution Solver<P>::solve(const Settings& settings, const Start& start, Monitor& monitor) {
  monitor.start(settings.max_time);
  const Design& x = problem_.design;
  const NullModel null = null_model(monitor);
  if (problem_.strength.relative) problem_.strength.alpha *= null.lambda_max / problem_.strength.lambda_share;
  problem_.penalty.lambda = problem_.strength.alpha * problem_.strength.lambda_share;
  problem_.penalty.ridge = problem_.strength.alpha * problem_.strength.ridge_share;
  const double lambda = problem_.penalty.lambda;
  const bool cold = start.coef.size() == 0;
  const bool certified = certifiable(null);

  State s;
  s.w = cold ? null.coef : start.coef;
  s.intercept = cold ? null.intercept : (problem_.fit_intercept ? start.intercept : 0.0);
  s.eta = problem_.offset ? *problem_.offset : Vector::Zero(x.rows());
  s.eta.array() += s.intercept;
  for (Index j = 0; j < x.cols(); ++j)
    if (s.w[j] != 0.0) x.axpy(j, s.w[j], s.eta.data());
  s.gradient.setZero(x.cols());
  s.u.setZero(x.rows());

  Solution result;
  result.alpha = problem_.strength.alpha;
  result.lambda_max = null.lambda_max;
  result.null_objective = null.objective;
  Report& report = result.report;
  report.threshold = settings.tol * (certified ? null.objective : (lambda > 0.0 ? lambda : null.lambda_max));

  // Stages: a cold start walks down a coarse path, which keeps working sets small.
  double stage = lambda;
  if (cold && lambda > 0.0 && options_.continuation < 1.0 && problem_.loss.is_quadratic())
    stage = std::max(lambda, options_.continuation * null.lambda_max);
  set_lambda(stage);

  const std::vector<Index> everything = all_columns();
  std::vector<Index> scope = everything;
  auto narrow = [&] {
    scope.clear();
    for (Index j : everything) {
      const double z = separable_.nonnegative() ? -s.gradient[j] : std::abs(s.gradient[j]);
      if (s.w[j] != 0.0 || z >= detail::keep_fraction * scalar_.derivative(0.0, separable_.lambda(j)))
        scope.push_back(j);
    }
    if (2 * scope.size() > everything.size()) scope = everything;
  };

  bool full = false;
  double worst = 0.0, checked = 0.0;
  for (;; ++report.n_iter) {
    refresh(s);
    full = scope.size() == everything.size();
    if (cold && report.n_iter == 0)
      s.gradient = null_gradient_;
    else
      gradient(s, scope, monitor);
    if (monitor.stop_requested()) {
      report.status = monitor.reason();
      break;
    }
    worst = violation(s, scope);
    report.objective_path.push_back(s.objective);
    const bool last = stage == lambda;
    auto criterion = [&] { return certified ? dual_gap(s, scope) : worst; };
    const double level = last ? report.threshold : (certified ? detail::stage_gap * s.objective : 0.1 * stage);
    double figure = criterion();
    if (!full && figure <= std::max(level, detail::recheck * checked)) {
      scope = everything;
      gradient(s, scope, monitor);
      worst = violation(s, scope);
      full = true;
      if (last || figure > level) figure = criterion();
    }
    if (full) checked = figure;
    if (last) report.criterion = figure;
    if (figure <= level) {
      if (last) {
        report.status = Status::converged;
        break;
      }
      stage = std::max(lambda, options_.continuation * stage);
      set_lambda(stage);
      worst = violation(s, scope);
      checked = criterion();
    }
    if (report.n_iter >= settings.max_iter) {
      report.status = Status::max_iter;
      break;
    }
    if (!monitor.next_iteration({report.n_iter, s.objective, figure, report.threshold})) {
      report.status = monitor.reason();
      break;
    }
    if (full) narrow();
    const double floor = certified ? 0.0 : 0.5 * report.threshold;
    const double target = std::max(detail::inner_accuracy * worst, floor);
    if (!step(s, working_set(s, scope), target, monitor)) {
      if (full && last) {
        report.status = Status::stalled;
        break;
      }
      scope = everything;
      if (!last && full) {
        stage = std::max(lambda, options_.continuation * stage);
        set_lambda(stage);
      }
    }
  }
  report.objective = s.objective;
  if (report.status != Status::stopped) {  // the certificate of what is returned; a user who stops does not wait for it
    if (!full || monitor.stop_requested()) {
      Monitor unhurried;
      gradient(s, everything, unhurried);
      worst = violation(s, everything);
    }
    report.kkt_violation = worst;
    if (certified) report.dual_gap = dual_gap(s, everything);
    report.criterion = certified ? report.dual_gap : worst;
  }
  report.seconds = monitor.seconds();
  report.engine = subproblem_ ? subproblem_->name() : "none";
  result.coef = s.w;
  result.intercept = s.intercept;
  return result;
}

}  // namespace pauca::bcd
