#pragma once

#include <memory>
#include <string>

#include "pauca/bcd/problem.hpp"
#include "pauca/bcd/subproblem.hpp"

namespace pauca::bcd {

/// Greedy block coordinate descent with working sets.
///
/// Outer iterations compute the gradient, certify it, and hand the coordinates that violate optimality most,
/// together with the support, to a Subproblem; losses that are not quadratic are modelled by their curvature and
/// the step is damped until it decreases F.
template <class P>
class Solver {
 public:
  Solver(const Problem& problem, P penalty, const Options& options)
      : problem_(problem), separable_(penalty, problem.penalty), scalar_(penalty), options_(options) {}

  NullModel null_model(Monitor& monitor);
  Solution solve(const Settings& settings, const Start& start, Monitor& monitor);

 private:
  struct State {
    Vector w, eta, u, gradient;
    double intercept = 0.0, objective = 0.0;
  };
  struct Certificate {
    double gap = std::numeric_limits<double>::quiet_NaN();
    double violation = 0.0;
  };

  void refresh(State& s) const;
  double objective(const State& s) const;
  void gradient(State& s, const std::vector<Index>& scope, Monitor& monitor) const;
  double violation(const State& s, const std::vector<Index>& scope) const;
  double dual_gap(const State& s, const std::vector<Index>& scope) const;
  bool certifiable(const NullModel& null) const;
  bool step(State& s, const std::vector<Index>& working, double target, Monitor& monitor);
  bool damped_update(State& s, const Vector& before, const std::vector<Index>& working);
  std::vector<Index> working_set(const State& s, const std::vector<Index>& scope) const;
  std::vector<Index> all_columns() const;
  void choose_engine(std::size_t working);
  void set_lambda(double lambda);

  Problem problem_;
  Separable<P> separable_;
  P scalar_;
  Options options_;
  std::unique_ptr<Subproblem<P>> subproblem_;
  Vector curvature_;
  Vector null_gradient_;  // where a cold start begins
};

}  // namespace pauca::bcd

#include "pauca/bcd/solver.ipp"
