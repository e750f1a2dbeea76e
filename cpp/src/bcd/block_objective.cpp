#include "pauca/bcd/block_objective.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace pauca::bcd {
namespace {

constexpr double keep_fraction = 0.7;  // blocks further below their limit than this leave the scope
constexpr double rounding = 1e-14;     // relative error of an objective
constexpr double drift = 1e-9;         // relative error of predictors that steps have added up

}  // namespace

bool BlockObjective::is_active(const BlockState& s, Index block) const {
  for (Index j : problem_.blocks[block])
    if (!s.b.row(j).isZero(0.0)) return true;
  return false;
}

std::vector<Index> BlockObjective::active(const BlockState& s, const std::vector<Index>& scope) const {
  std::vector<Index> found;
  std::copy_if(scope.begin(), scope.end(), std::back_inserter(found), [&](Index k) { return is_active(s, k); });
  return found;
}

BlockState BlockObjective::start(const Matrix& coef, const Vector& intercept, Monitor& monitor) const {
  const Index n = problem_.design.rows(), p = problem_.design.cols(), tasks = problem_.loss.tasks();
  BlockState s;
  s.gradient.setZero(p, tasks);
  s.u.setZero(n, tasks);
  s.intercept.setZero(tasks);
  s.b.setZero(p, tasks);
  s.eta = problem_.offset ? *problem_.offset : Matrix::Zero(n, tasks);
  if (coef.size() > 0) {
    s.b = coef;
    if (problem_.fit_intercept) s.intercept = intercept;
    s.eta.rowwise() += s.intercept.transpose();
    std::vector<Index> columns;
    for (Index j = 0; j < p; ++j)
      if (!coef.row(j).isZero(0.0)) columns.push_back(j);
    Matrix rows;
    gather_rows(coef, columns, rows);
    add_columns(problem_.design, columns, rows, s.eta, monitor);
  }
  refresh(s);
  return s;
}

bool BlockObjective::recompute(BlockState& s) const {
  if (s.b.isZero(0.0)) return false;
  Monitor unhurried;
  BlockState fresh = start(s.b, s.intercept, unhurried);
  if ((fresh.eta - s.eta).norm() <= drift * fresh.eta.norm()) return false;
  s = std::move(fresh);
  return true;
}

void BlockObjective::refresh(BlockState& s) const {
  if (problem_.fit_intercept)
    problem_.loss.center(s.eta, s.u, s.intercept);
  else
    problem_.loss.gradient(s.eta, s.u);
  s.objective = value(s);
}

double BlockObjective::value(const BlockState& s) const {
  double total = problem_.loss.value(s.eta);
  Matrix w;
  for (Index k = 0; k < count(); ++k) {
    if (!is_active(s, k)) continue;
    gather_rows(s.b, problem_.blocks[k], w);
    total += problem_.penalty.value(k, w.data(), w.size());
  }
  return total;
}

void BlockObjective::gradient(BlockState& s, const std::vector<Index>& scope, Monitor& monitor) const {
  if (static_cast<Index>(scope.size()) == count()) {
    problem_.design.transpose_multiply(s.u, s.gradient, monitor);
    return;
  }
  std::vector<Index> columns;
  for (Index block : scope) columns.insert(columns.end(), problem_.blocks[block].begin(), problem_.blocks[block].end());
  columns_transpose(problem_.design, columns, s.u, s.gradient, monitor);
}

double BlockObjective::violation(const BlockState& s, Index block) const {
  Matrix w, g;
  gather_rows(s.b, problem_.blocks[block], w);
  gather_rows(s.gradient, problem_.blocks[block], g);
  return problem_.penalty.violation(block, w.data(), g.data(), w.size());
}

double BlockObjective::worst(const BlockState& s, const std::vector<Index>& scope) const {
  double v = 0.0;
  for (Index block : scope) v = std::max(v, violation(s, block));
  return v;
}

double BlockObjective::dual_limit(const BlockState& s, const std::vector<Index>& scope) const {
  double limit = std::numeric_limits<double>::infinity();
  Matrix g;
  for (Index block : scope) {
    gather_rows(s.gradient, problem_.blocks[block], g);
    limit = std::min(limit, problem_.penalty.dual_limit(block, g.data(), g.size()));
  }
  return limit;
}

