#include "pauca/bcd/block_solver.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "pauca/bcd/support_watch.hpp"
#include "pauca/core/errors.hpp"

namespace pauca::bcd {
namespace {

constexpr double stage_gap = 1e-2;          // relative gap at which an intermediate strength is left
constexpr double fine = 1e-8;               // tolerances this small ask for the exact finish on the support
constexpr double inner_accuracy = 0.1;      // violation left on a working set, relative to the outer violation
constexpr double product_speed = 0.5;       // time of a multiplication in a matrix product, relative to one in a sweep
constexpr int cheap_newton = 10;            // sweeps below whose cost a Newton step is taken without a second thought
constexpr double exact = 1e-4;              // residual of the Newton steps of the exact finish, relative to the first
constexpr double settled = 0.05;            // share of a support that may change before Newton steps are tried on it
constexpr double quasi_iterations = 300.0;  // of BFGS, after which sweeps and Newton steps take over
constexpr double quasi_accuracy = 0.3;      // violation that BFGS leaves on a working set, relative to the outer one
constexpr std::size_t quasi_growth = 500;   // blocks that its working set grows by at least
constexpr double curvature_floor = 1e-8;    // smallest model curvature of a row, relative to its weight

}  // namespace

BlockSolver::BlockSolver(const BlockProblem& problem, const Options& options)
    : problem_(problem),
      objective_(problem_),
      newton_(objective_),
      options_(options),
      everything_(problem.blocks.size()) {
  std::iota(everything_.begin(), everything_.end(), Index{0});
  std::vector<char> seen(static_cast<std::size_t>(problem.design.cols()), 0);
  for (const auto& block : problem.blocks) {
    require(!block.empty(), "groups: a group is empty");
    for (Index j : block) {
      require(j >= 0 && j < problem.design.cols(), "groups: a column does not exist");
      require(!seen[static_cast<std::size_t>(j)], "groups: a column is in two groups");
      seen[static_cast<std::size_t>(j)] = 1;
    }
  }
  if (ClassSweeps::applies(problem_)) classes_ = std::make_unique<ClassSweeps>(objective_);
  require(std::all_of(seen.begin(), seen.end(), [](char c) { return c != 0; }), "groups: a column is in no group");
}

void BlockSolver::set_strength(double lambda) { problem_.penalty.set_strength(lambda, ridge_); }

bool BlockSolver::is_smooth() const { return problem_.penalty.lambda() == 0.0 && problem_.penalty.convex(); }

const WorkingGram* BlockSolver::usable_gram() const {
  return sweeps_ && !problem_.loss.is_softmax() ? sweeps_->gram() : nullptr;
}

/// How many sweeps over the columns of a working set cost as much as a Newton step there, from counts of products.
int BlockSolver::sweeps_worth_a_newton_step(double columns, double blocks, bool gram) const {
  const double n = static_cast<double>(problem_.design.rows()), tasks = static_cast<double>(problem_.loss.tasks());
  const double sweep = columns * (gram ? columns : 2.0 * n) * tasks, cube = columns * columns * columns;
  double newton = 0.0;
  if (tasks == 1.0)
    newton = std::min(cube / 6.0, n * n * (0.5 * columns + n / 6.0 + blocks));
  else
    newton = std::min(1.2 * cube, 0.5 * n * columns * (3.0 * n + columns) + cube / 6.0);
  return static_cast<int>(std::clamp(product_speed * newton / sweep, 2.0, 200.0));
}

bool BlockSolver::sweep(State& s, const std::vector<Index>& working, double target, Monitor& monitor) {
  std::vector<Index> columns;
  for (Index block : working)
    columns.insert(columns.end(), problem_.blocks[block].begin(), problem_.blocks[block].end());
  const double count = static_cast<double>(columns.size()), n = static_cast<double>(problem_.design.rows());
  bool gram = !problem_.design.is_sparse() && count <= n + 200.0 && 8.0 * count * count <= options_.gram_bytes;
  if (options_.engine == Engine::gram) gram = true;
  if (options_.engine == Engine::residual) gram = false;
  const bool softmax = problem_.loss.is_softmax(), constant = problem_.loss.is_quadratic() || softmax;
  if (!sweeps_ || gram != gram_in_use_) {
    sweeps_ = (gram ? make_gram_sweeps : make_residual_sweeps)(problem_.design, problem_.penalty, problem_.blocks,
                                                               problem_.loss.tasks(), problem_.fit_intercept, softmax);
    gram_in_use_ = gram;
    if (constant) {
      const Vector& weights = problem_.loss.weights();
      const bool uniform = weights.maxCoeff() == weights.minCoeff();
      sweeps_->set_curvature(uniform ? Curvature{nullptr, weights[0]} : Curvature{&weights, 0.0});
    }
  }
  if (!constant) {
    problem_.loss.curvature(s.eta, curvature_);
    curvature_ = curvature_.cwiseMax(curvature_floor * problem_.loss.weights());
    sweeps_->set_curvature({&curvature_, 0.0});
  }
  Matrix next = s.b;
  const int patience = sweeps_worth_a_newton_step(count, static_cast<double>(working.size()), gram);
  const int limit = std::max(gram ? 20 : 5, patience);
  const Index before = sweeps_->sweeps();
  const double left = sweeps_->run(working, next, s.u, s.gradient, target, limit, patience, monitor);
  dear_ = problem_.loss.is_quadratic() && patience > cheap_newton;
  // More rounds like this one may cost more than a Newton step, once the pattern holds.
  const double used = static_cast<double>(sweeps_->sweeps() - before);
  const bool reached = left <= target;
  done_ = dear_ && reached && (used * rounds_left_ <= patience || 2.0 * static_cast<double>(sweeps_->stable()) < used);
  newton_target_ = !dear_ ? 0.0 : reached ? 1e-3 * target : target;
  if (monitor.stop_requested()) return false;
  BlockMove by;
  for (Index j : columns)
    if (next.row(j) != s.b.row(j)) by.columns.push_back(j);
  if (by.columns.empty()) return false;
  by.intercept.setZero(s.b.cols());
  by.means.resize(static_cast<Index>(by.columns.size()));
  by.d.resize(by.means.size(), s.b.cols());
  for (Index i = 0; i < by.means.size(); ++i) {
    const Index j = by.columns[static_cast<std::size_t>(i)];
    by.means[i] = sweeps_->mean(j);
    by.d.row(i) = next.row(j) - s.b.row(j);
  }
  return objective_.move(s, by, nullptr, false, false, monitor);
}

bool BlockSolver::newton(State& s, const std::vector<Index>& working, double forcing, double target, Monitor& monitor) {
  const std::vector<Index> support = is_smooth() ? working : objective_.active(s, working);
  return !support.empty() && newton_.step(s, support, usable_gram(), forcing, target, monitor);
}

/// Newton steps below what the objective can resolve, kept while the violation falls: two fits of the same problem then
/// agree in their coefficients as closely as in their objectives.
void BlockSolver::polish(State& s, Monitor& monitor) {
  double unknowns = 0.0;
  for (Index block : objective_.active(s, everything_))
    unknowns += static_cast<double>(problem_.blocks[block].size()) * static_cast<double>(s.b.cols());
  if (unknowns > (quasi_ ? 1000.0 : 5000.0)) return;  // second-order steps that the rest could do without are dear
  double v = objective_.worst(s, everything_);
  const double goal = is_smooth() ? 1e-10 * null_gradient_ : 1e-12 * problem_.penalty.lambda();
  for (int k = 0; k < 3 && v > goal; ++k) {
    const State before = s;
    if (!newton(s, everything_, exact, 0.0, monitor)) break;
    objective_.refresh(s);
    objective_.gradient(s, everything_, monitor);
    const double now = objective_.worst(s, everything_);
    if (monitor.stop_requested() || !(now < v)) {
      s = before;
      break;
    }
    v = now;
  }
}

bool BlockSolver::step(State& s, const std::vector<Index>& working, double target, Monitor& monitor) {
  dear_ = done_ = false;
  newton_target_ = 0.0;
  bool moved = false;
  int steps = is_smooth() ? 1 : 3;  // without a kink, the certificate of every step is a better guide than a count
  if (classes_ && !is_smooth()) {
    moved = classes_->run(s, working, target, monitor);
    if (moved && classes_->turnover() > settled) return true;
    if (moved && classes_->turnover() > 0.0) steps = 1;
    newton_target_ = 1e-2 * target;
  } else if (!is_smooth()) {
    moved = sweep(s, working, target, monitor);
  }
  for (int k = 0; k < steps && !done_ && !monitor.stop_requested(); ++k) {
    objective_.refresh(s);
    if (!newton(s, working, steps == 1 ? 0.1 : 0.01, newton_target_, monitor)) break;
    moved = true;
    if (problem_.loss.is_quadratic() && problem_.penalty.euclidean_strength(0) < 0.0) break;
  }
  return moved;
}

BlockState BlockSolver::null_model(BlockSolution& result, Monitor& monitor) {
  std::vector<Index> free, penalised;
  for (Index block : everything_) (problem_.penalty.weight(block) == 0.0 ? free : penalised).push_back(block);
  State s = objective_.start(Matrix(), Vector(), monitor);
  set_strength(1.0);
  for (int k = 0; k < 100 && !free.empty(); ++k) {  // the null model has the unpenalised blocks
    objective_.gradient(s, free, monitor);
    if (objective_.worst(s, free) <= 1e-10 * s.u.cwiseAbs().sum() || !step(s, free, 0.0, monitor)) break;
    objective_.refresh(s);
  }
  objective_.gradient(s, everything_, monitor);
  result.null_objective = problem_.loss.value(s.eta);
  const double limit = objective_.dual_limit(s, penalised);
  result.lambda_max = std::isfinite(limit) && limit > 0.0 ? 1.0 / limit : 0.0;
  null_gradient_ = result.lambda_max;
  return s;
}

BlockSolution BlockSolver::solve(const Settings& settings, const Matrix& start, const Vector& start_intercept,
                                 Monitor& monitor) {
  monitor.start(settings.max_time);
  BlockSolution result;
  State s = null_model(result, monitor);
  result.alpha = problem_.strength.alpha;
  if (problem_.strength.relative) result.alpha *= result.lambda_max / problem_.strength.lambda_share;
  const double lambda = result.alpha * problem_.strength.lambda_share;
  ridge_ = result.alpha * problem_.strength.ridge_share;
  const bool penalised = std::all_of(everything_.begin(), everything_.end(),
                                     [&](Index block) { return problem_.penalty.weight(block) > 0.0; });
  const bool certified = problem_.penalty.convex() && problem_.loss.has_conjugate() && penalised &&
                         (lambda > 0.0 || ridge_ > 0.0 || result.lambda_max == 0.0);

  const bool cold = start.size() == 0;
  if (!cold) s = objective_.start(start, start_intercept, monitor);
  bool gradient_known = cold;  // that of the null model
  Report& report = result.report;
  report.threshold = settings.tol * (certified ? result.null_objective : (lambda > 0.0 ? lambda : result.lambda_max));
  double stage = lambda, ratio = 1.0;
  if (cold && lambda > 0.0 && lambda < result.lambda_max && options_.continuation < 1.0 &&
      problem_.loss.is_quadratic()) {
    // As few as go down by `continuation` or more: a stage costs a look at all columns. Where there are several
    // minima, as near to `continuation` as can be.
    const double logs = std::log(lambda / result.lambda_max) / std::log(options_.continuation);
    const double stages = problem_.penalty.convex() ? std::floor(logs * (1.0 + 1e-9)) : std::round(logs);
    ratio = std::pow(lambda / result.lambda_max, 1.0 / std::max(stages, 1.0));
    stage = std::max(lambda, ratio * result.lambda_max * (1.0 + 1e-9));
  }
  set_strength(stage);
  auto next_stage = [&] {
    stage = ratio * stage > lambda * (1.0 + 1e-6) ? ratio * stage : lambda;
    set_strength(stage);
  };

  quasi_.reset();
  if (options_.engine == Engine::automatic && QuasiNewton::applies(problem_))
    quasi_ = std::make_unique<QuasiNewton>(objective_);

  std::vector<Index> scope = everything_;
  SupportWatch support;
  bool full = false;
  double v = 0.0, best = std::numeric_limits<double>::infinity();
  int idle = 0, flat = 0, repairs = 2;
  Index quasi_left = quasi_ ? static_cast<Index>(std::clamp(quasi_->worth_of_newton(), 50.0, quasi_iterations)) : 0;
  for (;; ++report.n_iter) {
    objective_.refresh(s);
    full = scope.size() == everything_.size();
    if (!std::exchange(gradient_known, false)) objective_.gradient(s, scope, monitor);
    if (monitor.stop_requested()) {
      report.status = monitor.reason();
      break;
    }
    v = objective_.worst(s, scope);
    report.objective_path.push_back(s.objective);
    support.look(s.b, report.n_iter);
    const bool last = stage == lambda;
    const double level = last ? report.threshold : (certified ? stage_gap * s.objective : 0.1 * stage);
    auto criterion = [&] { return certified ? objective_.dual_gap(s, scope) : v; };
    double figure = criterion();
    if (figure <= level && !full) {
      scope = everything_;
      objective_.gradient(s, scope, monitor);
      v = objective_.worst(s, scope);
      full = true;
      if (last) figure = criterion();
    }
    if (figure <= level) {
      if (last) {
        if (repairs > 0 && objective_.recompute(s)) {  // not converged: that was the figure of other predictors
          --repairs;
          continue;
        }
        report.status = Status::converged;
        if (settings.tol <= fine) polish(s, monitor);
        v = objective_.worst(s, everything_);
        break;
      }
      next_stage();
      v = objective_.worst(s, scope);
    }
    if (report.n_iter >= settings.max_iter) {
      report.status = Status::max_iter;
      break;
    }
    if (!monitor.next_iteration({report.n_iter, s.objective, figure, report.threshold})) {
      report.status = monitor.reason();
      break;
    }
    const auto& history = report.objective_path;
    const bool lower = history.size() < 2 || history.back() < history[history.size() - 2] * (1.0 - 1e-14);
    flat = lower || v < 0.9 * best ? 0 : flat + 1;
    best = std::min(best, v);
    if (last && flat >= 10) {
      report.status = Status::stalled;
      break;
    }
    if (full) scope = objective_.narrow(s);
    rounds_left_ = last ? std::log10(std::max(figure / level, 1.0)) : 1.0;
    bool moved = false;
    if (quasi_ && quasi_left > 0) {
      std::vector<Index> working = objective_.working_set(s, scope, quasi_growth);
      if (5 * working.size() > 4 * everything_.size()) working = everything_;
      const Index first = report.n_iter, limit = std::min(quasi_left, settings.max_iter - first);
      moved = quasi_->run(s, working, quasi_accuracy * v, level, limit, report, monitor);
      quasi_left = (moved || !full) && !quasi_->slow() ? quasi_left - (report.n_iter + 1 - first) : 0;
    } else {
      moved = step(s, objective_.working_set(s, scope), inner_accuracy * v, monitor);
    }
    if (moved) {
      idle = 0;
    } else if (!monitor.stop_requested()) {
      if (full && last && ++idle >= 2) {
        report.status = Status::stalled;
        break;
      }
      scope = everything_;
      if (!last && full) next_stage();
    }
  }
  support.look(s.b, report.n_iter);
  result.support_identified_at = support.changed_at();
  report.objective = s.objective;
  if (report.status != Status::stopped) {
    if (!full || monitor.stop_requested()) {
      Monitor unhurried;
      objective_.gradient(s, everything_, unhurried);
      v = objective_.worst(s, everything_);
    }
    report.kkt_violation = v;
    if (certified) report.dual_gap = objective_.dual_gap(s, everything_);
    report.criterion = certified ? report.dual_gap : v;
  }
  report.seconds = monitor.seconds();
  report.engine = quasi_ ? "quasi-newton" : classes_ ? "class gram" : sweeps_ ? sweeps_->name() : "none";
  result.coef = s.b;
  result.intercept = s.intercept;
  if (problem_.loss.is_softmax()) result.intercept.array() -= s.intercept.mean();  // a common number changes nothing
  return result;
}

}  // namespace pauca::bcd
