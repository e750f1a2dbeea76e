#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pauca/bcd/gram_subproblem.hpp"
#include "pauca/bcd/residual_subproblem.hpp"

namespace pauca::bcd {

namespace detail {

constexpr double keep_fraction = 0.7;  // columns with |gradient| below this share of their limit leave the scope
constexpr double recheck = 0.02;       // share of the figure at the last look at all columns that asks for another
constexpr double rounding = 1e-14;     // relative error of an objective: steps that promise less are not judged by it
constexpr double fine = 1e-8;          // tolerances this small ask for the exact finish on the support
constexpr double stage_gap = 1e-2;     // relative gap at which an intermediate strength is left
constexpr double ulps = 8.0 * std::numeric_limits<double>::epsilon();  // relative error of an inner product
constexpr double flat = 1e-13;  // of a column's mean square: variance that is a rounding error

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

/// The strength in units of the gradient: tolerances are relative to it.
template <class P>
double Solver<P>::unit(double lambda, const NullModel& null) const {
  return P::infinite_slope || lambda <= null.floor ? std::max(null.gradient_max, null.free_max)
                                                   : scalar_.derivative(0.0, lambda);
}

/// Curvature of the loss along every column, which penalties of infinite slope at zero judge zeros by.
template <class P>
void Solver<P>::measure_curvature(const State& s, Monitor& monitor) {
  const Design& x = problem_.design;
  Vector h;
  const double bound = problem_.loss.curvature_bound();
  if (std::isfinite(bound))
    h = bound * problem_.loss.weights();
  else
    problem_.loss.curvature(s.eta, h);
  const double total = h.sum();
  column_curvature_.setZero(x.cols());
  for (Index j = 0; j < x.cols() && monitor.keep_going(); ++j) {
    const double square = x.weighted_square(j, h.data());
    const double mean = problem_.fit_intercept ? x.dot(j, h.data()) : 0.0;
    const double c = square - mean * mean / total;
    if (c > 1e-13 * square) column_curvature_[j] = c;
  }
  problem_.penalty.curvature = column_curvature_.data();
  set_lambda(problem_.penalty.lambda);
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
    const std::size_t between_looks = x.rows() < 100'000 ? 16 : 1;  // at the monitor: a clock costs a short column
    for (std::size_t k = 0; k < scope.size(); ++k) {
      if (k % between_looks == 0 && !monitor.keep_going()) return;
      s.gradient[scope[k]] = x.dot(scope[k], s.u.data());
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
  // A strength that gradients cannot resolve is none.
  if (std::max(problem_.penalty.lambda, problem_.penalty.ridge) <= null.floor && null.lambda_max > 0.0) return false;
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
    const double rows = static_cast<double>(working) + (coupling_ ? static_cast<double>(coupling_->rank()) : 0.0);
    const bool large = 8.0 * static_cast<double>(working) * rows > options_.gram_bytes;
    engine = large || (problem_.design.is_sparse() && !coupling_) ? Engine::residual : Engine::gram;
  }
  const char* wanted = engine == Engine::gram ? "gram" : "residual";
  if (subproblem_ && std::string(subproblem_->name()) == wanted) return;
  if (engine == Engine::gram)
    subproblem_ = std::make_unique<GramSubproblem<P>>(problem_.design, separable_, problem_.fit_intercept);
  else
    subproblem_ = std::make_unique<ResidualSubproblem<P>>(problem_.design, separable_, problem_.fit_intercept);
  if (problem_.loss.is_quadratic()) subproblem_->set_curvature(curvature_of_rows());
}

/// Of the quadratic loss.
template <class P>
Curvature Solver<P>::curvature_of_rows() const {
  const Vector& weights = problem_.loss.weights();
  const bool uniform = weights.maxCoeff() == weights.minCoeff();
  return uniform ? Curvature{nullptr, weights[0]} : Curvature{&weights, 0.0};
}

template <class P>
bool Solver<P>::step(State& s, const std::vector<Index>& working, double target, Monitor& monitor) {
  if (!problem_.loss.is_quadratic()) coupling_ = problem_.loss.coupling(s.eta);
  choose_engine(working.size());
  const Vector before = s.w;
  if (!problem_.loss.is_quadratic()) {
    problem_.loss.curvature(s.eta, curvature_);
    const bool straight = problem_.loss.touching_curvature(s.eta, touching_);
    if (straight) {
      if (blend_ == 0.0) blend_ = 0.1;
      curvature_ = curvature_.cwiseMax(blend_ * touching_);
    } else {
      curvature_ = curvature_.cwiseMax(problem_.loss.curvature_floor() * problem_.loss.weights());
    }
    // Where no point between here and the model's minimiser is lower (a concave penalty, or a model far too flat), the
    // model is bent up until it majorises F: first without the coupling of rows.
    const int trials = coupling_ ? 7 : 6;
    for (int trial = 0; trial < trials && !monitor.stop_requested(); ++trial) {
      if (trial == 1 && straight)
        curvature_ = touching_;
      else if (trial > (coupling_ ? 1 : 0))
        curvature_ *= 8.0;
      subproblem_->set_curvature({&curvature_, 0.0, trial == 0 ? coupling_.get() : nullptr});
      subproblem_->solve(working, s.w, s.u, s.gradient, target, monitor);
      if (s.w == before) return false;
      if (!damped_update(s, before, working)) continue;
      if (straight) blend_ = std::clamp(step_length_ < 1.0 ? 4.0 * blend_ : 0.25 * blend_, 1e-8, 1.0);
      return true;
    }
    return false;
  }
  subproblem_->solve(working, s.w, s.u, s.gradient, target, monitor);
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
      step_length_ = t;
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
  NullModel null;
  null.rounding = detail::ulps * s.u.norm();
  auto error = [&](Index j) { return null.rounding * std::sqrt(problem_.design.weighted_square(j, nullptr)); };
  const double* weights = problem_.penalty.weights;
  std::vector<Index> free_columns;
  if (weights)
    for (Index j = 0; j < p; ++j)
      if (weights[j] == 0.0) free_columns.push_back(j);
  if (!free_columns.empty()) {
    gradient(s, free_columns, monitor);
    const double start = violation(s, free_columns);
    for (Index j : free_columns)
      if (const double z = std::abs(s.gradient[j]); z > null.free_max) {
        null.free_max = z;
        null.floor = error(j);
      }
    for (int k = 0; k < 100; ++k) {
      const double v = violation(s, free_columns);
      if (v <= 1e-10 * start || !step(s, free_columns, 1e-2 * v, monitor)) break;
      refresh(s);
      gradient(s, free_columns, monitor);
    }
  }
  gradient(s, all_columns(), monitor);
  null.objective = problem_.loss.value(s.eta);
  if (P::infinite_slope) measure_curvature(s, monitor);
  for (Index j = 0; j < p; ++j) {
    const double weight = weights ? weights[j] : 1.0;
    if (weight <= 0.0) continue;
    const double z = separable_.nonnegative() ? std::max(-s.gradient[j], 0.0) : std::abs(s.gradient[j]);
    // Correlation that is a rounding error is none.
    const double lambda = separable_.critical(j, s.gradient[j]);
    if ((z / weight <= null.gradient_max && lambda <= null.lambda_max) || z <= error(j)) continue;
    if (z / weight > null.gradient_max) {
      null.gradient_max = z / weight;
      null.floor = std::max(null.floor, error(j));
    }
    null.lambda_max = std::max(null.lambda_max, lambda);
  }
  null.optimal = null.gradient_max == 0.0 && null.lambda_max == 0.0 && free_columns.empty() &&
                 !monitor.stop_requested() && s.gradient.allFinite();
  for (Index j = 0; j < p && null.optimal; ++j) null.optimal = separable_.value(j, 0.0) == 0.0;
  null.coef = s.w;
  null_gradient_ = s.gradient;
  null.intercept = s.intercept;
  return null;
}

/// The state at given coefficients.
template <class P>
typename Solver<P>::State Solver<P>::state_at(const Vector& coef, double intercept) const {
  const Design& x = problem_.design;
  State s;
  s.w = coef;
  s.intercept = intercept;
  s.eta = problem_.offset ? *problem_.offset : Vector::Zero(x.rows());
  s.eta.array() += s.intercept;
  for (Index j = 0; j < x.cols(); ++j)
    if (s.w[j] != 0.0) x.axpy(j, s.w[j], s.eta.data());
  s.gradient.setZero(x.cols());
  s.u.setZero(x.rows());
  return s;
}

/// Where a warm start begins: columns without variation, which no step moves, are left out.
template <class P>
typename Solver<P>::State Solver<P>::resume(const Start& start) const {
  const Design& x = problem_.design;
  const double* weights = problem_.penalty.weights;
  Vector coef = start.coef;
  double intercept = problem_.fit_intercept ? start.intercept : 0.0;
  for (Index j = 0; j < x.cols(); ++j) {
    if (coef[j] == 0.0 || (weights && weights[j] == 0.0)) continue;
    double mean, variance;
    x.column_moments(j, problem_.loss.weights().data(), mean, variance);
    const double square = variance + mean * mean;
    if (problem_.fit_intercept ? variance > detail::flat * square : square > 0.0) continue;
    if (problem_.fit_intercept) intercept += coef[j] * x.scale(j) * mean;
    coef[j] = 0.0;
  }
  return state_at(coef, intercept);
}

/// Columns in the support, or with a gradient of at least this share of their limit; everything if that is most of it.
template <class P>
std::vector<Index> Solver<P>::narrow(const State& s, double share) const {
  std::vector<Index> scope;
  for (Index j = 0; j < problem_.design.cols(); ++j) {
    const double z = separable_.nonnegative() ? -s.gradient[j] : std::abs(s.gradient[j]);
    if (s.w[j] != 0.0 || z >= share * separable_.zero_limit(j)) scope.push_back(j);
  }
  return 2 * scope.size() > static_cast<std::size_t>(problem_.design.cols()) ? all_columns() : scope;
}

/// Outer iterations at the current strength until the figure (duality gap or KKT violation) is at most `goal.level`, or
/// `goal.share` of the objective. `whole`: the certificate must cover all columns, not the scope alone.
template <class P>
Status Solver<P>::converge(Walk& walk, const Goal& goal, Report& report, Index max_iter, Monitor& monitor) {
  State& s = walk.state;
  double checked = walk.figure;
  for (;; ++report.n_iter) {
    refresh(s);
    walk.full = static_cast<Index>(walk.scope.size()) == problem_.design.cols();
    if (walk.gradient_known)
      walk.gradient_known = false;
    else
      gradient(s, walk.scope, monitor);
    if (monitor.stop_requested()) return monitor.reason();
    walk.worst = violation(s, walk.scope);
    report.objective_path.push_back(s.objective);
    walk.support.look(s.w, report.n_iter);
    auto criterion = [&] { return goal.certified ? dual_gap(s, walk.scope) : walk.worst; };
    const double level = std::max(goal.level, goal.share * s.objective);
    walk.figure = criterion();
    if (goal.whole && !walk.full && walk.figure <= std::max(level, detail::recheck * checked)) {
      walk.scope = all_columns();
      gradient(s, walk.scope, monitor);
      walk.worst = violation(s, walk.scope);
      walk.full = true;
      walk.figure = criterion();
    }
    if (walk.full) checked = walk.figure;
    if (walk.figure <= level) return Status::converged;
    if (report.n_iter >= max_iter) return Status::max_iter;
    if (!monitor.next_iteration({report.n_iter, s.objective, walk.figure, level})) return monitor.reason();
    if (walk.full) walk.scope = narrow(s, detail::keep_fraction);
    const double floor = goal.certified ? 0.0 : 0.5 * goal.level;
    // An identified support is one exact step away from the goal.
    const bool identified = problem_.loss.is_quadratic() && report.n_iter > walk.support.changed_at();
    // Models of losses with straight pieces are ill-conditioned, and change before accuracy pays.
    const double loose = blend_ > 0.0 ? std::max(inner_accuracy_, 0.1) : inner_accuracy_;
    const double share = identified ? std::clamp(0.1 * level / walk.figure, 1e-12, inner_accuracy_) : loose;
    const double target = std::max(share * walk.worst, floor);
    if (step(s, working_set(s, walk.scope), target, monitor) || monitor.stop_requested()) continue;
    if (walk.full || !goal.whole) return Status::stalled;
    walk.scope = all_columns();
  }
}

template <class P>
void Solver<P>::set_strength(double alpha) {
  problem_.strength.alpha = alpha;
  problem_.penalty.lambda = alpha * problem_.strength.lambda_share;
  problem_.penalty.ridge = alpha * problem_.strength.ridge_share;
  set_lambda(problem_.penalty.lambda);
}

template <class P>
double Solver<P>::threshold(const Settings& settings, const NullModel& null, bool certified) const {
  if (certified) return std::max(settings.tol * null.objective, problem_.loss.rounding());
  return std::max({settings.tol * unit(problem_.penalty.lambda, null), problem_.loss.rounding(), null.floor});
}

template <class P>
Solution Solver<P>::solve(const Settings& settings, const Start& start, Monitor& monitor) {
  monitor.start(settings.max_time);
  const NullModel null = null_model(monitor);
  const Strength given = problem_.strength;
  set_strength(given.relative ? given.alpha * null.lambda_max / given.lambda_share : given.alpha);
  const double lambda = problem_.penalty.lambda;
  const bool cold = start.coef.size() == 0, certified = certifiable(null);

  Walk walk;
  walk.state = cold || null.optimal ? state_at(null.coef, null.intercept) : resume(start);
  walk.scope = all_columns();
  if (cold) {
    walk.state.gradient = null_gradient_;
    walk.gradient_known = true;
  }
  Solution result;
  result.alpha = problem_.strength.alpha;
  result.lambda_max = null.lambda_max;
  result.null_objective = null.objective;
  Report& report = result.report;
  report.threshold = threshold(settings, null, certified);

  if (null.optimal) {
    refresh(walk.state);
    report.objective = walk.state.objective;
    report.objective_path = {report.objective};
    certify(walk, certified, report, monitor);
    if (certified) report.dual_gap = report.criterion = 0.0;
    report.status = Status::converged;
    report.seconds = monitor.seconds();
    report.engine = "none";
    result.coef = walk.state.w;
    result.intercept = walk.state.intercept;
    return result;
  }

  const Goal goal{report.threshold, 0.0, certified, true};
  const bool exact = settings.tol <= detail::fine;
  const double slack = exact ? detail::fine * unit(lambda, null) : std::numeric_limits<double>::infinity();
  const Relaxed relaxed =
      cold && relaxes(certified) ? relax(walk, goal, slack, report, settings.max_iter, monitor) : Relaxed::no;

  // A cold start walks down a coarse path first, which keeps working sets small.
  report.status = Status::converged;
  if (cold && relaxed == Relaxed::no && lambda > 0.0 && std::isfinite(null.lambda_max) && options_.continuation < 1.0 &&
      (problem_.loss.is_quadratic() || !P::convex)) {
    for (double stage = options_.continuation * null.lambda_max; stage > lambda; stage *= options_.continuation) {
      set_lambda(stage);
      const Goal loose{certified ? 0.0 : 0.1 * unit(stage, null), certified ? detail::stage_gap : 0.0, certified,
                       false};
      report.status = converge(walk, loose, report, settings.max_iter, monitor);
      if (report.status != Status::converged && report.status != Status::stalled) break;
      // The next stage chooses its columns from all of them.
      if (!walk.full) gradient(walk.state, all_columns(), monitor);
      walk.gradient_known = true;
      walk.scope = all_columns();
      walk.figure = 0.0;
    }
    set_lambda(lambda);
  }
  if (report.status == Status::converged || report.status == Status::stalled)
    report.status = converge(walk, goal, report, settings.max_iter, monitor);

  if (report.status == Status::converged && exact && relaxed != Relaxed::done)
    polish(walk, unit(lambda, null), monitor);
  const State& s = walk.state;
  walk.support.look(s.w, report.n_iter);
  result.support_identified_at = walk.support.changed_at();
  report.objective = s.objective;
  if (report.status != Status::stopped) certify(walk, certified, report, monitor);
  report.seconds = monitor.seconds();
  report.engine = subproblem_ ? subproblem_->name() : relaxed == Relaxed::done ? "residual" : "none";
  result.coef = s.w;
  result.intercept = s.intercept;
  return result;
}

/// Exact steps on the support, kept while the violation falls: two fits of the same problem then agree in their
/// coefficients as closely as in their objectives.
template <class P>
void Solver<P>::polish(Walk& walk, double unit, Monitor& monitor) {
  const std::vector<Index> everything = all_columns();
  if (!walk.full) return;
  for (int k = 0; k < 2 && walk.worst > 1e-12 * unit; ++k) {
    const State before = walk.state;
    std::vector<Index> support;
    for (Index j : everything)
      if (before.w[j] != 0.0) support.push_back(j);
    if (support.empty() || !step(walk.state, support, 1e-13 * unit, monitor)) break;
    refresh(walk.state);
    gradient(walk.state, everything, monitor);
    const double now = violation(walk.state, everything);
    if (monitor.stop_requested() || !(now < walk.worst)) {
      walk.state = before;
      return;
    }
    walk.worst = now;
  }
}

/// The certificate of what is returned; a user who stops does not wait for it.
template <class P>
void Solver<P>::certify(Walk& walk, bool certified, Report& report, Monitor& monitor) {
  const std::vector<Index> everything = all_columns();
  if (!walk.full || monitor.stop_requested()) {
    Monitor unhurried;
    gradient(walk.state, everything, unhurried);
    walk.worst = violation(walk.state, everything);
  }
  report.kkt_violation = walk.worst;
  if (certified) report.dual_gap = dual_gap(walk.state, everything);
  report.criterion = certified ? report.dual_gap : walk.worst;
}

}  // namespace pauca::bcd
