#include "pauca/bcd/block_solver.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pauca/core/cholesky.hpp"
#include "pauca/core/errors.hpp"

namespace pauca::bcd {
namespace {

constexpr double keep_fraction = 0.7;     // blocks further below their limit than this leave the scope
constexpr double stage_gap = 1e-2;        // relative gap at which an intermediate strength is left
constexpr double inner_accuracy = 0.1;    // violation left on a working set, relative to the outer violation
constexpr double curvature_floor = 1e-8;  // smallest model curvature of a row, relative to its weight
constexpr Index dense_newton = 3000;      // unknowns up to which a Newton system is factored

void gather(const Matrix& from, const std::vector<Index>& rows, Matrix& to) {
  to.resize(static_cast<Index>(rows.size()), from.cols());
  for (Index i = 0; i < to.rows(); ++i) to.row(i) = from.row(rows[static_cast<std::size_t>(i)]);
}

}  // namespace

BlockSolver::BlockSolver(const BlockProblem& problem, const Options& options) : problem_(problem), options_(options) {
  std::vector<char> seen(static_cast<std::size_t>(problem.design.cols()), 0);
  for (const auto& block : problem.blocks) {
    require(!block.empty(), "groups: a group is empty");
    for (Index j : block) {
      require(j >= 0 && j < problem.design.cols(), "groups: a column does not exist");
      require(!seen[static_cast<std::size_t>(j)], "groups: a column is in two groups");
      seen[static_cast<std::size_t>(j)] = 1;
    }
  }
  require(std::all_of(seen.begin(), seen.end(), [](char c) { return c != 0; }), "groups: a column is in no group");
}

void BlockSolver::refresh(State& s) const {
  if (problem_.fit_intercept)
    problem_.loss.center(s.eta, s.u, s.intercept);
  else
    problem_.loss.gradient(s.eta, s.u);
  s.objective = objective(s);
}

bool BlockSolver::is_active(const State& s, Index block) const {
  for (Index j : problem_.blocks[block])
    if (!s.b.row(j).isZero(0.0)) return true;
  return false;
}

double BlockSolver::objective(const State& s) const {
  double total = problem_.loss.value(s.eta);
  Matrix w;
  for (Index k = 0; k < static_cast<Index>(problem_.blocks.size()); ++k) {
    if (!is_active(s, k)) continue;
    gather(s.b, problem_.blocks[k], w);
    total += problem_.penalty.value(k, w.data(), w.size());
  }
  return total;
}

void BlockSolver::gradient(State& s, const std::vector<Index>& scope, Monitor& monitor) const {
  const Design& x = problem_.design;
  if (scope.size() == problem_.blocks.size()) {
    x.transpose_multiply(s.u, s.gradient, monitor);
    return;
  }
  for (Index block : scope) {
    for (Index j : problem_.blocks[block])
      for (Index t = 0; t < s.u.cols(); ++t) s.gradient(j, t) = x.dot(j, s.u.col(t).data());
    if (!monitor.keep_going()) return;
  }
}

double BlockSolver::violation(const State& s, Index block) const {
  Matrix w, g;
  gather(s.b, problem_.blocks[block], w);
  gather(s.gradient, problem_.blocks[block], g);
  return problem_.penalty.violation(block, w.data(), g.data(), w.size());
}

double BlockSolver::worst(const State& s, const std::vector<Index>& scope) const {
  double v = 0.0;
  for (Index block : scope) v = std::max(v, violation(s, block));
  return v;
}

double BlockSolver::dual_limit(const State& s, const std::vector<Index>& scope) const {
  double limit = std::numeric_limits<double>::infinity();
  Matrix g;
  for (Index block : scope) {
    gather(s.gradient, problem_.blocks[block], g);
    limit = std::min(limit, problem_.penalty.dual_limit(block, g.data(), g.size()));
  }
  return limit;
}

/// F + f*(a U) - a <U, offset> with the best feasible scale a.
double BlockSolver::dual_gap(const State& s, const std::vector<Index>& scope) const {
  const double a = problem_.loss.dual_scale(s.u, problem_.offset, dual_limit(s, scope));
  double dual = -problem_.loss.conjugate(a * s.u);
  if (problem_.offset) dual += a * s.u.cwiseProduct(*problem_.offset).sum();
  return std::max(s.objective - dual, 0.0);
}

std::vector<Index> BlockSolver::working_set(const State& s, const std::vector<Index>& scope) const {
  std::vector<Index> working;
  std::vector<std::pair<double, Index>> violators;
  for (Index block : scope) {
    if (is_active(s, block)) {
      working.push_back(block);
    } else {
      const double v = violation(s, block);
      if (v > 0.0) violators.emplace_back(-v / std::max(problem_.penalty.weight(block), 1e-300), block);
    }
  }
  const std::size_t count = std::max<std::size_t>(20, working.size() / 2);
  if (violators.size() > count) {
    std::nth_element(violators.begin(), violators.begin() + count, violators.end());
    violators.resize(count);
  }
  for (const auto& v : violators) working.push_back(v.second);
  std::sort(working.begin(), working.end());
  return working;
}

/// Active blocks and those near their limit; everything if that is most of them.
std::vector<Index> BlockSolver::narrow(const State& s) const {
  const Index count = static_cast<Index>(problem_.blocks.size());
  std::vector<Index> scope;
  Matrix g;
  for (Index block = 0; block < count; ++block) {
    gather(s.gradient, problem_.blocks[block], g);
    if (is_active(s, block) || problem_.penalty.dual_limit(block, g.data(), g.size()) <= 1.0 / keep_fraction)
      scope.push_back(block);
  }
  if (2 * scope.size() > static_cast<std::size_t>(count)) {
    scope.resize(static_cast<std::size_t>(count));
    std::iota(scope.begin(), scope.end(), Index{0});
  }
  return scope;
}

/// Moves `blocks` of B towards `target`, halving until F does not increase; with `project`, entries stop at zero where
/// they would change sign.
bool BlockSolver::accept_along(State& s, const std::vector<Index>& blocks, const Matrix& target, bool project,
                               bool trust) {
  const Matrix start_b = s.b, start_eta = s.eta;
  const Vector start_intercept = s.intercept;
  const double before = s.objective;
  const Index tasks = s.b.cols();
  double t = 1.0;
  for (int trial = 0; trial < 12; ++trial, t *= 0.5) {
    s.eta = start_eta;
    Vector mean = Vector::Zero(tasks);
    bool moved = false;
    for (Index block : blocks)
      for (Index j : problem_.blocks[block])
        for (Index k = 0; k < tasks; ++k) {
          const double from = start_b(j, k);
          double to = from + t * (target(j, k) - from);
          if (project && from != 0.0 && from * to <= 0.0) to = 0.0;
          s.b(j, k) = to;
          if (to == from) continue;
          moved = true;
          problem_.design.axpy(j, to - from, s.eta.col(k).data());
          mean[k] += (to - from) * sweeps_->mean(j);
        }
    if (!moved) break;
    if (problem_.fit_intercept) {
      s.eta.rowwise() -= mean.transpose();
      s.intercept = start_intercept - mean;
    }
    s.objective = objective(s);
    // Below the objective's rounding error a step is not judged by it.
    if (trust || s.objective <= before + 1e-14 * std::abs(before)) return true;
  }
  s.b = start_b;
  s.eta = start_eta;
  s.intercept = start_intercept;
  s.objective = before;
  return false;
}

bool BlockSolver::sweep_phase(State& s, const std::vector<Index>& working, double target, Monitor& monitor) {
  double columns = 0.0;
  for (Index block : working) columns += static_cast<double>(problem_.blocks[block].size());
  const double n = static_cast<double>(problem_.design.rows());
  bool gram =
      !problem_.design.is_sparse() && columns <= 2.0 * n + 1000.0 && 8.0 * columns * columns <= options_.gram_bytes;
  if (options_.engine == Engine::gram) gram = true;
  if (options_.engine == Engine::residual) gram = false;
  const bool quadratic = problem_.loss.is_quadratic(), softmax = problem_.loss.is_softmax();
  const bool constant = quadratic || softmax;
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
  sweeps_->run(working, next, s.u, s.gradient, target, gram ? 20 : 5, monitor);
  if (monitor.stop_requested()) return false;
  return accept_along(s, working, next, false, false);
}

/// One Newton step on the smooth entries of the support: Cholesky for one task while the Gram is at hand, conjugate
/// gradients with the exact curvature otherwise.
bool BlockSolver::newton_phase(State& s, const std::vector<Index>& support, double forcing, Monitor& monitor) {
  const Design& x = problem_.design;
  const Index tasks = s.b.cols();
  std::vector<Index> columns, starts;
  for (Index block : support) {
    starts.push_back(static_cast<Index>(columns.size()));
    columns.insert(columns.end(), problem_.blocks[block].begin(), problem_.blocks[block].end());
  }
  const Index rows = static_cast<Index>(columns.size());
  Matrix w, slope(rows, tasks), free(rows, tasks), block_slope, block_in, block_out;
  gather(s.b, columns, w);
  for (std::size_t a = 0; a < support.size(); ++a) {
    const Index count = static_cast<Index>(problem_.blocks[support[a]].size());
    const Matrix own = w.middleRows(starts[a], count);
    block_slope.resize(count, tasks);
    problem_.penalty.slope(support[a], own.data(), block_slope.data(), own.size());
    slope.middleRows(starts[a], count) = block_slope;
  }
  for (Index i = 0; i < rows; ++i)
    for (Index t = 0; t < tasks; ++t) {
      free(i, t) = problem_.penalty.smooth(w(i, t)) ? 1.0 : 0.0;
      slope(i, t) = -free(i, t) * (slope(i, t) + x.dot(columns[i], s.u.col(t).data()));
    }
  if (!monitor.keep_going()) return false;
  auto add_curvature = [&](const Matrix& d, Matrix& out) {
    for (std::size_t a = 0; a < support.size(); ++a) {
      const Index count = static_cast<Index>(problem_.blocks[support[a]].size());
      const Matrix own = w.middleRows(starts[a], count);
      block_in = d.middleRows(starts[a], count);
      block_out = out.middleRows(starts[a], count);
      problem_.penalty.apply_curvature(support[a], own.data(), block_in.data(), block_out.data(), own.size());
      out.middleRows(starts[a], count) = block_out;
    }
  };

  Matrix d;
  const WorkingGram* gram = sweeps_->gram();
  if (gram && tasks == 1 && rows <= dense_newton && !problem_.loss.is_softmax()) {
    Matrix system(rows, rows);
    for (Index i = 0; i < rows; ++i) {
      const double* column = gram->data(gram->position(columns[i]));
      for (Index k = 0; k < rows; ++k) system(k, i) = column[gram->position(columns[k])];
      system(i, i) *= 1.0 + 1e-13;
    }
    for (std::size_t a = 0; a < support.size(); ++a) {
      const Index count = static_cast<Index>(problem_.blocks[support[a]].size());
      const Vector own = w.col(0).segment(starts[a], count);
      for (Index i = 0; i < count; ++i) {
        const Vector unit = Vector::Unit(count, i);
        Vector column = system.col(starts[a] + i).segment(starts[a], count);
        problem_.penalty.apply_curvature(support[a], own.data(), unit.data(), column.data(), count);
        system.col(starts[a] + i).segment(starts[a], count) = column;
      }
    }
    for (Index i = 0; i < rows; ++i)
      if (free(i, 0) == 0.0 || system(i, i) <= 0.0) {
        system.row(i).setZero();
        system.col(i).setZero();
        system(i, i) = 1.0;
        slope(i, 0) = 0.0;
      }
    if (!cholesky_in_place(system, monitor)) return false;
    d = slope;
    system.triangularView<Eigen::Lower>().solveInPlace(d);
    system.triangularView<Eigen::Lower>().transpose().solveInPlace(d);
  } else {
    // out = X_S' H X_S d + curvature d, with the means removed
    Matrix z(x.rows(), tasks);
    auto apply = [&](const Matrix& in, Matrix& out) {
      z.setZero();
      Eigen::RowVectorXd mean = Eigen::RowVectorXd::Zero(tasks);
      for (Index i = 0; i < rows; ++i)
        for (Index t = 0; t < tasks; ++t) {
          if (in(i, t) == 0.0) continue;
          x.axpy(columns[i], in(i, t), z.col(t).data());
          mean[t] += in(i, t) * sweeps_->mean(columns[i]);
        }
      if (problem_.fit_intercept) z.rowwise() -= mean;
      problem_.loss.apply_hessian(s.eta, z);
      // With an intercept the constants are free too: what H leaves of them is taken out again.
      const Eigen::RowVectorXd sums = z.colwise().sum();
      out.resize(rows, tasks);
      for (Index i = 0; i < rows; ++i)
        for (Index t = 0; t < tasks; ++t) {
          double value = x.dot(columns[i], z.col(t).data());
          if (problem_.fit_intercept) value -= sums[t] * sweeps_->mean(columns[i]);
          out(i, t) = value;
        }
      add_curvature(in, out);
      out = out.cwiseProduct(free);
    };
    Matrix inverse(rows, tasks), r = slope, ap;
    for (Index i = 0; i < rows; ++i) {
      const double diagonal = x.weighted_square(columns[i], problem_.loss.weights().data());
      const double scale = problem_.loss.is_softmax() ? 1.0 / static_cast<double>(tasks) : 1.0;
      inverse.row(i).setConstant(diagonal > 0.0 ? 1.0 / (scale * diagonal) : 0.0);
    }
    d.setZero(rows, tasks);
    Matrix precond = inverse.cwiseProduct(r), p = precond;
    double rz = r.cwiseProduct(precond).sum();
    const double stop = forcing * r.norm();
    for (int k = 0; k < 100 && r.norm() > stop; ++k) {
      apply(p, ap);
      const double bend = p.cwiseProduct(ap).sum();
      if (!(bend > 0.0)) {
        if (k == 0) return false;
        break;
      }
      const double step = rz / bend;
      d += step * p;
      r -= step * ap;
      precond = inverse.cwiseProduct(r);
      const double next = r.cwiseProduct(precond).sum();
      p = precond + (next / rz) * p;
      rz = next;
      if (!monitor.keep_going()) return false;
    }
  }
  if (!d.allFinite()) return false;
  Matrix target = s.b;
  for (Index i = 0; i < rows; ++i) target.row(columns[i]) += d.row(i);
  ++newton_steps_;
  return accept_along(s, support, target, !problem_.penalty.smooth(0.0), forcing < 1e-6);
}

/// Newton steps below what the objective can resolve, kept while the violation falls: two fits of the same problem then
/// agree in their coefficients as closely as in their objectives.
void BlockSolver::polish(State& s, Monitor& monitor) {
  std::vector<Index> everything(problem_.blocks.size()), support;
  std::iota(everything.begin(), everything.end(), Index{0});
  double unknowns = 0.0;
  for (Index block : everything)
    if (is_active(s, block)) {
      support.push_back(block);
      unknowns += static_cast<double>(problem_.blocks[block].size()) * static_cast<double>(s.b.cols());
    }
  if (support.empty() || !sweeps_ || unknowns > 5000.0) return;
  double v = worst(s, everything);
  for (int k = 0; k < 3 && v > 1e-12 * problem_.penalty.lambda(); ++k) {
    const State before = s;
    if (!newton_phase(s, support, 1e-10, monitor)) break;
    refresh(s);
    gradient(s, everything, monitor);
    const double now = worst(s, everything);
    if (monitor.stop_requested() || !(now < v)) {
      s = before;
      break;
    }
    v = now;
  }
}

bool BlockSolver::step(State& s, const std::vector<Index>& working, double target, Monitor& monitor) {
  bool moved = sweep_phase(s, working, target, monitor);
  for (int k = 0; k < 3 && !monitor.stop_requested(); ++k) {
    std::vector<Index> support;
    for (Index block : working)
      if (is_active(s, block)) support.push_back(block);
    if (support.empty()) break;
    refresh(s);
    if (!newton_phase(s, support, 0.01, monitor)) break;
    moved = true;
    if (problem_.loss.is_quadratic() && problem_.penalty.euclidean_strength(0) < 0.0) break;
  }
  return moved;
}

BlockSolution BlockSolver::solve(const Settings& settings, const Matrix& start, const Vector& start_intercept,
                                 Monitor& monitor) {
  monitor.start(settings.max_time);
  const Design& x = problem_.design;
  const Index n = x.rows(), p = x.cols(), tasks = problem_.loss.tasks();
  std::vector<Index> everything(problem_.blocks.size()), free;
  std::iota(everything.begin(), everything.end(), Index{0});
  for (Index block : everything)
    if (problem_.penalty.weight(block) == 0.0) free.push_back(block);

  State s;
  s.b.setZero(p, tasks);
  s.gradient.setZero(p, tasks);
  s.intercept.setZero(tasks);
  s.u.setZero(n, tasks);
  s.eta = problem_.offset ? *problem_.offset : Matrix::Zero(n, tasks);
  refresh(s);
  problem_.penalty.set_lambda(1.0);
  for (int k = 0; k < 100 && !free.empty(); ++k) {  // the null model has the unpenalised blocks
    gradient(s, free, monitor);
    if (worst(s, free) <= 1e-10 * s.u.cwiseAbs().sum() || !step(s, free, 0.0, monitor)) break;
    refresh(s);
  }
  gradient(s, everything, monitor);
  BlockSolution result;
  result.null_objective = problem_.loss.value(s.eta);
  std::vector<Index> penalised;
  for (Index block : everything)
    if (problem_.penalty.weight(block) > 0.0) penalised.push_back(block);
  const double limit = dual_limit(s, penalised);
  result.lambda_max = std::isfinite(limit) && limit > 0.0 ? 1.0 / limit : 0.0;
  result.alpha = problem_.strength.alpha;
  if (problem_.strength.relative) result.alpha *= result.lambda_max / problem_.strength.lambda_share;
  const double lambda = result.alpha * problem_.strength.lambda_share;
  const bool certified = problem_.penalty.convex() && problem_.loss.has_conjugate() && free.empty() &&
                         (lambda > 0.0 || result.lambda_max == 0.0);

  const bool cold = start.size() == 0;
  if (!cold) {
    s.b = start;
    s.intercept = problem_.fit_intercept ? start_intercept : Vector(Vector::Zero(tasks));
    s.eta = problem_.offset ? *problem_.offset : Matrix::Zero(n, tasks);
    s.eta.rowwise() += s.intercept.transpose();
    for (Index j = 0; j < p; ++j)
      for (Index t = 0; t < tasks; ++t)
        if (s.b(j, t) != 0.0) x.axpy(j, s.b(j, t), s.eta.col(t).data());
  }
  Report& report = result.report;
  report.threshold = settings.tol * (certified ? result.null_objective : (lambda > 0.0 ? lambda : result.lambda_max));
  double stage = lambda;
  if (cold && lambda > 0.0 && options_.continuation < 1.0 && problem_.loss.is_quadratic())
    stage = std::max(lambda, options_.continuation * result.lambda_max);
  problem_.penalty.set_lambda(stage);
  auto next_stage = [&] {
    stage = std::max(lambda, options_.continuation * stage);
    problem_.penalty.set_lambda(stage);
  };

  std::vector<Index> scope = everything;
  bool full = false;
  double v = 0.0, best = std::numeric_limits<double>::infinity();
  int idle = 0, flat = 0;
  for (;; ++report.n_iter) {
    refresh(s);
    full = scope.size() == everything.size();
    gradient(s, scope, monitor);
    if (monitor.stop_requested()) {
      report.status = monitor.reason();
      break;
    }
    v = worst(s, scope);
    report.objective_path.push_back(s.objective);
    const bool last = stage == lambda;
    const double level = last ? report.threshold : (certified ? stage_gap * s.objective : 0.1 * stage);
    auto criterion = [&] { return certified ? dual_gap(s, scope) : v; };
    double figure = criterion();
    if (figure <= level && !full) {
      scope = everything;
      gradient(s, scope, monitor);
      v = worst(s, scope);
      full = true;
      if (last) figure = criterion();
    }
    if (figure <= level) {
      if (last) {
        report.status = Status::converged;
        polish(s, monitor);
        v = worst(s, everything);
        break;
      }
      next_stage();
      v = worst(s, scope);
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
    if (full) scope = narrow(s);
    if (step(s, working_set(s, scope), inner_accuracy * v, monitor)) {
      idle = 0;
    } else if (!monitor.stop_requested()) {
      if (full && last && ++idle >= 2) {
        report.status = Status::stalled;
        break;
      }
      scope = everything;
      if (!last && full) next_stage();
    }
  }
  report.objective = s.objective;
  if (report.status != Status::stopped) {
    if (!full || monitor.stop_requested()) {
      Monitor unhurried;
      gradient(s, everything, unhurried);
      v = worst(s, everything);
    }
    report.kkt_violation = v;
    if (certified) report.dual_gap = dual_gap(s, everything);
    report.criterion = certified ? report.dual_gap : v;
  }
  report.seconds = monitor.seconds();
  report.engine = sweeps_ ? sweeps_->name() : "none";
  result.coef = s.b;
  result.intercept = s.intercept;
  return result;
}

}  // namespace pauca::bcd