/// F + f*(a U) - a <U, offset> + sum of g_b*(-a G_b): with a ridge at a = 1, which is right at the solution, otherwise
/// with the best feasible scale a, where the last sum is zero.
double BlockObjective::dual_gap(const BlockState& s, const std::vector<Index>& scope) const {
  auto dual = [&](double a) {
    double total = -problem_.loss.conjugate(a * s.u);
    if (problem_.offset) total += a * s.u.cwiseProduct(*problem_.offset).sum();
    return total;
  };
  if (problem_.penalty.ridge() > 0.0) {
    double total = dual(1.0);
    Matrix g;
    for (Index block : scope) {
      gather_rows(s.gradient, problem_.blocks[block], g);
      total -= problem_.penalty.conjugate(block, g.data(), g.size());
    }
    return std::max(s.objective - total, 0.0);
  }
  return std::max(s.objective - dual(problem_.loss.dual_scale(s.u, problem_.offset, dual_limit(s, scope))), 0.0);
}

std::vector<Index> BlockObjective::working_set(const BlockState& s, const std::vector<Index>& scope,
                                               std::size_t growth) const {
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
  std::size_t count = std::max(growth, working.size() / 2);
  if (problem_.penalty.lambda() == 0.0) count = violators.size();
  if (violators.size() > count) {
    std::nth_element(violators.begin(), violators.begin() + static_cast<std::ptrdiff_t>(count), violators.end());
    violators.resize(count);
  }
  for (const auto& v : violators) working.push_back(v.second);
  std::sort(working.begin(), working.end());
  return working;
}

std::vector<Index> BlockObjective::narrow(const BlockState& s) const {
  std::vector<Index> scope;
  Matrix g;
  for (Index block = 0; block < count(); ++block) {
    gather_rows(s.gradient, problem_.blocks[block], g);
    if (is_active(s, block) || problem_.penalty.dual_limit(block, g.data(), g.size()) <= 1.0 / keep_fraction)
      scope.push_back(block);
  }
  if (2 * static_cast<Index>(scope.size()) > count()) {
    scope.resize(static_cast<std::size_t>(count()));
    std::iota(scope.begin(), scope.end(), Index{0});
  }
  return scope;
}

bool BlockObjective::move(BlockState& s, const BlockMove& by, const ColumnPanel* panel, bool project, bool trust,
                          Monitor& monitor) const {
  const Matrix start_eta = s.eta;
  const Vector start_intercept = s.intercept;
  const double before = s.objective;
  const Index rows = by.d.rows(), tasks = by.d.cols();
  Matrix start, change, predictor, whole;
  gather_rows(s.b, by.columns, start);
  auto predict = [&](const Matrix& d, Matrix& z) {
    if (panel) {
      panel->multiply(d, z);
      return;
    }
    z.setZero(s.eta.rows(), tasks);
    add_columns(problem_.design, by.columns, d, z, monitor);
    if (problem_.fit_intercept) z.rowwise() -= (by.means.transpose() * d).eval();
  };
  double t = 1.0;
  for (int trial = 0; trial < 12 && !monitor.stop_requested(); ++trial, t *= 0.5) {
    change = t * by.d;
    bool clipped = false;
    if (project)
      for (Index k = 0; k < tasks; ++k)
        for (Index i = 0; i < rows; ++i)
          if (start(i, k) != 0.0 && change(i, k) != 0.0 && start(i, k) * (start(i, k) + change(i, k)) <= 0.0) {
            change(i, k) = -start(i, k);
            clipped = true;
          }
    if (change.isZero(0.0) && by.intercept.isZero(0.0)) break;
    if (clipped || (t < 1.0 && whole.size() == 0)) {
      predict(change, predictor);
    } else {
      if (whole.size() == 0) predict(by.d, whole);
      predictor = t * whole;
    }
    for (Index k = 0; k < tasks; ++k)
      for (Index i = 0; i < rows; ++i) s.b(by.columns[static_cast<std::size_t>(i)], k) = start(i, k) + change(i, k);
    s.eta = start_eta + predictor;
    s.intercept = start_intercept;
    if (problem_.fit_intercept) {
      s.eta.rowwise() += t * by.intercept.transpose();
      s.intercept += t * by.intercept - change.transpose() * by.means;
    }
    s.objective = value(s);
    // Below the objective's rounding error a step is not judged by it.
    if (trust || s.objective <= before + rounding * std::abs(before)) return true;
  }
  for (Index k = 0; k < tasks; ++k)
    for (Index i = 0; i < rows; ++i) s.b(by.columns[static_cast<std::size_t>(i)], k) = start(i, k);
  s.eta = start_eta;
  s.intercept = start_intercept;
  s.objective = before;
  return false;
}

}  // namespace pauca::bcd
